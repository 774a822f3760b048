//! What the provider itself has to say about a workload.

use std::fmt::Write as _;

use datum_client::{Error, Object};
use datum_model::field::Path;
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_plugin_server::value;
use tf_provider::Diagnostic;
use tf_provider::{AttributePath, AttributePathStep};

use super::{diagnostic, import_block, root, sentence};
use crate::schema::Unsupported;
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

/// An attribute of an identity that names no workload.
pub fn identity(attribute: &'static str, problem: &str) -> Diagnostic {
    diagnostic(
        format!("identity.{attribute} does not name a workload"),
        format!(
            "{}\n\nWrite identity = {{ namespace = \"project-myproject\", name = \"web-app\" }}; or the name alone, when the \
             provider has a project or a namespace.",
            sentence(problem)
        ),
        AttributePath::new(attribute),
    )
}

/// A `kubernetes_manifest` that is not taken over.
pub fn not_moved(problem: &str) -> Diagnostic {
    diagnostic(
        "Cannot move the kubernetes_manifest to datum_workload",
        format!(
            "{}\n\nRemove the moved block. A Workload that it cannot take over is imported, and forgotten under its old address with \
             a removed block.",
            sentence(problem)
        ),
        root(),
    )
}

/// The CLI's own limit has cut a list.
pub fn cut(shown: usize, remaining: Option<u64>) -> Diagnostic {
    let more = remaining.map_or_else(|| "more".to_owned(), |remaining| format!("{remaining} more"));
    diagnostic(
        format!("Only the first {shown} workloads are listed"),
        format!(
            "There are {more}. A list block has a limit of 100 where it does not say another: limit = 10000 beside the config \
             block lists up to that many."
        ),
        root(),
    )
}

/// The number of replicas is the configuration's to set.
pub fn replicas_are_managed(id: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("Cannot scale workload {id}: its replicas are managed by Terraform"),
        "The next apply would set the number in the configuration again. Change spec.replicas there; or leave it out and apply, \
         so that the number is left to whoever sets it.",
        AttributePath::new("replicas"),
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

/// Something that is valid and probably not what is meant.
pub fn advice(message: &str, attribute: AttributePath) -> Diagnostic {
    let summary = match hcl(&attribute) {
        path if path.is_empty() => "The workload may not do what is meant".to_owned(),
        path => format!("{path} may not do what is meant"),
    };
    diagnostic(summary, sentence(message), attribute)
}

/// Two keys of an object of the API that are one to Terraform.
pub fn ambiguous_keys(id: &WorkloadId, object: &Path, keys: &[String]) -> Diagnostic {
    let keys: Vec<String> = keys.iter().map(|key| key.escape_unicode().to_string()).collect();
    diagnostic(
        format!("Workload {id} has keys that Terraform cannot tell apart"),
        format!(
            "{object} has the keys {}, which are the same text in two Unicode forms. Terraform holds all text in the composed \
             form (NFC), so that the two would be one.\n\n\
             Remove or rename one of them: kubectl edit workload {} -n {}",
            keys.join(" and "),
            id.name,
            id.namespace
        ),
        root(),
    )
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
    for Rewritten {
        field,
        attribute,
        ours,
        theirs,
    } in values
    {
        let is_plain = |value: &Json| !value.is_object() && !value.is_array();
        let change = if theirs.is_null() {
            "was sent, and nothing was stored".to_owned()
        } else if is_plain(ours) && is_plain(theirs) && may_be_shown(field) {
            format!("was sent as {ours}, and stored as {theirs}")
        } else {
            "was stored with another value than the one that was sent".to_owned()
        };
        let _ = writeln!(text, "{} {change}.", hcl(attribute));
    }
    let attributes: Vec<_> = values.iter().map(|value| hcl(&value.attribute)).collect();
    let attribute = match values {
        [value] => value.attribute.clone(),
        _ => root(),
    };
    diagnostic(
        format!("The API stores workload {id} otherwise than it is configured"),
        format!(
            "{text}\nA policy or a webhook of the control plane does that. As long as the configuration says something else, \
             every plan shows the difference again. To end it, write what is stored into the configuration, or leave it to \
             the control plane:\n\nlifecycle {{\n  ignore_changes = [{}]\n}}",
            attributes.join(", ")
        ),
        attribute,
    )
}

/// Whether a value is no secret for certain: what runs, how often and where, but not with which variables and arguments.
pub(super) fn may_be_shown(field: &str) -> bool {
    let name = field.rsplit('.').next().unwrap_or(field);
    !field.contains(".env[") && ["image", "replicas", "containerPort", "cpu", "memory", "name"].contains(&name)
}

/// A field that was removed from the configuration, and that another manager applies.
pub fn kept_by_others(id: &WorkloadId, field: &Path, attribute: AttributePath, managers: &[String]) -> Diagnostic {
    let managers = managers.join(", ");
    diagnostic(
        format!(
            "{} of workload {id} stays, since {managers} applies it",
            name_of(&attribute, field)
        ),
        format!(
            "The configuration does not set it any more, but the field manager {managers} declares it with an apply of its \
             own and would set it again. It is theirs from now on, and no later plan shows it. To have it removed, remove it \
             where {managers} declares it.\n\
             Who owns what: kubectl get workload {} -n {} -o yaml --show-managed-fields",
            id.name, id.namespace
        ),
        attribute,
    )
}

/// What others have set by hand in items that go, and goes with them.
pub fn swept(id: &str, fields: &[Path]) -> Option<Diagnostic> {
    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
    (!fields.is_empty()).then(|| {
        diagnostic(
            format!("What somebody else has set in workload {id} goes with what it is in"),
            format!(
                "An item of a list is removed, or renamed, which makes it another one. What was set in it by hand cannot stay without \
                 it, and goes too, although the plan does not show it: {}.\n\n\
                 To keep it, write it into the configuration.",
                fields.join(", ")
            ),
            root(),
        )
    })
}

/// What others have set beside ours, so that no Pod can be made of the whole.
pub fn spoiled(
    id: &WorkloadId,
    field: &Path,
    message: &str,
    attribute: AttributePath,
    managers: &[String],
) -> Diagnostic {
    let managers = match managers {
        [] => "somebody else".to_owned(),
        managers => managers.join(", "),
    };
    diagnostic(
        format!("Workload {id} is not valid together with what {managers} has set"),
        format!(
            "{field}: {}\n\
             The configuration is valid, but beside it the workload has something that {managers} has set, and no Pod can be \
             made of the two. The provider does not remove what others set. Remove it by hand, or take it into the \
             configuration: kubectl edit workload {} -n {}",
            sentence(message),
            id.name,
            id.namespace
        ),
        attribute,
    )
}

/// A plan that was made before the workload changed.
pub fn outdated(id: &WorkloadId, attributes: &[AttributePath]) -> Diagnostic {
    let names: Vec<String> = attributes.iter().map(hcl).collect();
    diagnostic(
        format!("Workload {id} has changed since the plan was made"),
        format!(
            "Somebody has changed what this plan is about: {}. Applying it would do something else than it showed, so nothing \
             was written.\n\n\
             Plan again to see what is there now, and apply that plan: terraform plan",
            names.join(", ")
        ),
        attributes.first().cloned().unwrap_or_else(root),
    )
}

/// A name that was not known when the plan was made.
pub fn renamed(before: &WorkloadId, after: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("Workload {before} cannot become {after}"),
        "The name was not known when the plan was made, and has turned out to be another one. A workload cannot be renamed, \
         so nothing was changed. Plan again to see the replacement that this takes: terraform plan",
        AttributePath::new("metadata").attribute("name"),
    )
}

/// What is ours and this version of the provider has no attribute for.
pub fn unknown_to_schema(id: &str, fields: &[Path]) -> Option<Diagnostic> {
    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
    (!fields.is_empty()).then(|| {
        diagnostic(
            format!("Workload {id} has fields that this version of the provider does not know"),
            format!(
                "Another version of the provider set them: {}. They are kept as they are, whatever the configuration says. To \
                 remove them: kubectl edit workload",
                fields.join(", ")
            ),
            root(),
        )
    })
}

/// What an imported workload has and no attribute stands for.
pub fn unsupported(id: &WorkloadId, fields: &[(Path, &Unsupported)]) -> Option<Diagnostic> {
    let field = |(path, field): &(Path, &Unsupported)| format!("- {path} {}. {}", field.reason, field.instead);
    let fields: Vec<String> = fields.iter().map(field).collect();
    (!fields.is_empty()).then(|| {
        diagnostic(
            format!("Workload {id} has fields that the provider does not manage"),
            format!(
                "They stay as they are, and the state does not show them:\n{}\n\n\
                 To see or change them: kubectl edit workload {} -n {}",
                fields.join("\n"),
                id.name,
                id.namespace
            ),
            root(),
        )
    })
}

/// What an imported workload has and its configuration leaves out, when the plan shows that as removed.
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

fn name_of(attribute: &AttributePath, field: &Path) -> String {
    if attribute.steps.is_empty() {
        field.to_string()
    } else {
        hcl(attribute)
    }
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
    use crate::schema;
    use crate::value::path::to_attribute;

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
    }

    #[test]
    fn what_is_wrong_with_a_workload_is_told_where_it_is() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
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
            [spec] spec may not do what is meant
            Volume "tmp" is not mounted by any container.
            [] Workload project-a/web has keys that Terraform cannot tell apart
            spec.provider has the keys \u{75}\u{308}\u{78} and \u{fc}\u{78}, which are the same text in two Unicode forms. Terraform holds all text in the composed form (NFC), so that the two would be one.

            Remove or rename one of them: kubectl edit workload web -n project-a
            [timeouts.create] timeouts.create is not valid
            "soon" is not a duration; write numbers with a unit each, such as "90s", "10m" or "1h30m".
            [] The API warns about workload project-a/web
            Unknown field.
            [spec.replicas] spec.replicas of workload project-a/web stays, since keda applies it
            The configuration does not set it any more, but the field manager keda declares it with an apply of its own and would set it again. It is theirs from now on, and no later plan shows it. To have it removed, remove it where keda declares it.
            Who owns what: kubectl get workload web -n project-a -o yaml --show-managed-fields
            [spec.template] Workload project-a/web is not valid together with what kubectl-patch has set
            spec.template.spec.containers[name="app"].ports[containerPort=8081,protocol="TCP"].name: Duplicate value: "http".
            The configuration is valid, but beside it the workload has something that kubectl-patch has set, and no Pod can be made of the two. The provider does not remove what others set. Remove it by hand, or take it into the configuration: kubectl edit workload web -n project-a
            [spec.replicas] Workload project-a/web has changed since the plan was made
            Somebody has changed what this plan is about: spec.replicas. Applying it would do something else than it showed, so nothing was written.

            Plan again to see what is there now, and apply that plan: terraform plan
            [metadata.name] Workload project-a/web cannot become project-a/shop
            The name was not known when the plan was made, and has turned out to be another one. A workload cannot be renamed, so nothing was changed. Plan again to see the replacement that this takes: terraform plan
            [] Workload project-a/web has fields that the provider does not manage
            They stay as they are, and the state does not show them:
            - spec.template.spec.volumes[0].gitRepo is disabled in Kubernetes, since it could run commands on the node. Use `empty_dir`, and an init container that clones the repository into it.

            To see or change them: kubectl edit workload web -n project-a
            [] What somebody else has set in workload project-a/web goes with what it is in
            An item of a list is removed, or renamed, which makes it another one. What was set in it by hand cannot stay without it, and goes too, although the plan does not show it: spec.template.spec.containers[name="app"].env[name="HAND"].

            To keep it, write it into the configuration.
            [] Workload project-a/web has fields that this version of the provider does not know
            Another version of the provider set them: spec.template.spec.volumes[name="src"].gitRepo. They are kept as they are, whatever the configuration says. To remove them: kubectl edit workload
        "#]].assert_eq(&shown([
            &no_namespace(),
            &protected("project-a/web", "deleted"),
            &import_id(&import::parse("a/b/c", None).unwrap_err()),
            &validation("must be between 1 and 65535", AttributePath::new("spec").attribute("replicas")),
            &advice("volume \"tmp\" is not mounted by any container", AttributePath::new("spec")),
            &ambiguous_keys(
                &id,
                &"spec.provider".parse().unwrap(),
                &["u\u{308}x".to_owned(), "\u{fc}x".to_owned()],
            ),
            &timeout("create", &timeouts::parse("soon").unwrap_err()),
            &warning_of_api(&id, "unknown field"),
            &kept_by_others(
                &id,
                &"spec.replicas".parse().unwrap(),
                AttributePath::new("spec").attribute("replicas"),
                &["keda".to_owned()],
            ),
            &spoiled(
                &id,
                &"spec.template.spec.containers[name=\"app\"].ports[containerPort=8081,protocol=\"TCP\"].name".parse().unwrap(),
                "Duplicate value: \"http\"",
                AttributePath::new("spec").attribute("template"),
                &["kubectl-patch".to_owned()],
            ),
            &outdated(&id, &[AttributePath::new("spec").attribute("replicas")]),
            &renamed(&id, &"project-a/shop".parse().unwrap()),
            &unsupported(
                &id,
                &[(
                    "spec.template.spec.volumes[0].gitRepo".parse().unwrap(),
                    Unsupported::find("volumes", "gitRepo").expect("it has no attribute"),
                )],
            )
            .unwrap(),
            &swept(
                "project-a/web",
                &["spec.template.spec.containers[name=\"app\"].env[name=\"HAND\"]".parse().unwrap()],
            )
            .unwrap(),
            &unknown_to_schema(
                "project-a/web",
                &["spec.template.spec.volumes[name=\"src\"].gitRepo".parse().unwrap()],
            )
            .unwrap(),
        ]));
    }

    #[test]
    fn what_an_imported_workload_keeps_is_told_before_it_leaves_the_state() {
        let attributes = [
            AttributePath::new("metadata").attribute("labels"),
            AttributePath::new("spec").attribute("selector"),
        ];
        expect![[r#"
            [] The configuration leaves out a part of the imported workload project-a/web
            What it leaves out is not managed. The plan shows it as removed because it leaves the state; in the workload it stays as it is: metadata.labels, spec.selector.

            To manage it, write it into the configuration before this is applied.
        "#]].assert_eq(&shown(left_out("project-a/web", &attributes).iter()));
        assert_eq!(left_out("project-a/web", &[]), None, "nothing is left out");
    }

    #[test]
    fn what_admission_rewrites_is_said_with_what_ends_it() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
        let shape = crate::value::flatten_all(
            &serde_json::json!({
                "metadata": { "labels": { "team": "a" } },
                "spec": { "replicas": 5, "template": { "spec": { "containers": [
                    { "name": "app", "env": [{ "name": "PASSWORD", "value": "s3cret" }] },
                ] } } },
            }),
            schema::workload(),
        );
        let of = |field: &str, ours: Json, theirs: Json| Rewritten {
            field: field.to_owned(),
            attribute: to_attribute(&field.parse().unwrap(), &shape, schema::workload()),
            ours,
            theirs,
        };
        let container = "spec.template.spec.containers[name=\"app\"]";
        expect![[r#"
            [] The API stores workload project-a/web otherwise than it is configured
            spec.replicas was sent as 5, and stored as 2.
            spec.template.spec.containers[0].env[0].value was stored with another value than the one that was sent.
            metadata.labels["team"] was sent, and nothing was stored.

            A policy or a webhook of the control plane does that. As long as the configuration says something else, every plan shows the difference again. To end it, write what is stored into the configuration, or leave it to the control plane:

            lifecycle {
              ignore_changes = [spec.replicas, spec.template.spec.containers[0].env[0].value, metadata.labels["team"]]
            }
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
