//! Who owns which field of an object, and what a write does about it.
//!
//! Everything is decided on sets of field paths, the same that the API server keeps in `metadata.managedFields`, and the
//! server does the removing. Pure: it takes a kind, objects and values, and knows no network, no clock and no Workload.
//!
//! An object has three sorts of owners. *Ours* is the entry of the provider's own applies. Who *applies* declares: it would set
//! the field again, so the field is theirs. Who writes *by hand* (an Update: `kubectl create`, `edit`, `patch`, `scale`,
//! client-side apply) only happens to have been the last one.
//!
//! - What the configuration says ([`Change::declared`]) and others have set by hand becomes ours, and so does what it lets go
//!   ([`Change::let_go`]): one patch of `metadata.managedFields` moves exactly these fields to our entry ([`Change::moved`]).
//!   The apply after it then changes the one and removes the other, as if we had set them ourselves, and leaves all else.
//! - What another applies and the configuration says otherwise is a conflict, which the server finds.
//! - What another applies and the configuration lets go stays, and is told ([`Change::kept`]).

mod body;
mod change;
mod difference;
mod kind;
mod observation;
mod outcome;
mod owners;
mod part;
mod position;
mod stale;
mod transfer;

pub use self::body::body;
pub use self::change::{Change, Values};
pub use self::difference::differs;
pub use self::kind::Kind;
pub use self::observation::Observation;
pub use self::outcome::Applied;
pub use self::owners::{Owners, last_applied_at, managers_of, wrote_last};
pub use self::position::named;
pub use self::stale::ChangeError;
