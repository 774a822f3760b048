//! The formats that Kubernetes gives to names, keys and values, with Kubernetes' own messages.
//!
//! Each function returns every complaint about `value`, none when it is fine, in the words of
//! `k8s.io/apimachinery/pkg/util/validation` and `pkg/api/validate/content` of release 0.36 (double spaces included), so that
//! a user reads offline what the API server would answer.

use std::ops::RangeInclusive;

const LABEL_LENGTH: usize = 63;
const SUBDOMAIN_LENGTH: usize = 253;
const PORT_NAME_LENGTH: usize = 15;
const QUALIFIED_NAME: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
     alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
     '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// A DNS label (RFC 1123): the name of a namespace, a container, a volume.
pub fn dns_label(value: &str) -> Vec<String> {
    let mut complaints = longer_than(LABEL_LENGTH, Unit::Characters, value);
    if !is_dns_label(value) {
        complaints.push(if is_dns_subdomain(value) {
            "must not contain dots".into()
        } else {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                .into()
        });
    }
    complaints
}

/// A DNS subdomain (RFC 1123): the name of most objects.
pub fn dns_subdomain(value: &str) -> Vec<String> {
    dns_subdomain_counted_in(Unit::Characters, value)
}

fn dns_subdomain_counted_in(unit: Unit, value: &str) -> Vec<String> {
    let mut complaints = longer_than(SUBDOMAIN_LENGTH, unit, value);
    if !is_dns_subdomain(value) {
        complaints.push(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .into(),
        );
    }
    complaints
}

/// A qualified name: the key of a label or an annotation, with or without a domain before a slash.
pub fn qualified_name(value: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let name = match value.split_once('/') {
        None => value,
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {QUALIFIED_NAME} with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')"
            )];
        }
        Some(("", name)) => {
            complaints.push("prefix part must be non-empty".into());
            name
        }
        Some((prefix, name)) => {
            complaints.extend(
                dns_subdomain_counted_in(Unit::Bytes, prefix)
                    .iter()
                    .map(|complaint| format!("prefix part {complaint}")),
            );
            name
        }
    };
    if name.is_empty() {
        complaints.push("name part must be non-empty".into());
    }
    complaints.extend(
        longer_than(LABEL_LENGTH, Unit::Bytes, name)
            .iter()
            .map(|complaint| format!("name part {complaint}")),
    );
    if !is_name_part(name) {
        complaints.push(format!("name part {QUALIFIED_NAME}"));
    }
    complaints
}

/// The value of a label.
pub fn label_value(value: &str) -> Vec<String> {
    let mut complaints = longer_than(LABEL_LENGTH, Unit::Bytes, value);
    if !value.is_empty() && !is_name_part(value) {
        complaints.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
             validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
                .into(),
        );
    }
    complaints
}

/// A network port by number.
pub fn port_number(value: i64) -> Vec<String> {
    within(1..=65535, value)
}

/// A whole number within bounds.
pub fn within(bounds: RangeInclusive<i64>, value: i64) -> Vec<String> {
    if bounds.contains(&value) {
        return Vec::new();
    }
    vec![format!(
        "must be between {} and {}, inclusive",
        bounds.start(),
        bounds.end()
    )]
}

/// A network port by name (`IANA_SVC_NAME`, RFC 6335).
pub fn port_name(value: &str) -> Vec<String> {
    let mut complaints = longer_than(PORT_NAME_LENGTH, Unit::Characters, value);
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if value.is_empty() || !value.chars().all(allowed) {
        complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !value.contains(|c: char| c.is_ascii_lowercase()) {
        complaints.push("must contain at least one letter (a-z)".into());
    }
    if value.contains("--") {
        complaints.push("must not contain consecutive hyphens".into());
    }
    if value.starts_with('-') || value.ends_with('-') {
        complaints.push("must not begin or end with a hyphen".into());
    }
    complaints
}

/// The name of an environment variable, by the relaxed rule that Kubernetes has applied since 1.34.
pub fn environment_variable(value: &str) -> Vec<String> {
    if value.is_empty() {
        return vec!["environment variable name must be non-empty".into()];
    }
    if value.chars().all(|c| (' '..='~').contains(&c) && c != '=') {
        return Vec::new();
    }
    vec!["a valid environment variable name must consist only of printable ASCII characters other than '='".into()]
}

/// The key of an entry in a `ConfigMap` or a Secret.
pub fn config_map_key(value: &str) -> Vec<String> {
    let mut complaints = longer_than(SUBDOMAIN_LENGTH, Unit::Characters, value);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if value.is_empty() || !value.chars().all(allowed) {
        complaints.push(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                .into(),
        );
    } else if matches!(value, "." | "..") {
        complaints.push(format!("must not be '{value}'"));
    } else if value.starts_with("..") {
        complaints.push("must not start with '..'".into());
    }
    complaints
}

/// What Kubernetes calls the units of a length that it counts in bytes: its two packages do not agree.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Characters,
}

fn longer_than(limit: usize, unit: Unit, value: &str) -> Vec<String> {
    if value.len() <= limit {
        return Vec::new();
    }
    let unit = match unit {
        Unit::Bytes => "bytes",
        Unit::Characters => "characters",
    };
    vec![format!("must be no more than {limit} {unit}")]
}

fn is_dns_label(value: &str) -> bool {
    let bare = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    value.starts_with(bare) && value.ends_with(bare) && value.chars().all(|c| bare(c) || c == '-')
}

fn is_dns_subdomain(value: &str) -> bool {
    value.split('.').all(is_dns_label)
}

fn is_name_part(value: &str) -> bool {
    let bare = |c: char| c.is_ascii_alphanumeric();
    value.starts_with(bare) && value.ends_with(bare) && value.chars().all(|c| bare(c) || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_kubernetes() {
        type Check = fn(&str) -> Vec<String>;
        let long = |length| "a".repeat(length);
        let cases: [(&str, Check, &[&str], &[&str]); 6] = [
            (
                "dns_label",
                dns_label,
                &["a", "0", "a-b", "1-2", &long(63)],
                &["", "-a", "a-", "A", "a.b", "a_b", "ä", &long(64)],
            ),
            (
                "dns_subdomain",
                dns_subdomain,
                &["a", "a.b", "a-b.c-d", &long(253)],
                &["", ".", "a.", ".a", "a..b", "a.-b", "Web_App", &long(254)],
            ),
            (
                "qualified_name",
                qualified_name,
                &["a", "A.b_c-d", "app.kubernetes.io/name", "1", &long(63)],
                &["", "/a", "a/", "a/b/c", "-a", "a b", "Example.com/a", &long(64)],
            ),
            (
                "label_value",
                label_value,
                &["", "a", "v1.0_x", &long(63)],
                &["-", "a b", "a/b", &long(64)],
            ),
            (
                "port_name",
                port_name,
                &["http", "a", "8080-tcp", &long(15)],
                &["", "HTTP", "80", "a--b", "-a", "a-", "a_b", &long(16)],
            ),
            (
                "environment_variable",
                environment_variable,
                &["PATH", "my.var", "1A", "a b"],
                &["", "A=B", "Ä", "a\tb"],
            ),
        ];
        for (name, check, valid, invalid) in cases {
            for value in valid {
                assert_eq!(check(value), Vec::<String>::new(), "{name} {value:?}");
            }
            for value in invalid {
                assert_ne!(check(value), Vec::<String>::new(), "{name} {value:?}");
            }
        }
    }

    #[test]
    fn every_complaint_about_a_value_is_made_at_once() {
        assert_eq!(
            port_name("-A_much--too-long-NAME"),
            [
                "must be no more than 15 characters",
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "must not contain consecutive hyphens",
                "must not begin or end with a hyphen",
            ]
        );
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
        let long = "a".repeat(254);
        assert_eq!(dns_subdomain(&long), ["must be no more than 253 characters"]);
        assert_eq!(label_value(&long), ["must be no more than 63 bytes"]);
        assert_eq!(
            qualified_name(&format!("{long}/{long}")),
            [
                "prefix part must be no more than 253 bytes",
                "name part must be no more than 63 bytes"
            ]
        );
        assert_eq!(port_number(0), ["must be between 1 and 65535, inclusive"]);
        assert_eq!(config_map_key(".."), ["must not be '..'"]);
    }
}
