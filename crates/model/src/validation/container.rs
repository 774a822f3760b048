//! One container (`validateContainerCommon`).

use super::node::Node;
use super::{environment, port, probe, resources};
use crate::format;

/// Checks a container of any of the Pod's lists.
pub(super) fn check(container: &Node<'_>, uses_host_network: bool) {
    container.at("name").check_text(format::dns_label);
    check_image(&container.at("image"));
    port::check(&container.at("ports"), uses_host_network);
    environment::check(container);
    resources::check(&container.at("resources"));
    probe::check(container);
    check_identity(&container.at("securityContext"));
}

fn check_image(image: &Node<'_>) {
    if image.is_absent() {
        // Kubernetes refuses a Pod without images, but lets a template leave them to whoever makes Pods from it.
        image.warn("no image is given: the container can run only if the control plane fills one in".into());
    }
    if let Some(text) = image.text() {
        if text.is_empty() {
            image.error("Required value".into());
        } else if text.trim() != text {
            image.invalid("must not have leading or trailing whitespace");
        }
    }
}

/// Checks the numbers in a security context.
pub(super) fn check_identity(context: &Node<'_>) {
    for name in ["runAsUser", "runAsGroup", "fsGroup"] {
        let id = context.at(name);
        if let Some(number) = id.integer() {
            id.invalid_each(format::within(0..=i64::from(i32::MAX), number));
        }
    }
    for id in context.at("supplementalGroups").items() {
        if let Some(number) = id.integer() {
            id.invalid_each(format::within(0..=i64::from(i32::MAX), number));
        }
    }
}
