//! Refusals of the API, each with what to do next.

use datum_client::error::{
    Cause, Denial, Distrust, FieldConflict, Forbidden, Kind, Limit, Missing, Obstacle, Reach, Tries,
};
use datum_client::{CredentialError, Error};
use datum_model::field::Path;
use datum_model::id::{Namespace, WorkloadId};
use datum_model::schema as model;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, AttributePathStep, Diagnostic};

use super::size::largest;
use super::{diagnostic, root, sentence};
use crate::ownership::named;
use crate::schema::{self, Node};
use crate::value::path::to_attribute;
use crate::workload;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Asking the API about a planned change.
    Plan,
    /// Creating.
    Create,
    /// Refreshing.
    Read,
    /// Reading by name, for a data source.
    ReadData,
    /// Updating.
    Update,
    /// Deleting.
    Delete,
    /// Importing.
    Import,
    /// Restarting, by an action.
    Restart,
    /// Scaling, by an action.
    Scale,
}

impl Action {
    fn cannot(self, id: &WorkloadId) -> String {
        match self {
            Action::Plan => format!("The API would refuse workload {id}"),
            Action::Create => format!("Cannot create workload {id}"),
            Action::Read | Action::ReadData => format!("Cannot read workload {id}"),
            Action::Update => format!("Cannot update workload {id}"),
            Action::Delete => format!("Cannot delete workload {id}"),
            Action::Import => format!("Cannot import workload {id}"),
            Action::Restart => format!("Cannot restart workload {id}"),
            Action::Scale => format!("Cannot scale workload {id}"),
        }
    }

    /// The field of `timeouts` that bounds it.
    fn timeout(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update | Action::Restart | Action::Scale => "update",
            Action::Delete => "delete",
            Action::Plan | Action::Read | Action::ReadData | Action::Import => "read",
        }
    }
}

/// The diagnostics of a refused request: one for each field that the API names, else one for the whole.
///
/// `shape` is the configuration or plan, in which the API's field paths are looked up.
pub fn refused(action: Action, id: &WorkloadId, error: &Error, shape: &Value) -> Vec<Diagnostic> {
    of_kind(action, id, error.kind(), error.tries(), shape, None)
}

/// Like [`refused`], for an apply to a workload that exists: positions in the API's paths are those of `merged`, the object
/// that the API looked at.
pub fn refused_change(
    action: Action,
    id: &WorkloadId,
    error: &Error,
    shape: &Value,
    merged: Option<&Json>,
) -> Vec<Diagnostic> {
    of_kind(action, id, error.kind(), error.tries(), shape, merged)
}

fn of_kind(
    action: Action,
    id: &WorkloadId,
    kind: &Kind,
    tries: &Tries,
    shape: &Value,
    merged: Option<&Json>,
) -> Vec<Diagnostic> {
    if let Kind::Invalid { causes, .. } = kind
        && !causes.is_empty()
    {
        let problem = |cause: &Cause| {
            let around = if action == Action::Plan {
                format!("\n\n{}", around_a_plan())
            } else {
                String::new()
            };
            let Some(path) = cause.path().map(|path| path.in_schema(model::workload())) else {
                return diagnostic(action.cannot(id), sentence(&cause.to_string()) + &around, root());
            };
            let named = merged.map_or_else(|| path.clone(), |object| named(&path, object, workload::kind().schema));
            let text = if named == path {
                cause.to_string()
            } else {
                format!("{named}: {}", cause.message)
            };
            let attribute = to_attribute(&named, shape, schema::workload());
            diagnostic(action.cannot(id), sentence(&text) + &around, attribute)
        };
        return causes.iter().map(problem).collect();
    }
    if let Kind::Conflict(conflicts) = kind {
        // What was set by hand beside them is no conflict of its own.
        let declared: Vec<&FieldConflict> = conflicts.iter().filter(|conflict| !conflict.is_by_hand).collect();
        let standing = if declared.is_empty() {
            conflicts.iter().collect()
        } else {
            declared
        };
        return standing
            .into_iter()
            .map(|found| found_conflict(action, id, found, shape))
            .collect();
    }
    let (mut next, attribute) = match kind {
        Kind::TooLarge { status, .. } => too_large(*status, shape),
        kind => next_step(action, &id.namespace, Some(id), kind),
    };
    if action == Action::Plan && is_about_the_change(kind) {
        next = format!("{next}\n{}", around_a_plan());
    }
    let why = sentence(&format!("{kind}{tries}"));
    let detail = if next.is_empty() {
        why
    } else {
        format!("{why}\n\n{}", next.trim_start())
    };
    vec![diagnostic(action.cannot(id), detail, attribute)]
}

/// What helps whoever does not want the change that the API refuses: Terraform plans a pending change also before it destroys,
/// and the provider is not told.
fn around_a_plan() -> String {
    format!("To destroy without that change: terraform destroy -refresh=false. {UNASKED}")
}

/// Whether a refusal is about what is to be changed, which a deletion does not do.
fn is_about_the_change(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Invalid { .. }
            | Kind::TooLarge { .. }
            | Kind::Conflict(_)
            | Kind::Denied(_)
            | Kind::Forbidden(Forbidden::Other { .. } | Forbidden::Quota { .. })
    )
}

/// A field that another manager applies with another value. `shape` is the plan, in which the field is looked up.
pub fn conflict(action: Action, id: &WorkloadId, field: &Path, manager: &str, shape: &Value) -> Diagnostic {
    let path = field.in_schema(model::workload());
    let attribute = to_attribute(&path, shape, schema::workload());
    owned_by(action, id, &field.to_string(), &format!("{manager:?}"), attribute)
}

/// A conflict as the API tells it.
fn found_conflict(action: Action, id: &WorkloadId, conflict: &FieldConflict, shape: &Value) -> Diagnostic {
    let attribute = conflict.path().map_or_else(root, |path| {
        to_attribute(&path.in_schema(model::workload()), shape, schema::workload())
    });
    let through = conflict
        .subresource
        .as_ref()
        .map_or_else(String::new, |name| format!(" (through the subresource {name:?})"));
    let manager = format!("{:?}{through}", conflict.manager);
    owned_by(action, id, &conflict.field, &manager, attribute)
}

fn owned_by(action: Action, id: &WorkloadId, field: &str, manager: &str, attribute: AttributePath) -> Diagnostic {
    let name = removable(&attribute, field);
    // The plan has asked about the same conflict: where it met none, there was none.
    let again = if action == Action::Update {
        format!(
            "If {manager} has changed it since the plan was made, plan again: terraform plan then shows what is live, and \
             what is to become of it.\n"
        )
    } else {
        String::new()
    };
    let around = if action == Action::Plan {
        format!("\n{}", around_a_plan())
    } else {
        String::new()
    };
    diagnostic(
        format!("{}: {field} belongs to {manager}", action.cannot(id)),
        format!(
            "The field manager {manager} owns {field} with another value, so two owners would overwrite each other.\n\n{again}\
             To leave it to {manager}, remove {name} from the configuration. To take it over, set force_conflicts = true on \
             this resource, or on the provider.\n\
             Who owns what: kubectl get workload {} -n {} -o yaml --show-managed-fields{around}",
            id.name, id.namespace
        ),
        attribute,
    )
}

/// What to take out of a configuration so that it does not set a field: the attribute, or what is around it where the attribute is
/// required.
fn removable(attribute: &AttributePath, field: &str) -> String {
    let mut node = Some(schema::workload());
    let mut is_optional = Vec::with_capacity(attribute.steps.len());
    for step in &attribute.steps {
        let attribute = match step {
            AttributePathStep::Attribute(name) => node.and_then(Node::object).and_then(|object| object.get(name)),
            AttributePathStep::Key(_) | AttributePathStep::Index(_) => None,
        };
        is_optional.push(attribute.is_none_or(|attribute| !attribute.is_required()));
        node = match attribute {
            Some(attribute) => Some(&*attribute.node),
            None => node.and_then(Node::items),
        };
    }
    let end = is_optional
        .iter()
        .rposition(|is_optional| *is_optional)
        .map_or(0, |last| last + 1);
    match node.map(|node| &node.kind) {
        // Inside a value of free form the field is the attribute.
        Some(schema::Kind::FreeForm) => field.trim_start_matches('.').to_owned(),
        _ if end == 0 => field.to_owned(),
        _ => super::workload::hcl(&AttributePath {
            steps: attribute.steps[..end].to_vec(),
        }),
    }
}

/// How a plan does without asking the API.
const UNASKED: &str =
    "To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).";

/// A plan that the API cannot check, for a reason that the user may want to know: said once in a run.
pub fn unchecked(id: &WorkloadId, error: &Error) -> Diagnostic {
    let why = match error.kind() {
        Kind::Forbidden(Forbidden::Rbac { .. }) => "A plan does without. To have the API check it, give the user of the plan the verb patch on workloads: \
            the check is a dry run, which changes nothing."
            .to_owned(),
        _ if error.is_without_dry_run() => {
            "That webhook does something when it is asked (its sideEffects), so that the API cannot ask it without doing it."
                .to_owned()
        }
        kind => next_step(Action::Plan, &id.namespace, Some(id), kind).0,
    };
    diagnostic(
        "The API does not check this plan",
        format!(
            "{}\n\n{why}\nIt was asked about workload {id}, and this is said once for all. What the API does not accept shows at apply. \
             {UNASKED}",
            sentence(&error.kind().to_string())
        ),
        root(),
    )
}

/// A denial at plan that the same run may put right: what it is about does not exist yet.
pub fn denied_for_now(id: &WorkloadId, denial: &Denial) -> Diagnostic {
    diagnostic(
        format!("The API would refuse workload {id} as things are now"),
        format!(
            "{}\n\nSomething that this is about does not exist. If this run makes it, and the workload depends on it \
             (depends_on), the apply goes through; else the apply is refused like this. {UNASKED}",
            sentence(&denial.to_string())
        ),
        root(),
    )
}

/// What helps against a failure, and the attribute that it is about.
fn next_step(action: Action, namespace: &Namespace, id: Option<&WorkloadId>, kind: &Kind) -> (String, AttributePath) {
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
        Kind::NotFound(Missing::Object) if action == Action::ReadData => format!(
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
        Kind::Credential(error) => credentials(action, error),
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
            reach: Reach::Nowhere(obstacle),
            ..
        } => unreached(*obstacle).to_owned(),
        Kind::Connection {
            reach: Reach::Untrusted(distrust),
            ..
        } => untrusted(*distrust).to_owned(),
        Kind::Denied(_) => "An admission webhook or policy of the control plane decides that. Change what it asks for, or ask \
            whoever runs it: kubectl get validatingadmissionpolicies,validatingwebhookconfigurations,mutatingwebhookconfigurations"
            .to_owned(),
        Kind::WebhookFailed { .. } => "The API answers, but it has to ask this webhook first, and the webhook does not answer. \
            Nothing was changed. Run it again when the webhook is back; what is registered: kubectl get \
            validatingwebhookconfigurations,mutatingwebhookconfigurations"
            .to_owned(),
        Kind::Unavailable { .. } | Kind::Connection { .. } => {
            let later = "The state was left as it is; run it again when the API answers: kubectl version";
            format!("{}{later}", doubt(action, id))
        }
        Kind::Unexpected { .. } => format!(
            "{}Something else than the Kubernetes API answered, such as a proxy or a page to log in at. Check host or \
             endpoint of the provider block, or the kubeconfig's server, and proxy_url.",
            doubt(action, id)
        ),
        Kind::Timeout { of: Limit::Operation } => format!(
            "{}Give it more time with timeouts.{} of the workload or the provider, or see whether the API answers: kubectl \
             version",
            doubt(action, id),
            action.timeout()
        ),
        Kind::Timeout { .. } => format!(
            "{}The state was left as it is; see whether the API answers: kubectl version",
            doubt(action, id)
        ),
        Kind::Cancelled => format!("{}Run it again to go on.", doubt(action, id)),
        Kind::Modified { .. } | Kind::Expired => "Run it again.".to_owned(),
        _ => String::new(),
    };
    (text, root())
}

/// What a write leaves in doubt whose answer did not come.
fn doubt(action: Action, id: Option<&WorkloadId>) -> String {
    let Some(id) = id else {
        return String::new();
    };
    let done = match action {
        Action::Create => "the workload was created",
        Action::Update => "the workload was changed",
        Action::Restart => "the workload was restarted",
        Action::Scale => "the workload was scaled",
        Action::Delete => "the deletion of the workload has begun",
        Action::Plan | Action::Read | Action::ReadData | Action::Import => return String::new(),
    };
    let look = format!("kubectl get workload {} -n {}", id.name, id.namespace);
    format!("Whether {done} is not known: {look}\n")
}

/// What helps against an object that is too large: which of the limits it is, and what is large.
fn too_large(status: u16, shape: &Value) -> (String, AttributePath) {
    let limit = if status == 413 {
        "A request may have 3 MiB"
    } else {
        "A stored object may have about 1.5 MiB (etcd's limit for a request)"
    };
    let (attribute, size) = largest(shape);
    let place = if attribute.steps.is_empty() {
        String::new()
    } else {
        format!(
            " The largest part is {}, with {} KiB.",
            super::workload::hcl(&attribute),
            size / 1024
        )
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
fn credentials(action: Action, error: &CredentialError) -> String {
    let text = match error {
        CredentialError::Overdue { .. } => {
            return format!(
                "Run the program by hand to see what it needs, or see whether the token endpoint answers. If they do need longer: \
                 timeouts.{} of the workload or the provider.",
                action.timeout()
            );
        }
        CredentialError::Exec { .. } => {
            "The program is that of exec in the provider block, or of the kubeconfig's user. Run it by hand to see what it \
             needs; a session of datumctl is renewed with: datumctl auth login"
        }
        CredentialError::Exchange { passing: true, .. } => {
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
fn unreached(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::UnknownHost => {
            "Check the spelling of host or endpoint of the provider block, or of the kubeconfig's server, and whether this \
             machine must be in another network (a VPN, say) to know that name."
        }
        Obstacle::Refused => {
            "Nothing listens there. Check host and port in host or endpoint of the provider block, or the kubeconfig's \
             server, and whether the API is running: kubectl version"
        }
        Obstacle::Proxy => {
            "Check proxy_url of the provider block, the kubeconfig's proxy-url, or HTTPS_PROXY; servers that need no proxy \
             belong into NO_PROXY."
        }
        Obstacle::Other => "Nothing was changed; run it again when the API can be reached: kubectl version",
    }
}

/// What helps where TLS keeps two sides apart.
fn untrusted(distrust: Distrust) -> &'static str {
    match distrust {
        Distrust::UnknownAuthority => {
            "Set cluster_ca_certificate to the certificate of the authority that signed the server's (a kubeconfig has it as \
             certificate-authority-data). If the API is a public one, see whether a proxy in between replaces certificates."
        }
        Distrust::OtherName => {
            "Check host or endpoint of the provider block, or the kubeconfig's server. Where the certificate is rightly for \
             another name, set tls_server_name to that name."
        }
        Distrust::Expired => {
            "See whether the clock of this machine is right. If it is, whoever runs the API must renew its certificate."
        }
        Distrust::Defective => "Whoever runs the API must replace its certificate.",
        Distrust::Ours => {
            "Check client_certificate and client_key of the provider block, or the kubeconfig's user: the certificate may \
             have expired, or be meant for another API."
        }
        Distrust::NotTls => {
            "The server speaks plain HTTP there. Check the port, or write http:// if that is what you mean."
        }
    }
}

/// The selectors of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selectors<'s> {
    /// `label_selector`
    pub label: Option<&'s str>,
    /// `field_selector`
    pub field: Option<&'s str>,
}

impl Selectors<'_> {
    /// The attribute whose selector the API does not understand. Where both are given, its words tell which one it means.
    fn at_fault(self, words: &str) -> Option<&'static str> {
        match (self.label, self.field) {
            (None, None) => None,
            (None, Some(_)) => Some("field_selector"),
            (Some(_), Some(_)) if words.contains("field") => Some("field_selector"),
            (Some(_), _) => Some("label_selector"),
        }
    }
}

/// A list that the API does not give.
pub fn unlisted(namespace: &Namespace, selectors: Selectors<'_>, error: &Error) -> Diagnostic {
    if let Some(attribute) = selectors
        .at_fault(&error.kind().to_string())
        .filter(|_| error.is_invalid())
    {
        let selector = if attribute == "label_selector" {
            selectors.label
        } else {
            selectors.field
        };
        let selector = selector.unwrap_or_default();
        return diagnostic(
            format!("{attribute} is not valid"),
            format!(
                "{}\n\nWrite it as for kubectl: {}",
                sentence(&error.kind().to_string()),
                if attribute == "label_selector" {
                    format!("kubectl get workloads -n {namespace} -l '{selector}'")
                } else {
                    format!(
                        "kubectl get workloads -n {namespace} --field-selector '{selector}'; workloads are selected by \
                         metadata.name and metadata.namespace"
                    )
                }
            ),
            AttributePath::new(attribute),
        );
    }
    let why = sentence(&format!("{}{}", error.kind(), error.tries()));
    let (next, _) = next_step(Action::Read, namespace, None, error.kind());
    diagnostic(
        format!("Cannot list the workloads in {namespace}"),
        format!("{why}\n\n{next}\nWhat kubectl sees: kubectl get workloads -n {namespace}"),
        root(),
    )
}

#[cfg(test)]
mod tests {
    use datum_client::error::Outlook;
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::diagnostics::shown;
    use crate::value;

    fn shape() -> Value {
        let mut shape = value::empty(schema::workload());
        let container = |name: &str| Value::object([("name", Value::from(name)), ("image", "nginx:1.25".into())]);
        let spec = Value::object([("containers", Value::list([container("proxy"), container("app")]))]);
        let template = Value::object([("spec", spec)]);
        *shape.get_mut("spec").unwrap() = Value::object([("replicas", Value::from(2)), ("template", template)]);
        shape
    }

    #[track_caller]
    fn check(action: Action, kind: &Kind, expected: &Expect) {
        let id = "project-a/web".parse().unwrap();
        expected.assert_eq(&shown(&of_kind(action, &id, kind, &Tries::default(), &shape(), None)));
    }

    #[track_caller]
    fn check_all(action: Action, kinds: impl IntoIterator<Item = Kind>, expected: &Expect) {
        let id = "project-a/web".parse().unwrap();
        let texts = kinds
            .into_iter()
            .map(|kind| shown(&of_kind(action, &id, &kind, &Tries::default(), &shape(), None)));
        expected.assert_eq(&texts.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn what_is_final_says_why_and_what_to_do() {
        check_all(
            Action::Update,
            [
                Kind::TooLarge {
                    status: 500,
                    message: "etcdserver: request is too large".to_owned(),
                },
                Kind::UidMismatch {
                    wanted: "1".to_owned(),
                    found: None,
                },
                Kind::WebhookFailed {
                    webhook: "w.example.com".to_owned(),
                    message: "Internal error occurred: failed calling webhook \"w.example.com\": connection refused"
                        .to_owned(),
                    retry_after: None,
                },
                Kind::Denied(Denial {
                    message:
                        "admission webhook \"w\" denied the request: [owner] label owner is missing\n[latest] :latest"
                            .to_owned(),
                }),
            ],
            &expect![[r#"
                [] Cannot update workload project-a/web
                The object is too large for the API (500): etcdserver: request is too large.

                Nothing was written. A stored object may have about 1.5 MiB (etcd's limit for a request); all annotations together may have 256 KiB. Large files belong into a ConfigMap, a Secret or an image, which the workload mounts.

                [] Cannot update workload project-a/web
                It is not the object with uid 1 any more: that one was deleted.

                The workload that the state knows is not there any more. Plan again to see that, and to create it anew: terraform plan

                [] Cannot update workload project-a/web
                The admission webhook "w.example.com" cannot be asked: Internal error occurred: failed calling webhook "w.example.com": connection refused.

                The API answers, but it has to ask this webhook first, and the webhook does not answer. Nothing was changed. Run it again when the webhook is back; what is registered: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations

                [] Cannot update workload project-a/web
                Admission webhook "w" denied the request: [owner] label owner is missing
                [latest] :latest.

                An admission webhook or policy of the control plane decides that. Change what it asks for, or ask whoever runs it: kubectl get validatingadmissionpolicies,validatingwebhookconfigurations,mutatingwebhookconfigurations
            "#]],
        );
        let tries = Tries {
            times: 12,
            lasting: std::time::Duration::from_secs(15),
            refused_pause: Some(std::time::Duration::from_mins(15)),
        };
        let busy = Kind::RateLimited {
            message: "too many requests".to_owned(),
            retry_after: None,
        };
        let id = "project-a/web".parse().unwrap();
        expect![[r#"
            [] Cannot create workload project-a/web
            The API asks to slow down (429): too many requests; 12 times, for 15 s; it asks to come back in 900 s, which is later than this operation may last.

            Run it again, with a smaller -parallelism if it happens often.
        "#]].assert_eq(&shown(&of_kind(Action::Create, &id, &busy, &tries, &shape(), None)));
    }

    #[test]
    fn a_conflict_names_the_owner_the_attribute_and_the_remedy() {
        let conflict = |field: &str, subresource: Option<&str>| FieldConflict {
            field: field.to_owned(),
            manager: "kubectl-edit".to_owned(),
            subresource: subresource.map(str::to_owned),
            is_by_hand: true,
        };
        let conflicts = vec![
            conflict("spec.template.spec.containers[name=\"app\"].image", None),
            conflict("spec.replicas", Some("scale")),
        ];
        check(
            Action::Update,
            &Kind::Conflict(conflicts),
            &expect![[r#"
                [spec.template.spec.containers[1].image] Cannot update workload project-a/web: spec.template.spec.containers[name="app"].image belongs to "kubectl-edit"
                The field manager "kubectl-edit" owns spec.template.spec.containers[name="app"].image with another value, so two owners would overwrite each other.

                If "kubectl-edit" has changed it since the plan was made, plan again: terraform plan then shows what is live, and what is to become of it.
                To leave it to "kubectl-edit", remove spec.template.spec.containers[1].image from the configuration. To take it over, set force_conflicts = true on this resource, or on the provider.
                Who owns what: kubectl get workload web -n project-a -o yaml --show-managed-fields
                [spec.replicas] Cannot update workload project-a/web: spec.replicas belongs to "kubectl-edit" (through the subresource "scale")
                The field manager "kubectl-edit" (through the subresource "scale") owns spec.replicas with another value, so two owners would overwrite each other.

                If "kubectl-edit" (through the subresource "scale") has changed it since the plan was made, plan again: terraform plan then shows what is live, and what is to become of it.
                To leave it to "kubectl-edit" (through the subresource "scale"), remove spec.replicas from the configuration. To take it over, set force_conflicts = true on this resource, or on the provider.
                Who owns what: kubectl get workload web -n project-a -o yaml --show-managed-fields
            "#]],
        );
    }

    #[test]
    fn a_refusal_is_shown_at_each_attribute() {
        let causes = vec![
            Cause {
                field: "spec.template.spec.containers[1].image".to_owned(),
                reason: "FieldValueRequired".to_owned(),
                message: "Required value".to_owned(),
            },
            Cause {
                field: String::new(),
                reason: String::new(),
                message: "no way".to_owned(),
            },
        ];
        check(
            Action::Plan,
            &Kind::Invalid {
                message: "invalid".to_owned(),
                causes,
            },
            &expect![[r#"
                [spec.template.spec.containers[1].image] The API would refuse workload project-a/web
                spec.template.spec.containers[1].image: Required value.

                To destroy without that change: terraform destroy -refresh=false. To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).
                [] The API would refuse workload project-a/web
                No way.

                To destroy without that change: terraform destroy -refresh=false. To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).
            "#]],
        );
    }

    #[test]
    fn a_refusal_of_a_change_is_shown_at_the_item_that_the_api_counts() {
        let containers = |names: &[&str]| {
            let containers: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
            json!({ "spec": { "template": { "spec": { "containers": containers } } } })
        };
        let merged = containers(&["mesh", "proxy", "app"]);
        let cause = |index: usize| Cause {
            field: format!("spec.template.spec.containers[{index}].image"),
            reason: "FieldValueInvalid".to_owned(),
            message: "Invalid value: \"x\": not allowed here".to_owned(),
        };
        let kind = Kind::Invalid {
            message: "invalid".to_owned(),
            causes: vec![cause(2), cause(0)],
        };
        let id = "project-a/web".parse().unwrap();
        let found = of_kind(Action::Update, &id, &kind, &Tries::default(), &shape(), Some(&merged));
        expect![[r#"
            [spec.template.spec.containers[1].image] Cannot update workload project-a/web
            spec.template.spec.containers[name="app"].image: Invalid value: "x": not allowed here.
            [spec.template.spec.containers] Cannot update workload project-a/web
            spec.template.spec.containers[name="mesh"].image: Invalid value: "x": not allowed here.
        "#]]
        .assert_eq(&shown(&found));
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        check(
            Action::Read,
            &Kind::NotFound(Missing::Object),
            &expect![[r#"
            [] Cannot read workload project-a/web
            It does not exist.

            What exists there: kubectl get workloads -n project-a
        "#]],
        );
        check(
            Action::ReadData,
            &Kind::NotFound(Missing::Object),
            &expect![[r#"
            [] Cannot read workload project-a/web
            It does not exist.

            What exists there: kubectl get workloads -n project-a
            If it need not be there, read it with data "datum_workloads", which finds none without an error. To destroy what is left without reading it: terraform destroy -refresh=false
        "#]],
        );
        check(
            Action::Create,
            &Kind::NotFound(Missing::Namespace("project-a".to_owned())),
            &expect![[r#"
            [metadata.namespace] Cannot create workload project-a/web
            Namespace "project-a" does not exist.

            A workload's namespace is project-<project>. Check metadata.namespace, and the provider's project and namespace; what the API has: kubectl get namespaces
        "#]],
        );
        check(
            Action::Read,
            &Kind::NotFound(Missing::Project {
                server: "https://h/x".to_owned(),
            }),
            &expect![[r#"
                [] Cannot read workload project-a/web
                https://h/x has no Kubernetes API: the project does not exist, or the endpoint is wrong.

                Check project and endpoint (or host) of the provider block. Nothing was changed in the state.
            "#]],
        );
        let served = vec!["compute.datumapis.com/v1alpha".to_owned()];
        check(
            Action::Create,
            &Kind::NotFound(Missing::Api { served }),
            &expect![[r#"
                [] Cannot create workload project-a/web
                The server does not serve workloads in compute.miloapis.com/v1alpha1; it serves compute.datumapis.com/v1alpha.

                Check that the provider points to the control plane of a Datum project. What it serves: kubectl api-resources
                The state was left as it is. If workloads are gone there for good, so is this one: terraform state rm
            "#]],
        );
    }

    #[test]
    fn what_is_not_allowed_is_told_apart() {
        let message = || "no".to_owned();
        check(
            Action::Read,
            &Kind::Unauthorized {
                message: message(),
                credentials: None,
            },
            &expect![[r#"
            [] Cannot read workload project-a/web
            The API did not accept the credentials (401 no).

            Check the credentials that the provider was given (token, token_file, exec, credentials_file or the user of the kubeconfig); they may have expired. A session of datumctl is renewed with: datumctl auth login
        "#]],
        );
        check(
            Action::Read,
            &Kind::Unauthorized {
                message: message(),
                credentials: Some(
                    "the token of token, which is set in the environment variable DATUM_TOKEN".to_owned(),
                ),
            },
            &expect![[r#"
                [] Cannot read workload project-a/web
                The API did not accept the credentials (401 no).

                Check the credentials that the provider was given: the token of token, which is set in the environment variable DATUM_TOKEN. They may have expired, or be meant for another API. A session of datumctl is renewed with: datumctl auth login
            "#]],
        );
        let rbac = Forbidden::Rbac {
            user: "reader".to_owned(),
            verb: "patch".to_owned(),
            resource: "workloads.compute.miloapis.com".to_owned(),
            namespace: Some("project-a".to_owned()),
        };
        check(
            Action::Create,
            &Kind::Forbidden(rbac),
            &expect![[r#"
            [] Cannot create workload project-a/web
            User "reader" is not allowed to patch workloads.compute.miloapis.com in namespace "project-a".

            The request was forbidden (403). Ask for that permission in the project; to see what is allowed: kubectl auth can-i patch workloads.compute.miloapis.com -n project-a
        "#]],
        );
        check(
            Action::Update,
            &Kind::Forbidden(Forbidden::Suspended { message: message() }),
            &expect![[r#"
            [] Cannot update workload project-a/web
            The project is suspended: no.

            A suspended project takes no changes but deletions. Ask its owner, or Datum's support.
        "#]],
        );
        let quota = Forbidden::Quota {
            message: "You've reached your quota".to_owned(),
            outlook: Outlook::Final,
        };
        check(
            Action::Create,
            &Kind::Forbidden(quota),
            &expect![[r#"
            [] Cannot create workload project-a/web
            You've reached your quota.

            What is used and what is allowed: kubectl get resourcequota -n project-a
        "#]],
        );
    }

    #[test]
    fn other_refusals_are_told_apart() {
        let message = || "no".to_owned();
        let forbidden = [
            Forbidden::Anonymous { message: message() },
            Forbidden::Terminating { message: message() },
            Forbidden::Other { message: message() },
        ];
        let kinds = forbidden.map(Kind::Forbidden).into_iter().chain([
            Kind::AlreadyExists,
            Kind::RateLimited {
                message: message(),
                retry_after: None,
            },
            Kind::Unexpected {
                server: None,
                location: None,
                status: 200,
                content_type: Some("text/html".to_owned()),
                excerpt: "Sign in".to_owned(),
            },
            Kind::Timeout { of: Limit::Operation },
            Kind::Timeout {
                of: Limit::Attempt(std::time::Duration::from_mins(1)),
            },
            Kind::Cancelled,
        ]);
        check_all(
            Action::Update,
            kinds,
            &expect![[r#"
                [] Cannot update workload project-a/web
                The API took the request for an anonymous one: the credentials are missing or not valid here (no).

                Check the credentials that the provider was given (token, token_file, exec, credentials_file or the user of the kubeconfig); they may have expired. A session of datumctl is renewed with: datumctl auth login

                [] Cannot update workload project-a/web
                The namespace is being deleted: no.

                Wait until the namespace is gone: kubectl get namespace project-a --watch

                [] Cannot update workload project-a/web
                It is forbidden: no.

                The request was forbidden (403) by a policy of the control plane.

                [] Cannot update workload project-a/web
                It exists already.

                To manage it here, import it: terraform import datum_workload.<name> project-a/web

                [] Cannot update workload project-a/web
                The API asks to slow down (429): no.

                Run it again, with a smaller -parallelism if it happens often.

                [] Cannot update workload project-a/web
                The answer of the server is not one of the Kubernetes API (200, text/html): Sign in.

                Whether the workload was changed is not known: kubectl get workload web -n project-a
                Something else than the Kubernetes API answered, such as a proxy or a page to log in at. Check host or endpoint of the provider block, or the kubeconfig's server, and proxy_url.

                [] Cannot update workload project-a/web
                The time for it ran out.

                Whether the workload was changed is not known: kubectl get workload web -n project-a
                Give it more time with timeouts.update of the workload or the provider, or see whether the API answers: kubectl version

                [] Cannot update workload project-a/web
                The server did not answer within 60s.

                Whether the workload was changed is not known: kubectl get workload web -n project-a
                The state was left as it is; see whether the API answers: kubectl version

                [] Cannot update workload project-a/web
                It was cancelled.

                Whether the workload was changed is not known: kubectl get workload web -n project-a
                Run it again to go on.
            "#]],
        );
    }

    #[test]
    fn credentials_that_cannot_be_had_are_told_apart() {
        let exchange = |passing| CredentialError::Exchange {
            account: "ci@shop".to_owned(),
            endpoint: "https://auth/token".to_owned(),
            why: "it answered 400 Bad Request: invalid_grant".to_owned(),
            passing,
        };
        let kinds = [
            CredentialError::Exec {
                command: "datumctl".to_owned(),
                why: "was not found".to_owned(),
                hint: Some("Install it from the usual place.".to_owned()),
            },
            exchange(false),
            exchange(true),
            CredentialError::TokenFile {
                path: "/run/token".into(),
                why: "it is empty".to_owned(),
            },
            CredentialError::Overdue {
                what: "The credential program \"datumctl\" had not ended; was it waiting for input?".to_owned(),
            },
        ];
        check_all(
            Action::Read,
            kinds.map(Kind::Credential),
            &expect![[r#"
                [] Cannot read workload project-a/web
                The credential program "datumctl" was not found
                Install it from the usual place.

                The program is that of exec in the provider block, or of the kubeconfig's user. Run it by hand to see what it needs; a session of datumctl is renewed with: datumctl auth login

                [] Cannot read workload project-a/web
                Cannot get a token for service account "ci@shop" from https://auth/token: it answered 400 Bad Request: invalid_grant.

                Check that the key in credentials_file (or credentials) has not been deleted or expired, and that the clock of this machine is right. A new key for the service account replaces it.

                [] Cannot read workload project-a/web
                Cannot get a token for service account "ci@shop" from https://auth/token: it answered 400 Bad Request: invalid_grant.

                The token endpoint is the token_uri of the service-account key. Nothing was changed; run it again when it answers.

                [] Cannot read workload project-a/web
                Cannot read the token file /run/token: it is empty.

                Check token or token_file of the provider block, or the kubeconfig's user.

                [] Cannot read workload project-a/web
                The time for it ran out. The credential program "datumctl" had not ended; was it waiting for input? Nothing was sent.

                Run the program by hand to see what it needs, or see whether the token endpoint answers. If they do need longer: timeouts.read of the workload or the provider.
            "#]],
        );
    }

    #[test]
    fn a_server_that_is_not_reached_or_not_trusted_says_what_to_set() {
        let reaches = [
            Obstacle::UnknownHost,
            Obstacle::Refused,
            Obstacle::Proxy,
            Obstacle::Other,
        ]
        .map(Reach::Nowhere)
        .into_iter()
        .chain(
            [
                Distrust::UnknownAuthority,
                Distrust::OtherName,
                Distrust::Expired,
                Distrust::Defective,
                Distrust::Ours,
                Distrust::NotTls,
            ]
            .map(Reach::Untrusted),
        )
        .chain([Reach::Sent]);
        let kinds = reaches.map(|reach| Kind::Connection {
            message: format!("{reach:?}"),
            reach,
        });
        check_all(
            Action::Create,
            kinds,
            &expect![[r#"
            [] Cannot create workload project-a/web
            Nowhere(UnknownHost).

            Check the spelling of host or endpoint of the provider block, or of the kubeconfig's server, and whether this machine must be in another network (a VPN, say) to know that name.

            [] Cannot create workload project-a/web
            Nowhere(Refused).

            Nothing listens there. Check host and port in host or endpoint of the provider block, or the kubeconfig's server, and whether the API is running: kubectl version

            [] Cannot create workload project-a/web
            Nowhere(Proxy).

            Check proxy_url of the provider block, the kubeconfig's proxy-url, or HTTPS_PROXY; servers that need no proxy belong into NO_PROXY.

            [] Cannot create workload project-a/web
            Nowhere(Other).

            Nothing was changed; run it again when the API can be reached: kubectl version

            [] Cannot create workload project-a/web
            Untrusted(UnknownAuthority).

            Set cluster_ca_certificate to the certificate of the authority that signed the server's (a kubeconfig has it as certificate-authority-data). If the API is a public one, see whether a proxy in between replaces certificates.

            [] Cannot create workload project-a/web
            Untrusted(OtherName).

            Check host or endpoint of the provider block, or the kubeconfig's server. Where the certificate is rightly for another name, set tls_server_name to that name.

            [] Cannot create workload project-a/web
            Untrusted(Expired).

            See whether the clock of this machine is right. If it is, whoever runs the API must renew its certificate.

            [] Cannot create workload project-a/web
            Untrusted(Defective).

            Whoever runs the API must replace its certificate.

            [] Cannot create workload project-a/web
            Untrusted(Ours).

            Check client_certificate and client_key of the provider block, or the kubeconfig's user: the certificate may have expired, or be meant for another API.

            [] Cannot create workload project-a/web
            Untrusted(NotTls).

            The server speaks plain HTTP there. Check the port, or write http:// if that is what you mean.

            [] Cannot create workload project-a/web
            Sent.

            Whether the workload was created is not known: kubectl get workload web -n project-a
            The state was left as it is; run it again when the API answers: kubectl version
        "#]],
        );
    }

    #[test]
    fn an_api_that_does_not_answer_leaves_no_doubt_about_the_state() {
        let kind = Kind::Unavailable {
            status: 502,
            message: "Bad Gateway".to_owned(),
            retry_after: None,
        };
        check(
            Action::Create,
            &kind,
            &expect![[r#"
            [] Cannot create workload project-a/web
            The API is not available (502): Bad Gateway.

            Whether the workload was created is not known: kubectl get workload web -n project-a
            The state was left as it is; run it again when the API answers: kubectl version
        "#]],
        );
        check(
            Action::Read,
            &kind,
            &expect![[r#"
            [] Cannot read workload project-a/web
            The API is not available (502): Bad Gateway.

            The state was left as it is; run it again when the API answers: kubectl version
        "#]],
        );
        check(
            Action::Update,
            &Kind::Modified {
                message: "it moved".to_owned(),
            },
            &expect![[r#"
            [] Cannot update workload project-a/web
            It changed meanwhile: it moved.

            Run it again.
        "#]],
        );
        let mismatch = Kind::UidMismatch {
            wanted: "1".to_owned(),
            found: Some("2".to_owned()),
        };
        check(
            Action::Update,
            &mismatch,
            &expect![[r#"
            [] Cannot update workload project-a/web
            It is not the object with uid 1 any more: that one was deleted, and another with uid 2 has its name.

            Somebody else deleted the workload that the state knows and made another of the same name. Refresh to see it: terraform plan. To manage the new one, remove the old one from the state (terraform state rm) and import project-a/web.
        "#]],
        );
    }
}
