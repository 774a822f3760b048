//! `NO_PROXY`: which servers are reached directly, as Go's programs read it, kubectl among them.
//!
//! hyper-util's `proxy::matcher` reads it in another way: it knows no ports and no `*.suffix`, `*` matches no address, and
//! `.suffix` matches the suffix itself as well.

use std::net::IpAddr;

use http::Uri;

/// Whether `list` names the server. What cannot be read in the list matches nothing.
pub(super) fn bypasses(list: &str, server: &Uri) -> bool {
    let host = server
        .host()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_lowercase();
    let port = server
        .port_u16()
        .unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    list.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| matches(entry, &host, port))
}

fn matches(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        if let Some((network, bits)) = entry.split_once('/') {
            let network = network.trim_matches(['[', ']']).parse().ok().zip(bits.parse().ok());
            return network.is_some_and(|(network, bits)| contains(network, bits, address));
        }
        if let Ok(named) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
            return named == address;
        }
    }
    let (name, named_port) = match entry.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, port.parse::<u16>().ok())
        }
        _ => (entry, None),
    };
    if named_port.is_some_and(|named| named != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']).to_lowercase();
    let suffix = name.trim_start_matches('*').trim_start_matches('.');
    let below = host.strip_suffix(suffix).is_some_and(|before| before.ends_with('.'));
    // As curl and Go have it, a plain name means the host and everything below it; a leading dot means below it only.
    below || (host == suffix && !name.starts_with(['.', '*']))
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let prefix = |address: u128, width: u32| address.checked_shr(width.saturating_sub(bits)).unwrap_or(0);
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            prefix(network.to_bits().into(), 32) == prefix(address.to_bits().into(), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            prefix(network.to_bits(), 128) == prefix(address.to_bits(), 128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_hosts_suffixes_addresses_and_ranges() {
        let cases = [
            ("", "https://api.datum.net", false),
            ("*", "https://api.datum.net", true),
            ("api.datum.net", "https://api.datum.net", true),
            ("datum.net", "https://api.datum.net", true),
            (".datum.net", "https://api.datum.net", true),
            ("*.datum.net", "https://API.datum.net", true),
            (".datum.net", "https://datum.net", false),
            ("tum.net", "https://api.datum.net", false),
            ("a.example, api.datum.net:8443", "https://api.datum.net:8443", true),
            ("api.datum.net:8443", "https://api.datum.net", false),
            ("api.datum.net:443", "https://api.datum.net", true),
            ("10.0.0.0/8", "https://10.1.2.3:6443", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("0.0.0.0/0", "https://11.1.2.3", true),
            ("127.0.0.1", "http://127.0.0.1:8080", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("fd00::/8", "https://[fd12::1]:6443", true),
            ("::1", "https://[::1]", true),
            (",,10.0.0.0/99", "https://10.0.0.1", false),
        ];
        for (list, server, expected) in cases {
            assert_eq!(bypasses(list, &server.parse().unwrap()), expected, "{list:?} {server}");
        }
    }
}
