//! The nodes of the tree: the types of attributes, and what the API's schema says about each. How the tree comes about is
//! [`super::derive`]'s matter.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use datum_model::schema::ListMerge;
pub use tf_provider::schema::AttributeConstraint as Constraint;

use super::name::attribute_name;
use super::unsupported::Unsupported;

/// One node of the tree: a type, and what the API's schema says about it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The type.
    pub kind: Kind,
    /// What it means, in Markdown, with its values and its default.
    pub description: Cow<'static, str>,
    /// What the API server fills in when it is absent.
    pub default: Option<&'static serde_json::Value>,
    /// Whether the order of the items means something, if this is a list that the API merges by key.
    pub order: Order,
    /// The API fields of this object that exclude each other ([`datum_model::union`]); empty where none do.
    pub union: &'static [&'static str],
    /// The prefixes of keys under which tools keep their books, if this is a map in which they do. Such entries are part of nobody's
    /// configuration.
    pub bookkeeping: &'static [&'static str],
    /// The API fields of this object that have no attribute here.
    pub unsupported: &'static [Unsupported],
}

/// Whether the order of a list's items has a meaning, although the API tells them apart by key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Another order is the same list.
    #[default]
    Irrelevant,
    /// Another order is another list: init containers run in it, and a variable may refer to those before it.
    Significant,
}

impl Node {
    /// The attributes, if this is an object.
    pub fn object(&self) -> Option<&Object> {
        match &self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The type of the items, if this is a list.
    pub fn items(&self) -> Option<&Node> {
        match &self.kind {
            Kind::List { items, .. } => Some(items),
            _ => None,
        }
    }

    /// Every attribute below this node with its path of names, through lists and maps.
    pub fn descendants(&self) -> impl Iterator<Item = (String, &Node)> {
        fn collect<'n>(node: &'n Node, path: &str, found: &mut Vec<(String, &'n Node)>) {
            match &node.kind {
                Kind::Object(object) => {
                    for (name, attribute) in object.iter() {
                        let path = if path.is_empty() {
                            name.to_owned()
                        } else {
                            format!("{path}.{name}")
                        };
                        collect(&attribute.node, &path, found);
                        found.push((path, &attribute.node));
                    }
                }
                Kind::Map(inner) | Kind::List { items: inner, .. } => collect(inner, path, found),
                _ => {}
            }
        }
        let mut found = Vec::new();
        collect(self, "", &mut found);
        found.into_iter()
    }

    /// The field without an attribute that the name of an attribute would stand for: `git_repo` in a volume.
    pub fn unsupported(&self, name: &str) -> Option<&'static Unsupported> {
        self.unsupported
            .iter()
            .find(|unsupported| attribute_name(unsupported.field) == name)
    }

    /// The node of an attribute by its path of names, through lists and maps: `spec.template.spec.containers.image`.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, name| {
            let mut node = node;
            while let Kind::List { items: inner, .. } | Kind::Map(inner) = &node.kind {
                node = inner;
            }
            node.object()?.get(name).map(|attribute| &*attribute.node)
        })
    }
}

/// The type of a node.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Named attributes.
    Object(Object),
    /// Free keys, and values of one scalar type.
    Map(Arc<Node>),
    /// Items of one type.
    List {
        /// The type of every item.
        items: Arc<Node>,
        /// How the API tells one item from another.
        list_type: ListType,
    },
    /// A string.
    String {
        /// The values that mean something; empty means any. An empty string among them stands for an absent one.
        values: &'static [String],
    },
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A Boolean.
    Boolean,
    /// A string in Terraform, a whole number or a string in the API: `8080`, `http`, `25%`.
    IntOrString,
    /// A string in Terraform, a quantity in the API: `500m`, `1Gi`.
    Quantity,
    /// A value of any type.
    FreeForm,
    /// A string in Terraform that holds JSON of a value of any type. Read-only.
    Json,
}

/// How the API tells one item of a list from another (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListType {
    /// By position: the list has one owner.
    Atomic,
    /// By the value itself.
    Set,
    /// By these fields of the item, in the API's spelling.
    Map(&'static [String]),
}

impl ListType {
    /// The fields by which items are merged, if they are.
    pub fn by_key(self) -> Option<&'static [String]> {
        match self {
            ListType::Map(keys) => Some(keys),
            ListType::Atomic | ListType::Set => None,
        }
    }
}

impl From<&'static ListMerge> for ListType {
    fn from(merge: &'static ListMerge) -> Self {
        match merge {
            ListMerge::Atomic => Self::Atomic,
            ListMerge::Set => Self::Set,
            ListMerge::Map { keys } => Self::Map(keys),
        }
    }
}

/// The attributes of an object, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub(super) attributes: BTreeMap<String, Attribute>,
}

impl Object {
    /// The attribute `name` (`host_ip`).
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.get(name)
    }

    /// The attribute that stands for the API field `field` (`hostIP`), with its name.
    pub fn attribute(&self, field: &str) -> Option<(&str, &Attribute)> {
        let (name, attribute) = self.attributes.get_key_value(&attribute_name(field))?;
        (attribute.field() == Some(field)).then_some((name, attribute))
    }

    /// Every attribute with its name, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Attribute)> {
        self.attributes
            .iter()
            .map(|(name, attribute)| (name.as_str(), attribute))
    }
}

impl FromIterator<(String, Attribute)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Attribute)>>(attributes: I) -> Self {
        Self {
            attributes: attributes.into_iter().collect(),
        }
    }
}

/// One attribute of an object.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its type. Shared, since the data sources hold the same `spec` as the resource.
    pub node: Arc<Node>,
    /// Where its value lives.
    pub origin: Origin,
    /// Who gives its value.
    pub constraint: Constraint,
}

impl Attribute {
    /// The API field that the attribute stands for, in the API's spelling.
    pub fn field(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Api(field) => Some(field),
            Origin::Terraform => None,
        }
    }

    /// The API field that the configuration sets through the attribute: none for what only the server sets.
    pub fn configurable_field(&self) -> Option<&'static str> {
        self.field().filter(|_| self.constraint != Constraint::Computed)
    }

    /// Whether the configuration must give a value.
    pub fn is_required(&self) -> bool {
        self.constraint == Constraint::Required
    }

    /// Whether a null in the configuration leaves the value to the server.
    pub fn is_computed(&self) -> bool {
        matches!(self.constraint, Constraint::Computed | Constraint::OptionalComputed)
    }
}

/// Where the value of an attribute lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the API, under this name.
    Api(&'static str),
    /// Only in Terraform: `id`, `wait`, `timeouts`, ...
    Terraform,
}
