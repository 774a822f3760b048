//! Programs that print credentials, named in HCL and by a kubeconfig.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use acceptance::{Access, Workspace, copies, each_cli_with_its_own_api};
use serde_json::{Value, json};

use super::{Mode, applied, block, environment, host, kubeconfig, token};

pub(super) const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

/// What a program prints.
pub(super) fn credential(version: &str, token: &str, expiry: &str) -> Value {
    let mut credential = json!({ "apiVersion": version, "kind": "ExecCredential", "status": { "token": token } });
    if !expiry.is_empty() {
        credential["status"]["expirationTimestamp"] = json!(expiry);
    }
    credential
}

/// A program in the workspace's folder that counts its runs.
struct Program<'w> {
    workspace: &'w Workspace,
}

impl Program<'_> {
    fn new<'w>(workspace: &'w Workspace, script: &str) -> Program<'w> {
        let home = workspace.path().display();
        let text = format!("#!/bin/sh\ncd '{home}'\necho \"run $*\" >> runs\n{script}\n");
        let path = workspace.path().join("credentials.sh");
        fs::write(&path, text).expect("the script is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the script may be run");
        Program { workspace }
    }

    /// Its runs since it was asked last, with their arguments.
    fn runs(&self) -> Vec<String> {
        let file = self.workspace.path().join("runs");
        let runs = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        runs.lines().map(str::to_owned).collect()
    }

    fn command(&self) -> String {
        self.workspace.path().join("credentials.sh").display().to_string()
    }

    /// Checks something by HCL and by a kubeconfig in the environment.
    fn both_ways(&self, access: &Access, version: &str, check: impl Fn(Mode<'_>)) {
        let command = self.command();
        let exec = format!(
            "exec = {{\n api_version = \"{version}\"\n command = \"{command}\"\n args = [\"get-token\", \"s3cret\"]\n \
             env = {{ EXTRA = \"given\" }}\n}}"
        );
        check(block(&format!("{}\n{exec}", host(access))));
        let user = json!({ "exec": {
            "apiVersion": version, "command": "./credentials.sh", "args": ["get-token", "s3cret"],
            "env": [{ "name": "EXTRA", "value": "given" }], "interactiveMode": "IfAvailable",
            "provideClusterInfo": true,
        } });
        let path = kubeconfig(self.workspace, access, &user);
        check(environment(&[("KUBECONFIG", &path)]));
    }
}

#[test]
fn a_program_that_prints_credentials_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        for version in [V1, V1BETA1] {
            let credential = credential(version, token(&access), "");
            let script = format!("echo \"$EXTRA $KUBERNETES_EXEC_INFO\" > told; echo '{credential}'");
            let program = Program::new(workspace, &script);
            program.both_ways(&access, version, |mode| {
                mode.reaches(workspace);
                assert_eq!(program.runs(), ["run get-token s3cret"]);
                let told = fs::read_to_string(workspace.path().join("told")).expect("it was told something");
                let info = told.strip_prefix("given ").expect("the variable was given");
                let info: Value = serde_json::from_str(info).expect("the information is JSON");
                assert_eq!(
                    (&info["apiVersion"], &info["spec"]["interactive"]),
                    (&json!(version), &json!(false))
                );
                let cluster = &info["spec"]["cluster"];
                assert!(cluster.is_null() || cluster["server"] == access.server, "{info}");
            });
            assert!(
                fs::read_to_string(workspace.path().join("told")).is_ok_and(|told| told.contains(&access.server)),
                "the kubeconfig wanted the program to know the cluster"
            );
        }
    });
}

#[test]
fn one_run_serves_every_workload_until_the_credential_is_refused() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        copies::apply(workspace, 5);
        let lasting = credential(V1, token(&access), "2999-01-01T00:00:00Z");
        let expired = credential(V1, token(&access), "2001-01-01T00:00:00Z");
        let stale = credential(V1, "s3cret", "");
        let once = format!("if [ -e used ]; then echo '{lasting}'; else touch used; echo '{stale}'; fi");
        for (script, expected) in [(format!("echo '{lasting}'"), 1), (once, 2)] {
            let program = Program::new(workspace, &script);
            program.both_ways(&access, V1, |mode| {
                let _ = fs::remove_file(workspace.path().join("used"));
                let lines = format!("provider \"datum\" {{\n{}\n}}\n{}", mode.block, copies::config(5));
                let output = workspace.config(&lines).run_with(super::PLAN, mode.variables);
                output.succeeds().says("No changes");
                assert_eq!(program.runs().len(), expected, "{script}");
            });
        }
        let program = Program::new(workspace, &format!("echo '{expired}'"));
        program.both_ways(&access, V1, |mode| {
            let lines = format!("provider \"datum\" {{\n{}\n}}\n{}", mode.block, copies::config(5));
            let output = workspace.config(&lines).run_with(super::PLAN, mode.variables);
            output.succeeds().says("No changes");
            // A program or a machine whose clock is wrong: the API decides whether it takes the token.
            assert_eq!(
                program.runs().len(),
                1,
                "a past expiry does not mean a run for each request"
            );
        });
    });
}

#[test]
fn a_program_that_is_of_no_help_is_explained() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let other = credential("other/v1", "s3cret", "");
        let refused = credential(V1, "s3cret", "");
        let cases = [
            (
                "echo 'log in again' >&2; echo s3cret; exit 3".to_owned(),
                "failed (exit status: 3) and said: log in again",
            ),
            ("echo s3cret".to_owned(), "printed something that is not JSON"),
            (
                format!("echo '{other}'"),
                "printed an ExecCredential of an unknown version",
            ),
            (
                format!(
                    "echo '{}'",
                    json!({ "kind": "ExecCredential", "apiVersion": V1, "status": {} })
                ),
                "neither a token nor a client certificate",
            ),
            (format!("echo '{refused}'"), "did not accept the credentials (401"),
        ];
        for (script, expected) in cases {
            let program = Program::new(workspace, &script);
            program.both_ways(&access, V1, |mode| {
                mode.fails_with(workspace, expected);
            });
        }
        Program::new(workspace, "true").both_ways(&access, "client.authentication.k8s.io/v1alpha1", |mode| {
            mode.fails_with(workspace, "client.authentication.k8s.io/v1beta1 are supported");
        });
        // One that waits for input is not waited for longer than the operation may take.
        let program = Program::new(workspace, "exec sleep 1000");
        program.both_ways(&access, V1, |mode| {
            let lines = format!("{}\ntimeouts = {{ read = \"1s\" }}", mode.block);
            let mode = Mode { block: &lines, ..mode };
            mode.fails_with(workspace, "The time for it ran out.")
                .says("had not ended; was it waiting for input? Nothing was sent.")
                .says("credentials.sh")
                .says("timeouts.read");
        });

        let missing = format!("exec = {{ api_version = \"{V1}\", command = \"no-such-program\" }}");
        block(&format!("{}\n{missing}", host(&access)))
            .fails_with(workspace, "The credential program \"no-such-program\" was not found");
        let user = json!({ "exec": {
            "apiVersion": V1, "command": "no-such-program", "installHint": "Install it from the usual place.",
        } });
        let path = kubeconfig(workspace, &access, &user);
        environment(&[("KUBECONFIG", &path)]).fails_with(workspace, "was not found Install it from the usual place.");
    });
}
