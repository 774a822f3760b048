//! In a pod, whose service account is a folder of the test's.

use acceptance::{Access, Workspace, each_cli, each_cli_with_its_own_api};

use super::{Mode, applied, block, environment, token};

/// What a pod gives its processes.
pub(super) struct Pod {
    /// Where the service account is mounted.
    pub(super) directory: String,
    host: String,
    port: String,
}

impl Pod {
    /// The environment of its processes.
    pub(super) fn variables(&self) -> [(&str, &str); 2] {
        [
            ("KUBERNETES_SERVICE_HOST", &self.host),
            ("KUBERNETES_SERVICE_PORT", &self.port),
        ]
    }
}

/// A pod whose service account has this token.
pub(super) fn pod(workspace: &Workspace, access: &Access, token: &str) -> Pod {
    use base64::Engine as _;
    let authority = base64::engine::general_purpose::STANDARD.decode(&access.ca);
    let authority = String::from_utf8(authority.expect("base64")).expect("PEM");
    workspace.write("pod/ca.crt", &authority);
    workspace.write("pod/token", token);
    workspace.write("pod/namespace", workspace.namespace());
    let (host, port) = access
        .server
        .trim_start_matches("https://")
        .rsplit_once(':')
        .expect("a port");
    Pod {
        directory: workspace.path().join("pod").display().to_string(),
        host: host.to_owned(),
        port: port.to_owned(),
    }
}

#[test]
fn a_pods_service_account_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let ways = |pod: &Pod, check: &dyn Fn(Mode<'_>)| {
            let lines = format!("in_cluster = true\nservice_account_directory = \"{}\"", pod.directory);
            let of_pod = pod.variables();
            check(Mode {
                block: &lines,
                variables: &of_pod,
            });
            let ours = [
                ("DATUM_IN_CLUSTER", "true"),
                ("DATUM_SERVICE_ACCOUNT_DIRECTORY", &*pod.directory),
            ];
            check(environment(&[&of_pod[..], &ours].concat()));
        };
        ways(&pod(workspace, &access, token(&access)), &|mode| {
            mode.reaches(workspace);
        });
        // A token that has expired, and none at all.
        ways(&pod(workspace, &access, "s3cret"), &|mode| {
            mode.fails_with(workspace, "did not accept the credentials (401");
        });
        ways(&pod(workspace, &access, ""), &|mode| {
            mode.fails_with(workspace, "it is empty");
        });
        let mut empty = pod(workspace, &access, token(&access));
        empty.directory.push_str("/missing");
        ways(&empty, &|mode| {
            mode.fails_with(workspace, "is this a pod with a service account?");
        });
    });
}

#[test]
fn in_cluster_outside_of_one_is_explained() {
    each_cli(|workspace| {
        block("in_cluster = true").fails_with(workspace, "This is not a pod");
        environment(&[("DATUM_IN_CLUSTER", "true")]).fails_with(workspace, "This is not a pod");
        block("service_account_directory = \"x\"").fails_with(workspace, "service_account_directory needs in_cluster");
    });
}
