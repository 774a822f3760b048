//! What a plan sends: the part of the planned state that the configuration says, and the change that this is. Pure.

use structured_merge::FieldSet;
use tf_plugin_server::value::Value;

use super::decision::Decision;
use super::extent::extent;
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
    match &decided.configured {
        Some(configured) => value::flatten_all(configured, schema::workload()),
        None => planned.clone(),
    }
}

/// A plan of a workload that exists: as it was just made, or as its apply knows it.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'p> {
    /// The state that the plan began with.
    pub prior: &'p Value,
    /// The planned state.
    pub state: &'p Value,
    /// The configuration, or [`decided_configuration`].
    pub config: &'p Value,
    /// The part of the planned state that is sent ([`configured`]).
    pub configured: &'p Value,
    /// Whether the configuration names the number of replicas.
    pub manages_replicas: bool,
}

impl Planned<'_> {
    /// What the plan changes of the workload of which `private` is kept.
    ///
    /// # Errors
    ///
    /// Every value that is unknown or that its type cannot hold, with its path.
    pub fn change(self, private: &PrivateState) -> Result<Change, Vec<PathError>> {
        let Planned { prior, config, .. } = self;
        let imported = private.imported.as_ref();
        let extent = imported.and_then(|imported| extent(imported, prior, config));
        let retained = extent.map(|extent| value::retained(prior, config, schema::workload(), extent));
        let mut before = prior.clone();
        let mut released = FieldSet::default();
        if !self.manages_replicas {
            // The state shows the number, whoever sets it.
            set(&mut before, &["spec", "replicas"], Value::Null);
            if private.owns_replicas == Some(true) {
                released.insert(&replicas::field());
            }
        }
        let values = Values {
            prior: &before,
            planned: self.state,
            configured: self.configured,
            retained: &retained.unwrap_or_default(),
        };
        Change::new(kind(), values, &private.observation, released)
    }
}

/// The part of a planned state that is sent: what `config` says, without the replicas where they are left to others.
pub fn configured(state: &Value, config: &Value, manages_replicas: bool) -> Value {
    let mut sent = value::configured(state, config, schema::workload());
    if !manages_replicas {
        set(&mut sent, &["spec", "replicas"], Value::Null);
    }
    sent
}

/// What is sent ahead of `sent` where that clears something that `prior` has filled ([`value::without_cleared`]).
pub fn before_clearing(prior: &Value, sent: &Value) -> Option<Value> {
    let before = configured(prior, prior, true);
    value::without_cleared(sent, &before, schema::workload())
}
