//! Who asks: every way to get credentials, and what happens when they are refused.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use datum_client::config::{Auth, Exec, InCluster, Kubeconfig, Retries, ServiceAccount, Setting, Target};
use datum_client::{Client, Config, CredentialError, Error, ServiceAccountKey};
use datum_model::id::WorkloadId;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Asked, Server, json_answer, status, text_answer, workload};

fn web() -> WorkloadId {
    "project-shop/web".parse().unwrap()
}

/// A server that takes these bearer tokens and no others.
async fn taking(tokens: &'static [&'static str]) -> Server {
    Server::start(move |asked| {
        let known = tokens
            .iter()
            .any(|token| asked.header("authorization") == format!("Bearer {token}"));
        if known {
            json_answer(200, &workload("web"))
        } else {
            refused()
        }
    })
    .await
}

fn refused() -> axum::response::Response {
    json_answer(401, &status(401, "Unauthorized", "Unauthorized", &json!({})))
}

async fn client(server: &Server, auth: Auth) -> Client {
    Client::connect(Config {
        auth: Some(auth),
        ..server.config()
    })
    .await
    .unwrap()
}

/// A client by a kubeconfig with this user.
async fn client_of_user(server: &Server, user: &Value) -> Client {
    let folder = TempDir::new().unwrap();
    let target = kubeconfig(folder.path(), &server.url(), user);
    Client::connect(Config::new(target)).await.unwrap()
}

async fn get(server: &Server, auth: Auth) -> Result<(), Error> {
    client(server, auth).await.get(&web()).await.map(drop)
}

fn tokens(server: &Server) -> Vec<String> {
    server
        .asked()
        .iter()
        .map(|asked| asked.header("authorization").to_owned())
        .collect()
}

#[tokio::test]
async fn a_token_is_sent_trimmed_and_a_refusal_is_told() {
    let server = taking(&["good"]).await;
    get(&server, Auth::Token("good\n".into())).await.unwrap();
    let error = get(&server, Auth::Token("bad".into())).await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(
        error.to_string(),
        "cannot read workload project-shop/web: the API did not accept the credentials (401 Unauthorized)"
    );
    let anonymous = Config {
        auth: None,
        ..server.config()
    };
    let anonymous = Client::connect(anonymous).await.unwrap();
    assert!(anonymous.get(&web()).await.unwrap_err().is_unauthorized());
    assert_eq!(tokens(&server).last().unwrap(), "");

    let config = Config {
        auth: Some(Auth::Token("in\nthe m1ddle".into())),
        ..server.config()
    };
    let error = Client::connect(config).await.unwrap_err();
    assert_eq!(error.setting(), Setting::Token);
    assert!(!error.to_string().contains("m1ddle"), "{error}");
}

#[tokio::test]
async fn user_and_password_are_sent_as_such() {
    let server = Server::answering([(200, workload("web"))]).await;
    let client = client_of_user(&server, &json!({ "username": "Aladdin", "password": "open sesame" })).await;
    client.get(&web()).await.unwrap();
    assert_eq!(tokens(&server), ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
}

#[tokio::test]
async fn a_token_file_is_read_again_when_it_changes() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "one\n").unwrap();
    let server = taking(&["one", "two"]).await;
    let client = client(&server, Auth::TokenFile(file.clone())).await;
    client.get(&web()).await.unwrap();
    std::fs::write(&file, "two\n").unwrap();
    client.get(&web()).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    client.get(&web()).await.unwrap();
    assert_eq!(
        tokens(&server),
        ["Bearer one", "Bearer two", "Bearer two"],
        "a file that is gone keeps its last token"
    );

    let config = Config {
        auth: Some(Auth::TokenFile(file)),
        ..server.config()
    };
    assert_eq!(Client::connect(config).await.unwrap_err().setting(), Setting::TokenFile);
}

/// A program that counts its runs, leaves what it was told, and prints this.
struct Program {
    folder: TempDir,
    path: PathBuf,
}

impl Program {
    fn new(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("credentials");
        let home = folder.path().display();
        let text = format!(
            "cd '{home}'\necho run >> runs\nprintf %s \"$KUBERNETES_EXEC_INFO\" > info\n\
             echo \"$@\" > args\necho \"$EXTRA\" > extra\nruns=$(wc -l < runs | tr -d ' ')\n{script}\n"
        );
        std::fs::write(&path, text).unwrap();
        Self { folder, path }
    }

    /// Prints `token-<run>` that expires then.
    fn minting(version: &str, expiry: &str) -> Self {
        Self::new(&format!(
            r#"echo '{{"kind":"ExecCredential","apiVersion":"{version}","status":{{"token":"token-'$runs'"{expiry}}}}}'"#
        ))
    }

    fn exec(&self) -> Exec {
        Exec {
            api_version: V1.into(),
            // The shell reads the script: executing a file that was just written races with the forks of other tests.
            command: "/bin/sh".into(),
            args: vec![
                self.path.display().to_string(),
                "get-token".into(),
                "--output=json".into(),
            ],
            env: vec![("EXTRA".into(), "given".into())],
            install_hint: Some("Install it from the usual place.".into()),
        }
    }

    fn auth(&self) -> Auth {
        Auth::Exec(self.exec())
    }

    fn left(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    fn runs(&self) -> usize {
        self.left("runs").lines().count()
    }
}

const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

#[tokio::test]
async fn an_exec_program_runs_once_and_is_told_what_it_may_know() {
    let server = taking(&["token-1"]).await;
    let program = Program::minting(V1, r#","expirationTimestamp":"2999-01-01T00:00:00Z""#);
    let client = client(&server, program.auth()).await;
    let reads = (0..10).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.get(&web()).await.unwrap() })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.unwrap();
    }
    assert_eq!(program.runs(), 1);
    let info: Value = serde_json::from_str(&program.left("info")).unwrap();
    assert_eq!(
        info,
        json!({ "apiVersion": V1, "kind": "ExecCredential", "spec": { "interactive": false } })
    );
    assert_eq!(
        (program.left("args").trim(), program.left("extra").trim()),
        ("get-token --output=json", "given")
    );
}

#[tokio::test]
async fn v1beta1_is_spoken_too() {
    let server = taking(&["token-1"]).await;
    let program = Program::minting(V1BETA1, "");
    get(
        &server,
        Auth::Exec(Exec {
            api_version: V1BETA1.into(),
            ..program.exec()
        }),
    )
    .await
    .unwrap();

    let auth = Auth::Exec(Exec {
        api_version: "client.authentication.k8s.io/v1alpha1".into(),
        ..program.exec()
    });
    let error = Client::connect(Config {
        auth: Some(auth),
        ..server.config()
    })
    .await
    .unwrap_err();
    assert_eq!(error.setting(), Setting::Exec);
}

/// What a client says whose credential program does this.
async fn trouble_of(script: &str) -> String {
    let server = taking(&[]).await;
    let program = Program::new(script);
    let client = client(&server, program.auth()).await;
    client.get(&web()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_a_program_says_to_people_is_shown_also_when_it_ends_well() {
    let text = trouble_of("echo 'please log in first: mytool login' >&2").await;
    assert!(
        text.contains("printed nothing") && text.contains("mytool login"),
        "{text}"
    );
    let text = trouble_of("echo s3cret; echo 'please log in' >&2").await;
    assert!(text.contains("not JSON") && text.contains("please log in"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    let half = r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":"x"}}'"#;
    let text = trouble_of(half).await;
    assert!(text.contains("a client certificate without its key"), "{text}");
}

#[tokio::test]
async fn what_a_program_has_begun_ends_with_it() {
    let server = taking(&[]).await;
    let program = Program::new("sleep 300 & echo $! > child; wait");
    let client = client(&server, program.auth()).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let asking = tokio::spawn({
        let client = client.cancelled_by(stop.clone());
        async move { client.get(&web()).await }
    });
    let child = program.folder.path().join("child");
    while std::fs::read_to_string(&child).unwrap_or_default().trim().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let process = program.left("child").trim().to_owned();
    let runs = || {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    };
    assert!(runs(), "it is there to be ended");
    stop.cancel();
    assert!(asking.await.unwrap().unwrap_err().is_cancelled());
    while runs() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_expiry_in_the_past_is_no_run_for_each_request() {
    let server = taking(&["token-1", "token-2"]).await;
    let program = Program::minting(V1, r#","expirationTimestamp":"2001-01-01T00:00:00Z""#);
    let client = client(&server, program.auth()).await;
    client.get(&web()).await.unwrap();
    client.get(&web()).await.unwrap();
    assert_eq!(
        tokens(&server),
        ["Bearer token-1", "Bearer token-1"],
        "it is used until it is refused"
    );
}

#[tokio::test]
async fn a_refused_credential_is_fetched_anew_once() {
    let server = taking(&["token-2"]).await;
    let program = Program::minting(V1, "");
    client(&server, program.auth()).await.get(&web()).await.unwrap();
    assert_eq!(tokens(&server), ["Bearer token-1", "Bearer token-2"]);

    let server = taking(&[]).await;
    let program = Program::minting(V1, "");
    let error = get(&server, program.auth()).await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!((program.runs(), server.asked().len()), (2, 2));
}

#[tokio::test]
async fn a_program_that_fails_shows_what_it_said() {
    let server = taking(&[]).await;
    let program = Program::new("echo 'not logged in: run datumctl auth login' >&2; echo s3cret; exit 3");
    let message = get(&server, program.auth()).await.unwrap_err().to_string();
    assert!(
        message.contains("exit status: 3") && message.contains("run datumctl auth login"),
        "{message}"
    );
    assert!(!message.contains("s3cret"), "{message}");
    assert!(server.asked().is_empty(), "without credentials nothing is asked");

    let auth = Auth::Exec(Exec {
        command: "/nowhere/datumctl".into(),
        ..program.exec()
    });
    let message = get(&server, auth).await.unwrap_err().to_string();
    assert!(
        message.contains("\"/nowhere/datumctl\" was not found\nInstall it from the usual place."),
        "{message}"
    );
}

#[tokio::test]
async fn a_program_that_prints_nonsense_is_not_quoted() {
    let cases = [
        ("echo s3cret", "not JSON"),
        (r#"echo '{"token":"s3cret"}'"#, "not an ExecCredential"),
        (
            r#"echo '{"kind":"ExecCredential","apiVersion":"other/v1","status":{"token":"s3cret"}}'"#,
            "an unknown version",
        ),
        (
            r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'"#,
            "neither a token nor a client certificate",
        ),
        (
            r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"s3cret","expirationTimestamp":"soon"}}'"#,
            "expirationTimestamp",
        ),
    ];
    let server = taking(&[]).await;
    for (script, expected) in cases {
        let error = get(&server, Program::new(script).auth()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_program_that_hangs_ends_with_the_operation() {
    let server = taking(&[]).await;
    let program = Program::new("exec sleep 1000");
    let soon = tokio::time::Instant::now() + Duration::from_millis(200);
    let error = client(&server, program.auth())
        .await
        .within(soon)
        .get(&web())
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("had not ended; was it waiting for input? Nothing was sent"),
        "{error}"
    );
    assert!(server.asked().is_empty());
}

/// With the clock stopped, tokio goes on to the next timer as soon as there is nothing else to do.
#[tokio::test(start_paused = true)]
async fn a_program_that_waits_for_input_is_given_up() {
    // Named, so that its folder outlives the run.
    let program = Program::new("exec sleep 1000");
    let config = Config {
        auth: Some(program.auth()),
        retries: Retries::NONE,
        ..Config::new(Target::Host("http://127.0.0.1:1".into()))
    };
    let error = Client::connect(config).await.unwrap().get(&web()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("did not end within 60 s; was it waiting for input?"),
        "{error}"
    );
}

#[tokio::test]
async fn a_program_has_nothing_to_read_and_no_part_in_a_ctrl_c() {
    let server = taking(&["token-1"]).await;
    let group = "ps -o pgid= -p $$ | tr -d ' ' > group; echo $$ > pid; cat > input";
    let credential = json!({ "kind": "ExecCredential", "apiVersion": V1, "status": { "token": "token-1" } });
    let program = Program::new(&format!("{group}; echo '{credential}'"));
    get(&server, program.auth()).await.unwrap();
    assert_eq!(program.left("input"), "");
    assert_eq!(
        program.left("group"),
        program.left("pid"),
        "it leads a process group of its own"
    );
}

/// A key file and the public key that verifies what it signs.
struct KeyFile {
    json: Value,
    public: DecodingKey,
}

impl KeyFile {
    fn new(token_uri: &str) -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let json = json!({
            "type": "datum_service_account", "client_id": "client-1", "private_key_id": "key-1",
            "private_key": key.serialize_pem(), "client_email": "ci@shop.example", "token_uri": token_uri,
            "project_id": "shop", "api_endpoint": "https://api.example",
        });
        Self {
            json,
            public: DecodingKey::from_rsa_pem(key.public_key_pem().as_bytes()).unwrap(),
        }
    }

    fn auth(&self) -> Auth {
        Auth::ServiceAccount(ServiceAccount::Json(self.json.to_string().into()))
    }
}

/// A token endpoint that answers with tokens of this life, one after the other.
async fn token_endpoint(life: u64) -> Server {
    let minted = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    Server::start(move |_| {
        let number = minted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        let token = json!({ "access_token": format!("token-{number}"), "expires_in": life, "token_type": "Bearer" });
        json_answer(200, &token)
    })
    .await
}

fn form(asked: &Asked) -> std::collections::HashMap<String, String> {
    form_urlencoded::parse(&asked.body).into_owned().collect()
}

#[tokio::test]
async fn a_service_account_is_exchanged_for_a_token() {
    let endpoint = token_endpoint(3600).await;
    let server = taking(&["token-1"]).await;
    let key = KeyFile::new(&format!("{}/oauth/v2/token", endpoint.url()));
    let client = client(&server, key.auth()).await;
    client.get(&web()).await.unwrap();
    client.get(&web()).await.unwrap();
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 1, "one token serves until it is about to expire");
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("POST", "/oauth/v2/token")
    );

    let form = form(&asked[0]);
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(form["scope"], "openid profile email offline_access");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[endpoint.url()]);
    validation.set_issuer(&["client-1"]);
    let token = jsonwebtoken::decode::<Value>(&form["assertion"], &key.public, &validation).unwrap();
    assert_eq!(token.header.kid.as_deref(), Some("key-1"));
    assert_eq!(token.claims["sub"], "client-1");
    assert!(token.claims["jti"].as_str().is_some_and(|jti| jti.len() > 20));
    assert_eq!(
        token.claims["exp"].as_i64().unwrap() - token.claims["iat"].as_i64().unwrap(),
        60
    );
}

#[tokio::test]
async fn a_key_may_be_pkcs1_and_of_the_older_type() {
    let endpoint = token_endpoint(3600).await;
    let server = taking(&["token-1"]).await;
    let mut key = KeyFile::new(&endpoint.url());
    let pkcs8 = pem_body(key.json["private_key"].as_str().unwrap());
    // PKCS#8 of a 2048-bit RSA key is a header of 26 bytes before the PKCS#1 key.
    let pkcs1 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &pkcs8[26..]);
    key.json["private_key"] = json!(format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{pkcs1}\n-----END RSA PRIVATE KEY-----\n"
    ));
    key.json["type"] = json!("datum_machine_account");
    key.json["scope"] = json!("openid");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.json");
    std::fs::write(&file, key.json.to_string()).unwrap();
    get(&server, Auth::ServiceAccount(ServiceAccount::File(file)))
        .await
        .unwrap();
    assert_eq!(form(&endpoint.asked()[0])["scope"], "openid");
}

fn pem_body(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).unwrap()
}

#[tokio::test]
async fn a_token_is_minted_again_when_it_expires_and_once_when_it_is_refused() {
    let endpoint = token_endpoint(0).await;
    let server = taking(&["token-1", "token-2"]).await;
    let key = KeyFile::new(&endpoint.url());
    let client_of_short_lived = client(&server, key.auth()).await;
    client_of_short_lived.get(&web()).await.unwrap();
    client_of_short_lived.get(&web()).await.unwrap();
    assert_eq!(tokens(&server), ["Bearer token-1", "Bearer token-2"]);

    let endpoint = token_endpoint(3600).await;
    let server = taking(&["token-2"]).await;
    get(&server, KeyFile::new(&endpoint.url()).auth()).await.unwrap();
    assert_eq!(tokens(&server), ["Bearer token-1", "Bearer token-2"]);
}

/// A token endpoint whose clock is off by these seconds, and that takes what is valid by it, give or take `tolerance`.
async fn endpoint_off_by(off: i64, tolerance: i64) -> Server {
    Server::start(move |asked| {
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(off);
        let assertion = form(asked)["assertion"].clone();
        let claims = assertion.split('.').nth(1).unwrap();
        let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let time = |name: &str| claims[name].as_i64().unwrap();
        let is_valid = time("iat") <= now.as_second() + tolerance && time("exp") > now.as_second() - tolerance;
        let mut answer = if is_valid {
            json_answer(200, &json!({ "access_token": "token-1", "expires_in": 3600 }))
        } else {
            json_answer(400, &json!({ "error": "invalid_grant" }))
        };
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        answer.headers_mut().insert("date", date.parse().unwrap());
        answer
    })
    .await
}

#[tokio::test]
async fn a_clock_that_is_off_does_not_keep_a_token_from_being_had() {
    for (off, tolerance) in [(0, 0), (-5, 0), (5, 0), (-600, 0), (600, 0), (3600, 60), (-90, 60)] {
        let endpoint = endpoint_off_by(off, tolerance).await;
        let server = taking(&["token-1"]).await;
        let got = get(&server, KeyFile::new(&endpoint.url()).auth()).await;
        assert!(got.is_ok(), "{off} s off: {got:?}");
        assert!(endpoint.asked().len() <= 2, "one repeat at most");
    }
    let refusing = Server::start(|_| {
        let mut answer = json_answer(400, &json!({ "error": "invalid_grant" }));
        answer
            .headers_mut()
            .insert("date", "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap());
        answer
    })
    .await;
    let server = taking(&[]).await;
    let error = get(&server, KeyFile::new(&refusing.url()).auth())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("This machine's clock is") && error.contains("s ahead of that server's"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refused_exchange_is_told_without_the_assertion() {
    let refusal = json!({ "error": "invalid_grant", "error_description": "key expired", "assertion": "s3cret" });
    let endpoint = Server::answering([(400, refusal)]).await;
    let server = taking(&[]).await;
    let error = get(&server, KeyFile::new(&endpoint.url()).auth()).await.unwrap_err();
    assert!(error.is_unauthorized());
    let message = error.to_string();
    assert!(
        message.contains("ci@shop.example") && message.contains("invalid_grant: key expired"),
        "{message}"
    );
    assert!(!message.contains("s3cret"), "{message}");

    let endpoint = Server::start(|asked| {
        let sent = form(asked)["assertion"].clone();
        json_answer(
            400,
            &json!({ "error": "invalid_grant", "error_description": format!("bad assertion {sent}") }),
        )
    })
    .await;
    let message = get(&server, KeyFile::new(&endpoint.url()).auth())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("invalid_grant: bad assertion <assertion>"),
        "{message}"
    );

    let endpoint = Server::start(|_| text_answer(200, "text/html", "<html>s3cret</html>")).await;
    let error = get(&server, KeyFile::new(&endpoint.url()).auth()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_token_endpoint_that_is_busy_is_asked_again() {
    let token = json!({ "access_token": "token-1", "expires_in": 3600 });
    let endpoint = Server::answering([(503, json!({})), (200, token)]).await;
    let server = taking(&["token-1"]).await;
    let retries = Retries {
        first_pause: Duration::from_millis(1),
        ..Retries::STANDARD
    };
    let config = Config {
        auth: Some(KeyFile::new(&endpoint.url()).auth()),
        retries,
        ..server.config()
    };
    Client::connect(config).await.unwrap().get(&web()).await.unwrap();
    assert_eq!((endpoint.asked().len(), server.asked().len()), (2, 1));
}

#[tokio::test]
async fn a_key_file_that_cannot_work_is_explained() {
    let good = KeyFile::new("https://auth.example/token").json;
    let without = |field: &str| {
        let mut json = good.clone();
        json.as_object_mut().unwrap().remove(field);
        json
    };
    let with = |field: &str, value: &str| {
        let mut json = good.clone();
        json[field] = json!(value);
        json
    };
    let cases = [
        (without("client_id"), "it has no client_id"),
        (without("token_uri"), "it has no token_uri"),
        (with("type", "service_account"), "its type is not datum_service_account"),
        (
            with("private_key", "s3cret"),
            "its private_key is not an RSA key in PEM",
        ),
        (with("token_uri", "http://auth.example/token"), "is not an https:// URL"),
        (
            with("token_uri", "https://me:s3cret@auth.example/token"),
            "carries a user name or password",
        ),
        (json!("s3cret"), "a field of it is not a text"),
    ];
    for (json, expected) in cases {
        let error = ServiceAccountKey::read(&ServiceAccount::Json(json.to_string().into())).unwrap_err();
        assert_eq!(error.setting(), Setting::ServiceAccount);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let error = ServiceAccountKey::read(&ServiceAccount::File("/nowhere/key.json".into())).unwrap_err();
    assert!(error.to_string().contains("/nowhere/key.json"), "{error}");
    let key = ServiceAccountKey::read(&ServiceAccount::Json(good.to_string().into())).unwrap();
    assert_eq!(
        (key.project(), key.api_endpoint()),
        (Some("shop"), Some("https://api.example"))
    );
}

fn kubeconfig(folder: &Path, server: &str, user: &Value) -> Target {
    let file = folder.join("config");
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "work",
        "contexts": [{ "name": "work", "context": { "cluster": "c", "user": "u", "namespace": "project-shop" } }],
        "clusters": [{ "name": "c", "cluster": { "server": server } }],
        "users": [{ "name": "u", "user": user }],
    });
    std::fs::write(&file, text.to_string()).unwrap();
    Target::Kubeconfig(Kubeconfig {
        paths: vec![file],
        ..Kubeconfig::default()
    })
}

#[tokio::test]
async fn a_kubeconfigs_user_is_used_unless_another_is_named() {
    let folder = TempDir::new().unwrap();
    let server = taking(&["from-config", "token-1", "from-file", "named"]).await;
    std::fs::write(folder.path().join("token"), "from-file").unwrap();
    let program = Program::minting(V1, "");
    let exec = json!({ "exec": {
        "apiVersion": V1, "command": "/bin/sh", "args": [program.path], "interactiveMode": "IfAvailable",
        "env": [{ "name": "EXTRA", "value": "given" }], "provideClusterInfo": true,
    } });
    // As in kubectl, the file wins over the token, which stands in for it while it is not there.
    let users = [
        json!({ "token": "from-config" }),
        json!({ "token": "from-config", "tokenFile": "token" }),
        json!({ "token": "from-config", "tokenFile": "missing" }),
        exec,
    ];
    for user in users {
        let config = Config::new(kubeconfig(folder.path(), &server.url(), &user));
        let client = Client::connect(config.clone()).await.unwrap();
        assert_eq!(client.default_namespace(), Some("project-shop"));
        client.get(&web()).await.unwrap();
        let config = Config {
            auth: Some(Auth::Token("named".into())),
            ..config
        };
        Client::connect(config).await.unwrap().get(&web()).await.unwrap();
    }
    let sent = tokens(&server);
    let named = "Bearer named";
    assert_eq!(
        sent,
        [
            "Bearer from-config",
            named,
            "Bearer from-file",
            named,
            "Bearer from-config",
            named,
            "Bearer token-1",
            named
        ]
    );
    let info: Value = serde_json::from_str(&program.left("info")).unwrap();
    assert_eq!(
        info["spec"]["cluster"]["server"],
        server.url(),
        "it asked for the cluster"
    );
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_work_here_is_explained() {
    let folder = TempDir::new().unwrap();
    let interactive = json!({ "exec": { "apiVersion": V1, "command": "login", "interactiveMode": "Always" } });
    let cases = [
        (interactive, "needs a terminal"),
        (
            json!({ "auth-provider": { "name": "gcp" } }),
            "auth-provider \"gcp\" is not supported",
        ),
    ];
    for (user, expected) in cases {
        let config = Config::new(kubeconfig(folder.path(), "http://127.0.0.1:1", &user));
        let error = Client::connect(config).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn impersonation_is_passed_on() {
    let folder = TempDir::new().unwrap();
    let server = Server::answering([(200, workload("web"))]).await;
    let user = json!({ "token": "t", "as": "jane", "as-groups": ["ops"] });
    let config = Config::new(kubeconfig(folder.path(), &server.url(), &user));
    Client::connect(config).await.unwrap().get(&web()).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(
        (asked.header("impersonate-user"), asked.header("impersonate-group")),
        ("jane", "ops")
    );
}

#[tokio::test]
async fn a_pod_without_a_service_account_is_explained() {
    let pod = InCluster {
        server: "10.0.0.1:443".into(),
        directory: "/nowhere".into(),
    };
    let error = Client::connect(Config::new(Target::InCluster(pod))).await.unwrap_err();
    assert_eq!(error.setting(), Setting::InCluster);
    assert!(
        error.to_string().contains("is this a pod with a service account?"),
        "{error}"
    );
}

#[tokio::test]
async fn credentials_that_could_not_be_had_are_a_kind_of_their_own() {
    let server = taking(&[]).await;
    let auth = Auth::Exec(Exec {
        command: "/nowhere/datumctl".into(),
        ..Program::new("").exec()
    });
    let error = get(&server, auth).await.unwrap_err();
    let datum_client::error::Kind::Credential(CredentialError::Exec { hint, .. }) = error.kind() else {
        panic!()
    };
    assert!(hint.is_some());
}

/// The token that is given out, and when it expires.
async fn given_out(client: &Client) -> Option<(String, Option<String>)> {
    let issued = client.access_token().await.unwrap()?;
    Some((
        issued.token.expose_secret().to_owned(),
        issued.expiry.map(|expiry| expiry.to_string()),
    ))
}

#[tokio::test]
async fn a_token_is_given_out_with_its_expiry() {
    let server = taking(&[]).await;
    // A token that says of itself when it expires.
    let claims = URL_SAFE_NO_PAD.encode(json!({ "exp": 4_000_000_000_i64 }).to_string());
    for (token, expiry) in [
        ("opaque".to_owned(), None),
        (format!("e30.{claims}.sig"), Some("2096-10-02T07:06:40Z".to_owned())),
        ("e30.bm8.sig".to_owned(), None),
    ] {
        let client = client(&server, Auth::Token(token.clone().into())).await;
        assert_eq!(given_out(&client).await, Some((token, expiry)));
    }
    let client = client_of_user(&server, &json!({ "username": "me", "password": "s3cret" })).await;
    assert_eq!(given_out(&client).await, None);
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_replaced_before_it_is_given_out() {
    let server = taking(&[]).await;
    for life in [60, 36_000] {
        let endpoint = token_endpoint(life).await;
        let key = KeyFile::new(&format!("{}/token", endpoint.url()));
        let client = client(&server, key.auth()).await;
        // A request has the token minted, and what is given out afterwards may be another one.
        client.access_token().await.unwrap();
        let (token, expiry) = given_out(&client).await.unwrap();
        assert!(expiry.is_some());
        let fresh = endpoint.asked().len();
        assert_eq!(token, format!("token-{fresh}"), "the newest one");
        assert_eq!(fresh > 1, life == 60, "{fresh} exchanges for a life of {life} s");
    }
    let expiry = r#","expirationTimestamp":"2020-01-01T00:00:00Z""#;
    let program = Program::minting(V1, expiry);
    let client = client(&server, program.auth()).await;
    let (token, expiry) = given_out(&client).await.unwrap();
    assert_eq!(
        (token.as_str(), expiry.as_deref()),
        ("token-2", Some("2020-01-01T00:00:00Z"))
    );
}
