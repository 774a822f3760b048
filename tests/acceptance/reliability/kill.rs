//! Kill rounds: SIGKILL at a random moment of an apply of many workloads, to the CLI or to its provider.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use std::{env, thread};

use acceptance::{Api, Cli, Output, Running, Signal, Workspace};
use fastrand::Rng;

use super::state::{self, Held};
use crate::interrupt::{provider_of, runs, signal};

/// How many workloads one apply is about.
const WORKLOADS: usize = 20;
/// How often it is killed, unless `DATUM_TEST_KILL_ROUNDS` says.
const ROUNDS: usize = 3;
/// How long an apply takes at most, as far as the moment of a kill goes.
const LONGEST: Duration = Duration::from_secs(30);

/// What a round is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Goal {
    Create,
    Update,
    Destroy,
}

/// Whom the signal goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Cli,
    Provider,
    /// The apply was over by then.
    Nobody,
}

/// What the rounds came to.
#[derive(Debug, Default)]
struct Tally {
    rounds: BTreeMap<(Goal, Victim), usize>,
    /// Workloads that were made and that no state knew, all of them named by the next apply.
    orphans: usize,
    /// Workloads of the state that the next apply replaced.
    tainted: usize,
    /// How often the CLI was killed when it had emptied its state file and not filled it yet, which loses the state: a CLI's own
    /// fault with a state on disk. All workloads are orphans then.
    emptied: usize,
}

fn config(revision: usize) -> String {
    format!(
        r#"
resource "datum_workload" "many" {{
  count    = {WORKLOADS}
  metadata = {{ name = "w-${{count.index}}", namespace = "NAMESPACE" }}
  spec     = {{ replicas = 2, template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:{revision}" }}] }} }} }}
}}
"#
    )
}

fn live(workspace: &Workspace) -> BTreeMap<String, String> {
    let name = |number| format!("w-{number}");
    let uid = |name: &str| {
        let live = workspace.api().workload(workspace.namespace(), name)?;
        Some(live["metadata"]["uid"].as_str().expect("a uid").to_owned())
    };
    (0..WORKLOADS)
        .map(name)
        .filter_map(|name| Some((name.clone(), uid(&name)?)))
        .collect()
}

fn known(workspace: &Workspace) -> BTreeMap<String, Held> {
    let name = |address: String| {
        let number = address
            .trim_start_matches("datum_workload.many[")
            .trim_end_matches(']')
            .to_owned();
        format!("w-{number}")
    };
    state::of(workspace)
        .into_iter()
        .map(|(address, held)| (name(address), held))
        .collect()
}

/// One workspace that is killed over and over, and goes on from where it is.
struct Rounds {
    workspace: Workspace,
    random: Rng,
    revision: usize,
    /// How long the last undisturbed one took.
    durations: BTreeMap<Goal, Duration>,
    tally: Tally,
}

impl Rounds {
    fn new(cli: Cli, seed: u64) -> Rounds {
        Rounds {
            workspace: Workspace::new(cli, Api::own()),
            random: Rng::with_seed(seed),
            revision: 1,
            durations: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    fn arguments(goal: Goal) -> [&'static str; 3] {
        match goal {
            Goal::Create | Goal::Update => ["apply", "-auto-approve", "-no-color"],
            Goal::Destroy => ["destroy", "-auto-approve", "-no-color"],
        }
    }

    /// Brings the workspace to where a goal begins, and learns how long what leads there takes.
    fn undisturbed(&mut self, goal: Goal) {
        let begun = Instant::now();
        self.workspace.config(&config(self.revision));
        self.workspace.run(&Self::arguments(goal)).succeeds();
        self.durations.insert(goal, begun.elapsed().min(LONGEST));
    }

    /// One round, which ends with nothing to do.
    fn round(&mut self) {
        let goal = match (live(&self.workspace).is_empty(), self.random.u8(0..3)) {
            (true, _) => Goal::Create,
            (false, 0) => Goal::Destroy,
            (false, _) => Goal::Update,
        };
        if goal == Goal::Update {
            self.revision += 1;
        }
        self.workspace.config(&config(self.revision));
        let longest = self.durations.get(&goal).copied().unwrap_or(Duration::from_secs(3));
        let moment = longest.mul_f64(self.random.f64());
        let wanted = if self.random.bool() {
            Victim::Cli
        } else {
            Victim::Provider
        };
        let context = format!("{goal:?}, {wanted:?} killed after {moment:?}");
        let (victim, killed) = self.kill(goal, wanted, moment);
        *self.tally.rounds.entry((goal, victim)).or_default() += 1;
        self.recover(goal, &format!("{context}\n{killed}"));
    }

    /// Starts the command, and kills one of its processes at that moment.
    fn kill(&self, goal: Goal, wanted: Victim, moment: Duration) -> (Victim, Output) {
        let running = Running::start(&mut self.workspace.command(&Self::arguments(goal)));
        thread::sleep(moment);
        let provider = provider_of(&running);
        let (victim, process) = match (wanted, provider) {
            (Victim::Provider, Some(provider)) => (Victim::Provider, provider),
            // The provider has not been started yet, or has ended: it is the CLI that is killed.
            _ => (Victim::Cli, running.id()),
        };
        let is_over = !runs(process);
        if !is_over {
            signal(process, Signal::KILL);
        }
        let output = running.ends();
        if let Some(provider) = provider {
            self.workspace.api().until("the provider has ended", || !runs(provider));
        }
        (if is_over { Victim::Nobody } else { victim }, output)
    }

    /// Applies until there is nothing to do. Whatever exists and is in no state must be named by the next apply.
    fn recover(&mut self, goal: Goal, context: &str) {
        let (there, known) = (live(&self.workspace), known(&self.workspace));
        self.tally.tainted += known.values().filter(|held| held.is_tainted).count();
        let orphans: BTreeSet<&String> = there.keys().filter(|name| !known.contains_key(*name)).collect();
        self.tally.orphans += orphans.len();
        let mut goal = goal;
        if state::is_emptied(&self.workspace) && !there.is_empty() {
            self.tally.emptied += 1;
            // Nobody can destroy what no state knows; an apply takes it over.
            if goal == Goal::Destroy {
                goal = Goal::Update;
            }
        }
        let begun = Instant::now();
        let next = self.workspace.run(&Self::arguments(goal));
        if orphans.is_empty() {
            assert!(next.success, "the next run converges: {context}\n{next}");
            self.durations
                .insert(goal, begun.elapsed().clamp(Duration::from_secs(1), LONGEST));
        } else if goal == Goal::Destroy {
            panic!("a destroy makes nothing: {orphans:?}: {context}\n{next}");
        } else {
            let prose = next.prose();
            let mut imports = String::new();
            for name in &orphans {
                let id = format!("{}/{name}", self.workspace.namespace());
                assert!(
                    prose.contains(&format!("id = \"{id}\"")),
                    "{name} is in no state, and nobody says so: {context}\n{next}"
                );
                let number = name.trim_start_matches("w-");
                writeln!(
                    imports,
                    "import {{\n  to = datum_workload.many[{number}]\n  id = \"{id}\"\n}}"
                )
                .expect("a string takes what is written");
            }
            self.workspace.config(&format!("{}{imports}", config(self.revision)));
            self.workspace.run(&Self::arguments(goal)).succeeds();
            self.workspace.config(&config(self.revision));
        }
        self.check(goal, context);
    }

    /// Nothing is left to do, and state and API agree.
    fn check(&self, goal: Goal, context: &str) {
        let (there, known) = (live(&self.workspace), known(&self.workspace));
        let known: BTreeMap<String, String> = known.into_iter().map(|(name, held)| (name, held.uid)).collect();
        assert_eq!(there, known, "{context}");
        let expected = if goal == Goal::Destroy { 0 } else { WORKLOADS };
        assert_eq!(there.len(), expected, "{context}");
        if goal != Goal::Destroy {
            let plan = self.workspace.run(&["plan", "-no-color", "-detailed-exitcode"]);
            assert!(plan.success, "the plan should be empty: {context}\n{plan}");
        }
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing() {
    let rounds = number("DATUM_TEST_KILL_ROUNDS");
    // A short run is the same each time; a long one is to find what nobody has seen.
    let seed = number("DATUM_TEST_SEED").unwrap_or_else(|| if rounds.is_some() { fastrand::u64(..) } else { 1 });
    let clis = Cli::found()
        .into_iter()
        .take(if rounds.is_some() { usize::MAX } else { 1 });
    for cli in clis {
        let name = cli.name();
        eprintln!("kill rounds under {name}: DATUM_TEST_SEED={seed}");
        let mut all = Rounds::new(cli, seed);
        all.undisturbed(Goal::Create);
        all.revision += 1;
        all.undisturbed(Goal::Update);
        all.undisturbed(Goal::Destroy);
        let begun = Instant::now();
        for _ in 0..rounds.map_or(ROUNDS, |rounds| usize::try_from(rounds).expect("a number of rounds")) {
            all.round();
        }
        eprintln!("{name}, seed {seed}, {:?}: {:#?}", begun.elapsed(), all.tally);
        all.workspace.destroy_what_is_left();
    }
}

/// A number in the environment.
pub(super) fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")),
    )
}
