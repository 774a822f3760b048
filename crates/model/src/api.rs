//! How the API calls a Workload: the one place for its group, version and names.

/// The API group.
pub const GROUP: &str = "compute.miloapis.com";
/// The version of the group that this crate describes.
pub const VERSION: &str = "v1alpha1";
/// `apiVersion` of a Workload: group and version.
pub const API_VERSION: &str = "compute.miloapis.com/v1alpha1";
/// `kind` of a Workload.
pub const KIND: &str = "Workload";
/// The resource's name in URLs.
pub const PLURAL: &str = "workloads";
/// The resource's name for one object.
pub const SINGULAR: &str = "workload";
/// What can be typed for it: `kubectl get wl`.
pub const SHORT_NAME: &str = "wl";
/// The group of resources it belongs to: `kubectl get datum`.
pub const CATEGORY: &str = "datum";
/// The name of the `CustomResourceDefinition`: plural and group.
pub const CRD_NAME: &str = "workloads.compute.miloapis.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_names_are_made_of_the_simple_ones() {
        assert_eq!(API_VERSION, format!("{GROUP}/{VERSION}"));
        assert_eq!(CRD_NAME, format!("{PLURAL}.{GROUP}"));
    }
}
