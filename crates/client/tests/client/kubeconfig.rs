//! Damaged kubeconfigs: what is wrong is told with its key, its cluster or user, and its file, and without the value.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datum_client::config::{Auth, Config, Kubeconfig, Proxy, Setting, Target, Tls};
use datum_client::{Client, ConfigError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tls::{Authority, install_provider};

/// A word that is in every damaged value.
const SECRET: &str = "s3cretGarbage";
const SERVER: &str = "https://127.0.0.1:1";

/// Writes a kubeconfig with the cluster `k` and the user `u`, and says what uses it.
fn write(path: &Path, cluster: &Value, user: &Value) -> Config {
    let text = json!({
        "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "k", "user": "u" } }],
        "clusters": [{ "name": "k", "cluster": cluster }], "users": [{ "name": "u", "user": user }],
    });
    std::fs::write(path, text.to_string()).unwrap();
    reading(path)
}

fn reading(path: &Path) -> Config {
    Config::new(Target::Kubeconfig(Kubeconfig {
        paths: vec![path.to_owned()],
        ..Kubeconfig::default()
    }))
}

async fn refused(config: Config) -> ConfigError {
    install_provider();
    Client::connect(config).await.unwrap_err()
}

/// A folder for a kubeconfig, and what is put in the place of what belongs there.
struct Bench {
    folder: TempDir,
    /// A certificate and its key in base64, as a kubeconfig has them.
    certificate: String,
    key: String,
    /// Base64 of what is no PEM.
    garbage: String,
    /// PEM of a certificate that has nothing in it.
    hollow: String,
    /// A file that is no PEM, and one that does not exist.
    broken: String,
    missing: String,
}

fn coded(text: &str) -> String {
    STANDARD.encode(text)
}

fn block(kind: &str) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", coded(SECRET))
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (broken, missing) = (file("broken.pem"), file("missing.pem"));
        std::fs::write(&broken, SECRET).unwrap();
        let identity = Authority::new("ours").client();
        Self {
            certificate: coded(&identity.certificate),
            key: coded(&identity.key),
            garbage: coded(SECRET),
            hollow: block("CERTIFICATE"),
            broken,
            missing,
            folder,
        }
    }

    /// Expects that a cluster with this damage is refused for what is said of the key.
    async fn cluster(&self, damage: Value, key: &str, why: &str) {
        let mut cluster = json!({ "server": SERVER });
        cluster
            .as_object_mut()
            .unwrap()
            .extend(damage.as_object().unwrap().clone());
        self.check(
            &cluster,
            &json!({ "token": "t" }),
            &format!("the {key} of cluster \"k\""),
            why,
        )
        .await;
    }

    /// The same of a user.
    async fn user(&self, user: Value, key: &str, why: &str) {
        self.check(
            &json!({ "server": SERVER }),
            &user,
            &format!("the {key} of user \"u\""),
            why,
        )
        .await;
    }

    async fn check(&self, cluster: &Value, user: &Value, what: &str, why: &str) {
        let path = self.folder.path().join("config");
        let error = refused(write(&path, cluster, user)).await;
        let expected = format!("{what} in {} {why}", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}\nis not\n{expected}");
        assert_eq!(error.setting(), Setting::Kubeconfig, "{error}");
        let all = format!("{error} {error:?}");
        let secrets = [SECRET, &self.garbage, &coded(&self.hollow)];
        assert!(!secrets.iter().any(|text| all.contains(*text)), "{all}");
    }
}

#[tokio::test]
async fn a_damaged_key_of_a_cluster_is_named_with_the_cluster_and_its_file() {
    let bench = Bench::new();
    let rows = [
        (
            "server",
            format!("ftp://me:{SECRET}@host"),
            "cannot be used: \"ftp://host\" must",
        ),
        (
            "certificate-authority-data",
            bench.garbage.clone(),
            "is neither PEM nor PEM in base64",
        ),
        (
            "certificate-authority-data",
            "%%%%".to_owned(),
            "is neither PEM nor PEM in base64",
        ),
        (
            "certificate-authority-data",
            coded(&bench.certificate),
            "is in base64 twice",
        ),
        (
            "certificate-authority-data",
            coded(&bench.hollow),
            "holds a certificate that cannot be read",
        ),
        (
            "certificate-authority-data",
            bench.key.clone(),
            "holds a private key and no certificate",
        ),
        (
            "certificate-authority",
            coded(&bench.hollow),
            "is no path: it holds the content of a file",
        ),
        (
            "proxy-url",
            bench.hollow.clone(),
            "holds the content of a file, not a URL",
        ),
    ];
    for (key, value, why) in rows {
        bench.cluster(json!({ key: value }), key, why).await;
    }
    // What may be shown of the value is.
    let shown = [
        (
            "certificate-authority",
            bench.broken.clone(),
            bench.broken.clone(),
            "is neither PEM nor PEM in base64",
        ),
        (
            "certificate-authority",
            bench.missing.clone(),
            bench.missing.clone(),
            "cannot be read: No such file",
        ),
        (
            "tls-server-name",
            "a name".to_owned(),
            "\"a name\"".to_owned(),
            "is neither a host name nor an address",
        ),
        (
            "proxy-url",
            "ftp://proxy".to_owned(),
            "\"ftp://proxy\"".to_owned(),
            "must start with http://",
        ),
        (
            "proxy-url",
            format!("http://me:{SECRET}@a b"),
            "\"http://a b\"".to_owned(),
            "is not a URL",
        ),
    ];
    for (key, value, shown, why) in shown {
        bench
            .cluster(json!({ key: value }), &format!("{key} {shown}"), why)
            .await;
    }
    let (cluster, user) = (json!({ "server": "" }), json!({ "token": "t" }));
    bench.check(&cluster, &user, "cluster \"k\"", "has no server").await;
}

#[tokio::test]
async fn a_damaged_client_certificate_is_named_with_the_user_and_its_file() {
    let bench = Bench::new();
    let locked = coded(&block("ENCRYPTED PRIVATE KEY"));
    let rows = [
        ("client-certificate-data", "%%%%", "is not in base64"),
        ("client-certificate-data", &bench.garbage, "holds no PEM"),
        (
            "client-certificate-data",
            &bench.key,
            "holds a private key and no certificate",
        ),
        (
            "client-certificate",
            &bench.certificate,
            "is no path: it holds the content of a file",
        ),
        ("client-key-data", "%%%%", "is not in base64"),
        ("client-key-data", &bench.garbage, "holds no PEM"),
        ("client-key-data", &bench.certificate, "is not a private key in PEM"),
        ("client-key-data", &locked, "is encrypted"),
        ("client-key", &bench.key, "is no path: it holds the content of a file"),
    ];
    // The other half is whole.
    let user = |key: &str, value: &str| {
        let mut user = if key.starts_with("client-key") {
            json!({ "client-certificate-data": bench.certificate })
        } else {
            json!({ "client-key-data": bench.key })
        };
        user[key] = value.into();
        user
    };
    for (key, value, why) in rows {
        bench.user(user(key, value), key, why).await;
    }
    for key in ["client-certificate", "client-key"] {
        for (path, why) in [
            (&bench.broken, "is neither PEM nor PEM in base64"),
            (&bench.missing, "cannot be read: No such file"),
        ] {
            bench.user(user(key, path), &format!("{key} {path}"), why).await;
        }
    }
    let theirs = coded(&Authority::new("theirs").client().key);
    for (user, why) in [
        (
            json!({ "client-key-data": bench.key }),
            "has the key of a client certificate without the certificate",
        ),
        (
            json!({ "client-certificate-data": bench.certificate }),
            "has a client certificate without its key",
        ),
        (
            user("client-key-data", &theirs),
            "has a certificate and a key that do not go together",
        ),
    ] {
        bench
            .check(&json!({ "server": SERVER }), &user, "user \"u\"", why)
            .await;
    }
}

#[tokio::test]
async fn a_damaged_credential_is_named_with_the_user_and_its_file() {
    let bench = Bench::new();
    let rows = [
        ("token", json!(""), "is empty"),
        ("token", json!("  "), "is empty"),
        (
            "token",
            json!(format!("Bearer {SECRET}")),
            "begins with the word Bearer",
        ),
        (
            "token",
            json!(format!("{SECRET}\u{7}")),
            "has characters that cannot be sent",
        ),
        (
            "tokenFile",
            json!(coded(&bench.hollow)),
            "is no path: it holds the content of a file",
        ),
        (
            "exec",
            json!({ "command": "login" }),
            "cannot be used: the credential program \"login\" speaks",
        ),
        (
            "exec",
            json!({ "apiVersion": "client.authentication.k8s.io/v1" }),
            "cannot be used: the credential program has no command",
        ),
    ];
    for (key, value, why) in rows {
        bench.user(json!({ key: value }), key, why).await;
    }
}

#[tokio::test]
async fn what_the_settings_say_instead_need_not_be_whole_in_the_kubeconfig() {
    install_provider();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config");
    let damaged = json!({
        "server": SERVER, "certificate-authority-data": "%%%%", "tls-server-name": "not a name",
        "proxy-url": "ftp://proxy",
    });
    let config = Config {
        auth: Some(Auth::Token("t".into())),
        tls: Tls {
            ca: Some(Authority::new("ours").pem),
            server_name: Some("example.com".into()),
            ..Tls::SYSTEM
        },
        proxy: Some(Proxy::Named("http://127.0.0.1:1".into())),
        ..write(&path, &damaged, &json!({ "token": "" }))
    };
    Client::connect(config).await.unwrap();
    // Nor does an empty token matter beside another credential, as everything that is empty counts as unset.
    let user = json!({ "token": "", "tokenFile": "token" });
    Client::connect(write(&path, &json!({ "server": SERVER }), &user))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_damaged_encoding_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("odd");
    for (bytes, encoding) in [
        (&b"\xff\xfex"[..], "UTF-16 LE"),
        (b"\xfe\xffx", "UTF-16 BE"),
        (b"kind: \xfc", "UTF-8"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = refused(reading(&path)).await;
        assert_eq!(
            error.to_string(),
            format!("cannot read kubeconfig {}: Invalid {encoding}", path.display())
        );
    }
}
