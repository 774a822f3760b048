//! What every object has in common.

use serde_json::{Map, Value};

use crate::resource::Resource;
use crate::status::Status;
use crate::store::Key;

/// Where the object is kept.
pub fn key(resource: &Resource, object: &Value) -> Key {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    Key::new(if resource.namespaced { text("namespace") } else { "" }, text("name"))
}

/// The object's metadata, made if it has none.
///
/// # Panics
/// Never: what is not an object is made one first.
pub fn of(object: &mut Value) -> &mut Map<String, Value> {
    let metadata = &mut object["metadata"];
    if !metadata.is_object() {
        *metadata = Value::Object(Map::new());
    }
    metadata.as_object_mut().expect("it was just made an object")
}

/// Makes the object's namespace that of the request; they must not differ.
pub fn match_namespace(resource: &Resource, namespace: &str, object: &mut Value) -> Result<(), Status> {
    if !resource.namespaced {
        of(object).remove("namespace");
        return Ok(());
    }
    check_namespace(object, namespace)?;
    of(object).insert("namespace".to_owned(), namespace.into());
    Ok(())
}

/// Checks that an object is where the URL says, as far as it says where it is.
pub fn check_namespace(object: &Value, namespace: &str) -> Result<(), Status> {
    match object["metadata"]["namespace"].as_str().unwrap_or_default() {
        given if given.is_empty() || namespace.is_empty() || given == namespace => Ok(()),
        _ => Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        )),
    }
}

/// Checks that an object is the one of the URL, as far as its name says.
pub fn check_name(object: &Value, name: &str) -> Result<(), Status> {
    match object["metadata"]["name"].as_str().unwrap_or_default() {
        given if given == name => Ok(()),
        "" => Err(Status::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ))),
        given => Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        ))),
    }
}

/// Whether the server, not the client, chose `name` for the object of this body.
pub fn name_was_generated(body: &Value, name: &str) -> bool {
    let metadata = &body["metadata"];
    metadata["name"].as_str().unwrap_or_default() != name && metadata["generateName"].is_string()
}
