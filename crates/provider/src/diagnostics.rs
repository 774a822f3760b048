//! What the user reads when something is wrong. The only place that words a diagnostic.
//!
//! A summary says what could not be done to which workload. The detail says why, then what to do next: a command, an
//! attribute, a block to paste. Diagnostics are built as literals: the constructors of tf-provider append a backtrace of
//! this program to the user's text when `RUST_BACKTRACE` is set.

mod adoption;
mod attribute;
mod conflict;
mod creation;
mod deletion;
mod dry_run;
mod ending;
mod existence;
mod listing;
mod manifest;
mod mode;
mod names;
mod operation;
mod problems;
mod provider;
mod refusal;
mod remedy;
mod rollout;
mod sharing;
#[cfg(test)]
mod tests;
mod text;
mod unmanaged;
mod workaround;
mod workload;

pub use self::attribute::{advice, identity, import_id, no_namespace, protected, renamed, timeout, validation};
pub use self::conflict::conflict;
pub use self::creation::{Taken, already_exists, still_there, taken};
pub use self::deletion::deletion;
pub use self::dry_run::{denied_transiently, unchecked};
pub use self::ending::End;
pub use self::existence::{being_deleted, elsewhere, namespace_missing, recreated, unreadable_state};
pub use self::listing::{Selector, cut, invalid_selector, unlisted};
pub use self::manifest::{unreadable_manifest, unwritable_manifest};
pub use self::mode::with_octal;
pub use self::names::{unknown_name, unknown_names};
pub use self::operation::Operation;
pub use self::problems::Problems;
pub use self::provider::{
    no_token, not_configured, settings, still_not_configured, token_expires, token_refused, unconfigured,
    unknown_configuration,
};
pub use self::refusal::{refused, refused_change};
pub use self::rollout::{Report, rollout};
pub use self::sharing::{kept_by_others, spoiled, stale, swept};
#[cfg(test)]
pub(crate) use self::text::shown;
pub use self::text::{hcl, seconds};
pub use self::unmanaged::{ambiguous_keys, left_out, unknown_to_schema, unsupported};
pub use self::workload::{not_moved, replicas_are_managed, rewritten, warning_of_api};
