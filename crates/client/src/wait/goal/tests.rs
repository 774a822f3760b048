use serde_json::{Value, json};

use super::*;
use crate::wait::SETTLE;

fn object(uid: &str, status: &Value) -> Object {
    Object::new(json!({
        "metadata": { "name": "web", "uid": uid, "generation": 2 }, "spec": { "replicas": 1 }, "status": status,
    }))
}

fn rollout_of(written: &Object) -> Arrival {
    let until = Until {
        rollout: true,
        ..Until::since(written, None)
    };
    Arrival::new("u1", until, "terraform-provider-datum")
}

fn step(goal: &mut dyn Goal, event: Event<'_>, now: Duration) -> Step {
    goal.step(event, now, &mut Vec::new())
}

/// How often a wait wakes up until `end` when nothing is observed any more, and how it ends.
fn wakes(goal: &mut dyn Goal, first: &Object, end: Duration) -> (usize, Step) {
    let mut now = Duration::ZERO;
    let mut seen = step(goal, Event::Present(first), now);
    let mut wakes = 0;
    while let Step::Wait { again: Some(again), .. } = seen
        && again < end
    {
        assert!(again > now, "the next step is later than this one");
        now = again;
        wakes += 1;
        seen = step(goal, Event::Elapsed, now);
    }
    (wakes, seen)
}

#[test]
fn a_silent_controller_costs_nothing() {
    let hour = Duration::from_hours(1);
    let silent = object("u1", &json!({ "phase": "Pending" }));
    let (count, end) = wakes(&mut rollout_of(&silent), &silent, hour);
    assert!(matches!(end, Step::Wait { again: None, .. }), "{end:?}");
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
    assert!(matches!(end, Step::End(Ending::Met)), "{end:?}");
    assert_eq!(count, 1);
}

#[test]
fn the_end_of_the_object_and_a_successor_end_a_wait() {
    let written = object("u1", &Value::Null);
    let gone = step(&mut rollout_of(&written), Event::Absent, Duration::ZERO);
    assert!(matches!(gone, Step::End(Ending::Gone)), "{gone:?}");
    let other = object("u2", &Value::Null);
    let replaced = step(&mut rollout_of(&written), Event::Present(&other), Duration::ZERO);
    assert!(
        matches!(&replaced, Step::End(Ending::Replaced { uid }) if uid == "u2"),
        "{replaced:?}"
    );
    let left = step(&mut Departure::new("u1"), Event::Present(&other), Duration::ZERO);
    assert!(matches!(left, Step::End(Ending::Met)), "{left:?}");
}
