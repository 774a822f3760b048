//! Every setting of the provider block, declared once.
//!
//! The Terraform schema, the reference documentation and the reading of block and environment all come from
//! [`SETTINGS`]. An attribute wins over its environment variables, and these are tried in the order given. Of settings
//! that exclude each other ([`EXCLUSIVE`]) at most one may be in the block; one in the block silences the others'
//! environment variables, and among variables the first of the set wins.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use tf_plugin_server::value::Value;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};

use crate::workload::timeouts;

/// One attribute of the provider block.
pub struct Setting {
    /// The attribute.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The environment variables that stand in for the attribute, the first that is set and not empty wins.
    pub variables: &'static [&'static str],
    /// Whether the value is a secret.
    pub sensitive: bool,
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// The path of a file; a leading `~/` is the user's home.
    Path,
    /// Several paths; in the environment joined as in PATH.
    Paths,
    /// True or false.
    Flag,
    /// A whole number that is not negative.
    Count,
    /// A program that prints credentials, and how to call it.
    Exec,
    /// The defaults of a resource's `wait`.
    Wait,
    /// The defaults of a resource's `timeouts`.
    Timeouts,
}

/// The settings, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "project",
        kind: Kind::Text,
        variables: &["DATUM_PROJECT"],
        sensitive: false,
        description: "The Datum project. It names the default namespace, `project-<project>`, and with credentials \
            but no kubeconfig it chooses the project's control plane at `endpoint`.",
    },
    Setting {
        name: "endpoint",
        kind: Kind::Text,
        variables: &["DATUM_ENDPOINT"],
        sensitive: false,
        description: "The Datum API under which the project's control plane is found. Defaults to Datum's public API. \
            `https://` is added when the scheme is missing, and a path prefix is kept.",
    },
    Setting {
        name: "namespace",
        kind: Kind::Text,
        variables: &["DATUM_NAMESPACE"],
        sensitive: false,
        description: "The namespace of workloads that name none. Defaults to `project-<project>`, then to the \
            namespace of the kubeconfig's context.",
    },
    Setting {
        name: "credentials_file",
        kind: Kind::Path,
        variables: &["DATUM_CREDENTIALS_FILE"],
        sensitive: false,
        description: "The path of a Datum service-account key (JSON). The provider exchanges it for short-lived \
            tokens itself.",
    },
    Setting {
        name: "credentials",
        kind: Kind::Text,
        variables: &["DATUM_CREDENTIALS"],
        sensitive: true,
        description: "The content of a Datum service-account key (JSON), for where there is no file.",
    },
    Setting {
        name: "kubeconfig",
        kind: Kind::Path,
        variables: &["DATUM_KUBECONFIG"],
        sensitive: false,
        description: "The path of a kubeconfig file, such as `datumctl auth update-kubeconfig` writes.",
    },
    Setting {
        name: "config_path",
        kind: Kind::Path,
        variables: &["KUBE_CONFIG_PATH"],
        sensitive: false,
        description: "The same as `kubeconfig`, under the name that the Kubernetes provider gives it.",
    },
    Setting {
        name: "config_paths",
        kind: Kind::Paths,
        variables: &["KUBE_CONFIG_PATHS", "KUBECONFIG"],
        sensitive: false,
        description: "The paths of several kubeconfig files, merged as kubectl merges them: the first to say \
            something wins.",
    },
    Setting {
        name: "config_context",
        kind: Kind::Text,
        variables: &["DATUM_CONTEXT", "KUBE_CTX"],
        sensitive: false,
        description: "The context of the kubeconfig. Defaults to its current context.",
    },
    Setting {
        name: "config_context_cluster",
        kind: Kind::Text,
        variables: &["KUBE_CTX_CLUSTER"],
        sensitive: false,
        description: "The cluster of the kubeconfig, in place of the context's.",
    },
    Setting {
        name: "config_context_user",
        kind: Kind::Text,
        variables: &["KUBE_CTX_AUTH_INFO"],
        sensitive: false,
        description: "The user of the kubeconfig, in place of the context's.",
    },
    Setting {
        name: "host",
        kind: Kind::Text,
        variables: &["KUBE_HOST"],
        sensitive: false,
        description: "The URL of the API server itself, in place of `project` and `endpoint` or of the kubeconfig's \
            server. A path prefix is kept.",
    },
    Setting {
        name: "token",
        kind: Kind::Text,
        variables: &["DATUM_TOKEN", "KUBE_TOKEN"],
        sensitive: true,
        description: "A bearer token.",
    },
    Setting {
        name: "token_file",
        kind: Kind::Path,
        variables: &["DATUM_TOKEN_FILE"],
        sensitive: false,
        description: "The path of a file that holds a bearer token. It is read again when it changes.",
    },
    Setting {
        name: "client_certificate",
        kind: Kind::Text,
        variables: &["KUBE_CLIENT_CERT_DATA"],
        sensitive: false,
        description: "The client certificate: PEM, or PEM in base64.",
    },
    Setting {
        name: "client_key",
        kind: Kind::Text,
        variables: &["KUBE_CLIENT_KEY_DATA"],
        sensitive: true,
        description: "The private key of the client certificate: PEM, or PEM in base64.",
    },
    Setting {
        name: "cluster_ca_certificate",
        kind: Kind::Text,
        variables: &["KUBE_CLUSTER_CA_CERT_DATA"],
        sensitive: false,
        description: "The certificate authority that signed the API server's certificate: PEM, or PEM in base64.",
    },
    Setting {
        name: "insecure",
        kind: Kind::Flag,
        variables: &["KUBE_INSECURE"],
        sensitive: false,
        description: "Whether to accept any certificate of the API server. For tests only.",
    },
    Setting {
        name: "tls_server_name",
        kind: Kind::Text,
        variables: &["KUBE_TLS_SERVER_NAME"],
        sensitive: false,
        description: "The name to expect in the API server's certificate, where it is not the host's.",
    },
    Setting {
        name: "proxy_url",
        kind: Kind::Text,
        variables: &["KUBE_PROXY_URL"],
        sensitive: false,
        description: "The proxy to go through: `http://`, `https://` or `socks5://`.",
    },
    Setting {
        name: "exec",
        kind: Kind::Exec,
        variables: &[],
        sensitive: false,
        description: "A program that prints credentials (`client.authentication.k8s.io`). It is run when the \
            credentials are needed, and again when they expire.",
    },
    Setting {
        name: "in_cluster",
        kind: Kind::Flag,
        variables: &["DATUM_IN_CLUSTER"],
        sensitive: false,
        description: "Whether to use the service account of the pod that Terraform runs in.",
    },
    Setting {
        name: "force_conflicts",
        kind: Kind::Flag,
        variables: &["DATUM_FORCE_CONFLICTS"],
        sensitive: false,
        description: "Whether to take over fields that another field manager owns, for every workload that does not \
            say otherwise.",
    },
    Setting {
        name: "plan_dry_run",
        kind: Kind::Flag,
        variables: &["DATUM_PLAN_DRY_RUN"],
        sensitive: false,
        description: "Whether a plan asks the API to validate what it would apply. Defaults to `true`; a plan without \
            a reachable API works either way.",
    },
    Setting {
        name: "max_retries",
        kind: Kind::Count,
        variables: &["DATUM_MAX_RETRIES"],
        sensitive: false,
        description: "How often a request is repeated that failed for a passing reason (429, 500, 502, 503, 504, a \
            broken connection).",
    },
    Setting {
        name: "wait",
        kind: Kind::Wait,
        variables: &[],
        sensitive: false,
        description: "What workloads wait for that do not say it themselves.",
    },
    Setting {
        name: "timeouts",
        kind: Kind::Timeouts,
        variables: &[],
        sensitive: false,
        description: "How long workloads wait that do not say it themselves.",
    },
];

/// The settings that exclude each other, best first.
pub const EXCLUSIVE: &[&[&str]] = &[
    &[
        "endpoint",
        "host",
        "kubeconfig",
        "config_path",
        "config_paths",
        "in_cluster",
    ],
    &[
        "token",
        "token_file",
        "exec",
        "credentials_file",
        "credentials",
        "client_certificate",
        "in_cluster",
    ],
    &["insecure", "cluster_ca_certificate"],
];

/// The settings that make sense only with another.
const COMPANIONS: &[(&str, &str)] = &[
    ("client_certificate", "client_key"),
    ("client_key", "client_certificate"),
];

/// The schema of the provider block.
pub fn schema() -> Schema {
    let attributes = SETTINGS
        .iter()
        .map(|setting| (setting.name.to_owned(), setting.attribute()))
        .collect();
    Schema {
        version: 1,
        block: Block {
            attributes,
            description: Description::markdown(
                "Manages Workloads on Datum Cloud. Every setting can come from the environment.",
            ),
            ..Block::default()
        },
    }
}

impl Setting {
    /// The setting with this name, which must be one of [`SETTINGS`].
    fn named(name: &str) -> &'static Setting {
        SETTINGS
            .iter()
            .find(|setting| setting.name == name)
            .expect("settings are named by literals of this module")
    }

    fn attribute(&self) -> Attribute {
        let variables: Vec<String> = self.variables.iter().map(|variable| format!("`{variable}`")).collect();
        let description = match variables.as_slice() {
            [] => self.description.to_owned(),
            variables => format!("{} Environment: {}.", self.description, variables.join(", ")),
        };
        optional(self.kind.attribute_type(), description, self.sensitive)
    }
}

impl Kind {
    fn attribute_type(self) -> AttributeType {
        match self {
            Kind::Text | Kind::Path => AttributeType::String,
            Kind::Paths => AttributeType::List(Box::new(AttributeType::String)),
            Kind::Flag => AttributeType::Bool,
            Kind::Count => AttributeType::Number,
            Kind::Exec => AttributeType::AttributeSingle(HashMap::from([
                (
                    "api_version".to_owned(),
                    Attribute {
                        constraint: AttributeConstraint::Required,
                        ..optional(
                            AttributeType::String,
                            "`client.authentication.k8s.io/v1` or `client.authentication.k8s.io/v1beta1`.",
                            false,
                        )
                    },
                ),
                (
                    "command".to_owned(),
                    Attribute {
                        constraint: AttributeConstraint::Required,
                        ..optional(AttributeType::String, "The program.", false)
                    },
                ),
                (
                    "args".to_owned(),
                    optional(
                        AttributeType::List(Box::new(AttributeType::String)),
                        "Its arguments.",
                        false,
                    ),
                ),
                (
                    "env".to_owned(),
                    optional(
                        AttributeType::Map(Box::new(AttributeType::String)),
                        "Environment variables added to the provider's own.",
                        true,
                    ),
                ),
            ])),
            Kind::Wait => AttributeType::AttributeSingle(HashMap::from([
                (
                    "rollout".to_owned(),
                    optional(
                        AttributeType::Bool,
                        "Whether to wait for the rollout. Defaults to `true`.",
                        false,
                    ),
                ),
                (
                    "on_timeout".to_owned(),
                    optional(
                        AttributeType::String,
                        "What a wait that runs out of time is: `error` (the default) or `warn`.",
                        false,
                    ),
                ),
            ])),
            Kind::Timeouts => AttributeType::AttributeSingle(
                timeouts::OPERATIONS
                    .iter()
                    .map(|operation| {
                        let text = format!("How long to {operation} a workload, such as `90s` or `1h30m`.");
                        ((*operation).to_owned(), optional(AttributeType::String, text, false))
                    })
                    .collect(),
            ),
        }
    }

    /// Reads the text of an environment variable; `Err` says what it should have been.
    fn parse(self, text: &str) -> Result<Value, &'static str> {
        match self {
            Kind::Flag => match text {
                "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
                "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
                _ => Err("`true` or `false`"),
            },
            Kind::Count => text
                .parse::<u32>()
                .map(|count| i64::from(count).into())
                .map_err(|_| "a whole number from 0"),
            Kind::Paths => Ok(Value::List(
                std::env::split_paths(text)
                    .filter(|path| !path.as_os_str().is_empty())
                    .map(|path| Value::String(path.to_string_lossy().into_owned()))
                    .collect(),
            )),
            Kind::Text | Kind::Path | Kind::Exec | Kind::Wait | Kind::Timeouts => Ok(Value::String(text.to_owned())),
        }
    }
}

fn optional(attr_type: AttributeType, description: impl Into<String>, sensitive: bool) -> Attribute {
    Attribute {
        attr_type,
        description: Description::markdown(description.into()),
        constraint: AttributeConstraint::Optional,
        sensitive,
        deprecated: false,
    }
}

/// Where a setting was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the provider block.
    Attribute,
    /// In this environment variable.
    Variable(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Attribute => f.write_str("the provider block"),
            Origin::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// What is wrong with the settings themselves, before anything is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Both are in the block, and they exclude each other.
    Exclusive {
        /// The one at which the problem is shown.
        attribute: &'static str,
        /// The other.
        other: &'static str,
    },
    /// One makes sense only with the other.
    Alone {
        /// The one that is set.
        attribute: &'static str,
        /// The one that is missing.
        missing: &'static str,
    },
    /// A value cannot be read.
    Malformed {
        /// The setting.
        attribute: &'static str,
        /// Where it was found.
        origin: Origin,
        /// What it should have been.
        expected: String,
    },
    /// `DATUM_PROJECT` and `DATUM_ORGANIZATION` are both set.
    ProjectAndOrganization,
    /// Nothing says where the API is.
    NothingConfigured,
    /// Datum's API is meant, but no credentials are named.
    NoCredentials,
    /// Datum's API is meant, but no project is named.
    NoProject,
    /// `in_cluster` is set outside of a pod.
    NotInCluster,
}

/// The settings found in the provider block and the environment.
#[derive(Clone, Default)]
pub struct Settings {
    found: BTreeMap<&'static str, (Value, Origin)>,
    unknown: Vec<&'static str>,
}

/// Names only: values may be secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("found", &self.found.keys().collect::<Vec<_>>())
            .field("unknown", &self.unknown)
            .finish()
    }
}

impl Settings {
    /// Reads the provider block and the environment, and reports everything that is wrong with them at once.
    pub fn read(block: &Value, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Vec<Problem>> {
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        for setting in SETTINGS {
            match block.get(setting.name) {
                Some(Value::Unknown) => settings.unknown.push(setting.name),
                Some(Value::Null) | None => {}
                Some(value) => {
                    if !value.is_wholly_known() {
                        settings.unknown.push(setting.name);
                    }
                    settings.found.insert(setting.name, (value.clone(), Origin::Attribute));
                }
            }
        }
        problems.extend(settings.exclusive());
        settings.add_environment(environment, &mut problems);
        for (attribute, missing) in COMPANIONS {
            if settings.found.contains_key(attribute) && !settings.has(missing) {
                problems.push(Problem::Alone { attribute, missing });
            }
        }
        if environment("DATUM_ORGANIZATION").is_some_and(|text| !text.is_empty())
            && settings
                .origin("project")
                .is_some_and(|origin| origin == Origin::Variable("DATUM_PROJECT"))
        {
            problems.push(Problem::ProjectAndOrganization);
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }

    /// The settings whose value is not known before apply.
    pub fn unknown(&self) -> &[&'static str] {
        &self.unknown
    }

    /// Where a setting was found.
    pub fn origin(&self, name: &str) -> Option<Origin> {
        self.found.get(name).map(|(_, origin)| *origin)
    }

    /// A setting as Terraform's value.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.found.get(name).map(|(value, _)| value)
    }

    /// A setting that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    /// A setting that is a list of texts.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.value(name)?.as_list()?;
        Some(
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        )
    }

    /// A setting that is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    fn has(&self, name: &str) -> bool {
        self.found.contains_key(name) || self.unknown.contains(&name)
    }

    fn exclusive(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for set in EXCLUSIVE {
            let mut present = set
                .iter()
                .filter(|name| self.has(name) && self.flag(name) != Some(false));
            if let (Some(other), Some(attribute)) = (present.next(), present.next()) {
                let problem = Problem::Exclusive { attribute, other };
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn add_environment(&mut self, environment: &dyn Fn(&str) -> Option<String>, problems: &mut Vec<Problem>) {
        let home = environment("HOME").or_else(|| environment("USERPROFILE"));
        let silenced: Vec<&str> = EXCLUSIVE
            .iter()
            .filter(|set| set.iter().any(|name| self.has(name) && self.flag(name) != Some(false)))
            .flat_map(|set| set.iter().copied())
            .collect();
        for setting in SETTINGS.iter().filter(|setting| !silenced.contains(&setting.name)) {
            if self.has(setting.name) {
                continue;
            }
            let set = |name: &&&'static str| environment(name).is_some_and(|text| !text.is_empty());
            let Some(variable) = setting.variables.iter().find(set) else {
                continue;
            };
            let origin = Origin::Variable(variable);
            match setting.kind.parse(&environment(variable).unwrap_or_default()) {
                Ok(value) => drop(self.found.insert(setting.name, (value, origin))),
                Err(expected) => problems.push(Problem::Malformed {
                    attribute: setting.name,
                    origin,
                    expected: expected.to_owned(),
                }),
            }
        }
        // Variables of one set can meet; the first of the set wins.
        for set in EXCLUSIVE {
            let mut present = set
                .iter()
                .filter(|name| self.found.contains_key(*name) && self.flag(name) != Some(false))
                .copied();
            if present.next().is_some() {
                for name in present.collect::<Vec<_>>() {
                    if self.origin(name) != Some(Origin::Attribute) {
                        self.found.remove(name);
                    }
                }
            }
        }
        if let Some(home) = home {
            for (name, (value, _)) in &mut self.found {
                if matches!(Setting::named(name).kind, Kind::Path | Kind::Paths) {
                    expand_home(value, &home);
                }
            }
        }
    }
}

fn expand_home(value: &mut Value, home: &str) {
    match value {
        Value::String(path) => {
            if let Some(rest) = path.strip_prefix("~/") {
                *path = format!("{}/{rest}", home.trim_end_matches('/'));
            }
        }
        Value::List(paths) => paths.iter_mut().for_each(|path| expand_home(path, home)),
        _ => {}
    }
}

impl Problem {
    /// Whether something is only missing, rather than wrong.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Problem::NothingConfigured | Problem::NoCredentials | Problem::NoProject | Problem::NotInCluster
        )
    }
}
