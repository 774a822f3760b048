//! Validation of a whole Workload without a network: every problem at once, each at its field.
//!
//! The API server checks the shape of a Workload, but stores a Pod template from which no Pod can be made; the user
//! then waits for a rollout that cannot come. So the shape ([`schema`]) is checked here, and what Kubernetes
//! checks of a Pod (`k8s.io/kubernetes/pkg/apis/core/validation`) as far as it does not depend on a cluster,
//! in Kubernetes' own words. What the API server accepts and what could run is never an error; what is merely odd is a
//! [`Severity::Warning`].
//!
//! ```
//! let workload = serde_json::json!({
//!     "metadata": { "name": "web-app" },
//!     "spec": { "replica": 3, "template": { "spec": { "containers": [{
//!         "name": "nginx", "image": "nginx:1.25", "ports": [{ "containerPort": 80, "name": "HTTP" }],
//!     }] } } },
//! });
//! let problems = datum_model::validation::validate(&workload);
//! assert_eq!(problems.len(), 3);
//! assert_eq!(problems[0].to_string(), r#"spec.replica: unknown field "replica", did you mean "replicas"?"#);
//! ```

mod container;
mod environment;
mod metadata;
mod node;
mod pod;
mod port;
mod probe;
mod problem;
mod resources;
mod scheduling;
mod security;
mod selector;
mod shape;
mod volume;

pub use problem::{Problem, Severity};

use serde_json::Value;

use self::node::{Node, Report};
use crate::field::Path;
use crate::{api, format, schema};

/// Everything that is wrong with a Workload, given as the API's JSON.
///
/// `apiVersion`, `kind` and `metadata.namespace` may be left out, as whoever sends the Workload adds them.
pub fn validate(workload: &Value) -> Vec<Problem> {
    validate_with(workload, &|_| false)
}

/// Everything that is certainly wrong with a Workload of which some values are not known yet.
///
/// `is_unknown` says of a field, present in `workload` or not, whether its value is still to come; what lies below an
/// unknown field is unknown too. Nothing is said that depends on an unknown value. The paths asked for hold
/// [`Field`](crate::field::Segment::Field), [`Index`](crate::field::Segment::Index) and, for the entries of maps such
/// as labels, [`Key`](crate::field::Segment::Key).
pub fn validate_with(workload: &Value, is_unknown: &dyn Fn(&Path) -> bool) -> Vec<Problem> {
    let report = Report::new(is_unknown);
    let root = report.root(workload);
    shape::check(&root, schema::workload());
    check_type(&root);
    metadata::check(&root.at("metadata"));
    let spec = root.at("spec");
    spec.at("networkRef.name").check_text(format::dns_subdomain);
    let template = spec.at("template");
    metadata::check_labels_and_annotations(&template.at("metadata"));
    selector::check(&spec.at("selector"));
    selector::check_matches(&spec.at("selector"), &template.at("metadata.labels"));
    pod::check(&template.at("spec"));
    report.into_problems()
}

fn check_type(root: &Node<'_>) {
    for (name, expected) in [("apiVersion", api::API_VERSION), ("kind", api::KIND)] {
        let field = root.at(name);
        if field.text().is_some_and(|text| text != expected) {
            field.invalid(format_args!("must be {expected}"));
        }
    }
}
