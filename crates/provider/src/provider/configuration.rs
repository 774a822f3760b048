//! From settings to what the provider works with: a connection, and defaults for workloads.
//!
//! Where the API is follows from what is set, first match first:
//!
//! 1. `in_cluster`;
//! 2. `host`;
//! 3. a kubeconfig named in the provider block, or by a `config_context` there;
//! 4. Datum's API, when `endpoint`, `credentials` or `credentials_file` is set, or `project` together with any other
//!    credentials;
//! 5. a kubeconfig named by the environment.
//!
//! Nothing of these is an error that lists what was looked for; there is no silent default.

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
use crate::workload::timeouts::{self, Timeouts};
use crate::workload::wait::{OnTimeout, Wait};

/// What the provider block and the environment come to.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// How to reach the API; `None` while a setting is unknown, which happens in plans only.
    pub connection: Option<Config>,
    /// The settings that are not known before apply.
    pub unknown: Vec<&'static str>,
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
            unknown: settings.unknown().to_vec(),
            project,
            namespace,
            force_conflicts: settings.flag("force_conflicts").unwrap_or(false),
            plan_dry_run: settings.flag("plan_dry_run").unwrap_or(true),
            wait: Wait::DEFAULT.overridden(settings.value("wait")),
            timeouts: Timeouts::DEFAULT.overridden(settings.value("timeouts")),
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
    let auth = auth(settings);
    let mut target = target(settings, project, auth.is_some(), environment)?;
    if let (Target::Project { endpoint, .. }, None, Some(of_key)) = (
        &mut target,
        settings.text("endpoint"),
        key.and_then(ServiceAccountKey::api_endpoint),
    ) {
        of_key.clone_into(endpoint);
    }
    let mut config = Config::new(target);
    // A variable meant for another tool does not replace the credentials of a kubeconfig; an attribute does.
    let brings_its_own = matches!(config.target, Target::Kubeconfig(_) | Target::InCluster(_));
    config.auth = auth
        .filter(|(_, origin)| !brings_its_own || *origin == Origin::Attribute)
        .map(|(auth, _)| auth);
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
    config.proxy = proxy(settings, environment);
    if let Some(limit) = settings.value("max_retries").and_then(Value::as_i64) {
        let limit = usize::try_from(limit).map_err(|_| Problem::Malformed {
            attribute: "max_retries",
            origin: settings.origin("max_retries").unwrap_or(Origin::Attribute),
            expected: "a whole number from 0".to_owned(),
        })?;
        config.retries = Retries {
            limit,
            ..Retries::STANDARD
        };
    }
    Ok(config)
}

fn target(
    settings: &Settings,
    project: Option<&Project>,
    has_auth: bool,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Target, Problem> {
    let in_block = |name| settings.origin(name) == Some(Origin::Attribute);
    let is_set = |name| settings.origin(name).is_some();
    if settings.flag("in_cluster") == Some(true) {
        return in_cluster(environment);
    }
    if let Some(host) = settings.text("host") {
        return Ok(Target::Host(host.to_owned()));
    }
    let kubeconfig = kubeconfig(settings, environment);
    let named_in_block = ["kubeconfig", "config_path", "config_paths", "config_context"]
        .into_iter()
        .any(in_block);
    let datum = ["endpoint", "credentials", "credentials_file"].into_iter().any(is_set);
    match (kubeconfig, project) {
        (Some(kubeconfig), _) if named_in_block => Ok(Target::Kubeconfig(kubeconfig)),
        (_, Some(project)) if datum || has_auth => Ok(Target::Project {
            endpoint: settings.text("endpoint").unwrap_or(endpoint::DATUM).to_owned(),
            project: project.clone(),
        }),
        (_, None) if datum => Err(Problem::NoProject),
        (Some(kubeconfig), _) => Ok(Target::Kubeconfig(kubeconfig)),
        (None, Some(_)) => Err(Problem::NoCredentials),
        (None, None) => Err(Problem::NothingConfigured),
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
        context.as_ref()?;
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

fn in_cluster(environment: &dyn Fn(&str) -> Option<String>) -> Result<Target, Problem> {
    let host = environment("KUBERNETES_SERVICE_HOST").ok_or(Problem::NotInCluster)?;
    let port = environment("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Ok(Target::InCluster(InCluster {
        server: format!("https://{host}:{port}"),
        directory: InCluster::SERVICE_ACCOUNT.into(),
    }))
}

fn auth(settings: &Settings) -> Option<(Auth, Origin)> {
    let secret = |name| settings.text(name).map(SecretString::from);
    let path = |name| settings.text(name).map(PathBuf::from);
    let found: [(&str, Option<Auth>); 6] = [
        ("token", secret("token").map(Auth::Token)),
        ("token_file", path("token_file").map(Auth::TokenFile)),
        ("exec", settings.value("exec").map(exec).map(Auth::Exec)),
        (
            "credentials_file",
            path("credentials_file").map(|path| Auth::ServiceAccount(ServiceAccount::File(path))),
        ),
        (
            "credentials",
            secret("credentials").map(|json| Auth::ServiceAccount(ServiceAccount::Json(json))),
        ),
        (
            "client_certificate",
            settings
                .text("client_certificate")
                .zip(secret("client_key"))
                .map(|(certificate, key)| Auth::ClientCertificate {
                    certificate: certificate.to_owned(),
                    key,
                }),
        ),
    ];
    found
        .into_iter()
        .find_map(|(name, auth)| Some((auth?, settings.origin(name)?)))
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

/// The proxy of the settings, else the one that the environment names for every HTTPS client.
fn proxy(settings: &Settings, environment: &dyn Fn(&str) -> Option<String>) -> Option<Proxy> {
    let variable = |names: [&str; 2]| names.into_iter().filter_map(environment).find(|text| !text.is_empty());
    let url = settings.text("proxy_url").map(str::to_owned);
    let url = url.or_else(|| variable(["HTTPS_PROXY", "https_proxy"]))?;
    Some(Proxy {
        url,
        no_proxy: variable(["NO_PROXY", "no_proxy"]),
    })
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

    #[test]
    fn where_the_api_is_follows_from_what_is_set() {
        type Row = (
            &'static [(&'static str, &'static str)],
            &'static [(&'static str, &'static str)],
            &'static str,
        );
        let rows: &[Row] = &[
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
            // A variable of another tool's does not replace who the kubeconfig says one is.
            (
                &[("kubeconfig", "/k")],
                &[("KUBE_TOKEN", "t")],
                "kubeconfig /k as nobody",
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
        ];
        for (block, environment, expected) in rows {
            let block: Vec<(&str, Value)> = block.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
            let read = read(&block, environment).unwrap_or_else(|problems| panic!("{block:?}: {problems:?}"));
            assert_eq!(told(&read), *expected, "{block:?} {environment:?}");
        }
    }

    #[test]
    fn every_variable_stands_in_for_its_attribute() {
        for setting in SETTINGS {
            for variable in setting.variables {
                let environment = |name: &str| (name == *variable).then(|| "1".to_owned());
                let settings = Settings::read(&Value::Null, &environment);
                // Half of a pair is a problem, which also shows that the variable was read.
                if let Ok(settings) = settings {
                    assert_eq!(
                        settings.origin(setting.name),
                        Some(Origin::Variable(variable)),
                        "{variable}"
                    );
                } else {
                    assert!(
                        ["client_certificate", "client_key"].contains(&setting.name),
                        "{variable}"
                    );
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
            (&[], Problem::NothingConfigured),
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
        assert_eq!(configuration.unknown, ["token"]);
        assert_eq!(
            configuration.namespace.map(|namespace| namespace.to_string()),
            Some("project-shop".to_owned())
        );
    }

    #[test]
    fn no_secret_is_printed() {
        let block = [("host", "https://h".into()), ("token", Value::from("hush"))];
        assert!(!format!("{:?}", read(&block, &[])).contains("hush"));
    }
}
