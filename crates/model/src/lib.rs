//! What a Datum Cloud Workload is: its types, its schema, its identifiers and what makes one valid.
//!
//! Nothing here knows the network, the time or Terraform; a test of the workspace keeps it so.
//!
//! # A tour
//!
//! **Types.** [`Workload`] is the resource as `kube` knows it, [`WorkloadSpec`] what is wanted of it, [`WorkloadStatus`]
//! what is observed, with every field optional and unknown [`Phase`]s kept. [`api`] has the names of its group, version
//! and kind, [`condition`] the words that its conditions use.
//!
//! **Identity.** [`Project`], [`Namespace`], [`WorkloadName`] and [`WorkloadId`] are parsed, never checked: a value of
//! one of these types is valid.
//!
//! ```
//! # use datum_model::{Project, WorkloadId};
//! let project: Project = "myproject".parse()?;
//! let id: WorkloadId = "project-myproject/web-app".parse()?;
//! assert_eq!(id.namespace, project.namespace());
//! # Ok::<(), datum_model::id::ParseError>(())
//! ```
//!
//! **Schema.** [`schema::workload`] is the deep schema, all of `PodTemplateSpec` included, as data: whatever has to do
//! with each of its thousand fields walks it rather than naming them. `cargo xtask generate` derives it from the types,
//! and [`CRD_JSON`] from it.
//!
//! **Paths and values.** [`field::Path`] reads and prints field paths in every notation that the API uses;
//! [`Quantity`] compares amounts exactly and keeps their spelling; [`mod@format`] has Kubernetes' rules for names, with
//! its messages.
//!
//! ```
//! # use datum_model::{Quantity, field::Path, schema};
//! let path: Path = ".spec.template.spec.containers[name=\"app\"].resources.limits.cpu".parse()?;
//! assert_eq!(
//!     path.in_schema(schema::workload()).to_string(),
//!     "spec.template.spec.containers[name=\"app\"].resources.limits[cpu]",
//! );
//! assert!(Quantity::same("1Gi", "1024Mi"));
//! # Ok::<(), datum_model::field::ParseError>(())
//! ```
//!
//! **Validation.** [`validation::validate`] tells every problem of a Workload at once, each at its field, in Kubernetes'
//! words and without a network.

pub mod api;
pub mod condition;
pub mod field;
pub mod format;
pub mod id;
mod phase;
pub mod quantity;
pub mod schema;
pub mod suggestion;
pub mod union;
pub mod validation;
mod workload;

pub use id::{Namespace, Project, WorkloadId, WorkloadName};
pub use phase::Phase;
pub use quantity::Quantity;
pub use workload::{Condition, NetworkReference, Workload, WorkloadSpec, WorkloadStatus};

/// The generated `CustomResourceDefinition` of Workload, as JSON: `config/crd` holds the same as YAML.
pub const CRD_JSON: &str = include_str!("../schema/crd.json");
