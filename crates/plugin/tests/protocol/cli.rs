//! The same provider, driven by the CLIs that are installed.

use std::path::Path;
use std::process::{Output, Stdio};

use test_programs::{Found, Program};
use tokio::process::Command;

use crate::debug::Debugged;
use crate::interruption::is_created;
use crate::plugin::{clean, example, signal, within};

/// What every configuration begins with.
const HEADER: &str = r#"
terraform {
  required_providers { example = { source = "acme/example" } }
}
"#;

const CONFIGURATION: &str = r#"
provider "example" { endpoint = "https://api.example.com" }
resource "example_thing" "it" {
  name     = "it"
  size     = 3.14159265358979323846264338327950288
  tags     = { a = "b" }
  zones    = ["a", "b"]
  origin   = { x = 1, y = 2.5 }
  range    = [1, "x"]
  anything = { a = [1, "x", null], b = true }
  spec = {
    image   = "nginx"
    ports   = [{ port = 80 }]
    rules   = [{ allow = "all" }]
    volumes = { data = { size = "1Gi" } }
    free    = { region = "us-central1" }
  }
  mount { path = "/a" }
}
resource "example_note" "it" {
  text  = "a\nb"
  share = 0.1
}
data "example_echo" "it" { call = { id = example_thing.it.id } }
output "echo" { value = data.example_echo.it.answer.id }
"#;

/// The CLIs that are found. There has to be one: a test that is left out proves nothing.
fn clis() -> Vec<Found> {
    let found = |program: Program| program.find_or_leave_out("the tests of the plugin server under this CLI");
    let clis: Vec<_> = [Program::Terraform, Program::Tofu]
        .into_iter()
        .filter_map(found)
        .collect();
    assert!(
        !clis.is_empty(),
        "neither terraform nor tofu is installed; make setup installs one"
    );
    clis
}

pub(crate) fn command(cli: &Path, folder: &Path, args: &[&str]) -> Command {
    let mut command = clean(Command::new(cli));
    command
        .args(args)
        .arg("-no-color")
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", folder.join("cli.tfrc"))
        .env("CHECKPOINT_DISABLE", "1");
    command
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// A folder with a configuration, and the CLI that works on it. The CLI starts the example itself.
struct Project {
    cli: Found,
    folder: tempfile::TempDir,
}

impl Project {
    fn new(cli: Found) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let programs = example();
        let programs = programs.parent().unwrap().display();
        let overrides =
            format!("provider_installation {{\n  dev_overrides {{ \"acme/example\" = \"{programs}\" }}\n}}\n");
        std::fs::write(folder.path().join("cli.tfrc"), overrides).unwrap();
        Self { cli, folder }
    }

    fn write(&self, configuration: &str) {
        let configuration = format!("{HEADER}{configuration}");
        std::fs::write(self.folder.path().join("main.tf"), configuration).unwrap();
    }

    async fn run(&self, args: &[&str]) -> Output {
        within(command(self.cli.path(), self.folder.path(), args).output())
            .await
            .unwrap()
    }

    async fn succeeds(&self, args: &[&str]) -> String {
        let output = self.run(args).await;
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    async fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args).await;
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    }

    async fn applies(&self, configuration: &str) -> String {
        self.write(configuration);
        self.succeeds(&["apply", "-auto-approve"]).await
    }

    async fn plans_nothing(&self) {
        let planned = self.run(&["plan", "-detailed-exitcode"]).await;
        assert_eq!(planned.status.code(), Some(0), "{}", said(&planned));
    }

    /// Changes the attributes of the one resource in the state, as another version of the provider would have stored them.
    fn rewrite_state(&self, rewrite: impl FnOnce(&mut serde_json::Value)) {
        let file = self.folder.path().join("terraform.tfstate");
        let mut state: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        rewrite(&mut state["resources"][0]["instances"][0]);
        std::fs::write(&file, state.to_string()).unwrap();
    }

    /// Whether the CLI is new enough for something; `None` where no version has it. What is left out is told.
    fn has(&self, what: &str, terraform: Option<&str>, tofu: Option<&str>) -> bool {
        let first = match self.cli.program() {
            Program::Terraform => terraform,
            _ => tofu,
        };
        let has = first.is_some_and(|first| self.cli.version().is_from(first));
        if !has {
            test_programs::leave_out(&format!("the plugin server's {what}: {} is too old for that", self.cli));
        }
        has
    }
}

#[tokio::test]
async fn after_apply_the_plan_is_empty() {
    for cli in clis() {
        let project = Project::new(cli);
        project.applies(CONFIGURATION).await;
        project.plans_nothing().await;

        project.write(&CONFIGURATION.replace("name     = \"it\"", "name = \"it\"\n  mode = \"panic\""));
        let failed = project.fails(&["apply", "-auto-approve"]).await;
        assert!(
            failed.contains("The provider crashed updating example_thing"),
            "{failed}"
        );

        project.write(CONFIGURATION);
        let destroyed = project.succeeds(&["destroy", "-auto-approve"]).await;
        assert!(
            destroyed.contains("Destroy complete! Resources: 2 destroyed."),
            "{destroyed}"
        );
    }
}

#[tokio::test]
async fn what_is_imported_or_upgraded_plans_nothing() {
    for cli in clis() {
        let project = Project::new(cli);
        project.write(r#"resource "example_thing" "it" { name = "it" }"#);
        let failed = project.fails(&["import", "example_thing.it", "missing"]).await;
        assert!(failed.contains("There is no such thing"), "{failed}");
        project.succeeds(&["import", "example_thing.it", "it"]).await;
        project.plans_nothing().await;
        // As version 0 of the schema had it.
        project.rewrite_state(|instance| {
            instance["schema_version"] = 0.into();
            let attributes = instance["attributes"].as_object_mut().unwrap();
            let name = attributes.remove("name").unwrap();
            attributes.insert("title".to_owned(), name);
        });
        project.plans_nothing().await;
        // As a later version of the provider may have left it.
        project.rewrite_state(|instance| {
            instance["schema_version"] = 1.into();
            let attributes = instance["attributes"].as_object_mut().unwrap();
            let title = attributes.remove("title").unwrap();
            attributes.insert("name".to_owned(), title);
            attributes.insert("later".to_owned(), true.into());
        });
        project.plans_nothing().await;
    }
}

#[tokio::test]
async fn a_write_only_attribute_is_stored_by_no_cli() {
    for cli in clis() {
        let project = Project::new(cli);
        let configuration = "resource \"example_thing\" \"it\" {\n  name = \"it\"\n  token = \"hunter2\"\n}\n";
        if project.has("write-only attributes", Some("1.11"), Some("1.11")) {
            project.applies(configuration).await;
            project.plans_nothing().await;
            let state = std::fs::read_to_string(project.folder.path().join("terraform.tfstate")).unwrap();
            assert!(state.contains("example_thing") && !state.contains("hunter2"), "{state}");
        } else {
            project.write(configuration);
            let refused = project.fails(&["validate"]).await;
            assert!(refused.contains("Write-only attribute not supported"), "{refused}");
            assert!(refused.contains("in resource \"example_thing\" \"it\""), "{refused}");
        }
    }
}

#[tokio::test]
async fn functions_are_called_and_resources_moved_by_clis_that_can() {
    for cli in clis() {
        let project = Project::new(cli);
        let note = "resource \"example_note\" \"it\" {\n  text = \"a\"\n  share = 0.1\n}\n";
        project.applies(note).await;
        if !project.has("functions and moves", Some("1.8"), Some("1.10")) {
            continue;
        }
        let moved = r#"
moved {
  from = example_note.it
  to   = example_thing.it
}
resource "example_thing" "it" {
  name = "note"
  size = 0.1
}
output "joined" { value = provider::example::join("-", "a", "b", example_thing.it.id) }
output "first"  { value = provider::example::coalesce(null, [1, "x"]) }
output "half"   { value = provider::example::half(3) }
"#;
        let applied = project.applies(moved).await;
        assert!(applied.contains("0 added, 0 changed, 0 destroyed"), "{applied}");
        project.plans_nothing().await;
        let outputs: serde_json::Value = serde_json::from_str(&project.succeeds(&["output", "-json"]).await).unwrap();
        assert_eq!(outputs["joined"]["value"], "a-b-note");
        assert_eq!(outputs["first"]["value"], serde_json::json!([1, "x"]));
        assert_eq!(outputs["half"]["value"], 1.5);

        project.write(r#"output "joined" { value = provider::example::join("", "a") }"#);
        let failed = project.fails(&["plan"]).await;
        assert!(
            failed.contains("Invalid value for \"separator\" parameter: the separator is empty"),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn an_interrupted_create_is_saved_by_a_cli_that_attached() {
    for cli in clis() {
        let provider = Debugged::start().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cli.tfrc"), "").unwrap();
        let waiting = CONFIGURATION.replace("name     = \"it\"", "name = \"it\"\n  mode = \"wait\"");
        std::fs::write(folder.path().join("main.tf"), format!("{HEADER}{waiting}")).unwrap();
        let attached = |args: &[&str]| {
            let mut command = command(cli.path(), folder.path(), args);
            command.env("TF_REATTACH_PROVIDERS", &provider.reattach);
            command
        };
        let installed = within(attached(&["init"]).output()).await.unwrap();
        assert!(installed.status.success(), "{}", said(&installed));

        let mut apply = attached(&["apply", "-auto-approve"]);
        let apply = apply.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let client = provider.connect().await;
        within(async {
            while !is_created(&client).await {
                tokio::task::yield_now().await;
            }
        })
        .await;
        signal("INT", apply.id().unwrap());
        let applied = within(apply.wait_with_output()).await.unwrap();
        assert!(!applied.status.success(), "{}", said(&applied));
        assert!(said(&applied).contains("Interrupted"), "{}", said(&applied));

        let state = within(attached(&["show"]).output()).await.unwrap();
        assert!(
            said(&state).contains("# example_thing.it: (tainted)"),
            "{}",
            said(&state)
        );
        drop(client);
        provider.end().await;
    }
}
