//! What others set stays theirs, and an apply does exactly what its plan showed.
//!
//! Random edits by everybody who may write to a workload, against what the API server does with them
//! ([`structured_merge::apply`] and [`structured_merge::update`]), without a server. After every apply of the provider the laws
//! in [`laws`] hold, and the next plan is empty.
//!
//! More sequences: `PROPTEST_CASES=20000 cargo test --release -p terraform-provider-datum --test sharing`.

#[path = "sharing/actor.rs"]
mod actor;
#[path = "sharing/cluster.rs"]
mod cluster;
#[path = "sharing/edit.rs"]
mod edit;
#[path = "sharing/laws.rs"]
mod laws;
#[path = "sharing/regressions.rs"]
mod regressions;
#[path = "sharing/terraform.rs"]
mod terraform;

use datum_model::validation;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value as Json, json};
use structured_merge::{Conflicts, Operation};
use terraform_provider_datum::ownership::ChangeError;
use terraform_provider_datum::workload::plan::decision::Effort;

use crate::actor::{Deed, Others, applied_by_client};
use crate::cluster::{Cluster, described};
use crate::edit::{Edit, Reach};
use crate::terraform::{Ignored, Outcome, Terraform};

/// One step of a sequence.
#[derive(Clone, Debug)]
enum Step {
    /// The configuration is edited, planned and applied.
    Terraform(Turn),
    /// A copy of the state and the configuration, made when this is done for the first time, takes the place of the original.
    Swap,
    /// Others do something.
    Others(Deed),
    /// The state is lost, and the workload imported.
    Import(Import),
}

/// A plan and an apply.
#[derive(Clone, Debug, Default)]
struct Turn {
    edits: Vec<Edit>,
    /// What others do between the plan and the apply.
    meanwhile: Vec<Deed>,
    /// Whether the plan does without a look at the API (`-refresh=false`).
    is_blind: bool,
    /// Whether what others apply is taken over (`force_conflicts`).
    is_forced: bool,
    /// What is under `ignore_changes`.
    ignored: Option<Ignored>,
}

/// What is configured after an import.
#[derive(Clone, Copy, Debug)]
enum Import {
    /// What was configured before.
    Same,
    /// What the CLI generates.
    Generated,
}

/// Who makes the workload.
#[derive(Clone, Copy, Debug)]
enum Start {
    Terraform,
    KubectlCreate,
    KubectlApply,
    Argo,
}

fn any_start() -> impl Strategy<Value = Start> {
    prop_oneof![
        3 => Just(Start::Terraform),
        1 => Just(Start::KubectlCreate),
        1 => Just(Start::KubectlApply),
        1 => Just(Start::Argo),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let edits = prop::collection::vec(Edit::any(), 0..4);
    let meanwhile = prop_oneof![
        5 => Just(Vec::new()),
        1 => prop::collection::vec(Deed::any(), 1..2),
    ];
    let ignored = prop_oneof![
        8 => Just(None),
        1 => Ignored::any().prop_map(Some),
    ];
    let turn = (
        edits,
        meanwhile,
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
        ignored,
    );
    let turn = turn.prop_map(|(edits, meanwhile, is_blind, is_forced, ignored)| Turn {
        edits,
        meanwhile,
        is_blind,
        is_forced,
        ignored,
    });
    prop_oneof![
        8 => turn.prop_map(Step::Terraform),
        1 => Just(Step::Swap),
        6 => Deed::any().prop_map(Step::Others),
        1 => prop_oneof![Just(Import::Same), Just(Import::Generated)].prop_map(Step::Import),
    ]
}

/// The manifest that everything begins with.
fn base() -> Json {
    json!({
        "metadata": { "labels": { "a": "x" } },
        "spec": {
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "c0", "image": "image:0", "env": [{ "name": "A", "value": "1" }] }] },
            },
        },
    })
}

/// A sequence, with everything that was seen on the way.
struct Run {
    cluster: Cluster,
    others: Others,
    terraform: Terraform,
    /// The other working directory, once there is one.
    copy: Option<Terraform>,
    /// What the configuration said when it was applied last; none after an import.
    told: Option<Json>,
    log: Vec<String>,
}

impl Run {
    fn start(start: Start, edits: &[Edit]) -> Run {
        let config = configured(&base(), edits);
        let mut others = Others {
            client_side: json!({}),
            argo: json!({}),
        };
        let created = "everybody can create the workload";
        let cluster = match start {
            Start::Terraform => {
                let (terraform, cluster) = Terraform::create(config.clone());
                return Run {
                    cluster,
                    others,
                    terraform,
                    copy: None,
                    told: Some(config),
                    log: Vec::new(),
                };
            }
            Start::KubectlCreate => Cluster::create("kubectl-create", &without_nulls(&config)).expect(created),
            Start::KubectlApply => {
                others.client_side = without_nulls(&config);
                let object = applied_by_client(&others.client_side, &others.client_side);
                Cluster::create("kubectl-client-side-apply", &object).expect(created)
            }
            Start::Argo => {
                others.argo = without_nulls(&config);
                Cluster::create_applied("argocd", &others.argo).expect(created)
            }
        };
        Run {
            terraform: Terraform::import(config, &cluster),
            copy: None,
            cluster,
            others,
            told: None,
            log: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.log.push(format!("== {step:?}"));
        match step {
            Step::Others(deed) => self.others.act(deed, &mut self.cluster),
            Step::Import(import) => {
                let mut imported = Terraform::import(self.terraform.config.clone(), &self.cluster);
                let config = match import {
                    Import::Same => imported.config.clone(),
                    Import::Generated => imported.generated(),
                };
                // What others have made invalid is not for HCL to say.
                if is_valid(&config) {
                    imported.config = config;
                    self.terraform = imported;
                    self.told = None;
                }
            }
            Step::Terraform(turn) => {
                self.terraform.config = configured(&self.terraform.config, &turn.edits);
                self.apply(turn)?;
            }
            Step::Swap => {
                let copy = self.copy.take().unwrap_or_else(|| self.terraform.clone());
                self.copy = Some(std::mem::replace(&mut self.terraform, copy));
                self.told = None;
            }
        }
        self.log.push(described(self.cluster.live()));
        Ok(())
    }

    fn apply(&mut self, turn: &Turn) -> Result<(), String> {
        self.log.push(format!("configuration: {}", self.terraform.config));
        // Terraform reads what it imports in any case.
        let is_blind = turn.is_blind && !self.terraform.imports;
        if !is_blind {
            self.terraform.refresh(&self.cluster);
        }
        let planned = self.terraform.plan(turn.ignored);
        laws::of_plan(&planned)?;
        if !planned.plan.replace.is_empty() {
            return Err("the workload is to be replaced".to_owned());
        }
        let effort = planned.plan.effort;
        self.log.push(format!("effort: {effort:?}"));
        for deed in &turn.meanwhile {
            self.others.act(deed, &mut self.cluster);
        }
        let conflicts = if turn.is_forced {
            Conflicts::TakeOver
        } else {
            Conflicts::Refuse
        };
        let (outcome, before) = self.terraform.apply(&planned, conflicts, &mut self.cluster);
        let after = self.cluster.live().clone();
        let is_current = turn.meanwhile.is_empty() && !is_blind;
        match outcome {
            Outcome::Done => {
                let told = self.told.as_ref().filter(|_| turn.ignored.is_none());
                laws::of_apply(&planned, conflicts, &before, &after, told, is_current)?;
                if is_current {
                    laws::of_rest(&planned, &after)?;
                    self.is_settled(turn.ignored)?;
                }
                // After an import it is the first write that tells what is managed.
                if turn.ignored.is_some() {
                    self.told = None;
                } else if effort == Effort::Write || self.told.is_some() {
                    self.told = Some(self.terraform.config.clone());
                }
            }
            Outcome::Conflicts(conflicts) => {
                if let Some(conflict) = conflicts
                    .iter()
                    .find(|conflict| conflict.manager.operation == Operation::Update)
                {
                    return Err(format!("a conflict with what was set by hand: {conflict:?}"));
                }
                let paths: Vec<String> = conflicts.iter().map(|conflict| conflict.path.to_string()).collect();
                laws::of_conflict(&planned, &before, &after, &paths)?;
                self.told = None;
            }
            Outcome::Unmade(ChangeError::Conflicts(conflicts)) => {
                if self.cluster.live() != &before {
                    return Err("a conflict that was foreseen, and something was changed".to_owned());
                }
                let paths: Vec<String> = conflicts.iter().map(|conflict| conflict.path.to_string()).collect();
                laws::of_conflict(&planned, &before, &after, &paths)?;
                self.told = None;
            }
            Outcome::Unmade(ChangeError::Stale(paths)) if is_current => {
                return Err(format!("outdated, and nothing happened: {paths:?}"));
            }
            Outcome::Unmade(_) if self.cluster.live() != &before => {
                return Err("outdated, and something was changed".to_owned());
            }
            Outcome::Unmade(_) => self.told = None,
            Outcome::Refused(why) => return Err(format!("refused: {why}")),
        }
        Ok(())
    }

    /// The next plan is empty, with a look at the API and without.
    fn is_settled(&mut self, ignored: Option<Ignored>) -> Result<(), String> {
        for what in ["after the apply", "after a refresh", "after a second refresh"] {
            let next = self.terraform.plan(ignored);
            // What an import has found and the configuration leaves out is taken out of the state by the next read.
            let is_left_out = what == "after the apply" && self.terraform.leaves_out();
            if next.plan.effort != Effort::Nothing && !is_left_out {
                let json = |value| {
                    terraform_provider_datum::value::expand_known(value, terraform_provider_datum::schema::workload())
                        .json
                };
                return Err(format!(
                    "the next plan {what} is {:?}:\n  prior   {}\n  planned {}",
                    next.plan.effort,
                    json(&next.prior),
                    json(&next.plan.state)
                ));
            }
            self.terraform.refresh(&self.cluster);
        }
        Ok(())
    }
}

/// The configuration with those edits that leave it valid.
fn configured(config: &Json, edits: &[Edit]) -> Json {
    edits.iter().fold(config.clone(), |config, edit| {
        let mut edited = config.clone();
        edit.make(&mut edited, Reach::Hcl);
        if is_valid(&edited) { edited } else { config }
    })
}

fn is_valid(config: &Json) -> bool {
    let mut object = without_nulls(config);
    object["metadata"]["name"] = "web".into();
    validation::validate(&object).iter().all(|problem| !problem.is_error())
}

fn without_nulls(config: &Json) -> Json {
    let mut config = config.clone();
    prune_nulls(&mut config);
    config
}

fn prune_nulls(value: &mut Json) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(prune_nulls);
    }
}

fn check(start: Start, first: &[Edit], steps: &[Step]) -> Result<(), TestCaseError> {
    let mut run = Run::start(start, first);
    run.log.push(described(run.cluster.live()));
    let last = [Step::Terraform(Turn::default())];
    for step in steps.iter().chain(&last) {
        if let Err(why) = run.step(step) {
            run.log.push(described(run.cluster.live()));
            return Err(TestCaseError::fail(format!("{why}\n\n{}", run.log.join("\n"))));
        }
    }
    Ok(())
}

/// A few hundred sequences that are the same in every run, so that a change is judged by itself; other ones, and as many as it
/// says, where the environment sets `PROPTEST_CASES` (`make sharing`).
fn config() -> ProptestConfig {
    let default = ProptestConfig {
        max_shrink_iters: 4000,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return default;
    }
    ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(20_261_128),
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_apply_does_what_its_plan_showed_and_others_keep_what_is_theirs(
        start in any_start(),
        first in prop::collection::vec(Edit::any(), 0..5),
        steps in prop::collection::vec(any_step(), 1..9),
    ) {
        check(start, &first, &steps)?;
    }
}
