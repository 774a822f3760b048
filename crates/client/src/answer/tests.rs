use expect_test::{Expect, expect};
use http::HeaderValue;
use serde_json::json;

use super::*;

/// An answer with a JSON body.
fn answer(status: u16, body: &Value) -> Answer {
    Answer {
        server: None,
        credentials: None,
        authorization: None,
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.to_string().into(),
    }
}

fn foreign(status: u16, content_type: &'static str, body: &'static str) -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    Answer {
        server: None,
        credentials: None,
        authorization: None,
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: body.into(),
    }
}

fn status(code: u16, reason: &str, message: &str) -> Answer {
    answer(
        code,
        &json!({ "kind": "Status", "code": code, "reason": reason, "message": message }),
    )
}

fn with_causes(code: u16, reason: &str, message: &str, causes: &Value) -> Answer {
    let details = json!({ "name": "web", "kind": "Workload", "causes": causes });
    let body = json!({ "kind": "Status", "code": code, "reason": reason, "message": message, "details": details });
    answer(code, &body)
}

fn error(answer: &Answer) -> Error {
    answer.error(&Operation::new("apply", "workload project-shop/web"))
}

fn check(answer: &Answer, expected: &Expect) -> Error {
    let error = error(answer);
    expected.assert_eq(&error.to_string());
    error
}

#[test]
fn what_a_page_quotes_of_the_credentials_is_not_shown() {
    let status = json!({ "kind": "Status", "code": 401, "message": "invalid bearer token t0p-s3cret" }).to_string();
    let bodies: [&str; 2] = ["GET /: Authorization: Bearer t0p-s3cret", status.as_str()];
    let codes = [302, 400, 401, 403, 404, 413, 429, 502, 511];
    let failures = codes.iter().flat_map(|code| bodies.map(|body| (*code, body)));
    for (code, body) in failures {
        let location = HeaderValue::from_static("https://me:t0p-s3cret@login.example.com/?token=t0p-s3cret");
        let answer = Answer {
            authorization: Some(HeaderValue::from_static("Bearer t0p-s3cret")),
            headers: HeaderMap::from_iter([(header::LOCATION, location)]),
            body: body.to_owned().into(),
            ..answer(code, &Value::Null)
        };
        let error = error(&answer);
        let told = format!("{error} {error:?}");
        assert!(!told.contains("t0p-s3cret"), "{code} {body}: {told}");
    }
}

#[test]
fn credentials_and_permissions() {
    let rejected = check(
        &status(401, "Unauthorized", "Unauthorized"),
        &expect!["cannot apply workload project-shop/web: the API did not accept the credentials (401 Unauthorized)"],
    );
    assert!(rejected.is_unauthorized());
    let anonymous = r#"workloads.compute.miloapis.com "web" is forbidden: User "system:anonymous" cannot get resource"#;
    let anonymous = check(
        &status(403, "Forbidden", anonymous),
        &expect![[
            r#"cannot apply workload project-shop/web: the API took the request for an anonymous one: the credentials are missing or not valid here (workloads.compute.miloapis.com "web" is forbidden: User "system:anonymous" cannot get resource)"#
        ]],
    );
    assert!(anonymous.is_unauthorized() && anonymous.is_forbidden());
    let rbac = r#"workloads.compute.miloapis.com "web" is forbidden: User "reader" cannot patch resource "workloads" in API group "compute.miloapis.com" in the namespace "project-shop""#;
    let rbac = check(
        &status(403, "Forbidden", rbac),
        &expect![[
            r#"cannot apply workload project-shop/web: user "reader" is not allowed to patch workloads.compute.miloapis.com in namespace "project-shop""#
        ]],
    );
    assert!(matches!(rbac.forbidden(), Some(Forbidden::Rbac { verb, .. }) if verb == "patch"));
    let everywhere = r#"namespaces is forbidden: User "reader" cannot list resource "namespaces" in API group "" at the cluster scope"#;
    check(
        &status(403, "Forbidden", everywhere),
        &expect![[
            r#"cannot apply workload project-shop/web: user "reader" is not allowed to list namespaces in the whole cluster"#
        ]],
    );
    let suspended = json!([{ "reason": "ProjectSuspended", "message": "billing" }]);
    let suspended = with_causes(403, "Forbidden", "project shop is suspended for billing", &suspended);
    assert!(!check(&suspended, &expect!["cannot apply workload project-shop/web: the project is suspended: project shop is suspended for billing"]).is_transient());
    check(
        &status(403, "Forbidden", "policy: images must come from our registry"),
        &expect!["cannot apply workload project-shop/web: it is forbidden: policy: images must come from our registry"],
    );
    check(
        &foreign(
            403,
            "text/html",
            "<html><body><h1>403</h1>Blocked by the firewall</body></html>",
        ),
        &expect![
            "cannot apply workload project-shop/web: the answer of the server is not one of the Kubernetes API (403, text/html): 403 Blocked by the firewall"
        ],
    );
}

#[test]
fn a_quota_is_final_or_passing() {
    let used_up = "You've reached your quota of 5 workloads";
    let busy = [
        "The quota system is busy, try again in a moment",
        "we are still cleaning up from a previous attempt",
    ];
    let error_of = |message: &str| error(&status(403, "Forbidden", message));
    check(
        &status(403, "Forbidden", used_up),
        &expect!["cannot apply workload project-shop/web: You've reached your quota of 5 workloads"],
    );
    assert!(!error_of(used_up).is_transient());
    assert!(!error_of("pods \"x\" is forbidden: exceeded quota: compute").is_transient());
    for message in busy {
        assert!(error_of(message).is_transient(), "{message}");
    }
}

#[test]
fn conflicts_name_fields_and_managers() {
    let causes = json!([
        { "reason": "FieldManagerConflict", "message": "conflict with \"kubectl\" with subresource \"scale\" using compute.miloapis.com/v1alpha1", "field": ".spec.replicas" },
        { "reason": "FieldManagerConflict", "message": "conflict with \"hpa\"", "field": ".spec.template.spec.containers[name=\"app\"].image" },
    ]);
    let conflict = check(
        &with_causes(409, "Conflict", "Apply failed with 2 conflicts", &causes),
        &expect![[
            r#"cannot apply workload project-shop/web: other managers own spec.replicas (kubectl), spec.template.spec.containers[name="app"].image (hpa)"#
        ]],
    );
    assert!(conflict.is_conflict() && !conflict.is_transient());
    assert_eq!(conflict.conflicts()[0].manager, "kubectl");
    assert_eq!(conflict.conflicts()[0].subresource.as_deref(), Some("scale"));
    let path = conflict.conflicts()[1].path().unwrap().to_string();
    assert_eq!(path, "spec.template.spec.containers[name=\"app\"].image");

    let exists = check(
        &status(409, "AlreadyExists", "it exists"),
        &expect!["cannot apply workload project-shop/web: it exists already"],
    );
    assert!(matches!(exists.kind(), Kind::AlreadyExists));
    let modified =
        "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version";
    check(
        &status(409, "Conflict", modified),
        &expect![
            "cannot apply workload project-shop/web: it changed meanwhile: Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version"
        ],
    );
}

#[test]
fn another_uid_is_told_in_four_ways() {
    let cases = [
        status(
            409,
            "Conflict",
            "Operation cannot be fulfilled on Workload \"web\": the UID in the precondition (a1) does not match the UID in record (b2). The object might have been deleted and then recreated",
        ),
        status(
            409,
            "Conflict",
            "Operation cannot be fulfilled on workloads \"web\": uid mismatch: the provided object specified uid a1, and no existing object was found",
        ),
        status(
            409,
            "Conflict",
            "Operation cannot be fulfilled: Precondition failed: UID in precondition: a1, UID in object meta: b2",
        ),
        with_causes(
            422,
            "Invalid",
            "invalid",
            &json!([{ "reason": "FieldValueInvalid", "field": "metadata.uid", "message": "Invalid value: \"a1\": field is immutable" }]),
        ),
    ];
    for (case, found) in cases.iter().zip([Some("b2"), None, Some("b2"), None]) {
        let error = error(case);
        assert!(
            error.is_uid_mismatch() && !error.is_conflict() && !error.is_invalid(),
            "{error}"
        );
        let Kind::UidMismatch { wanted, found: actual } = error.kind() else {
            panic!("{error}")
        };
        assert_eq!((wanted.as_str(), actual.as_deref()), ("a1", found));
    }
    check(
        &cases[0],
        &expect![
            "cannot apply workload project-shop/web: it is not the object with uid a1 any more: that one was deleted, and another with uid b2 has its name"
        ],
    );
    check(
        &cases[1],
        &expect![
            "cannot apply workload project-shop/web: it is not the object with uid a1 any more: that one was deleted"
        ],
    );
}

#[test]
fn refusals_name_their_fields() {
    let causes = json!([
        { "reason": "FieldValueInvalid", "message": "Invalid value: -1: should be a non-negative integer", "field": ".spec.replicas" },
        { "reason": "FieldValueRequired", "message": "Required value", "field": "spec.template" },
    ]);
    let invalid = check(
        &with_causes(422, "Invalid", "Workload is invalid", &causes),
        &expect![
            "cannot apply workload project-shop/web: the API refused it: spec.replicas: Invalid value: -1: should be a non-negative integer; spec.template: Required value"
        ],
    );
    assert!(invalid.is_invalid());
    assert_eq!(invalid.causes()[0].path().unwrap().to_string(), "spec.replicas");

    let typed = "failed to create typed patch object (/web-app; compute.miloapis.com/v1alpha1, Kind=Workload): .spec.replica: field not declared in schema";
    let typed = check(
        &status(500, "", typed),
        &expect![
            "cannot apply workload project-shop/web: the API refused it: spec.replica: field not declared in schema"
        ],
    );
    assert!(typed.is_invalid() && !typed.is_unavailable() && !typed.is_transient());

    let several = "failed to create typed patch object (/web; g/v1, Kind=W): errors:\n  .spec.template.spec.containers[name=\"a: b\"].imag: field not declared in schema\n  .spec.replica: field not declared in schema";
    check(
        &status(500, "", several),
        &expect![[
            r#"cannot apply workload project-shop/web: the API refused it: spec.template.spec.containers[name="a: b"].imag: field not declared in schema; spec.replica: field not declared in schema"#
        ]],
    );

    let strict = "Workload in version \"v1alpha1\" cannot be handled as a Workload: strict decoding error: unknown field \"spec.replica\", unknown field \"spec.x\"";
    check(
        &status(400, "BadRequest", strict),
        &expect![
            "cannot apply workload project-shop/web: the API refused it: spec.replica: unknown field; spec.x: unknown field"
        ],
    );
    let namespace = "the namespace of the provided object does not match the namespace sent on the request";
    check(
        &status(400, "BadRequest", namespace),
        &expect![
            "cannot apply workload project-shop/web: the API refused it: the namespace of the provided object does not match the namespace sent on the request"
        ],
    );
}

#[test]
fn what_passes_is_told_with_its_pause() {
    let mut slow = status(429, "TooManyRequests", "too many requests");
    slow.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
    let slow = check(
        &slow,
        &expect!["cannot apply workload project-shop/web: the API asks to slow down (429): too many requests"],
    );
    assert!(slow.is_rate_limited() && slow.is_transient() && !slow.is_in_doubt());
    assert_eq!(slow.retry_after(), Some(Duration::from_secs(7)));

    let body = json!({ "kind": "Status", "code": 504, "message": "timeout", "details": { "retryAfterSeconds": 2 } });
    let timeout = error(&answer(504, &body));
    assert_eq!(timeout.retry_after(), Some(Duration::from_secs(2)));

    let page = "<!doctype html><html><head><style>h1 { color: red }</style><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";
    let gateway = check(
        &foreign(502, "text/html", page),
        &expect![
            "cannot apply workload project-shop/web: the API is not available (502): 502 Bad Gateway 502 Bad Gateway"
        ],
    );
    assert!(gateway.is_unavailable() && gateway.is_transient() && gateway.is_in_doubt());
    check(
        &status(500, "InternalError", "etcdserver: leader changed"),
        &expect!["cannot apply workload project-shop/web: the API is not available (500): etcdserver: leader changed"],
    );
    assert!(error(&status(410, "Expired", "too old resource version")).is_expired());
}

#[test]
fn a_foreign_body_is_kept_short() {
    let long: &'static str = Box::leak("word ".repeat(1000).into_boxed_str());
    let Kind::Unexpected { excerpt, .. } = error(&foreign(302, "text/plain", long)).kind().clone() else {
        panic!()
    };
    assert!(excerpt.chars().count() <= 201);
    check(
        &foreign(302, "text/plain", ""),
        &expect![
            "cannot apply workload project-shop/web: the answer of the server is not one of the Kubernetes API (302, text/plain): an empty body"
        ],
    );
}

#[test]
fn a_date_is_a_pause_too() {
    let headers = |value: &str| HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())]);
    let soon = jiff::fmt::rfc2822::to_string(&(jiff::Zoned::now() + jiff::SignedDuration::from_secs(100))).unwrap();
    let pause = retry_after(&headers(&soon)).unwrap();
    assert!(
        pause > Duration::from_secs(90) && pause <= Duration::from_secs(100),
        "{pause:?}"
    );
    assert_eq!(retry_after(&headers("Wed, 21 Oct 2015 07:28:00 GMT")), None);
    assert_eq!(retry_after(&headers("soon")), None);
}

/// The answers that kube-apiserver was recorded to give, which the control plane's tests replay.
#[test]
fn every_recorded_refusal_is_classified() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../control-plane/tests/conformance/cases");
    let mut refusals = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let case: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        for step in case["steps"].as_array().unwrap() {
            let response = &step["response"];
            let code = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
            if code < 400 || !response["body"].is_object() {
                continue;
            }
            refusals += 1;
            let kind = error(&answer(code, &response["body"])).kind().clone();
            let fits = match code {
                401 => matches!(kind, Kind::Unauthorized { .. }),
                404 => matches!(kind, Kind::NotFound(_)),
                409 => matches!(
                    kind,
                    Kind::Conflict(_) | Kind::AlreadyExists | Kind::UidMismatch { .. } | Kind::Modified { .. }
                ),
                422 => matches!(kind, Kind::Invalid { .. } | Kind::UidMismatch { .. }),
                400 | 415 => matches!(kind, Kind::Invalid { .. }),
                500 => matches!(
                    kind,
                    Kind::Invalid { .. } | Kind::Unavailable { .. } | Kind::TooLarge { .. }
                ),
                _ => !matches!(kind, Kind::Unexpected { .. }),
            };
            assert!(fits, "{} {code}: {kind:?}", case["case"]);
        }
    }
    assert!(refusals > 20, "{refusals} refusals were recorded");
}

proptest::proptest! {
    #[test]
    fn no_answer_is_too_odd_to_be_an_error(code in 300_u16..600, body: Vec<u8>, message: String, field: String) {
        let headers = HeaderMap::new();
        let status = StatusCode::from_u16(code).unwrap();
        let _ = error(&Answer { server: None, credentials: None, authorization: None, status, headers: headers.clone(), body: body.into() }).to_string();
        for message in [
            message.clone(),
            format!("strict decoding error: unknown field \"{message}"),
            format!("failed to create typed patch object (x): {message}"),
            format!("User \"u\" cannot {message}"),
            format!("the UID in the precondition ({message}"),
        ] {
            let causes = json!([{ "reason": "FieldManagerConflict", "message": &message, "field": &field }]);
            let body = json!({ "kind": "Status", "message": message, "details": { "causes": causes } });
            let error = error(&Answer { server: None, credentials: None, authorization: None, status, headers: headers.clone(), body: body.to_string().into() });
            let _ = error.to_string();
            error.conflicts().iter().for_each(|conflict| drop(conflict.path()));
            error.causes().iter().for_each(|cause| drop(cause.path()));
        }
    }
}

#[test]
fn a_date_is_a_pause_by_the_clock_of_the_server() {
    let mut answer = foreign(429, "text/plain", "slow down");
    let dates = [
        (header::DATE, "Wed, 21 Oct 2015 07:28:00 GMT"),
        (header::RETRY_AFTER, "Wed, 21 Oct 2015 07:28:05 GMT"),
    ];
    for (name, date) in dates {
        answer.headers.insert(name, HeaderValue::from_static(date));
    }
    assert_eq!(error(&answer).retry_after(), Some(Duration::from_secs(5)));
}

#[test]
fn only_a_404_about_the_workload_itself_is_its_absence() {
    let id = "project-shop/web".parse().unwrap();
    let missing = |kind: &str, name: &str| {
        let details = json!({ "kind": kind, "name": name });
        let body = json!({ "kind": "Status", "code": 404, "reason": "NotFound", "details": details });
        answer(404, &body).error(&Operation::on("read", &id)).is_not_found()
    };
    assert!(missing("workloads", "web") && missing("Workload", "web"));
    assert!(!missing("workloads", "other"), "another workload");
    assert!(!missing("networks", "web"), "another kind");
    assert!(
        !missing("", "") && !missing("projects", "shop"),
        "something in front of it"
    );
}

#[test]
fn what_is_too_large_is_final() {
    let stored = status(500, "", "etcdserver: request is too large");
    let sent = status(
        413,
        "RequestEntityTooLarge",
        "Request entity too large: limit is 3145728",
    );
    for answer in [
        stored,
        sent,
        foreign(413, "text/html", "<h1>Request Entity Too Large</h1>"),
    ] {
        let error = error(&answer);
        assert!(error.is_too_large() && !error.is_transient(), "{error}");
    }
}

#[test]
fn a_network_that_wants_a_login_is_not_the_api() {
    let error = error(&foreign(511, "text/html", "<h1>Log in</h1>"));
    assert!(
        matches!(error.kind(), Kind::Unexpected { status: 511, .. }) && !error.is_transient(),
        "{error}"
    );
}

#[test]
fn denials_of_admission_are_told_whole_whatever_their_status() {
    let gatekeeper = "admission webhook \"validation.gatekeeper.sh\" denied the request: [need-owner] label owner is missing\n\
                      [no-latest] container <nginx> uses tag :latest";
    let denied = check(
        &status(403, "Forbidden", gatekeeper),
        &expect![[r#"
            cannot apply workload project-shop/web: admission webhook "validation.gatekeeper.sh" denied the request: [need-owner] label owner is missing
            [no-latest] container <nginx> uses tag :latest"#]],
    );
    assert!(denied.is_denied() && !denied.is_forbidden() && !denied.is_transient() && !denied.is_in_doubt());
    check(
        &status(
            400,
            "BadRequest",
            "admission webhook \"w\" denied the request without explanation",
        ),
        &expect![[
            r#"cannot apply workload project-shop/web: admission webhook "w" denied the request without explanation"#
        ]],
    );
    // As kube-apiserver 1.36 answers.
    let policy = "ValidatingAdmissionPolicy 'net' with binding 'net' denied request: failed to configure binding: no params \
                  found for policy binding with `Deny` parameterNotFoundAction";
    let message = format!("workloads.compute.miloapis.com \"web\" is forbidden: {policy}");
    let absent = check(
        &with_causes(422, "Invalid", &message, &json!([{ "message": policy }])),
        &expect![
            "cannot apply workload project-shop/web: ValidatingAdmissionPolicy 'net' with binding 'net' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
        ],
    );
    let is_absent = |error: &Error| error.denial().unwrap().is_about_something_absent();
    assert!(is_absent(&absent) && !is_absent(&denied));
    // A webhook may answer as if the workload itself, or its API, were missing or the server had failed.
    for code in [401, 404, 409, 410, 500, 503] {
        let text = "admission webhook \"net\" denied the request: networks \"prod\" not found";
        let denied = error(&status(code, "", text));
        assert!(is_absent(&denied) && !denied.is_transient(), "{code}");
    }
    let busy = error(&status(
        429,
        "TooManyRequests",
        "admission webhook \"w\" denied the request: slow down",
    ));
    assert!(busy.is_rate_limited());
    let quota = error(&status(
        403,
        "Forbidden",
        "admission webhook \"quota\" denied the request: You've reached your quota",
    ));
    assert!(matches!(quota.forbidden(), Some(Forbidden::Quota { .. })));
}

#[test]
fn a_webhook_that_cannot_be_asked_is_not_the_api() {
    let failed = check(
        &status(
            500,
            "InternalError",
            "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \
             \"https://w.ns.svc:443/mutate?timeout=10s\": dial tcp 10.0.0.1:443: connect: connection refused",
        ),
        &expect![[
            r#"cannot apply workload project-shop/web: the admission webhook "w.example.com" cannot be asked: Internal error occurred: failed calling webhook "w.example.com": failed to call webhook: Post "https://w.ns.svc:443/mutate?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused"#
        ]],
    );
    assert!(failed.is_webhook_failed() && failed.is_transient());
    assert!(!failed.is_unavailable() && !failed.is_in_doubt(), "nothing was stored");
    let dry_run = error(&status(
        400,
        "BadRequest",
        "admission webhook \"policy.example.com\" does not support dry run",
    ));
    assert!(dry_run.is_dry_run_unsupported() && !dry_run.is_denied());
}
