//! The rules of a kind that the checks of its objects depend on.

use datum_model::schema::Schema;

/// What the names of a kind may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// A DNS subdomain (RFC 1123), as most names are.
    Subdomain,
    /// A DNS label (RFC 1123), as the names of namespaces are.
    Label,
}

/// What is known of the kind that is written.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The schema of the whole object.
    pub schema: &'a Schema,
    /// `compute.miloapis.com/v1alpha1`.
    pub api_version: &'a str,
    /// `Workload`.
    pub kind: &'a str,
    /// What the names may look like.
    pub names: NameRule,
    /// Whether the objects live in a namespace.
    pub namespaced: bool,
    /// Whether there is a scale subresource on `.spec.replicas` and `.status.replicas`.
    pub scale: bool,
}
