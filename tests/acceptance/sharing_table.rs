//! The table of the guide "Sharing a workload with others" (`docs/guides/sharing.md`): who has set a field, and what the
//! configuration then does.
//!
//! A test is a row of the table. Each of its cells is a workload of its own, so that all cells of a row go through one plan and
//! one apply, and end in one empty plan.

use std::fs;

use acceptance::{Api, Feature, Kubectl, Plan, Workspace, each_cli, this_test};
use serde_json::{Value, json};

/// The field manager of the provider.
const OURS: &str = "terraform-provider-datum";

/// Entries of a map, or variables of a container.
type Entries = &'static [(&'static str, &'static str)];

/// What a configuration or a manifest says of the workload of a cell. None where it leaves the attribute out.
#[derive(Clone, Copy)]
struct Says {
    labels: Option<Entries>,
    replicas: Option<u32>,
    image: Option<&'static str>,
    env: Option<Entries>,
    /// More arguments of the resource.
    more: &'static str,
}

/// What every configuration says first.
const ALL: Says = Says {
    labels: Some(&[("team", "web"), ("tier", "front")]),
    replicas: Some(2),
    image: Some("nginx:1.25"),
    env: Some(&[("A", "1"), ("B", "2")]),
    more: "",
};
const ANOTHER_VALUE: Says = Says {
    labels: Some(&[("team", "web"), ("tier", "back")]),
    env: Some(&[("A", "9"), ("B", "2")]),
    ..ALL
};
const WITHOUT_AN_ENTRY: Says = Says {
    labels: Some(&[("team", "web")]),
    env: Some(&[("B", "2")]),
    ..ALL
};
const WITHOUT_THE_ATTRIBUTE: Says = Says {
    labels: None,
    env: None,
    ..ALL
};
const REORDERED: Says = Says {
    env: Some(&[("B", "2"), ("A", "1")]),
    ..ALL
};
const RENAMED: Says = Says {
    labels: Some(&[("layer", "front"), ("team", "web")]),
    env: Some(&[("C", "1"), ("B", "2")]),
    ..ALL
};
const WITHOUT_REPLICAS: Says = Says { replicas: None, ..ALL };

/// What others set: another value of what the configuration says, and an entry beside it.
const THEIRS: Says = Says {
    labels: Some(&[("theirs", "1"), ("tier", "theirs")]),
    replicas: None,
    image: None,
    env: Some(&[("A", "theirs"), ("X", "x")]),
    more: "",
};
/// What others set who agree with the configuration, and an entry beside it.
const AGREED: Says = Says {
    labels: Some(&[("theirs", "1"), ("tier", "front")]),
    env: Some(&[("A", "1"), ("X", "x")]),
    ..THEIRS
};

impl Says {
    fn forced(self) -> Says {
        Says {
            more: "force_conflicts = true",
            ..self
        }
    }

    fn without_image(self) -> Says {
        Says { image: None, ..self }
    }

    fn hcl(self, name: &str) -> String {
        let entries = |entries: Entries| {
            let entries = entries.iter().map(|(key, value)| format!("{key} = {value:?}"));
            entries.collect::<Vec<_>>().join(", ")
        };
        let labels = self.labels.map(|labels| format!("labels = {{ {} }}", entries(labels)));
        let replicas = self.replicas.map(|replicas| format!("replicas = {replicas}"));
        let image = self.image.map(|image| format!("image = {image:?}"));
        let env = self.env.map(|env| {
            let env = env
                .iter()
                .map(|(name, value)| format!("{{ name = {name:?}, value = {value:?} }}"));
            format!("env = [{}]", env.collect::<Vec<_>>().join(", "))
        });
        let [labels, replicas, image, env] = [labels, replicas, image, env].map(Option::unwrap_or_default);
        format!(
            r#"
resource "datum_workload" "{name}" {{
  metadata = {{
    name      = "{name}"
    namespace = "NAMESPACE"
    {labels}
  }}
  spec = {{
    {replicas}
    template = {{ spec = {{ containers = [{{
      name = "app"
      {image}
      {env}
    }}] }} }}
  }}
  {more}
}}
"#,
            more = self.more
        )
    }

    fn manifest(self, name: &str) -> Value {
        let mut body = identity(name);
        let mut container = json!({ "name": "app" });
        if let Some(labels) = self.labels {
            body["metadata"]["labels"] = labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), json!(value)))
                .collect();
        }
        if let Some(replicas) = self.replicas {
            body["spec"]["replicas"] = json!(replicas);
        }
        if let Some(image) = self.image {
            container["image"] = json!(image);
        }
        if let Some(env) = self.env {
            let env = env.iter().map(|(name, value)| json!({ "name": name, "value": value }));
            container["env"] = env.collect();
        }
        body["spec"]["template"] = json!({ "spec": { "containers": [container] } });
        body
    }
}

/// The manifest that says which workload is meant and nothing else.
fn identity(name: &str) -> Value {
    json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": name },
    })
}

/// A cell of the table.
struct Cell {
    /// The name of its workload and resource.
    name: &'static str,
    /// What the configuration says, after others have set something.
    says: Says,
    /// What the plan shows, a line for each attribute that changes.
    plan: &'static [&'static str],
    /// What the plan and the apply tell about the workload, of which ID is the identifier. Nothing else is told.
    told: &'static [&'static str],
    /// What is live afterwards.
    live: &'static str,
}

/// A cell in which the plan is refused.
struct Refused {
    name: &'static str,
    says: Says,
    told: &'static [&'static str],
}

/// How the workloads of a row come about.
#[derive(Clone, Copy)]
enum Begin {
    /// The configuration makes them.
    Here,
    /// A user of kubectl makes them without a number of replicas, and the configuration takes them over and sets it.
    Imported(Kubectl),
}

/// Somebody else, at one workload.
struct Other<'o> {
    api: &'o Api,
    namespace: &'o str,
    name: &'o str,
}

impl Other<'_> {
    /// `kubectl label`.
    fn labels(&self, labels: &Value) {
        let patch = json!({ "metadata": { "labels": labels } });
        self.api.merge_as("kubectl-label", self.namespace, self.name, patch);
    }

    /// `kubectl patch --type=json`, of the variables of the container.
    fn patches_env(&self, operations: &[(&str, &str, Value)]) {
        let operations = operations.iter().map(|(operation, path, value)| {
            let path = format!("/spec/template/spec/containers/0/env{path}");
            json!({ "op": operation, "path": path, "value": value })
        });
        self.api.json_patch(self.namespace, self.name, operations.collect());
    }

    /// `kubectl apply --server-side --force-conflicts`, or a controller that does the same.
    fn applies(&self, manager: &str, what: Says) {
        let applied = self
            .api
            .apply_as(manager, self.namespace, self.name, what.manifest(self.name));
        applied.unwrap_or_else(|error| panic!("{manager} applies {}: {error}", self.name));
    }

    /// The same without force: whether it is taken.
    fn may_apply(&self, manager: &str, what: Says) -> Result<Value, String> {
        let applied = self
            .api
            .apply_unforced_as(manager, self.namespace, self.name, what.manifest(self.name));
        applied.map_err(|error| error.to_string())
    }

    fn live(&self) -> Value {
        self.api
            .workload(self.namespace, self.name)
            .expect("the workload exists")
    }
}

fn other<'o>(workspace: &'o Workspace, name: &'o str) -> Other<'o> {
    Other {
        api: workspace.api(),
        namespace: workspace.namespace(),
        name,
    }
}

/// The attributes of a workload that the table is about, each as a text: labels, replicas, image and variables. `workload` is
/// a state or an object of the API.
fn attributes(workload: &Value) -> [(&'static str, String); 4] {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let labels = workload["metadata"]["labels"].as_object().map(|labels| {
        let labels = labels.iter().map(|(key, value)| format!("{key}={}", text(value)));
        labels.collect::<Vec<_>>().join(" ")
    });
    let containers = workload["spec"]["template"]["spec"]["containers"].as_array();
    let app = containers
        .into_iter()
        .flatten()
        .find(|container| container["name"] == "app")
        .unwrap_or(&Value::Null);
    let env = app["env"].as_array().map(|env| {
        let variables = env.iter().map(|variable| {
            let value = &variable["value"];
            let source = [&variable["valueFrom"], &variable["value_from"]];
            match (value.is_null(), source.iter().all(|source| source.is_null())) {
                (false, true) => format!("{}={}", text(&variable["name"]), text(value)),
                (true, true) => format!("{}=-", text(&variable["name"])),
                (true, false) => format!("{}=source", text(&variable["name"])),
                (false, false) => format!("{}={}+source", text(&variable["name"]), text(value)),
            }
        });
        variables.collect::<Vec<_>>().join(" ")
    });
    let dash = || "-".to_owned();
    let replicas = workload["spec"]["replicas"]
        .as_u64()
        .map(|replicas| replicas.to_string());
    [
        ("labels", labels.unwrap_or_else(dash)),
        ("replicas", replicas.unwrap_or_else(dash)),
        ("image", app["image"].as_str().map_or_else(dash, str::to_owned)),
        ("env", env.unwrap_or_else(dash)),
    ]
}

/// All of them in a line.
fn in_a_line(workload: &Value) -> String {
    attributes(workload).map(|(_, text)| text).join("; ")
}

/// What a plan shows of a workload, a line for each attribute that changes.
#[track_caller]
fn shown(plan: &Plan, name: &str) -> Vec<String> {
    let address = format!("datum_workload.{name}");
    if plan.actions(&address).is_empty() {
        return Vec::new();
    }
    // What the table is not about must not change unseen.
    let known = [
        "metadata.labels",
        "spec.replicas",
        "spec.template.spec.containers[0].image",
        "spec.template.spec.containers[0].env",
        "spec.template.spec.hostname",
        "force_conflicts",
    ];
    for changed in plan.changed(&address) {
        let is_known = known.iter().any(|known| changed.starts_with(known));
        assert!(is_known, "{name} changes something else: {changed}");
    }
    let (before, after) = (attributes(plan.before(&address)), attributes(plan.after(&address)));
    let changes = before.into_iter().zip(after).filter(|(before, after)| before != after);
    changes
        .map(|((attribute, before), (_, after))| format!("{attribute}: {before} -> {after}"))
        .collect()
}

/// The warnings about a workload, each in a line.
fn told(prose: &str, namespace: &str, name: &str) -> Vec<String> {
    let about = format!("orkload {namespace}/{name}");
    let is_about = |text: &&str| {
        let found = text.find(&about);
        found
            .is_some_and(|at| !text[at + about.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '-'))
    };
    let messages = prose.split("Warning: ").skip(1).filter(is_about);
    messages.map(str::to_owned).collect()
}

/// Asserts that exactly these things are told about a workload.
#[track_caller]
fn check_told(prose: &str, workspace: &Workspace, name: &str, expected: &[&str]) {
    let told = told(prose, workspace.namespace(), name);
    let id = format!("{}/{name}", workspace.namespace());
    for expected in expected.iter().map(|text| text.replace("ID", &id)) {
        assert!(
            told.iter().any(|told| told.contains(&expected)),
            "{name} should be told of {expected:?}:\n{told:#?}\n{prose}"
        );
    }
    assert!(told.len() <= expected.len(), "{name} is told more: {told:#?}");
}

fn write(workspace: &Workspace, name: &str, says: Says) {
    workspace.write(&format!("{name}.tf"), &says.hcl(name));
}

/// Makes the workloads of a row, in the API and in the state.
fn begin(workspace: &Workspace, begin: Begin, names: &[&str]) {
    for name in names {
        write(workspace, name, ALL);
        if let Begin::Imported(how) = begin {
            workspace
                .api()
                .make(workspace.namespace(), WITHOUT_REPLICAS.manifest(name), how);
            let block = format!("import {{\n  to = datum_workload.{name}\n  id = \"NAMESPACE/{name}\"\n}}\n");
            workspace.write(&format!("import-{name}.tf"), &block);
        }
    }
    if let Begin::Imported(_) = begin {
        let plan = workspace.plan();
        for name in names {
            assert_eq!(shown(&plan, name), ["replicas: 1 -> 2"], "the import of {name}");
        }
    }
    workspace.applies();
    for name in names {
        // Where there is none, nothing was imported.
        let _ = fs::remove_file(workspace.path().join(format!("import-{name}.tf")));
        assert_eq!(
            in_a_line(&other(workspace, name).live()),
            in_a_line(&ALL.manifest(name)),
            "{name}"
        );
    }
}

/// Who owns what of a workload, without its status, which moves on.
fn owned(workload: &Value) -> Vec<&Value> {
    let managers = workload["metadata"]["managedFields"].as_array().into_iter().flatten();
    managers.filter(|manager| manager["subresource"] != "status").collect()
}

/// Checks a row of the table.
#[track_caller]
fn check(workspace: &Workspace, from: Begin, acts: impl Fn(&Other<'_>), cells: &[Cell], refused: &[Refused]) {
    let names = cells
        .iter()
        .map(|cell| cell.name)
        .chain(refused.iter().map(|cell| cell.name));
    let names: Vec<&str> = names.collect();
    begin(workspace, from, &names);
    for name in &names {
        acts(&other(workspace, name));
    }

    for cell in refused {
        let before = other(workspace, cell.name).live();
        write(workspace, cell.name, cell.says);
        let target = format!("-target=datum_workload.{}", cell.name);
        let output = workspace.run(&["apply", "-auto-approve", "-no-color", &target]).fails();
        for expected in cell.told {
            assert!(
                output.prose().contains(expected),
                "{} should say {expected:?}:\n{output}",
                cell.name
            );
        }
        let after = other(workspace, cell.name).live();
        assert_eq!(after["spec"], before["spec"], "{}: nothing was written", cell.name);
        assert_eq!(
            owned(&after),
            owned(&before),
            "{}: nobody owns anything else",
            cell.name
        );
        let address = format!("datum_workload.{}", cell.name);
        workspace.run(&["state", "rm", &address]).succeeds();
        fs::remove_file(workspace.path().join(format!("{}.tf", cell.name))).expect("it was written");
    }

    for cell in cells {
        write(workspace, cell.name, cell.says);
    }
    let plan = workspace.plan();
    for cell in cells {
        assert_eq!(shown(&plan, cell.name), cell.plan, "the plan of {}", cell.name);
        check_told(&plan.output().prose(), workspace, cell.name, cell.told);
    }
    let output = workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
    for cell in cells {
        assert_eq!(
            in_a_line(&other(workspace, cell.name).live()),
            cell.live,
            "{} afterwards",
            cell.name
        );
        check_told(&output.prose(), workspace, cell.name, cell.told);
    }
    workspace.plans_nothing();
}

/// A cell in which nothing is told.
const fn quiet(name: &'static str, says: Says, plan: &'static [&'static str], live: &'static str) -> Cell {
    Cell {
        name,
        says,
        plan,
        told: &[],
        live,
    }
}

/// What the edits of a configuration come to that is the only owner of what it says.
const OF_THE_ONLY_OWNER: [Cell; 7] = [
    quiet("same", ALL, &[], "team=web tier=front; 2; nginx:1.25; A=1 B=2"),
    quiet(
        "another-value",
        ANOTHER_VALUE,
        &[
            "labels: team=web tier=front -> team=web tier=back",
            "env: A=1 B=2 -> A=9 B=2",
        ],
        "team=web tier=back; 2; nginx:1.25; A=9 B=2",
    ),
    quiet(
        "drops-an-entry",
        WITHOUT_AN_ENTRY,
        &["labels: team=web tier=front -> team=web", "env: A=1 B=2 -> B=2"],
        "team=web; 2; nginx:1.25; B=2",
    ),
    quiet(
        "drops-the-attribute",
        WITHOUT_THE_ATTRIBUTE,
        &["labels: team=web tier=front -> -", "env: A=1 B=2 -> -"],
        "-; 2; nginx:1.25; -",
    ),
    quiet(
        "reorders",
        REORDERED,
        &["env: A=1 B=2 -> B=2 A=1"],
        "team=web tier=front; 2; nginx:1.25; B=2 A=1",
    ),
    quiet(
        "renames",
        RENAMED,
        &[
            "labels: team=web tier=front -> layer=front team=web",
            "env: A=1 B=2 -> C=1 B=2",
        ],
        "layer=front team=web; 2; nginx:1.25; C=1 B=2",
    ),
    quiet(
        "drops-replicas",
        WITHOUT_REPLICAS,
        &["replicas: 2 -> -"],
        "team=web tier=front; 2; nginx:1.25; A=1 B=2",
    ),
];

#[test]
fn what_the_configuration_alone_set() {
    let ignores_replicas = quiet(
        "ignores-replicas",
        Says {
            more: "lifecycle {\n    ignore_changes = [spec.replicas]\n  }",
            ..ANOTHER_VALUE
        },
        &[
            "labels: team=web tier=front -> team=web tier=back",
            "env: A=1 B=2 -> A=9 B=2",
        ],
        "team=web tier=back; 2; nginx:1.25; A=9 B=2",
    );
    let cells: Vec<Cell> = OF_THE_ONLY_OWNER.into_iter().chain([ignores_replicas]).collect();
    each_cli(|workspace| {
        check(workspace, Begin::Here, |_| (), &cells, &[]);
        // Nobody owns the number any more: an autoscaler that applies it takes it without force.
        let applied = other(workspace, "drops-replicas").may_apply("autoscaler", replicas(7));
        assert!(applied.is_ok(), "{applied:?}");
        // Where it is only ignored, it was ours in the beginning.
        let ignored = other(workspace, "ignores-replicas");
        let refused = ignored.may_apply("autoscaler", replicas(7));
        assert!(
            refused.as_ref().is_err_and(|refused| refused.contains(OURS)),
            "{refused:?}"
        );
        ignored.applies("autoscaler", replicas(7));
        workspace.plans_nothing();
        write(
            workspace,
            "ignores-replicas",
            Says {
                more: "lifecycle {\n    ignore_changes = [spec.replicas]\n  }",
                ..ALL
            },
        );
        workspace.applies();
        assert_eq!(ignored.live()["spec"]["replicas"], 7);
        let applied = ignored.may_apply("autoscaler", replicas(8));
        assert!(applied.is_ok(), "{applied:?}");
        workspace.plans_nothing();
    });
}

#[test]
fn what_kubectl_create_and_kubectl_apply_set_before_the_import() {
    for by in [Kubectl::Create, Kubectl::Apply] {
        each_cli(|workspace| check(workspace, Begin::Imported(by), |_| (), &OF_THE_ONLY_OWNER, &[]));
    }
}

#[test]
fn what_kubectl_apply_server_side_set_before_the_import() {
    let cells = [
        quiet("same", ALL, &[], "team=web tier=front; 2; nginx:1.25; A=1 B=2"),
        quiet(
            "forces-another-value",
            ANOTHER_VALUE.forced(),
            &[
                "labels: team=web tier=front -> team=web tier=back",
                "env: A=1 B=2 -> A=9 B=2",
            ],
            "team=web tier=back; 2; nginx:1.25; A=9 B=2",
        ),
        Cell {
            name: "drops-an-entry",
            says: WITHOUT_AN_ENTRY,
            plan: &["labels: team=web tier=front -> team=web", "env: A=1 B=2 -> B=2"],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since kubectl applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since kubectl applies it",
            ],
            live: "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        },
        Cell {
            name: "drops-the-attribute",
            says: WITHOUT_THE_ATTRIBUTE,
            plan: &["labels: team=web tier=front -> -", "env: A=1 B=2 -> -"],
            told: &[
                r#"metadata.labels["team"] of workload ID stays, since kubectl applies it"#,
                r#"metadata.labels["tier"] of workload ID stays, since kubectl applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since kubectl applies it",
                "spec.template.spec.containers[0].env[1] of workload ID stays, since kubectl applies it",
            ],
            live: "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        },
        quiet(
            "reorders",
            REORDERED,
            &["env: A=1 B=2 -> B=2 A=1"],
            "team=web tier=front; 2; nginx:1.25; B=2 A=1",
        ),
        Cell {
            name: "renames",
            says: RENAMED,
            plan: &[
                "labels: team=web tier=front -> layer=front team=web",
                "env: A=1 B=2 -> C=1 B=2",
            ],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since kubectl applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since kubectl applies it",
            ],
            live: "layer=front team=web tier=front; 2; nginx:1.25; A=1 C=1 B=2",
        },
        quiet(
            "drops-replicas",
            WITHOUT_REPLICAS,
            &["replicas: 2 -> -"],
            "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        ),
    ];
    let refused = [Refused {
        name: "another-value",
        says: ANOTHER_VALUE,
        told: &[
            "metadata.labels.tier belongs to \"kubectl\"",
            "env[name=\"A\"].value belongs to \"kubectl\"",
            "force_conflicts = true",
        ],
    }];
    each_cli(|workspace| {
        check(
            workspace,
            Begin::Imported(Kubectl::ApplyServerSide),
            |_| (),
            &cells,
            &refused,
        );
    });
}

#[test]
fn what_kubectl_edit_patch_and_label_changed() {
    let acts = |other: &Other<'_>| {
        other.labels(&json!({ "tier": "theirs", "theirs": "1" }));
        let variable = json!({ "name": "X", "value": "x" });
        other.patches_env(&[("replace", "/0/value", json!("theirs")), ("add", "/-", variable)]);
    };
    let cells = [
        quiet(
            "same",
            ALL,
            &[
                "labels: team=web tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 -> A=1 B=2",
            ],
            "team=web theirs=1 tier=front; 2; nginx:1.25; A=1 B=2 X=x",
        ),
        quiet(
            "another-value",
            ANOTHER_VALUE,
            &[
                "labels: team=web tier=theirs -> team=web tier=back",
                "env: A=theirs B=2 -> A=9 B=2",
            ],
            "team=web theirs=1 tier=back; 2; nginx:1.25; A=9 B=2 X=x",
        ),
        quiet(
            "drops-an-entry",
            WITHOUT_AN_ENTRY,
            &["labels: team=web tier=theirs -> team=web", "env: A=theirs B=2 -> B=2"],
            "team=web theirs=1; 2; nginx:1.25; B=2 X=x",
        ),
        quiet(
            "drops-the-attribute",
            WITHOUT_THE_ATTRIBUTE,
            &["labels: team=web tier=theirs -> -", "env: A=theirs B=2 -> -"],
            "theirs=1; 2; nginx:1.25; X=x",
        ),
        quiet(
            "reorders",
            REORDERED,
            &[
                "labels: team=web tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 -> B=2 A=1",
            ],
            "team=web theirs=1 tier=front; 2; nginx:1.25; B=2 X=x A=1",
        ),
        quiet(
            "renames",
            RENAMED,
            &[
                "labels: team=web tier=theirs -> layer=front team=web",
                "env: A=theirs B=2 -> C=1 B=2",
            ],
            "layer=front team=web theirs=1; 2; nginx:1.25; C=1 B=2 X=x",
        ),
        quiet(
            "takes-theirs",
            Says {
                labels: Some(&[("team", "web"), ("theirs", "ours"), ("tier", "theirs")]),
                env: Some(&[("A", "theirs"), ("B", "2"), ("X", "ours")]),
                ..ALL
            },
            &[
                "labels: team=web tier=theirs -> team=web theirs=ours tier=theirs",
                "env: A=theirs B=2 -> A=theirs B=2 X=ours",
            ],
            "team=web theirs=ours tier=theirs; 2; nginx:1.25; A=theirs B=2 X=ours",
        ),
    ];
    each_cli(|workspace| check(workspace, Begin::Here, acts, &cells, &[]));
}

#[test]
fn what_a_controller_applies_that_agrees() {
    let acts = |other: &Other<'_>| {
        other.may_apply("controller", AGREED).expect("there is no conflict");
    };
    let cells = [
        quiet(
            "same",
            ALL,
            &[],
            "team=web theirs=1 tier=front; 2; nginx:1.25; A=1 B=2 X=x",
        ),
        quiet(
            "forces-another-value",
            ANOTHER_VALUE.forced(),
            &[
                "labels: team=web tier=front -> team=web tier=back",
                "env: A=1 B=2 -> A=9 B=2",
            ],
            "team=web theirs=1 tier=back; 2; nginx:1.25; A=9 B=2 X=x",
        ),
        Cell {
            name: "drops-an-entry",
            says: WITHOUT_AN_ENTRY,
            plan: &["labels: team=web tier=front -> team=web", "env: A=1 B=2 -> B=2"],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since controller applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since controller applies it",
            ],
            live: "team=web theirs=1 tier=front; 2; nginx:1.25; A=1 B=2 X=x",
        },
        Cell {
            name: "drops-the-attribute",
            says: WITHOUT_THE_ATTRIBUTE,
            plan: &["labels: team=web tier=front -> -", "env: A=1 B=2 -> -"],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since controller applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since controller applies it",
            ],
            live: "theirs=1 tier=front; 2; nginx:1.25; A=1 X=x",
        },
        quiet(
            "reorders",
            REORDERED,
            &["env: A=1 B=2 -> B=2 A=1"],
            "team=web theirs=1 tier=front; 2; nginx:1.25; B=2 X=x A=1",
        ),
        Cell {
            name: "renames",
            says: RENAMED,
            plan: &[
                "labels: team=web tier=front -> layer=front team=web",
                "env: A=1 B=2 -> C=1 B=2",
            ],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since controller applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since controller applies it",
            ],
            live: "layer=front team=web theirs=1 tier=front; 2; nginx:1.25; A=1 C=1 B=2 X=x",
        },
    ];
    let refused = [Refused {
        name: "another-value",
        says: ANOTHER_VALUE,
        told: &[
            "metadata.labels.tier belongs to \"controller\"",
            "env[name=\"A\"].value belongs to \"controller\"",
            "force_conflicts = true",
        ],
    }];
    each_cli(|workspace| check(workspace, Begin::Here, acts, &cells, &refused));
}

#[test]
fn what_a_controller_applies_by_force() {
    let acts = |other: &Other<'_>| {
        other.may_apply("controller", THEIRS).expect_err("the values are ours");
        other.applies("controller", THEIRS);
    };
    let cells = [
        quiet(
            "forces-the-same",
            ALL.forced(),
            &[
                "labels: team=web tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 -> A=1 B=2",
            ],
            "team=web theirs=1 tier=front; 2; nginx:1.25; A=1 B=2 X=x",
        ),
        quiet(
            "takes-their-value",
            Says {
                labels: Some(&[("team", "web"), ("tier", "theirs")]),
                env: Some(&[("A", "theirs"), ("B", "2")]),
                ..ALL
            },
            &[],
            "team=web theirs=1 tier=theirs; 2; nginx:1.25; A=theirs B=2 X=x",
        ),
        Cell {
            name: "drops-an-entry",
            says: WITHOUT_AN_ENTRY,
            plan: &["labels: team=web tier=theirs -> team=web", "env: A=theirs B=2 -> B=2"],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since controller applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since controller applies it",
            ],
            live: "team=web theirs=1 tier=theirs; 2; nginx:1.25; A=theirs B=2 X=x",
        },
        Cell {
            name: "drops-the-attribute",
            says: WITHOUT_THE_ATTRIBUTE,
            plan: &["labels: team=web tier=theirs -> -", "env: A=theirs B=2 -> -"],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since controller applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since controller applies it",
            ],
            live: "theirs=1 tier=theirs; 2; nginx:1.25; A=theirs X=x",
        },
        Cell {
            name: "renames",
            says: RENAMED,
            plan: &[
                "labels: team=web tier=theirs -> layer=front team=web",
                "env: A=theirs B=2 -> C=1 B=2",
            ],
            told: &[
                r#"metadata.labels["tier"] of workload ID stays, since controller applies it"#,
                "spec.template.spec.containers[0].env[0] of workload ID stays, since controller applies it",
            ],
            live: "layer=front team=web theirs=1 tier=theirs; 2; nginx:1.25; A=theirs C=1 B=2 X=x",
        },
    ];
    let belongs: &[&str] = &[
        "metadata.labels.tier belongs to \"controller\"",
        "env[name=\"A\"].value belongs to \"controller\"",
        "force_conflicts = true",
    ];
    let refused = ["same", "another-value", "reorders"].map(|name| Refused {
        name,
        says: match name {
            "same" => ALL,
            "another-value" => ANOTHER_VALUE,
            _ => REORDERED,
        },
        told: belongs,
    });
    each_cli(|workspace| check(workspace, Begin::Here, acts, &cells, &refused));
}

#[test]
fn what_another_state_of_the_same_configuration_applied() {
    let acts = |other: &Other<'_>| {
        other.applies(
            OURS,
            Says {
                labels: Some(&[("team", "web"), ("theirs", "1"), ("tier", "theirs")]),
                env: Some(&[("A", "theirs"), ("B", "2"), ("X", "x")]),
                ..ALL
            },
        );
    };
    let cells = [
        quiet(
            "same",
            ALL,
            &[
                "labels: team=web theirs=1 tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 X=x -> A=1 B=2",
            ],
            "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        ),
        quiet(
            "another-value",
            ANOTHER_VALUE,
            &[
                "labels: team=web theirs=1 tier=theirs -> team=web tier=back",
                "env: A=theirs B=2 X=x -> A=9 B=2",
            ],
            "team=web tier=back; 2; nginx:1.25; A=9 B=2",
        ),
        quiet(
            "drops-an-entry",
            WITHOUT_AN_ENTRY,
            &[
                "labels: team=web theirs=1 tier=theirs -> team=web",
                "env: A=theirs B=2 X=x -> B=2",
            ],
            "team=web; 2; nginx:1.25; B=2",
        ),
        quiet(
            "drops-the-attribute",
            WITHOUT_THE_ATTRIBUTE,
            &[
                "labels: team=web theirs=1 tier=theirs -> -",
                "env: A=theirs B=2 X=x -> -",
            ],
            "-; 2; nginx:1.25; -",
        ),
        quiet(
            "reorders",
            REORDERED,
            &[
                "labels: team=web theirs=1 tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 X=x -> B=2 A=1",
            ],
            "team=web tier=front; 2; nginx:1.25; B=2 A=1",
        ),
        quiet(
            "renames",
            RENAMED,
            &[
                "labels: team=web theirs=1 tier=theirs -> layer=front team=web",
                "env: A=theirs B=2 X=x -> C=1 B=2",
            ],
            "layer=front team=web; 2; nginx:1.25; C=1 B=2",
        ),
    ];
    each_cli(|workspace| check(workspace, Begin::Here, acts, &cells, &[]));
}

#[test]
fn a_key_an_order_or_the_member_of_a_union_changed_by_hand() {
    // What is ours is put right, and what was made of it goes: it was never somebody's own.
    for (name, operations, plan) in [
        (
            "key",
            vec![("replace", "/0/name", json!("Z"))],
            "env: Z=1 B=2 -> A=1 B=2",
        ),
        (
            "order",
            vec![
                ("add", "/-", json!({ "name": "A", "value": "1" })),
                ("remove", "/0", Value::Null),
            ],
            "env: B=2 A=1 -> A=1 B=2",
        ),
        (
            "member",
            vec![
                ("remove", "/0/value", Value::Null),
                (
                    "add",
                    "/0/valueFrom",
                    json!({ "fieldRef": { "fieldPath": "metadata.name" } }),
                ),
            ],
            "env: A=source B=2 -> A=1 B=2",
        ),
        ("lost", vec![("remove", "/0", Value::Null)], "env: ?=- B=2 -> A=1 B=2"),
    ] {
        each_cli(|workspace| {
            begin(workspace, Begin::Here, &[name]);
            other(workspace, name).patches_env(&operations);
            assert_eq!(shown(&workspace.plan(), name), [plan], "{name}");
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
            assert_eq!(
                in_a_line(&other(workspace, name).live()),
                in_a_line(&ALL.manifest(name)),
                "{name}"
            );
            workspace.plans_nothing();
        });
    }
}

#[test]
fn the_replicas_that_kubectl_scale_or_an_autoscaler_set() {
    let acts = |other: &Other<'_>| other.api.scale(other.namespace, other.name, 5);
    let cells = [
        quiet(
            "same",
            ALL,
            &["replicas: 5 -> 2"],
            "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        ),
        quiet(
            "another-value",
            Says {
                replicas: Some(3),
                ..ALL
            },
            &["replicas: 5 -> 3"],
            "team=web tier=front; 3; nginx:1.25; A=1 B=2",
        ),
        quiet(
            "their-value",
            Says {
                replicas: Some(5),
                ..ALL
            },
            &[],
            "team=web tier=front; 5; nginx:1.25; A=1 B=2",
        ),
        quiet(
            "drops-replicas",
            WITHOUT_REPLICAS,
            &[],
            "team=web tier=front; 5; nginx:1.25; A=1 B=2",
        ),
        quiet(
            "drops-replicas-and-an-entry",
            Says {
                replicas: None,
                ..WITHOUT_AN_ENTRY
            },
            &["labels: team=web tier=front -> team=web", "env: A=1 B=2 -> B=2"],
            "team=web; 5; nginx:1.25; B=2",
        ),
        quiet(
            "ignores-replicas",
            Says {
                more: "lifecycle {\n    ignore_changes = [spec.replicas]\n  }",
                ..WITHOUT_AN_ENTRY
            },
            &["labels: team=web tier=front -> team=web", "env: A=1 B=2 -> B=2"],
            "team=web; 5; nginx:1.25; B=2",
        ),
        quiet(
            "ignores-the-spec",
            Says {
                more: "lifecycle {\n    ignore_changes = [spec]\n  }",
                ..WITHOUT_AN_ENTRY
            },
            &["labels: team=web tier=front -> team=web"],
            "team=web; 5; nginx:1.25; A=1 B=2",
        ),
    ];
    each_cli(|workspace| {
        check(workspace, Begin::Here, acts, &cells, &[]);
        for cell in &cells[3..] {
            // The number is the scaler's, and not ours.
            let refused = other(workspace, cell.name).may_apply("autoscaler", replicas(7));
            let refused = refused.expect_err("the scaler owns it");
            assert!(refused.contains("subresource \"scale\""), "{}: {refused}", cell.name);
            assert!(!refused.contains(OURS), "{}: {refused}", cell.name);
        }
        workspace.plans_nothing();
    });
}

/// What an autoscaler applies: the number of replicas, and nothing else.
fn replicas(replicas: u32) -> Says {
    Says {
        replicas: Some(replicas),
        ..WITHOUT_THE_ATTRIBUTE.without_image()
    }
}

const IMAGE_IGNORED: &str = "lifecycle {\n    ignore_changes = [spec.template.spec.containers[0].image]\n  }";

/// What a CI applies: the image, and nothing else.
fn image(image: &'static str) -> Says {
    Says {
        replicas: None,
        image: Some(image),
        ..WITHOUT_THE_ATTRIBUTE
    }
}

#[test]
fn the_image_that_a_ci_sets() {
    let acts = |other: &Other<'_>| other.applies("ci", image("nginx:1.26"));
    let ignored = |says: Says| Says {
        more: IMAGE_IGNORED,
        ..says
    };
    let cells = [
        quiet("same", ignored(ALL), &[], "team=web tier=front; 2; nginx:1.26; A=1 B=2"),
        quiet(
            "another-value",
            ignored(ANOTHER_VALUE),
            &[
                "labels: team=web tier=front -> team=web tier=back",
                "env: A=1 B=2 -> A=9 B=2",
            ],
            "team=web tier=back; 2; nginx:1.26; A=9 B=2",
        ),
        quiet(
            "drops-an-entry",
            ignored(WITHOUT_AN_ENTRY),
            &["labels: team=web tier=front -> team=web", "env: A=1 B=2 -> B=2"],
            "team=web; 2; nginx:1.26; B=2",
        ),
        Cell {
            name: "drops-the-image",
            says: Says { image: None, ..ALL },
            plan: &["image: nginx:1.26 -> -"],
            told: &["spec.template.spec.containers[0].image of workload ID stays, since ci applies it"],
            live: "team=web tier=front; 2; nginx:1.26; A=1 B=2",
        },
        quiet(
            "forces-its-own",
            ALL.forced(),
            &["image: nginx:1.26 -> nginx:1.25"],
            "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        ),
    ];
    let refused = [Refused {
        name: "not-ignored",
        says: ALL,
        told: &[
            "containers[name=\"app\"].image belongs to \"ci\"",
            "force_conflicts = true",
        ],
    }];
    each_cli(|workspace| {
        check(workspace, Begin::Here, acts, &cells, &refused);
        // The next image. Once Terraform has sent the ignored one along, the CI has to force it.
        for (name, is_taken) in [
            ("same", true),
            ("another-value", false),
            ("drops-an-entry", false),
            ("drops-the-image", true),
        ] {
            let ci = other(workspace, name);
            match ci.may_apply("ci", image("nginx:1.27")) {
                Ok(_) => assert!(is_taken, "{name}"),
                Err(refused) => assert!(!is_taken && refused.contains(OURS), "{name}: {refused}"),
            }
            ci.applies("ci", image("nginx:1.27"));
        }
        workspace.plans_nothing();
    });
}

/// What Argo CD has in its repository: less than the configuration had, another image, and its own mark.
fn from_git(name: &str) -> Value {
    let mut manifest = Says {
        image: Some("nginx:1.26"),
        replicas: None,
        ..WITHOUT_AN_ENTRY
    }
    .manifest(name);
    manifest["metadata"]["annotations"] = json!({ "argocd.argoproj.io/tracking-id": "app:compute/web" });
    manifest
}

#[test]
fn a_workload_is_handed_over_to_gitops_and_taken_back() {
    each_cli(|workspace| {
        begin(workspace, Begin::Here, &["web"]);
        let (api, namespace) = (workspace.api(), workspace.namespace());
        let web = other(workspace, "web");
        fs::remove_file(workspace.path().join("web.tf")).expect("it was written");
        if workspace.cli().has(&Feature::REMOVED, &this_test()) {
            let removed = "removed {\n  from = datum_workload.web\n  lifecycle {\n    destroy = false\n  }\n}\n";
            workspace.write("removed.tf", removed).applies();
            fs::remove_file(workspace.path().join("removed.tf")).expect("it was written");
        } else {
            workspace.run(&["state", "rm", "datum_workload.web"]).succeeds();
        }

        // The other tool applies what it has, then ours is given up with one command.
        api.apply_unforced_as("argocd-controller", namespace, "web", from_git("web"))
            .expect_err("the image is ours");
        api.apply_as("argocd-controller", namespace, "web", from_git("web"))
            .expect("it takes the image");
        assert_eq!(in_a_line(&web.live()), "team=web tier=front; 2; nginx:1.26; A=1 B=2");
        api.apply_unforced_as(OURS, namespace, "web", identity("web"))
            .expect("ours is given up");
        let live = web.live();
        assert_eq!(
            in_a_line(&live),
            "team=web; 1; nginx:1.26; B=2",
            "what only we had goes, and the default of the API comes"
        );
        assert!(
            !live["metadata"]["managedFields"].to_string().contains(OURS),
            "{live:#}"
        );

        // Back: an import of what the tool has shows nothing.
        let says = Says {
            image: Some("nginx:1.26"),
            replicas: None,
            ..WITHOUT_AN_ENTRY
        };
        write(workspace, "web", says);
        workspace.write(
            "import.tf",
            "import {\n  to = datum_workload.web\n  id = \"NAMESPACE/web\"\n}\n",
        );
        assert_eq!(shown(&workspace.plan(), "web"), [""; 0]);
        workspace.applies();
        let says = Says {
            replicas: Some(2),
            ..says
        };
        write(workspace, "web", says);
        workspace.applies();
        // As long as the tool applies, what is dropped stays.
        write(workspace, "web", Says { env: None, ..says });
        let plan = workspace.plan();
        assert_eq!(shown(&plan, "web"), ["env: B=2 -> -"]);
        check_told(
            &plan.output().prose(),
            workspace,
            "web",
            &["spec.template.spec.containers[0].env[0] of workload ID stays, since argocd-controller applies it"],
        );
        workspace.applies();
        assert_eq!(in_a_line(&web.live()), "team=web; 2; nginx:1.26; B=2");
        // The tool gives it up in the same way.
        write(workspace, "web", says);
        workspace.applies();
        api.apply_unforced_as("argocd-controller", namespace, "web", identity("web"))
            .expect("it is given up");
        assert_eq!(in_a_line(&web.live()), "team=web; 2; nginx:1.26; B=2");
        workspace.plans_nothing();
    });
}

#[test]
fn what_the_configuration_of_an_import_leaves_out() {
    /// What the configuration says, what the plan of the import shows and does, and what the plan of the first change shows.
    struct Import {
        name: &'static str,
        says: Says,
        plan: &'static [&'static str],
        action: &'static str,
        next: &'static [&'static str],
        told: &'static [&'static str],
    }
    const LEAVES_OUT: &[&str] = &["The configuration leaves out a part of the imported workload ID"];
    let cells = [
        Import {
            name: "says-all",
            says: ALL,
            plan: &[],
            action: "no-op",
            next: &[],
            told: &[],
        },
        // An update that has no effect notes which entries are named.
        Import {
            name: "names-some-entries",
            says: WITHOUT_AN_ENTRY,
            plan: &[],
            action: "update",
            next: &[],
            told: &[],
        },
        Import {
            name: "leaves-out-attributes",
            says: WITHOUT_THE_ATTRIBUTE,
            plan: &[],
            action: "no-op",
            next: &["labels: team=web tier=front -> -"],
            told: LEAVES_OUT,
        },
        Import {
            name: "leaves-out-replicas",
            says: WITHOUT_REPLICAS,
            plan: &[],
            action: "no-op",
            next: &[],
            told: &[],
        },
        Import {
            name: "reorders",
            says: REORDERED,
            plan: &["env: A=1 B=2 -> B=2 A=1"],
            action: "update",
            next: &[],
            told: &[],
        },
    ];
    let live = |workspace: &Workspace, cell: &Import| {
        let expected = if cell.name == "reorders" { REORDERED } else { ALL };
        let live = in_a_line(&other(workspace, cell.name).live());
        assert_eq!(live, in_a_line(&expected.manifest(cell.name)), "{}", cell.name);
    };
    for how in Kubectl::ALL {
        each_cli(|workspace| {
            for Import { name, says, .. } in &cells {
                workspace.api().make(workspace.namespace(), ALL.manifest(name), how);
                let block = format!("import {{\n  to = datum_workload.{name}\n  id = \"NAMESPACE/{name}\"\n}}\n");
                workspace.write(&format!("{name}.tf"), &format!("{block}{}", says.hcl(name)));
            }
            let plan = workspace.plan();
            for cell in &cells {
                let address = format!("datum_workload.{}", cell.name);
                assert_eq!(plan.actions(&address), [cell.action], "{how:?} {}", cell.name);
                assert_eq!(shown(&plan, cell.name), cell.plan, "{how:?} {}", cell.name);
                check_told(&plan.output().prose(), workspace, cell.name, &[]);
            }
            let output = workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
            for cell in &cells {
                live(workspace, cell);
                check_told(&output.prose(), workspace, cell.name, &[]);
            }
            workspace.plans_nothing();

            // The first change, of something else.
            for Import { name, says, .. } in &cells {
                let changed = says
                    .hcl(name)
                    .replace("spec = { containers", "spec = { hostname = \"web\", containers");
                workspace.write(&format!("{name}.tf"), &changed);
            }
            let plan = workspace.plan();
            for cell in &cells {
                assert_eq!(shown(&plan, cell.name), cell.next, "{how:?} {}", cell.name);
                check_told(&plan.output().prose(), workspace, cell.name, cell.told);
            }
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
            for cell in &cells {
                live(workspace, cell);
            }
            workspace.plans_nothing();
        });
    }
}

#[test]
fn what_is_dropped_between_an_import_and_the_first_change() {
    each_cli(|workspace| {
        let attribute = Says { labels: None, ..ALL };
        let entry = Says {
            labels: Some(&[("team", "web")]),
            ..ALL
        };
        for name in ["attribute", "entry"] {
            workspace
                .api()
                .make(workspace.namespace(), ALL.manifest(name), Kubectl::Create);
            write(workspace, name, ALL);
            let id = format!("{}/{name}", workspace.namespace());
            let address = format!("datum_workload.{name}");
            workspace.run(&["import", "-no-color", &address, &id]).succeeds();
        }
        workspace.plans_nothing();
        // An attribute that is not in the configuration cannot be told from one that never was.
        write(workspace, "attribute", attribute);
        write(workspace, "entry", entry);
        let plan = workspace.plan();
        assert_eq!(shown(&plan, "attribute"), [""; 0]);
        assert_eq!(shown(&plan, "entry"), ["labels: team=web tier=front -> team=web"]);
        workspace.applies();
        let labels = |name: &str| other(workspace, name).live()["metadata"]["labels"].clone();
        assert_eq!(labels("attribute"), json!({ "team": "web", "tier": "front" }));
        assert_eq!(labels("entry"), json!({ "team": "web" }));
    });
}

#[test]
fn an_item_that_is_dropped_stays_with_what_others_apply_in_it() {
    let hcl = |containers: &str| {
        ALL.hcl("web").replace(
            "spec = { containers = [{",
            &format!("spec = {{ containers = [{containers}{{"),
        )
    };
    each_cli(|workspace| {
        workspace.write("web.tf", &hcl(r#"{ name = "proxy", image = "envoy:1" }, "#));
        workspace.applies();
        let web = other(workspace, "web");
        let mut theirs = identity("web");
        let proxy = json!({ "name": "proxy", "env": [{ "name": "MESH", "value": "1" }] });
        theirs["spec"] = json!({ "template": { "spec": { "containers": [proxy.clone()] } } });
        let applied = workspace
            .api()
            .apply_unforced_as("mesh", workspace.namespace(), "web", theirs);
        applied.expect("the variable is new");
        workspace.plans_nothing();

        workspace.write("web.tf", &hcl(""));
        let plan = workspace.plan();
        let stays = "spec.template.spec.containers[0] of workload ID stays, since mesh applies it";
        check_told(&plan.output().prose(), workspace, "web", &[stays]);
        workspace.applies();
        let live = web.live();
        assert_eq!(in_a_line(&live), in_a_line(&ALL.manifest("web")));
        let containers = live["spec"]["template"]["spec"]["containers"].as_array();
        assert!(
            containers.is_some_and(|containers| containers.contains(&proxy)),
            "{live:#}"
        );
    });
}

/// What somebody else does to a workload.
type Act = Box<dyn Fn(&Other<'_>)>;

#[test]
fn a_plan_is_stale_when_somebody_has_changed_what_it_is_about() {
    let mine = |other: &Other<'_>, value: &'static str| {
        let says = Says {
            labels: Some(&[("team", "web"), ("tier", "front")]),
            ..ALL
        };
        let mut manifest = says.manifest(other.name);
        manifest["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = json!(value);
        other
            .api
            .apply_as(OURS, other.namespace, other.name, manifest)
            .expect("it is applied");
    };
    each_cli(|workspace| {
        let stale: [(&str, Act); 5] = [
            ("new-entry", Box::new(|other| other.labels(&json!({ "size": "9" })))),
            (
                "by-hand",
                Box::new(|other| other.patches_env(&[("replace", "/0/value", json!("theirs"))])),
            ),
            (
                "scaled",
                Box::new(|other| other.api.scale(other.namespace, other.name, 7)),
            ),
            ("by-another-state", Box::new(move |other| mine(other, "theirs"))),
            (
                "lost",
                Box::new(|other| other.patches_env(&[("remove", "/0", Value::Null)])),
            ),
        ];
        let fresh: [(&str, Act); 2] = [
            ("beside-it", Box::new(|other| other.labels(&json!({ "theirs": "1" })))),
            (
                "status",
                Box::new(|other| {
                    let status = json!({ "status": { "conditions": [] } });
                    drop(other.api.edit_status(other.namespace, other.name, status));
                }),
            ),
        ];
        let names: Vec<&str> = stale.iter().chain(&fresh).map(|(name, _)| *name).collect();
        begin(workspace, Begin::Here, &names);
        for name in &names {
            let labels: Entries = &[("size", "1"), ("team", "web"), ("tier", "back")];
            let says = Says {
                labels: Some(labels),
                ..ANOTHER_VALUE
            };
            write(workspace, name, says);
        }
        workspace.plan();
        for (name, acts) in stale.iter().chain(&fresh) {
            acts(&other(workspace, name));
        }
        let output = workspace.run(&["apply", "-no-color", "plan.bin"]).fails();
        for (name, _) in &stale {
            let message = format!(
                "Workload {}/{name} has changed since the plan was made",
                workspace.namespace()
            );
            assert!(output.prose().contains(&message), "{name}:\n{output}");
            let live = in_a_line(&other(workspace, name).live());
            assert!(
                live.contains("team=web tier=front;"),
                "{name}: nothing was written: {live}"
            );
        }
        for (name, _) in &fresh {
            let live = in_a_line(&other(workspace, name).live());
            assert!(
                live.contains("tier=back;") && live.ends_with("A=9 B=2"),
                "{name}: {live}"
            );
        }
        // Planned again, it is what the plan shows.
        workspace.applies();
        for name in &names {
            let live = in_a_line(&other(workspace, name).live());
            assert!(
                live.starts_with("size=1 ") && live.contains("tier=back; 2;") && live.ends_with("A=9 B=2"),
                "{name}: {live}"
            );
        }
    });
}

#[test]
fn a_workload_whose_state_was_lost_is_imported_with_what_others_changed() {
    each_cli(|workspace| {
        begin(workspace, Begin::Here, &["web"]);
        let web = other(workspace, "web");
        web.labels(&json!({ "theirs": "1" }));
        web.patches_env(&[("replace", "/0/value", json!("theirs"))]);
        web.applies("ci", image("nginx:1.26"));
        workspace.run(&["state", "rm", "datum_workload.web"]).succeeds();
        workspace.apply().fails().says("already exists").says("import {");

        // A configuration that says what is live plans nothing.
        let live = Says {
            labels: Some(&[("team", "web"), ("theirs", "1"), ("tier", "front")]),
            env: Some(&[("A", "theirs"), ("B", "2")]),
            image: Some("nginx:1.26"),
            ..ALL
        };
        write(workspace, "web", live);
        workspace.write(
            "import.tf",
            "import {\n  to = datum_workload.web\n  id = \"NAMESPACE/web\"\n}\n",
        );
        let plan = workspace.plan();
        assert_eq!(shown(&plan, "web"), [""; 0]);
        // The one that was applied before puts right what it says.
        write(
            workspace,
            "web",
            Says {
                image: Some("nginx:1.26"),
                ..ALL
            },
        );
        let plan = workspace.plan();
        assert_eq!(shown(&plan, "web"), ["env: A=theirs B=2 -> A=1 B=2"]);
        workspace.applies();
        assert_eq!(
            in_a_line(&web.live()),
            "team=web theirs=1 tier=front; 2; nginx:1.26; A=1 B=2"
        );
    });
}

#[test]
fn another_unicode_form_or_spelling_of_the_same_value_is_nobodys_change() {
    // kubectl keeps the letters as they are given, Terraform composes them.
    let decomposed = "Zu\u{308}rich";
    each_cli(|workspace| {
        let mut manifest = ALL.manifest("web");
        manifest["metadata"]["annotations"] = json!({ "city": decomposed });
        let container = &mut manifest["spec"]["template"]["spec"]["containers"][0];
        container["env"][0]["value"] = json!(decomposed);
        container["resources"] = json!({ "limits": { "cpu": 2, "memory": "1024Mi" } });
        workspace
            .api()
            .make(workspace.namespace(), manifest, Kubectl::ApplyServerSide);
        let hcl = r#"
resource "datum_workload" "web" {
  metadata = {
    name        = "web"
    namespace   = "NAMESPACE"
    labels      = { team = "web", tier = "front" }
    annotations = { city = "Zürich" }
  }
  spec = {
    replicas = 2
    template = { spec = { containers = [{
      name      = "app"
      image     = "nginx:1.25"
      env       = [{ name = "A", value = "Zürich" }, { name = "B", value = "2" }]
      resources = { limits = { cpu = "2000m", memory = "1Gi" } }
    }] } }
  }
}
"#;
        workspace.write("web.tf", hcl);
        workspace.write(
            "import.tf",
            "import {\n  to = datum_workload.web\n  id = \"NAMESPACE/web\"\n}\n",
        );
        let plan = workspace.plan();
        assert_eq!(plan.actions("datum_workload.web"), ["no-op"], "{}", plan.summary());
        workspace.applies();
        // A change beside it meets no conflict, and leaves every letter as it is.
        workspace.write(
            "web.tf",
            &hcl.replace("tier = \"front\"", "tier = \"front\", size = \"1\""),
        );
        let plan = workspace.plan();
        assert_eq!(
            plan.changed("datum_workload.web"),
            ["metadata.labels.size: null -> \"1\""]
        );
        workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        workspace.plans_nothing();
        let live = other(workspace, "web").live();
        assert_eq!(live["metadata"]["annotations"]["city"], decomposed);
        let container = &live["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["env"][0]["value"], decomposed);
        assert_eq!(
            container["resources"]["limits"],
            json!({ "cpu": 2, "memory": "1024Mi" })
        );
    });
}

#[test]
fn what_kubectl_apply_goes_on_to_apply() {
    let acts = |other: &Other<'_>| {
        let says = Says {
            labels: Some(&[("team", "web"), ("tier", "theirs")]),
            env: Some(&[("A", "theirs"), ("B", "2")]),
            ..ALL
        };
        other.api.apply_client_side(other.namespace, says.manifest(other.name));
    };
    let cells = [
        quiet(
            "same",
            ALL,
            &[
                "labels: team=web tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 -> A=1 B=2",
            ],
            "team=web tier=front; 2; nginx:1.25; A=1 B=2",
        ),
        quiet(
            "drops-an-entry",
            WITHOUT_AN_ENTRY,
            &["labels: team=web tier=theirs -> team=web", "env: A=theirs B=2 -> B=2"],
            "team=web; 2; nginx:1.25; B=2",
        ),
        quiet(
            "drops-the-attribute",
            WITHOUT_THE_ATTRIBUTE,
            &["labels: team=web tier=theirs -> -", "env: A=theirs B=2 -> -"],
            "-; 2; nginx:1.25; -",
        ),
        quiet(
            "reorders",
            REORDERED,
            &[
                "labels: team=web tier=theirs -> team=web tier=front",
                "env: A=theirs B=2 -> B=2 A=1",
            ],
            "team=web tier=front; 2; nginx:1.25; B=2 A=1",
        ),
        quiet(
            "renames",
            RENAMED,
            &[
                "labels: team=web tier=theirs -> layer=front team=web",
                "env: A=theirs B=2 -> C=1 B=2",
            ],
            "layer=front team=web; 2; nginx:1.25; C=1 B=2",
        ),
    ];
    each_cli(|workspace| check(workspace, Begin::Imported(Kubectl::Apply), acts, &cells, &[]));
    each_cli(|workspace| check(workspace, Begin::Here, acts, &cells, &[]));
}
