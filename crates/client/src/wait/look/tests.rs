use serde_json::{Value, json};

use super::*;
use crate::wait::SETTLE;

fn object(uid: &str, status: &Value) -> Object {
    Object::new(json!({
        "metadata": { "name": "web", "uid": uid, "generation": 2 }, "spec": { "replicas": 1 }, "status": status,
    }))
}

fn rollout_of(written: &Object) -> Arrival {
    Arrival::new("u1", Until::rollout_of(written, None), "terraform-provider-datum")
}

fn look(goal: &mut dyn Goal, observation: Observation<'_>, now: Duration) -> Look {
    goal.look(observation, now, &mut Vec::new())
}

/// How often a wait wakes up until `end` when nothing is observed any more, and how it ends.
fn wakes(goal: &mut dyn Goal, first: &Object, end: Duration) -> (usize, Look) {
    let mut now = Duration::ZERO;
    let mut seen = look(goal, Observation::Present(first), now);
    let mut wakes = 0;
    while let Look::Waiting { again: Some(again), .. } = seen
        && again < end
    {
        assert!(again > now, "the next look is later than this one");
        now = again;
        wakes += 1;
        seen = look(goal, Observation::Nothing, now);
    }
    (wakes, seen)
}

#[test]
fn a_silent_controller_costs_nothing() {
    let hour = Duration::from_hours(1);
    let silent = object("u1", &json!({ "phase": "Pending" }));
    let (count, end) = wakes(&mut rollout_of(&silent), &silent, hour);
    assert!(matches!(end, Look::Waiting { again: None, .. }), "{end:?}");
    assert_eq!(count, 1, "once, when the status has settled");
    let mute = object("u1", &Value::Null);
    let (count, _) = wakes(&mut rollout_of(&mute), &mute, hour);
    assert!(count <= 1, "{count}");
    let (count, _) = wakes(&mut Departure::new("u1"), &mute, hour);
    assert_eq!(count, 0);
}

#[test]
fn a_status_that_settles_is_looked_at_when_it_has() {
    let up = object("u1", &json!({ "phase": "Running", "replicas": 1, "readyReplicas": 1 }));
    let (count, end) = wakes(&mut rollout_of(&up), &up, SETTLE * 2);
    assert!(matches!(end, Look::Met), "{end:?}");
    assert_eq!(count, 1);
}

#[test]
fn the_end_of_the_object_and_a_successor_end_a_wait() {
    let written = object("u1", &Value::Null);
    let gone = look(&mut rollout_of(&written), Observation::Absent, Duration::ZERO);
    assert!(matches!(gone, Look::Failed(Ending::Gone)), "{gone:?}");
    let other = object("u2", &Value::Null);
    let replaced = look(&mut rollout_of(&written), Observation::Present(&other), Duration::ZERO);
    assert!(
        matches!(&replaced, Look::Failed(Ending::Replaced { uid }) if uid == "u2"),
        "{replaced:?}"
    );
    let left = look(&mut Departure::new("u1"), Observation::Present(&other), Duration::ZERO);
    assert!(matches!(left, Look::Met), "{left:?}");
}
