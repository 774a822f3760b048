//! kubectl is the judge of kubeconfigs and of trust: both are given the same files, and have to come to the same server as the
//! same user, or both to none. Where there is no kubectl, there is nothing to compare with, which is told.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datum_client::Client;
use datum_client::config::{Auth, Config, Kubeconfig, Retries, Target};
use rcgen::ExtendedKeyUsagePurpose;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_programs::{Found, Program};
use tokio::process::Command;

use crate::tls::{Authority, Identity, Server};

/// What a server saw of somebody: whether there was a certificate, and the header that says who asks. None if nobody came.
type Seen = Option<(bool, String)>;

/// A folder with certificates, keys and kubeconfigs, and the servers that they are for.
struct Bench {
    kubectl: Found,
    folder: TempDir,
    authority: Authority,
    server: Server,
}

impl Bench {
    async fn new(kubectl: Found) -> Self {
        let authority = Authority::new("ours");
        let server = Server::start(&authority, &["127.0.0.1", "api.internal"]).await;
        let bench = Self {
            kubectl,
            folder: TempDir::new().unwrap(),
            authority,
            server,
        };
        let me = bench.authority.client();
        for (name, text) in [
            ("ca.pem", bench.authority.pem.as_str()),
            ("me.crt", me.certificate.as_str()),
            ("me.key", me.key.as_str()),
            ("token", "of-the-file\n"),
            ("version-1.crt", include_str!("version-1.crt")),
            ("version-1.key", include_str!("version-1.key")),
        ] {
            bench.write(name, text);
        }
        bench
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// The cluster of the server, with more or other fields.
    fn cluster(&self, more: &Value) -> Value {
        merged(
            json!({ "server": self.server.url(), "certificate-authority": "ca.pem" }),
            more,
        )
    }

    /// A kubeconfig with one of each.
    fn text(cluster: &Value, user: &Value) -> String {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": cluster }], "users": [{ "name": "u", "user": user }],
        })
        .to_string()
    }

    /// Asserts that both come to the same, and returns it. `token` is that of the settings, or of the command line.
    async fn agree(&self, what: &str, server: &Server, kubeconfig: &str, token: Option<&str>) -> Seen {
        let path = self.write("kubeconfig", kubeconfig);
        let theirs = self.kubectl(server, &path, token).await;
        let ours = seen_by(server, client(&path, token)).await;
        assert_eq!(
            ours, theirs,
            "{what}: what we come to, and what kubectl does: {kubeconfig}"
        );
        ours
    }

    async fn kubectl(&self, server: &Server, path: &Path, token: Option<&str>) -> Seen {
        let mut kubectl = Command::new(self.kubectl.path());
        kubectl
            .args([
                "get",
                "--raw",
                "/apis/compute.miloapis.com/v1alpha1",
                "--request-timeout=20s",
            ])
            .arg("--kubeconfig")
            .arg(path)
            .args(token.map(|token| format!("--token={token}")))
            .env_remove("KUBECONFIG")
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        seen_by(server, async { kubectl.output().await.unwrap().status.success() }).await
    }
}

/// An object with the fields of another in place of its own; null removes one.
fn merged(mut object: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            object[name] = value.clone();
        }
    }
    object
}

async fn client(path: &Path, token: Option<&str>) -> bool {
    let target = Target::Kubeconfig(Kubeconfig {
        paths: vec![path.to_owned()],
        ..Kubeconfig::default()
    });
    let config = Config {
        auth: token.map(|token| Auth::Token(token.into())),
        retries: Retries::NONE,
        ..Config::new(target)
    };
    match Client::connect(config).await {
        Ok(client) => client.get(&"project-shop/web".parse().unwrap()).await.is_ok(),
        Err(_) => false,
    }
}

async fn seen_by(server: &Server, asking: impl Future<Output = bool>) -> Seen {
    let before = server.seen().len();
    let answered = asking.await;
    let seen = server.seen().get(before).cloned();
    seen.filter(|_| answered)
}

/// The program, if it is there.
fn kubectl() -> Option<Found> {
    Program::Kubectl.find_or_leave_out("what kubectl makes of kubeconfigs and certificates")
}

fn token(text: &str) -> (bool, String) {
    (false, format!("Bearer {text}"))
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
#[tokio::test]
async fn users_are_taken_as_kubectl_takes_them() {
    let Some(kubectl) = kubectl() else {
        return;
    };
    let bench = Bench::new(kubectl).await;
    let coded = |name: &str| STANDARD.encode(bench.read(name));
    let certificate = Some((true, String::new()));
    let exec = |script: &str| {
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
            "interactiveMode": "Never",
        } })
    };
    let credential = |status: &Value| {
        let credential = json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status,
        });
        exec(&format!("cat <<'END'\n{credential}\nEND"))
    };
    let rows: Vec<(&str, Value, Seen)> = vec![
        ("a token", json!({ "token": "t" }), Some(token("t"))),
        (
            "a token file, relative",
            json!({ "tokenFile": "token" }),
            Some(token("of-the-file")),
        ),
        (
            "a token beside its file",
            json!({ "token": "t", "tokenFile": "token" }),
            Some(token("of-the-file")),
        ),
        ("user and password", json!({ "username": "me", "password": "p" }), {
            Some((false, format!("Basic {}", STANDARD.encode("me:p"))))
        }),
        (
            "a certificate in files",
            json!({ "client-certificate": "me.crt", "client-key": "me.key" }),
            certificate.clone(),
        ),
        (
            "a certificate as data",
            json!({ "client-certificate-data": coded("me.crt"), "client-key-data": coded("me.key") }),
            certificate.clone(),
        ),
        (
            "a certificate in a file, its key as data",
            json!({ "client-certificate": "me.crt", "client-key-data": coded("me.key") }),
            certificate.clone(),
        ),
        (
            "a certificate and a token",
            json!({ "client-certificate": "me.crt", "client-key": "me.key", "token": "t" }),
            Some((true, "Bearer t".to_owned())),
        ),
        (
            "empty fields beside a token",
            json!({
                "token": "t", "client-certificate": "", "client-key": "", "client-certificate-data": "",
                "client-key-data": "", "tokenFile": "", "username": "", "as": "",
            }),
            Some(token("t")),
        ),
        (
            "null fields beside a token",
            json!({ "token": "t", "client-certificate": null, "client-key-data": null, "exec": null }),
            Some(token("t")),
        ),
        (
            "a program's token",
            credential(&json!({ "token": "t" })),
            Some(token("t")),
        ),
        (
            "a program's certificate",
            credential(&json!({
                "clientCertificateData": bench.read("me.crt"), "clientKeyData": bench.read("me.key"),
            })),
            certificate.clone(),
        ),
        ("a program that is silent", exec("true"), None),
        ("a program that fails", exec("exit 3"), None),
        ("a program without a credential", credential(&json!({})), None),
        (
            "a certificate without a key",
            json!({ "client-certificate": "me.crt" }),
            None,
        ),
        ("a key without a certificate", json!({ "client-key": "me.key" }), None),
        (
            "a file that is not there",
            json!({ "client-certificate": "missing", "client-key": "me.key" }),
            None,
        ),
        (
            "data that is not base64",
            json!({ "client-certificate-data": "me.crt", "client-key-data": "me.key" }),
            None,
        ),
        (
            "base64 twice",
            json!({ "client-certificate-data": STANDARD.encode(coded("me.crt")), "client-key": "me.key" }),
            None,
        ),
        (
            "the key of another",
            json!({ "client-certificate": "me.crt", "client-key": "version-1.key" }),
            None,
        ),
    ];
    for (what, user, expected) in rows {
        let text = Bench::text(&bench.cluster(&json!({})), &user);
        assert_eq!(bench.agree(what, &bench.server, &text, None).await, expected, "{what}");
    }
}

#[tokio::test]
async fn kubeconfigs_are_read_as_kubectl_reads_them() {
    let Some(kubectl) = kubectl() else {
        return;
    };
    let bench = Bench::new(kubectl).await;
    let plain = Bench::text(&bench.cluster(&json!({})), &json!({ "token": "t" }));
    let changed = |pointer: &str, value: Value| {
        let mut text: Value = serde_json::from_str(&plain).unwrap();
        *text.pointer_mut(pointer).unwrap() = value;
        text.to_string()
    };
    let yaml = plain.replace(",\"", ",\r\n \"");
    // kubectl asks for a name and a password where nothing says who asks, so that a token does here.
    let (itself, over) = (None, Some("of-the-settings"));
    let rows = [
        ("as it is", plain.clone(), itself, Some(token("t"))),
        ("line ends of Windows", yaml, itself, Some(token("t"))),
        (
            "a byte order mark",
            format!("\u{feff}{plain}"),
            itself,
            Some(token("t")),
        ),
        ("another token", plain.clone(), over, Some(token("of-the-settings"))),
        ("a user that is missing", changed("/users", json!([])), itself, None),
        (
            "a token in its place",
            changed("/users", json!([])),
            over,
            Some(token("of-the-settings")),
        ),
        ("null users", changed("/users", Value::Null), itself, None),
        (
            "a token in their place",
            changed("/users", Value::Null),
            over,
            Some(token("of-the-settings")),
        ),
        (
            "a token for a user that is null",
            changed("/users/0/user", Value::Null),
            over,
            Some(token("of-the-settings")),
        ),
        (
            "a token for no user in the context",
            changed("/contexts/0/context", json!({ "cluster": "c" })),
            over,
            Some(token("of-the-settings")),
        ),
        (
            "a cluster that is missing",
            changed("/clusters", json!([])),
            itself,
            None,
        ),
        (
            "a context that is missing",
            changed("/contexts", json!([])),
            itself,
            None,
        ),
        (
            "another current context",
            changed("/current-context", json!("other")),
            itself,
            None,
        ),
        (
            "no server",
            changed("/clusters/0/cluster/server", json!("")),
            itself,
            None,
        ),
        ("not YAML", "{ users: [".to_owned(), itself, None),
    ];
    for (what, text, given, expected) in rows {
        assert_eq!(bench.agree(what, &bench.server, &text, given).await, expected, "{what}");
    }
}

#[tokio::test]
async fn servers_are_trusted_as_kubectl_trusts_them() {
    let Some(kubectl) = kubectl() else {
        return;
    };
    let bench = Bench::new(kubectl).await;
    let other = Authority::new("theirs");
    let here = ["127.0.0.1"];
    let authority = &bench.authority;
    let serving = |identity: Identity| async move { Server::showing(identity, authority).await };
    let issue = |names: &[&str]| bench.authority.issue(names, ExtendedKeyUsagePurpose::ServerAuth);
    let (itself, leaf, elsewhere) = (Authority::serving_itself(&here), issue(&here), issue(&["api.internal"]));
    let expired = bench
        .authority
        .issue_until(2001, &here, ExtendedKeyUsagePurpose::ServerAuth);
    bench.write("itself.pem", &itself.certificate);
    bench.write("leaf.pem", &leaf.certificate);
    bench.write("expired.pem", &expired.certificate);
    bench.write("theirs.pem", &other.pem);
    bench.write(
        "both.pem",
        &format!("Bag Attributes\n{}\n# ours\n{}", other.pem, bench.authority.pem),
    );
    bench.write("windows.pem", &bench.authority.pem.replace('\n', "\r\n"));
    bench.write("marked.pem", &format!("\u{feff}{}", bench.authority.pem));
    bench.write("flat.pem", &bench.authority.pem.replace('\n', "\\n"));
    let coded = STANDARD.encode(&bench.authority.pem);
    let broken: Vec<&str> = coded
        .as_bytes()
        .chunks(60)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let (ours, itself, leaf) = (serving(issue(&here)).await, serving(itself).await, serving(leaf).await);
    let (elsewhere, expired) = (serving(elsewhere).await, serving(expired).await);
    let file = |name: &str| json!({ "certificate-authority": name });
    let data = |text: &str| json!({ "certificate-authority": null, "certificate-authority-data": text });
    let insecure = json!({ "certificate-authority": "", "insecure-skip-tls-verify": true });
    let named = |name: &str| json!({ "certificate-authority": "ca.pem", "tls-server-name": name });
    let rows = [
        ("the authority", &ours, file("ca.pem"), true),
        ("the authority as data", &ours, data(&coded), true),
        ("data in lines", &ours, data(&broken.join("\n")), true),
        ("two authorities and words between them", &ours, file("both.pem"), true),
        ("line ends of Windows", &ours, file("windows.pem"), true),
        ("another authority", &ours, file("theirs.pem"), false),
        (
            "the server's own certificate, an authority",
            &itself,
            file("itself.pem"),
            true,
        ),
        ("the server's own certificate, a leaf", &leaf, file("leaf.pem"), true),
        ("another server's leaf", &ours, file("leaf.pem"), false),
        ("any", &itself, insecure.clone(), true),
        ("any, also for another name", &elsewhere, insecure, true),
        ("another name", &elsewhere, file("ca.pem"), false),
        (
            "another name, which is expected",
            &elsewhere,
            named("api.internal"),
            true,
        ),
        ("another name than is expected", &ours, named("api.internal"), false),
        ("one that has expired", &expired, file("ca.pem"), false),
        ("one that has expired, itself", &expired, file("expired.pem"), false),
        (
            "nobody but the system",
            &ours,
            json!({ "certificate-authority": null }),
            false,
        ),
        ("a key", &ours, file("me.key"), false),
        ("a byte order mark", &ours, file("marked.pem"), false),
        ("lines that were lost", &ours, file("flat.pem"), false),
        ("base64 twice", &ours, data(&STANDARD.encode(&coded)), false),
        ("a path as data", &ours, data("ca.pem"), false),
        ("a file that is not there", &ours, file("missing"), false),
    ];
    for (what, server, more, expected) in rows {
        let cluster = merged(json!({ "server": server.url() }), &more);
        let seen = bench
            .agree(what, server, &Bench::text(&cluster, &json!({ "token": "t" })), None)
            .await;
        assert_eq!(seen, expected.then(|| token("t")), "{what}");
    }
}
