//! Which objects a list, a watch or the deletion of a collection is about.

use serde_json::Value;

use crate::selector::{Fields, Labels};
use crate::store::Key;

/// Which objects to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only this namespace.
    pub namespace: Option<String>,
    /// Only objects with these labels.
    pub labels: Labels,
    /// Only objects with these fields.
    pub fields: Fields,
    /// At most so many.
    pub limit: Option<usize>,
    /// Only this key and what comes after it.
    pub from: Option<Key>,
    /// As of this version instead of now.
    pub at: Option<u64>,
    /// How many objects there are from that key on, where it is known.
    pub count: Option<usize>,
}

impl ListQuery {
    /// Whether the object belongs to the answer, its namespace aside.
    pub fn matches(&self, object: &Value) -> bool {
        self.labels.matches(object) && self.fields.matches(object)
    }
}
