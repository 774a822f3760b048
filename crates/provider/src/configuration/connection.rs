//! What the settings that count come to: a connection, of which each part may be known, unknown or absent.
//!
//! Only the service-account key is read here, since it may name the project.

use std::path::PathBuf;
use std::str::FromStr;

use datum_client::config::{
    Auth, Exec, InCluster, Kubeconfig, Origins, Proxy, Retries, ServiceAccount, Target, Tls, Verification, endpoint,
};
use datum_client::{Config, ServiceAccountKey};
use datum_model::id::Project;
use secrecy::SecretString;
use tf_plugin_server::value::Value;

use super::effective::Settings;
use super::environment::{Environment, Origin};
use super::problem::Problem;
use super::said::{Said, Unknown};
use super::setting::CREDENTIALS;
use super::way::{CONTEXT, FILES, Gives, Need, Way};

/// Why there is no connection.
pub(super) enum NotConnected {
    /// Something of it is known after apply only.
    Unknown,
    /// Something is wrong.
    Problem(Problem),
}

impl From<Unknown> for NotConnected {
    fn from(_: Unknown) -> NotConnected {
        NotConnected::Unknown
    }
}

impl From<Problem> for NotConnected {
    fn from(problem: Problem) -> NotConnected {
        NotConnected::Problem(problem)
    }
}

/// What the settings that count come to.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) settings: &'r Settings,
    pub(super) environment: Environment<'r>,
}

impl Reading<'_> {
    pub(super) fn connection(
        self,
        way: Option<&Way>,
        auth: Said<Auth>,
        project: Said<Project>,
        key: Said<ServiceAccountKey>,
    ) -> Result<Config, NotConnected> {
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
    pub(super) fn project(self, key: &Said<ServiceAccountKey>) -> Said<Project> {
        let of_key = || match key {
            Said::Known(key) => parsed(key.project().map_or(Said::Absent, Said::Known)),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        };
        parsed(self.settings.text("project")).or_else(of_key)
    }

    /// The service-account key, which can say what the settings leave open: the project, and the API that it is for. If they
    /// leave nothing open that matters, a key that cannot be read is reported when it is used.
    pub(super) fn key(self, auth: &Said<Auth>) -> Result<Said<ServiceAccountKey>, Problem> {
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
    pub(super) fn auth(self) -> Said<Auth> {
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
    fn kubeconfig(self) -> Result<Kubeconfig, NotConnected> {
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

    fn in_cluster(self) -> Result<Target, NotConnected> {
        self.settings.flag("in_cluster").settled()?;
        let variable = |name| self.variable("in_cluster", name);
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
    fn proxy(self) -> Result<Proxy, NotConnected> {
        if let Some(url) = self.owned("proxy_url")? {
            return Ok(Proxy::Named(url));
        }
        let variable = |names: [&'static str; 2]| {
            let mut found = names
                .into_iter()
                .filter_map(|name| self.variable("proxy_url", name).transpose());
            found.next().transpose()
        };
        Ok(Proxy::Environment {
            http: variable(["HTTP_PROXY", "http_proxy"])?,
            https: variable(["HTTPS_PROXY", "https_proxy"])?,
            no_proxy: variable(["NO_PROXY", "no_proxy"])?,
        })
    }

    /// A variable that is no setting of its own, for one that is.
    fn variable(self, setting: &'static str, name: &'static str) -> Result<Option<String>, Problem> {
        let text = self.environment.text(name);
        text.map_err(|expected| Problem::malformed(setting, Origin::Variable(name), expected))
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
pub(super) fn parsed<T: FromStr>(said: Said<&str>) -> Said<T> {
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
