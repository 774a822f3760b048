//! Writing: the body of an apply, and what to do about other owners.

use datum_client::{Applied, ApplyOptions, Client, Error, Object};
use datum_model::api;
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use structured_merge::Conflicts;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};

use super::admission::Patience;
use super::plan::change;
use super::private::PrivateState;
use super::{identity, kind, patch, validity};
use crate::diagnostics::{self, Operation};
use crate::ownership::{self, Change, ChangeError, Owners};
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
const ATTEMPTS: usize = 4;

/// What becomes of fields that others apply with another value: what the workload says, else what the provider says.
pub(super) fn conflicts_of(session: &Session, planned: &Value) -> Conflicts {
    let forced = planned.get("force_conflicts").and_then(Value::as_bool);
    if forced.unwrap_or(session.configuration().force_conflicts) {
        Conflicts::TakeOver
    } else {
        Conflicts::Refuse
    }
}

/// The body of an apply: what `configured` holds, and nothing else.
pub(super) fn body(configured: &Value) -> Result<Json, Vec<Diagnostic>> {
    let mut body = value::expand(configured, schema::workload()).map_err(unsendable)?;
    body["apiVersion"] = api::API_VERSION.into();
    body["kind"] = api::KIND.into();
    Ok(body)
}

/// What to say of values that cannot be sent.
pub(super) fn unsendable(problems: Vec<value::PathError>) -> Vec<Diagnostic> {
    let problems = problems.into_iter();
    problems
        .map(|problem| diagnostics::validation(&problem.message, problem.path))
        .collect()
}

/// The write of a change of a workload that exists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write<'w> {
    /// The client.
    pub(super) client: &'w Client,
    /// The workload.
    pub(super) id: &'w WorkloadId,
    /// The state that the plan began with.
    pub(super) prior: &'w Value,
    /// The planned state.
    pub(super) planned: &'w Value,
    /// The part of it that is sent.
    pub(super) configured: &'w Value,
    /// What the state keeps.
    pub(super) private: &'w PrivateState,
    /// What is taken over from others.
    pub(super) conflicts: Conflicts,
    /// What changes.
    pub(super) change: &'w Change,
}

/// Why a change was not made.
#[derive(Debug)]
pub(super) enum Failure {
    /// The API did not take it.
    Api(Error),
    /// It cannot be made.
    Change(ChangeError),
    /// The name belongs to another object, of this uid.
    Recreated(String),
}

/// What the API would do about a change.
#[derive(Debug)]
pub(super) enum Answer {
    /// It would take it.
    Accepted(Applied),
    /// Others apply these fields with another value.
    Conflicts(Vec<ownership::Applied>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Api(error)
    }
}

impl Write<'_> {
    /// Makes the change, and returns the workload with the API's warnings.
    pub(super) async fn run(&self) -> Result<Applied, Vec<Diagnostic>> {
        let patience = Patience::new();
        let done = loop {
            match self.carry_out_keeping_unknown().await {
                Err(Failure::Api(error)) => {
                    if !patience.allows_another(&error).await {
                        break Err(Failure::Api(error));
                    }
                }
                done => break done,
            }
        };
        match done {
            Ok(applied) => Ok(applied),
            Err(Failure::Api(error)) => Err(self.refused(Operation::Update, &error).await),
            Err(Failure::Change(ChangeError::Stale(attributes))) => Err(vec![diagnostics::stale(self.id, &attributes)]),
            Err(Failure::Change(ChangeError::Conflicts(conflicts))) => {
                Err(self.conflicts(Operation::Update, &conflicts))
            }
            Err(Failure::Recreated(found)) => {
                let known = identity::uid(self.prior).unwrap_or_default();
                Err(vec![diagnostics::recreated(self.id, known, &found)])
            }
        }
    }

    /// What an earlier release of the provider saw may lack what this one has no attribute for.
    async fn carry_out_keeping_unknown(&self) -> Result<Applied, Failure> {
        if self.private.observation.is_of_this_release() {
            return self.carry_out().await;
        }
        let live = self.client.get(self.id).await?;
        match self.change.keeping_unknown(live.as_json()) {
            Some(change) => {
                let change = &change;
                Write { change, ..*self }.carry_out().await
            }
            None => self.carry_out().await,
        }
    }

    /// Usually one request. The version that the plan has looked at goes with it, since a conflict never arises within one
    /// field manager: another Terraform may have applied something meanwhile. Who only reports a status moves the version, too,
    /// and then a look tells whether anything else is new.
    async fn carry_out(&self) -> Result<Applied, Failure> {
        let observation = &self.private.observation;
        let mut version = observation.version.clone();
        // Without an entry of the lasting manager, one of an attempt to create may have been left over.
        let is_whole = self.private.applied_at.is_some() || self.private.imported.is_some();
        let mut looks = !is_whole || self.change.needs_look(observation);
        for attempt in 1.. {
            let is_last = attempt == ATTEMPTS;
            if looks {
                let live = self.client.get(self.id).await?;
                match self.take(&live).await {
                    Ok(now) => version = now,
                    Err(Failure::Api(error)) if error.is_modified() && !is_last => continue,
                    Err(failure) => return Err(failure),
                }
            }
            match self.send_all(version.clone()).await {
                Err(error) if !is_last && (error.is_modified() || is_by_hand(&error)) => looks = true,
                done => return Ok(done?),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Makes ours, in `live`, what the change is about and others have set by hand. Returns the version that the object then
    /// has.
    async fn take(&self, live: &Object) -> Result<Option<String>, Failure> {
        let version = live.resource_version().map(str::to_owned);
        let (known, found) = (identity::uid(self.prior), live.uid());
        if let Some((_, found)) = known.zip(found).filter(|(known, found)| known != found) {
            // Conflicts with those who own the other object say nothing about the one that is meant.
            return Err(Failure::Recreated(found.to_owned()));
        }
        let prepared = self
            .change
            .prepared(live.as_json(), self.prior, &self.private.observation, self.conflicts);
        let Some(managed_fields) = prepared.map_err(Failure::Change)? else {
            return Ok(version);
        };
        let patched = self.client.rewrite_managers(self.id, live, &managed_fields).await?;
        Ok(patched.resource_version().map(str::to_owned))
    }

    async fn send_all(&self, version: Option<String>) -> Result<Applied, Error> {
        let Some(step) = self.before_clearing() else {
            return self.send(&self.change.body, version.as_deref()).await;
        };
        let first = self.send(&step, version.as_deref()).await?;
        let ours = |object: &Object| Owners::of(object.as_json(), kind()).ours;
        let mut version = first.object.resource_version().map(str::to_owned);
        for attempt in 1.. {
            let done = self.send(&self.change.body, version.as_deref()).await;
            if attempt == ATTEMPTS || !matches!(&done, Err(error) if error.is_modified()) {
                return done;
            }
            // Between the two steps the workload is neither what the plan looked at nor what it becomes. As long as ours is what the
            // first step has made it, only others have written, such as a controller its status.
            let live = self.client.get(self.id).await?;
            if ours(&live) != ours(&first.object) {
                return done;
            }
            version = live.resource_version().map(str::to_owned);
        }
        unreachable!("the last attempt returns")
    }

    async fn send(&self, body: &Json, version: Option<&str>) -> Result<Applied, Error> {
        let mut body = body.clone();
        if let Some(version) = version {
            body["metadata"]["resourceVersion"] = version.into();
        }
        self.client.apply(self.id, &body, self.options()).await
    }

    fn options(&self) -> ApplyOptions {
        ApplyOptions {
            dry_run: false,
            force: self.conflicts == Conflicts::TakeOver,
            uid: identity::uid(self.prior).map(str::to_owned),
            manager: None,
        }
    }

    /// Asks what the API would say of the change, or of the first of two steps.
    ///
    /// Where others have set something by hand, the apply comes after a write of its own, which nobody can ask about. The API is
    /// then asked about the object that comes of both.
    pub(super) async fn dry_run(&self) -> Result<Answer, Error> {
        if self.change.moves(&self.private.observation) {
            return self.dry_run_of_all().await;
        }
        let step = self.before_clearing();
        let body = step.as_ref().unwrap_or(&self.change.body);
        match self.client.apply(self.id, body, dry_run(self.options())).await {
            Err(error) if is_by_hand(&error) => self.dry_run_of_all().await,
            done => done.map(Answer::Accepted),
        }
    }

    async fn dry_run_of_all(&self) -> Result<Answer, Error> {
        let live = self.client.get(self.id).await?;
        let live = live.as_json();
        if self.conflicts == Conflicts::Refuse {
            let conflicts = self.change.conflicts(live);
            if !conflicts.is_empty() {
                return Ok(Answer::Conflicts(conflicts));
            }
        }
        let mut patch = patch::difference(live, &self.change.applied_to(live));
        patch["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
        self.client.validate_merge(self.id, &patch).await.map(Answer::Accepted)
    }

    /// What to say of fields that others apply.
    pub(super) fn conflicts(&self, operation: Operation, conflicts: &[ownership::Applied]) -> Vec<Diagnostic> {
        let conflict = |found: &ownership::Applied| {
            let field = value::path::field(&found.path);
            diagnostics::conflict(operation, self.id, &field, &found.managers.join(", "), self.planned)
        };
        conflicts.iter().map(conflict).collect()
    }

    /// What to say of a refusal, each problem at the attribute that the API means.
    pub(super) async fn refused(&self, operation: Operation, error: &Error) -> Vec<Diagnostic> {
        let live = if error.is_invalid() {
            self.client.get(self.id).await.ok()
        } else {
            None
        };
        let after = live.map(|live| self.change.applied_to(live.as_json()));
        diagnostics::refused_change(operation, self.id, error, self.planned, after.as_ref())
    }

    /// What to tell of `answer`, the workload as the API has it after the change or would have it: what others keep of what
    /// was let go, and what others have put beside ours so that the whole is not valid.
    pub(super) fn warnings(&self, answer: &Json) -> Vec<Diagnostic> {
        let kept = self.change.kept(answer).into_iter().map(|kept| {
            let field = value::path::field(&kept.path);
            let attribute = value::path::to_attribute(&field, self.prior, schema::workload());
            diagnostics::kept_by_others(self.id, &field, attribute, &kept.managers)
        });
        kept.chain(validity::problems(self.id, self.change, answer, self.planned))
            .collect()
    }

    /// The body that goes ahead of one that clears something ([`value::without_cleared`]).
    fn before_clearing(&self) -> Option<Json> {
        let step = change::before_clearing(self.prior, self.configured)?;
        ownership::body(kind(), &step, self.prior, &self.private.observation).ok()
    }
}

/// The same apply, which the API is only asked about.
fn dry_run(options: ApplyOptions) -> ApplyOptions {
    ApplyOptions {
        dry_run: true,
        ..options
    }
}

/// Whether all that is in the way of an apply was set by hand.
fn is_by_hand(error: &Error) -> bool {
    error.is_conflict() && error.conflicts().iter().all(|conflict| conflict.is_by_hand)
}
