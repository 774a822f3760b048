//! The same provider, driven by the CLIs that are installed.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::debug::Debugged;
use crate::interruption::is_created;
use crate::plugin::{clean, example, signal, within};

const CONFIGURATION: &str = r#"
terraform {
  required_providers { example = { source = "acme/example" } }
}
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

/// The CLIs on the path, and the one that `make setup` installs. There has to be one: a test that is left out proves nothing.
fn clis() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/tofu"));
    let found = |name| folders.iter().map(|folder| folder.join(name)).find(|cli| cli.is_file());
    let clis: Vec<_> = ["terraform", "tofu"].into_iter().filter_map(found).collect();
    assert!(
        !clis.is_empty(),
        "neither terraform nor tofu is installed; make setup installs one"
    );
    clis
}

fn command(cli: &Path, folder: &Path, args: &[&str]) -> Command {
    let mut command = clean(Command::new(cli));
    command
        .args(args)
        .arg("-no-color")
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", folder.join("cli.tfrc"))
        .env("CHECKPOINT_DISABLE", "1");
    command
}

async fn run(cli: &Path, folder: &Path, args: &[&str]) -> Output {
    within(command(cli, folder, args).output()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[tokio::test]
async fn after_apply_the_plan_is_empty() {
    for cli in clis() {
        let folder = tempfile::tempdir().unwrap();
        let programs = example();
        let programs = programs.parent().unwrap().display();
        let overrides =
            format!("provider_installation {{\n  dev_overrides {{ \"acme/example\" = \"{programs}\" }}\n}}\n");
        std::fs::write(folder.path().join("cli.tfrc"), overrides).unwrap();
        std::fs::write(folder.path().join("main.tf"), CONFIGURATION).unwrap();

        let applied = run(&cli, folder.path(), &["apply", "-auto-approve"]).await;
        assert!(applied.status.success(), "{}", said(&applied));
        let planned = run(&cli, folder.path(), &["plan", "-detailed-exitcode"]).await;
        assert_eq!(planned.status.code(), Some(0), "{}", said(&planned));

        let failing = CONFIGURATION.replace("name     = \"it\"", "name = \"it\"\n  mode = \"panic\"");
        std::fs::write(folder.path().join("main.tf"), failing).unwrap();
        let failed = run(&cli, folder.path(), &["apply", "-auto-approve"]).await;
        assert!(!failed.status.success());
        assert!(
            said(&failed).contains("The provider crashed updating example_thing"),
            "{}",
            said(&failed)
        );

        std::fs::write(folder.path().join("main.tf"), CONFIGURATION).unwrap();
        let destroyed = run(&cli, folder.path(), &["destroy", "-auto-approve"]).await;
        assert!(
            said(&destroyed).contains("Destroy complete! Resources: 2 destroyed."),
            "{}",
            said(&destroyed)
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
        std::fs::write(folder.path().join("main.tf"), waiting).unwrap();
        let attached = |args: &[&str]| {
            let mut command = command(&cli, folder.path(), args);
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
