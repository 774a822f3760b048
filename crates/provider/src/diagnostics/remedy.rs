//! What helps against each kind of failure.

use datum_client::CredentialError;
use datum_client::error::{ConnectFailure, Forbidden, Kind, Limit, Missing, Reach, TlsFailure};
use datum_model::id::{Namespace, WorkloadId};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use super::operation::Operation;
use super::text::{hcl, root};
use crate::value::size::largest;

/// What helps against a failure, and the attribute that it is about.
pub(super) fn next_step(
    operation: Operation,
    namespace: &Namespace,
    id: Option<&WorkloadId>,
    kind: &Kind,
) -> (String, AttributePath) {
    let address = id.map_or_else(|| "<namespace>/<name>".to_owned(), ToString::to_string);
    let text = match kind {
        Kind::NotFound(Missing::Namespace(_)) => {
            return (
                "A workload's namespace is project-<project>. Check metadata.namespace, and the provider's project and \
                 namespace; what the API has: kubectl get namespaces"
                    .to_owned(),
                AttributePath::new("metadata").attribute("namespace"),
            );
        }
        Kind::AlreadyExists => {
            format!("To manage it here, import it: terraform import datum_workload.<name> {address}")
        }
        Kind::NotFound(Missing::Object) if operation == Operation::ReadData => format!(
            "What exists there: kubectl get workloads -n {namespace}\n\
             If it need not be there, read it with data \"datum_workloads\", which finds none without an error. To destroy what \
             is left without reading it: terraform destroy -refresh=false"
        ),
        Kind::NotFound(Missing::Object) => {
            format!("What exists there: kubectl get workloads -n {namespace}")
        }
        Kind::NotFound(Missing::Project { .. } | Missing::Path) => {
            "Check project and endpoint (or host) of the provider block. Nothing was changed in the state.".to_owned()
        }
        Kind::NotFound(Missing::Api { .. }) => {
            "Check that the provider points to the control plane of a Datum project. \
            What it serves: kubectl api-resources\n\
            The state was left as it is. If workloads are gone there for good, so is this one: terraform state rm"
                .to_owned()
        }
        Kind::UidMismatch { found: None, .. } => {
            "The workload that the state knows is not there any more. Plan again to see that, and to create it anew: \
             terraform plan"
                .to_owned()
        }
        Kind::UidMismatch { .. } => format!(
            "Somebody else deleted the workload that the state knows and made another of the same name. Refresh to see \
             it: terraform plan. To manage the new one, remove the old one from the state (terraform state rm) and \
             import {address}."
        ),
        Kind::Unauthorized { credentials, .. } => unauthorized(credentials.as_deref()),
        Kind::Forbidden(Forbidden::Anonymous { .. }) => unauthorized(None),
        Kind::Credential(error) => credentials(operation, error),
        Kind::Forbidden(Forbidden::Rbac { verb, resource, .. }) => format!(
            "The request was forbidden (403). Ask for that permission in the project; to see what is allowed: kubectl \
             auth can-i {verb} {resource} -n {namespace}"
        ),
        Kind::Forbidden(Forbidden::Suspended { .. }) => {
            "A suspended project takes no changes but deletions. Ask its owner, or Datum's support.".to_owned()
        }
        Kind::Forbidden(Forbidden::Quota { .. }) => {
            format!("What is used and what is allowed: kubectl get resourcequota -n {namespace}")
        }
        Kind::Forbidden(Forbidden::Terminating { .. }) => {
            format!("Wait until the namespace is gone: kubectl get namespace {namespace} --watch")
        }
        Kind::Forbidden(_) => "The request was forbidden (403) by a policy of the control plane.".to_owned(),
        Kind::RateLimited { .. } => "Run it again, with a smaller -parallelism if it happens often.".to_owned(),
        Kind::Connection {
            reach: Reach::NotConnected(failure),
            ..
        } => unreached(*failure).to_owned(),
        Kind::Connection {
            reach: Reach::Untrusted(failure),
            ..
        } => untrusted(*failure).to_owned(),
        Kind::Denied(_) => "An admission webhook or policy of the control plane decides that. Change what it asks for, or ask \
            whoever runs it: kubectl get validatingadmissionpolicies,validatingwebhookconfigurations,mutatingwebhookconfigurations"
            .to_owned(),
        Kind::WebhookFailed { .. } => "The API answers, but it has to ask this webhook first, and the webhook does not answer. \
            Nothing was changed. Run it again when the webhook is back; what is registered: kubectl get \
            validatingwebhookconfigurations,mutatingwebhookconfigurations"
            .to_owned(),
        Kind::Unavailable { .. } | Kind::Connection { .. } => {
            let later = "The state was left as it is; run it again when the API answers: kubectl version";
            format!("{}{later}", doubt(operation, id))
        }
        Kind::Unexpected { .. } => format!(
            "{}Something else than the Kubernetes API answered, such as a proxy or a page to log in at. Check host or \
             endpoint of the provider block, or the kubeconfig's server, and proxy_url.",
            doubt(operation, id)
        ),
        Kind::Timeout { of: Limit::Operation } => format!(
            "{}Give it more time with timeouts.{} of the workload or the provider, or see whether the API answers: kubectl \
             version",
            doubt(operation, id),
            operation.timeout()
        ),
        Kind::Timeout { .. } => format!(
            "{}The state was left as it is; see whether the API answers: kubectl version",
            doubt(operation, id)
        ),
        Kind::Cancelled => format!("{}Run it again to go on.", doubt(operation, id)),
        Kind::Modified { .. } | Kind::Expired => "Run it again.".to_owned(),
        _ => String::new(),
    };
    (text, root())
}

/// What a write leaves in doubt whose answer did not come.
fn doubt(operation: Operation, id: Option<&WorkloadId>) -> String {
    let Some(id) = id else {
        return String::new();
    };
    let done = match operation {
        Operation::Create => "the workload was created",
        Operation::Update => "the workload was changed",
        Operation::Restart => "the workload was restarted",
        Operation::Scale => "the workload was scaled",
        Operation::Delete => "the deletion of the workload has begun",
        Operation::Plan | Operation::Read | Operation::ReadData | Operation::Import => return String::new(),
    };
    let look = format!("kubectl get workload {} -n {}", id.name, id.namespace);
    format!("Whether {done} is not known: {look}\n")
}

/// What helps against an object that is too large: which of the limits it is, and what is large.
pub(super) fn too_large(status: u16, shape: &Value) -> (String, AttributePath) {
    let limit = if status == 413 {
        "A request may have 3 MiB"
    } else {
        "A stored object may have about 1.5 MiB (etcd's limit for a request)"
    };
    let (attribute, size) = largest(shape);
    let place = if attribute.steps.is_empty() {
        String::new()
    } else {
        format!(" The largest part is {}, with {} KiB.", hcl(&attribute), size / 1024)
    };
    let text = format!(
        "Nothing was written. {limit}; all annotations together may have 256 KiB.{place} Large files belong into a \
         ConfigMap, a Secret or an image, which the workload mounts."
    );
    (text, attribute)
}

/// What helps against credentials that the API does not accept.
fn unauthorized(credentials: Option<&str>) -> String {
    const RENEWAL: &str = "A session of datumctl is renewed with: datumctl auth login";
    match credentials.filter(|credentials| *credentials != "none") {
        Some(given) => format!(
            "Check the credentials that the provider was given: {given}. They may have expired, or be meant for another API. \
             {RENEWAL}"
        ),
        None => format!(
            "Check the credentials that the provider was given (token, token_file, exec, credentials_file or the user of the \
             kubeconfig); they may have expired. {RENEWAL}"
        ),
    }
}

/// What helps against credentials that could not be had.
fn credentials(operation: Operation, error: &CredentialError) -> String {
    let text = match error {
        CredentialError::Overdue { .. } => {
            return format!(
                "Run the program by hand to see what it needs, or see whether the token endpoint answers. If they do need longer: \
                 timeouts.{} of the workload or the provider.",
                operation.timeout()
            );
        }
        CredentialError::Exec { .. } => {
            "The program is that of exec in the provider block, or of the kubeconfig's user. Run it by hand to see what it \
             needs; a session of datumctl is renewed with: datumctl auth login"
        }
        CredentialError::Exchange { is_transient: true, .. } => {
            "The token endpoint is the token_uri of the service-account key. Nothing was changed; run it again when it \
             answers."
        }
        CredentialError::Exchange { .. } => {
            "Check that the key in credentials_file (or credentials) has not been deleted or expired, and that the clock of \
             this machine is right. A new key for the service account replaces it."
        }
        _ => "Check token or token_file of the provider block, or the kubeconfig's user.",
    };
    text.to_owned()
}

/// What helps against a server that was not reached.
fn unreached(failure: ConnectFailure) -> &'static str {
    match failure {
        ConnectFailure::UnknownHost => {
            "Check the spelling of host or endpoint of the provider block, or of the kubeconfig's server, and whether this \
             machine must be in another network (a VPN, say) to know that name."
        }
        ConnectFailure::Refused => {
            "Nothing listens there. Check host and port in host or endpoint of the provider block, or the kubeconfig's \
             server, and whether the API is running: kubectl version"
        }
        ConnectFailure::Proxy => {
            "Check proxy_url of the provider block, the kubeconfig's proxy-url, or HTTPS_PROXY; servers that need no proxy \
             belong into NO_PROXY."
        }
        ConnectFailure::Other => "Nothing was changed; run it again when the API can be reached: kubectl version",
    }
}

/// What helps where TLS keeps two sides apart.
fn untrusted(failure: TlsFailure) -> &'static str {
    match failure {
        TlsFailure::UnknownAuthority => {
            "Set cluster_ca_certificate to the certificate of the authority that signed the server's (a kubeconfig has it as \
             certificate-authority-data). If the API is a public one, see whether a proxy in between replaces certificates."
        }
        TlsFailure::NameMismatch => {
            "Check host or endpoint of the provider block, or the kubeconfig's server. Where the certificate is rightly for \
             another name, set tls_server_name to that name."
        }
        TlsFailure::Expired => {
            "See whether the clock of this machine is right. If it is, whoever runs the API must renew its certificate."
        }
        TlsFailure::InvalidCertificate => "Whoever runs the API must replace its certificate.",
        TlsFailure::ClientRejected => {
            "Check client_certificate and client_key of the provider block, or the kubeconfig's user: the certificate may \
             have expired, or be meant for another API."
        }
        TlsFailure::NotTls => {
            "The server speaks plain HTTP there. Check the port, or write http:// if that is what you mean."
        }
    }
}
