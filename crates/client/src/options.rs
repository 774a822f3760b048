//! How to apply, delete and list, and what came of it.

use crate::object::Object;

/// How to apply.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Validate and answer as if, but store nothing. Quota is not checked.
    pub dry_run: bool,
    /// Take over fields that other managers own.
    pub force: bool,
    /// The uid of the object that is meant. An apply that names it never creates, and never changes a successor.
    pub uid: Option<String>,
    /// The field manager, in place of [`Config::field_manager`](crate::Config::field_manager).
    pub manager: Option<String>,
}

/// What an apply did.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The object afterwards.
    pub object: Object,
    /// Whether it did not exist before: 201.
    pub created: bool,
    /// Whether an earlier attempt of the same request may have been carried out, so that it may have created what this answer
    /// calls an update.
    pub repeated: bool,
    /// What the API wants the user to know (`Warning: 299`).
    pub warnings: Vec<String>,
}

impl Applied {
    /// What is known of a write whose answer was lost.
    pub(crate) fn unanswered(object: Object) -> Self {
        Self {
            object,
            created: false,
            repeated: true,
            warnings: Vec::new(),
        }
    }
}

/// How to delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// The uid of the object that is meant, so that a successor of the same name is left alone.
    pub uid: Option<String>,
    /// What happens to what the object owns; `None` leaves it to the server.
    pub propagation: Option<Propagation>,
}

/// What happens to what a deleted object owns (garbage collection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, what it owns afterwards.
    Background,
    /// What it owns goes first.
    Foreground,
    /// What it owns stays.
    Orphan,
}

/// What a delete did.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// There was nothing to delete: the object is absent, or its name belongs to another uid.
    AlreadyGone,
    /// The object is gone.
    Gone,
    /// Finalizers hold the object; this is its state.
    Pending(Box<Object>),
}

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Labels that the objects have: `app=web,tier in (a,b)`.
    pub label_selector: Option<String>,
    /// Fields that the objects have: `metadata.name=web`. Custom resources know `metadata.name` and
    /// `metadata.namespace`.
    pub field_selector: Option<String>,
    /// The most objects that are wanted.
    pub limit: Option<u32>,
}
