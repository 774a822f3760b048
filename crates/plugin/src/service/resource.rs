//! Managed resources.

mod apply;
mod generate;
mod identity;
mod import;
mod plan;
mod read;
mod registered;
mod stored;
mod validate;

pub(super) use apply::apply;
pub(super) use generate::generate;
pub(super) use import::import;
pub(super) use plan::plan;
pub(super) use read::read;
pub(super) use registered::{Resource, find};
pub(super) use stored::{move_state, upgrade, upgrade_identity};
pub(super) use validate::validate;
