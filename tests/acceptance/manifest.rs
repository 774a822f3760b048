//! Manifests: the functions as a configuration calls them, and the conversion to HCL, with kubectl as the judge where it is.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes golden texts with them"
)]

use std::process::Command;

use acceptance::{Feature, Kubectl, Output, Workspace, cli, each_cli, each_cli_that_has, this_test};
use serde_json::{Value, json};
use test_programs::Program;

/// A Workload with much in it, as `kubectl get -o yaml` prints one.
const RICH: &str = include_str!("manifest/rich.yaml");

/// The provider's own program, in the folder of a workspace.
fn program(workspace: &Workspace, arguments: &[&str]) -> Output {
    let program = cli::binaries().join("terraform-provider-datum");
    Output::of(Command::new(program).current_dir(workspace.path()).args(arguments))
}

/// kubectl on the workspace's API; none where there is no kubectl.
fn kubectl(workspace: &Workspace, arguments: &[&str]) -> Option<Output> {
    let kubectl = Program::Kubectl.find_or_leave_out(&this_test())?;
    let mut command = Command::new(kubectl.path());
    command
        .current_dir(workspace.path())
        .env("KUBECONFIG", workspace.api().kubeconfig())
        .args(["--namespace", workspace.namespace()])
        .args(arguments);
    Some(Output::of(&mut command))
}

/// The live object without what differs from one creation to the next.
fn live(workspace: &Workspace, name: &str) -> Value {
    let object = workspace.api().workload(workspace.namespace(), name);
    let object = object.expect("the workload exists");
    json!({ "labels": object["metadata"]["labels"], "spec": object["spec"] })
}

#[test]
fn what_is_decoded_is_what_kubectl_applies() {
    each_cli_that_has(&Feature::PROVIDER_FUNCTIONS, |workspace| {
        workspace.write("web.yaml", RICH);
        let Some(applied) = kubectl(workspace, &["apply", "-f", "web.yaml"]) else {
            return;
        };
        applied.succeeds();
        let theirs = live(workspace, "web");
        workspace.api().delete(workspace.namespace(), "web");
        workspace
            .config(
                "provider \"datum\" {\n  namespace = \"NAMESPACE\"\n}\nlocals {\n  manifest = provider::datum::manifest_decode(file(\"web.yaml\"))\n}\nresource \"datum_workload\" \"web\" {\n  \
                 metadata = local.manifest.metadata\n  spec = local.manifest.spec\n  wait = { rollout = false }\n}\n",
            )
            .applies();
        assert_eq!(live(workspace, "web"), theirs);
    });
}

/// The values that kubectl or the API refuses, each in a place where it is wrong.
const REFUSED: [(&str, &str); 15] = [
    ("replicas: 1", "replicas: \"3\""),
    ("replicas: 1", "replicas: 1:30"),
    ("replicas: 1", "replicas: 2.5"),
    ("replicas: 1", "replicas: yes"),
    ("replicas: 1", "replicas: [1]"),
    ("version: \"1\"", "version: 1.10"),
    ("version: \"1\"", "version: true"),
    ("version: \"1\"", "version: N"),
    ("version: \"1\"", "version: 0400"),
    ("image: nginx", "image: 1.10"),
    ("image: nginx", "image: nginx\n        args: \"--verbose\""),
    ("image: nginx", "image: nginx\n        command: [1.50]"),
    ("image: nginx", "image: nginx\n        ports: [{containerPort: \"80\"}]"),
    ("image: nginx", "image: nginx\n        env: [{name: A, value: no}]"),
    ("containers:", "hostNetwork: \"yes\"\n      containers:"),
];

const PLAIN: &str = "apiVersion: compute.miloapis.com/v1alpha1
kind: Workload
metadata:
  name: plain
  labels:
    version: \"1\"
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: a
        image: nginx
";

#[test]
fn what_kubectl_refuses_is_refused_with_its_line() {
    each_cli(|workspace| {
        for (index, (right, wrong)) in REFUSED.into_iter().enumerate() {
            let text = PLAIN.replace(right, wrong);
            assert_ne!(text, PLAIN, "{right:?} is in the manifest");
            workspace.write(&format!("wrong/{index}.yaml"), &text);
            if let Some(applied) = kubectl(workspace, &["apply", "-f", &format!("wrong/{index}.yaml")]) {
                assert!(!applied.success, "kubectl applies {wrong:?}:\n{applied}");
            }
        }
        let output = program(workspace, &["convert", "wrong/0.yaml"]).fails();
        output.says("wrong/0.yaml:8: spec.replicas: \"3\" is a text, and a whole number is wanted: remove the quotes");
        let names: Vec<String> = (0..REFUSED.len()).map(|index| format!("wrong/{index}.yaml")).collect();
        let arguments: Vec<&str> = std::iter::once("convert")
            .chain(names.iter().map(String::as_str))
            .collect();
        let all = program(workspace, &arguments).fails();
        assert_eq!(all.stdout, "");
        for name in &names {
            assert!(all.stderr.contains(&format!("{name}:")), "{name} is not told:\n{all}");
        }
    });
}

#[test]
fn a_function_says_everything_at_once_and_ends_in_one_full_stop() {
    each_cli_that_has(&Feature::PROVIDER_FUNCTIONS, |workspace| {
        let failing = |expression: &str, text: &str| {
            workspace.config(&format!("output \"it\" {{\n  value = {expression}\n}}\n"));
            let output = workspace.run(&["plan", "-no-color"]).fails().says(text);
            output.does_not_say("..");
        };
        workspace.write(
            "wrong.yaml",
            &PLAIN.replace("replicas: 1", "replica: 1").replace("\"1\"", "1.10"),
        );
        failing(
            "provider::datum::manifest_decode(file(\"wrong.yaml\"))",
            "Invalid value for \"manifest\" parameter: line 6, metadata.labels[version]: 1.10 is a number, and a text is wanted: quote it line 8, \
             spec.replica: unknown field \"replica\", did you mean \"replicas\"?",
        );
        failing(
            "provider::datum::manifest_decode(\"\")",
            "Invalid value for \"manifest\" parameter: the manifest holds no object: it is empty, or has comments only.",
        );
        failing(
            "provider::datum::manifest_encode(1)",
            "Invalid value for \"workload\" parameter: a number is given, and an object is wanted.",
        );
        failing(
            "provider::datum::manifest_encode({ metadata = { name = \"a\" }, spec = { replica = 1 } })",
            "Invalid value for \"workload\" parameter: spec.replica: unknown attribute \"replica\", did you mean \"replicas\"?",
        );
    });
}

#[test]
fn a_manifest_is_known_in_the_plan_that_creates_the_workload() {
    each_cli_that_has(&Feature::PROVIDER_FUNCTIONS, |workspace| {
        workspace.config(
            "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\", namespace = \"NAMESPACE\", labels = { tier = 1 } }\n  spec = {\n    \
             replicas = 1\n    template = { spec = { containers = [{ name = \"a\", image = \"nginx\", env = [{ name = \"A\", value = true }] }] } }\n  }\n}\n\
             output \"manifest\" {\n  value = provider::datum::manifest_encode(datum_workload.web)\n}\n",
        );
        let plan = workspace.plan();
        plan.output();
        let shown = workspace.run(&["show", "-json", "plan.bin"]).succeeds();
        let shown: Value = serde_json::from_str(&shown.stdout).expect("a plan is JSON");
        let manifest = shown["planned_values"]["outputs"]["manifest"]["value"].as_str();
        let manifest = manifest
            .expect("the manifest is known")
            .replace(workspace.namespace(), "NAMESPACE");
        expect_test::expect![[r#"
            apiVersion: compute.miloapis.com/v1alpha1
            kind: Workload
            metadata:
              labels:
                tier: "1"
              name: web
              namespace: NAMESPACE
            spec:
              replicas: 1
              template:
                spec:
                  containers:
                  - env:
                    - name: A
                      value: "true"
                    image: nginx
                    name: a
        "#]]
        .assert_eq(&manifest);
        workspace.applies();
    });
}

/// HCL that is made of a manifest makes that workload, and HCL that is made of a live workload takes it over and changes
/// nothing, under every CLI.
#[test]
fn what_is_converted_is_formatted_and_changes_nothing() {
    each_cli(|workspace| {
        let convert = |arguments: &[&str], name: &str| {
            let converted = program(workspace, arguments).succeeds().stdout;
            workspace.write(name, &converted);
            let formatted = workspace.run(&["fmt", "-check", "-diff", "-no-color", name]);
            assert!(formatted.success, "{name} is not formatted:\n{formatted}\n{converted}");
            converted
        };
        workspace
            .write("web.yaml", RICH)
            .write("provider.tf", "provider \"datum\" {\n  namespace = \"NAMESPACE\"\n}\n");
        convert(&["convert", "web.yaml"], "web.tf");
        workspace.applies();
        let ours = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("it exists");
        workspace.destroy().succeeds();
        // The same workload, made by kubectl, or as kubectl would.
        if let Some(applied) = kubectl(workspace, &["apply", "-f", "web.yaml"]) {
            applied.succeeds();
        } else {
            let metadata = json!({ "name": "web", "labels": ours["metadata"]["labels"] });
            let body = json!({
                "apiVersion": ours["apiVersion"], "kind": "Workload", "metadata": metadata, "spec": ours["spec"],
            });
            workspace.api().make(workspace.namespace(), body, Kubectl::Apply);
        }
        let theirs = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("it exists");
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": [theirs] });
        workspace.write("live.json", &list.to_string());
        convert(&["convert", "--import", "live.json"], "web.tf");
        let output = workspace.run(&["plan", "-no-color"]).succeeds();
        output.says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
        workspace.applies();
    });
}

#[test]
fn what_is_no_workload_is_named_and_the_others_are_converted() {
    each_cli(|workspace| {
        let named = |name: &str| PLAIN.replace("name: plain", &format!("name: {name}"));
        let other = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n";
        workspace
            .write(
                "several.yaml",
                &[
                    &named("web-app"),
                    other,
                    &named("web.app"),
                    "# nothing\n",
                    &named("2nd"),
                ]
                .map(String::from)
                .join("---\n"),
            )
            .write("broken.yaml", "a: [\n");
        let output = program(workspace, &["convert", "several.yaml", "broken.yaml", "nowhere.yaml"]).fails();
        expect_test::expect![[r#"
            nowhere.yaml: No such file or directory (os error 2)
            several.yaml:15: this is a Deployment of apps/v1, not a Workload, which has apiVersion: compute.miloapis.com/v1alpha1 and kind: Workload
            broken.yaml:1: this is neither YAML nor JSON: unclosed bracket '['
        "#]].assert_eq(&output.stderr);
        let blocks: Vec<&str> = output
            .stdout
            .lines()
            .filter(|line| line.starts_with("resource"))
            .collect();
        assert_eq!(
            blocks,
            [
                "resource \"datum_workload\" \"web_app\" {",
                "resource \"datum_workload\" \"web_app_2\" {",
                "resource \"datum_workload\" \"workload_2nd\" {",
            ]
        );
    });
}

/// What Terraform generates for an import is tidied, and still plans nothing but the import.
#[test]
fn generated_hcl_is_tidied() {
    each_cli_that_has(&Feature::GENERATED_CONFIGURATION, |workspace| {
        workspace.write("web.yaml", PLAIN);
        let hcl = program(workspace, &["convert", "web.yaml"]).succeeds().stdout;
        workspace.write("provider.tf", "provider \"datum\" {\n  namespace = \"NAMESPACE\"\n}\n");
        workspace.config(&hcl).applies();
        workspace.run(&["state", "rm", "datum_workload.plain"]).succeeds();
        workspace.generates("", "datum_workload.plain", "plain");
        let tidied = program(workspace, &["convert", "--tidy", "generated.tf"])
            .succeeds()
            .stdout;
        workspace.write("generated.tf", &tidied);
        // Each CLI signs with its name.
        let tidied = tidied.replace("OpenTofu", "Terraform");
        expect_test::expect![[r##"
            # __generated__ by Terraform
            # Please review these resources and move them into your main configuration files.

            # __generated__ by Terraform from "plain"
            resource "datum_workload" "plain" {
              metadata = {
                labels    = { version = "1" }
                name      = "plain"
                namespace = "NAMESPACE"
              }
              spec = {
                replicas = 1
                template = { spec = { containers = [{ image = "nginx", name = "a" }] } }
              }
            }
        "##]]
        .assert_eq(&tidied.replace(workspace.namespace(), "NAMESPACE"));
        workspace.run(&["fmt", "-check", "generated.tf"]).succeeds();
        workspace
            .run(&["plan", "-no-color"])
            .succeeds()
            .says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
    });
}

/// What stands between the first fence of this language and its end, in a guide.
fn shown<'g>(guide: &'g str, language: &str) -> &'g str {
    let (_, rest) = guide
        .split_once(&format!("```{language}\n"))
        .expect("the guide shows some");
    rest.split_once("```").expect("the fence ends").0
}

#[test]
fn the_guide_shows_what_is_converted() {
    const GUIDE: &str = include_str!("../../docs/guides/from-yaml.md");
    each_cli(|workspace| {
        workspace.write("workload.yaml", shown(GUIDE, "yaml"));
        let converted = program(workspace, &["convert", "workload.yaml"]).succeeds().stdout;
        assert_eq!(converted, shown(GUIDE, "terraform"));
        let wrong = PLAIN.replace("\"1\"", "1.10").replace("replicas: 1", "replicas: \"3\"");
        workspace.write("wrong.yaml", &wrong);
        let told = program(workspace, &["convert", "wrong.yaml"]).fails().stderr;
        let told = told
            .replace("wrong.yaml:", "line ")
            .replace(": metadata", ", metadata")
            .replace(": spec", ", spec");
        assert_eq!(told, shown(GUIDE, "text"));
    });
}
