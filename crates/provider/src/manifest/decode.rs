//! A manifest in the shape of the resource.

use datum_model::field::{Path, Segment};
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
    let mut faults = missing;
    unmanaged(&workload, schema::workload(), &Path::root(), &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let state = value::flatten_all(&workload.json(), schema::workload());
    let state = configurable(&state, schema::workload());
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

/// Finds the fields that Terraform has no attribute for, so that they would be lost. What `metadata` has beside names, labels
/// and annotations is the server's and the controllers', and nobody's loss.
fn unmanaged(data: &Data, node: &Node, path: &Path, faults: &mut Vec<Fault>) {
    match (&node.kind, data) {
        (Kind::Object(object), Data::Object(fields)) => {
            let is_metadata = path.last() == Some(&Segment::Field("metadata".to_owned()));
            for (field, value) in fields.iter().filter(|(field, _)| !path.is_root() || !is_type(field)) {
                let path = path.field(field.as_str());
                match object.attribute(field) {
                    Some((_, attribute)) => unmanaged(value, &attribute.node, &path, faults),
                    None if is_metadata => {}
                    None => faults.push(Fault {
                        line: None,
                        path: path.to_string(),
                        message: "Terraform does not manage this field: remove it".to_owned(),
                    }),
                }
            }
        }
        (Kind::List { items, .. }, Data::List(list)) => {
            for (index, item) in list.iter().enumerate() {
                unmanaged(item, items, &path.index(index), faults);
            }
        }
        _ => {}
    }
}

/// Whether the field says what an object is.
fn is_type(field: &str) -> bool {
    matches!(field, "apiVersion" | "kind")
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
fn configurable(value: &Value, node: &Node) -> Value {
    match (&node.kind, value) {
        (Kind::Object(object), Value::Map(_)) => Value::object(
            object
                .iter()
                .filter(|(_, attribute)| attribute.constraint != Constraint::Computed)
                .filter_map(|(name, attribute)| Some((name, configurable(value.get(name)?, &attribute.node))))
                .filter(|(_, value)| !value.is_null()),
        ),
        (Kind::List { items, .. }, Value::List(list)) => {
            Value::list(list.iter().map(|value| configurable(value, items)))
        }
        (_, value) => value.untyped().clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn a_field_without_an_attribute_is_not_lost_in_silence() {
        let text = |text: &str| Data::Scalar(Json::from(text));
        let container = |field: &str| Data::Object(vec![(field.to_owned(), text("x"))]);
        let list = |field: &str| Data::List(vec![container("name"), container(field)]);
        let data = |field: &str| Data::Object(vec![("containers".to_owned(), list(field))]);
        let pod = schema::workload().at("spec.template.spec").unwrap();
        let told = |field: &str| {
            let mut faults = Vec::new();
            unmanaged(&data(field), pod, &Path::root().field("spec"), &mut faults);
            faults.iter().map(Fault::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told("image"), [""; 0]);
        assert_eq!(
            told("bygone"),
            ["spec.containers[1].bygone: Terraform does not manage this field: remove it"]
        );
    }
}
