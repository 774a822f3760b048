//! A folder with HCL in it, a namespace of its own, and the CLI's verbs on them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{self, Cli, Output};
use crate::{Api, Plan, Running};

/// The source of the provider under test.
pub const PROVIDER: &str = "datum-cloud/datum";

/// A folder and a namespace for one test under one CLI.
pub struct Workspace {
    cli: Cli,
    folder: TempDir,
    namespace: String,
    api: &'static Api,
    kubeconfig: PathBuf,
}

impl Workspace {
    /// A fresh folder with a CLI configuration of its own, and a fresh namespace in the API.
    pub fn new(cli: Cli, api: &'static Api) -> Workspace {
        let namespace = unused_namespace();
        api.create_namespace(&namespace);
        let folder = tempfile::Builder::new()
            .prefix("datum-acceptance-")
            .tempdir()
            .expect("a temporary folder");
        let kubeconfig = api.kubeconfig().to_owned();
        let workspace = Workspace {
            cli,
            folder,
            namespace,
            api,
            kubeconfig,
        };
        workspace.overrides(&[(PROVIDER, &cli::binaries())]);
        workspace.write(
            "versions.tf",
            "terraform {\n  required_providers {\n    datum = { source = \"datum-cloud/datum\" }\n  }\n}\n",
        );
        workspace
    }

    /// Has the CLI find these providers in these folders, and none of them anywhere else.
    pub fn overrides(&self, providers: &[(&str, &Path)]) {
        let lines = providers
            .iter()
            .map(|(source, folder)| format!("    \"{source}\" = \"{}\"\n", folder.display()));
        let lines: String = lines.collect();
        let configuration = format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n");
        fs::write(self.path().join("cli.tfrc"), configuration).expect("the CLI configuration is written");
    }

    /// The CLI of this workspace.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// The namespace of this workspace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The project whose namespace it is.
    pub fn project(&self) -> &str {
        self.namespace.trim_start_matches("project-")
    }

    /// The API.
    pub fn api(&self) -> &'static Api {
        self.api
    }

    /// Where the files are.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file; `NAMESPACE` and `PROJECT` in it stand for this workspace's.
    pub fn write(&self, name: &str, text: &str) -> &Workspace {
        let text = text
            .replace("NAMESPACE", &self.namespace)
            .replace("PROJECT", self.project());
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
        fs::write(path, text).expect("the file is written");
        self
    }

    /// Writes `main.tf`.
    pub fn config(&self, hcl: &str) -> &Workspace {
        self.write("main.tf", hcl)
    }

    /// A command of the CLI in this folder, with the API in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.cli.command(self.path(), arguments);
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    /// Runs the CLI with these environment variables and without a kubeconfig: neither the tests' nor the user's.
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(arguments);
        command
            .env_remove("KUBECONFIG")
            .env("HOME", self.path())
            .envs(variables.iter().copied());
        Output::of(&mut command)
    }

    /// Starts the CLI, to be signalled or looked at while it runs.
    #[track_caller]
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments))
    }

    /// Runs the CLI to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        Output::of(&mut self.command(arguments))
    }

    /// `console`, asked for the value of an expression.
    pub fn evaluates(&self, expression: &str) -> Output {
        self.write("expression", expression);
        let expression = File::open(self.path().join("expression")).expect("the expression was just written");
        Output::of(self.command(&["console"]).stdin(expression))
    }

    /// `apply -auto-approve`.
    pub fn apply(&self) -> Output {
        self.run(&["apply", "-auto-approve", "-no-color"])
    }

    /// `apply`, which must succeed and leave nothing to do: the next plan is empty.
    #[track_caller]
    pub fn applies(&self) -> Output {
        let output = self.apply().succeeds();
        self.plans_nothing();
        output
    }

    /// `plan`, as what it would do.
    #[track_caller]
    pub fn plan(&self) -> Plan {
        self.plan_with(&[])
    }

    /// `plan` with more arguments, as what it would do.
    #[track_caller]
    pub fn plan_with(&self, more: &[&str]) -> Plan {
        let mut arguments = vec!["plan", "-no-color", "-out=plan.bin"];
        arguments.extend(more);
        let output = self.run(&arguments).succeeds();
        let shown = self.run(&["show", "-json", "plan.bin"]).succeeds();
        Plan::new(serde_json::from_str(&shown.stdout).expect("a plan is JSON"), output)
    }

    /// Writes `main.tf` with this and a block that imports, and has the CLI generate the resource into `generated.tf`.
    #[track_caller]
    pub fn generates(&self, rest: &str, address: &str, id: &str) {
        let block = |more: &str| format!("{rest}import {{\n  to = {address}\n  id = \"{id}\"\n{more}}}\n");
        // From 1.16 on Terraform looks for the provider under hashicorp/ unless the block names it (hashicorp/terraform#39144), and
        // it refuses a block that names it beside the resource that was generated.
        let is_named = self.cli.is_terraform() && self.cli.version().is_from("1.16");
        self.config(&block(if is_named { "  provider = datum\n" } else { "" }));
        self.run(&["plan", "-no-color", "-generate-config-out=generated.tf"])
            .succeeds();
        self.config(&block(""));
    }

    /// Asserts that a plan has nothing to do.
    #[track_caller]
    pub fn plans_nothing(&self) {
        let output = self.run(&["plan", "-no-color", "-detailed-exitcode"]);
        if output.success {
            return;
        }
        // A data source that is read in the apply counts as a change by the exit code, and as none here.
        assert_eq!(output.code, Some(2), "the plan should succeed:\n{output}");
        let plan = self.plan();
        assert!(
            plan.is_empty(),
            "the plan should be empty:\n{}\n{}",
            plan.summary(),
            plan.output()
        );
    }

    /// `destroy -auto-approve`.
    pub fn destroy(&self) -> Output {
        self.run(&["destroy", "-auto-approve", "-no-color"])
    }

    /// What state holds of a resource or data source: its attributes, as `show -json` prints them.
    #[track_caller]
    pub fn state(&self, address: &str) -> Value {
        self.state_if_any(address)
            .unwrap_or_else(|| panic!("{address} is not in state"))
    }

    /// What state holds of a resource, if anything.
    pub fn state_if_any(&self, address: &str) -> Option<Value> {
        Some(self.resource_in_state(address)?["values"].clone())
    }

    /// Whether state holds the resource as tainted.
    pub fn is_tainted(&self, address: &str) -> bool {
        self.resource_in_state(address)
            .is_some_and(|resource| resource["tainted"] == Value::Bool(true))
    }

    fn resource_in_state(&self, address: &str) -> Option<Value> {
        let shown = self.run(&["show", "-json"]).succeeds();
        let state: Value = serde_json::from_str(&shown.stdout).expect("a state is JSON");
        find_resource(&state["values"]["root_module"], address)
    }

    /// Removes the namespace with all that is in it, so that tests do not slow each other down.
    pub fn destroy_what_is_left(&self) {
        self.api.delete_namespace(&self.namespace);
    }
}

/// A namespace that no run of the tests has had before: on an API server alone, what is deleted stays for ever.
fn unused_namespace() -> String {
    static RUN: LazyLock<u128> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.expect("the clock is set").as_millis()
    });
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("project-t{:x}-{}-{number}", *RUN, std::process::id())
}

fn find_resource(module: &Value, address: &str) -> Option<Value> {
    let here = module["resources"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|resource| resource["address"] == address);
    here.cloned().or_else(|| {
        module["child_modules"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|child| find_resource(child, address))
    })
}
