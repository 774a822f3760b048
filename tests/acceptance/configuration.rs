//! The provider block and the environment: every way to reach an API, and what goes wrong with each.

mod client_certificate;
mod exec;
mod in_cluster;
mod kubeconfig;
mod loopback;
mod network;
mod project;
mod secrecy;
mod service_account;
mod token;

use std::fs;

use acceptance::{Access, Output, Workspace, each_cli, each_cli_with_its_own_api};
use serde_json::json;

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}
"#;

const PLAN: &[&str] = &["plan", "-no-color"];
const APPLY: &[&str] = &["apply", "-auto-approve", "-no-color"];

/// A way to reach the API: lines of the provider block and environment variables.
struct Mode<'m> {
    block: &'m str,
    variables: &'m [(&'m str, &'m str)],
}

impl Mode<'_> {
    fn plan(&self, workspace: &Workspace) -> Output {
        let block = format!("provider \"datum\" {{\n{}\n}}\n{WEB}", self.block);
        workspace.config(&block).run_with(PLAN, self.variables)
    }

    /// Asserts that the workload is found: nothing is left to do.
    #[track_caller]
    fn reaches(&self, workspace: &Workspace) {
        self.plan(workspace).succeeds().says("No changes");
    }

    /// Asserts that the plan fails with this text, and shows none of the secrets.
    #[track_caller]
    fn fails_with(&self, workspace: &Workspace, text: &str) -> Output {
        self.plan(workspace).fails().says(text).does_not_say("s3cret")
    }
}

fn block(text: &str) -> Mode<'_> {
    Mode {
        block: text,
        variables: &[],
    }
}

fn environment<'m>(variables: &'m [(&'m str, &'m str)]) -> Mode<'m> {
    Mode { block: "", variables }
}

/// Applies the workload by kubeconfig, so that every other way has something to find.
fn applied(workspace: &Workspace, user: &str) -> Access {
    workspace.config(WEB).applies();
    workspace.api().access(user)
}

/// The admin's token.
fn token(access: &Access) -> &str {
    access.token.as_deref().expect("the admin has a token")
}

/// The host and its certificate authority as lines of the provider block.
fn host(access: &Access) -> String {
    format!(
        "host = \"{}\"\ncluster_ca_certificate = \"{}\"",
        access.server, access.ca
    )
}

/// The host and its certificate authority as environment variables.
fn host_variables(access: &Access) -> [(&str, &str); 2] {
    [
        ("DATUM_HOST", &access.server),
        ("DATUM_CLUSTER_CA_CERTIFICATE", &access.ca),
    ]
}

/// A kubeconfig with one cluster and one user, in the workspace's folder.
fn kubeconfig(workspace: &Workspace, access: &Access, user: &serde_json::Value) -> String {
    let cluster = json!({ "server": access.server, "certificate-authority-data": access.ca });
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "contexts": [{ "name": "here", "context": { "cluster": "here", "user": "me" } }],
        "clusters": [{ "name": "here", "cluster": cluster }],
        "users": [{ "name": "me", "user": user }],
    });
    workspace.write("kubeconfig", &text.to_string());
    workspace.path().join("kubeconfig").display().to_string()
}

#[test]
fn nothing_configured_lists_what_was_tried() {
    each_cli(|workspace| {
        workspace.config(WEB);
        workspace
            .run_with(APPLY, &[])
            .fails()
            .says("The provider does not know which API to use")
            .says("credentials_file (DATUM_CREDENTIALS_FILE) with project, unless the key names it: not set")
            .says("config_paths (KUBE_CONFIG_PATHS, KUBECONFIG): not set");
        workspace
            .run_with(APPLY, &[("DATUM_TOKEN", "s3cret")])
            .fails()
            .says("token only says who asks")
            .does_not_say("s3cret");
        // What lies in the home folder is for kubectl: nobody applies to it without having said so.
        let kubeconfig = fs::read_to_string(workspace.api().kubeconfig()).expect("the kubeconfig is readable");
        workspace.write(".kube/config", &kubeconfig);
        environment(&[]).fails_with(workspace, "does not know which API to use");
    });
}

#[test]
fn settings_that_exclude_each_other_are_refused_at_their_attribute() {
    each_cli(|workspace| {
        let refused = |lines: &str, attribute: &str, other: &str| {
            workspace.config(&format!("provider \"datum\" {{\n{lines}\n}}\n{WEB}"));
            let output = workspace.run(&["validate", "-json"]).fails();
            let output: serde_json::Value = serde_json::from_str(&output.stdout).expect("validate prints JSON");
            let diagnostics = output["diagnostics"].as_array().expect("there are diagnostics");
            let found = diagnostics.iter().find(|found| {
                found["summary"] == format!("{attribute} and {other} exclude each other")
                    && found["snippet"]["code"]
                        .as_str()
                        .is_some_and(|code| code.contains(attribute))
            });
            assert!(found.is_some(), "{attribute} should be refused where it is: {output:#}");
        };
        let host = "host = \"https://127.0.0.1:1\"";
        refused(
            &format!("{host}\ntoken = \"hush\"\ntoken_file = \"x\""),
            "token_file",
            "token",
        );
        refused(&format!("{host}\nkubeconfig = \"x\""), "host", "kubeconfig");
        refused(&format!("{host}\nconfig_context = \"x\""), "config_context", "host");
        refused(
            &format!("{host}\ninsecure = true\ncluster_ca_certificate = \"x\""),
            "cluster_ca_certificate",
            "insecure",
        );
        refused("in_cluster = true\ntoken = \"hush\"", "token", "in_cluster");
        refused("endpoint = \"x\"\nconfig_paths = [\"x\"]", "config_paths", "endpoint");
    });
}

#[test]
fn an_attribute_wins_over_its_variables_and_those_over_the_variables_of_other_tools() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let nowhere = "https://127.0.0.1:1";
        let other_tools = [
            ("KUBE_HOST", nowhere),
            ("KUBE_TOKEN", "wrong"),
            ("KUBE_CLUSTER_CA_CERT_DATA", "wrong"),
        ];
        let [server, authority] = host_variables(&access);
        let ours = [server, authority, ("DATUM_TOKEN", token(&access))];
        environment(&[&ours[..], &other_tools].concat()).reaches(workspace);

        let lines = format!("{}\ntoken = \"{}\"", host(&access), token(&access));
        let wrong = [
            ("DATUM_HOST", nowhere),
            ("DATUM_TOKEN", "wrong"),
            ("DATUM_TOKEN_FILE", "missing"),
            ("DATUM_CREDENTIALS_FILE", "missing"),
            ("DATUM_CLUSTER_CA_CERTIFICATE", "wrong"),
            ("DATUM_INSECURE", "maybe"),
        ];
        let wrong = [&wrong[..5], &other_tools].concat();
        Mode {
            block: &lines,
            variables: &wrong,
        }
        .reaches(workspace);

        // A kubeconfig that was named is taken whole: what is about another cluster does not get into it.
        let path = workspace.api().kubeconfig().display().to_string();
        Mode {
            block: &format!("kubeconfig = \"{path}\""),
            variables: &[&other_tools[..], &[("KUBE_CTX", "nobody")]].concat(),
        }
        .reaches(workspace);

        environment(&[server, authority, ("DATUM_INSECURE", "maybe")]).fails_with(
            workspace,
            "The value in the environment variable DATUM_INSECURE is not what insecure should be",
        );
        block(&format!("{}\ntoken = \"\"", host(&access))).fails_with(workspace, "token is empty");
    });
}

/// Every way to say where the API is and who asks, with the one value that the test makes known only at apply.
#[test]
fn whatever_is_known_only_after_apply_still_plans() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let certificate = workspace.api().access("client-cert");
        let text = |value: &Option<String>| value.clone().expect("the user has a certificate");
        let host = host(&access);
        let path = workspace.api().kubeconfig().display().to_string();
        workspace.write("token", token(&access));
        let endpoint = loopback::TokenEndpoint::start(token(&access));
        workspace.write("key.json", &endpoint.key().to_string());
        let pod = in_cluster::pod(workspace, &access, token(&access));
        let credential = exec::credential(exec::V1, token(&access), "");
        workspace.write("credential.json", &credential.to_string());
        let with_host = |line: &str| format!("{host}\n{line}");
        let modes = [
            ("kubeconfig = UNKNOWN".to_owned(), path.clone()),
            ("config_path = UNKNOWN".to_owned(), path.clone()),
            ("config_paths = [UNKNOWN]".to_owned(), path.clone()),
            (
                format!("kubeconfig = \"{path}\"\nconfig_context = UNKNOWN"),
                "reader".to_owned(),
            ),
            (
                format!(
                    "cluster_ca_certificate = \"{}\"\ntoken = \"{}\"\nhost = UNKNOWN",
                    access.ca,
                    token(&access)
                ),
                access.server.clone(),
            ),
            (
                format!(
                    "cluster_ca_certificate = \"{}\"\ntoken = \"{}\"\nproject = \"PROJECT\"\nendpoint = UNKNOWN",
                    access.ca,
                    token(&access)
                ),
                access.server.clone(),
            ),
            (with_host("token = UNKNOWN"), token(&access).to_owned()),
            (with_host("token_file = UNKNOWN"), "token".to_owned()),
            (
                with_host(&format!(
                    "client_certificate = \"{}\"\nclient_key = UNKNOWN",
                    text(&certificate.client_certificate)
                )),
                text(&certificate.client_key),
            ),
            (
                with_host(&format!(
                    "exec = {{ api_version = \"{}\", command = \"cat\", args = [UNKNOWN] }}",
                    exec::V1
                )),
                "credential.json".to_owned(),
            ),
            (with_host("credentials_file = UNKNOWN"), "key.json".to_owned()),
            (
                "in_cluster = true\nservice_account_directory = UNKNOWN".to_owned(),
                pod.directory.clone(),
            ),
        ];
        for (number, (lines, value)) in modes.iter().enumerate() {
            let name = format!("of_{number}");
            let provider = lines.replace("UNKNOWN", &format!("terraform_data.{name}.output"));
            workspace.config(&format!(
                "resource \"terraform_data\" \"{name}\" {{\n  input = \"{value}\"\n}}\n\
                 provider \"datum\" {{\n{provider}\n}}\n{WEB}"
            ));
            let pod = pod.variables();
            let planned = workspace.run_with(PLAN, &pod).succeeds();
            planned
                .says("1 to add, 0 to change")
                .does_not_say("datum_workload.web will");
            workspace.run_with(APPLY, &pod).succeeds();
            workspace.run_with(PLAN, &pod).succeeds().says("No changes");
        }
    });
}

#[test]
fn a_workload_is_planned_by_a_provider_that_is_configured_by_what_the_same_run_makes() {
    each_cli(|workspace| {
        let provider = r#"
resource "terraform_data" "path" { input = "KUBECONFIG_PATH" }
provider "datum" { kubeconfig = terraform_data.path.output }
"#;
        let path = workspace.api().kubeconfig().display().to_string();
        workspace.config(&format!("{}{WEB}", provider.replace("KUBECONFIG_PATH", &path)));
        workspace
            .run_with(PLAN, &[])
            .succeeds()
            .says("2 to add")
            .says("+ status = (known after apply)");
        workspace.applies();
    });
}

#[test]
fn what_is_wrong_is_said_at_plan_and_not_where_it_is_only_not_there() {
    each_cli(|workspace| {
        let another = WEB.replace("\"web\"", "\"shop\"");
        let configured = |lines: &str| {
            let text = format!("provider \"datum\" {{\n{lines}\n}}\n{WEB}\n{another}");
            workspace.config(&text);
        };
        // Files that are on another machine, or that the same run makes.
        for lines in ["credentials_file = \"missing.json\"", "kubeconfig = \"missing\""] {
            configured(lines);
            workspace.run(&["validate", "-no-color"]).succeeds();
        }
        let plan = workspace.run_with(PLAN, &[]).succeeds().says("Plan: 2 to add");
        let told = "Warning: The provider cannot reach the API: kubeconfig cannot be used";
        assert_eq!(plan.prose().matches(told).count(), 1, "{plan}");

        configured("host = \"https://127.0.0.1:1\"\nclient_certificate = \"s3cret\"\nclient_key = \"s3cret\"");
        let plan = workspace.run_with(PLAN, &[]).fails().does_not_say("s3cret");
        let told = "Error: The provider cannot reach the API: client_certificate cannot be used";
        assert_eq!(plan.prose().matches(told).count(), 1, "{plan}");
    });
}
