//! Refusals of the API, word for word.

use datum_client::CredentialError;
use datum_client::error::{
    Attempts, Cause, ConnectFailure, Denial, FieldConflict, Forbidden, Kind, Limit, Missing, Reach, TlsFailure,
};
use expect_test::{Expect, expect};
use serde_json::json;
use tf_plugin_server::value::Value;

use crate::diagnostics::Operation;
use crate::diagnostics::dry_run;
use crate::diagnostics::refusal::of_kind;
use crate::diagnostics::shown;
use crate::schema;
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
fn check(operation: Operation, kind: &Kind, expected: &Expect) {
    let id = "project-a/web".parse().unwrap();
    expected.assert_eq(&shown(&of_kind(
        operation,
        &id,
        kind,
        &Attempts::default(),
        &shape(),
        None,
    )));
}

#[track_caller]
fn check_all(operation: Operation, kinds: impl IntoIterator<Item = Kind>, expected: &Expect) {
    let id = "project-a/web".parse().unwrap();
    let texts = kinds
        .into_iter()
        .map(|kind| shown(&of_kind(operation, &id, &kind, &Attempts::default(), &shape(), None)));
    expected.assert_eq(&texts.collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_is_final_says_why_and_what_to_do() {
    check_all(
        Operation::Update,
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
                message: "admission webhook \"w\" denied the request: [owner] label owner is missing\n[latest] :latest"
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
    let attempts = Attempts {
        count: 12,
        elapsed: std::time::Duration::from_secs(15),
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
    "#]].assert_eq(&shown(&of_kind(Operation::Create, &id, &busy, &attempts, &shape(), None)));
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
        Operation::Update,
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
        Operation::Plan,
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
    let found = of_kind(
        Operation::Update,
        &id,
        &kind,
        &Attempts::default(),
        &shape(),
        Some(&merged),
    );
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
        Operation::Read,
        &Kind::NotFound(Missing::Object),
        &expect![[r#"
        [] Cannot read workload project-a/web
        It does not exist.

        What exists there: kubectl get workloads -n project-a
    "#]],
    );
    check(
        Operation::ReadData,
        &Kind::NotFound(Missing::Object),
        &expect![[r#"
        [] Cannot read workload project-a/web
        It does not exist.

        What exists there: kubectl get workloads -n project-a
        If it need not be there, read it with data "datum_workloads", which finds none without an error. To destroy what is left without reading it: terraform destroy -refresh=false
    "#]],
    );
    check(
        Operation::Create,
        &Kind::NotFound(Missing::Namespace("project-a".to_owned())),
        &expect![[r#"
        [metadata.namespace] Cannot create workload project-a/web
        Namespace "project-a" does not exist.

        A workload's namespace is project-<project>. Check metadata.namespace, and the provider's project and namespace; what the API has: kubectl get namespaces
    "#]],
    );
    check(
        Operation::Read,
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
        Operation::Create,
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
        Operation::Read,
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
        Operation::Read,
        &Kind::Unauthorized {
            message: message(),
            credentials: Some("the token of token, which is set in the environment variable DATUM_TOKEN".to_owned()),
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
        Operation::Create,
        &Kind::Forbidden(rbac),
        &expect![[r#"
        [] Cannot create workload project-a/web
        User "reader" is not allowed to patch workloads.compute.miloapis.com in namespace "project-a".

        The request was forbidden (403). Ask for that permission in the project; to see what is allowed: kubectl auth can-i patch workloads.compute.miloapis.com -n project-a
    "#]],
    );
    check(
        Operation::Update,
        &Kind::Forbidden(Forbidden::Suspended { message: message() }),
        &expect![[r#"
        [] Cannot update workload project-a/web
        The project is suspended: no.

        A suspended project takes no changes but deletions. Ask its owner, or Datum's support.
    "#]],
    );
    let quota = Forbidden::Quota {
        message: "You've reached your quota".to_owned(),
        is_transient: false,
    };
    check(
        Operation::Create,
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
        Operation::Update,
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
    let exchange = |is_transient| CredentialError::Exchange {
        account: "ci@shop".to_owned(),
        endpoint: "https://auth/token".to_owned(),
        why: "it answered 400 Bad Request: invalid_grant".to_owned(),
        is_transient,
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
        Operation::Read,
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
        ConnectFailure::UnknownHost,
        ConnectFailure::Refused,
        ConnectFailure::Proxy,
        ConnectFailure::Other,
    ]
    .map(Reach::NotConnected)
    .into_iter()
    .chain(
        [
            TlsFailure::UnknownAuthority,
            TlsFailure::NameMismatch,
            TlsFailure::Expired,
            TlsFailure::InvalidCertificate,
            TlsFailure::ClientRejected,
            TlsFailure::NotTls,
        ]
        .map(Reach::Untrusted),
    )
    .chain([Reach::Sent]);
    let kinds = reaches.map(|reach| Kind::Connection {
        message: format!("{reach:?}"),
        reach,
    });
    check_all(
        Operation::Create,
        kinds,
        &expect![[r#"
        [] Cannot create workload project-a/web
        NotConnected(UnknownHost).

        Check the spelling of host or endpoint of the provider block, or of the kubeconfig's server, and whether this machine must be in another network (a VPN, say) to know that name.

        [] Cannot create workload project-a/web
        NotConnected(Refused).

        Nothing listens there. Check host and port in host or endpoint of the provider block, or the kubeconfig's server, and whether the API is running: kubectl version

        [] Cannot create workload project-a/web
        NotConnected(Proxy).

        Check proxy_url of the provider block, the kubeconfig's proxy-url, or HTTPS_PROXY; servers that need no proxy belong into NO_PROXY.

        [] Cannot create workload project-a/web
        NotConnected(Other).

        Nothing was changed; run it again when the API can be reached: kubectl version

        [] Cannot create workload project-a/web
        Untrusted(UnknownAuthority).

        Set cluster_ca_certificate to the certificate of the authority that signed the server's (a kubeconfig has it as certificate-authority-data). If the API is a public one, see whether a proxy in between replaces certificates.

        [] Cannot create workload project-a/web
        Untrusted(NameMismatch).

        Check host or endpoint of the provider block, or the kubeconfig's server. Where the certificate is rightly for another name, set tls_server_name to that name.

        [] Cannot create workload project-a/web
        Untrusted(Expired).

        See whether the clock of this machine is right. If it is, whoever runs the API must renew its certificate.

        [] Cannot create workload project-a/web
        Untrusted(InvalidCertificate).

        Whoever runs the API must replace its certificate.

        [] Cannot create workload project-a/web
        Untrusted(ClientRejected).

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
        Operation::Create,
        &kind,
        &expect![[r#"
        [] Cannot create workload project-a/web
        The API is not available (502): Bad Gateway.

        Whether the workload was created is not known: kubectl get workload web -n project-a
        The state was left as it is; run it again when the API answers: kubectl version
    "#]],
    );
    check(
        Operation::Read,
        &kind,
        &expect![[r#"
        [] Cannot read workload project-a/web
        The API is not available (502): Bad Gateway.

        The state was left as it is; run it again when the API answers: kubectl version
    "#]],
    );
    check(
        Operation::Update,
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
        Operation::Update,
        &mismatch,
        &expect![[r#"
        [] Cannot update workload project-a/web
        It is not the object with uid 1 any more: that one was deleted, and another with uid 2 has its name.

        Somebody else deleted the workload that the state knows and made another of the same name. Refresh to see it: terraform plan. To manage the new one, remove the old one from the state (terraform state rm) and import project-a/web.
    "#]],
    );
}

#[test]
fn a_plan_that_may_not_be_checked_names_the_verb_that_is_missing() {
    let id = "project-a/web".parse().unwrap();
    let told = ["create", "patch"].map(|verb| {
        let rbac = Forbidden::Rbac {
            user: "planner".to_owned(),
            verb: verb.to_owned(),
            resource: "workloads.compute.miloapis.com".to_owned(),
            namespace: Some("project-a".to_owned()),
        };
        dry_run::of_kind(&id, &Kind::Forbidden(rbac))
    });
    expect![[r#"
        [] The API does not check this plan
        User "planner" is not allowed to create workloads.compute.miloapis.com in namespace "project-a".

        A plan does without. To have the API check it, give the user of the plan the verb create on workloads. The check is a dry run, which changes nothing and takes the same verbs as what it tries: patch for a change, and create beside it for a creation.
        It was asked about workload project-a/web, and this is said once for all. What the API does not accept shows at apply. To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).
        [] The API does not check this plan
        User "planner" is not allowed to patch workloads.compute.miloapis.com in namespace "project-a".

        A plan does without. To have the API check it, give the user of the plan the verb patch on workloads. The check is a dry run, which changes nothing and takes the same verbs as what it tries: patch for a change, and create beside it for a creation.
        It was asked about workload project-a/web, and this is said once for all. What the API does not accept shows at apply. To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).
    "#]].assert_eq(&shown(&told));
}
