//! kubectl against the control plane: the recorded transcript, and what else the specification's user would type.
//!
//! Where kubectl is absent these tests are left out, which is told: the requests that it sends are covered by the others.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::{env, fs, iter};

use datum_control_plane::server::{Options, Scheme};
use test_programs::Program;

use crate::client::{ControlPlane, options};
use crate::matching::text_matches;

/// What of the transcript is a value of that one recording.
const PLACEHOLDERS: [(&str, &str); 6] = [
    ("Version:    1184", "Version:    <rv>"),
    ("resourceVersion: \"1185\"", "resourceVersion: \"<rv>\""),
    ("True        1s", "True        <age>"),
    ("LIVE/", "<folder>/"),
    ("MERGED/", "<folder>/"),
    // The recording's own shell wrote this line.
    ("}++++ echo", "}"),
];

/// Where the control plane answers differently on purpose: the command, the output here, the reason.
const EXCEPTIONS: [(&str, &str, &str); 3] = [
    (
        "kubectl api-resources --api-group=compute.miloapis.com",
        "NAME        SHORTNAMES   APIVERSION                      NAMESPACED   KIND
workloads   wl           compute.miloapis.com/v1alpha1   true         Workload",
        "the recorded definition had no short name",
    ),
    (
        r#"kubectl patch workload web-app -n project-myproject -p '{"spec":{"replicas":5}}'"#,
        "workload.compute.miloapis.com/web-app patched (no change)",
        "the specification promises this command: strategic merge patches are accepted",
    ),
    (
        "kubectl explain workload.spec.replicas",
        "GROUP:      compute.miloapis.com
KIND:       Workload
VERSION:    v1alpha1
FIELD: replicas <integer>
DESCRIPTION:
    The number of replicas wanted. Leave it out when an autoscaler sets it.",
        "the recorded definition had no descriptions",
    ),
];

/// The specification's "Basic Web Application".
const WEB: &str = include_str!("../../../../config/samples/web-app.yaml");

/// What else a user types, in this order, and what kubectl prints.
const COMMANDS: &[(&str, &str)] = &[
    (
        "kubectl create namespace project-other",
        "namespace/project-other created",
    ),
    (
        "kubectl apply -f web.yaml",
        "workload.compute.miloapis.com/web-app created",
    ),
    (
        "kubectl apply --dry-run=server -f web.yaml",
        "workload.compute.miloapis.com/web-app configured (server dry run)",
    ),
    (
        "kubectl edit workload web-app",
        "workload.compute.miloapis.com/web-app edited",
    ),
    (
        "kubectl get workload web-app -o jsonpath='{.spec.template.spec.containers[0].image}'",
        "nginx:1.26",
    ),
    (
        "kubectl label workload web-app tier=front",
        "workload.compute.miloapis.com/web-app labeled",
    ),
    (
        "kubectl get workloads -l tier=front -o name",
        "workload.compute.miloapis.com/web-app",
    ),
    (
        "kubectl create secret generic db --from-literal=url=postgres",
        "secret/db created",
    ),
    ("kubectl get secret db -o jsonpath='{.data.url}'", "cG9zdGdyZXM="),
    (
        "kubectl create quota compute --hard=cpu=4,memory=8Gi",
        "resourcequota/compute created",
    ),
    (
        "kubectl get quota compute -o jsonpath='{.spec.hard}'",
        "{\"cpu\":\"4\",\"memory\":\"8Gi\"}",
    ),
    (
        "kubectl get quota",
        "NAME      REQUEST   LIMIT   AGE
compute                     <age>",
    ),
    ("kubectl cluster-info | grep -c 'control plane.*is running'", "1"),
    ("kubectl get wl,datum -o name", "workload.compute.miloapis.com/web-app"),
    (
        "kubectl get workloads,secrets -o yaml > all.yaml && kubectl apply -f all.yaml | sort",
        "secret/db configured
workload.compute.miloapis.com/web-app configured",
    ),
    (
        "sed 's/replicas:/replica:/' all.yaml | kubectl create -f -",
        "error: error validating \"STDIN\": error validating data: ValidationError(Workload.spec): unknown field \"replica\" in com.miloapis.compute.v1alpha1.Workload.spec; if you choose to ignore these errors, turn validation off with --validate=false",
    ),
    (
        "kubectl get workload web-app --subresource=scale",
        "NAME      DESIRED   AVAILABLE   AGE
web-app   3         0           <age>",
    ),
    ("kubectl get all", "No resources found in project-myproject namespace."),
    ("kubectl auth can-i delete workloads --as=reader", "no"),
    ("kubectl auth can-i delete workloads --as=no-delete -q", ""),
    (
        "kubectl rollout status workload/web-app",
        "error: no kind \"Workload\" is registered for version \"compute.miloapis.com/v1alpha1\" in scheme \"pkg/scheme/scheme.go:28\"",
    ),
    ("kubectl top pods", "error: Metrics API not available"),
    (
        "kubectl get --raw '/livez?verbose'",
        "[+]ping ok
[+]etcd ok
livez check passed",
    ),
    (
        "kubectl patch workload web-app --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":4}]'",
        "workload.compute.miloapis.com/web-app patched",
    ),
    (
        "kubectl replace --save-config -f web.yaml",
        "workload.compute.miloapis.com/web-app replaced",
    ),
    (
        "sed 's/web-app$/web-b/' web.yaml | kubectl apply -f -",
        "workload.compute.miloapis.com/web-b created",
    ),
    (
        "kubectl get workloads --chunk-size=1 -o name",
        "workload.compute.miloapis.com/web-app
workload.compute.miloapis.com/web-b",
    ),
    (
        "kubectl get workloads --field-selector metadata.name=web-b -o name",
        "workload.compute.miloapis.com/web-b",
    ),
    (
        "kubectl get workloads --field-selector status.phase=Running",
        "Error from server (BadRequest): Unable to find \"compute.miloapis.com/v1alpha1, Resource=workloads\" that match label selector \"\", field selector \"status.phase=Running\": field label not supported: status.phase",
    ),
    (
        "kubectl apply -f web.yaml --prune -l environment=production --prune-allowlist=compute.miloapis.com/v1alpha1/Workload",
        "workload.compute.miloapis.com/web-app configured
workload.compute.miloapis.com/web-b pruned",
    ),
    (
        "kubectl annotate workload web-app note=hi --overwrite",
        "workload.compute.miloapis.com/web-app annotated",
    ),
    (
        "kubectl get workload web-app -w --request-timeout=1s -o name",
        "workload.compute.miloapis.com/web-app",
    ),
    ("kubectl --context reader auth can-i delete workloads", "no"),
    (
        "kubectl --context reader delete workload web-app",
        "Error from server (Forbidden): workloads.compute.miloapis.com \"web-app\" is forbidden: User \"reader\" cannot delete resource \"workloads\" in API group \"compute.miloapis.com\" in the namespace \"project-myproject\"",
    ),
    (
        "sed 's/replicas/replica/' web.yaml | kubectl create --dry-run=server -f -",
        "Error from server (BadRequest): error when creating \"STDIN\": Workload in version \"v1alpha1\" cannot be handled as a Workload: strict decoding error: unknown field \"spec.replica\"",
    ),
    (
        "kubectl --context project-myproject get workloads -A -o name",
        "workload.compute.miloapis.com/web-app",
    ),
    (
        "kubectl delete namespace project-myproject",
        "namespace \"project-myproject\" deleted",
    ),
    ("kubectl get workloads -A", "No resources found"),
];

/// A folder with a kubeconfig and a manifest, to run kubectl in.
struct Kubectl {
    folder: tempfile::TempDir,
}

impl Kubectl {
    /// Nothing where there is no kubectl.
    fn prepare(control_plane: &ControlPlane) -> Option<Self> {
        let kubectl = Program::Kubectl.find_or_leave_out("kubectl against the control plane")?;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kubeconfig"), control_plane.server.kubeconfig()).unwrap();
        fs::write(folder.path().join("web.yaml"), WEB).unwrap();
        // Under the name that the transcript calls it by, before any other of that name.
        symlink(kubectl.path(), folder.path().join("kubectl")).unwrap();
        Some(Self { folder })
    }

    fn search_path(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let folders = iter::once(self.folder.path().to_owned()).chain(env::split_paths(&rest));
        env::join_paths(folders).unwrap()
    }

    /// Runs a command line and gives what it prints, errors included.
    async fn run(&self, command: &str) -> String {
        let path = |name: &str| Path::new(self.folder.path()).join(name);
        let output = tokio::process::Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(self.folder.path())
            .env("KUBECONFIG", path("kubeconfig"))
            .env("HOME", self.folder.path())
            .env("PATH", self.search_path())
            .env("EDITOR", "sed -i s/nginx:1.25/nginx:1.26/")
            .output()
            .await
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The commands of a transcript with what they printed.
fn transcript(text: &str) -> Vec<(String, String)> {
    let session = text.split("```").nth(1).unwrap();
    session
        .split("\n$ ")
        .skip(1)
        .map(|entry| {
            let (command, output) = entry.split_once('\n').unwrap_or((entry, ""));
            (command.to_owned(), output.to_owned())
        })
        .collect()
}

/// The lines with something on them.
fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Where the output differs from the recorded one; nothing when it matches.
fn difference(recorded: &str, output: &str) -> Option<String> {
    let (left, right) = (lines(recorded), lines(output));
    let ends = |lines: &[&str]| lines.len();
    if ends(&left) != ends(&right) {
        return Some(format!("recorded:\n{recorded}\nprinted:\n{output}"));
    }
    iter::zip(left, right)
        .find(|(recorded, line)| !text_matches(recorded, line))
        .map(|(recorded, line)| format!("recorded: {recorded}\n printed: {line}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_prints_what_it_printed_against_a_real_api_server() {
    let control_plane = ControlPlane::start().await;
    let Some(kubectl) = Kubectl::prepare(&control_plane) else {
        return;
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/kubectl.md");
    let text = PLACEHOLDERS
        .iter()
        .fold(fs::read_to_string(file).unwrap(), |text, (value, placeholder)| {
            text.replace(value, placeholder)
        });
    let entries = transcript(&text);
    assert!(entries.len() > 20, "the transcript is cut short");
    let mut failures = Vec::new();
    for (command, recorded) in entries {
        let expected = EXCEPTIONS
            .iter()
            .find(|(excepted, ..)| *excepted == command)
            .map_or(recorded.as_str(), |(_, output, _)| output);
        let output = kubectl.run(&command).await;
        failures.extend(difference(expected, &output).map(|difference| format!("$ {command}\n{difference}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_does_what_else_a_user_needs() {
    let control_plane = ControlPlane::start().await;
    let Some(kubectl) = Kubectl::prepare(&control_plane) else {
        return;
    };
    let mut failures = Vec::new();
    for (command, expected) in COMMANDS {
        let output = kubectl.run(command).await;
        failures.extend(difference(expected, &output).map(|difference| format!("$ {command}\n{difference}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_is_somebody_over_plain_http_too() {
    let control_plane = ControlPlane::start_with(Options {
        scheme: Scheme::Http,
        ..options()
    })
    .await;
    let Some(kubectl) = Kubectl::prepare(&control_plane) else {
        return;
    };
    for (command, expected) in [
        ("kubectl auth whoami -o jsonpath='{.status.userInfo.username}'", "admin"),
        ("kubectl --context reader auth can-i delete workloads", "no"),
        (
            "kubectl --context project-myproject apply -f web.yaml",
            "workload.compute.miloapis.com/web-app created",
        ),
        ("kubectl get workloads -o name", "workload.compute.miloapis.com/web-app"),
    ] {
        assert_eq!(difference(expected, &kubectl.run(command).await), None, "{command}");
    }
    // The token is nobody else's business.
    let log = control_plane
        .client("admin")
        .get("/_control/requests")
        .await
        .json()
        .to_string();
    assert!(
        log.contains("kubectl") && !log.contains(&control_plane.token("admin")),
        "{log}"
    );
}
