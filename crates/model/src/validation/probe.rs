//! Probes and lifecycle hooks of a container (`validateProbe`, `validateHandler`).

use super::node::Node;
use super::port;
use crate::format;
use crate::union::{HOOK_HANDLERS, PROBE_HANDLERS};

/// Checks the probes and hooks of one container.
pub(super) fn check(container: &Node<'_>) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.at(name);
        if probe.value().is_some() {
            check_handlers(&probe, &PROBE_HANDLERS);
            check_numbers(&probe, name);
            check_named_port(&probe, container);
        }
    }
    for name in ["postStart", "preStop"] {
        let hook = container.at("lifecycle").at(name);
        if hook.value().is_some() {
            check_handlers(&hook, &HOOK_HANDLERS);
            check_named_port(&hook, container);
        }
    }
}

/// Checks that an init container that ends has no probes and hooks: they belong to sidecars.
pub(super) fn check_init_container(container: &Node<'_>) {
    let policy = container.at("restartPolicy");
    if policy.is_unknown() || policy.text() == Some("Always") {
        return;
    }
    for probe in container.given(&["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"]) {
        if probe.value().is_some() {
            probe.forbidden("may not be set for init containers without restartPolicy=Always");
        }
    }
}

fn check_handlers(node: &Node<'_>, names: &[&str]) {
    let given = node.given(names);
    if given.is_empty() {
        node.error("Required value: must specify a handler type".into());
    }
    for handler in given.iter().filter(|handler| !handler.is_unknown()).skip(1) {
        handler.forbidden("may not specify more than 1 handler type");
    }
    check_handler(node);
}

fn check_handler(node: &Node<'_>) {
    let command = node.at("exec.command");
    if node.at("exec").value().is_some() && !command.is_unknown() && command.items().next().is_none() {
        command.error("Required value".into());
    }
    port::check_reference(&node.at("httpGet.port"));
    port::check_reference(&node.at("tcpSocket.port"));
    let grpc_port = node.at("grpc.port");
    if let Some(number) = grpc_port.integer() {
        grpc_port.invalid_each(format::port_number(number));
    }
    for header in node.at("httpGet.httpHeaders").items() {
        let name = header.at("name");
        let valid = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if name.text().is_some_and(|name| !valid(name)) {
            name.invalid(
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used \
                 for validation is '[-A-Za-z0-9]+')",
            );
        }
    }
    let sleep = node.at("sleep.seconds");
    if sleep.integer().is_some_and(|seconds| seconds < 0) {
        sleep.invalid("must be greater than or equal to 0");
    }
}

fn check_numbers(probe: &Node<'_>, name: &str) {
    for number in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        let number = probe.at(number);
        if number.integer().is_some_and(|number| number < 0) {
            number.invalid("must be greater than or equal to 0");
        }
    }
    let grace = probe.at("terminationGracePeriodSeconds");
    if grace.integer().is_some_and(|seconds| seconds <= 0) {
        grace.invalid("must be greater than 0");
    }
    if name == "readinessProbe" {
        if grace.value().is_some() {
            grace.invalid("must not be set for readinessProbes");
        }
        return;
    }
    let threshold = probe.at("successThreshold");
    if threshold.integer().is_some_and(|times| times > 1) {
        threshold.invalid("must be 1");
    }
}

/// Warns of a port by a name that the container does not have: such a probe never succeeds.
fn check_named_port(node: &Node<'_>, container: &Node<'_>) {
    for handler in ["httpGet", "tcpSocket"] {
        let port = node.at(handler).at("port");
        let Some(name) = port.text().filter(|name| name.parse::<i64>().is_err()) else {
            continue;
        };
        let ports = container.at("ports");
        let may_be_named = |port: Node<'_>| {
            let found = port.at("name");
            found.is_unknown() || found.text() == Some(name)
        };
        if !ports.is_unknown() && !ports.items().any(may_be_named) {
            port.warn(format!("no port of the container is called {name:?}"));
        }
    }
}
