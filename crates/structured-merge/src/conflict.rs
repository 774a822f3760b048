//! Fields that an apply sets and that another manager owns with another value.

use crate::managers::Manager;
use crate::path::Path;

/// What to do about fields that others own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// Refuse the apply.
    Refuse,
    /// Take the fields over (`force=true`).
    TakeOver,
}

/// A field that another manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who owns it. Its `Display` is in the words of the message: `"kubectl" using apps/v1`.
    pub manager: Manager,
    /// The field.
    pub path: Path,
}
