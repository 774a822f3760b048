//! The body of an apply.

use serde_json::Value as Json;
use structured_merge::{PathElement, field_set, merge, remove_items};
use tf_plugin_server::value::Value;

use super::kind::Kind;
use super::observation::Observation;
use crate::value::{self, PathError};

/// The body of an apply of `configured` to an object that was seen and is in the state `prior`: in its spelling, which is the
/// state's unless the observation says otherwise, and with what is ours and has no attribute.
///
/// # Errors
///
/// Every value that is unknown or that its type cannot hold, with its path.
pub fn body(kind: Kind, configured: &Value, prior: &Value, observation: &Observation) -> Result<Json, Vec<PathError>> {
    let body = value::expand(configured, kind.node)?;
    let known = value::expand_known(prior, kind.node).json;
    let body = value::respelled(&body, &known, kind.node);
    let body = value::respelled(&body, &observation.spelling, kind.node);
    let mut body = with_unknown(body, &observation.unknown, kind);
    body["apiVersion"] = kind.api_version.into();
    body["kind"] = kind.name.into();
    Ok(body)
}

/// `body` with what is ours and has no attribute, in those items that the body still has.
pub(super) fn with_unknown(body: Json, unknown: &Json, kind: Kind) -> Json {
    if unknown.is_null() {
        return body;
    }
    let sent = field_set(&body, kind.schema);
    let is_orphan = |path: &[PathElement]| {
        (1..=path.len()).any(|end| matches!(path[end - 1], PathElement::Key(_)) && !sent.contains(&path[..end]))
    };
    let orphans = field_set(unknown, kind.schema).filter(is_orphan);
    let unknown = remove_items(unknown, &orphans, kind.schema);
    // What the configuration says counts where both say something.
    merge(Some(&unknown), Some(&body), kind.schema).unwrap_or(body)
}
