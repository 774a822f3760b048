//! What must never be printed: not by `Debug`, not in an error, not in a log of any level.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datum_client::config::{Auth, Config, Exec, Kubeconfig, Origins, Proxy, Retries, ServiceAccount, Target, Tls};
use datum_client::{ApplyOptions, Client};
use serde_json::json;

use crate::log::Log;
use crate::server::{Server, json_answer, status};
use crate::tls::{Authority, Identity, install_provider};

const SECRET: &str = "s3cret";

#[test]
fn settings_do_not_show_their_secrets() {
    let auths = [
        Auth::Token(SECRET.into()),
        Auth::ClientCertificate {
            certificate: "public".into(),
            key: SECRET.into(),
        },
        Auth::ServiceAccount(ServiceAccount::Json(SECRET.into())),
        Auth::Exec(Exec {
            api_version: "v1".into(),
            command: "get-token".into(),
            args: vec!["--password".into(), SECRET.into()],
            env: vec![("PASSWORD".into(), SECRET.into())],
            install_hint: None,
        }),
    ];
    for auth in auths {
        let proxy = Some(Proxy::Named(format!("http://me:{SECRET}@proxy")));
        let target = Target::Host(format!("https://me:{SECRET}@example.com"));
        let config = Config {
            auth: Some(auth),
            proxy,
            ..Config::new(target)
        };
        assert!(!format!("{config:#?}").contains(SECRET), "{config:#?}");
    }
}

#[tokio::test]
async fn requests_log_neither_credentials_nor_manifests() {
    let log = Log::default();
    let work = async {
        let answer = status(401, "Unauthorized", "Unauthorized", &json!({}));
        let server = Server::start(move |_| json_answer(401, &answer)).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = json!({
            "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": { "server": server.url() } }],
            "users": [{ "name": "u", "user": { "token": SECRET } }],
        });
        std::fs::write(&path, text.to_string()).unwrap();
        let wanted = Kubeconfig {
            paths: vec![path],
            ..Kubeconfig::default()
        };
        let client = Client::connect(Config::new(Target::Kubeconfig(wanted))).await.unwrap();
        let body = json!({ "spec": { "template": { "env": [{ "name": "PASSWORD", "value": SECRET }] } } });
        let id = "project-shop/web".parse().unwrap();
        let error = client.apply(&id, &body, ApplyOptions::default()).await.unwrap_err();
        assert!(!format!("{error:?} {error} {client:?}").contains(SECRET), "{error:?}");
    };
    log.record(work).await;
    let log = log.text();
    assert!(log.contains("request"), "the log is on: {log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test]
async fn the_log_says_where_requests_go_as_whom_and_what_is_only_asked() {
    let log = Log::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let work = async {
        let answer = json!({ "kind": "Workload", "metadata": { "name": "web" } });
        let server = Server::start(move |_| json_answer(200, &answer)).await;
        let text = json!({
            "current-context": "work", "contexts": [{ "name": "work", "context": { "cluster": "c", "user": "me" } }],
            "clusters": [{ "name": "c", "cluster": { "server": server.url() } }],
            "users": [{ "name": "me", "user": { "token": SECRET } }],
        });
        std::fs::write(&path, text.to_string()).unwrap();
        let target = Target::Kubeconfig(Kubeconfig {
            paths: vec![path.clone()],
            ..Kubeconfig::default()
        });
        let client = Client::connect(Config::new(target.clone())).await.unwrap();
        let id = "project-shop/web".parse().unwrap();
        let options = ApplyOptions {
            dry_run: true,
            ..ApplyOptions::default()
        };
        client.apply(&id, &json!({}), options).await.unwrap();
        client.apply(&id, &json!({}), ApplyOptions::default()).await.unwrap();
        let named = Config {
            auth: Some(Auth::Token(SECRET.into())),
            origins: Origins {
                auth: Some("token, which is set in the provider block".to_owned()),
                proxy: None,
            },
            ..Config::new(target)
        };
        Client::connect(named).await.unwrap();
        server.url()
    };
    let url = log.record(work).await;
    let log = log.text();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("datum_client")).collect();
    let said = |words: &[&str]| {
        lines
            .iter()
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .count()
    };
    let place = [
        url.trim_end_matches('/'),
        &*format!("kubeconfig {}", path.display()),
        "context=\"work\"",
    ];
    let user = "the token of the kubeconfig's user \"me\"";
    assert_eq!(said(&[&place[..], &[user]].concat()), 1, "{log}");
    let setting = "the token of token, which is set in the provider block";
    assert_eq!(said(&[&place[..], &[setting]].concat()), 1, "{log}");
    assert_eq!(said(&["method=PATCH"]), 2, "{log}");
    assert_eq!(said(&["method=PATCH", "dry_run=true"]), 1, "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

/// A word that is in every secret below, as long as an opaque token.
const WORD: &str = "s3cretKEYs3cretKEYs3cretKEYs3cretKEYs3cretKEY";

/// Secrets as they are, and as they arrive when something went wrong on their way.
fn damaged() -> Vec<String> {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{WORD}\n-----END PRIVATE KEY-----\n");
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let key = json!({ "type": "datum_service_account", "private_key": pem }).to_string();
    let whole = [
        WORD.to_owned(),
        pem.clone(),
        pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        pem.replace("PRIVATE KEY", "CERTIFICATE"),
        format!("{pem}{certificate}"),
        format!("{certificate}{pem}"),
        key.clone(),
        format!("users: [{{ name: u, user: {{ token: {WORD} }} }}]"),
        format!("eyJhbGciOiJub25lIn0.{WORD}.x"),
    ];
    let mut all = Vec::new();
    for secret in whole {
        all.push(secret.replace('\n', ""));
        all.push(secret.replace('\n', "\\n"));
        all.push(secret.replace('\n', " "));
        all.push(secret[..secret.len() - 3].to_owned());
        all.push(STANDARD.encode(&secret));
        all.push(STANDARD.encode(STANDARD.encode(&secret)));
        all.push(format!("Bearer {secret}"));
        all.push(format!("\"{secret}\""));
        all.push(format!("\u{feff}{secret}"));
        all.push(format!("{secret}\u{7}"));
        all.push(secret);
    }
    all
}

/// Parts of the word in every form in which a message could have it.
fn traces() -> Vec<String> {
    let bytes = format!("{:?}", &WORD.as_bytes()[..9]);
    let mut traces = vec![WORD[..9].to_owned(), bytes.trim_matches(['[', ']']).to_owned()];
    // Base64 depends on where the word begins.
    let shifted = |text: &str, shift: usize| STANDARD.encode(format!("{}{text}", &"   "[..shift]));
    for shift in 0..3 {
        let once = shifted(WORD, shift)[8..52].to_owned();
        traces.extend((0..3).map(|shift| shifted(&once, shift)[8..28].to_owned()));
        traces.push(once[..12].to_owned());
    }
    traces
}

/// What somebody reads who uses this configuration.
async fn told(config: Config) -> String {
    let config = Config {
        retries: Retries::NONE,
        ..config
    };
    let debug = format!("{:?}", config.auth);
    match Client::connect(config).await {
        Err(error) => format!("{debug} {error} {error:?}"),
        Ok(client) => match client.get(&"project-shop/web".parse().unwrap()).await {
            Ok(_) => debug,
            Err(error) => format!("{debug} {error} {error:?}"),
        },
    }
}

/// Every place that a secret may be in, with this one in it.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn places(folder: &Path, certified: &Identity, secret: &str) -> Vec<(&'static str, Config)> {
    let host = || Target::Host("http://127.0.0.1:1".to_owned());
    let mut places = Vec::new();
    let file = folder.join("file");
    std::fs::write(&file, secret).unwrap();
    let exec = |args: Vec<String>| {
        Auth::Exec(Exec {
            api_version: "client.authentication.k8s.io/v1".to_owned(),
            command: "sh".to_owned(),
            args,
            env: vec![("PASSWORD".to_owned(), secret.to_owned())],
            install_hint: None,
        })
    };
    let program = |script: &str| exec(vec!["-c".to_owned(), script.to_owned(), secret.to_owned()]);
    let printing = |status: serde_json::Value| {
        let credential = json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status,
        });
        exec(vec![
            "-c".to_owned(),
            "printf %s \"$0\"".to_owned(),
            credential.to_string(),
        ])
    };
    let key_file = |private_key: &str| {
        json!({
            "type": "datum_service_account", "client_id": "1", "private_key_id": "k", "private_key": private_key,
            "token_uri": "http://127.0.0.1:1/token",
        })
        .to_string()
    };
    let auths = [
        ("token", Auth::Token(secret.into())),
        ("token_file as content", Auth::TokenFile(secret.into())),
        ("token_file", Auth::TokenFile(file.clone())),
        (
            "client_certificate",
            Auth::ClientCertificate {
                certificate: secret.to_owned(),
                key: certified.key.clone().into(),
            },
        ),
        (
            "client_key",
            Auth::ClientCertificate {
                certificate: certified.certificate.clone(),
                key: secret.into(),
            },
        ),
        ("credentials", Auth::ServiceAccount(ServiceAccount::Json(secret.into()))),
        (
            "private_key",
            Auth::ServiceAccount(ServiceAccount::Json(key_file(secret).into())),
        ),
        (
            "credentials_file as content",
            Auth::ServiceAccount(ServiceAccount::File(secret.into())),
        ),
        (
            "credentials_file",
            Auth::ServiceAccount(ServiceAccount::File(file.clone())),
        ),
        (
            "a program that prints it",
            program("cat \"$0\" 2>/dev/null || printf %s \"$PASSWORD\""),
        ),
        ("a program that fails", program("exit 3")),
        ("a program's token", printing(json!({ "token": secret }))),
        (
            "a program's certificate",
            printing(json!({ "clientCertificateData": secret, "clientKeyData": secret })),
        ),
        (
            "a program's key",
            printing(json!({
                "clientCertificateData": certified.certificate, "clientKeyData": secret,
            })),
        ),
        (
            "a program's expiry",
            printing(json!({ "token": "t", "expirationTimestamp": secret })),
        ),
    ];
    for (place, auth) in auths {
        places.push((
            place,
            Config {
                auth: Some(auth),
                ..Config::new(host())
            },
        ));
    }
    let tls = Tls {
        ca: Some(secret.to_owned()),
        ..Tls::SYSTEM
    };
    places.push((
        "cluster_ca_certificate",
        Config {
            tls,
            ..Config::new(host())
        },
    ));

    let kubeconfig = |path: PathBuf| {
        Target::Kubeconfig(Kubeconfig {
            paths: vec![path],
            ..Kubeconfig::default()
        })
    };
    places.push(("kubeconfig as content", Config::new(kubeconfig(secret.into()))));
    places.push(("kubeconfig", Config::new(kubeconfig(file))));
    let users = [
        ("token", json!({ "token": secret })),
        ("tokenFile", json!({ "tokenFile": secret })),
        ("password", json!({ "username": "me", "password": secret })),
        (
            "client-certificate",
            json!({ "client-certificate": secret, "client-key-data": secret }),
        ),
        (
            "client-certificate-data",
            json!({ "client-certificate-data": secret, "client-key-data": secret }),
        ),
        (
            "client-key",
            json!({ "client-certificate-data": STANDARD.encode(&certified.certificate), "client-key": secret }),
        ),
        (
            "client-key-data",
            json!({
                "client-certificate-data": STANDARD.encode(&certified.certificate), "client-key-data": secret,
            }),
        ),
        (
            "exec",
            json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "false", "args": [secret],
            "env": [{ "name": "PASSWORD", "value": secret }], "interactiveMode": "Never",
        } }),
        ),
        (
            "auth-provider",
            json!({ "auth-provider": { "name": "oidc", "config": { "id-token": secret } } }),
        ),
        ("a token that is a list", json!({ "token": [secret] })),
    ];
    let clusters = [
        ("certificate-authority", json!({ "certificate-authority": secret })),
        (
            "certificate-authority-data",
            json!({ "certificate-authority-data": secret }),
        ),
    ];
    let with = |name: &str, cluster: serde_json::Value, user: serde_json::Value| {
        let mut cluster = cluster;
        cluster["server"] = json!("http://127.0.0.1:1");
        let text = json!({
            "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": cluster }], "users": [{ "name": "u", "user": user }],
        });
        let path = folder.join(name);
        std::fs::write(&path, text.to_string()).unwrap();
        Config::new(kubeconfig(path))
    };
    for (place, user) in users {
        places.push((place, with(place, json!({}), user)));
    }
    for (place, cluster) in clusters {
        places.push((place, with(place, cluster, json!({}))));
    }
    places
}

#[tokio::test]
async fn no_message_and_no_log_quotes_a_secret_however_it_is_damaged() {
    install_provider();
    let folder = tempfile::tempdir().unwrap();
    let certified = Authority::new("ours").client();
    let traces = traces();
    let mut refused = 0;
    for secret in damaged() {
        for (place, config) in places(folder.path(), &certified, &secret) {
            let log = Log::default();
            let told = log.record(told(config)).await;
            refused += usize::from(told.contains("Error"));
            for text in [told, log.text()] {
                let found = traces.iter().find(|trace| text.contains(trace.as_str()));
                assert!(found.is_none(), "{place} shows {found:?} of {secret:?}: {text}");
            }
        }
    }
    assert!(refused > 1000, "most of these are of no use: {refused}");
}
