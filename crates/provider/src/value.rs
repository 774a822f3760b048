//! Values of Terraform and objects of the API, converted by walking the tree of [`crate::schema`].
//!
//! [`expand`] goes from a configuration to the API's JSON and [`flatten`] from the API's JSON to state. Both are total
//! over the schema: there is no code for a single field. What a state shows follows three rules.
//!
//! - Null means not managed. An attribute that is null where the user could have set it stays null whatever the API
//!   holds, be it the server's default or another manager's doing.
//! - What the user wrote stays as written as long as it means the same ([`equal`]): `1000m` and `1`, `8080` and
//!   `"8080"`. Null, an empty map and an empty list are three different things.
//! - What is not equal is drift and is shown. Items of a list that the API merges by key are compared by key and
//!   come back in the user's order.
//!
//! All of it stands on one walk over two values side by side, `walk`. Everything here is pure: no API, no clock, no
//! configuration.

mod api_spelling;
pub mod attribute;
mod cleared;
mod completed;
mod configured;
mod cursor;
mod equal;
mod expand;
mod flatten;
mod free_form;
mod imported;
pub mod path;
mod planned;
mod refresh;
mod satisfaction;
mod scalar;
pub mod size;
mod union;
mod walk;

pub use self::api_spelling::respelled;
pub use self::cleared::without_cleared;
pub use self::completed::complete;
pub use self::configured::{configured, retained};
pub use self::equal::equal;
pub use self::expand::{Partial, expand, expand_known};
pub use self::flatten::{ambiguous_keys, empty, flatten, flatten_all, unsupported};
pub use self::imported::{Provenance, import};
pub use self::path::PathError;
pub use self::planned::planned;
pub use self::refresh::{Ownership, refresh};
pub use self::satisfaction::{Extent, is_satisfied};
pub use self::union::excluded_fields;
