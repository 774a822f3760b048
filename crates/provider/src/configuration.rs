//! From the provider block and the environment to what the provider works with: a connection, and defaults for workloads.
//!
//! [`setting`] declares every setting once, [`settings`] finds what is said of each, and [`way`] is the one table of the ways
//! to reach an API, which says what counts and what contradicts it. All of this is pure. What is left is done here: what the
//! chosen way comes to, where each part may be known, unknown or absent. Only the service-account key is read, and only when
//! the provider is configured: a configuration is valid on machines that do not have it.

pub mod problem;
pub mod reference;
pub mod setting;
pub mod settings;
pub mod way;

use std::path::PathBuf;
use std::str::FromStr;

use datum_client::config::{
    Auth, Exec, InCluster, Kubeconfig, Origins, Proxy, Retries, ServiceAccount, Target, Tls, Verification, endpoint,
};
use datum_client::{Config, ServiceAccountKey};
use datum_model::id::{Namespace, Project};
use secrecy::SecretString;
use tf_plugin_server::value::Value;

pub use self::problem::Problem;
use self::setting::{CREDENTIALS, TRUST};
use self::settings::Unknown;
pub use self::settings::{Environment, Origin, Said, Settings};
use self::way::{CONTEXT, FILES, Gives, Need, Way};
use crate::arguments::{Timeouts, Wait};
use crate::names::Strictness;

/// What the provider block and the environment come to.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// How to reach the API; `None` while something of it is known after apply only.
    pub connection: Option<Config>,
    /// What it was read from, as far as it counts.
    pub settings: Settings,
    /// The namespace of workloads that name none. If it is absent, the kubeconfig's context may name one.
    pub namespace: Said<Namespace>,
    /// Whether fields of other managers are taken over, where a workload does not say.
    pub force_conflicts: bool,
    /// Whether a plan asks the API.
    pub plan_dry_run: bool,
    /// What workloads wait for that do not say.
    pub wait: Wait,
    /// How long operations may take, where a workload does not say.
    pub timeouts: Timeouts,
}

/// What an attribute is that the schema does not know.
///
/// It is asked for before the provider is configured, when a value may be unknown that is known later. Such a one makes it a
/// warning: nothing is silent, and nothing stands in the way.
pub fn strictness(block: &Value, environment: Environment<'_>) -> Strictness {
    match Settings::read(block, environment).text("unknown_attributes") {
        Said::Unknown => Strictness::Warn,
        // What is none of the values has a problem of its own.
        said => said.known().and_then(|text| text.parse().ok()).unwrap_or_default(),
    }
}

impl Configuration {
    /// What contradicts itself or cannot be read, without looking at a file. What is missing may yet come from the environment
    /// of the apply.
    pub fn contradictions(block: &Value, environment: Environment<'_>) -> Vec<Problem> {
        said(block, environment).2
    }

    /// Reads the provider block and the environment, and the service-account key where it is to name the project.
    pub fn read(block: &Value, environment: Environment<'_>) -> Result<Configuration, Vec<Problem>> {
        let (settings, way, mut problems) = said(block, environment);
        if !problems.is_empty() {
            return Err(problems);
        }
        let reading = Reading {
            settings: &settings,
            environment,
        };
        let auth = reading.auth();
        let key = reading.key(&auth).unwrap_or_else(|problem| {
            problems.push(problem);
            Said::Absent
        });
        let project = reading.project(&key);
        let namespace = parsed(settings.text("namespace")).or_else(|| project.as_ref().map(Project::namespace));
        let connection = match reading.connection(way, auth, project, key) {
            Ok(connection) => Some(connection),
            Err(Obstacle::Unknown) => None,
            Err(Obstacle::Problem(problem)) => {
                // A key that cannot be read has been reported, and its project with it.
                problems.extend(problems.is_empty().then_some(problem));
                None
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        // What would be asked is not known yet.
        let is_open = ["plan_dry_run", "force_conflicts"]
            .iter()
            .any(|name| settings.flag(name) == Said::Unknown);
        Ok(Configuration {
            connection,
            namespace,
            force_conflicts: settings.flag("force_conflicts").known().unwrap_or(false),
            plan_dry_run: !is_open && settings.flag("plan_dry_run").known().unwrap_or(true),
            wait: Wait::DEFAULT.overridden(settings.said("wait").known()),
            timeouts: Timeouts::DEFAULT.overridden(settings.said("timeouts").known()),
            settings,
        })
    }
}

/// What is said and counts, the way that it names, and what is wrong with it.
fn said(block: &Value, environment: Environment<'_>) -> (Settings, Option<&'static Way>, Vec<Problem>) {
    let all = Settings::read(block, environment);
    let (mut settings, mut problems) = (all.clone(), Vec::new());
    settings.settle(CREDENTIALS, &mut problems);
    settings.settle(TRUST, &mut problems);
    let way = Way::chosen(&mut settings, &mut problems);
    settings.pair(&all, &mut problems);
    problems.extend(settings.problems().cloned());
    let is_of_variable = settings.origin("project") == Some(Origin::Variable("DATUM_PROJECT"));
    if is_of_variable && environment.get("DATUM_ORGANIZATION").is_some() {
        problems.push(Problem::ProjectAndOrganization);
    }
    (settings, way, problems)
}

/// Why there is no connection.
enum Obstacle {
    /// Something of it is known after apply only.
    Unknown,
    /// Something is wrong.
    Problem(Problem),
}

impl From<Unknown> for Obstacle {
    fn from(_: Unknown) -> Obstacle {
        Obstacle::Unknown
    }
}

impl From<Problem> for Obstacle {
    fn from(problem: Problem) -> Obstacle {
        Obstacle::Problem(problem)
    }
}

/// What the settings that count come to.
#[derive(Clone, Copy)]
struct Reading<'r> {
    settings: &'r Settings,
    environment: Environment<'r>,
}

impl Reading<'_> {
    fn connection(
        self,
        way: Option<&Way>,
        auth: Said<Auth>,
        project: Said<Project>,
        key: Said<ServiceAccountKey>,
    ) -> Result<Config, Obstacle> {
        let way = way.ok_or_else(|| self.nowhere())?;
        for need in way.needs {
            match need {
                Need::Project | Need::ProjectOfKey if !project.is_said() => return Err(Problem::NoProject.into()),
                Need::Credentials if !auth.is_said() => return Err(Problem::NoCredentials.into()),
                _ => {}
            }
        }
        let target = match way.gives {
            Gives::InCluster => self.in_cluster()?,
            Gives::Host => Target::Host(self.owned("host")?.unwrap_or_default()),
            Gives::Kubeconfig => Target::Kubeconfig(self.kubeconfig()?),
            Gives::Project => {
                let of_key = key.settled()?.and_then(|key| key.api_endpoint().map(str::to_owned));
                Target::Project {
                    endpoint: self
                        .owned("endpoint")?
                        .or(of_key)
                        .unwrap_or_else(|| endpoint::DATUM.to_owned()),
                    project: project.settled()?.ok_or(Problem::NoProject)?,
                }
            }
        };
        let mut config = Config::new(target);
        config.auth = auth.settled()?;
        config.tls = Tls {
            ca: self.owned("cluster_ca_certificate")?,
            verification: self.settings.flag("insecure").settled()?.map(|insecure| {
                if insecure {
                    Verification::Insecure
                } else {
                    Verification::Verify
                }
            }),
            server_name: self.owned("tls_server_name")?,
        };
        config.proxy = Some(self.proxy()?);
        config.origins = Origins {
            auth: self.described(CREDENTIALS),
            proxy: self.described(&["proxy_url"]),
        };
        if let Some(limit) = self.settings.said("max_retries").settled()?.and_then(Value::as_i64) {
            config.retries = Retries {
                limit: usize::try_from(limit).unwrap_or_default(),
                ..Retries::STANDARD
            };
        }
        Ok(config)
    }

    /// Why nothing says where the API is.
    fn nowhere(self) -> Problem {
        if self.settings.speaks("project") {
            Problem::NoCredentials
        } else {
            let credentials = self.settings.first_of(CREDENTIALS);
            Problem::NothingConfigured { credentials }
        }
    }

    /// The project: the one that is named, else that of the key.
    fn project(self, key: &Said<ServiceAccountKey>) -> Said<Project> {
        let of_key = || match key {
            Said::Known(key) => parsed(key.project().map_or(Said::Absent, Said::Known)),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        };
        parsed(self.settings.text("project")).or_else(of_key)
    }

    /// The service-account key, which can say what the settings leave open: the project, and the API that it is for. If they
    /// leave nothing open that matters, a key that cannot be read is reported when it is used.
    fn key(self, auth: &Said<Auth>) -> Result<Said<ServiceAccountKey>, Problem> {
        let source = match auth {
            Said::Known(Auth::ServiceAccount(source)) => source,
            Said::Unknown
                if ["credentials", "credentials_file"]
                    .iter()
                    .any(|name| self.settings.speaks(name)) =>
            {
                return Ok(Said::Unknown);
            }
            _ => return Ok(Said::Absent),
        };
        let names = ["credentials_file", "credentials"];
        match (ServiceAccountKey::read(source), self.settings.first_of(&names)) {
            (Ok(key), _) => Ok(Said::Known(key)),
            (Err(error), Some(name)) if !self.settings.text("project").is_said() => {
                let origin = self.settings.origin(name).unwrap_or(Origin::Attribute);
                Err(Problem::malformed(
                    name,
                    origin,
                    format!("a service-account key ({error})"),
                ))
            }
            (Err(_), _) => Ok(Said::Absent),
        }
    }

    /// Who asks.
    fn auth(self) -> Said<Auth> {
        let said = CREDENTIALS.iter().filter(|name| self.settings.speaks(name));
        let said: Vec<&str> = said.copied().chain(self.settings.first_of(&["client_key"])).collect();
        // Of several of which one is unknown, another may count in the end.
        if said.iter().any(|name| self.settings.said(name) == Said::Unknown) {
            return Said::Unknown;
        }
        let Some(name) = said.first() else {
            return Said::Absent;
        };
        let text = |name| self.settings.text(name).known().unwrap_or_default();
        Said::Known(match *name {
            "token" => Auth::Token(text(name).into()),
            "token_file" => Auth::TokenFile(text(name).into()),
            "exec" => Auth::Exec(exec(self.settings.said(name).known().unwrap_or(&Value::Null))),
            "credentials_file" => Auth::ServiceAccount(ServiceAccount::File(text(name).into())),
            "credentials" => Auth::ServiceAccount(ServiceAccount::Json(text(name).into())),
            _ => Auth::ClientCertificate {
                certificate: text("client_certificate").to_owned(),
                key: SecretString::from(text("client_key")),
            },
        })
    }

    /// The kubeconfig that is named; one that is asked for only by its context is kubectl's own, in the home folder.
    fn kubeconfig(self) -> Result<Kubeconfig, Obstacle> {
        let paths = if let Some(name) = self.settings.first_of(FILES) {
            match self.settings.said(name).settled()? {
                Some(Value::List(paths)) => paths.iter().filter_map(Value::as_str).map(PathBuf::from).collect(),
                path => path.and_then(Value::as_str).map(PathBuf::from).into_iter().collect(),
            }
        } else {
            let name = self.settings.first_of(CONTEXT).unwrap_or_default();
            let origin = self.settings.origin(name).unwrap_or(Origin::Attribute);
            let home = self.environment.home().map_err(|_| {
                let expected = "that of a kubeconfig which is named, since HOME does not say where kubectl's own is";
                Problem::malformed(name, origin, expected)
            })?;
            vec![PathBuf::from(home).join(".kube").join("config")]
        };
        Ok(Kubeconfig {
            paths,
            context: self.owned("config_context")?,
            cluster: self.owned("config_context_cluster")?,
            user: self.owned("config_context_user")?,
        })
    }

    fn in_cluster(self) -> Result<Target, Obstacle> {
        self.settings.flag("in_cluster").settled()?;
        let variable = |name| self.environment.text("in_cluster", name);
        let host = variable("KUBERNETES_SERVICE_HOST")?.ok_or(Problem::NotInCluster)?;
        let port = variable("KUBERNETES_SERVICE_PORT")?.unwrap_or_else(|| "443".to_owned());
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let directory = self.owned("service_account_directory")?;
        Ok(Target::InCluster(InCluster {
            server: format!("https://{host}:{port}"),
            directory: directory.map_or_else(|| InCluster::SERVICE_ACCOUNT.into(), PathBuf::from),
        }))
    }

    /// The proxy of the settings, else what the environment tells every program.
    fn proxy(self) -> Result<Proxy, Obstacle> {
        if let Some(url) = self.owned("proxy_url")? {
            return Ok(Proxy::Named(url));
        }
        let variable = |names: [&'static str; 2]| {
            let mut found = names
                .into_iter()
                .filter_map(|name| self.environment.text("proxy_url", name).transpose());
            found.next().transpose()
        };
        Ok(Proxy::Environment {
            http: variable(["HTTP_PROXY", "http_proxy"])?,
            https: variable(["HTTPS_PROXY", "https_proxy"])?,
            no_proxy: variable(["NO_PROXY", "no_proxy"])?,
        })
    }

    fn owned(self, name: &str) -> Result<Option<String>, Unknown> {
        Ok(self.settings.text(name).settled()?.map(str::to_owned))
    }

    /// What the first of these settings is called in messages: `token, which is set in the environment variable DATUM_TOKEN`.
    fn described(self, names: &[&'static str]) -> Option<String> {
        let name = self.settings.first_of(names)?;
        let origin = self.settings.origin(name)?;
        Some(format!("{name}, which is set in {origin}"))
    }
}

/// What is said, as what it was checked to be.
fn parsed<T: FromStr>(said: Said<&str>) -> Said<T> {
    match said {
        Said::Known(text) => text.parse().map_or(Said::Absent, Said::Known),
        Said::Unknown => Said::Unknown,
        Said::Absent => Said::Absent,
    }
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

#[cfg(test)]
mod tests;
