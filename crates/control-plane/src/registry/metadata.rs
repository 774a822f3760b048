//! The rules for `metadata`, the same for every kind (Kubernetes API conventions, "Metadata").

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::resource::{Resource, Table};
use crate::status::{Cause, Status};
use crate::store::Key;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_NAME: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
/// The most that all annotations together may hold, in bytes.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// The letters of generated names: no vowels, so no words, and nothing that is misread.
const SUFFIX_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH: usize = 5;

/// `time` as the API writes it: whole seconds.
pub fn timestamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

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
pub fn settle_namespace(resource: &Resource, namespace: &str, object: &mut Value) -> Result<(), Status> {
    let given = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if !given.is_empty() && given != namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if resource.namespaced {
        of(object).insert("namespace".to_owned(), namespace.into());
    }
    Ok(())
}

/// Gives a new object its identity, whatever the client put there.
pub fn start(resource: &Resource, object: &mut Value, now: Timestamp) {
    let metadata = of(object);
    for field in [
        "resourceVersion",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
    ] {
        metadata.remove(field);
    }
    let prefix = metadata
        .get("generateName")
        .and_then(Value::as_str)
        .filter(|prefix| !prefix.is_empty());
    let named = metadata
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(|name| !name.is_empty());
    if let (false, Some(prefix)) = (named, prefix) {
        // Room for the suffix within the 63 characters that many names are limited to.
        let room = 63 - SUFFIX_LENGTH;
        let base: String = prefix.chars().take(room).collect();
        let name = base + &suffix();
        metadata.insert("name".to_owned(), name.into());
    }
    metadata.insert("uid".to_owned(), Uuid::new_v4().to_string().into());
    metadata.insert("creationTimestamp".to_owned(), timestamp(now).into());
    if resource.is_custom() {
        metadata.insert("generation".to_owned(), 1.into());
    } else {
        metadata.remove("generation");
    }
    drop_empty(metadata);
}

/// Drops maps and lists without entries, which the API never writes.
pub fn drop_empty(metadata: &mut Map<String, Value>) {
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty = match metadata.get(field) {
            Some(Value::Object(entries)) => entries.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Null) => true,
            _ => false,
        };
        if empty {
            metadata.remove(field);
        }
    }
}

fn suffix() -> String {
    let mut random = Uuid::new_v4().as_u128();
    let letters = SUFFIX_LETTERS.len() as u128;
    (0..SUFFIX_LENGTH)
        .map(|_| {
            let letter = SUFFIX_LETTERS[usize::try_from(random % letters).unwrap_or_default()];
            random /= letters;
            char::from(letter)
        })
        .collect()
}

/// Whether the server, not the client, chose `name` for the object of this body.
pub fn name_was_generated(body: &Value, name: &str) -> bool {
    let metadata = &body["metadata"];
    metadata["name"].as_str().unwrap_or_default() != name && metadata["generateName"].is_string()
}

/// What is wrong with the metadata of a new object.
pub fn problems(resource: &Resource, object: &Value) -> Vec<Cause> {
    let metadata = &object["metadata"];
    let mut causes = Vec::new();
    let generate = metadata["generateName"].as_str().unwrap_or_default();
    if !generate.is_empty() {
        // A trailing dash is what the suffix is for.
        let stem = generate.strip_suffix('-').unwrap_or(generate);
        causes.extend(name_problem(resource, "metadata.generateName", stem));
    }
    match metadata["name"].as_str().unwrap_or_default() {
        "" => causes.push(Cause::required("metadata.name", "name or generateName is required")),
        name => causes.extend(name_problem(resource, "metadata.name", name)),
    }
    causes.extend(label_problems(&metadata["labels"], "metadata.labels"));
    causes.extend(annotation_problems(&metadata["annotations"]));
    causes.extend(finalizer_problems(&metadata["finalizers"]));
    causes
}

fn name_problem(resource: &Resource, field: &str, name: &str) -> Option<Cause> {
    let (limit, rule, valid) = match resource.table {
        Table::Namespaces => (63, LABEL, is_dns_label(name)),
        _ => (253, SUBDOMAIN, name.split('.').all(is_dns_label)),
    };
    if name.len() > limit {
        return Some(Cause::invalid(
            field,
            format!("{name:?}"),
            format!("must be no more than {limit} characters"),
        ));
    }
    (!valid).then(|| Cause::invalid(field, format!("{name:?}"), rule))
}

fn is_dns_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn label_problems(labels: &Value, field: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in labels.as_object().into_iter().flatten() {
        causes.extend(key_problems(key, field));
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            causes.push(Cause::invalid(
                field,
                format!("{value:?}"),
                "must be no more than 63 characters",
            ));
        }
        if !value.is_empty() && !is_name(value) {
            causes.push(Cause::invalid(field, format!("{value:?}"), LABEL_VALUE));
        }
    }
    causes
}

fn key_problems(key: &str, field: &str) -> Vec<Cause> {
    let invalid = |why: &str| Cause::invalid(field, format!("{key:?}"), why);
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let mut causes = Vec::new();
    match prefix {
        Some("") => causes.push(invalid("prefix part must be non-empty")),
        Some(prefix) if !prefix.split('.').all(is_dns_label) => {
            causes.push(invalid(&format!("prefix part {SUBDOMAIN}")));
        }
        _ => {}
    }
    if name.is_empty() {
        causes.push(invalid("name part must be non-empty"));
    }
    if name.len() > 63 {
        causes.push(invalid("name part must be no more than 63 characters"));
    }
    if !is_name(name) {
        causes.push(invalid(QUALIFIED_NAME));
    }
    causes
}

fn annotation_problems(annotations: &Value) -> Vec<Cause> {
    let field = "metadata.annotations";
    let mut causes = Vec::new();
    let mut size = 0;
    for (key, value) in annotations.as_object().into_iter().flatten() {
        causes.extend(key_problems(&key.to_lowercase(), field));
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > ANNOTATIONS_LIMIT {
        causes.push(Cause {
            reason: "FieldValueTooLong",
            message: format!("Too long: may not be more than {ANNOTATIONS_LIMIT} bytes"),
            field: field.to_owned(),
        });
    }
    causes
}

fn finalizer_problems(finalizers: &Value) -> Vec<Cause> {
    finalizers
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .flat_map(|finalizer| key_problems(finalizer, "metadata.finalizers"))
        .collect()
}

/// Carries over what a client cannot change, and says what it tried to change nevertheless.
pub fn carry_over(live: &Value, object: &mut Value) -> Vec<Cause> {
    let old = &live["metadata"];
    let metadata = of(object);
    // A missing value means "as it is"; the generation is the server's alone.
    for field in [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let missing = metadata
            .get(field)
            .is_none_or(|value| value.is_null() || value.as_str() == Some(""));
        if missing {
            match &old[field] {
                Value::Null => metadata.remove(field),
                value => metadata.insert(field.to_owned(), value.clone()),
            };
        }
    }
    match &old["generation"] {
        Value::Null => metadata.remove("generation"),
        generation => metadata.insert("generation".to_owned(), generation.clone()),
    };
    metadata.remove("selfLink");
    drop_empty(metadata);

    let mut causes = Vec::new();
    if !old["deletionTimestamp"].is_null() {
        causes.extend(new_finalizers(&old["finalizers"], &object["metadata"]["finalizers"]));
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let given = &object["metadata"][field];
        if *given != old[field] {
            causes.push(Cause::invalid(format!("metadata.{field}"), given, "field is immutable"));
        }
    }
    causes.extend(label_problems(&object["metadata"]["labels"], "metadata.labels"));
    causes.extend(annotation_problems(&object["metadata"]["annotations"]));
    causes.extend(finalizer_problems(&object["metadata"]["finalizers"]));
    causes
}

fn new_finalizers(old: &Value, new: &Value) -> Option<Cause> {
    let old = old.as_array().map(Vec::as_slice).unwrap_or_default();
    let added: Vec<String> = new
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finalizer| !old.contains(finalizer))
        .map(Value::to_string)
        .collect();
    (!added.is_empty()).then(|| {
        Cause::forbidden(
            "metadata.finalizers",
            format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            ),
        )
    })
}
