//! What is said of a workload, word for word.

use datum_client::Object;
use datum_model::id::WorkloadId;
use expect_test::expect;
use serde_json::Value as Json;
use tf_provider::AttributePath;

use crate::arguments::timeouts;
use crate::diagnostics::*;
use crate::schema::{self, Unsupported};
use crate::value::path::to_attribute;
use crate::workload::import_id as import_id_of;
use crate::workload::rewritten::Rewritten;

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
    "#]]
    .assert_eq(&shown([&already_exists(&id)]));
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
        &import_id(&import_id_of::parse("a/b/c", None).unwrap_err()),
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
        &stale(&id, &[AttributePath::new("spec").attribute("replicas")]),
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
