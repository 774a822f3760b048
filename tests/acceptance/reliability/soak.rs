//! A soak: random edits of the configuration and of the workloads themselves, under an API that is not always well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use acceptance::{Api, Cli, Fault, Output, Workspace};
use fastrand::Rng;
use http::Method;
use serde_json::{Value, json};

use super::kill::number;
use super::state;

/// How many workloads there may be.
const SLOTS: usize = 5;
/// How long it lasts, unless `DATUM_TEST_SOAK_SECONDS` says.
const SECONDS: u64 = 15;

/// What the API does to a request now and then; an apply outlasts each of them.
const TROUBLE: [&str; 8] = [
    r#"{"status": 429, "retryAfter": 1}"#,
    r#"{"status": 500}"#,
    r#"{"status": 503}"#,
    r#"{"html": 502}"#,
    r#"{"html": 504, "after": true}"#,
    r#"{"reset": true}"#,
    r#"{"reset": true, "after": true}"#,
    r#"{"truncate": 60}"#,
];

/// What the configuration says of one workload.
#[derive(Clone, Debug)]
struct Declared {
    image: u32,
    /// None: somebody else scales it.
    replicas: Option<u32>,
    labels: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl Declared {
    fn new(random: &mut Rng) -> Declared {
        Declared {
            image: random.u32(1..100),
            replicas: Some(1),
            labels: BTreeMap::new(),
            environment: BTreeMap::new(),
        }
    }

    fn hcl(&self, slot: usize) -> String {
        let replicas = self.replicas.map_or("null".to_owned(), |replicas| replicas.to_string());
        let labels: Vec<_> = self
            .labels
            .iter()
            .map(|(key, value)| format!("{key} = \"{value}\""))
            .collect();
        let environment: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| format!("{{ name = \"{name}\", value = \"{value}\" }}"))
            .collect();
        format!(
            r#"
resource "datum_workload" "w{slot}" {{
  metadata = {{ name = "w{slot}", namespace = "NAMESPACE", labels = {{ {} }} }}
  spec = {{
    replicas = {replicas}
    template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:{}", env = [{}] }}] }} }}
  }}
}}
"#,
            labels.join(", "),
            self.image,
            environment.join(", "),
        )
    }

    /// Whether the live object is as declared.
    #[track_caller]
    fn check(&self, live: &Value, context: &str) {
        let container = &live["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["image"], format!("nginx:{}", self.image), "{context}");
        if let Some(replicas) = self.replicas {
            assert_eq!(live["spec"]["replicas"], replicas, "{context}");
        }
        for (key, value) in &self.labels {
            assert_eq!(live["metadata"]["labels"][key], *value, "label {key}: {context}");
        }
        let environment = container["env"].as_array().cloned().unwrap_or_default();
        for (name, value) in &self.environment {
            let entry = json!({ "name": name, "value": value });
            assert!(environment.contains(&entry), "variable {name}: {context}");
        }
    }
}

/// A configuration and the workloads that it is about, both of which change.
struct Soak {
    workspace: Workspace,
    random: Rng,
    declared: BTreeMap<usize, Declared>,
    /// The labels that others have put on the workloads that are there.
    theirs: BTreeMap<usize, BTreeMap<String, String>>,
    told: Vec<String>,
}

impl Soak {
    fn new(cli: Cli, seed: u64) -> Soak {
        let mut random = Rng::with_seed(seed);
        let declared = BTreeMap::from([(0, Declared::new(&mut random))]);
        Soak {
            workspace: Workspace::new(cli, Api::own()),
            random,
            declared,
            theirs: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    fn api(&self) -> &'static Api {
        self.workspace.api()
    }

    /// A workload of the configuration.
    fn any(&mut self) -> usize {
        let slots: Vec<usize> = self.declared.keys().copied().collect();
        slots[self.random.usize(..slots.len())]
    }

    fn word(&mut self) -> String {
        ["a", "b", "c"][self.random.usize(..3)].to_owned()
    }

    /// Changes the configuration.
    fn edit_configuration(&mut self) {
        let slot = self.any();
        let (key, value) = (self.word(), self.word());
        let number = self.random.u32(1..100);
        let edit = self.random.u8(0..8);
        let declared = self.declared.get_mut(&slot).expect("it is one of them");
        let what = match edit {
            0 => {
                declared.image = number;
                "image"
            }
            1 => {
                declared.replicas = (number > 20).then_some(number % 4);
                "replicas"
            }
            2 => {
                declared.labels.insert(key, value);
                "a label"
            }
            3 => {
                declared.labels.remove(&key);
                "a label less"
            }
            4 => {
                declared.environment.insert(key, value);
                "a variable"
            }
            5 => {
                declared.environment.remove(&key);
                "a variable less"
            }
            6 if self.declared.len() > 1 => {
                self.declared.remove(&slot);
                self.theirs.remove(&slot);
                "a workload less"
            }
            _ => {
                let slot = self.random.usize(..SLOTS);
                let new = Declared::new(&mut self.random);
                self.declared.entry(slot).or_insert(new);
                "a workload"
            }
        };
        self.told.push(format!("configuration, w{slot}: {what}"));
    }

    /// Somebody else changes a workload that is there.
    fn edit_workload(&mut self) {
        let slot = self.any();
        let name = format!("w{slot}");
        let (api, namespace) = (self.api(), self.workspace.namespace().to_owned());
        if api.workload(&namespace, &name).is_none() {
            return;
        }
        let (key, value) = (format!("theirs-{}", self.word()), self.word());
        let what = match self.random.u8(0..5) {
            0 => {
                api.merge_as(
                    "kubectl-label",
                    &namespace,
                    &name,
                    json!({ "metadata": { "labels": { key.as_str(): value } } }),
                );
                self.theirs.entry(slot).or_default().insert(key, value);
                "kubectl label"
            }
            1 => {
                let set =
                    json!([{ "op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "theirs:1" }]);
                api.json_patch(&namespace, &name, set);
                "kubectl set image"
            }
            2 => {
                api.scale(&namespace, &name, 3);
                "kubectl scale"
            }
            3 => {
                let add = json!({ "spec": { "template": { "metadata": { "annotations": { "kubectl.kubernetes.io/restartedAt": value } } } } });
                api.edit(&namespace, &name, add);
                "a restart"
            }
            _ => {
                api.delete(&namespace, &name);
                self.theirs.remove(&slot);
                "kubectl delete"
            }
        };
        self.told.push(format!("w{slot}: {what}"));
    }

    fn trouble(&mut self) -> Option<Fault> {
        if self.random.bool() {
            return None;
        }
        let fault = TROUBLE[self.random.usize(..TROUBLE.len())];
        self.told.push(format!("the API: {fault}"));
        let fault: Value = serde_json::from_str(fault).expect("a fault is JSON");
        let path = format!("/namespaces/{}/workloads", self.workspace.namespace());
        Some(self.api().fault(json!({ "path": path, "fault": fault })))
    }

    /// A few edits, one apply, and a look at what has become of all of them.
    fn step(&mut self) {
        self.told.clear();
        for _ in 0..self.random.usize(1..4) {
            if self.random.bool() {
                self.edit_configuration();
            } else {
                self.edit_workload();
            }
        }
        let mut hcl = String::new();
        for (slot, declared) in &self.declared {
            write!(hcl, "{}", declared.hcl(*slot)).expect("a string takes what is written");
        }
        self.workspace.config(&hcl);
        let trouble = self.trouble();
        let applied = self.workspace.apply();
        let context = |output: &Output| format!("{:#?}\n{hcl}\n{output}", self.told);
        assert!(applied.success, "{}", context(&applied));
        drop(trouble);
        let plan = self.workspace.run(&["plan", "-no-color", "-detailed-exitcode"]);
        assert!(plan.success, "the plan should be empty: {}\n{plan}", context(&applied));
        self.check(&context(&applied));
    }

    /// Everything declared is there as it is declared, what others added is there still, and nothing else is.
    fn check(&self, context: &str) {
        let path = format!(
            "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads",
            self.workspace.namespace()
        );
        let list = self.api().send(Method::GET, &path, None).expect("workloads are listed");
        let items = list["items"].as_array().expect("items").iter();
        let live: BTreeMap<String, &Value> = items
            .map(|item| (item["metadata"]["name"].as_str().expect("a name").to_owned(), item))
            .collect();
        let names = |slots: &mut dyn Iterator<Item = &usize>| -> BTreeSet<String> {
            slots.map(|slot| format!("w{slot}")).collect()
        };
        assert_eq!(
            live.keys().cloned().collect::<BTreeSet<_>>(),
            names(&mut self.declared.keys()),
            "{context}"
        );
        let known = state::of(&self.workspace);
        for (slot, declared) in &self.declared {
            let object = live[&format!("w{slot}")];
            declared.check(object, context);
            for (key, value) in self.theirs.get(slot).into_iter().flatten() {
                assert_eq!(
                    object["metadata"]["labels"][key], *value,
                    "their label {key} of w{slot}: {context}"
                );
            }
            assert_eq!(
                object["metadata"]["uid"],
                known[&format!("datum_workload.w{slot}")].uid,
                "{context}"
            );
        }
        assert_eq!(known.len(), self.declared.len(), "{context}");
    }
}

#[test]
fn random_edits_always_end_in_what_is_declared() {
    let seconds = number("DATUM_TEST_SOAK_SECONDS");
    let seed = number("DATUM_TEST_SEED").unwrap_or_else(|| if seconds.is_some() { fastrand::u64(..) } else { 1 });
    let clis: Vec<Cli> = Cli::found()
        .into_iter()
        .take(if seconds.is_some() { usize::MAX } else { 1 })
        .collect();
    let share = Duration::from_secs(seconds.unwrap_or(SECONDS)) / u32::try_from(clis.len()).expect("a few");
    for cli in clis {
        let name = cli.name();
        eprintln!("soak under {name}: DATUM_TEST_SEED={seed}");
        let mut soak = Soak::new(cli, seed);
        let (begun, mut steps) = (Instant::now(), 0);
        while begun.elapsed() < share {
            soak.step();
            steps += 1;
        }
        eprintln!("{name}, seed {seed}: {steps} applies in {:?}", begun.elapsed());
        soak.workspace.destroy_what_is_left();
    }
}
