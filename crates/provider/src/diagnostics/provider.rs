//! The provider block and the environment.

use datum_client::config::Setting;
use datum_client::{ConfigError, CredentialError};
use tf_provider::AttributePath;
use tf_provider::Diagnostic;

use super::text::{diagnostic, root, sentence};
use crate::configuration::{Problem, Settings, way};

/// A problem of the settings themselves.
pub fn settings(problem: &Problem) -> Diagnostic {
    match problem {
        Problem::Exclusive { attribute, other } => diagnostic(
            format!("{attribute} and {other} exclude each other"),
            "Both are set in the provider block, and they answer the same question. Remove one.",
            AttributePath::new(*attribute),
        ),
        Problem::Alone { attribute, missing } => diagnostic(
            format!("{attribute} needs {missing}"),
            format!("{attribute} is set and {missing} is not. Set both, or neither."),
            AttributePath::new(*attribute),
        ),
        Problem::Empty { attribute } => diagnostic(
            format!("{attribute} is empty"),
            format!(
                "An empty text is no {attribute}. Is the variable that it comes from set? To take it from the environment, \
                 leave the attribute out or set it to null."
            ),
            AttributePath::new(*attribute),
        ),
        Problem::Malformed {
            attribute,
            origin,
            expected,
        } => diagnostic(
            format!("{attribute} cannot be read"),
            format!("The value in {origin} is not what {attribute} should be: {expected}."),
            AttributePath::new(*attribute),
        ),
        Problem::ProjectAndOrganization => diagnostic(
            "DATUM_PROJECT and DATUM_ORGANIZATION are both set",
            "Datum's tools work on a project or on an organization, and workloads belong to a project. Unset \
             DATUM_ORGANIZATION, or set project in the provider block.",
            root(),
        ),
        Problem::NothingConfigured { credentials } => diagnostic(
            "The provider does not know which API to use",
            format!(
                "Nothing in the provider block or the environment says where the API is{}. This is what was tried, in this \
                 order:\n\n{}\n\n\
                 On a workstation, `datumctl auth update-kubeconfig` writes a kubeconfig. There is no default server.",
                credentials.map_or_else(String::new, |name| format!(
                    ": {name} only says who asks, and needs a project or a host beside it"
                )),
                way::tried()
            ),
            root(),
        ),
        Problem::NoCredentials => diagnostic(
            "The provider has no credentials for Datum's API",
            "A project is named, but nothing says who asks. Set credentials_file (DATUM_CREDENTIALS_FILE), credentials, \
             token (DATUM_TOKEN), token_file or exec; or a kubeconfig that has credentials (DATUM_KUBECONFIG, KUBECONFIG). \
             Variables of other tools, such as KUBE_TOKEN, are not sent to Datum's API.",
            AttributePath::new("project"),
        ),
        Problem::NoProject => diagnostic(
            "The provider does not know which project to use",
            "Datum has one control plane for each project. Set project in the provider block, or DATUM_PROJECT.",
            root(),
        ),
        Problem::NotInCluster => diagnostic(
            "This is not a pod",
            "in_cluster is set, but KUBERNETES_SERVICE_HOST is not: Terraform does not run in a pod of the cluster.",
            AttributePath::new("in_cluster"),
        ),
    }
}

/// Settings with which no client can be made: a file that does not exist, a context that is not in it.
pub fn not_configured(error: &ConfigError, settings: &Settings) -> Diagnostic {
    let attributes: &[&str] = match error.setting() {
        Setting::Endpoint => &["endpoint"],
        Setting::Host => &["host"],
        Setting::Kubeconfig => &["kubeconfig", "config_path", "config_paths"],
        Setting::Context => &["config_context"],
        Setting::Cluster => &["config_context_cluster"],
        Setting::User => &["config_context_user"],
        Setting::InCluster => &["service_account_directory", "in_cluster"],
        Setting::Token => &["token"],
        Setting::TokenFile => &["token_file"],
        Setting::ClientCertificate => &["client_certificate"],
        Setting::ClientKey => &["client_key"],
        Setting::Exec => &["exec"],
        Setting::ServiceAccount => &["credentials_file", "credentials"],
        Setting::Ca => &["cluster_ca_certificate"],
        Setting::ServerName => &["tls_server_name"],
        Setting::Proxy => &["proxy_url"],
        _ => &[],
    };
    let why = sentence(&error.to_string());
    let set = attributes.iter().find_map(|name| Some((name, settings.origin(name)?)));
    let (what, next) = match (set, attributes) {
        (Some((attribute, origin)), _) => (
            format!(": {attribute} cannot be used"),
            format!("\n\nCheck {attribute}, which is set in {origin}."),
        ),
        // The kubeconfig says so.
        (None, [attribute, ..]) => (
            String::new(),
            format!("\n\nTo use something else, set {attribute} in the provider block."),
        ),
        (None, []) => (String::new(), String::new()),
    };
    diagnostic(
        format!("The provider cannot reach the API{what}"),
        format!("{why}{next}"),
        root(),
    )
}

/// The same as [`not_configured`], for whatever else needs the API in the same run.
pub fn still_not_configured() -> Diagnostic {
    diagnostic(
        "The provider cannot reach the API",
        "The reason is the same as for the other workloads of this run, and is told with one of them.",
        root(),
    )
}

/// Something needs the provider before Terraform has configured it.
pub fn unconfigured() -> Diagnostic {
    diagnostic(
        "The provider is not configured",
        "Terraform has not configured the provider before it used it.",
        root(),
    )
}

/// There is no token to hand out.
pub fn no_token(server: &str) -> Diagnostic {
    diagnostic(
        "The provider has no access token",
        format!(
            "What says who asks {server} is no token: a client certificate, a user with a password, or nothing at all. \
             Configure the other providers in the same way as this one, or give this one a token, an exec program or a \
             service-account key."
        ),
        root(),
    )
}

/// A token cannot be had.
pub fn token_refused(error: &CredentialError) -> Diagnostic {
    diagnostic("Cannot get an access token", sentence(&error.to_string()), root())
}

/// A token that was handed out is about to expire, and Terraform takes no other one for it.
pub fn token_expires(at: &str) -> Diagnostic {
    diagnostic(
        format!("The access token expires at {at}"),
        "It is in use since this run began, and Terraform hands on no other one in its place. What asks with it from then on is \
         refused; run Terraform again for what is left, or let the key or program issue tokens that live longer.",
        root(),
    )
}

/// Something needs the API, and where it is is not known before apply.
pub fn unknown_configuration(unknown: &[&str]) -> Diagnostic {
    diagnostic(
        "The provider is not configured yet",
        format!(
            "Reading needs the API, but {} of the provider block {} only known after apply. Apply what it depends on \
             first, with -target.",
            unknown.join(", "),
            if unknown.len() == 1 { "is" } else { "are" }
        ),
        root(),
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::configuration::Origin;
    use crate::diagnostics::shown;

    #[test]
    fn settings_are_explained() {
        let problems = [
            Problem::Exclusive {
                attribute: "token_file",
                other: "token",
            },
            Problem::Alone {
                attribute: "client_certificate",
                missing: "client_key",
            },
            Problem::Malformed {
                attribute: "insecure",
                origin: Origin::Variable("KUBE_INSECURE"),
                expected: "`true` or `false`".to_owned(),
            },
            Problem::ProjectAndOrganization,
            Problem::Empty { attribute: "token" },
            Problem::NothingConfigured { credentials: None },
            Problem::NothingConfigured {
                credentials: Some("token"),
            },
            Problem::NoCredentials,
            Problem::NoProject,
            Problem::NotInCluster,
        ];
        expect![[r#"
            [token_file] token_file and token exclude each other
            Both are set in the provider block, and they answer the same question. Remove one.
            [client_certificate] client_certificate needs client_key
            client_certificate is set and client_key is not. Set both, or neither.
            [insecure] insecure cannot be read
            The value in the environment variable KUBE_INSECURE is not what insecure should be: `true` or `false`.
            [] DATUM_PROJECT and DATUM_ORGANIZATION are both set
            Datum's tools work on a project or on an organization, and workloads belong to a project. Unset DATUM_ORGANIZATION, or set project in the provider block.
            [token] token is empty
            An empty text is no token. Is the variable that it comes from set? To take it from the environment, leave the attribute out or set it to null.
            [] The provider does not know which API to use
            Nothing in the provider block or the environment says where the API is. This is what was tried, in this order:

              - in_cluster (DATUM_IN_CLUSTER): not set
              - endpoint (DATUM_ENDPOINT) with project and credentials: not set
              - kubeconfig (DATUM_KUBECONFIG): not set
              - host (DATUM_HOST, KUBE_HOST): not set
              - config_path (KUBE_CONFIG_PATH): not set
              - config_paths (KUBE_CONFIG_PATHS, KUBECONFIG): not set
              - config_context (DATUM_CONTEXT, KUBE_CTX): not set
              - config_context_cluster (DATUM_CONTEXT_CLUSTER, KUBE_CTX_CLUSTER): not set
              - config_context_user (DATUM_CONTEXT_USER, KUBE_CTX_AUTH_INFO): not set
              - credentials_file (DATUM_CREDENTIALS_FILE) with project, unless the key names it: not set
              - credentials (DATUM_CREDENTIALS) with project, unless the key names it: not set
              - project (DATUM_PROJECT) with token, token_file, exec or client_certificate: not set

            On a workstation, `datumctl auth update-kubeconfig` writes a kubeconfig. There is no default server.
            [] The provider does not know which API to use
            Nothing in the provider block or the environment says where the API is: token only says who asks, and needs a project or a host beside it. This is what was tried, in this order:

              - in_cluster (DATUM_IN_CLUSTER): not set
              - endpoint (DATUM_ENDPOINT) with project and credentials: not set
              - kubeconfig (DATUM_KUBECONFIG): not set
              - host (DATUM_HOST, KUBE_HOST): not set
              - config_path (KUBE_CONFIG_PATH): not set
              - config_paths (KUBE_CONFIG_PATHS, KUBECONFIG): not set
              - config_context (DATUM_CONTEXT, KUBE_CTX): not set
              - config_context_cluster (DATUM_CONTEXT_CLUSTER, KUBE_CTX_CLUSTER): not set
              - config_context_user (DATUM_CONTEXT_USER, KUBE_CTX_AUTH_INFO): not set
              - credentials_file (DATUM_CREDENTIALS_FILE) with project, unless the key names it: not set
              - credentials (DATUM_CREDENTIALS) with project, unless the key names it: not set
              - project (DATUM_PROJECT) with token, token_file, exec or client_certificate: not set

            On a workstation, `datumctl auth update-kubeconfig` writes a kubeconfig. There is no default server.
            [project] The provider has no credentials for Datum's API
            A project is named, but nothing says who asks. Set credentials_file (DATUM_CREDENTIALS_FILE), credentials, token (DATUM_TOKEN), token_file or exec; or a kubeconfig that has credentials (DATUM_KUBECONFIG, KUBECONFIG). Variables of other tools, such as KUBE_TOKEN, are not sent to Datum's API.
            [] The provider does not know which project to use
            Datum has one control plane for each project. Set project in the provider block, or DATUM_PROJECT.
            [in_cluster] This is not a pod
            in_cluster is set, but KUBERNETES_SERVICE_HOST is not: Terraform does not run in a pod of the cluster.
        "#]].assert_eq(&shown(&problems.iter().map(settings).collect::<Vec<_>>()));
        expect![[r#"
            [] The provider is not configured yet
            Reading needs the API, but host, token of the provider block are only known after apply. Apply what it depends on first, with -target.
        "#]].assert_eq(&shown([&unknown_configuration(&["host", "token"])]));
    }
}
