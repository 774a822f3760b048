//! The provider block and the environment: every way to reach an API, and what goes wrong with each.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use acceptance::{Access, Workspace, each_cli, each_cli_with_its_own_api};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
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
    fn plan(&self, workspace: &Workspace) -> acceptance::Output {
        let block = format!("provider \"datum\" {{\n{}\n}}\n{WEB}", self.block);
        workspace.config(&block).run_with(PLAN, self.variables)
    }

    /// Asserts that the workload is found: nothing is left to do.
    #[track_caller]
    fn reaches(&self, workspace: &Workspace) {
        self.plan(workspace).succeeds().says("No changes");
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

/// The host and its certificate authority as lines of the provider block.
fn host(access: &Access) -> String {
    format!(
        "host = \"{}\"\ncluster_ca_certificate = \"{}\"",
        access.server, access.ca
    )
}

/// A program for the user to run, in the workspace's folder.
fn script(workspace: &Workspace, text: &str) -> String {
    let path = workspace.path().join("credentials.sh");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("the script is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the script may be run");
    path.display().to_string()
}

#[test]
fn a_token_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = access.token.clone().expect("the admin has a token");
        let host = host(&access);
        block(&format!("{host}\ntoken = \"{token}\"")).reaches(workspace);
        workspace.write("token", &token);
        block(&format!("{host}\ntoken_file = \"token\"")).reaches(workspace);
        let variables = [
            ("KUBE_HOST", &*access.server),
            ("KUBE_CLUSTER_CA_CERT_DATA", &access.ca),
            ("DATUM_TOKEN", &token),
        ];
        environment(&variables).reaches(workspace);
        environment(&[variables[0], variables[1], ("DATUM_TOKEN_FILE", "token")]).reaches(workspace);
        block(&format!(
            "host = \"{}\"\ninsecure = true\ntoken = \"{token}\"",
            access.server
        ))
        .reaches(workspace);

        let wrong = block(&format!("{host}\ntoken = \"wrong-token\""))
            .plan(workspace)
            .fails();
        wrong.says("nauthorized").does_not_say("wrong-token");
        block(&format!("{host}\ntoken_file = \"missing\""))
            .plan(workspace)
            .fails()
            .says("missing");
        block(&host).plan(workspace).fails().says("token");
        let untrusted = format!("host = \"{}\"\ntoken = \"{token}\"", access.server);
        block(&untrusted)
            .plan(workspace)
            .fails()
            .says("certificate")
            .does_not_say(&token);
        block(&format!(
            "{host}\ntls_server_name = \"elsewhere.example\"\ntoken = \"{token}\""
        ))
        .plan(workspace)
        .fails()
        .says("certificate");
    });
}

#[test]
fn a_client_certificate_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "client-cert");
        let certificate = access.client_certificate.clone().expect("the user has a certificate");
        let key = access.client_key.clone().expect("the user has a key");
        let lines = format!("client_certificate = \"{certificate}\"\nclient_key = \"{key}\"");
        block(&format!("{}\n{lines}", host(&access))).reaches(workspace);
        environment(&[
            ("KUBE_HOST", &access.server),
            ("KUBE_CLUSTER_CA_CERT_DATA", &access.ca),
            ("KUBE_CLIENT_CERT_DATA", &certificate),
            ("KUBE_CLIENT_KEY_DATA", &key),
        ])
        .reaches(workspace);
        block(&format!("{}\nclient_certificate = \"{certificate}\"", host(&access)))
            .plan(workspace)
            .fails()
            .says("client_key");
    });
}

#[test]
fn a_program_that_prints_credentials_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = access.token.clone().expect("the admin has a token");
        for version in [
            "client.authentication.k8s.io/v1",
            "client.authentication.k8s.io/v1beta1",
        ] {
            let credential = json!({ "apiVersion": version, "kind": "ExecCredential", "status": { "token": token } });
            let program = script(workspace, &format!("echo '{credential}'"));
            let exec = format!("exec = {{\n api_version = \"{version}\"\n command = \"{program}\"\n}}");
            block(&format!("{}\n{exec}", host(&access))).reaches(workspace);
        }
        let version = "client.authentication.k8s.io/v1";
        // A token that has gone stale is asked for once more.
        let credential =
            |token: &str| json!({ "apiVersion": version, "kind": "ExecCredential", "status": { "token": token } });
        let (stale, fresh) = (credential("stale"), credential(&token));
        let text = format!("if [ -e used ]; then echo '{fresh}'; else touch used; echo '{stale}'; fi");
        let used = workspace.path().join("used").display().to_string();
        let program = script(workspace, &text.replace("used", &used));
        let exec = format!("exec = {{\n api_version = \"{version}\"\n command = \"{program}\"\n}}");
        block(&format!("{}\n{exec}", host(&access))).reaches(workspace);

        let program = script(workspace, "echo 'log in again' >&2; exit 3");
        let exec = |command: &str| format!("exec = {{\n api_version = \"{version}\"\n command = \"{command}\"\n}}");
        block(&format!("{}\n{}", host(&access), exec(&program)))
            .plan(workspace)
            .fails()
            .says("log in again");
        block(&format!("{}\n{}", host(&access), exec("no-such-program")))
            .plan(workspace)
            .fails()
            .says("no-such-program");
    });
}

#[test]
fn a_proxy_is_gone_through() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = access.token.clone().expect("the admin has a token");
        let (proxy, connections) = proxy();
        let lines = format!("{}\ntoken = \"{token}\"", host(&access));
        block(&format!("{lines}\nproxy_url = \"{proxy}\"")).reaches(workspace);
        let through = connections.load(Ordering::SeqCst);
        assert!(through > 0, "nothing went through the proxy");
        Mode {
            block: &lines,
            variables: &[("KUBE_PROXY_URL", &proxy)],
        }
        .reaches(workspace);
        assert!(
            connections.load(Ordering::SeqCst) > through,
            "the variable was not heeded"
        );
        block(&format!("{lines}\nproxy_url = \"http://127.0.0.1:9\""))
            .plan(workspace)
            .fails()
            .says("tunnel error");
    });
}

/// An HTTP proxy on loopback that knows CONNECT, and how often it was asked.
fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            // A connection that fails is the client's to notice.
            thread::spawn(move || tunnel(&client));
        }
    });
    (format!("http://{address}"), connections)
}

fn tunnel(client: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(client);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let target = request.strip_prefix("CONNECT ")?.split(' ').next()?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let server = TcpStream::connect(target).ok()?;
    (&*client)
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .ok()?;
    let (mut back, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut to_client);
        to_client.shutdown(Shutdown::Both)
    });
    let _ = std::io::copy(&mut reader, &mut &server);
    server.shutdown(Shutdown::Both).ok()
}

#[test]
fn contexts_are_chosen_by_attribute_and_by_variable() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        let path = workspace.api().kubeconfig().display().to_string();
        let by_attribute = |context: &str| format!("kubeconfig = \"{path}\"\nconfig_context = \"{context}\"");
        block(&by_attribute("client-cert")).reaches(workspace);
        block(&by_attribute("nobody"))
            .plan(workspace)
            .fails()
            .says("\"nobody\"");
        environment(&[("KUBECONFIG", &path), ("KUBE_CTX", "reader")]).reaches(workspace);
        environment(&[("KUBECONFIG", &path), ("KUBE_CTX", "nobody")])
            .plan(workspace)
            .fails()
            .says("\"nobody\"");
        let by_user = format!("kubeconfig = \"{path}\"\nconfig_context_user = \"nobody\"");
        block(&by_user).plan(workspace).fails().says("\"nobody\"");
    });
}

#[test]
fn in_cluster_outside_of_one_is_explained() {
    each_cli(|workspace| {
        block("in_cluster = true").plan(workspace).fails().says("in_cluster");
        environment(&[("DATUM_IN_CLUSTER", "true")])
            .plan(workspace)
            .fails()
            .says("in_cluster");
    });
}

#[test]
fn a_kubeconfig_is_found_in_every_place() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let path = workspace.api().kubeconfig().display().to_string();
        for attribute in ["kubeconfig", "config_path"] {
            block(&format!("{attribute} = \"{path}\"")).reaches(workspace);
        }
        block(&format!("config_paths = [\"{path}\"]")).reaches(workspace);
        for variable in [
            "DATUM_KUBECONFIG",
            "KUBE_CONFIG_PATH",
            "KUBE_CONFIG_PATHS",
            "KUBECONFIG",
        ] {
            environment(&[(variable, &path)]).reaches(workspace);
        }
        // What lies in the home folder is for kubectl: nobody applies to it without having said so.
        let kubeconfig = fs::read_to_string(&path).expect("the kubeconfig is readable");
        workspace.write(".kube/config", &kubeconfig);
        environment(&[])
            .plan(workspace)
            .fails()
            .says("does not know which API to use");
    });
}

#[test]
fn a_project_and_an_endpoint_make_the_control_planes_url() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = access.token.clone().expect("the admin has a token");
        let project = workspace.project().to_owned();
        let lines = format!("cluster_ca_certificate = \"{}\"\ntoken = \"{token}\"", access.ca);
        let endpoint = access.server.clone();
        block(&format!("project = \"{project}\"\nendpoint = \"{endpoint}/\"\n{lines}"))
            .plan(workspace)
            .says(&project);
        let without_scheme = endpoint.trim_start_matches("https://");
        for (project, endpoint) in [(&*project, &*endpoint), (&project, without_scheme)] {
            let mode = format!("project = \"{project}\"\nendpoint = \"{endpoint}\"\n{lines}");
            let plan = block(&mode).plan(workspace);
            assert!(
                !plan.prose().contains("will be created"),
                "another address of the same API is not an empty one: {plan}"
            );
        }
        let nowhere = format!("project = \"nowhere\"\nendpoint = \"{endpoint}\"\n{lines}");
        block(&nowhere).plan(workspace).fails().says("nowhere");
        let both = [
            ("DATUM_PROJECT", &*project),
            ("DATUM_ORGANIZATION", "acme"),
            ("DATUM_TOKEN", &token),
        ];
        environment(&both).plan(workspace).fails().says("DATUM_ORGANIZATION");
    });
}

#[test]
fn a_service_account_key_is_exchanged_for_a_token() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = access.token.clone().expect("the admin has a token");
        let endpoint = token_endpoint(token.clone());
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("an RSA key");
        let file = json!({
            "type": "datum_service_account",
            "client_id": "42",
            "private_key_id": "k1",
            "private_key": key.serialize_pem(),
            "token_uri": endpoint,
        });
        workspace.write("key.json", &file.to_string());
        let host = host(&access);
        block(&format!("{host}\ncredentials_file = \"key.json\"")).reaches(workspace);
        block(&format!("{host}\ncredentials = file(\"key.json\")")).reaches(workspace);
        let server = [
            ("KUBE_HOST", &*access.server),
            ("KUBE_CLUSTER_CA_CERT_DATA", &access.ca),
        ];
        environment(&[server[0], server[1], ("DATUM_CREDENTIALS_FILE", "key.json")]).reaches(workspace);

        workspace.write("key.json", "{}");
        block(&format!("{host}\ncredentials_file = \"key.json\""))
            .plan(workspace)
            .fails()
            .says("key.json");
        block(&format!("{host}\ncredentials_file = \"missing.json\""))
            .plan(workspace)
            .fails()
            .says("missing.json");
    });
}

/// A token endpoint on loopback: it answers an exchange of a signed assertion with the token. That the assertion is well
/// signed is what the client's own tests look at.
fn token_endpoint(token: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let mut length = 0;
            for line in reader.by_ref().lines().map_while(Result::ok) {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut form = vec![0; length];
            if reader.read_exact(&mut form).is_err() {
                continue;
            }
            let form = String::from_utf8_lossy(&form);
            let is_exchange = form.contains("jwt-bearer") && form.contains("assertion=");
            let (status, body) = if is_exchange {
                (
                    "200 OK",
                    json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }),
                )
            } else {
                ("400 Bad Request", json!({ "error": "invalid_request" }))
            };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}",
                body.len()
            );
            // A client that has gone away has said all that it wanted.
            let _ = write!(&stream, "{head}\r\nconnection: close\r\n\r\n{body}");
        }
    });
    format!("http://{address}/oauth/v2/token")
}

#[test]
fn nothing_configured_lists_what_was_tried() {
    each_cli(|workspace| {
        workspace.config(WEB);
        workspace
            .run_with(APPLY, &[])
            .fails()
            .says("kubeconfig")
            .says("credentials_file")
            .says("KUBECONFIG");
    });
}

#[test]
fn a_provider_configuration_known_only_after_apply_still_plans() {
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
fn settings_that_exclude_each_other_are_refused_at_their_attribute() {
    each_cli(|workspace| {
        let provider =
            "provider \"datum\" {\n  host = \"https://127.0.0.1:1\"\n  token = \"hush\"\n  token_file = \"x\"\n}\n";
        workspace.config(&format!("{provider}{WEB}"));
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("token_file")
            .says("token")
            .does_not_say("hush");
    });
}

#[test]
fn a_missing_kubeconfig_and_a_missing_context_are_named() {
    each_cli(|workspace| {
        let provider = |lines: &str| format!("provider \"datum\" {{\n  {lines}\n}}\n{WEB}");
        workspace
            .config(&provider("kubeconfig = \"missing.yaml\""))
            .apply()
            .fails()
            .says("missing.yaml");
        workspace
            .config(&provider("config_context = \"elsewhere\""))
            .apply()
            .fails()
            .says("elsewhere");
    });
}
