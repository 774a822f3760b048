//! Settings that are damaged, misplaced or odd: told by our own words, without the secret in them, or taken as kubectl takes them.

use std::path::PathBuf;

use datum_client::config::{Auth, Config, Kubeconfig, Retries, ServiceAccount, Target, Tls};
use datum_client::{Client, ConfigError};
use rcgen::ExtendedKeyUsagePurpose;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, workload};
use crate::tls::{Authority, install_provider};

/// A word that is in every secret of these tests.
const SECRET: &str = "MHcCAQEEIs3cretKEYs3cret";

async fn refused(auth: impl Into<Option<Auth>>, tls: Tls) -> ConfigError {
    install_provider();
    let config = Config {
        auth: auth.into(),
        tls,
        ..Config::new(Target::Host("https://127.0.0.1:1".into()))
    };
    Client::connect(config).await.unwrap_err()
}

#[track_caller]
fn check(error: &ConfigError, expected: &str) {
    let all = format!("{error} {error:?}");
    assert!(error.to_string().contains(expected), "{error}");
    assert!(!all.contains(SECRET), "{all}");
    let bytes = format!("{:?}", SECRET.as_bytes());
    assert!(!all.contains(bytes.trim_matches(['[', ']'])), "{all}");
}

#[tokio::test]
async fn a_damaged_certificate_does_not_print_the_key_beside_it() {
    let pem = |middle: &str| {
        format!("-----BEGIN EC PRIVATE KEY-----{middle}{SECRET}{middle}-----END EC PRIVATE KEY-----{middle}")
    };
    let certificate =
        |middle: &str| format!("-----BEGIN CERTIFICATE-----{middle}AAAA{middle}-----END CERTIFICATE-----");
    for middle in ["", "\\n", " "] {
        let combined = format!("{}{}", pem(middle), certificate(middle));
        let auth = Auth::ClientCertificate {
            certificate: combined.clone(),
            key: combined.into(),
        };
        check(&refused(auth, Tls::SYSTEM).await, "its line breaks may have been lost");
    }
    let tls = |ca: String| Tls {
        ca: Some(ca),
        ..Tls::SYSTEM
    };
    check(&refused(None, tls(pem("\n"))).await, "a private key and no certificate");
}

#[tokio::test]
async fn content_in_the_place_of_a_path_is_not_shown() {
    let key = format!("{{\"private_key\": \"{SECRET}\"}}");
    let error = refused(Auth::ServiceAccount(ServiceAccount::File(key.into())), Tls::SYSTEM).await;
    check(&error, "it holds the content of a file, not its path");
    let token = format!("{SECRET}{SECRET}");
    check(
        &refused(Auth::TokenFile(token.into()), Tls::SYSTEM).await,
        "belongs into token",
    );
    let parts = format!("apiVersion: v1\nusers: [{{ token: {SECRET} }}]");
    let wanted = Kubeconfig {
        paths: parts.split(':').map(PathBuf::from).collect(),
        ..Kubeconfig::default()
    };
    let config = Config::new(Target::Kubeconfig(wanted));
    check(
        &Client::connect(config).await.unwrap_err(),
        "write the kubeconfig into a file",
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_without_it() {
    for (token, expected) in [
        (format!("Bearer {SECRET}"), "begins with the word Bearer"),
        (format!("\"{SECRET}\""), "has quotes around it"),
        (format!("\u{feff}{SECRET}"), "byte order mark"),
        (format!("{SECRET} {SECRET}"), "has blanks or line breaks"),
        ("  ".to_owned(), "is empty"),
    ] {
        check(&refused(Auth::Token(token.into()), Tls::SYSTEM).await, expected);
    }
}

#[tokio::test]
async fn certificates_that_are_something_else_are_told_apart() {
    let identity = Authority::new("ours").client();
    let twice = {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        encode(&encode(&identity.certificate))
    };
    let auth = |certificate: &str, key: &str| Auth::ClientCertificate {
        certificate: certificate.to_owned(),
        key: key.to_owned().into(),
    };
    check(
        &refused(auth(&twice, &identity.key), Tls::SYSTEM).await,
        "it is in base64 twice",
    );
    let encrypted = format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{SECRET}\n-----END ENCRYPTED PRIVATE KEY-----\n");
    check(
        &refused(auth(&identity.certificate, &encrypted), Tls::SYSTEM).await,
        "it is encrypted",
    );
    let other = Authority::new("theirs").client();
    check(
        &refused(auth(&identity.certificate, &other.key), Tls::SYSTEM).await,
        "do not go together",
    );
}

/// A client certificate as `openssl x509 -req` makes it, of X.509 version 1, and its key.
const VERSION_1: (&str, &str) = (include_str!("version-1.crt"), include_str!("version-1.key"));

#[tokio::test]
async fn a_client_certificate_of_version_1_is_taken() {
    install_provider();
    let auth = Auth::ClientCertificate {
        certificate: VERSION_1.0.to_owned(),
        key: VERSION_1.1.to_owned().into(),
    };
    let config = Config {
        auth: Some(auth),
        ..Config::new(Target::Host("https://127.0.0.1:1".into()))
    };
    Client::connect(config).await.unwrap();
}

/// A kubeconfig with this cluster and this user.
fn kubeconfig(cluster: &Value, users: &Value) -> (TempDir, Kubeconfig) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config");
    let text = json!({
        "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
        "clusters": [{ "name": "c", "cluster": cluster }], "users": users,
    });
    std::fs::write(&path, text.to_string()).unwrap();
    let wanted = Kubeconfig {
        paths: vec![path],
        ..Kubeconfig::default()
    };
    (folder, wanted)
}

#[tokio::test]
async fn empty_fields_of_a_kubeconfig_are_unset() {
    install_provider();
    let server = Server::answering([(200, workload("web"))]).await;
    let empty = [
        json!({ "token": "s3cret-token", "client-certificate": "" }),
        json!({ "token": "s3cret-token", "client-key": "", "client-key-data": "" }),
        json!({ "token": "s3cret-token", "client-certificate-data": "", "client-key-data": "", "tokenFile": "" }),
    ];
    for user in empty {
        let cluster = json!({ "server": server.url(), "certificate-authority": "", "certificate-authority-data": "",
                              "insecure-skip-tls-verify": true, "proxy-url": "", "tls-server-name": "" });
        let (_folder, wanted) = kubeconfig(&cluster, &json!([{ "name": "u", "user": user }]));
        let client = Client::connect(Config::new(Target::Kubeconfig(wanted))).await.unwrap();
        client.get(&"project-shop/web".parse().unwrap()).await.unwrap();
    }
    for asked in server.asked() {
        assert_eq!(asked.header("authorization"), "Bearer s3cret-token");
    }
}

#[tokio::test]
async fn a_token_of_the_settings_needs_no_user_of_the_kubeconfig() {
    let server = Server::answering([(200, workload("web"))]).await;
    for users in [json!(null), json!([]), json!([{ "name": "u", "user": null }])] {
        let (_folder, wanted) = kubeconfig(&json!({ "server": server.url() }), &users);
        let config = Config {
            auth: Some(Auth::Token("s3cret-token".into())),
            ..Config::new(Target::Kubeconfig(wanted))
        };
        let client = Client::connect(config).await.unwrap();
        client.get(&"project-shop/web".parse().unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn paths_and_content_in_a_kubeconfig_are_told_apart() {
    install_provider();
    let coded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("-----BEGIN EC PRIVATE KEY-----\n{SECRET}\n"))
    };
    let identity = Authority::new("ours").client();
    let certificate = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&identity.certificate)
    };
    let server = json!({ "server": "https://127.0.0.1:1" });
    let cases = [
        (
            json!({ "client-certificate-data": certificate, "client-key": coded }),
            "client-key-data",
        ),
        (
            json!({ "client-certificate": coded, "client-key-data": coded }),
            "client-certificate-data",
        ),
        (
            json!({ "client-certificate-data": "./me.crt", "client-key-data": "./me.key" }),
            "a path belongs into client-certificate",
        ),
        (json!({ "client-certificate-data": certificate }), "without its key"),
    ];
    for (user, expected) in cases {
        let (_folder, wanted) = kubeconfig(&server, &json!([{ "name": "u", "user": user }]));
        let error = Client::connect(Config::new(Target::Kubeconfig(wanted)))
            .await
            .unwrap_err();
        check(&error, expected);
        assert!(!error.to_string().contains(&coded[..40]), "{error}");
    }
    let cluster = json!({ "server": "https://127.0.0.1:1", "certificate-authority": certificate });
    let (_folder, wanted) = kubeconfig(&cluster, &json!([{ "name": "u", "user": {} }]));
    let error = Client::connect(Config::new(Target::Kubeconfig(wanted)))
        .await
        .unwrap_err();
    check(&error, "belongs into certificate-authority-data");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_what_names_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let proxy = datum_client::config::Proxy::Environment {
        http: Some(format!("http://me:{SECRET}@{nobody}")),
        https: None,
        no_proxy: None,
    };
    let config = Config {
        proxy: Some(proxy),
        retries: Retries::NONE,
        ..Config::new(Target::Host("http://api.invalid".into()))
    };
    let client = Client::connect(config).await.unwrap();
    let error = client
        .get(&"project-shop/web".parse().unwrap())
        .await
        .unwrap_err()
        .to_string();
    let expected = format!("through the proxy http://{nobody}");
    assert!(
        error.contains(&expected) && error.contains("(HTTP_PROXY of the environment)"),
        "{error}"
    );
    assert!(!error.contains(SECRET), "{error}");
}

/// A server whose certificate was issued like this, and what a client says that trusts `ca`.
async fn answer_of(server: &crate::tls::Identity, ca: &str) -> Result<(), datum_client::Error> {
    let url = crate::tls::serving(server).await;
    let tls = Tls {
        ca: Some(ca.to_owned()),
        ..Tls::SYSTEM
    };
    let config = Config {
        tls,
        retries: Retries::NONE,
        ..Config::new(Target::Host(url))
    };
    let client = Client::connect(config).await.unwrap();
    client.get(&"project-shop/web".parse().unwrap()).await.map(drop)
}

#[tokio::test]
async fn the_servers_own_certificate_may_be_what_is_trusted() {
    install_provider();
    let authority = Authority::new("theirs");
    let leaf = authority.issue(&["127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth);
    answer_of(&leaf, &leaf.certificate).await.unwrap();
    let itself = Authority::serving_itself(&["127.0.0.1"]);
    answer_of(&itself, &itself.certificate).await.unwrap();
    let other = authority.issue(&["other.example.com"], ExtendedKeyUsagePurpose::ServerAuth);
    assert!(
        answer_of(&other, &other.certificate).await.unwrap_err().is_untrusted(),
        "its name still counts"
    );
    assert!(
        answer_of(&leaf, &itself.certificate).await.unwrap_err().is_untrusted(),
        "another is not trusted"
    );
}
