use serde_json::json;

use super::*;

/// An object of a generation with a status.
fn object(generation: i64, replicas: u64, status: &Value) -> Object {
    Object::new(json!({
        "metadata": { "name": "web", "uid": "u1", "generation": generation },
        "spec": { "replicas": replicas },
        "status": status,
    }))
}

fn condition(r#type: &str, status: &str, reason: &str) -> Value {
    json!({ "type": r#type, "status": status, "reason": reason, "message": "words",
            "lastTransitionTime": "1970-01-01T00:00:00Z" })
}

fn up(ready: u64) -> Value {
    json!({ "phase": "Running", "replicas": ready, "readyReplicas": ready, "availableReplicas": ready,
            "conditions": [condition("Available", "True", "MinimumReplicasAvailable")] })
}

fn with(mut status: Value, field: &str, value: &Value) -> Value {
    status[field] = value.clone();
    status
}

/// The verdict after one look, right away.
fn verdict(until: &Until, object: &Object) -> Verdict {
    let mut judge = Judge::new(until.clone());
    judge.observe(object, Duration::ZERO);
    judge.verdict(Duration::ZERO)
}

fn rollout() -> Until {
    Until {
        rollout: true,
        ..Until::NOTHING
    }
}

fn rollout_of(written: &Object, previous: Option<&Object>) -> Until {
    Until {
        rollout: true,
        ..Until::since(written, previous)
    }
}

fn is_met(verdict: &Verdict) -> bool {
    *verdict == Verdict::Met
}

#[test]
fn a_rollout_needs_what_the_api_reports_and_no_more() {
    let running = json!({ "phase": "Running" });
    let available = json!({ "conditions": [condition("Available", "True", "")] });
    let cases = [
        ("everything", up(3), true),
        ("phase only", running.clone(), true),
        ("condition only", available, true),
        ("counts only", json!({ "replicas": 3, "readyReplicas": 3 }), true),
        ("nothing", json!({}), false),
        ("null", Value::Null, false),
        ("something else", json!({ "note": "hello" }), false),
        (
            "still pending",
            json!({ "phase": "Pending", "readyReplicas": 3 }),
            false,
        ),
        ("unknown phase", json!({ "phase": "Warming" }), false),
        ("two of three", with(up(2), "replicas", &json!(3)), false),
        (
            "none ready, as Go leaves it out",
            json!({ "phase": "Running", "replicas": 3 }),
            false,
        ),
        (
            "not available",
            with(up(3), "conditions", &json!([condition("Available", "False", "X")])),
            false,
        ),
        (
            "unknown available",
            with(up(3), "conditions", &json!([condition("Available", "Unknown", "")])),
            false,
        ),
        ("old replicas left", with(up(3), "replicas", &json!(4)), false),
        (
            "other conditions do not matter",
            with(up(3), "conditions", &json!([condition("Ready", "False", "X")])),
            true,
        ),
        (
            "fields of wrong types are absent",
            json!({ "phase": "Running", "readyReplicas": "3", "conditions": 7 }),
            true,
        ),
    ];
    for (case, status, expected) in cases {
        let verdict = verdict(&rollout(), &object(1, 3, &status));
        assert_eq!(is_met(&verdict), expected, "{case}: {verdict:?}");
    }
}

#[test]
fn no_replicas_are_done_when_none_are_left() {
    let unavailable = json!([condition("Available", "False", "ScaledToZero")]);
    let cases = [
        (json!({ "phase": "Running" }), true),
        (json!({ "phase": "Pending", "conditions": unavailable }), true),
        (json!({ "phase": "Running", "replicas": 2, "readyReplicas": 0 }), false),
        (json!({}), false),
    ];
    for (status, expected) in cases {
        assert_eq!(
            is_met(&verdict(&rollout(), &object(1, 0, &status))),
            expected,
            "{status}"
        );
    }
}

#[test]
fn a_status_of_an_older_generation_never_counts() {
    let stale_condition = with(condition("Available", "True", ""), "observedGeneration", &json!(1));
    let fresh_condition = with(condition("Available", "True", ""), "observedGeneration", &json!(2));
    let cases = [
        ("status of 1", with(up(3), "observedGeneration", &json!(1)), false),
        ("status of 2", with(up(3), "observedGeneration", &json!(2)), true),
        ("status of 3", with(up(3), "observedGeneration", &json!(3)), true),
        (
            "condition of 1",
            with(up(3), "conditions", &json!([stale_condition])),
            false,
        ),
        (
            "condition of 2",
            with(up(3), "conditions", &json!([fresh_condition])),
            true,
        ),
    ];
    for (case, status, expected) in cases {
        let until = Until {
            min_generation: Some(2),
            ..rollout()
        };
        let verdict = verdict(&until, &object(2, 3, &status));
        assert_eq!(is_met(&verdict), expected, "{case}: {verdict:?}");
    }
    let until = Until {
        min_generation: Some(3),
        ..rollout()
    };
    let verdict = verdict(&until, &object(2, 3, &with(up(3), "observedGeneration", &json!(2))));
    assert!(!is_met(&verdict), "the object itself is an old copy: {verdict:?}");
}

#[test]
fn a_failure_of_an_older_generation_does_not_end_the_wait() {
    let failed = json!({ "phase": "Failed", "observedGeneration": 1,
                         "conditions": [condition("Available", "False", "ImagePullBackOff")] });
    assert!(matches!(
        verdict(&rollout(), &object(2, 1, &failed)),
        Verdict::Waiting(_)
    ));
    let failed = with(failed, "observedGeneration", &json!(2));
    assert!(matches!(
        verdict(&rollout(), &object(2, 1, &failed)),
        Verdict::Failed(_)
    ));
}

#[test]
fn without_observed_generation_a_status_counts_once_it_moves() {
    let written = object(2, 3, &up(3));
    let until = rollout_of(&written, Some(&object(1, 3, &up(3))));
    let mut judge = Judge::new(until);
    judge.observe(&written, Duration::ZERO);
    assert!(
        !is_met(&judge.verdict(Duration::ZERO)),
        "this is what was true before the change"
    );
    judge.observe(
        &object(2, 3, &with(up(2), "phase", &json!("Provisioning"))),
        Duration::from_secs(1),
    );
    assert!(!is_met(&judge.verdict(Duration::from_secs(1))));
    judge.observe(&object(2, 3, &up(3)), Duration::from_secs(2));
    assert!(
        is_met(&judge.verdict(Duration::from_secs(2))),
        "it has moved, and come back"
    );
}

#[test]
fn without_observed_generation_a_status_that_stays_is_believed_in_the_end() {
    let written = object(2, 3, &up(3));
    let mut judge = Judge::new(rollout_of(&written, None));
    judge.observe(&written, Duration::from_secs(1));
    let again = |judge: &Judge, now| judge.recheck_after(now);
    assert_eq!(
        again(&judge, Duration::from_secs(1)),
        Some(Duration::from_secs(1) + SETTLE)
    );
    assert_eq!(
        again(&judge, Duration::from_secs(1) + SETTLE),
        None,
        "what is past is no reason to wake up"
    );
    assert!(!is_met(&judge.verdict(SETTLE)));
    assert!(is_met(&judge.verdict(Duration::from_secs(1) + SETTLE)));

    let failed = json!({ "phase": "Failed" });
    let mut judge = Judge::new(rollout_of(&object(2, 3, &failed), None));
    judge.observe(&object(2, 3, &failed), Duration::ZERO);
    assert!(
        matches!(judge.verdict(Duration::ZERO), Verdict::Waiting(_)),
        "the failure may be the old one"
    );
    assert!(matches!(judge.verdict(SETTLE), Verdict::Failed(_)));
}

#[test]
fn times_alone_move_nothing() {
    let at = |time: &str| {
        let available = with(condition("Available", "True", ""), "lastHeartbeatTime", &json!(time));
        object(2, 3, &with(up(3), "conditions", &json!([available])))
    };
    let mut judge = Judge::new(rollout_of(&at("2026-01-01T00:00:00Z"), None));
    judge.observe(&at("1970-01-01T00:00:00Z"), Duration::ZERO);
    assert!(!is_met(&judge.verdict(Duration::ZERO)), "this is what was true before");
    judge.observe(&at("2026-01-01T00:00:05Z"), SETTLE);
    assert!(
        is_met(&judge.verdict(SETTLE)),
        "it has settled, although its clock ticks"
    );
}

#[test]
fn a_write_that_changed_no_spec_believes_the_status_that_is_there() {
    let written = object(2, 3, &up(3));
    let until = rollout_of(&written, Some(&written));
    assert!(is_met(&verdict(&until, &written)));
}

#[test]
fn a_status_where_there_was_none_has_moved() {
    let until = rollout_of(&object(1, 3, &Value::Null), None);
    assert!(is_met(&verdict(&until, &object(1, 3, &up(3)))));
    let Verdict::Waiting(missing) = verdict(&until, &object(1, 3, &Value::Null)) else {
        panic!()
    };
    assert_eq!(missing, ["no status has been reported yet; is a controller running?"]);
}

#[test]
fn terminal_states_fail_at_once_with_their_reason() {
    let image = json!({ "phase": "Provisioning", "conditions": [condition("Available", "False", "ImagePullBackOff")] });
    let phase = json!({ "phase": "Failed", "conditions": [
        condition("Available", "False", "MinimumReplicasUnavailable"),
        condition("Progressing", "False", "CrashLoopBackOff"),
    ] });
    let cases = [
        (image, "condition Available=False (ImagePullBackOff): words"),
        (phase, "phase Failed (CrashLoopBackOff): words"),
        (json!({ "phase": "Failed" }), "phase Failed"),
    ];
    for (status, expected) in cases {
        let Verdict::Failed(failure) = verdict(&rollout(), &object(1, 1, &status)) else {
            panic!("{status}")
        };
        assert_eq!(failure.to_string(), expected);
    }
}

#[test]
fn what_is_waited_for_is_no_failure() {
    let failed = json!({ "phase": "Failed", "conditions": [condition("Available", "False", "ImagePullBackOff")] });
    let unavailable = ConditionIs {
        r#type: "Available".into(),
        status: "False".into(),
        reason: None,
    };
    let until = Until {
        conditions: vec![unavailable],
        phase: Some(Phase::Failed),
        ..Until::NOTHING
    };
    assert!(is_met(&verdict(&until, &object(1, 1, &failed))));
}

#[test]
fn conditions_phase_and_replicas_hold_together() {
    let wanted = |r#type: &str, status: &str, reason: Option<&str>| ConditionIs {
        r#type: r#type.into(),
        status: status.into(),
        reason: reason.map(str::to_owned),
    };
    let status = up(3);
    let cases = [
        (
            Until {
                conditions: vec![wanted("Available", "True", None)],
                ..Until::NOTHING
            },
            true,
        ),
        (
            Until {
                conditions: vec![wanted("Available", "True", Some("Other"))],
                ..Until::NOTHING
            },
            false,
        ),
        (
            Until {
                conditions: vec![wanted("Ready", "True", None)],
                ..Until::NOTHING
            },
            false,
        ),
        (
            Until {
                phase: Some(Phase::Running),
                replicas: Some(3),
                ..Until::NOTHING
            },
            true,
        ),
        (
            Until {
                phase: Some(Phase::Running),
                replicas: Some(4),
                ..Until::NOTHING
            },
            false,
        ),
        (
            Until {
                phase: Some(Phase::Other("Warm".into())),
                ..Until::NOTHING
            },
            false,
        ),
    ];
    for (until, expected) in cases {
        assert_eq!(is_met(&verdict(&until, &object(1, 3, &status))), expected, "{until:?}");
    }
}

#[test]
fn conditions_that_come_and_go_must_hold_for_a_while() {
    let flapping =
        |status: &str, ready: u64| with(up(ready), "conditions", &json!([condition("Available", status, "")]));
    let at = Duration::from_secs;
    let mut judge = Judge::new(rollout());
    judge.observe(&object(1, 3, &flapping("True", 2)), at(1));
    assert!(!is_met(&judge.verdict(at(1))));
    judge.observe(&object(1, 3, &flapping("False", 2)), at(2));
    judge.observe(&object(1, 3, &flapping("True", 3)), at(3));
    assert!(!is_met(&judge.verdict(at(3))), "it has wavered");
    assert_eq!(judge.recheck_after(at(3)), Some(at(3) + STEADY));
    judge.observe(&object(1, 3, &flapping("False", 3)), at(4));
    judge.observe(&object(1, 3, &flapping("True", 3)), at(5));
    assert!(!is_met(&judge.verdict(at(3) + STEADY)), "it begins anew");
    assert!(is_met(&judge.verdict(at(5) + STEADY)));
}

#[test]
fn changes_are_told_in_words_once() {
    let mut judge = Judge::new(rollout());
    let at = Duration::from_secs;
    assert!(judge.observe(&object(1, 3, &Value::Null), at(0)).is_empty());
    let changes = judge.observe(&object(1, 3, &json!({ "phase": "Pending" })), at(1));
    assert_eq!(changes, ["phase Pending"]);
    let provisioning = json!({ "phase": "Provisioning", "replicas": 3, "readyReplicas": 1,
                               "conditions": [condition("Available", "False", "MinimumReplicasUnavailable")] });
    let changes = judge.observe(&object(1, 3, &provisioning), at(2));
    assert_eq!(
        changes,
        [
            "phase Pending -> Provisioning",
            "ready 1/3",
            "Available=False (MinimumReplicasUnavailable): words"
        ]
    );
    assert!(judge.observe(&object(1, 3, &provisioning), at(3)).is_empty());
}

#[test]
fn an_update_may_take_down_once_what_was_up() {
    let of = |status: &str| with(up(3), "conditions", &json!([condition("Available", status, "")]));
    let at = Duration::from_secs;
    for (generation, expected) in [(1, false), (2, true)] {
        let mut judge = Judge::new(rollout());
        judge.observe(
            &object(generation, 3, &with(of("True"), "phase", &json!("Provisioning"))),
            at(1),
        );
        judge.observe(&object(generation, 3, &of("False")), at(2));
        judge.observe(&object(generation, 3, &of("True")), at(3));
        assert_eq!(is_met(&judge.verdict(at(3))), expected, "generation {generation}");
    }
}

#[test]
fn changes_of_an_older_generation_say_so() {
    let mut judge = Judge::new(rollout());
    let changes = judge.observe(
        &object(2, 3, &json!({ "phase": "Running", "observedGeneration": 1 })),
        Duration::ZERO,
    );
    assert_eq!(changes, ["phase Running [of generation 1]"]);
    let changes = judge.observe(
        &object(2, 3, &json!({ "phase": "Pending", "observedGeneration": 2 })),
        Duration::ZERO,
    );
    assert_eq!(changes, ["phase Running -> Pending"]);
}

#[test]
fn an_update_is_not_done_while_the_controller_says_that_it_progresses() {
    let of = |reason: &str| {
        let conditions = [
            condition("Available", "True", "MinimumReplicasAvailable"),
            condition("Progressing", "True", reason),
        ];
        let status = with(up(3), "conditions", &json!(conditions));
        object(2, 3, &with(status, "observedGeneration", &json!(2)))
    };
    for reason in ["RolloutInProgress", "ReplicaSetUpdated"] {
        let Verdict::Waiting(missing) = verdict(&rollout(), &of(reason)) else {
            panic!("the old replicas are ready")
        };
        assert_eq!(missing, [format!("Progressing=True ({reason}): words")]);
    }
    for reason in ["RolloutComplete", "NewReplicaSetAvailable", ""] {
        assert!(is_met(&verdict(&rollout(), &of(reason))), "{reason}");
    }
    let mut judge = Judge::new(rollout());
    judge.observe(&of("AsExpected"), Duration::ZERO);
    assert!(!is_met(&judge.verdict(Duration::ZERO)), "the reason is not known");
    assert_eq!(judge.recheck_after(Duration::ZERO), Some(SETTLE));
    assert!(is_met(&judge.verdict(SETTLE)), "nothing moves any more");
}

#[test]
fn a_broken_rollout_that_is_scaled_to_zero_is_done_when_nothing_is_left() {
    let failed = |replicas: u64| {
        let conditions = [condition("Progressing", "False", "ImagePullBackOff")];
        json!({ "phase": "Failed", "observedGeneration": 2, "replicas": replicas, "conditions": conditions })
    };
    let Verdict::Waiting(missing) = verdict(&rollout(), &object(2, 0, &failed(4))) else {
        panic!("nothing has to be pulled")
    };
    assert_eq!(missing, ["4 replicas exist, 0 are wanted"]);
    assert!(is_met(&verdict(&rollout(), &object(2, 0, &failed(0)))));
    assert!(matches!(
        verdict(&rollout(), &object(2, 1, &failed(4))),
        Verdict::Failed(_)
    ));
}

#[test]
fn what_cannot_come_at_zero_replicas_says_so() {
    let available = ConditionIs {
        r#type: "Available".into(),
        status: "True".into(),
        reason: None,
    };
    let idle = object(1, 0, &json!({ "phase": "Pending", "replicas": 0 }));
    let parts = [
        Until {
            conditions: vec![available],
            ..Until::NOTHING
        },
        Until {
            phase: Some(Phase::Running),
            ..Until::NOTHING
        },
        Until {
            replicas: Some(1),
            ..Until::NOTHING
        },
    ];
    for until in parts {
        let Verdict::Waiting(missing) = verdict(&until, &idle) else {
            panic!("{until:?}")
        };
        assert_eq!(missing.last().unwrap(), "0 replicas are wanted, so this cannot come");
    }
    let none = Until {
        replicas: Some(0),
        ..Until::NOTHING
    };
    assert!(is_met(&verdict(&none, &idle)));
}
