//! The Pod as a whole (`ValidatePodSpec`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::container::LISTS;
use super::node::Node;
use super::{container, metadata, port, probe, resources, scheduling, security, volume};
use crate::format;

/// Checks the specification of the Pod.
pub(super) fn check(pod: &Node<'_>) {
    let containers = pod.at("containers");
    if containers.value().and_then(Value::as_array).is_some_and(Vec::is_empty) {
        containers.error("Required value".into());
    }
    check_container_names(pod);
    let uses_host_network = pod.at("hostNetwork").value() == Some(&Value::Bool(true));
    for list in LISTS {
        for container in pod.at(list).items().filter(|container| container.value().is_some()) {
            container::check(&container, uses_host_network);
        }
    }
    for container in pod.at("initContainers").items() {
        probe::check_init_container(&container);
    }
    port::check_host_ports(&containers);
    volume::check(pod);
    resources::check(&pod.at("resources"));
    scheduling::check(pod);
    check_names(pod);
    check_times(pod);
    check_dns(pod);
    security::check(&pod.at("securityContext"));
    check_namespaces(pod);
    check_claims(pod);
}

/// Checks that no two containers share a name; those of one list are told apart by the schema.
fn check_container_names(pod: &Node<'_>) {
    let mut lists_by_name = BTreeMap::new();
    for list in LISTS {
        for container in pod.at(list).items() {
            let name = container.at("name");
            if let Some(text) = name.text()
                && *lists_by_name.entry(text).or_insert(list) != list
            {
                name.duplicate(&text.into());
            }
        }
    }
}

fn check_names(pod: &Node<'_>) {
    for label in ["hostname", "subdomain"] {
        pod.at(label).check_text(format::dns_label);
    }
    for subdomain in [
        "nodeName",
        "priorityClassName",
        "runtimeClassName",
        "serviceAccountName",
    ] {
        pod.at(subdomain).check_text(format::dns_subdomain);
    }
    for secret in pod.at("imagePullSecrets").items() {
        secret.at("name").check_text(format::dns_subdomain);
    }
    metadata::check_labels(&pod.at("nodeSelector"));
}

/// Checks that the Pod does not both share its processes among its containers and join those of the host.
fn check_namespaces(pod: &Node<'_>) {
    let (shared, host) = (pod.at("shareProcessNamespace"), pod.at("hostPID"));
    if [&shared, &host]
        .into_iter()
        .all(|flag| flag.value() == Some(&Value::Bool(true)))
    {
        shared.invalid("ShareProcessNamespace and HostPID cannot both be enabled");
    }
}

/// Checks the resource claims of the Pod, and that those of its containers are among them.
fn check_claims(pod: &Node<'_>) {
    let claims = pod.at("resourceClaims");
    for claim in claims.items().filter(|claim| claim.value().is_some()) {
        check_claim(&claim);
    }
    if claims.is_unknown() || claims.items().any(|claim| claim.at("name").is_unknown()) {
        return;
    }
    let names: BTreeSet<_> = claims.items().filter_map(|claim| claim.at("name").text()).collect();
    for container in LISTS.into_iter().flat_map(|list| pod.at(list).items()) {
        for claim in container.at("resources.claims").items() {
            let name = claim.at("name");
            if name.text().is_some_and(|name| !names.contains(name)) {
                name.invalid("must be one of the names in pod.spec.resourceClaims");
            }
        }
    }
}

/// Checks that a claim names the object that it stands for in one way.
fn check_claim(claim: &Node<'_>) {
    let sources = claim.given(&["resourceClaimName", "resourceClaimTemplateName"]);
    let known = sources.iter().filter(|source| !source.is_unknown()).count();
    if known > 1 {
        claim.invalid("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    } else if sources.is_empty() {
        claim.invalid("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    let name = claim.at("name");
    name.require();
    name.check_text(format::dns_label);
}

fn check_times(pod: &Node<'_>) {
    let grace = pod.at("terminationGracePeriodSeconds");
    if grace.integer().is_some_and(|seconds| seconds < 0) {
        grace.warn("Kubernetes takes a negative number of seconds for 1".into());
    }
    let deadline = pod.at("activeDeadlineSeconds");
    if let Some(seconds) = deadline.integer() {
        deadline.invalid_each(format::within(1..=i64::from(i32::MAX), seconds));
    }
}

fn check_dns(pod: &Node<'_>) {
    let servers = pod.at("dnsConfig.nameservers");
    if pod.at("dnsPolicy").text() == Some("None") && !servers.is_unknown() && servers.items().next().is_none() {
        servers.error("Required value: must provide at least one DNS nameserver when `dnsPolicy` is None".into());
    }
    servers.items().for_each(|server| check_address(&server));
    for alias in pod.at("hostAliases").items() {
        check_address(&alias.at("ip"));
        for hostname in alias.at("hostnames").items() {
            hostname.check_text(format::dns_subdomain);
        }
    }
}

fn check_address(address: &Node<'_>) {
    if address.text().is_some_and(|text| text.parse::<IpAddr>().is_err()) {
        address.invalid("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}
