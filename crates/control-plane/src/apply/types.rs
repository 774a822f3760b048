//! The schema as server-side apply reads it.
//!
//! Follows `k8s.io/kube-openapi/pkg/schemaconv`, which turns OpenAPI into the schema of structured-merge-diff: what a list
//! merges by, what is atomic, and what is deduced from the values because nothing is declared.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use datum_model::schema::{Kind, ListMerge, Schema};

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type<'a> {
    /// A whole object: its metadata is the API server's own, whatever the schema says.
    Root(&'a Schema),
    /// `metadata.ownerReferences`: a list-map whose items are atomic, which a schema of the model cannot say.
    OwnerReferences,
    /// One owner reference.
    OwnerReference,
    /// What the schema says.
    Declared(&'a Schema),
    /// What the value says: maps are granular, lists atomic.
    Deduced,
}

/// A type with its children, for one value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Atom<'a> {
    /// A leaf.
    Scalar(Scalar),
    /// A list.
    List(List<'a>),
    /// An object or a map.
    Map(Map<'a>),
}

/// The type of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Numeric,
    String,
    Boolean,
    Any,
}

/// The type of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'a> {
    pub(super) items: Type<'a>,
    pub(super) merge: &'a ListMerge,
}

/// The type of an object or a map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map<'a> {
    fields: Option<&'a BTreeMap<String, Schema>>,
    values: Option<Values<'a>>,
    is_root: bool,
    is_metadata: bool,
    pub(super) is_atomic: bool,
}

/// The type of the values under keys that no field declares.
#[derive(Clone, Copy, Debug)]
enum Values<'a> {
    Declared(&'a Schema),
    Deduced,
}

static ATOMIC: ListMerge = ListMerge::Atomic;

/// `ObjectMeta` as built-in types declare it: its lists merge, while a custom resource's own schema says nothing.
static OBJECT_META: LazyLock<Schema> = LazyLock::new(|| {
    serde_json::from_str(include_str!("object_meta.json")).expect("the schema beside this file is well-formed")
});

/// The schema of `metadata`, as every type has it.
pub(crate) fn object_meta() -> &'static Schema {
    &OBJECT_META
}

impl<'a> Type<'a> {
    /// The type as it applies to `value`.
    pub(super) fn resolve(self, value: &Value) -> Atom<'a> {
        match self {
            Type::Root(schema) => match Type::Declared(schema).resolve(value) {
                Atom::Map(map) => Atom::Map(Map { is_root: true, ..map }),
                other => other,
            },
            Type::OwnerReferences => match Type::Declared(owner_references()).resolve(value) {
                Atom::List(list) => Atom::List(List {
                    items: Type::OwnerReference,
                    ..list
                }),
                other => other,
            },
            Type::OwnerReference => match &owner_references().kind {
                Kind::List { items, .. } => match Type::Declared(items).resolve(value) {
                    Atom::Map(map) => Atom::Map(Map { is_atomic: true, ..map }),
                    other => other,
                },
                _ => Atom::Scalar(Scalar::Any),
            },
            Type::Declared(schema) => match &schema.kind {
                Kind::Object { properties, .. } => Atom::Map(Map {
                    fields: Some(properties),
                    // An object that declares nothing is free-form to the merge, though pruning empties it.
                    values: properties.is_empty().then_some(Values::Deduced),
                    is_root: false,
                    is_metadata: std::ptr::eq(schema, &raw const *OBJECT_META),
                    is_atomic: false,
                }),
                Kind::Map { values } => Atom::Map(Map::of(Values::Declared(values))),
                Kind::FreeForm => Atom::Map(Map::of(Values::Deduced)),
                Kind::List { items, merge } => Atom::List(List {
                    items: Type::Declared(items),
                    merge,
                }),
                // Only plain text and bytes are strings to the merge; a time, say, is any scalar.
                Kind::String(rules) => Atom::Scalar(match rules.format.as_deref() {
                    None | Some("byte") => Scalar::String,
                    Some(_) => Scalar::Any,
                }),
                Kind::Integer { .. } | Kind::Number => Atom::Scalar(Scalar::Numeric),
                Kind::Boolean => Atom::Scalar(Scalar::Boolean),
                // The OpenAPI of either carries no type, so that anything is merged and validation refuses it.
                Kind::IntOrString | Kind::Quantity => Type::Deduced.resolve(value),
            },
            Type::Deduced => match value {
                Value::Array(_) => Atom::List(List {
                    items: Type::Deduced,
                    merge: &ATOMIC,
                }),
                Value::Object(_) | Value::Null => Atom::Map(Map::of(Values::Deduced)),
                Value::String(_) | Value::Number(_) | Value::Bool(_) => Atom::Scalar(Scalar::Any),
            },
        }
    }

    /// The type of the items, if this is a declared list.
    pub(super) fn items(self) -> Option<Type<'a>> {
        match self.resolve(&Value::Array(Vec::new())) {
            Atom::List(list) => Some(list.items),
            _ => None,
        }
    }

    /// The fields and values, if this can be an object.
    pub(super) fn map(self) -> Option<Map<'a>> {
        match self.resolve(&Value::Object(serde_json::Map::new())) {
            Atom::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl Atom<'_> {
    /// Whether both are leaves, both lists, or both maps.
    pub(super) fn is_like(&self, other: &Atom<'_>) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl<'a> Map<'a> {
    fn of(values: Values<'a>) -> Self {
        Self {
            fields: None,
            values: Some(values),
            is_root: false,
            is_metadata: false,
            is_atomic: false,
        }
    }

    /// The type of a declared field.
    pub(super) fn field(&self, name: &str) -> Option<Type<'a>> {
        match name {
            "metadata" if self.is_root => Some(Type::Declared(&OBJECT_META)),
            "ownerReferences" if self.is_metadata => Some(Type::OwnerReferences),
            _ => self.fields?.get(name).map(Type::Declared),
        }
    }

    /// The type of what is under a key, declared or not; `None` where the schema allows no such key.
    pub(super) fn value(&self, key: &str) -> Option<Type<'a>> {
        self.field(key).or_else(|| {
            Some(match self.values? {
                Values::Declared(schema) => Type::Declared(schema),
                Values::Deduced => Type::Deduced,
            })
        })
    }

    /// The default of a declared field.
    pub(super) fn default_of(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name)?.default.as_ref()
    }
}

impl List<'_> {
    /// Whether the list is owned as a whole.
    pub(super) fn is_atomic(&self) -> bool {
        *self.merge == ListMerge::Atomic
    }
}

fn owner_references() -> &'static Schema {
    OBJECT_META
        .property("ownerReferences")
        .expect("the schema beside this file declares owner references")
}
