//! What a plan sends: the part of the planned state that the configuration says, and the change that this is. Pure.

use structured_merge::FieldSet;
use tf_plugin_server::value::Value;

use super::decision::Decision;
use super::imported::extent;
use super::replicas;
use crate::ownership::{Change, Values};
use crate::schema;
use crate::value::attribute::set;
use crate::value::{self, PathError};
use crate::workload::kind;
use crate::workload::private::PrivateState;

/// The configuration that a plan `decided` about, as its apply knows it: what the planned state has, or the part of it that is
/// said.
pub fn decided_configuration(planned: &Value, decided: &Decision) -> Value {
    match &decided.said {
        Some(said) => value::flatten_all(said, schema::workload()),
        None => planned.clone(),
    }
}

/// What a planned state changes of the workload that `prior` is the state of.
///
/// # Errors
///
/// Every value that is unknown or that its type cannot hold, with its path.
pub fn change(
    prior: &Value,
    planned: &Value,
    config: &Value,
    private: &PrivateState,
    manages_replicas: bool,
) -> Result<Change, Vec<PathError>> {
    let extent = private
        .imported
        .as_ref()
        .and_then(|imported| extent(imported, prior, config));
    let retained = extent.map(|extent| value::retained(prior, config, schema::workload(), extent));
    let mut before = prior.clone();
    let mut released = FieldSet::default();
    if !manages_replicas {
        // The state shows the number, whoever sets it.
        set(&mut before, &["spec", "replicas"], Value::Null);
        if private.owns_replicas == Some(true) {
            released.insert(&replicas::field());
        }
    }
    let values = Values {
        prior: &before,
        planned,
        wanted: &wanted(planned, config, manages_replicas),
        retained: &retained.unwrap_or_default(),
    };
    Change::new(kind(), values, &private.seen, released)
}

/// The part of a planned state that is sent: what `config` says, without the replicas where they are left to others.
pub fn wanted(state: &Value, config: &Value, manages_replicas: bool) -> Value {
    let mut wanted = value::configured(state, config, schema::workload());
    if !manages_replicas {
        set(&mut wanted, &["spec", "replicas"], Value::Null);
    }
    wanted
}

/// What is sent ahead of `wanted` where that clears something that `prior` has filled ([`value::without_cleared`]).
pub fn before_clearing(prior: &Value, wanted: &Value) -> Option<Value> {
    let before = self::wanted(prior, prior, true);
    value::without_cleared(wanted, &before, schema::workload())
}
