//! Writing: the body of an apply, and what to do about other owners.

use datum_client::{Applied, ApplyOptions, Client, Error, Object};
use datum_model::api;
use datum_model::id::WorkloadId;
use serde_json::{Value as Json, json};
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};

use super::{identity, ownership};
use crate::diagnostics::{self, Action};
use crate::provider::Session;
use crate::schema;
use crate::value;

/// Tells the user what the API wants known, once in a run.
pub(super) fn warn(session: &Session, diags: &mut Diagnostics, id: &WorkloadId, warnings: &[String]) {
    let new = warnings.iter().filter(|warning| session.is_news(id, warning));
    diags
        .warnings
        .extend(new.map(|warning| diagnostics::warning_of_api(id, warning)));
}

/// How often a write for one version of the object begins anew because the object changed under its hands.
pub(super) const ATTEMPTS: usize = 4;

/// Which fields of other managers are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// All of them.
    Everything,
    /// Those whose live value the plan showed ([`ownership::standing`]).
    WhatWasShown,
}

impl Force {
    /// What a workload says, else what the provider says.
    pub(super) fn of(session: &Session, planned: &Value) -> Force {
        let forced = planned.get("force_conflicts").and_then(Value::as_bool);
        if forced.unwrap_or(session.configuration().force_conflicts) {
            Force::Everything
        } else {
            Force::WhatWasShown
        }
    }
}

/// The body of an apply: what is managed, and nothing else.
pub(super) fn body(planned: &Value, manages_replicas: bool) -> Result<Json, Vec<Diagnostic>> {
    let mut written = planned.clone();
    if !manages_replicas && let Some(replicas) = written.get_mut("spec").and_then(|spec| spec.get_mut("replicas")) {
        *replicas = Value::Null;
    }
    let mut body = value::expand(&written, schema::workload()).map_err(|problems| {
        problems
            .into_iter()
            .map(|problem| diagnostics::validation(&problem.message, problem.path))
            .collect::<Vec<_>>()
    })?;
    body["apiVersion"] = api::API_VERSION.into();
    body["kind"] = api::KIND.into();
    Ok(body)
}

/// A change of a workload that exists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'c> {
    /// The client.
    pub(super) client: &'c Client,
    /// The workload.
    pub(super) id: &'c WorkloadId,
    /// The state that the plan began with.
    pub(super) prior: &'c Value,
    /// The planned state.
    pub(super) planned: &'c Value,
    /// Which fields of other managers are taken over.
    pub(super) force: Force,
    /// Whether `spec.replicas` is owned and no longer wanted.
    pub(super) releases_replicas: bool,
    /// Whether `spec.replicas` is wanted.
    pub(super) manages_replicas: bool,
}

impl Change<'_> {
    /// Makes the change, and returns the workload with the API's warnings.
    pub(super) async fn apply(&self) -> Result<(Object, Vec<String>), Vec<Diagnostic>> {
        let body = body(self.planned, self.manages_replicas)?;
        match self.carry_out(&body).await {
            Ok(applied) => Ok((applied.object, applied.warnings)),
            Err(error) => Err(self.refused(Action::Update, &error).await),
        }
    }

    async fn carry_out(&self, body: &Json) -> Result<Applied, Error> {
        if self.releases_replicas {
            self.release_replicas().await?;
        }
        if let Some(step) = self.before_emptying() {
            self.send(&step, false).await?;
        }
        self.send(body, false).await
    }

    /// What to say of a refusal, each problem at the attribute that the API means.
    pub(super) async fn refused(&self, action: Action, error: &Error) -> Vec<Diagnostic> {
        let live = if error.is_invalid() {
            self.client.get(self.id).await.ok()
        } else {
            None
        };
        let Some(live) = live else {
            return diagnostics::refused(action, self.id, error, self.planned);
        };
        let [applied, before] =
            [self.planned, self.prior].map(|value| value::expand_known(value, schema::workload()).json);
        let merge = value::Merge {
            live: Some(live.as_json()),
            applied: Some(&applied),
            before: Some(&before),
        };
        diagnostics::refused_merge(action, self.id, error, self.planned, merge)
    }

    /// The body to ask the API about: `body`, or the first of two steps.
    pub(super) async fn ask(&self, body: &Json) -> Result<Applied, Error> {
        let step = self.before_emptying();
        self.send(step.as_ref().unwrap_or(body), true).await
    }

    /// The body that goes ahead of one that empties something ([`value::without_emptied`]).
    fn before_emptying(&self) -> Option<Json> {
        let step = value::without_emptied(self.planned, self.prior, schema::workload())?;
        body(&step, self.manages_replicas).ok()
    }

    /// Sends a body, or asks what would come of it. Conflicts that are ours to settle are settled: the apply is forced
    /// against exactly the version whose owners were looked at.
    pub(super) async fn send(&self, body: &Json, dry_run: bool) -> Result<Applied, Error> {
        let uid = identity::uid(self.prior).map(str::to_owned);
        let options = ApplyOptions {
            dry_run,
            force: self.force == Force::Everything,
            uid,
            manager: None,
        };
        let mut attempts = 0;
        loop {
            let error = match self.client.apply(self.id, body, options.clone()).await {
                Err(error) if error.is_conflict() && !options.force => error,
                done => return done,
            };
            let live = self.client.get(self.id).await?;
            if !ownership::standing(error.conflicts(), &live, self.prior).is_empty() {
                return Err(error);
            }
            let mut body = body.clone();
            body["metadata"]["resourceVersion"] = live.resource_version().into();
            let forced = self
                .client
                .apply(
                    self.id,
                    &body,
                    ApplyOptions {
                        force: true,
                        ..options.clone()
                    },
                )
                .await;
            attempts += 1;
            let has_moved = matches!(&forced, Err(error) if error.is_modified());
            if !has_moved || attempts == ATTEMPTS {
                return forced;
            }
        }
    }

    /// Hands `spec.replicas` with its live value to another owner, so that leaving it out removes nothing.
    async fn release_replicas(&self) -> Result<(), Error> {
        let live = self.client.get(self.id).await?;
        let Some(replicas) = ownership::replicas(&live) else {
            return Ok(());
        };
        if !ownership::is_ours(&live, &ownership::replicas_field()) {
            return Ok(());
        }
        let body = json!({
            "apiVersion": api::API_VERSION,
            "kind": api::KIND,
            "metadata": { "resourceVersion": live.resource_version() },
            "spec": { "replicas": replicas },
        });
        let options = ApplyOptions {
            uid: live.uid().map(str::to_owned),
            manager: Some(ownership::RELEASED.to_owned()),
            force: true,
            dry_run: false,
        };
        self.client.apply(self.id, &body, options).await.map(drop)
    }
}
