//! Each operation under each fault: what it comes to, that nothing is lost, and that nothing is done twice.
//!
//! One run of a CLI is one operation on many workloads, each in a namespace of its own and under a fault of its own. Then the
//! same is done without faults. Which faults an operation outlasts is the table of `docs/reliability.md`.

mod blow;
mod operation;

use std::collections::BTreeMap;
use std::env;

use acceptance::{Api, Cli, Fault, Output, Running, Workspace};
use serde_json::{Value, json};

use super::{report, state};
use blow::Blow;
use operation::Operation;

/// Set to `all`, the faults that take minutes strike as well, and every CLI is struck.
const EXTENT: &str = "DATUM_TEST_FAULTS";

fn is_full() -> bool {
    env::var(EXTENT).is_ok_and(|extent| extent == "all")
}

/// What an operation under a fault comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It does what it should, and the user hears nothing of the fault.
    Done,
    /// The same, with a warning.
    Warned,
    /// It fails and says why, and the next run puts it right.
    Said,
}

impl Outcome {
    fn sign(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Warned => "warns",
            Self::Said => "fails",
        }
    }
}

/// One workload and what strikes the operation on it.
struct Case {
    blow: &'static Blow,
    namespace: String,
    /// The name of the block in HCL.
    name: String,
}

impl Case {
    fn live(&self, api: &Api) -> Option<Value> {
        api.workload(&self.namespace, "web")
    }
}

/// Strikes an operation with every fault in question, and returns what each comes to.
fn strike(
    operation: Operation,
    cli: Cli,
    api: &'static Api,
    blows: &[&'static Blow],
) -> BTreeMap<&'static str, Outcome> {
    let workspace = Workspace::new(cli, api);
    let cases: Vec<Case> = blows
        .iter()
        .enumerate()
        .map(|(number, blow)| Case {
            blow,
            namespace: format!("{}-{number}", workspace.namespace()),
            name: format!("c{number}"),
        })
        .collect();
    for case in &cases {
        api.create_namespace(&case.namespace);
    }
    let run = |arguments: &[&str], faults: &mut [Option<Fault>]| -> Output {
        let mut all = arguments.to_vec();
        all.extend(["-no-color", "-parallelism=30"]);
        let running: Running = workspace.start(&all);
        running.ends_while(|| {
            for (case, fault) in cases.iter().zip(&mut *faults) {
                if case.blow.is_restart() && fault.as_ref().is_some_and(|fault| fault.strikes() > 0) {
                    fault.take().expect("it was just seen").ends_by_restart();
                }
                // Nothing goes on before the fault has struck, so that it has something to strike.
                if fault.as_ref().is_none_or(|fault| fault.strikes() > 0) {
                    control(api, &case.namespace);
                }
            }
        })
    };
    let none = || cases.iter().map(|_| None).collect::<Vec<_>>();

    operation.prepare(&workspace, &cases);
    if let Some(arguments) = operation.beginning() {
        workspace.config(&operation.hcl_before(&cases));
        run(arguments, &mut none()).succeeds();
    }
    operation.begin(&workspace, &cases);
    let before: Vec<_> = cases.iter().map(|case| case.live(api)).collect();

    workspace.config(&operation.hcl(&cases));
    let mut outcomes = Vec::new();
    let mut said = Vec::new();
    for together in cases.chunks(operation.share(cases.len())) {
        let targets: Vec<String> = together
            .iter()
            .map(|case| format!("-target={}", operation.address(case)))
            .collect();
        let mut arguments = operation.arguments().to_vec();
        if together.len() < cases.len() {
            arguments.extend(targets.iter().map(String::as_str));
        }
        let rule = |case: &Case| operation.rule(case).expect("only what can strike is asked for");
        let mut faults: Vec<_> = cases
            .iter()
            .map(|case| {
                let is_struck = together.iter().any(|struck| struck.name == case.name);
                is_struck.then(|| api.fault(rule(case)))
            })
            .collect();
        let struck = run(&arguments, &mut faults);
        outcomes.extend(self::outcomes(operation, together, &struck));
        drop(faults);
        said.extend(diagnostics(&struck));
    }
    let held = state::of(&workspace);
    for ((case, outcome), before) in cases.iter().zip(&outcomes).zip(&before) {
        let context = format!("{operation:?} under {}: {outcome:?}\n{said:#?}", case.blow.name());
        operation.check_struck(case, before.as_ref(), held.get(&operation.address(case)), api, &context);
    }

    let mended = run(operation.mending(), &mut none());
    let context = format!("{operation:?}, mended after {said:#?}");
    assert!(mended.success, "{context}\n{mended}");
    let planned = run(operation.planning(), &mut none());
    assert!(
        planned.success,
        "the plan should be empty: {context}\n{mended}\n{planned}"
    );
    let mended = state::of(&workspace);
    for ((case, outcome), before) in cases.iter().zip(&outcomes).zip(&before) {
        let context = format!("{operation:?} under {}: {outcome:?}\n{said:#?}", case.blow.name());
        let address = operation.address(case);
        operation.check_mended(
            case,
            *outcome,
            before.as_ref(),
            held.get(&address),
            mended.get(&address),
            api,
            &context,
        );
    }
    for case in &cases {
        api.delete_namespace(&case.namespace);
    }
    workspace.destroy_what_is_left();
    cases.iter().map(|case| case.blow.name()).zip(outcomes).collect()
}

/// What the controller of a workload does: it reports the rollout of the generation that is there, and lets go what is deleted.
fn control(api: &Api, namespace: &str) {
    let Ok(live) = api.read(namespace, "web") else { return };
    let generation = &live["metadata"]["generation"];
    if live["metadata"]["deletionTimestamp"].is_string() {
        let none = json!({ "metadata": { "finalizers": null } });
        // It may be gone by now, which is as good; and the server may be away, so that the next step does it.
        let _ = api.try_merge_as("controller", namespace, "web", none);
    } else if live["status"]["observedGeneration"] != *generation {
        let available = json!({ "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "",
                                "lastTransitionTime": "2026-01-01T00:00:00Z" });
        let status = json!({ "phase": "Running", "observedGeneration": generation, "replicas": 1, "readyReplicas": 1,
                             "availableReplicas": 1, "conditions": [available] });
        let _ = api.try_edit_status(namespace, "web", json!({ "status": status }));
    }
}

/// What a run said: the severity of a diagnostic, and all of its text.
fn diagnostics(output: &Output) -> Vec<(String, String)> {
    let lines = output.stdout.lines();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["type"] == "diagnostic")
        .map(|line| {
            let severity = line["diagnostic"]["severity"].as_str().unwrap_or_default();
            (severity.to_owned(), line["diagnostic"].to_string())
        })
        .collect()
}

/// What the run came to for each case, by the workloads that its diagnostics name.
#[track_caller]
fn outcomes(operation: Operation, cases: &[Case], output: &Output) -> Vec<Outcome> {
    let said = diagnostics(output);
    let of = |case: &Case| {
        let id = format!("{}/web", case.namespace);
        let has = |wanted: &str| {
            said.iter()
                .any(|(severity, text)| severity == wanted && text.contains(&id))
        };
        match (has("error"), has("warning")) {
            (true, _) => Outcome::Said,
            (false, true) => Outcome::Warned,
            (false, false) => Outcome::Done,
        }
    };
    let outcomes: Vec<_> = cases.iter().map(of).collect();
    assert_eq!(
        output.success,
        !outcomes.contains(&Outcome::Said),
        "{operation:?} fails with an error that names its workload: {said:#?}"
    );
    outcomes
}

/// Strikes an operation under the CLIs in question, and holds what it comes to against the table.
fn row(operation: Operation) {
    let is_full = is_full();
    let clis = Cli::found().into_iter().take(if is_full { usize::MAX } else { 1 });
    for cli in clis {
        let possible = Blow::ALL.iter().filter(|blow| operation.can_be_struck_by(blow));
        let asked = possible.filter(|blow| is_full || !blow.takes_long());
        let (restarts, others): (Vec<_>, Vec<_>) = asked.partition(|blow| blow.is_restart());
        let mut found = strike(operation, cli.clone(), Api::own(), &others);
        found.extend(strike(operation, cli, Api::own_on_disk(), &restarts));
        let cells = Blow::ALL.iter().filter_map(|blow| {
            let sign = match found.get(blow.name()) {
                Some(outcome) => outcome.sign(),
                None if operation.can_be_struck_by(blow) => return None,
                None => "-",
            };
            Some((blow.name(), sign))
        });
        report::check_column(operation.name(), cells);
    }
}

#[test]
fn a_create_is_outlasted_or_put_right() {
    row(Operation::Create);
}

#[test]
fn a_read_is_outlasted_or_put_right() {
    row(Operation::Read);
}

#[test]
fn an_update_is_outlasted_or_put_right() {
    row(Operation::Update);
}

#[test]
fn a_delete_is_outlasted_or_put_right() {
    row(Operation::Delete);
}

#[test]
fn a_wait_is_outlasted_or_put_right() {
    row(Operation::Wait);
}

#[test]
fn an_import_is_outlasted_or_put_right() {
    row(Operation::Import);
}

#[test]
fn a_data_source_is_outlasted_or_put_right() {
    row(Operation::DataSource);
}

#[test]
fn a_dry_run_is_outlasted_or_put_right() {
    row(Operation::DryRun);
}
