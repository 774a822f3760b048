//! Kubeconfigs: where they are found, how several of them merge, and what is taken of them.

use acceptance::{Workspace, each_cli, each_cli_with_its_own_api};
use serde_json::json;

use super::{Mode, WEB, applied, block, environment, kubeconfig, token};

#[test]
fn a_kubeconfig_is_found_in_every_place() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let path = workspace.api().kubeconfig().display().to_string();
        for attribute in ["kubeconfig", "config_path"] {
            block(&format!("{attribute} = \"{path}\"")).reaches(workspace);
            block(&format!("{attribute} = \"missing.yaml\""))
                .fails_with(workspace, "Cannot read kubeconfig missing.yaml")
                .says(&format!("Check {attribute}, which is set in the provider block."));
        }
        block(&format!("config_paths = [\"{path}\"]")).reaches(workspace);
        block("config_paths = [\"missing.yaml\", \"neither.yaml\"]").fails_with(
            workspace,
            "None of the kubeconfig files exists: missing.yaml, neither.yaml",
        );
        for variable in [
            "DATUM_KUBECONFIG",
            "KUBE_CONFIG_PATH",
            "KUBE_CONFIG_PATHS",
            "KUBECONFIG",
        ] {
            environment(&[(variable, &path)]).reaches(workspace);
            environment(&[(variable, "missing.yaml")])
                .fails_with(workspace, "Cannot read kubeconfig missing.yaml")
                .says(&format!("which is set in the environment variable {variable}."));
        }
        workspace.write("broken.yaml", "users: [{ name: me, user: { token: [s3cret } }]");
        block("kubeconfig = \"broken.yaml\"").fails_with(workspace, "it is not a kubeconfig (line 1");
    });
}

#[test]
fn several_files_merge_as_kubectl_merges_them() {
    each_cli_with_its_own_api(|workspace| {
        use base64::Engine as _;
        let access = applied(workspace, "admin");
        let authority = base64::engine::general_purpose::STANDARD.decode(&access.ca);
        let authority = String::from_utf8(authority.expect("base64")).expect("PEM");
        workspace
            .write("first/ca.pem", &authority)
            .write("second/token", token(&access));
        // The first to name something wins, and files are relative to the file that names them.
        let first = json!({
            "current-context": "work",
            "clusters": [{ "name": "c", "cluster": { "server": access.server, "certificate-authority": "ca.pem" } }],
        });
        let second = json!({
            "current-context": "other",
            "contexts": [{ "name": "work", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": { "server": "https://127.0.0.1:1" } }],
            "users": [{ "name": "u", "user": { "tokenFile": "token" } }],
        });
        workspace
            .write("first/config", &first.to_string())
            .write("second/config", &second.to_string());
        let list = "first/config:missing/config:second/config";
        for variable in ["KUBECONFIG", "KUBE_CONFIG_PATHS"] {
            environment(&[(variable, list)]).reaches(workspace);
        }
        let paths = list.replace(':', "\", \"");
        block(&format!("config_paths = [\"{paths}\"]")).reaches(workspace);
        let turned = "second/config:first/config";
        environment(&[("KUBECONFIG", turned)]).fails_with(workspace, "The kubeconfig has no context \"other\"");
    });
}

#[test]
fn contexts_clusters_and_users_are_chosen_by_attribute_and_by_variable() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        let path = workspace.api().kubeconfig().display().to_string();
        let both_ways = |chosen: &[(&str, &str, &str, &str)], check: &dyn Fn(Mode<'_>)| {
            let lines: Vec<_> = chosen
                .iter()
                .map(|(name, .., value)| format!("{name} = \"{value}\""))
                .collect();
            check(block(&format!("kubeconfig = \"{path}\"\n{}", lines.join("\n"))));
            let ours = chosen.iter().map(|&(_, ours, _, value)| (ours, value));
            check(environment(
                &[&[("DATUM_KUBECONFIG", &*path)], &*ours.collect::<Vec<_>>()].concat(),
            ));
            let theirs = chosen.iter().map(|&(.., theirs, value)| (theirs, value));
            check(environment(
                &[&[("KUBECONFIG", &*path)], &*theirs.collect::<Vec<_>>()].concat(),
            ));
        };
        let context = |value| ("config_context", "DATUM_CONTEXT", "KUBE_CTX", value);
        let cluster = |value| {
            (
                "config_context_cluster",
                "DATUM_CONTEXT_CLUSTER",
                "KUBE_CTX_CLUSTER",
                value,
            )
        };
        let user = |value| ("config_context_user", "DATUM_CONTEXT_USER", "KUBE_CTX_AUTH_INFO", value);
        both_ways(&[context("client-cert")], &|mode| mode.reaches(workspace));
        both_ways(&[context("nobody"), user("reader")], &|mode| mode.reaches(workspace));
        both_ways(&[cluster("datum-control-plane")], &|mode| mode.reaches(workspace));
        both_ways(&[context("nobody")], &|mode| {
            mode.fails_with(workspace, "User \"nobody\" is not allowed to get");
        });
        both_ways(&[user("nobody")], &|mode| {
            mode.fails_with(workspace, "User \"nobody\" is not allowed to get");
        });
        for (choice, what) in [
            (context("elsewhere"), "context"),
            (cluster("elsewhere"), "cluster"),
            (user("elsewhere"), "user"),
        ] {
            both_ways(&[choice], &|mode| {
                mode.fails_with(
                    workspace,
                    &format!("The kubeconfig has no {what} \"elsewhere\"; it has"),
                );
            });
        }
        // A context alone is of kubectl's own file.
        in_home(workspace);
        block("config_context = \"reader\"").reaches(workspace);
        environment(&[("DATUM_CONTEXT", "reader")]).reaches(workspace);
    });
}

fn in_home(workspace: &Workspace) {
    let text = std::fs::read_to_string(workspace.api().kubeconfig()).expect("the kubeconfig is readable");
    workspace.write(".kube/config", &text);
}

#[test]
fn credentials_of_a_kubeconfig_that_expired_or_do_not_work_here_are_explained() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let users = [
            (json!({ "token": "s3cret" }), "did not accept the credentials (401"),
            (json!({}), "Check the credentials that the provider was given"),
            (json!({ "tokenFile": "missing" }), "Cannot read the token file"),
            (
                json!({ "auth-provider": { "name": "gcp" } }),
                "auth-provider \"gcp\" is not supported",
            ),
            (
                json!({ "exec": { "apiVersion": super::exec::V1, "command": "login", "interactiveMode": "Always" } }),
                "needs a terminal",
            ),
        ];
        for (user, expected) in users {
            let path = kubeconfig(workspace, &access, &user);
            block(&format!("kubeconfig = \"{path}\"")).fails_with(workspace, expected);
            environment(&[("KUBECONFIG", &path)]).fails_with(workspace, expected);
        }
        // An attribute replaces the kubeconfig's user, and so does a variable of ours.
        let path = kubeconfig(workspace, &access, &json!({ "token": "s3cret" }));
        block(&format!("kubeconfig = \"{path}\"\ntoken = \"{}\"", token(&access))).reaches(workspace);
        environment(&[("KUBECONFIG", &path), ("DATUM_TOKEN", token(&access))]).reaches(workspace);
    });
}
