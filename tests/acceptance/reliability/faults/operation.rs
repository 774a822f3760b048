//! What is struck: one request of an operation on one workload, and what must be true of the workload afterwards.

use std::fmt::Write as _;

use acceptance::{Api, Kubectl, Workspace};
use serde_json::{Value, json};

use super::blow::{Blow, On};
use super::{Case, Outcome};
use crate::reliability::state::Held;

/// An operation, of which one request is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Read,
    Update,
    Delete,
    /// The wait for a rollout, whose request is its watch.
    Wait,
    Import,
    DataSource,
    DryRun,
}

const OLD: &str = "nginx:1.25";
const NEW: &str = "nginx:1.26";

impl Operation {
    /// What heads its column in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Wait => "wait",
            Self::Import => "import",
            Self::DataSource => "data source",
            Self::DryRun => "dry run",
        }
    }

    /// Whether it waits, and so watches.
    fn waits(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete | Self::Wait)
    }

    pub(super) fn can_be_struck_by(self, blow: &Blow) -> bool {
        blow.on(self.waits()).is_some()
    }

    /// The fault of a case, for the one request that it is about.
    pub(super) fn rule(self, case: &Case) -> Option<Value> {
        let (on, fault) = case.blow.on(self.waits())?;
        let of = |path: &str| format!("/namespaces/{}/workloads{path}", case.namespace);
        let watch = ("GET", of("?&watch=true"));
        let (method, path) = match self {
            _ if on == On::Watch => watch,
            Self::Wait => watch,
            Self::Create => ("PATCH", of("/web?&fieldManager=terraform-provider-datum.")),
            Self::Update => ("PATCH", of("/web?&fieldManager=terraform-provider-datum&")),
            Self::DryRun => ("PATCH", of("/web?&dryRun=All")),
            Self::Delete => ("DELETE", of("/web")),
            Self::Read | Self::Import | Self::DataSource => ("GET", of("/web")),
        };
        Some(json!({ "method": method, "path": path, "fault": fault }))
    }

    /// The address of a case's resource or data source.
    pub(super) fn address(self, case: &Case) -> String {
        match self {
            Self::DataSource => format!("data.datum_workload.{}", case.name),
            _ => format!("datum_workload.{}", case.name),
        }
    }

    /// The configuration under which the operation is struck.
    pub(super) fn hcl(self, cases: &[Case]) -> String {
        let dry_run = self == Self::DryRun;
        let mut hcl = format!("provider \"datum\" {{\n  plan_dry_run = {dry_run}\n}}\n");
        for case in cases {
            let (name, namespace) = (&case.name, &case.namespace);
            let written = match self {
                Self::DataSource => writeln!(
                    hcl,
                    "data \"datum_workload\" \"{name}\" {{\n  metadata = {{ name = \"web\", namespace = \"{namespace}\" }}\n}}"
                ),
                Self::Import => writeln!(
                    hcl,
                    "{}import {{\n  to = datum_workload.{name}\n  id = \"{namespace}/web\"\n}}",
                    self.resource(case, OLD)
                ),
                Self::Update | Self::DryRun => writeln!(hcl, "{}", self.resource(case, NEW)),
                _ => writeln!(hcl, "{}", self.resource(case, OLD)),
            };
            written.expect("a string takes what is written");
        }
        hcl
    }

    /// The configuration that is applied before.
    pub(super) fn hcl_before(self, cases: &[Case]) -> String {
        let resources = cases.iter().map(|case| self.resource(case, OLD)).collect::<Vec<_>>();
        format!(
            "provider \"datum\" {{\n  plan_dry_run = false\n}}\n{}",
            resources.join("\n")
        )
    }

    fn resource(self, case: &Case, image: &str) -> String {
        let rollout = self.waits() && self != Self::Delete;
        let (name, namespace) = (&case.name, &case.namespace);
        format!(
            r#"
resource "datum_workload" "{name}" {{
  metadata = {{
    name        = "web"
    namespace   = "{namespace}"
    annotations = {{ "simulator.datum.net/scenario" = "no-status" }}
  }}
  spec = {{ replicas = 1, template = {{ spec = {{ containers = [{{ name = "app", image = "{image}" }}] }} }} }}
  wait = {{ rollout = {rollout} }}
}}
"#
        )
    }

    /// Makes what somebody else has made before.
    pub(super) fn prepare(self, workspace: &Workspace, cases: &[Case]) {
        if !matches!(self, Self::Import | Self::DataSource) {
            return;
        }
        for case in cases {
            let body = json!({
                "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
                "metadata": { "name": "web", "annotations": { "simulator.datum.net/scenario": "no-status" } },
                "spec": { "replicas": 1, "template": { "spec": { "containers": [{ "name": "app", "image": OLD }] } } },
            });
            workspace.api().make(&case.namespace, body, Kubectl::Create);
        }
    }

    /// The command that makes what the operation begins with, if it does not begin with nothing.
    pub(super) fn beginning(self) -> Option<&'static [&'static str]> {
        let begins = matches!(self, Self::Read | Self::Update | Self::Delete | Self::DryRun);
        begins.then_some(&["apply", "-auto-approve"])
    }

    /// What happens between the beginning and the operation.
    pub(super) fn begin(self, workspace: &Workspace, cases: &[Case]) {
        if self != Self::Delete {
            return;
        }
        // What is held is waited for.
        let held = json!({ "metadata": { "finalizers": ["example.com/cleanup"] } });
        for case in cases {
            workspace.api().edit(&case.namespace, "web", held.clone());
        }
    }

    /// How many of this number are struck in one run. A plan that has met an API that does not answer asks it nothing more.
    pub(super) fn share(self, all: usize) -> usize {
        match self {
            Self::DryRun => 1,
            _ => all.max(1),
        }
    }

    /// The command that is struck.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Create | Self::Update | Self::Wait | Self::Import => &["apply", "-auto-approve", "-json"],
            Self::Read => &["apply", "-refresh-only", "-auto-approve", "-json"],
            Self::Delete => &["destroy", "-auto-approve", "-json"],
            Self::DataSource | Self::DryRun => &["plan", "-json"],
        }
    }

    /// The command that puts right what has failed.
    pub(super) fn mending(self) -> &'static [&'static str] {
        match self {
            Self::Delete => &["destroy", "-auto-approve"],
            _ => &["apply", "-auto-approve"],
        }
    }

    /// The command that fails where there is anything left to do.
    pub(super) fn planning(self) -> &'static [&'static str] {
        match self {
            Self::Delete => &["plan", "-destroy", "-detailed-exitcode"],
            _ => &["plan", "-detailed-exitcode"],
        }
    }

    /// Right after the fault: what is there is in the state, and nothing else is; and what only reads has changed nothing.
    pub(super) fn check_struck(
        self,
        case: &Case,
        before: Option<&Value>,
        held: Option<&Held>,
        api: &Api,
        context: &str,
    ) {
        let live = case.live(api);
        let uid = live.as_ref().and_then(|live| live["metadata"]["uid"].as_str());
        let known = held.map(|held| held.uid.as_str());
        match self {
            // Something was there before, of which the state need not know yet.
            Self::Import | Self::DataSource => assert!(known.is_none() || known == uid, "{context}"),
            _ => assert_eq!(known, uid, "state and API do not agree: {context}"),
        }
        if matches!(self, Self::Read | Self::Import | Self::DataSource | Self::DryRun) {
            let of = |object: Option<&Value>| {
                object.map(|object| [&object["metadata"]["uid"], &object["spec"]].map(Value::clone))
            };
            assert_eq!(of(live.as_ref()), of(before), "{context}");
        }
    }

    /// After the same without a fault: state and API agree, nothing was lost, and nothing was done twice.
    #[expect(
        clippy::too_many_arguments,
        reason = "what is compared is what was seen at three moments"
    )]
    pub(super) fn check_mended(
        self,
        case: &Case,
        outcome: Outcome,
        before: Option<&Value>,
        struck: Option<&Held>,
        mended: Option<&Held>,
        api: &Api,
        context: &str,
    ) {
        let live = case.live(api);
        let uid = live.as_ref().and_then(|live| live["metadata"]["uid"].as_str());
        assert_eq!(mended.map(|held| held.uid.as_str()), uid, "{context}");
        let generation = live.as_ref().map(|live| live["metadata"]["generation"].clone());
        let first = before.and_then(|before| before["metadata"]["uid"].as_str());
        match self {
            Self::Delete => assert_eq!(uid, None, "{context}"),
            Self::Create | Self::Wait => {
                assert_eq!(generation, Some(json!(1)), "it was made once: {context}");
                let is_replaced = struck.is_some_and(|struck| struck.is_tainted);
                if outcome != Outcome::Said || !is_replaced {
                    let known = struck.map(|held| held.uid.as_str());
                    assert!(
                        known.is_none() || known == uid,
                        "it is the one that was made first: {context}"
                    );
                }
            }
            Self::Update | Self::DryRun => {
                assert_eq!(
                    (uid, generation),
                    (first, Some(json!(2))),
                    "it was changed once: {context}"
                );
            }
            Self::Read | Self::Import | Self::DataSource => {
                assert_eq!(
                    (uid, generation),
                    (first, Some(json!(1))),
                    "nothing was changed: {context}"
                );
            }
        }
    }
}
