//! What the provider itself has to say about a workload.

use std::fmt::Write as _;

use datum_client::{Error, Object};
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_plugin_server::value;
use tf_provider::Diagnostic;
use tf_provider::{AttributePath, AttributePathStep};

use super::{diagnostic, import_block, root, sentence};
use crate::workload::admission::Rewritten;
use crate::workload::import;
use crate::workload::timeouts;

/// The path as it is written in HCL: `spec.template.spec.containers[0].image`.
pub fn hcl(path: &AttributePath) -> String {
    let mut text = String::new();
    for step in &path.steps {
        // Writing to a string does not fail.
        let _ = match step {
            AttributePathStep::Attribute(name) if text.is_empty() => write!(text, "{name}"),
            AttributePathStep::Attribute(name) => write!(text, ".{name}"),
            AttributePathStep::Key(key) => write!(text, "[{key:?}]"),
            AttributePathStep::Index(index) => write!(text, "[{index}]"),
        };
    }
    text
}

/// A create of what exists.
pub fn already_exists(id: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("Workload {id} already exists"),
        format!(
            "It was not made by this configuration, so it was not touched.\n\n{}",
            adoption(id)
        ),
        AttributePath::new("metadata").attribute("name"),
    )
}

/// Whose workload has the name of one that is to be created.
#[derive(Clone, Debug)]
pub enum Taken<'t> {
    /// Others made it: these managers own its template.
    ByOthers(Vec<&'t str>),
    /// This provider made it, from this or another state.
    ByThisProvider,
    /// This provider made it at that time, by an apply that ended before anybody knew.
    ByLostAttempt(&'t str),
}

/// A create whose name is taken.
pub fn taken(id: &WorkloadId, by: &Taken<'_>) -> Diagnostic {
    let moved = "moved {\n  from = datum_workload.<old>\n  to   = datum_workload.<name>\n}";
    let text = match by {
        Taken::ByOthers(managers) => {
            let managers = match managers.as_slice() {
                [] => String::new(),
                managers => format!(" It belongs to {}.", managers.join(", ")),
            };
            format!(
                "It was not made by this configuration, so it was not touched.{managers}\n\n{}",
                adoption(id)
            )
        }
        Taken::ByThisProvider => format!(
            "Terraform made it: it belongs to the field manager of this provider. So this state has it under another \
             address, or another state has it, or had it. It was not touched, since two states that have one workload \
             overwrite each other.\n\n\
             If it has another address or key in this state, say that it has moved:\n\n{moved}\n\n\
             If it is in this state and to be replaced, it must go before the new one comes, since two workloads cannot have \
             one name: leave create_before_destroy out of its lifecycle, or change metadata.name along with it.\n\n\
             If another state has it, give one of them another name, or take it out of the other state first (terraform \
             state rm). Only if no state has it any more, import it.\n\n{}",
            adoption(id)
        ),
        Taken::ByLostAttempt(time) => format!(
            "This provider made it at {time}, by an apply that ended before it knew, so that no state has it. It was left \
             as it is.\n\n{}",
            adoption(id)
        ),
    };
    diagnostic(
        format!("Workload {id} already exists"),
        text,
        AttributePath::new("metadata").attribute("name"),
    )
}

/// A create whose name belongs to a workload that is being deleted, and is not gone in time.
pub fn still_there(id: &WorkloadId, waited: &str, object: Option<&Object>) -> Diagnostic {
    let finalizers: Vec<&str> = object.into_iter().flat_map(Object::finalizers).collect();
    let held = match finalizers.as_slice() {
        [] => "No finalizer holds it, so it should be gone soon.".to_owned(),
        finalizers => format!(
            "What holds it are its finalizers, each of which a controller removes when it has cleaned up: {}.",
            finalizers.join(", ")
        ),
    };
    diagnostic(
        format!("Workload {id} cannot be created yet: one of that name is being deleted"),
        format!(
            "It was not gone after {waited}. {held}\n\nRun it again when it is gone, or give it more time: timeouts = \
             {{ create = \"30m\" }}\nNext: kubectl describe workload {} -n {}",
            id.name, id.namespace
        ),
        AttributePath::new("metadata").attribute("name"),
    )
}

/// A create that found somebody else had just created the same workload, and what kept it from being taken back, if
/// anything did.
pub fn lost_race(id: &WorkloadId, left: Option<&Error>) -> Diagnostic {
    let merged = match left {
        None => "what it had added to the other's workload was taken back".to_owned(),
        Some(error) => format!(
            "what it has added to the other's workload could not be taken back ({}); to look at it: kubectl get workload \
             {} -n {} -o yaml --show-managed-fields",
            error.kind(),
            id.name,
            id.namespace
        ),
    };
    diagnostic(
        format!("Workload {id} already exists: somebody else created it at the same moment"),
        format!(
            "It did not exist when this apply began, and existed when the request arrived. The two agreed in all that both \
             say; {merged}.\n\n{}",
            adoption(id)
        ),
        AttributePath::new("metadata").attribute("name"),
    )
}

/// How to take over a workload that exists.
fn adoption(id: &WorkloadId) -> String {
    format!(
        "To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply \
         again:\n\n{}\n\nor run: terraform import datum_workload.<name> {id}\n\nElse give the workload another name, or \
         delete the one that exists: kubectl delete workload {} -n {}",
        import_block(&id.to_string()),
        id.name,
        id.namespace
    )
}

/// A workload whose name is now another object's.
pub fn recreated(id: &WorkloadId, known: &str, found: &str) -> Diagnostic {
    diagnostic(
        format!("Workload {id} is not the one in the state any more"),
        format!(
            "The workload that Terraform knows (uid {known}) was deleted outside of Terraform, and another (uid {found}) \
             was created with its name. Terraform takes its own for deleted and will refuse to overwrite the other.\n\n\
             An import is ignored as long as the state has the old one. So first let it go: terraform apply -refresh-only \
             (or terraform state rm).\n\n{}",
            adoption(id)
        ),
        root(),
    )
}

/// A workload that is on its way out.
pub fn being_deleted(id: &WorkloadId, since: &str, finalizers: &[&str]) -> Diagnostic {
    let held = match finalizers {
        [] => String::new(),
        finalizers => format!(" What holds it are its finalizers: {}.", finalizers.join(", ")),
    };
    diagnostic(
        format!("Workload {id} is being deleted"),
        format!("Its deletion began at {since}, and it is not gone yet.{held} It will be created again once it is."),
        root(),
    )
}

/// A workload that is missing on another control plane than the one it was made on.
pub fn elsewhere(id: &WorkloadId, remembered: &str, current: &str) -> Diagnostic {
    diagnostic(
        format!("Workload {id} is not on this control plane"),
        format!(
            "The state knows it on {remembered}; the provider is now configured for {current}, which does not have it. \
             That is no proof of its deletion, so the state was left as it is.\n\n\
             Check project, endpoint, host and the kubeconfig's context. If the workload really is gone: terraform \
             state rm"
        ),
        root(),
    )
}

/// A workload whose namespace is missing, which is no proof of anything.
pub fn namespace_missing(id: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("The namespace {} of workload {id} does not exist", id.namespace),
        format!(
            "A missing namespace looks as if every workload in it had been deleted, so the state was left as it is.\n\n\
             Check project, endpoint, host and the kubeconfig's context; what the API has: kubectl get namespaces\n\
             If project {} really is gone with all that was in it: terraform state rm",
            id.namespace
                .project()
                .map_or_else(|| id.namespace.to_string(), |project| project.to_string())
        ),
        AttributePath::new("metadata").attribute("namespace"),
    )
}

/// A workload without a namespace.
pub fn no_namespace() -> Diagnostic {
    diagnostic(
        "The workload's namespace is not known",
        "Set metadata.namespace (project-<project>) here, or project or namespace in the provider block (DATUM_PROJECT, \
         DATUM_NAMESPACE).",
        AttributePath::new("metadata").attribute("namespace"),
    )
}

/// A workload that must not be deleted or replaced.
pub fn protected(id: &str, operation: &str) -> Diagnostic {
    diagnostic(
        format!("Workload {id} is protected"),
        format!(
            "The state has deletion_protection = true, so the workload is not {operation}. Set deletion_protection = \
             false and apply, then try again."
        ),
        AttributePath::new("deletion_protection"),
    )
}

/// An import ID that names no workload.
pub fn import_id(error: &import::ParseError) -> Diagnostic {
    diagnostic(
        "The import ID does not name a workload",
        format!(
            "{}\n\nWrite namespace/name (project-myproject/web-app) or projects/<project>/<name>; or the name alone, when \
             the provider has a project or a namespace.",
            sentence(&error.to_string())
        ),
        root(),
    )
}

/// A problem that is seen without asking anybody.
pub fn validation(message: &str, attribute: AttributePath) -> Diagnostic {
    let summary = match hcl(&attribute) {
        path if path.is_empty() => "The workload is not valid".to_owned(),
        path => format!("{path} is not valid"),
    };
    diagnostic(summary, sentence(message), attribute)
}

/// A timeout that is not a duration.
pub fn timeout(operation: &'static str, error: &timeouts::ParseError) -> Diagnostic {
    let attribute = AttributePath::new("timeouts").attribute(operation);
    diagnostic(
        format!("timeouts.{operation} is not valid"),
        sentence(&error.to_string()),
        attribute,
    )
}

/// What the API wants the user to know (HTTP `Warning`).
pub fn warning_of_api(id: &WorkloadId, warning: &str) -> Diagnostic {
    diagnostic(format!("The API warns about workload {id}"), sentence(warning), root())
}

/// Values that the API stored in place of those that were sent.
pub fn rewritten(id: &WorkloadId, values: &[Rewritten]) -> Diagnostic {
    let mut text = String::new();
    for Rewritten { field, ours, theirs } in values {
        let is_plain = |value: &Json| !value.is_object() && !value.is_array();
        let change = if theirs.is_null() {
            "was sent, and nothing was stored".to_owned()
        } else if is_plain(ours) && is_plain(theirs) && may_be_shown(field) {
            format!("was sent as {ours}, and stored as {theirs}")
        } else {
            "was stored with another value than the one that was sent".to_owned()
        };
        let _ = writeln!(text, "{field} {change}.");
    }
    diagnostic(
        format!("The API stores workload {id} otherwise than it is configured"),
        format!(
            "{text}\nA policy or a webhook of the control plane does that. As long as the configuration says something else, \
             every plan shows the difference again. To end it, write what is stored into the configuration, or leave it to \
             the control plane: lifecycle {{ ignore_changes = [...] }}"
        ),
        root(),
    )
}

/// Whether a value is no secret for certain: what runs, how often and where, but not with which variables and arguments.
pub(super) fn may_be_shown(field: &str) -> bool {
    let name = field.rsplit('.').next().unwrap_or(field);
    !field.contains(".env[") && ["image", "replicas", "containerPort", "cpu", "memory", "name"].contains(&name)
}

/// A field that was removed from the configuration, and that others keep.
pub fn kept_by_others(id: &WorkloadId, field: &str, managers: &[String]) -> Diagnostic {
    diagnostic(
        format!("{field} of workload {id} is still set"),
        format!(
            "The configuration does not set it any more, but it belongs to {} as well, so it was left. To remove it: \
             kubectl edit workload {} -n {}",
            managers.join(", "),
            id.name,
            id.namespace
        ),
        root(),
    )
}

/// What an imported workload has and its configuration leaves out, when the plan shows all of that as removed.
pub fn left_out(id: &str, attributes: &[AttributePath]) -> Option<Diagnostic> {
    let attributes: Vec<String> = attributes.iter().map(hcl).collect();
    (!attributes.is_empty()).then(|| {
        diagnostic(
            format!("The configuration leaves out a part of the imported workload {id}"),
            format!(
                "What it leaves out is not managed. The plan shows it as removed because it leaves the state; in the \
                 workload it stays as it is: {}.\n\n\
                 To manage it, write it into the configuration before this is applied.",
                attributes.join(", ")
            ),
            root(),
        )
    })
}

/// An argument of a function that the function cannot use.
pub fn argument(index: i64, message: &str) -> Diagnostic {
    diagnostic(sentence(message), "", AttributePath::function_argument(index))
}

/// State of an earlier version is not what that version wrote.
pub fn unreadable_state(from: i64, error: &value::Error) -> Diagnostic {
    diagnostic(
        "The stored state of this workload cannot be read",
        format!(
            "It says that it was written under version {from} of the schema, but it is not such a state: {error}\n\nIf the \
             state file was edited, restore it from its backup. Otherwise take the workload over anew: remove it from the \
             state (terraform state rm) and import it."
        ),
        root(),
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::diagnostics::shown;

    #[test]
    fn what_stands_in_the_way_comes_with_the_way_around_it() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
        expect![[r#"
            [metadata.name] Workload project-a/web already exists
            It was not made by this configuration, so it was not touched.

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "project-a/web"
            }

            or run: terraform import datum_workload.<name> project-a/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n project-a
            [metadata.name] Workload project-a/web already exists: somebody else created it at the same moment
            It did not exist when this apply began, and existed when the request arrived. The two agreed in all that both say; what it had added to the other's workload was taken back.

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "project-a/web"
            }

            or run: terraform import datum_workload.<name> project-a/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n project-a
        "#]].assert_eq(&shown([&already_exists(&id), &lost_race(&id, None)]));
        expect![[r#"
            [] The configuration leaves out a part of the imported workload project-a/web
            What it leaves out is not managed. The plan shows it as removed because it leaves the state; in the workload it stays as it is: metadata.labels["team"], spec.selector.

            To manage it, write it into the configuration before this is applied.
        "#]]
        .assert_eq(&shown(
            left_out(
                "project-a/web",
                &[
                    AttributePath::new("metadata").attribute("labels").key("team"),
                    AttributePath::new("spec").attribute("selector"),
                ],
            )
            .iter(),
        ));
        assert_eq!(left_out("project-a/web", &[]), None, "nothing is left out");
        expect![[r#"
            [] Workload project-a/web is not the one in the state any more
            The workload that Terraform knows (uid 1) was deleted outside of Terraform, and another (uid 2) was created with its name. Terraform takes its own for deleted and will refuse to overwrite the other.

            An import is ignored as long as the state has the old one. So first let it go: terraform apply -refresh-only (or terraform state rm).

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "project-a/web"
            }

            or run: terraform import datum_workload.<name> project-a/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n project-a
            [] Workload project-a/web is being deleted
            Its deletion began at 2026-01-01T00:00:00Z, and it is not gone yet. What holds it are its finalizers: example.com/cleanup. It will be created again once it is.
            [] Workload project-a/web is not on this control plane
            The state knows it on https://a; the provider is now configured for https://b, which does not have it. That is no proof of its deletion, so the state was left as it is.

            Check project, endpoint, host and the kubeconfig's context. If the workload really is gone: terraform state rm
            [metadata.namespace] The namespace project-a of workload project-a/web does not exist
            A missing namespace looks as if every workload in it had been deleted, so the state was left as it is.

            Check project, endpoint, host and the kubeconfig's context; what the API has: kubectl get namespaces
            If project a really is gone with all that was in it: terraform state rm
        "#]].assert_eq(&shown([
            &recreated(&id, "1", "2"),
            &being_deleted(&id, "2026-01-01T00:00:00Z", &["example.com/cleanup"]),
            &elsewhere(&id, "https://a", "https://b"),
            &namespace_missing(&id),
        ]));
        expect![[r#"
            [metadata.namespace] The workload's namespace is not known
            Set metadata.namespace (project-<project>) here, or project or namespace in the provider block (DATUM_PROJECT, DATUM_NAMESPACE).
            [deletion_protection] Workload project-a/web is protected
            The state has deletion_protection = true, so the workload is not deleted. Set deletion_protection = false and apply, then try again.
            [] The import ID does not name a workload
            "a/b/c" does not name a workload: it has 3 parts.

            Write namespace/name (project-myproject/web-app) or projects/<project>/<name>; or the name alone, when the provider has a project or a namespace.
            [spec.replicas] spec.replicas is not valid
            Must be between 1 and 65535.
            [timeouts.create] timeouts.create is not valid
            "soon" is not a duration; write numbers with a unit each, such as "90s", "10m" or "1h30m".
            [] The API warns about workload project-a/web
            Unknown field.
            [] spec.replicas of workload project-a/web is still set
            The configuration does not set it any more, but it belongs to kubectl as well, so it was left. To remove it: kubectl edit workload web -n project-a
        "#]].assert_eq(&shown([
            &no_namespace(),
            &protected("project-a/web", "deleted"),
            &import_id(&import::parse("a/b/c", None).unwrap_err()),
            &validation("must be between 1 and 65535", AttributePath::new("spec").attribute("replicas")),
            &timeout("create", &timeouts::parse("soon").unwrap_err()),
            &warning_of_api(&id, "unknown field"),
            &kept_by_others(&id, "spec.replicas", &["kubectl".to_owned()]),
        ]));
    }

    #[test]
    fn what_admission_rewrites_is_said_with_what_ends_it() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
        let of = |field: &str, ours: Json, theirs: Json| Rewritten {
            field: field.to_owned(),
            ours,
            theirs,
        };
        let container = "spec.template.spec.containers[name=\"app\"]";
        expect![[r#"
            [] The API stores workload project-a/web otherwise than it is configured
            spec.replicas was sent as 5, and stored as 2.
            spec.template.spec.containers[name="app"].env[name="PASSWORD"].value was stored with another value than the one that was sent.
            metadata.labels.team was sent, and nothing was stored.

            A policy or a webhook of the control plane does that. As long as the configuration says something else, every plan shows the difference again. To end it, write what is stored into the configuration, or leave it to the control plane: lifecycle { ignore_changes = [...] }
        "#]].assert_eq(&shown([&rewritten(
            &id,
            &[
                of("spec.replicas", 5.into(), 2.into()),
                of(
                    &format!("{container}.env[name=\"PASSWORD\"].value"),
                    "s3cret".into(),
                    "other".into(),
                ),
                of("metadata.labels.team", "a".into(), Json::Null),
            ],
        )]));
    }

    #[test]
    fn a_name_that_is_taken_says_by_whom() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
        let held = Object::new(serde_json::json!({ "metadata": { "finalizers": ["example.com/cleanup"] } }));
        expect![[r#"
            [metadata.name] Workload project-a/web already exists
            It was not made by this configuration, so it was not touched. It belongs to kubectl-create, argocd-controller.

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "project-a/web"
            }

            or run: terraform import datum_workload.<name> project-a/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n project-a
            [metadata.name] Workload project-a/web already exists
            Terraform made it: it belongs to the field manager of this provider. So this state has it under another address, or another state has it, or had it. It was not touched, since two states that have one workload overwrite each other.

            If it has another address or key in this state, say that it has moved:

            moved {
              from = datum_workload.<old>
              to   = datum_workload.<name>
            }

            If it is in this state and to be replaced, it must go before the new one comes, since two workloads cannot have one name: leave create_before_destroy out of its lifecycle, or change metadata.name along with it.

            If another state has it, give one of them another name, or take it out of the other state first (terraform state rm). Only if no state has it any more, import it.

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "project-a/web"
            }

            or run: terraform import datum_workload.<name> project-a/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n project-a
            [metadata.name] Workload project-a/web already exists
            This provider made it at 2026-01-01T00:00:00Z, by an apply that ended before it knew, so that no state has it. It was left as it is.

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "project-a/web"
            }

            or run: terraform import datum_workload.<name> project-a/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n project-a
            [metadata.name] Workload project-a/web cannot be created yet: one of that name is being deleted
            It was not gone after 5m. What holds it are its finalizers, each of which a controller removes when it has cleaned up: example.com/cleanup.

            Run it again when it is gone, or give it more time: timeouts = { create = "30m" }
            Next: kubectl describe workload web -n project-a
        "#]].assert_eq(&shown([
            &taken(&id, &Taken::ByOthers(vec!["kubectl-create", "argocd-controller"])),
            &taken(&id, &Taken::ByThisProvider),
            &taken(&id, &Taken::ByLostAttempt("2026-01-01T00:00:00Z")),
            &still_there(&id, "5m", Some(&held)),
        ]));
    }

    #[test]
    fn paths_are_written_as_in_hcl() {
        let path = AttributePath::new("spec")
            .attribute("containers")
            .index(0)
            .attribute("limits")
            .key("cpu");
        assert_eq!(hcl(&path), "spec.containers[0].limits[\"cpu\"]");
    }
}
