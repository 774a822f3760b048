//! Strict names: what the CLI would drop without a word is told, where a configuration is validated and nowhere else.

use std::process::Command;

use acceptance::{Output, Workspace, cli, each_cli};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const TYPOS: &str = r#"
resource "datum_workload" "web" {
  metadata = { label = { app = "web" }, name = "web", namespace = "NAMESPACE" }
  spec = {
    replica  = 3
    template = { spec = { containers = [{ name = "app", image = "nginx:1.25", port = [{ container_port = 80 }] }] } }
  }
}
"#;

const RIGHT: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec     = { replicas = 1, template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}
"#;

/// Compares what a command says of names, a line each with the resource it is shown at, with a golden text.
#[track_caller]
fn check(workspace: &Workspace, arguments: &[&str], severity: &str, expected: &Expect) {
    let output = workspace.run(arguments);
    let documents = output
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut diagnostics: Vec<Value> = documents.map(|mut line| line["diagnostic"].take()).collect();
    if let Ok(mut document) = serde_json::from_str::<Value>(&output.stdout)
        && let Value::Array(all) = document["diagnostics"].take()
    {
        diagnostics = all;
    }
    let mut lines: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic["severity"] == severity)
        .filter(|diagnostic| {
            diagnostic["summary"]
                .as_str()
                .is_some_and(|summary| summary.contains("no attribute"))
        })
        .map(|diagnostic| {
            let text = |field: &str| diagnostic[field].as_str().unwrap_or_default().to_owned();
            let meant = text("detail").lines().next().unwrap_or_default().to_owned();
            format!("{}: {}. {meant}\n", text("address"), text("summary"))
        })
        .collect();
    lines.sort();
    expected.assert_eq(&lines.concat());
}

#[test]
fn a_typo_is_an_error_at_validate_and_at_plan() {
    each_cli(|workspace| {
        workspace.config(TYPOS);
        for arguments in [["validate", "-json"], ["plan", "-json"]] {
            check(
                workspace,
                &arguments,
                "error",
                &expect![[r#"
                datum_workload.web: metadata has no attribute "label" (main.tf:3:16). Did you mean `labels`?
                datum_workload.web: spec has no attribute "replica" (main.tf:5:5). Did you mean `replicas`?
                datum_workload.web: spec.template.spec.containers[0] has no attribute "port" (main.tf:6:79). Did you mean `ports`?
            "#]],
            );
        }
        workspace
            .run(&["validate", "-no-color"])
            .fails()
            .says("drop, without a word");
    });
}

#[test]
fn the_provider_says_what_a_typo_is() {
    each_cli(|workspace| {
        workspace.config(&format!(
            "provider \"datum\" {{\n  unknown_attributes = \"warn\"\n}}\n{TYPOS}"
        ));
        check(workspace, &["plan", "-json"], "error", &expect![""]);
        check(
            workspace,
            &["plan", "-json"],
            "warning",
            &expect![[r#"
                datum_workload.web: metadata has no attribute "label" (main.tf:6:16). Did you mean `labels`?
                datum_workload.web: spec has no attribute "replica" (main.tf:8:5). Did you mean `replicas`?
                datum_workload.web: spec.template.spec.containers[0] has no attribute "port" (main.tf:9:79). Did you mean `ports`?
            "#]],
        );
        workspace.config(&format!(
            "provider \"datum\" {{\n  unknown_attributes = \"ignore\"\n}}\n{TYPOS}"
        ));
        check(workspace, &["plan", "-json"], "warning", &expect![""]);
        workspace.run(&["validate"]).succeeds();
        workspace.config(&format!(
            "provider \"datum\" {{\n  unknown_attributes = \"strict\"\n}}\n{TYPOS}"
        ));
        workspace
            .run(&["validate", "-no-color"])
            .fails()
            .says("`error`, `warn` or `ignore`");
        workspace.config(TYPOS);
        let ignoring = [("DATUM_UNKNOWN_ATTRIBUTES", "ignore")];
        workspace.run_with(&["validate"], &ignoring).succeeds();
    });
}

/// A value that is only known later neither stops a plan nor silences it.
#[test]
fn a_setting_that_is_not_known_yet_warns() {
    each_cli(|workspace| {
        workspace.config(&format!(
            "variable \"strictness\" {{\n  default = \"error\"\n}}\nprovider \"datum\" {{\n  unknown_attributes = \
             var.strictness\n}}\n{TYPOS}"
        ));
        let output = workspace.run(&["validate", "-no-color"]).succeeds();
        output.says("has no attribute \"replica\"");
    });
}

#[test]
fn a_saved_plan_is_applied_whatever_the_files_have_become() {
    each_cli(|workspace| {
        workspace.config(RIGHT);
        workspace.run(&["plan", "-out=saved"]).succeeds();
        workspace.config(TYPOS);
        workspace
            .run(&["apply", "-no-color", "saved"])
            .succeeds()
            .does_not_say("no attribute");
        workspace.config(RIGHT).plans_nothing();
    });
}

/// The call does not say which block it is about: what a block says literally tells it from the others.
#[test]
fn each_typo_is_shown_at_its_own_resource() {
    each_cli(|workspace| {
        let resource = |name: &str, spec: &str| {
            format!(
                "resource \"datum_workload\" \"{name}\" {{\n  metadata = {{ name = \"{name}\", namespace = \"NAMESPACE\" }}\n  \
                 spec = {{ {spec} template = {{ spec = {{ containers = [{{ name = \"app\", image = var.image }}] }} }} }}\n}}\n"
            )
        };
        let module =
            |name: &str| format!("module \"{name}\" {{\n  source = \"./d\"\n  namespace = \"NAMESPACE\"\n}}\n");
        let modules = [
            resource("a", "replica = 1,"),
            resource("b", "replicas = 1,"),
            resource("c", "selectr = {},"),
            module("d"),
            module("e"),
        ];
        let json = json!({
            "resource": { "datum_workload": { "f": {
                "metadata": { "labls": {}, "name": "f", "namespace": "NAMESPACE" },
                "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "${var.image}" }] } } },
            } } },
            "data": { "datum_workload": { "g": { "metadata": { "name": "g", "namspace": "project-x" } } } },
        });
        workspace
            .write("main.tf", &modules.concat())
            .write("image.tf", "variable \"image\" {\n  default = \"nginx\"\n}\n")
            .write("more.tf.json", &format!("{json:#}"))
            .write(
                "d/main.tf",
                "terraform {\n  required_providers {\n    datum = { source = \"datum-cloud/datum\" }\n  }\n}\nvariable \"namespace\" \
                 {}\nresource \"datum_workload\" \"d\" {\n  for_each = toset([\"x\", \"y\"])\n  metadata = { name = each.key, namespace \
                 = var.namespace }\n  spec = { templat = {}, template = { spec = { containers = [] } } }\n}\n",
            );
        workspace.run(&["get"]).succeeds();
        check(
            workspace,
            &["validate", "-json"],
            "error",
            &expect![[r#"
                data.datum_workload.g: metadata has no attribute "namspace" (more.tf.json:7:11). Did you mean `namespace`?
                datum_workload.a: spec has no attribute "replica" (main.tf:3:12). Did you mean `replicas`?
                datum_workload.c: spec has no attribute "selectr" (main.tf:11:12). Did you mean `selector`?
                datum_workload.f: metadata has no attribute "labls" (more.tf.json:16:11). Did you mean `labels`?
                module.d.datum_workload.d: spec has no attribute "templat" (d/main.tf:10:12). Did you mean `template`?
                module.e.datum_workload.d: spec has no attribute "templat" (d/main.tf:10:12). Did you mean `template`?
            "#]],
        );
    });
}

/// The provider's own program, in the folder of a workspace.
fn program(workspace: &Workspace, arguments: &[&str]) -> Output {
    let program = cli::binaries().join("terraform-provider-datum");
    Output::of(Command::new(program).current_dir(workspace.path()).args(arguments))
}

#[test]
fn the_check_is_a_command_too() {
    each_cli(|workspace| {
        workspace
            .write("roots/a/main.tf", TYPOS)
            .write("roots/b/main.tf", RIGHT);
        let text = program(workspace, &["check", "roots/a"]).fails();
        expect![[r#"
            roots/a/main.tf:3:16: metadata has no attribute "label". Did you mean `labels`? (datum_workload.web)
            roots/a/main.tf:5:5: spec has no attribute "replica". Did you mean `replicas`? (datum_workload.web)
            roots/a/main.tf:6:79: spec.template.spec.containers[0] has no attribute "port". Did you mean `ports`? (datum_workload.web)
        "#]].assert_eq(&text.stdout);
        let github = program(
            workspace,
            &["check", "--format=github", "roots/a/main.tf", "roots/b/main.tf"],
        )
        .fails();
        expect![[r#"
            ::error file=roots/a/main.tf,line=3,col=16,title=Unknown attribute::metadata has no attribute "label". Did you mean `labels`?
            ::error file=roots/a/main.tf,line=5,col=5,title=Unknown attribute::spec has no attribute "replica". Did you mean `replicas`?
            ::error file=roots/a/main.tf,line=6,col=79,title=Unknown attribute::spec.template.spec.containers[0] has no attribute "port". Did you mean `ports`?
        "#]].assert_eq(&github.stdout);
        let json = program(workspace, &["check", "--format", "json", "roots/a"]).fails();
        let json: Value = serde_json::from_str(&json.stdout).expect("the findings are JSON");
        assert_eq!(json[1]["attribute"], "replica");
        assert_eq!(json[1]["suggestion"], "replicas");
        assert_eq!(json[1]["line"], 5);
        assert_eq!(program(workspace, &["check", "roots/b"]).succeeds().stdout, "");
        assert_eq!(
            program(workspace, &["check", "--format=json", "roots/b"])
                .succeeds()
                .stdout,
            "[]\n"
        );
        program(workspace, &["check", "--format=xml"]).fails();
        workspace.write("roots/b/broken.tf", "resource {{{\n");
        let output = program(workspace, &["check", "roots/b"]).succeeds();
        output.says("roots/b/broken.tf is skipped: it cannot be read as a configuration");
    });
}

#[test]
fn a_mode_in_octal_is_refused_with_what_it_is_in_decimal() {
    each_cli(|workspace| {
        workspace.config(
            "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\", namespace = \"NAMESPACE\" }\n  spec = { template = { spec = {\n    \
             containers = [{ name = \"app\", image = \"nginx\", volume_mounts = [{ name = \"s\", mount_path = \"/s\" }] }]\n    volumes = [{ name = \
             \"s\", secret = { secret_name = \"s\", default_mode = \"0644\" } }]\n  } } }\n}\n",
        );
        workspace
            .run(&["validate", "-no-color"])
            .fails()
            .says("HCL has no octal numbers: write 420 for a mode of 0644.");
    });
}

#[test]
fn the_guide_shows_what_is_said() {
    const GUIDE: &str = include_str!("../../docs/guides/strict-names.md");
    let shown: Vec<&str> = GUIDE
        .split("```text\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let [error, line] = shown.as_slice() else {
        panic!("the guide shows an error and a line, not {shown:?}")
    };
    each_cli(|workspace| {
        workspace.config(
            "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\" }\n  spec = {\n    replica = 3\n    template = { spec = { \
             containers = [{ name = \"a\", image = \"i\" }] } }\n  }\n}\n",
        );
        let said = workspace.run(&["validate", "-no-color"]).fails().prose();
        for part in error.split("\n\n") {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains(&part), "{part:?} is not in {said}");
        }
        assert_eq!(program(workspace, &["check"]).fails().stdout, *line);
    });
}
