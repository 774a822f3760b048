//! Requests and limits (`ValidateResourceRequirements`).

use super::node::Node;
use crate::format;
use crate::suggestion;

/// The resources that Kubernetes itself knows; others are called after a domain (`nvidia.com/gpu`).
const STANDARD: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "storage"];

/// Checks the resources of a container or of the whole Pod.
pub(super) fn check(resources: &Node<'_>) {
    let (requests, limits) = (resources.at("requests"), resources.at("limits"));
    check_amounts(&requests);
    check_amounts(&limits);
    for (name, request) in requests.entries() {
        let limit = limits.key(name);
        if let (Some(requested), Some(allowed)) = (request.quantity(), limit.quantity())
            && requested > allowed
        {
            request.invalid(format_args!("must be less than or equal to {name} limit of {allowed}"));
        }
    }
}

/// Checks a map of resource names to quantities.
pub(super) fn check_amounts(amounts: &Node<'_>) {
    for (name, amount) in amounts.entries() {
        check_name(&amount, name);
        let Some(quantity) = amount.quantity() else { continue };
        if quantity.is_negative() {
            amount.invalid("must be greater than or equal to 0");
        }
        if matches!(name, "memory" | "ephemeral-storage" | "storage") && !quantity.is_whole() {
            // `m` for "mega" is what this usually comes from.
            amount.warn(format!(
                "fractional byte value {:?} is invalid, must be an integer",
                quantity.as_str()
            ));
        }
    }
}

fn check_name(amount: &Node<'_>, name: &str) {
    let complaints = format::qualified_name(name);
    for complaint in &complaints {
        amount.error(format!("Invalid value: {name:?}: {complaint}"));
    }
    let known = name.contains('/') || name.starts_with("hugepages-") || STANDARD.contains(&name);
    if complaints.is_empty() && !known {
        let hint = suggestion::closest(name, STANDARD.into_iter());
        let hint = hint.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default();
        amount.warn(format!(
            "{name:?} must be a standard resource type or fully qualified{hint}"
        ));
    }
}
