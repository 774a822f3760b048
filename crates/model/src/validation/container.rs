//! One container (`validateContainerCommon`).

use super::node::Node;
use super::{environment, port, probe, resources, security};
use crate::format;

/// The lists that a Pod has its containers in.
pub(super) const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Checks a container of any of the Pod's lists.
pub(super) fn check(container: &Node<'_>, uses_host_network: bool) {
    let name = container.at("name");
    name.require();
    name.check_text(format::dns_label);
    check_image(&container.at("image"));
    port::check(&container.at("ports"), uses_host_network);
    environment::check(container);
    resources::check(&container.at("resources"));
    probe::check(container);
    security::check(&container.at("securityContext"));
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
        } else if repository(text).contains(|c: char| c.is_ascii_uppercase() || c.is_whitespace()) {
            // Kubernetes stores it, and the node then says InvalidImageName for ever.
            image.warn(format!(
                "{text:?} is no image reference: the repository must be in lower case, without spaces"
            ));
        }
    }
}

/// The repository in an image reference, without registry, tag and digest.
fn repository(image: &str) -> &str {
    let (tagged, _) = image.split_once('@').unwrap_or((image, ""));
    let name_start = tagged.rfind('/').map_or(0, |slash| slash + 1);
    let end = tagged[name_start..]
        .find(':')
        .map_or(tagged.len(), |colon| name_start + colon);
    match tagged[..end].split_once('/') {
        // A first part with a dot or a port, and only such a one, is a registry.
        Some((registry, repository)) if registry.contains(['.', ':']) || registry == "localhost" => repository,
        _ => &tagged[..end],
    }
}
