//! From settings to what the provider works with: a connection, and defaults for workloads.
//!
//! Where the API is follows from what is set, first match first:
//!
//! 1. `in_cluster`, `host`, a kubeconfig, a `config_context` or an `endpoint`, in the block or in a variable of ours
//!    (`DATUM_*`);
//! 2. Datum's API, when `project` is set, or the service-account key names one, and so are credentials, in the block or in
//!    a variable of ours;
//! 3. `host` or a kubeconfig in a variable that other tools read, too (`KUBE_*`, `KUBECONFIG`).
//!
//! Nothing of these is an error that lists what was looked for; there is no silent default. What brings its own credentials
//! and certificates (1, but for a `host`, and 2) is not mixed with variables of other tools, which may well be about another
//! cluster.

use std::path::PathBuf;
use std::str::FromStr;

use datum_client::config::endpoint;
use datum_client::config::{
    Auth, Exec, InCluster, Kubeconfig, Proxy, Retries, ServiceAccount, Target, Tls, Verification,
};
use datum_client::{Config, ServiceAccountKey};
use datum_model::id::{Namespace, Project};
use secrecy::SecretString;
use tf_plugin_server::value::Value;

use super::settings::{Origin, Problem, Settings};
use crate::names::Strictness;
use crate::workload::timeouts::{self, Timeouts};
use crate::workload::wait::{OnTimeout, Wait};

/// What the provider block and the environment come to.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// How to reach the API; `None` while a setting is unknown, which happens in plans only.
    pub connection: Option<Config>,
    /// What it was read from, as far as it counts.
    pub settings: Settings,
    /// The project.
    pub project: Option<Project>,
    /// The namespace of workloads that name none.
    pub namespace: Option<Namespace>,
    /// Whether fields of other managers are taken over, where a workload does not say.
    pub force_conflicts: bool,
    /// Whether a plan asks the API.
    pub plan_dry_run: bool,
    /// What workloads wait for that do not say.
    pub wait: Wait,
    /// How long operations may take, where a workload does not say.
    pub timeouts: Timeouts,
}

impl Configuration {
    /// Reads the provider block and the environment.
    pub fn read(block: &Value, environment: &dyn Fn(&str) -> Option<String>) -> Result<Configuration, Vec<Problem>> {
        let settings = Settings::read(block, environment)?;
        let mut problems = Vec::new();
        let project: Option<Project> = parsed(&settings, "project", &mut problems);
        let key = key(&settings, project.as_ref(), &mut problems);
        let project = project.or_else(|| key.as_ref()?.project()?.parse().ok());
        let own = settings.own();
        let settings = if says_where(&own, project.as_ref()) {
            own
        } else {
            settings
        };
        let namespace: Option<Namespace> = parsed(&settings, "namespace", &mut problems);
        let namespace = match (namespace, &project) {
            (None, Some(project)) if !settings.unknown().contains(&"namespace") => Some(project.namespace()),
            (namespace, _) => namespace,
        };
        for (operation, error) in timeouts::problems(settings.value("timeouts")) {
            let origin = settings.origin("timeouts").unwrap_or(Origin::Attribute);
            problems.push(Problem::Malformed {
                attribute: "timeouts",
                origin,
                expected: format!("{operation}: {error}"),
            });
        }
        if let Some(wait) = settings.value("wait")
            && let Some(text) = wait.get("on_timeout").and_then(Value::as_str)
            && OnTimeout::from_str(text).is_err()
        {
            let expected = "on_timeout: `error` or `warn`".to_owned();
            problems.push(Problem::Malformed {
                attribute: "wait",
                origin: Origin::Attribute,
                expected,
            });
        }
        if let (Some(text), Some(origin)) = (
            settings.text("unknown_attributes"),
            settings.origin("unknown_attributes"),
        ) && let Err(error) = Strictness::from_str(text)
        {
            problems.push(Problem::Malformed {
                attribute: "unknown_attributes",
                origin,
                expected: error.to_string(),
            });
        }
        let connection = if settings.unknown().is_empty() {
            match connection(&settings, project.as_ref(), key.as_ref(), environment) {
                Ok(connection) => Some(connection),
                // A project that cannot be read has been reported already.
                Err(Problem::NoProject) if !problems.is_empty() => None,
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            }
        } else {
            None
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Configuration {
            connection,
            project,
            namespace,
            force_conflicts: settings.flag("force_conflicts").unwrap_or(false),
            plan_dry_run: settings.flag("plan_dry_run").unwrap_or(true),
            wait: Wait::DEFAULT.overridden(settings.value("wait")),
            timeouts: Timeouts::DEFAULT.overridden(settings.value("timeouts")),
            settings,
        })
    }
}

/// The service-account key, which can say what the settings leave open: the project, and the API that it is for. Where they
/// leave nothing open that matters, a key that cannot be read is reported when it is used.
fn key(settings: &Settings, project: Option<&Project>, problems: &mut Vec<Problem>) -> Option<ServiceAccountKey> {
    let (Auth::ServiceAccount(source), origin) = auth(settings)? else {
        return None;
    };
    let attribute = if settings.origin("credentials_file").is_some() {
        "credentials_file"
    } else {
        "credentials"
    };
    let key = ServiceAccountKey::read(&source);
    if let (Err(error), None) = (&key, project) {
        problems.push(Problem::Malformed {
            attribute,
            origin,
            expected: format!("a service-account key ({error})"),
        });
    }
    key.ok()
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(
    settings: &Settings,
    attribute: &'static str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let parsed = settings.text(attribute)?.parse();
    parsed
        .map_err(|error: T::Err| {
            let origin = settings.origin(attribute).unwrap_or(Origin::Attribute);
            problems.push(Problem::Malformed {
                attribute,
                origin,
                expected: error.to_string(),
            });
        })
        .ok()
}

fn connection(
    settings: &Settings,
    project: Option<&Project>,
    key: Option<&ServiceAccountKey>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Problem> {
    let mut target = target(settings, project, environment)?;
    if let (Target::Project { endpoint, .. }, None, Some(of_key)) = (
        &mut target,
        settings.text("endpoint"),
        key.and_then(ServiceAccountKey::api_endpoint),
    ) {
        of_key.clone_into(endpoint);
    }
    let mut config = Config::new(target);
    config.auth = auth(settings).map(|(auth, _)| auth);
    if matches!(config.target, Target::Project { .. }) && config.auth.is_none() {
        return Err(Problem::NoCredentials);
    }
    config.tls = Tls {
        ca: settings.text("cluster_ca_certificate").map(str::to_owned),
        verification: settings.flag("insecure").map(|insecure| {
            if insecure {
                Verification::Insecure
            } else {
                Verification::Verify
            }
        }),
        server_name: settings.text("tls_server_name").map(str::to_owned),
    };
    config.proxy = Some(proxy(settings, environment));
    if let (Some(limit), Some(origin)) = (settings.value("max_retries"), settings.origin("max_retries")) {
        let limit = limit.as_i64().and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.ok_or_else(|| Problem::Malformed {
            attribute: "max_retries",
            origin,
            expected: "a whole number from 0".to_owned(),
        })?;
        config.retries = Retries {
            limit,
            ..Retries::STANDARD
        };
    }
    Ok(config)
}

/// The settings that name a kubeconfig.
const KUBECONFIG: [&str; 3] = ["kubeconfig", "config_path", "config_paths"];
/// The settings that take something of a kubeconfig, wherever that is.
const CONTEXT: [&str; 3] = ["config_context", "config_context_cluster", "config_context_user"];

/// Whether the settings that are ours name a place that needs nothing of other tools.
fn says_where(own: &Settings, project: Option<&Project>) -> bool {
    let is_set = |name| own.is_set(name);
    let is_bare = is_set("host") || (CONTEXT.into_iter().any(is_set) && !KUBECONFIG.into_iter().any(is_set));
    let is_named = own.flag("in_cluster") == Some(true) || is_set("endpoint") || KUBECONFIG.into_iter().any(is_set);
    is_named || (!is_bare && project.is_some() && auth(own).is_some())
}

fn target(
    settings: &Settings,
    project: Option<&Project>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Target, Problem> {
    if settings.flag("in_cluster") == Some(true) {
        return in_cluster(settings, environment);
    }
    if let Some(host) = settings.text("host") {
        return Ok(Target::Host(host.to_owned()));
    }
    let own = settings.own();
    let is_ours = KUBECONFIG.into_iter().chain(CONTEXT).any(|name| own.is_set(name));
    let has_key = own.is_set("credentials") || own.is_set("credentials_file");
    match (kubeconfig(settings, environment), project) {
        (Some(kubeconfig), _) if is_ours => Ok(Target::Kubeconfig(kubeconfig)),
        (_, Some(project)) if own.is_set("endpoint") || auth(&own).is_some() => Ok(Target::Project {
            endpoint: settings.text("endpoint").unwrap_or(endpoint::DATUM).to_owned(),
            project: project.clone(),
        }),
        (Some(kubeconfig), _) => Ok(Target::Kubeconfig(kubeconfig)),
        (None, None) if own.is_set("endpoint") || has_key => Err(Problem::NoProject),
        (None, Some(_)) => Err(Problem::NoCredentials),
        (None, None) => Err(Problem::NothingConfigured {
            credentials: CREDENTIALS.into_iter().find(|name| settings.is_set(name)),
        }),
    }
}

/// The kubeconfig that is named; one that is asked for only by its context is kubectl's own, in the home folder.
fn kubeconfig(settings: &Settings, environment: &dyn Fn(&str) -> Option<String>) -> Option<Kubeconfig> {
    let text = |name| settings.text(name).map(str::to_owned);
    let one = text("kubeconfig")
        .or_else(|| text("config_path"))
        .map(|path| vec![PathBuf::from(path)]);
    let many = || {
        settings
            .texts("config_paths")
            .map(|paths| paths.into_iter().map(PathBuf::from).collect())
    };
    let context = text("config_context");
    let default = || {
        CONTEXT.into_iter().find(|name| settings.is_set(name))?;
        let home = environment("HOME").or_else(|| environment("USERPROFILE"))?;
        Some(vec![PathBuf::from(home).join(".kube").join("config")])
    };
    let paths = one.or_else(many).or_else(default)?;
    Some(Kubeconfig {
        paths,
        context,
        cluster: text("config_context_cluster"),
        user: text("config_context_user"),
    })
}

fn in_cluster(settings: &Settings, environment: &dyn Fn(&str) -> Option<String>) -> Result<Target, Problem> {
    let host = environment("KUBERNETES_SERVICE_HOST").ok_or(Problem::NotInCluster)?;
    let port = environment("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Ok(Target::InCluster(InCluster {
        server: format!("https://{host}:{port}"),
        directory: settings
            .text("service_account_directory")
            .unwrap_or(InCluster::SERVICE_ACCOUNT)
            .into(),
    }))
}

/// The settings that say who asks.
const CREDENTIALS: [&str; 6] = [
    "token",
    "token_file",
    "exec",
    "credentials_file",
    "credentials",
    "client_certificate",
];

/// Who asks, and where that was said.
fn auth(settings: &Settings) -> Option<(Auth, Origin)> {
    let secret = |name| settings.text(name).map(SecretString::from);
    let path = |name| settings.text(name).map(PathBuf::from);
    CREDENTIALS.into_iter().find_map(|name| {
        let auth = match name {
            "token" => Auth::Token(secret(name)?),
            "token_file" => Auth::TokenFile(path(name)?),
            "exec" => Auth::Exec(exec(settings.value(name)?)),
            "credentials_file" => Auth::ServiceAccount(ServiceAccount::File(path(name)?)),
            "credentials" => Auth::ServiceAccount(ServiceAccount::Json(secret(name)?)),
            _ => Auth::ClientCertificate {
                certificate: settings.text(name)?.to_owned(),
                key: secret("client_key")?,
            },
        };
        Some((auth, settings.origin(name)?))
    })
}

fn exec(block: &Value) -> Exec {
    let text = |name| block.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let strings = |value: &Value| value.as_str().map(str::to_owned);
    let args = block.get("args").and_then(Value::as_list).unwrap_or_default();
    let env = block.get("env").and_then(Value::as_map);
    Exec {
        api_version: text("api_version"),
        command: text("command"),
        args: args.iter().filter_map(strings).collect(),
        env: env
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), strings(value)?)))
            .collect(),
        install_hint: None,
    }
}

/// The proxy of the settings, else what the environment tells every program.
fn proxy(settings: &Settings, environment: &dyn Fn(&str) -> Option<String>) -> Proxy {
    let variable = |names: [&str; 2]| names.into_iter().filter_map(environment).find(|text| !text.is_empty());
    match settings.text("proxy_url") {
        Some(url) => Proxy::Named(url.to_owned()),
        None => Proxy::Environment {
            http: variable(["HTTP_PROXY", "http_proxy"]),
            https: variable(["HTTPS_PROXY", "https_proxy"]),
            no_proxy: variable(["NO_PROXY", "no_proxy"]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::settings::{EXCLUSIVE, SETTINGS};

    fn read(block: &[(&str, Value)], environment: &[(&str, &str)]) -> Result<Configuration, Vec<Problem>> {
        let block = Value::object(block.iter().map(|(name, value)| (*name, value.clone())));
        Configuration::read(&block, &|name| {
            environment
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| (*text).to_owned())
        })
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
            Some(_) => "somebody",
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
                let environment = |name: &str| (name == *variable).then(|| "1".to_owned());
                let settings = Settings::read(&Value::Null, &environment);
                // Half of a pair is a problem, which also shows that the variable was read.
                match settings {
                    Ok(settings) => {
                        let origin = settings.origin(setting.name);
                        assert_eq!(origin, Some(Origin::Variable(variable)), "{variable}");
                    }
                    Err(problems) => {
                        let alone = |problem: &Problem| matches!(problem, Problem::Alone { attribute, .. } if *attribute == setting.name);
                        assert!(problems.iter().any(alone), "{variable}: {problems:?}");
                    }
                }
            }
        }
    }

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
                    let problems = read(&block, &[]).expect_err("the two exclude each other");
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
                &[("KUBE_INSECURE", "maybe")],
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
            Some("project-shop".to_owned())
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

    #[test]
    fn no_secret_is_printed() {
        let block = [("host", "https://h".into()), ("token", Value::from("hush"))];
        assert!(!format!("{:?}", read(&block, &[])).contains("hush"));
    }
}
