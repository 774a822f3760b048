//! Security contexts of Pods and containers (`ValidateSecurityContext`, `validatePodSpecSecurityContext`).

use serde_json::Value;

use super::node::Node;
use crate::format;

/// Checks the security context of a Pod or a container.
pub(super) fn check(context: &Node<'_>) {
    for name in ["runAsUser", "runAsGroup", "fsGroup"] {
        check_identity(&context.at(name));
    }
    context
        .at("supplementalGroups")
        .items()
        .for_each(|id| check_identity(&id));
    for (profile, kind) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
        check_profile(&context.at(profile), kind);
    }
    let is = |name: &str, value: bool| context.at(name).value() == Some(&Value::Bool(value));
    if is("privileged", true) && is("allowPrivilegeEscalation", false) {
        context
            .at("allowPrivilegeEscalation")
            .invalid("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    }
    if is("runAsNonRoot", true) && context.at("runAsUser").integer() == Some(0) {
        context
            .at("runAsUser")
            .warn("the container cannot start: `runAsNonRoot` is true, and user 0 is root".into());
    }
}

fn check_identity(id: &Node<'_>) {
    if let Some(number) = id.integer() {
        id.invalid_each(format::within(0..=i64::from(i32::MAX), number));
    }
}

/// Checks that a profile names a file of the node when, and only when, that is its type.
fn check_profile(profile: &Node<'_>, kind: &str) {
    let file = profile.at("localhostProfile");
    match profile.at("type").text() {
        Some("Localhost") if file.is_blank() => {
            file.error(format!("Required value: must be set when {kind} type is Localhost"));
        }
        Some("RuntimeDefault" | "Unconfined") if file.filled().is_some() => {
            file.invalid(format_args!("can only be set when {kind} type is Localhost"));
        }
        _ => {}
    }
}
