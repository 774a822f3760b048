//! The table of the provider block: its attributes, their environment variables, and what Terraform is told of them.

use std::collections::HashMap;

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
            but no kubeconfig it chooses the project's control plane at `endpoint`. Defaults to the project of the \
            service-account key.",
    },
    Setting {
        name: "endpoint",
        kind: Kind::Text,
        variables: &["DATUM_ENDPOINT"],
        sensitive: false,
        description: "The Datum API under which the project's control plane is found. Defaults to the service-account \
            key's, then to Datum's public API. \
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
        variables: &["DATUM_CONTEXT_CLUSTER", "KUBE_CTX_CLUSTER"],
        sensitive: false,
        description: "The cluster of the kubeconfig, in place of the context's.",
    },
    Setting {
        name: "config_context_user",
        kind: Kind::Text,
        variables: &["DATUM_CONTEXT_USER", "KUBE_CTX_AUTH_INFO"],
        sensitive: false,
        description: "The user of the kubeconfig, in place of the context's.",
    },
    Setting {
        name: "host",
        kind: Kind::Text,
        variables: &["DATUM_HOST", "KUBE_HOST"],
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
        variables: &["DATUM_CLIENT_CERTIFICATE", "KUBE_CLIENT_CERT_DATA"],
        sensitive: false,
        description: "The client certificate: PEM, or PEM in base64.",
    },
    Setting {
        name: "client_key",
        kind: Kind::Text,
        variables: &["DATUM_CLIENT_KEY", "KUBE_CLIENT_KEY_DATA"],
        sensitive: true,
        description: "The private key of the client certificate: PEM, or PEM in base64.",
    },
    Setting {
        name: "cluster_ca_certificate",
        kind: Kind::Text,
        variables: &["DATUM_CLUSTER_CA_CERTIFICATE", "KUBE_CLUSTER_CA_CERT_DATA"],
        sensitive: false,
        description: "The certificate authority that signed the API server's certificate: PEM, or PEM in base64.",
    },
    Setting {
        name: "insecure",
        kind: Kind::Flag,
        variables: &["DATUM_INSECURE", "KUBE_INSECURE"],
        sensitive: false,
        description: "Whether to accept any certificate of the API server. For tests only.",
    },
    Setting {
        name: "tls_server_name",
        kind: Kind::Text,
        variables: &["DATUM_TLS_SERVER_NAME", "KUBE_TLS_SERVER_NAME"],
        sensitive: false,
        description: "The name to expect in the API server's certificate, where it is not the host's.",
    },
    Setting {
        name: "proxy_url",
        kind: Kind::Text,
        variables: &["DATUM_PROXY_URL", "KUBE_PROXY_URL"],
        sensitive: false,
        description: "The proxy to go through: `http://`, `https://` or `socks5://`. Defaults to that of the kubeconfig, \
            then to `HTTPS_PROXY` and `NO_PROXY`.",
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
        name: "service_account_directory",
        kind: Kind::Path,
        variables: &["DATUM_SERVICE_ACCOUNT_DIRECTORY"],
        sensitive: false,
        description: "Where the pod's service account is mounted (`token`, `ca.crt` and `namespace`), for `in_cluster`. \
            Defaults to `/var/run/secrets/kubernetes.io/serviceaccount`.",
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
        name: "unknown_attributes",
        kind: Kind::Text,
        variables: &["DATUM_UNKNOWN_ATTRIBUTES"],
        sensitive: false,
        description: "What an attribute is that an object of a workload does not have, such as `replica`: `error`, \
            `warn` or `ignore`. Terraform drops it without a word, so that the provider reads the files of the \
            configuration to find it. Defaults to `error`.",
    },
    Setting {
        name: "max_retries",
        kind: Kind::Count,
        variables: &["DATUM_MAX_RETRIES"],
        sensitive: false,
        description: "How often a request is repeated that failed for a passing reason (429, 500, 502, 503, 504, a \
            broken connection). Defaults to 5.",
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

/// The settings that exclude each other, best first: where the API is, who asks, whom we trust.
pub const EXCLUSIVE: &[&[&str]] = &[
    &[
        "in_cluster",
        "endpoint",
        "kubeconfig",
        "host",
        "config_path",
        "config_paths",
    ],
    // A context is of a kubeconfig.
    &["in_cluster", "endpoint", "host", "config_context"],
    &["in_cluster", "endpoint", "host", "config_context_cluster"],
    &["in_cluster", "endpoint", "host", "config_context_user"],
    &[
        "in_cluster",
        "token",
        "token_file",
        "exec",
        "credentials_file",
        "credentials",
        "client_certificate",
    ],
    &["insecure", "cluster_ca_certificate"],
];

/// The settings that make sense only with another.
pub(super) const COMPANIONS: &[(&str, &str)] = &[
    ("client_certificate", "client_key"),
    ("client_key", "client_certificate"),
    ("service_account_directory", "in_cluster"),
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
    pub(super) fn named(name: &str) -> &'static Setting {
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
    pub(super) fn parse(self, text: &str) -> Result<Value, &'static str> {
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// The table for the guide.
    fn reference() -> String {
        let mut table = "| attribute | environment | meaning |\n|---|---|---|\n".to_owned();
        for setting in SETTINGS {
            let variables: Vec<_> = setting.variables.iter().map(|name| format!("`{name}`")).collect();
            let (name, variables, meaning) = (setting.name, variables.join(", "), setting.description);
            writeln!(table, "| `{name}` | {variables} | {meaning} |").expect("a text takes all that is written");
        }
        table
    }

    /// `UPDATE_EXPECT=1 cargo test -p terraform-provider-datum` writes the table into the guide.
    #[test]
    fn the_guide_has_every_setting() {
        const BEGIN: &str = "<!-- settings -->\n";
        const END: &str = "<!-- /settings -->";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/authentication.md");
        let guide = std::fs::read_to_string(path).expect("the guide is there");
        let (before, rest) = guide.split_once(BEGIN).expect("the guide has a place for the table");
        let (table, after) = rest.split_once(END).expect("the table ends");
        let expected = reference();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let updated = format!("{before}{BEGIN}{expected}{END}{after}");
            std::fs::write(path, updated).expect("the guide is written");
        } else {
            assert_eq!(
                table, expected,
                "the guide is stale: UPDATE_EXPECT=1 cargo test -p terraform-provider-datum"
            );
        }
    }

    #[test]
    fn every_variable_is_named_after_its_attribute_or_known_to_other_tools() {
        for setting in SETTINGS {
            let ours = format!("DATUM_{}", setting.name.to_uppercase());
            // As datumctl and kubectl call it.
            let short = ours.replace("DATUM_CONFIG_CONTEXT", "DATUM_CONTEXT");
            for variable in setting.variables {
                let is_ours = [ours.as_str(), short.as_str()].contains(variable);
                assert!(
                    is_ours || variable.starts_with("KUBE"),
                    "{variable} of {}",
                    setting.name
                );
            }
            let is_structure = matches!(setting.kind, Kind::Exec | Kind::Wait | Kind::Timeouts);
            assert_eq!(setting.variables.is_empty(), is_structure, "{}", setting.name);
        }
    }
}
