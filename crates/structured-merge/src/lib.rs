//! Kubernetes' structured merge: sets of fields, merging by a schema, and who owns what by server-side apply.
//!
//! An API server does this when it applies a configuration, and records in `metadata.managedFields` what each manager owns.
//! Here it is as pure functions on JSON, without a network, a clock or a server: for clients that want to know beforehand
//! what an apply does and to whom a field belongs, and for servers and tests that behave like one. It follows the Go code
//! that the API server runs, `sigs.k8s.io/structured-merge-diff` and `k8s.io/apimachinery/pkg/util/managedfields`, down to
//! the words of its messages; each module names the files.
//!
//! - [`path`] and [`set`]: where a field is, and sets of such places, read from and written as `FieldsV1`.
//! - [`schema`]: how the fields of a kind merge, read from the OpenAPI schema of a `CustomResourceDefinition`.
//! - [`typed`]: the fields of an object, what differs between two, merging and removing.
//! - [`managers`]: `metadata.managedFields`, read and written.
//! - [`conflict`]: fields that an apply sets and another manager owns.
//! - [`mod@write`]: [`apply`] and [`update`], which take a whole object to the one that the API server would store.
//!
//! ```
//! use serde_json::json;
//! use structured_merge::{Conflicts, Error, FieldSet, Schema, Write, apply, managers};
//!
//! let schema = Schema::of_object(r#"{
//!     "type": "object",
//!     "properties": {"spec": {"type": "object", "properties": {
//!         "replicas": {"type": "integer"},
//!         "ports": {
//!             "type": "array",
//!             "items": {"type": "object", "properties": {"port": {"type": "integer"}, "name": {"type": "string"}}},
//!             "x-kubernetes-list-type": "map",
//!             "x-kubernetes-list-map-keys": ["port"]
//!         }
//!     }}}
//! }"#)?;
//! let by = |manager| Write {
//!     schema: &schema,
//!     api_version: "example.com/v1",
//!     kind: "Service",
//!     subresource: "",
//!     manager,
//!     now: jiff::Timestamp::UNIX_EPOCH,
//!     reset: FieldSet::default(),
//!     members: &[],
//! };
//! let service = |spec| json!({"apiVersion": "example.com/v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec});
//!
//! // Two managers, each with a port of its own.
//! let first = service(json!({"replicas": 1, "ports": [{"port": 80, "name": "http"}]}));
//! let live = apply(None, &first, &by("terraform"), Conflicts::Refuse, |_| {})?;
//! let second = service(json!({"ports": [{"port": 9090}]}));
//! let live = apply(Some(&live), &second, &by("mesh"), Conflicts::Refuse, |_| {})?;
//! assert_eq!(live["spec"]["ports"], json!([{"port": 80, "name": "http"}, {"port": 9090}]));
//!
//! // What one of them no longer applies goes; what the other applied stays.
//! let live = apply(Some(&live), &service(json!({"replicas": 2})), &by("terraform"), Conflicts::Refuse, |_| {})?;
//! assert_eq!(live["spec"], json!({"replicas": 2, "ports": [{"port": 9090}]}));
//!
//! // What belongs to another is a conflict, which names field and manager.
//! let third = service(json!({"replicas": 5}));
//! let Err(Error::Conflict(conflicts)) = apply(Some(&live), &third, &by("mesh"), Conflicts::Refuse, |_| {}) else {
//!     panic!("the replicas belong to terraform")
//! };
//! assert_eq!(conflicts[0].path.to_string(), ".spec.replicas");
//! assert_eq!(conflicts[0].manager.to_string(), r#""terraform""#);
//!
//! // Who owns what can be read from any object.
//! let owners = managers::decode(&live)?;
//! assert_eq!(owners.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is left out: conversion between versions (an entry in another version is forgotten, as the API server forgets what
//! it cannot convert), and unions, which the API server does not use.

pub mod conflict;
pub mod go;
mod last_applied;
pub mod managers;
pub mod path;
pub mod schema;
pub mod set;
pub mod typed;
mod updater;
pub mod write;

pub use conflict::{Conflict, Conflicts};
pub use managers::{Manager, Managers, Operation, Owned};
pub use path::{Path, PathElement};
pub use schema::Schema;
pub use set::FieldSet;
pub use typed::{Comparison, Duplicates, at, compare, ensure_named_fields, field_set, merge, remove_items, validate};
pub use write::{Error, Write, apply, reset_fields, same_but_for_times, update};
