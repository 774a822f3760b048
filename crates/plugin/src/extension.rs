//! What the protocol has and tf-provider's traits do not.
//!
//! Each is a small trait that a provider's author implements where it is needed. Those of a resource are registered together,
//! with [`Builder::resource_with`](crate::Builder::resource_with); an [`Action`] and an [`EphemeralResource`] stand by
//! themselves.

mod action;
mod ephemeral;
mod identity;
mod list;
mod move_state;
mod notes;
mod state_upgrade;

pub use action::{Action, Progress};
pub use ephemeral::{EphemeralResource, Opened, Renewed};
pub use identity::{Identity, IdentityAttribute, IdentitySchema, ImportRole};
pub use list::{List, ListRequest, Listed, Results, ResultsClosed};
pub use move_state::{MoveRequest, MoveState, Moved};
pub use notes::SchemaNotes;
pub use state_upgrade::StateUpgrade;

/// The extensions of one resource; none to begin with.
#[derive(Default)]
pub struct Extensions {
    pub(crate) upgrade: Option<Box<dyn StateUpgrade>>,
    pub(crate) moves: Option<Box<dyn MoveState>>,
    pub(crate) identity: Option<Box<dyn Identity>>,
    pub(crate) list: Option<Box<dyn List>>,
    pub(crate) notes: SchemaNotes,
}

impl Extensions {
    /// No extensions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads state that was stored under earlier schema versions.
    #[must_use]
    pub fn state_upgrade(mut self, upgrade: impl StateUpgrade + 'static) -> Self {
        self.upgrade = Some(Box::new(upgrade));
        self
    }

    /// Takes over resources of other types, by a `moved` block.
    #[must_use]
    pub fn move_state(mut self, moves: impl MoveState + 'static) -> Self {
        self.moves = Some(Box::new(moves));
        self
    }

    /// Gives the resource an identity (Terraform 1.12).
    #[must_use]
    pub fn identity(mut self, identity: impl Identity + 'static) -> Self {
        self.identity = Some(Box::new(identity));
        self
    }

    /// Lists the resources that exist, managed or not (Terraform 1.14). Needs an identity.
    #[must_use]
    pub fn list(mut self, list: impl List + 'static) -> Self {
        self.list = Some(Box::new(list));
        self
    }

    /// Says what tf-provider's schema cannot.
    #[must_use]
    pub fn notes(mut self, notes: SchemaNotes) -> Self {
        self.notes = notes;
        self
    }
}
