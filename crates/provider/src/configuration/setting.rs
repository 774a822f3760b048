//! Every setting of the provider block, declared once: Terraform's schema, the documentation and the reading of block and
//! environment come from [`SETTINGS`].

use super::kind::Kind;

/// One attribute of the provider block.
#[derive(Debug)]
pub(super) struct Setting {
    /// The attribute.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The environment variables that stand in for the attribute; the first that is set and not empty wins.
    pub variables: &'static [&'static str],
    /// Whether the value is a secret.
    pub sensitive: bool,
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// The settings, in the order of the documentation.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::plain(
        "project",
        Kind::Project,
        &["DATUM_PROJECT"],
        "The Datum project. It names the default namespace, `project-<project>`, and with credentials \
            but no kubeconfig it chooses the project's control plane at `endpoint`. Defaults to the project of the \
            service-account key.",
    ),
    Setting::plain(
        "endpoint",
        Kind::Text,
        &["DATUM_ENDPOINT"],
        "The Datum API under which the project's control plane is found. Defaults to the service-account \
            key's, then to Datum's public API. \
            `https://` is added when the scheme is missing, and a path prefix is kept.",
    ),
    Setting::plain(
        "namespace",
        Kind::Namespace,
        &["DATUM_NAMESPACE"],
        "The namespace of workloads that name none. Defaults to `project-<project>`, then to the \
            namespace of the kubeconfig's context.",
    ),
    Setting::plain(
        "credentials_file",
        Kind::Path,
        &["DATUM_CREDENTIALS_FILE"],
        "The path of a Datum service-account key (JSON). The provider exchanges it for short-lived \
            tokens itself.",
    ),
    Setting::secret(
        "credentials",
        Kind::Text,
        &["DATUM_CREDENTIALS"],
        "The content of a Datum service-account key (JSON), for where there is no file.",
    ),
    Setting::plain(
        "kubeconfig",
        Kind::Path,
        &["DATUM_KUBECONFIG"],
        "The path of a kubeconfig file, such as `datumctl auth update-kubeconfig` writes.",
    ),
    Setting::plain(
        "config_path",
        Kind::Path,
        &["KUBE_CONFIG_PATH"],
        "The same as `kubeconfig`, under the name that the Kubernetes provider gives it.",
    ),
    Setting::plain(
        "config_paths",
        Kind::Paths,
        &["KUBE_CONFIG_PATHS", "KUBECONFIG"],
        "The paths of several kubeconfig files, merged as kubectl merges them: the first to say \
            something wins.",
    ),
    Setting::plain(
        "config_context",
        Kind::Text,
        &["DATUM_CONTEXT", "KUBE_CTX"],
        "The context of the kubeconfig. Defaults to its current context.",
    ),
    Setting::plain(
        "config_context_cluster",
        Kind::Text,
        &["DATUM_CONTEXT_CLUSTER", "KUBE_CTX_CLUSTER"],
        "The cluster of the kubeconfig, in place of the context's.",
    ),
    Setting::plain(
        "config_context_user",
        Kind::Text,
        &["DATUM_CONTEXT_USER", "KUBE_CTX_AUTH_INFO"],
        "The user of the kubeconfig, in place of the context's.",
    ),
    Setting::plain(
        "host",
        Kind::Text,
        &["DATUM_HOST", "KUBE_HOST"],
        "The URL of the API server itself, in place of `project` and `endpoint` or of the kubeconfig's \
            server. A path prefix is kept.",
    ),
    Setting::secret("token", Kind::Text, &["DATUM_TOKEN", "KUBE_TOKEN"], "A bearer token."),
    Setting::plain(
        "token_file",
        Kind::Path,
        &["DATUM_TOKEN_FILE"],
        "The path of a file that holds a bearer token. It is read again when it changes.",
    ),
    Setting::plain(
        "client_certificate",
        Kind::Text,
        &["DATUM_CLIENT_CERTIFICATE", "KUBE_CLIENT_CERT_DATA"],
        "The client certificate: PEM, or PEM in base64.",
    ),
    Setting::secret(
        "client_key",
        Kind::Text,
        &["DATUM_CLIENT_KEY", "KUBE_CLIENT_KEY_DATA"],
        "The private key of the client certificate: PEM, or PEM in base64.",
    ),
    Setting::plain(
        "cluster_ca_certificate",
        Kind::Text,
        &["DATUM_CLUSTER_CA_CERTIFICATE", "KUBE_CLUSTER_CA_CERT_DATA"],
        "The certificate authority that signed the API server's certificate: PEM, or PEM in base64.",
    ),
    Setting::plain(
        "insecure",
        Kind::Flag,
        &["DATUM_INSECURE", "KUBE_INSECURE"],
        "Whether to accept any certificate of the API server. For tests only.",
    ),
    Setting::plain(
        "tls_server_name",
        Kind::Text,
        &["DATUM_TLS_SERVER_NAME", "KUBE_TLS_SERVER_NAME"],
        "The name to expect in the API server's certificate, where it is not the host's.",
    ),
    Setting::plain(
        "proxy_url",
        Kind::Text,
        &["DATUM_PROXY_URL", "KUBE_PROXY_URL"],
        "The proxy to go through: `http://`, `https://` or `socks5://`. Defaults to that of the kubeconfig, \
            then to `HTTPS_PROXY` and `NO_PROXY`.",
    ),
    Setting::plain(
        "exec",
        Kind::Exec,
        &[],
        "A program that prints credentials (`client.authentication.k8s.io`). It is run when the \
            credentials are needed, and again when they expire.",
    ),
    Setting::plain(
        "in_cluster",
        Kind::Flag,
        &["DATUM_IN_CLUSTER"],
        "Whether to use the service account of the pod that Terraform runs in.",
    ),
    Setting::plain(
        "service_account_directory",
        Kind::Path,
        &["DATUM_SERVICE_ACCOUNT_DIRECTORY"],
        "Where the pod's service account is mounted (`token`, `ca.crt` and `namespace`), for `in_cluster`. \
            Defaults to `/var/run/secrets/kubernetes.io/serviceaccount`.",
    ),
    Setting::plain(
        "force_conflicts",
        Kind::Flag,
        &["DATUM_FORCE_CONFLICTS"],
        "Whether to take over fields that another field manager owns, for every workload that does not \
            say otherwise.",
    ),
    Setting::plain(
        "plan_dry_run",
        Kind::Flag,
        &["DATUM_PLAN_DRY_RUN"],
        "Whether a plan asks the API to validate what it would apply. Defaults to `true`; a plan without \
            a reachable API works either way.",
    ),
    Setting::plain(
        "unknown_attributes",
        Kind::Strictness,
        &["DATUM_UNKNOWN_ATTRIBUTES"],
        "What an attribute is that an object of a workload does not have, such as `replica`: `error`, \
            `warn` or `ignore`. Terraform drops it without a word, so that the provider reads the files of the \
            configuration to find it. Defaults to `error`.",
    ),
    Setting::plain(
        "max_retries",
        Kind::Count,
        &["DATUM_MAX_RETRIES"],
        "How often a request is repeated that failed for a passing reason (429, 500, 502, 503, 504, a \
            broken connection). Defaults to 5.",
    ),
    Setting::plain(
        "wait",
        Kind::Wait,
        &[],
        "What workloads wait for that do not say it themselves.",
    ),
    Setting::plain(
        "timeouts",
        Kind::Timeouts,
        &[],
        "How long workloads wait that do not say it themselves.",
    ),
];

/// The settings that say who asks. At most one counts.
pub(super) const CREDENTIALS: &[&str] = &[
    "token",
    "token_file",
    "exec",
    "credentials_file",
    "credentials",
    "client_certificate",
];

/// The settings that say whom we trust. At most one counts.
pub(super) const TRUST: &[&str] = &["insecure", "cluster_ca_certificate"];

/// The settings that make sense only with another.
pub(super) const COMPANIONS: &[(&str, &str)] = &[
    ("client_certificate", "client_key"),
    ("client_key", "client_certificate"),
    ("service_account_directory", "in_cluster"),
];

impl Setting {
    const fn plain(
        name: &'static str,
        kind: Kind,
        variables: &'static [&'static str],
        description: &'static str,
    ) -> Setting {
        Setting {
            name,
            kind,
            variables,
            sensitive: false,
            description,
        }
    }

    const fn secret(
        name: &'static str,
        kind: Kind,
        variables: &'static [&'static str],
        description: &'static str,
    ) -> Setting {
        Setting {
            sensitive: true,
            ..Setting::plain(name, kind, variables, description)
        }
    }

    /// The setting with this name, which must be one of [`SETTINGS`].
    pub(super) fn named(name: &str) -> &'static Setting {
        let mut settings = SETTINGS.iter();
        let found = settings.find(|setting| setting.name == name);
        found.expect("settings are named by literals")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
