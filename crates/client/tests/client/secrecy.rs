//! What must never be printed: not by `Debug`, not in an error, not in a log of any level.

use datum_client::config::{Auth, Config, Exec, Kubeconfig, Origins, Proxy, ServiceAccount, Target};
use datum_client::{ApplyOptions, Client};
use serde_json::json;

use crate::log::Log;
use crate::server::{Server, json_answer, status};

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
        Auth::Basic {
            username: "me".into(),
            password: SECRET.into(),
        },
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
