//! The ports of a container (`validateContainerPorts`).

use std::collections::BTreeSet;

use super::node::Node;
use crate::format;

/// Checks the ports of one container. Duplicate numbers are told by the schema.
pub(super) fn check(ports: &Node<'_>, uses_host_network: bool) {
    let mut names = BTreeSet::new();
    for port in ports.items() {
        let name = port.at("name");
        name.check_text(format::port_name);
        if let Some(text) = name.filled()
            && !names.insert(text)
        {
            name.duplicate(&text.into());
        }
        let (container_port, host_port) = (port.at("containerPort"), port.at("hostPort"));
        if let Some(number) = container_port.integer() {
            container_port.invalid_each(format::port_number(number));
        }
        // Zero stands for none.
        if let Some(number) = host_port.integer().filter(|&number| number != 0) {
            host_port.invalid_each(format::port_number(number));
            if uses_host_network && container_port.integer().is_some_and(|container| container != number) {
                host_port.invalid("must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

/// Checks that no two containers of a Pod ask for the same port of the host.
pub(super) fn check_host_ports(containers: &Node<'_>) {
    let mut seen = BTreeSet::new();
    for port in containers.items().flat_map(|container| container.at("ports").items()) {
        let (host_port, address, protocol) = (port.at("hostPort"), port.at("hostIP"), port.at("protocol"));
        let Some(number) = host_port.integer().filter(|&number| number != 0) else {
            continue;
        };
        if address.is_unknown() || protocol.is_unknown() {
            continue;
        }
        let protocol = protocol.filled().unwrap_or("TCP");
        let key = format!("{protocol}/{}/{number}", address.text().unwrap_or_default());
        if !seen.insert(key.clone()) {
            host_port.duplicate(&key.into());
        }
    }
}

/// Checks a port that is given by number or by name.
pub(super) fn check_reference(port: &Node<'_>) {
    // In Terraform a number may come as a string.
    let number = port.integer().or_else(|| port.text()?.parse().ok());
    match (number, port.text()) {
        (Some(number), _) => port.invalid_each(format::port_number(number)),
        (None, Some(name)) => port.invalid_each(format::port_name(name)),
        (None, None) => {}
    }
}
