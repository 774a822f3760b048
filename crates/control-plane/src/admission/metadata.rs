//! The metadata of an object: reading it as the API server does, and checking it.
//!
//! Follows `apiextensions-apiserver/pkg/apiserver/schema/objectmeta` and `apimachinery/pkg/api/validation/objectmeta.go`.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use datum_model::format;
use datum_model::schema::{Kind, Schema};
use structured_merge::schema as merge;

use super::field_error::FieldError;
use super::names;
use super::rules::{NameRule, Rules};
use crate::go::{self, time};
use crate::number;

/// The limit on the keys and values of all annotations together.
const ANNOTATIONS_MAX_BYTES: usize = 256 * 1024;

/// How long the name of a field manager may be.
const MANAGER_MAX_BYTES: usize = 128;

/// The schema of `metadata` as built-in types declare it, which every object has.
pub fn object_meta() -> &'static Schema {
    &OBJECT_META
}

/// `ObjectMeta` as built-in types declare it.
static OBJECT_META: LazyLock<Schema> =
    LazyLock::new(|| serde_json::from_str(merge::OBJECT_META).expect("the schema is well-formed"));

/// Finalizers of Kubernetes itself, which carry no domain.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// How long the name of a subresource may be.
const SUBRESOURCE_MAX_BYTES: usize = 256;

/// Reads the metadata as `ObjectMeta` and writes it back: unknown fields, nulls and empty values go. Gives the unknown
/// fields.
///
/// # Errors
/// The decoder's words, where a field is of another type.
pub(super) fn coerce(object: &mut Value, decoder: Decoder) -> Result<Vec<String>, String> {
    let Some(metadata) = object.get_mut("metadata") else {
        return Ok(Vec::new());
    };
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    if !metadata.is_object() {
        return Err(format!(
            "json: cannot unmarshal {} into Go value of type v1.ObjectMeta",
            go::json_type(metadata)
        ));
    }
    let mut reader = Reader {
        decoder,
        unknown: Vec::new(),
    };
    reader.read(metadata, &OBJECT_META, "metadata", "", "")?;
    if let Some(fields) = metadata.as_object_mut() {
        fields.retain(|name, value| !is_empty(name, value));
    }
    Ok(reader.unknown)
}

/// What Go leaves out of `ObjectMeta` when it writes it.
fn is_empty(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        // A grace period of no seconds means something.
        Value::Number(number) => name == "generation" && number.as_i64() == Some(0),
        Value::Bool(_) => false,
    }
}

/// Reads values as Go's decoder does, and collects the fields that it does not know.
struct Reader {
    decoder: Decoder,
    unknown: Vec<String>,
}

/// Which of Go's decoders reads the metadata: their complaints differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// That of a custom resource, which reads the metadata by themselves, after everything was read once already.
    Metadata,
    /// That of a built-in kind, which reads the whole object at once.
    Object,
}

impl Reader {
    /// A field as Go names it: its type, and the way to it from where the decoder began.
    fn field(&self, path: &str, field: &str) -> String {
        let owner = match field {
            "ownerReferences" if path != field => "OwnerReference",
            "managedFields" if path != field => "ManagedFieldsEntry",
            _ => "ObjectMeta",
        };
        match self.decoder {
            Decoder::Metadata => format!("{owner}.{path}"),
            Decoder::Object => format!("{owner}.metadata.{path}"),
        }
    }

    /// Reads one value: `place` is where it is, `path` the same as the decoder's errors tell it, without indices, and
    /// `field` the one right below the metadata, which gives the type its name in Go.
    fn read(&mut self, value: &mut Value, schema: &Schema, place: &str, path: &str, field: &str) -> Result<(), String> {
        match (&schema.kind, &mut *value) {
            (Kind::String(rules), Value::String(text)) if rules.format.as_deref() == Some("date-time") => {
                time::check(text, time::SECONDS)
            }
            (_, Value::Null)
            | (Kind::FreeForm, _)
            | (Kind::Boolean, Value::Bool(_))
            | (Kind::String(_), Value::String(_)) => Ok(()),
            (Kind::Integer { .. }, Value::Number(number)) if number.is_i64() => Ok(()),
            (Kind::Integer { .. }, Value::Number(number))
                if self.decoder == Decoder::Metadata && number.as_f64().is_some_and(is_whole) =>
            {
                number::normalize(value);
                Ok(())
            }
            (Kind::Integer { .. }, Value::Number(number)) => Err(format!(
                "json: cannot unmarshal number {} into Go struct field {} of type int64",
                go::json(&Value::Number(number.clone())),
                self.field(path, field)
            )),
            (Kind::Map { values }, Value::Object(entries)) => entries.values_mut().try_for_each(|value| {
                // Null is the zero value of what a Go map holds.
                if value.is_null() {
                    *value = "".into();
                }
                self.read(value, values, place, path, field)
            }),
            (Kind::Object { properties, .. }, Value::Object(fields)) => {
                for (name, value) in fields.iter_mut() {
                    let place = format!("{place}.{name}");
                    let Some(schema) = properties.get(name) else {
                        self.unknown.push(place);
                        continue;
                    };
                    match field {
                        "" => self.read(value, schema, &place, name, name)?,
                        field => self.read(value, schema, &place, &format!("{path}.{name}"), field)?,
                    }
                }
                fields.retain(|name, _| properties.contains_key(name));
                Ok(())
            }
            (Kind::List { items: schema, .. }, Value::Array(items)) => {
                items.iter_mut().enumerate().try_for_each(|(index, item)| {
                    // Null is the zero value of an item.
                    if item.is_null() {
                        *item = match &schema.kind {
                            Kind::Object { .. } => Value::Object(Map::new()),
                            _ => "".into(),
                        };
                    }
                    self.read(item, schema, &format!("{place}[{index}]"), path, field)
                })
            }
            (kind, value) => {
                let found = go::json_type(value);
                let target = match kind {
                    Kind::String(_) if matches!(path, "uid" | "ownerReferences.uid") => "types.UID",
                    Kind::String(_) if path == "managedFields.operation" => "v1.ManagedFieldsOperationType",
                    Kind::String(_) => "string",
                    Kind::Integer { .. } => "int64",
                    Kind::Boolean => "bool",
                    Kind::Map { .. } => "map[string]string",
                    Kind::List { .. } => match field {
                        "ownerReferences" => "[]v1.OwnerReference",
                        "managedFields" => "[]v1.ManagedFieldsEntry",
                        _ => "[]string",
                    },
                    Kind::Object { .. } if field == "ownerReferences" => "v1.OwnerReference",
                    _ => "v1.ManagedFieldsEntry",
                };
                Err(format!(
                    "json: cannot unmarshal {found} into Go struct field {} of type {target}",
                    self.field(path, field)
                ))
            }
        }
    }
}

/// Whether a double is a whole number that an int64 holds.
fn is_whole(float: f64) -> bool {
    float.fract() == 0.0 && float.abs() < 9_223_372_036_854_775_808.0
}

/// The metadata, read field by field: absent and null are the same.
struct Metadata<'a>(Option<&'a Map<String, Value>>);

impl<'a> Metadata<'a> {
    fn of(object: &'a Value) -> Self {
        Self(object.get("metadata").and_then(Value::as_object))
    }

    fn field(&self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> &'a str {
        self.field(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, name: &str) -> i64 {
        self.field(name).and_then(Value::as_i64).unwrap_or_default()
    }

    fn entries(&self, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.field(name).and_then(Value::as_object).into_iter().flatten()
    }

    fn items(&self, name: &str) -> &'a [Value] {
        self.field(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn finalizers(&self) -> impl Iterator<Item = &'a str> {
        self.items("finalizers").iter().filter_map(Value::as_str)
    }
}

/// What is wrong with the metadata of a new object.
pub(super) fn validate_create(object: &Value, rules: &Rules<'_>) -> Vec<FieldError> {
    let check_name = match rules.names {
        NameRule::Subdomain => format::dns_subdomain,
        NameRule::Label => format::dns_label,
    };
    validate(object, rules.namespaced, check_name)
}

/// What is wrong with the metadata of any object, whatever its kind asks of names.
pub(super) fn validate_any(object: &Value, namespaced: bool) -> Vec<FieldError> {
    validate(object, namespaced, names::path_segment)
}

fn validate(object: &Value, namespaced: bool, check_name: impl Fn(&str) -> Vec<String>) -> Vec<FieldError> {
    let metadata = Metadata::of(object);
    let mut errors = Vec::new();
    let mut check = |field: &str, value: &str, problems: Vec<String>| {
        errors.extend(
            problems
                .iter()
                .map(|problem| FieldError::invalid(field, &value.into(), problem)),
        );
    };
    let (generate_name, name) = (metadata.text("generateName"), metadata.text("name"));
    if !generate_name.is_empty() {
        check(
            "metadata.generateName",
            generate_name,
            check_name(&names::mask_trailing_dash(generate_name)),
        );
    }
    if name.is_empty() {
        errors.push(FieldError::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else {
        check("metadata.name", name, check_name(name));
    }
    let namespace = metadata.text("namespace");
    match (namespaced, namespace.is_empty()) {
        (true, true) => errors.push(FieldError::required("metadata.namespace", "")),
        (true, false) => errors.extend(
            format::dns_label(namespace)
                .iter()
                .map(|problem| FieldError::invalid("metadata.namespace", &namespace.into(), problem)),
        ),
        (false, true) => {}
        (false, false) => errors.push(FieldError::forbidden("metadata.namespace", "not allowed on this type")),
    }
    let generation = metadata.number("generation");
    if generation < 0 {
        errors.push(FieldError::invalid(
            "metadata.generation",
            &generation.into(),
            "must be greater than or equal to 0",
        ));
    }
    validate_texts(&metadata, &mut errors);
    validate_owner_references(&metadata, &mut errors);
    validate_finalizers(&metadata, &mut errors);
    validate_managed_fields(&metadata, &mut errors);
    errors
}

/// What is wrong with the metadata of a changed object.
pub(super) fn validate_update(new: &Value, old: &Value) -> Vec<FieldError> {
    let (new, old) = (Metadata::of(new), Metadata::of(old));
    let mut errors = Vec::new();
    if old.field("deletionTimestamp").is_some() {
        let known: HashSet<&str> = old.finalizers().collect();
        let mut extra: Vec<&str> = new
            .finalizers()
            .filter(|finalizer| !known.contains(finalizer))
            .collect();
        extra.sort_unstable();
        extra.dedup();
        if !extra.is_empty() {
            let listed: Vec<String> = extra
                .iter()
                .map(|finalizer| go::Quoted(finalizer).to_string())
                .collect();
            errors.push(FieldError::forbidden(
                "metadata.finalizers",
                &format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                    listed.join(", ")
                ),
            ));
        }
    }
    if new.text("resourceVersion").is_empty() {
        errors.push(FieldError::invalid(
            "metadata.resourceVersion",
            &"".into(),
            "must be specified for an update",
        ));
    }
    if new.number("generation") < old.number("generation") {
        errors.push(FieldError::invalid(
            "metadata.generation",
            &new.number("generation").into(),
            "must not be decremented",
        ));
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let (value, before) = (new.field(field), old.field(field));
        if value != before {
            let empty = Value::from("");
            let shown = match (value, field) {
                (Some(value), _) => value,
                (None, "name" | "namespace" | "uid") => &empty,
                (None, _) => &Value::Null,
            };
            errors.push(FieldError::invalid(
                format!("metadata.{field}"),
                shown,
                "field is immutable",
            ));
        }
    }
    validate_texts(&new, &mut errors);
    validate_owner_references(&new, &mut errors);
    validate_managed_fields(&new, &mut errors);
    errors
}

/// Labels and annotations.
fn validate_texts(metadata: &Metadata<'_>, errors: &mut Vec<FieldError>) {
    for (key, value) in metadata.entries("labels") {
        for problem in format::qualified_name(key) {
            errors.push(FieldError::invalid("metadata.labels", &key.as_str().into(), &problem));
        }
        for problem in format::label_value(value.as_str().unwrap_or_default()) {
            errors.push(FieldError::invalid("metadata.labels", value, &problem));
        }
    }
    let mut bytes = 0;
    for (key, value) in metadata.entries("annotations") {
        bytes += key.len() + value.as_str().unwrap_or_default().len();
        for problem in format::qualified_name(&key.to_lowercase()) {
            errors.push(FieldError::invalid(
                "metadata.annotations",
                &key.as_str().into(),
                &problem,
            ));
        }
    }
    if bytes > ANNOTATIONS_MAX_BYTES {
        errors.push(FieldError::too_long(
            "metadata.annotations",
            ANNOTATIONS_MAX_BYTES as u64,
        ));
    }
}

fn validate_owner_references(metadata: &Metadata<'_>, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "metadata.ownerReferences";
    let references = metadata.items("ownerReferences");
    let mut controller: Option<String> = None;
    for reference in references {
        let text = |name: &str| reference.get(name).and_then(Value::as_str).unwrap_or_default();
        if !names_a_version(text("apiVersion")) {
            errors.push(FieldError::invalid(
                format!("{FIELD}.apiVersion"),
                &text("apiVersion").into(),
                "version must not be empty",
            ));
        }
        for name in ["kind", "name", "uid"] {
            if text(name).is_empty() {
                errors.push(FieldError::invalid(
                    format!("{FIELD}.{name}"),
                    &"".into(),
                    "must not be empty",
                ));
            }
        }
        if text("apiVersion") == "v1" && text("kind") == "Event" {
            errors.push(FieldError::invalid_json(
                FIELD,
                &reference_json(reference),
                "/v1, Kind=Event is disallowed from being an owner",
            ));
        }
        if reference.get("controller").and_then(Value::as_bool) == Some(true) {
            let this = format!("{}/{}", text("kind"), text("name"));
            match &controller {
                None => controller = Some(this),
                Some(first) => errors.push(FieldError::invalid_json(
                    FIELD,
                    &format!(
                        "[{}]",
                        references.iter().map(reference_json).collect::<Vec<_>>().join(",")
                    ),
                    &format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    ),
                )),
            }
        }
    }
}

/// Whether this is a version, or a group and a version.
fn names_a_version(api_version: &str) -> bool {
    match api_version.split_once('/') {
        None => !api_version.is_empty(),
        Some((_, version)) => !version.is_empty() && !version.contains('/'),
    }
}

/// An owner reference in JSON, with its fields in the order of Go's type, in which the API server prints them.
fn reference_json(reference: &Value) -> String {
    const FIELDS: [&str; 6] = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    let fields = FIELDS
        .into_iter()
        .filter_map(|field| Some(format!("\"{field}\":{}", go::json(reference.get(field)?))));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn validate_finalizers(metadata: &Metadata<'_>, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "metadata.finalizers";
    let finalizers: Vec<&str> = metadata.finalizers().collect();
    for finalizer in &finalizers {
        for problem in format::qualified_name(finalizer) {
            errors.push(FieldError::invalid(FIELD, &(*finalizer).into(), &problem));
        }
    }
    if finalizers.contains(&"orphan") && finalizers.contains(&"foregroundDeletion") {
        errors.push(FieldError::invalid(
            FIELD,
            &finalizers.into(),
            "finalizer orphan and foregroundDeletion cannot be both set",
        ));
    }
}

fn validate_managed_fields(metadata: &Metadata<'_>, errors: &mut Vec<FieldError>) {
    for (index, entry) in metadata.items("managedFields").iter().enumerate() {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let field = |name: &str| format!("metadata.managedFields[{index}].{name}");
        if !matches!(text("operation"), "Apply" | "Update") {
            errors.push(FieldError::invalid(
                field("operation"),
                &text("operation").into(),
                "must be `Apply` or `Update`",
            ));
        }
        if !matches!(text("fieldsType"), "" | "FieldsV1") {
            errors.push(FieldError::invalid(
                field("fieldsType"),
                &text("fieldsType").into(),
                "must be `FieldsV1`",
            ));
        }
        errors.extend(validate_manager(&field("manager"), text("manager")));
        if text("subresource").len() > SUBRESOURCE_MAX_BYTES {
            errors.push(FieldError::too_long(field("subresource"), SUBRESOURCE_MAX_BYTES as u64));
        }
    }
}

/// What is wrong with the name of a field manager, wherever it is given.
pub fn validate_manager(field: &str, manager: &str) -> Vec<FieldError> {
    let too_long = (manager.len() > MANAGER_MAX_BYTES).then(|| FieldError::too_long(field, MANAGER_MAX_BYTES as u64));
    let unprintable = manager
        .char_indices()
        .filter(|(_, character)| !go::is_printable(*character))
        .map(|(at, character)| {
            let why = format!("invalid character U+{:04X} (at position {at})", u32::from(character));
            FieldError::invalid(field, &manager.into(), &why)
        });
    too_long.into_iter().chain(unprintable).collect()
}

/// The name of a field manager that gives none: the product that its user agent names, as far as it is fit for a name.
pub fn manager_of_user_agent(user_agent: &str) -> String {
    let product = user_agent.split('/').next().unwrap_or_default();
    let mut manager = String::new();
    for character in product.chars().filter(|character| go::is_printable(*character)) {
        if manager.len() + character.len_utf8() > MANAGER_MAX_BYTES {
            break;
        }
        manager.push(character);
    }
    manager
}

/// Removes owner references that come again word for word, and gives the warning about them; `when` says when they were
/// found, where that is not at once.
pub fn dedup_owner_references(object: &mut Value, when: &str) -> Option<String> {
    let references = object.pointer_mut("/metadata/ownerReferences")?.as_array_mut()?;
    let mut kept: HashSet<Value> = HashSet::with_capacity(references.len());
    let mut duplicates = Vec::new();
    references.retain(|reference| {
        let is_new = kept.insert(reference.clone());
        if !is_new {
            duplicates.push(reference["uid"].as_str().unwrap_or_default().to_owned());
        }
        is_new
    });
    (!duplicates.is_empty()).then(|| {
        format!(
            ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may \
             reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            duplicates.join(", ")
        )
    })
}

/// What is wrong with a finalizer that has no domain.
pub const NO_DOMAIN: &str = "name is neither a standard finalizer name nor is it fully qualified";

/// What is wrong with finalizers that have no domain, for kinds that require one.
pub fn validate_finalizer_domains(object: &Value) -> Vec<FieldError> {
    let metadata = Metadata::of(object);
    let finalizers = metadata.finalizers().enumerate();
    finalizers
        .filter(|(_, finalizer)| !has_domain(finalizer))
        .map(|(index, finalizer)| {
            FieldError::invalid(format!("metadata.finalizers[{index}]"), &finalizer.into(), NO_DOMAIN)
        })
        .collect()
}

/// Whether a finalizer has a domain, or is one of Kubernetes itself.
pub fn has_domain(finalizer: &str) -> bool {
    finalizer.contains('/') || STANDARD_FINALIZERS.contains(&finalizer)
}

/// What to warn of in an object that is accepted: finalizers, new since `old`, without a domain.
pub fn warnings(new: &Value, old: Option<&Value>) -> Vec<String> {
    let known: HashSet<&str> = old.map(Metadata::of).iter().flat_map(Metadata::finalizers).collect();
    let mut added: Vec<&str> = Metadata::of(new)
        .finalizers()
        .filter(|finalizer| !known.contains(finalizer))
        .collect();
    added.sort_unstable();
    added.dedup();
    added
        .into_iter()
        .filter(|finalizer| !has_domain(finalizer))
        .map(|finalizer| {
            let path = if finalizer.contains('.') {
                " including a path (/)"
            } else {
                ""
            };
            format!(
                "metadata.finalizers: {}: prefer a domain-qualified finalizer name{path} to avoid accidental conflicts \
                 with other finalizer writers",
                go::Quoted(finalizer)
            )
        })
        .collect()
}
