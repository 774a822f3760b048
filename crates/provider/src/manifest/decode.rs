//! A manifest in the shape of the resource.

use datum_model::schema as model;
use tf_plugin_server::value::Value;

use super::shape::{self, Data};
use super::source::{self, Fault, Type};
use crate::document::Node as Source;
use crate::schema::{self, Constraint, Kind, Node};
use crate::value;

/// The `metadata` and `spec` of the one Workload that the text holds, without what only the server sets; everything that
/// is wrong with it, else.
pub fn decode(text: &str) -> Result<Value, Vec<Fault>> {
    let documents = source::documents(text).map_err(|fault| vec![fault])?;
    let document = match documents.as_slice() {
        [document] => document,
        [] => {
            return Err(vec![Fault::whole(
                "the manifest holds no object: it is empty, or has comments only",
            )]);
        }
        several => {
            let lines: Vec<String> = several.iter().map(|document| document.place.line.to_string()).collect();
            let message = format!(
                "the manifest has {} documents, beginning in lines {}, and only one is read at a time: split it at the \
                 lines of ---, or convert it with `terraform-provider-datum convert`",
                several.len(),
                lines.join(", ")
            );
            return Err(vec![Fault::whole(message)]);
        }
    };
    let workload = workload(document)?;
    let missing = ["metadata", "spec"]
        .into_iter()
        .filter(|part| workload.field(part).is_none());
    let missing: Vec<Fault> = missing
        .map(|part| Fault::at(document, &"", format!("the Workload has no {part}")))
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let state = value::flatten_all(&workload.json(), schema::workload());
    let state = written(&state, schema::workload());
    let part = |name| (name, state.get(name).cloned().unwrap_or_default());
    Ok(Value::object([part("metadata"), part("spec")]))
}

/// The data of a document that is a Workload.
pub(super) fn workload(document: &Source) -> Result<Data, Vec<Fault>> {
    if !matches!(document.content, crate::document::Content::Mapping(_)) {
        let fault = Fault::at(document, &"", "this is no object, and a manifest is one");
        return Err(vec![fault]);
    }
    let kind = Type::of(document);
    if kind.is_list() {
        let message = format!(
            "this is a List of {}, and only one Workload is read at a time: convert it with `terraform-provider-datum \
             convert`",
            source::items(document).len()
        );
        return Err(vec![Fault::at(document, &"", message)]);
    }
    if let Some(refusal) = kind.refusal() {
        return Err(vec![Fault::at(document, &"", refusal)]);
    }
    shape::read(document, model::workload()).map(without_bookkeeping)
}

/// The data without the annotation in which kubectl keeps what it applied last: it writes that anew by itself.
fn without_bookkeeping(mut workload: Data) -> Data {
    const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    if let Some(Data::Object(metadata)) = workload.field_mut("metadata") {
        metadata.retain_mut(|(name, value)| match value {
            Data::Object(annotations) if name == "annotations" => {
                let before = annotations.len();
                annotations.retain(|(key, _)| key != LAST_APPLIED);
                !annotations.is_empty() || before == 0
            }
            _ => true,
        });
    }
    workload
}

/// The value without attributes that are null, and without those that only the server sets.
fn written(value: &Value, node: &Node) -> Value {
    match (&node.kind, value) {
        (Kind::Object(object), Value::Map(_)) => Value::object(
            object
                .iter()
                .filter(|(_, attribute)| attribute.constraint != Constraint::Computed)
                .filter_map(|(name, attribute)| Some((name, written(value.get(name)?, &attribute.node))))
                .filter(|(_, value)| !value.is_null()),
        ),
        (Kind::List { items, .. }, Value::List(list)) => Value::list(list.iter().map(|value| written(value, items))),
        (_, value) => value.untyped().clone(),
    }
}
