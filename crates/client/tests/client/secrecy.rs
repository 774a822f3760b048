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

const V1: &str = "client.authentication.k8s.io/v1";

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
        all.push(format!(
            "{}\r\n{}",
            &secret[..secret.len() / 2],
            &secret[secret.len() / 2..]
        ));
        all.push(secret);
    }
    let controls = ['\u{0}', '\r', '\u{7f}', '\u{85}', '\u{202e}'];
    all.extend(controls.map(|control| format!("{WORD}{control}")));
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
    let debug = format!("{config:?}");
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
            api_version: V1.to_owned(),
            command: "sh".to_owned(),
            args,
            env: vec![("PASSWORD".to_owned(), secret.to_owned())],
            install_hint: None,
        })
    };
    let program = |script: &str| exec(vec!["-c".to_owned(), script.to_owned(), secret.to_owned()]);
    let key_file = |private_key: &str| {
        json!({
            "type": "datum_service_account", "client_id": "1", "private_key_id": "k", "private_key": private_key,
            "token_uri": "http://127.0.0.1:1/token",
        })
        .to_string()
    };
    // An argument has no NUL.
    let answering = |printed: &str| {
        let printed = printed.replace('\u{0}', "\\u0000");
        exec(vec!["-c".to_owned(), "printf %s \"$0\"".to_owned(), printed])
    };
    let printing = |status: serde_json::Value| {
        answering(&json!({ "kind": "ExecCredential", "apiVersion": V1, "status": status }).to_string())
    };
    let key_with = |fields: &serde_json::Value| {
        let mut key: serde_json::Value = serde_json::from_str(&key_file(&certified.key)).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            key[name] = value.clone();
        }
        Auth::ServiceAccount(ServiceAccount::Json(key.to_string().into()))
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
        (
            "a program's token that is a list",
            printing(json!({ "token": [secret] })),
        ),
        (
            "a program's token that is an object",
            printing(json!({ "token": { secret: secret } })),
        ),
        ("a program's status that is a text", printing(json!(secret))),
        (
            "a program's JSON that breaks off",
            answering(&format!(
                "{{\"kind\": \"ExecCredential\", \"status\": {{ \"token\": {}",
                json!(secret)
            )),
        ),
        (
            "a program's JSON with more behind it",
            answering(&format!("{{\"kind\": \"ExecCredential\"}} {secret}")),
        ),
        (
            "a program's text in the place of JSON",
            answering(&json!(secret).to_string()),
        ),
        ("a program's kind", answering(&json!({ "kind": secret }).to_string())),
        (
            "a program's version",
            answering(&json!({ "kind": "ExecCredential", "apiVersion": secret }).to_string()),
        ),
        (
            "a program's unknown field",
            answering(&json!({ "kind": "ExecCredential", "apiVersion": V1, secret: secret, "status": {} }).to_string()),
        ),
        ("a key file's type", key_with(&json!({ "type": secret }))),
        (
            "a key file's field of a wrong type",
            key_with(&json!({ "client_id": [secret] })),
        ),
        ("a key file's scope", key_with(&json!({ "scope": secret }))),
        ("a key file's key id", key_with(&json!({ "private_key_id": secret }))),
    ];
    // A process for each is slow: tokens in all their forms, and the others as they are.
    let runs_programs = secret.len() < 2 * WORD.len() || secret.ends_with("-----\n");
    for (place, auth) in auths {
        if place.starts_with("a program") && !runs_programs {
            continue;
        }
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
    if is_marked(secret) {
        places.extend(names(folder, certified, secret));
    }
    places
}

/// Whether a secret is known for one wherever it is: a token in the place of a name is not.
fn is_marked(secret: &str) -> bool {
    let marks = ["-----", "{", "eyJ", "LS0t"];
    // What was packed twice is told by its content alone, and what only stands before a secret changes nothing here.
    marks.iter().any(|mark| secret.contains(mark))
        && !secret.starts_with(['"', '\u{feff}'])
        && !secret.starts_with("Bearer ")
}

/// The places of names, addresses and programs, with the content of a file in each.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn names(folder: &Path, certified: &Identity, secret: &str) -> Vec<(&'static str, Config)> {
    let kubeconfig = |path: &Path| Kubeconfig {
        paths: vec![path.to_owned()],
        ..Kubeconfig::default()
    };
    let host = || Config::new(Target::Host("http://127.0.0.1:1".to_owned()));
    let exec = |command: &str, api_version: &str| {
        Auth::Exec(Exec {
            api_version: api_version.to_owned(),
            command: command.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            install_hint: None,
        })
    };
    let with_auth = |auth: Auth| Config {
        auth: Some(auth),
        ..host()
    };
    let mut all = vec![
        ("host", Config::new(Target::Host(secret.to_owned()))),
        ("exec.command", with_auth(exec(secret, V1))),
        ("exec.api_version", with_auth(exec("false", secret))),
        (
            "proxy_url",
            Config {
                proxy: Some(Proxy::Named(secret.to_owned())),
                ..host()
            },
        ),
        (
            "tls_server_name",
            Config {
                tls: Tls {
                    server_name: Some(secret.to_owned()),
                    // The system's authorities are slow to read.
                    ca: Some(certified.certificate.clone()),
                    ..Tls::SYSTEM
                },
                ..Config::new(Target::Host("https://127.0.0.1:1".to_owned()))
            },
        ),
    ];
    let good = json!({
        "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u", "namespace": "n" } }],
        "clusters": [{ "name": "c", "cluster": { "server": "http://127.0.0.1:1" } }],
        "users": [{ "name": "u", "user": { "token": "t0ken" } }],
    });
    let broken = [
        ("current-context", "/current-context"),
        ("a context's name", "/contexts/0/name"),
        ("a context's cluster", "/contexts/0/context/cluster"),
        ("a context's user", "/contexts/0/context/user"),
        ("a context's namespace", "/contexts/0/context/namespace"),
        ("a cluster's name", "/clusters/0/name"),
        ("a cluster's server", "/clusters/0/cluster/server"),
        ("a cluster", "/clusters/0/cluster"),
        ("the clusters", "/clusters"),
        ("a user's name", "/users/0/name"),
        ("a user", "/users/0/user"),
        ("the users", "/users"),
    ];
    for (place, field) in broken {
        let mut file = good.clone();
        *file.pointer_mut(field).unwrap() = json!(secret);
        let path = folder.join(place);
        std::fs::write(&path, file.to_string()).unwrap();
        all.push((place, Config::new(Target::Kubeconfig(kubeconfig(&path)))));
    }
    let ca = STANDARD.encode(&certified.certificate);
    let fields = [
        (
            "proxy-url",
            "/clusters/0/cluster",
            json!({ "server": "http://127.0.0.1:1", "proxy-url": secret }),
        ),
        (
            "tls-server-name",
            "/clusters/0/cluster",
            json!({ "server": "https://127.0.0.1:1", "tls-server-name": secret, "certificate-authority-data": ca }),
        ),
        (
            "username",
            "/users/0/user",
            json!({ "username": secret, "password": "p" }),
        ),
        (
            "as",
            "/users/0/user",
            json!({ "token": "t0ken", "as": secret, "as-groups": [secret] }),
        ),
        (
            "auth-provider's name",
            "/users/0/user",
            json!({ "auth-provider": { "name": secret, "config": {} } }),
        ),
        (
            "exec.command of the user",
            "/users/0/user",
            json!({ "exec": { "apiVersion": V1, "command": secret, "interactiveMode": "Never" } }),
        ),
        (
            "exec.apiVersion of the user",
            "/users/0/user",
            json!({ "exec": { "apiVersion": secret, "command": "false", "interactiveMode": "Never" } }),
        ),
        (
            "exec.interactiveMode of the user",
            "/users/0/user",
            json!({ "exec": { "apiVersion": V1, "command": "false", "interactiveMode": secret } }),
        ),
        (
            "exec.interactiveMode Always of the user",
            "/users/0/user",
            json!({ "exec": { "apiVersion": V1, "command": secret, "interactiveMode": "Always" } }),
        ),
    ];
    for (place, at, value) in fields {
        let mut file = good.clone();
        *file.pointer_mut(at).unwrap() = value;
        let path = folder.join(place);
        std::fs::write(&path, file.to_string()).unwrap();
        all.push((place, Config::new(Target::Kubeconfig(kubeconfig(&path)))));
    }
    let path = folder.join("good");
    std::fs::write(&path, good.to_string()).unwrap();
    let named = |context: Option<&str>, cluster: Option<&str>, user: Option<&str>| {
        Config::new(Target::Kubeconfig(Kubeconfig {
            context: context.map(str::to_owned),
            cluster: cluster.map(str::to_owned),
            user: user.map(str::to_owned),
            ..kubeconfig(&path)
        }))
    };
    all.push(("config_context", named(Some(secret), None, None)));
    all.push(("config_context_cluster", named(None, Some(secret), None)));
    all.push(("config_context_user", named(None, None, Some(secret))));
    all
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
