//! Blocks and environments, and what they come to.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use datum_client::config::{Auth, Origins, Proxy, Target};

use super::kind::Kind;
use super::setting::SETTINGS;
use super::way::FILES;
use super::*;

fn read(block: &[(&str, Value)], environment: &[(&str, &str)]) -> Result<Configuration, Vec<Problem>> {
    let environment: Vec<(&str, OsString)> = environment.iter().map(|(name, text)| (*name, text.into())).collect();
    read_with(block, &environment)
}

fn read_with(block: &[(&str, Value)], environment: &[(&str, OsString)]) -> Result<Configuration, Vec<Problem>> {
    let block = Value::object(block.iter().map(|(name, value)| (*name, value.clone())));
    Configuration::read(&block, Environment(&|name| variable(environment, name)))
}

fn contradictions(block: &[(&str, Value)], environment: &[(&str, OsString)]) -> Vec<Problem> {
    let block = Value::object(block.iter().map(|(name, value)| (*name, value.clone())));
    Configuration::contradictions(&block, Environment(&|name| variable(environment, name)))
}

fn variable(environment: &[(&str, OsString)], name: &str) -> Option<OsString> {
    let mut variables = environment.iter();
    let (_, text) = variables.find(|(known, _)| *known == name)?;
    Some(text.clone())
}

/// Where a configuration goes, and as whom, in a line.
fn told(configuration: &Configuration) -> String {
    let Some(config) = &configuration.connection else {
        return "not known yet".to_owned();
    };
    let target = match &config.target {
        Target::Project { endpoint, project } => format!("project {project} at {endpoint}"),
        Target::Kubeconfig(kubeconfig) => {
            let paths: Vec<String> = kubeconfig.paths.iter().map(|path| path.display().to_string()).collect();
            let context = kubeconfig
                .context
                .as_ref()
                .map_or_else(String::new, |context| format!(", context {context}"));
            format!("kubeconfig {}{context}", paths.join("+"))
        }
        Target::Host(host) => format!("host {host}"),
        Target::InCluster(cluster) => format!("in cluster {}", cluster.server),
    };
    let auth = match &config.auth {
        None => "nobody",
        Some(Auth::Token(_)) => "token",
        Some(Auth::TokenFile(_)) => "token file",
        Some(Auth::ClientCertificate { .. }) => "client certificate",
        Some(Auth::Exec(_)) => "program",
        Some(Auth::ServiceAccount(_)) => "service account",
    };
    format!("{target} as {auth}")
}

/// Attributes that are texts, environment variables, and where these lead.
type Row = (
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    &'static str,
);

#[track_caller]
fn check(rows: &[Row]) {
    for (block, environment, expected) in rows {
        let block: Vec<(&str, Value)> = block.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
        let read = read(&block, environment).unwrap_or_else(|problems| panic!("{block:?}: {problems:?}"));
        assert_eq!(told(&read), *expected, "{block:?} {environment:?}");
    }
}

#[test]
fn where_the_api_is_follows_from_what_is_set() {
    check(&[
        (&[("kubeconfig", "/k")], &[], "kubeconfig /k as nobody"),
        (
            &[("config_path", "~/k")],
            &[("HOME", "/home/me")],
            "kubeconfig /home/me/k as nobody",
        ),
        (&[], &[("KUBECONFIG", "/a:/b")], "kubeconfig /a+/b as nobody"),
        (
            &[],
            &[("KUBE_CONFIG_PATH", "/k"), ("KUBECONFIG", "/a")],
            "kubeconfig /k as nobody",
        ),
        (
            &[],
            &[("DATUM_KUBECONFIG", "/d"), ("KUBE_CONFIG_PATH", "/k")],
            "kubeconfig /d as nobody",
        ),
        (
            &[("kubeconfig", "/k")],
            &[("KUBECONFIG", "/a")],
            "kubeconfig /k as nobody",
        ),
        (
            &[("config_context", "x")],
            &[("KUBECONFIG", "/a")],
            "kubeconfig /a, context x as nobody",
        ),
        (
            &[("config_context", "x")],
            &[("HOME", "/home/me")],
            "kubeconfig /home/me/.kube/config, context x as nobody",
        ),
        (&[("kubeconfig", "/k"), ("token", "t")], &[], "kubeconfig /k as token"),
        (
            &[("kubeconfig", "/k")],
            &[("DATUM_TOKEN", "t")],
            "kubeconfig /k as token",
        ),
        (
            &[],
            &[("KUBECONFIG", "/a"), ("KUBE_TOKEN", "t")],
            "kubeconfig /a as token",
        ),
        (
            &[("host", "https://h"), ("token", "t")],
            &[("KUBECONFIG", "/a")],
            "host https://h as token",
        ),
        (
            &[("host", "https://h")],
            &[("KUBE_TOKEN", "t")],
            "host https://h as token",
        ),
        (
            &[("project", "shop"), ("token", "t")],
            &[("KUBECONFIG", "/a")],
            "project shop at https://api.datum.net as token",
        ),
        (
            &[],
            &[
                ("DATUM_PROJECT", "shop"),
                ("DATUM_CREDENTIALS_FILE", "/key.json"),
                ("KUBECONFIG", "/a"),
            ],
            "project shop at https://api.datum.net as service account",
        ),
        (
            &[("endpoint", "api.example.com")],
            &[("DATUM_PROJECT", "shop"), ("DATUM_TOKEN", "t")],
            "project shop at api.example.com as token",
        ),
        // With nothing but a project, a kubeconfig says where and who, and the project says which namespace.
        (
            &[("project", "shop")],
            &[("KUBECONFIG", "/a")],
            "kubeconfig /a as nobody",
        ),
        (
            &[],
            &[("DATUM_IN_CLUSTER", "true"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")],
            "in cluster https://10.0.0.1:443 as nobody",
        ),
    ]);
}

#[test]
fn what_is_there_for_other_tools_neither_moves_nor_replaces_what_was_said_to_this_provider() {
    check(&[
        (
            &[("kubeconfig", "/k")],
            &[("KUBE_TOKEN", "t"), ("KUBE_CTX", "x"), ("KUBE_HOST", "https://h")],
            "kubeconfig /k as nobody",
        ),
        (
            &[("project", "shop"), ("token", "t")],
            &[
                ("KUBE_HOST", "https://h"),
                ("KUBE_CLIENT_CERT_DATA", "c"),
                ("KUBE_CLIENT_KEY_DATA", "k"),
            ],
            "project shop at https://api.datum.net as token",
        ),
        (
            &[],
            &[
                ("KUBE_HOST", "https://h"),
                ("KUBE_TOKEN", "t"),
                ("DATUM_PROJECT", "shop"),
                ("DATUM_CREDENTIALS_FILE", "/key.json"),
            ],
            "project shop at https://api.datum.net as service account",
        ),
        (
            &[],
            &[("KUBECONFIG", "/a"), ("KUBE_TOKEN", "t"), ("DATUM_PROJECT", "shop")],
            "kubeconfig /a as token",
        ),
        (
            &[],
            &[("DATUM_KUBECONFIG", "/k"), ("KUBE_HOST", "https://h")],
            "kubeconfig /k as nobody",
        ),
        (
            &[("config_context", "x")],
            &[
                ("KUBE_HOST", "https://h"),
                ("KUBECONFIG", "/a"),
                ("DATUM_ENDPOINT", "e"),
            ],
            "kubeconfig /a, context x as nobody",
        ),
        (
            &[],
            &[("KUBE_HOST", "https://h"), ("DATUM_TOKEN", "t"), ("KUBECONFIG", "/a")],
            "host https://h as token",
        ),
        (
            &[("project", "shop"), ("endpoint", "https://e")],
            &[("DATUM_TOKEN", "t"), ("KUBE_TOKEN", "other"), ("DATUM_CONTEXT", "x")],
            "project shop at https://e as token",
        ),
    ]);
}

#[test]
fn every_variable_stands_in_for_its_attribute() {
    for setting in SETTINGS {
        for variable in setting.variables {
            let environment = |name: &str| (name == *variable).then(|| OsString::from("1"));
            let settings = Settings::read(&Value::Null, Environment(&environment));
            let origin = settings.origin(setting.name);
            assert_eq!(origin, Some(Origin::Variable(variable)), "{variable}");
        }
    }
}

/// Settings of which any two exclude each other, best first: where the API is, who asks, whom we trust.
const EXCLUSIVE: &[&[&str]] = &[
    &[
        "in_cluster",
        "endpoint",
        "kubeconfig",
        "host",
        "config_path",
        "config_paths",
    ],
    &["in_cluster", "config_context"],
    &["endpoint", "config_context_cluster"],
    &["host", "config_context_user"],
    &[
        "in_cluster",
        "token",
        "token_file",
        "exec",
        "credentials_file",
        "credentials",
        "client_certificate",
    ],
    TRUST,
];

#[test]
fn contradictions_are_refused_at_their_attribute() {
    for set in EXCLUSIVE {
        for (index, other) in set.iter().enumerate() {
            for attribute in &set[index + 1..] {
                let value = |name: &str| match name {
                    "insecure" | "in_cluster" => Value::Bool(true),
                    "config_paths" => Value::list(["/k"]),
                    name => Value::from(name),
                };
                let mut block = vec![(*other, value(other)), (*attribute, value(attribute))];
                if [*other, *attribute].contains(&"client_certificate") {
                    block.push(("client_key", "k".into()));
                }
                let problems = contradictions(&block, &[]);
                assert!(
                    problems.contains(&Problem::Exclusive { attribute, other }),
                    "{block:?}: {problems:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_missing_or_malformed_is_named() {
    let malformed = |attribute, variable, expected: &str| Problem::Malformed {
        attribute,
        origin: Origin::Variable(variable),
        expected: expected.to_owned(),
    };
    let rows: [(&[(&str, &str)], Problem); 7] = [
        (&[], Problem::NothingConfigured { credentials: None }),
        (&[("DATUM_PROJECT", "shop")], Problem::NoCredentials),
        (&[("DATUM_ENDPOINT", "api.example.com")], Problem::NoProject),
        (&[("DATUM_IN_CLUSTER", "1")], Problem::NotInCluster),
        (
            &[("KUBE_INSECURE", "maybe"), ("KUBE_HOST", "https://h")],
            malformed("insecure", "KUBE_INSECURE", "`true` or `false`"),
        ),
        (
            &[("DATUM_MAX_RETRIES", "-1")],
            malformed("max_retries", "DATUM_MAX_RETRIES", "a whole number from 0"),
        ),
        (
            &[
                ("DATUM_PROJECT", "shop"),
                ("DATUM_ORGANIZATION", "acme"),
                ("KUBECONFIG", "/a"),
            ],
            Problem::ProjectAndOrganization,
        ),
    ];
    for (environment, problem) in rows {
        let problems = read(&[], environment).expect_err("this is a problem");
        assert!(problems.contains(&problem), "{environment:?}: {problems:?}");
    }
}

#[test]
fn a_key_that_cannot_be_read_matters_where_it_would_have_named_the_project() {
    let file = ("DATUM_CREDENTIALS_FILE", "/does/not/exist.json");
    let problems = read(&[], &[file]).expect_err("nothing names the project");
    assert!(
        matches!(
            problems.first(),
            Some(Problem::Malformed {
                attribute: "credentials_file",
                ..
            })
        ),
        "{problems:?}"
    );
    assert!(read(&[], &[file, ("DATUM_PROJECT", "shop")]).is_ok());
}

#[test]
fn a_setting_known_after_apply_leaves_the_rest_in_force() {
    let block = [
        ("token", Value::Unknown),
        ("host", "https://h".into()),
        ("project", "shop".into()),
    ];
    let configuration = read(&block, &[]).unwrap();
    assert_eq!(told(&configuration), "not known yet");
    assert_eq!(configuration.settings.unknown(), ["token"]);
    assert_eq!(
        configuration.namespace.map(|namespace| namespace.to_string()),
        Said::Known("project-shop".to_owned())
    );
}

#[test]
fn what_is_not_known_yet_contradicts_nothing() {
    let block = [
        ("token", Value::Unknown),
        ("token_file", "t".into()),
        ("host", "h".into()),
    ];
    assert_eq!(told(&read(&block, &[]).unwrap()), "not known yet");
}

#[test]
fn a_pair_of_variables_is_silenced_together() {
    let pair = [("KUBE_CLIENT_CERT_DATA", "c"), ("KUBE_CLIENT_KEY_DATA", "k")];
    let block = [("host", Value::from("https://h")), ("token", "t".into())];
    assert_eq!(told(&read(&block, &pair).unwrap()), "host https://h as token");
    let problems = read(&block[..1], &pair[..1]).expect_err("the key is missing");
    let alone = Problem::Alone {
        attribute: "client_certificate",
        missing: "client_key",
    };
    assert_eq!(problems, [alone]);
}

#[test]
fn an_empty_attribute_does_not_fall_back_to_the_environment() {
    let block = [("host", Value::from("https://h")), ("token", "".into())];
    let problems = read(&block, &[("DATUM_TOKEN", "t")]).expect_err("the token is empty");
    assert_eq!(problems, [Problem::Empty { attribute: "token" }]);
}

#[test]
fn a_proxy_is_the_settings_or_the_environments() {
    let proxy = |block: &[(&str, Value)]| {
        let environment = [
            ("KUBECONFIG", "/a"),
            ("https_proxy", "http://of-all"),
            ("NO_PROXY", "example.com"),
        ];
        let configuration = read(block, &environment).expect("this is enough");
        configuration.connection.and_then(|connection| connection.proxy)
    };
    assert_eq!(
        proxy(&[("proxy_url", "http://ours".into())]),
        Some(Proxy::Named("http://ours".to_owned()))
    );
    let of_all = Proxy::Environment {
        http: None,
        https: Some("http://of-all".to_owned()),
        no_proxy: Some("example.com".to_owned()),
    };
    assert_eq!(proxy(&[]), Some(of_all));
}

/// Secrets as they are, and as they arrive when something went wrong on their way.
fn damaged(word: &str) -> Vec<String> {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{word}\n-----END PRIVATE KEY-----\n");
    let key = serde_json::json!({ "type": "datum_service_account", "private_key": pem }).to_string();
    let mut secrets = vec![
        word.to_owned(),
        format!("Bearer {word}"),
        format!("\"{word}\""),
        format!("\u{feff}{word}"),
    ];
    for text in [pem, key] {
        secrets.extend([text.replace('\n', ""), text.replace('\n', "\\n"), text]);
    }
    secrets
}

#[tokio::test]
async fn no_setting_and_no_variable_shows_the_secret_in_it_however_it_is_damaged() {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let word = "s3cretKEYs3cretKEYs3cretKEYs3cretKEYs3cretKEY";
    let host = ("host", Value::from("http://127.0.0.1:1"));
    let names = CREDENTIALS.iter().chain(TRUST).chain(FILES).chain(&["client_key"]);
    for setting in names.map(|name| setting::Setting::named(name)) {
        // A program's name is no secret.
        for secret in damaged(word).into_iter().filter(|_| setting.name != "exec") {
            let companion = match setting.name {
                "client_key" => vec![("client_certificate", Value::from(&*secret))],
                "client_certificate" => vec![("client_key", Value::from(&*secret))],
                _ => Vec::new(),
            };
            let mut block = if FILES.contains(&setting.name) {
                Vec::new()
            } else {
                vec![host.clone()]
            };
            block.extend(companion);
            for variable in setting.variables {
                let said = of(read(&block, &[(*variable, secret.as_str())])).await;
                assert!(!said.contains(&word[..9]), "{variable}={secret:?}: {said}");
            }
            let value = match setting.name {
                "config_paths" => Value::list([&*secret]),
                _ => Value::from(&*secret),
            };
            block.push((setting.name, value));
            let said = of(read(&block, &[])).await;
            assert!(!said.contains(&word[..9]), "{} = {secret:?}: {said}", setting.name);
        }
    }
}

#[tokio::test]
async fn the_content_of_a_file_is_shown_in_the_place_of_no_setting() {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let word = "s3cretKEYs3cretKEYs3cretKEYs3cretKEYs3cretKEY";
    let environment: [(&str, &str); 2] = [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("HOME", "/does/not/exist")];
    let beside = |name: &str| match name {
        "host" | "kubeconfig" | "config_path" | "in_cluster" => Vec::new(),
        "endpoint" | "project" => vec![("project", Value::from("shop")), ("token", "t0ken".into())],
        "config_context" | "config_context_cluster" | "config_context_user" => vec![("kubeconfig", "/dev/null".into())],
        "service_account_directory" => vec![("in_cluster", Value::Bool(true))],
        _ => vec![("host", Value::from("https://127.0.0.1:1"))],
    };
    for setting in SETTINGS {
        for secret in damaged(word).into_iter().filter(|secret| secret.contains("-----BEGIN")) {
            let others = beside(setting.name)
                .into_iter()
                .filter(|(name, _)| *name != setting.name);
            let others: Vec<(&str, Value)> = others.collect();
            for variable in setting.variables {
                let environment = [&environment[..], &[(*variable, secret.as_str())]].concat();
                let said = of(read(&others, &environment)).await;
                assert!(!said.contains(&word[..9]), "{variable}={secret:?}: {said}");
            }
            let value = match setting.kind {
                Kind::Paths => Value::list([&*secret]),
                Kind::Exec => Value::object([("api_version", Value::from(&*secret)), ("command", (&*secret).into())]),
                Kind::Wait => Value::object([("on_timeout", Value::from(&*secret))]),
                Kind::Timeouts => Value::object([("create", Value::from(&*secret))]),
                // Terraform itself takes no text for these.
                Kind::Flag | Kind::Count => continue,
                _ => Value::from(&*secret),
            };
            let block = [others, vec![(setting.name, value)]].concat();
            let said = of(read(&block, &environment)).await;
            assert!(!said.contains(&word[..9]), "{} = {secret:?}: {said}", setting.name);
        }
    }
}

/// All that is said of a configuration, up to the connection.
async fn of(configuration: Result<Configuration, Vec<Problem>>) -> String {
    let debug = format!("{configuration:?}");
    let diagnostics: Vec<_> = match configuration {
        Err(problems) => problems.iter().map(crate::diagnostics::settings).collect(),
        Ok(Configuration {
            connection, settings, ..
        }) => {
            let connection = connection.expect("all is known");
            let problem = datum_client::Client::connect(connection).await.err();
            let told = problem.map(|error| crate::diagnostics::not_configured(&error, &settings));
            told.into_iter().collect()
        }
    };
    format!("{debug} {}", crate::diagnostics::shown(&diagnostics))
}

/// A service-account key that names a project, in a file.
fn key(project: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let rsa = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let key = serde_json::json!({
        "type": "datum_service_account", "client_id": "1", "private_key_id": "k",
        "private_key": rsa.serialize_pem(), "token_uri": "https://auth.example.com/token",
        "project_id": project, "api_endpoint": "https://api.example.com",
    });
    std::fs::write(file.path(), key.to_string()).expect("the key is written");
    file
}

#[test]
fn a_project_that_is_not_known_yet_is_not_that_of_the_key() {
    let key = key("shop");
    let file = ("credentials_file", Value::from(key.path().to_str().expect("a path")));
    let of_key = read(std::slice::from_ref(&file), &[]).expect("the key is enough");
    assert_eq!(
        told(&of_key),
        "project shop at https://api.example.com as service account"
    );
    assert_eq!(
        of_key.namespace.map(|namespace| namespace.to_string()),
        Said::Known("project-shop".to_owned())
    );

    let unknown = read(&[file.clone(), ("project", Value::Unknown)], &[]).expect("a plan");
    assert_eq!(
        (told(&unknown).as_str(), unknown.namespace),
        ("not known yet", Said::Unknown)
    );
    // Nor is a namespace that is not known yet the project's, or that of a context.
    let unknown = read(&[file, ("namespace", Value::Unknown)], &[]).expect("a plan");
    assert_eq!(
        told(&unknown),
        "project shop at https://api.example.com as service account"
    );
    assert_eq!(unknown.namespace, Said::Unknown);
    // A key that is not known yet may name a project; a token may not.
    for (name, namespace) in [("credentials", Said::Unknown), ("token", Said::Absent)] {
        let unknown = read(&[("host", "https://h".into()), (name, Value::Unknown)], &[]).expect("a plan");
        assert_eq!(unknown.namespace, namespace, "{name}");
    }
}

#[test]
fn only_what_the_connection_depends_on_keeps_it_open() {
    let with = |name: &'static str| read(&[("kubeconfig", "/k".into()), (name, Value::Unknown)], &[]).expect("a plan");
    for name in ["project", "namespace", "wait", "timeouts", "unknown_attributes"] {
        assert_eq!(told(&with(name)), "kubeconfig /k as nobody", "{name}");
    }
    for name in ["force_conflicts", "plan_dry_run"] {
        assert!(!with(name).plan_dry_run, "what would be asked is not known: {name}");
    }
    for name in [
        "host",
        "in_cluster",
        "token",
        "config_context",
        "client_key",
        "insecure",
        "proxy_url",
        "max_retries",
    ] {
        let connection = with(name).connection;
        // An unknown host beside a kubeconfig is null in the end, or a contradiction.
        assert_eq!(connection.is_some(), name == "host", "{name}");
    }
}

#[test]
fn validation_reads_no_file_and_asks_for_nothing_that_may_come() {
    let nowhere: [(&str, Value); 3] = [
        ("credentials_file", "/does/not/exist.json".into()),
        ("kubeconfig", "/does/not/exist".into()),
        ("token_file", "/does/not/exist".into()),
    ];
    for setting in nowhere {
        assert_eq!(contradictions(&[setting], &[]), []);
    }
    assert_eq!(contradictions(&[], &[]), []);
    assert_eq!(contradictions(&[("project", "shop".into())], &[]), []);
    let problems = contradictions(&[("project", "No project".into())], &[]);
    assert!(
        matches!(
            problems[..],
            [Problem::Malformed {
                attribute: "project",
                ..
            }]
        ),
        "{problems:?}"
    );
}

#[test]
fn a_variable_that_is_not_text_is_never_unset() {
    let bytes = |text: &str| OsString::from_vec([text.as_bytes(), b"\xff"].concat());
    let others = [("KUBECONFIG", OsString::from("/a")), ("HOME", "/home/me".into())];
    for (setting, variable) in [
        ("host", "DATUM_HOST"),
        ("kubeconfig", "DATUM_KUBECONFIG"),
        ("project", "DATUM_PROJECT"),
        ("token", "DATUM_TOKEN"),
        ("config_context", "KUBE_CTX"),
        ("in_cluster", "DATUM_IN_CLUSTER"),
        ("proxy_url", "HTTPS_PROXY"),
        ("proxy_url", "no_proxy"),
    ] {
        let environment = [&others[..], &[(variable, bytes("x"))]].concat();
        let problems = read_with(&[], &environment).expect_err(variable);
        let expected = Problem::malformed(setting, Origin::Variable(variable), "text in UTF-8");
        assert!(problems.contains(&expected), "{variable}: {problems:?}");
    }
    let problems = read_with(&[], &[("KUBECONFIG", bytes("./k/kc"))]).expect_err("no path");
    assert_eq!(
        problems,
        [Problem::malformed(
            "config_paths",
            Origin::Variable("KUBECONFIG"),
            "text in UTF-8"
        )]
    );
    // What does not count may be anything.
    let block = [("host", Value::from("https://h")), ("token", "t".into())];
    assert!(read_with(&block, &[("KUBECONFIG", bytes("x")), ("DATUM_TOKEN", bytes("t"))]).is_ok());
}

#[test]
fn a_home_folder_is_the_users_own_or_none() {
    let path = |text: &str, environment: &[(&str, OsString)]| {
        let configuration = read_with(&[("kubeconfig", text.into())], environment)?;
        Ok::<_, Vec<Problem>>(told(&configuration))
    };
    let home = |text: &str| [("HOME", OsString::from(text))];
    assert_eq!(
        path("~/kc", &home("/home/me/")).as_deref(),
        Ok("kubeconfig /home/me/kc as nobody")
    );
    assert_eq!(
        path("~", &home("/home/me")).as_deref(),
        Ok("kubeconfig /home/me as nobody")
    );
    let malformed = |expected| Err(vec![Problem::malformed("kubeconfig", Origin::Attribute, expected)]);
    let unset = malformed("a path that does not begin with `~`, since HOME is not set");
    assert_eq!(path("~/kc", &[]), unset);
    assert_eq!(path("~/kc", &home("")), unset);
    let bytes = [("HOME", OsString::from_vec(vec![b'/', 0xff]))];
    let not_text = malformed("a path that does not begin with `~`, since HOME is not UTF-8");
    assert_eq!(path("~/kc", &bytes), not_text);
    let other = malformed("a path; of home folders only the user's own is known, as `~/`");
    assert_eq!(path("~other/kc", &home("/home/me")), other);
}

#[test]
fn who_says_so_is_named() {
    let origins = |block: &[(&str, Value)], environment: &[(&str, &str)]| {
        read(block, environment)
            .expect("enough")
            .connection
            .expect("known")
            .origins
    };
    let host = [("host", Value::from("https://h"))];
    let of_variable = origins(&host, &[("DATUM_TOKEN", "t"), ("KUBE_PROXY_URL", "http://p")]);
    assert_eq!(
        of_variable.auth.as_deref(),
        Some("token, which is set in the environment variable DATUM_TOKEN")
    );
    assert_eq!(
        of_variable.proxy.as_deref(),
        Some("proxy_url, which is set in the environment variable KUBE_PROXY_URL")
    );
    let of_block = origins(&[host[0].clone(), ("token_file", "/t".into())], &[]);
    assert_eq!(
        of_block.auth.as_deref(),
        Some("token_file, which is set in the provider block")
    );
    assert_eq!(origins(&host, &[]), Origins::default());
}
