//! The endpoint of each origin. This is the only place of the server that asks where a kind comes from.

mod built_in;
mod custom;

use super::endpoint::Endpoint;
use crate::discovery;
use crate::resource::{Origin, Resource};
use built_in::BuiltIn;
use custom::Custom;

/// The endpoint of a resource.
pub(super) fn of(resource: &Resource) -> &'static dyn Endpoint {
    of_origin(resource.origin)
}

/// The endpoint of a group. What is not built in may be defined.
pub(super) fn of_group(group: &str) -> &'static dyn Endpoint {
    of_origin(discovery::origin(group).unwrap_or(Origin::Definition))
}

fn of_origin(origin: Origin) -> &'static dyn Endpoint {
    match origin {
        Origin::BuiltIn => &BuiltIn,
        Origin::Definition => &Custom,
    }
}
