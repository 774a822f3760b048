#![expect(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes every text with them"
)]

use std::fmt::Write as _;

use datum_model::{Condition, condition};
use expect_test::{Expect, expect};
use kube::core::DynamicObject;
use serde_json::{Value, json};

use super::super::workload::FINALIZER;
use super::*;

const STEP: Duration = Duration::from_millis(100);

/// A stored object with the steps carried out on it, as the controller does against a server.
struct Simulation {
    object: DynamicObject,
    memory: Memory,
    /// The time since the present generation was first seen.
    elapsed: Duration,
    trace: String,
}

impl Simulation {
    fn new(scenario: &str, replicas: u32) -> Self {
        let object = json!({
            "metadata": {
                "name": "web",
                "generation": 1,
                "annotations": { "simulator.datum.net/scenario": scenario, "simulator.datum.net/delay": "300ms" },
            },
            "spec": {
                "replicas": replicas,
                "selector": { "matchLabels": { "app": "web" } },
                "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] } },
            },
        });
        let object = serde_json::from_value(object).unwrap();
        Self {
            object,
            memory: Memory::default(),
            elapsed: Duration::ZERO,
            trace: String::new(),
        }
    }

    /// Changes the spec, as a user does.
    fn change(mut self, pointer: &str, value: Value) -> Self {
        writeln!(self.trace, "-- {pointer} = {value}").unwrap();
        self.set(pointer, value);
        self
    }

    fn set(&mut self, pointer: &str, value: Value) {
        *self.object.data.pointer_mut(pointer).unwrap() = value;
        *self.object.metadata.generation.as_mut().unwrap() += 1;
        self.elapsed = Duration::ZERO;
    }

    fn delete(mut self) -> Self {
        writeln!(self.trace, "-- delete").unwrap();
        self.object.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        self
    }

    /// Forgets what is not stored, as a restart does.
    fn restart(mut self) -> Self {
        writeln!(self.trace, "-- restart").unwrap();
        self.memory = Memory::default();
        self.elapsed = Duration::ZERO;
        self
    }

    /// Carries out one step; whether there was one.
    fn step(&mut self) -> bool {
        let workload = Workload::read(&self.object);
        let step = next(&workload, &self.memory, self.elapsed, Timestamp::UNIX_EPOCH);
        self.elapsed += STEP;
        match &step.write {
            Write::Nothing => return false,
            Write::NothingFor(time) => {
                writeln!(self.trace, "nothing for {time:?}").unwrap();
                self.elapsed += *time;
                return true;
            }
            Write::Status(status) => {
                self.object.data["status"] = json!(status);
                writeln!(self.trace, "{}", line(status)).unwrap();
            }
            Write::AddFinalizer => self.object.metadata.finalizers = Some(vec![FINALIZER.to_owned()]),
            Write::RemoveFinalizer => {
                self.object.metadata.finalizers = None;
                writeln!(self.trace, "gone").unwrap();
            }
            Write::InjectSidecar => {
                writeln!(self.trace, "another manager injects {SIDECAR}").unwrap();
                let container = json!({ "name": SIDECAR, "image": "sidecar:v1" });
                let containers = self.object.data.pointer("/spec/template/spec/containers").unwrap();
                let containers = containers
                    .as_array()
                    .unwrap()
                    .iter()
                    .cloned()
                    .chain([container])
                    .collect();
                self.set("/spec/template/spec/containers", containers);
            }
            Write::Autoscale(replicas) => {
                writeln!(self.trace, "another manager sets {replicas} replicas").unwrap();
                self.set("/spec/replicas", json!(replicas));
            }
        }
        for event in &step.events {
            writeln!(self.trace, "    {:?} {}: {}", event.kind, event.reason, event.message).unwrap();
        }
        self.memory = step.memory;
        true
    }

    /// Carries out `count` steps.
    fn steps(mut self, count: usize) -> Self {
        for _ in 0..count {
            assert!(self.step(), "there are fewer than {count} steps:\n{}", self.trace);
        }
        self
    }

    /// Carries out steps until there is nothing more to do.
    fn settle(mut self) -> Self {
        for _ in 0..100 {
            if !self.step() {
                return self;
            }
        }
        panic!("the workload never settles:\n{}", self.trace);
    }

    fn shows(self, expected: &Expect) {
        expected.assert_eq(&self.trace);
    }
}

fn line(status: &WorkloadStatus) -> String {
    let phase = status.phase.as_ref().map_or("-", Phase::as_str);
    let mut line = format!("{phase} {}/{}", count(status.ready_replicas), count(status.replicas));
    if let Some(generation) = status.observed_generation {
        write!(line, " of generation {generation}").unwrap();
    }
    for condition in status.conditions.iter().flatten() {
        {
            let Condition {
                type_, status, reason, ..
            } = condition;
            write!(line, ", {type_}={status} ({})", reason.as_deref().unwrap_or_default())
        }
        .unwrap();
    }
    line
}

const IMAGE: &str = "/spec/template/spec/containers/0/image";
const REPLICAS: &str = "/spec/replicas";

#[test]
fn replicas_come_up_one_by_one_and_are_stopped_before_the_workload_goes() {
    Simulation::new("ready", 3).settle().delete().settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 3 replicas wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 3 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Provisioning 2/3 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Running 3/3 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 1 runs with 3 replicas
        -- delete
        Deleting 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=False (Deleting)
            Normal Deleting: Stopping 3 replicas
        gone
    "#]]);
}

#[test]
fn a_new_image_is_rolled_out_with_as_many_ready_as_before() {
    Simulation::new("ready", 2)
        .settle()
        .change(IMAGE, json!("nginx:1.26"))
        .settle()
        .shows(&expect![[r#"
            Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
                Normal Accepted: Accepted the workload, 2 replicas wanted
            Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 0 to 2 replicas
                Normal Pulling: Pulling image "nginx:1.25"
            Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Running 2/2 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 1 runs with 2 replicas
            -- /spec/template/spec/containers/0/image = "nginx:1.26"
            Provisioning 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
                Normal Pulling: Pulling image "nginx:1.26"
            Provisioning 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
            Running 2/2 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 2 runs with 2 replicas
        "#]]);
}

#[test]
fn scaling_goes_up_and_down_and_to_nothing() {
    let simulation = Simulation::new("ready", 1).settle().change(REPLICAS, json!(3)).settle();
    simulation
        .change(REPLICAS, json!(1))
        .settle()
        .change(REPLICAS, json!(0))
        .settle()
        .shows(&expect![[r#"
            Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
                Normal Accepted: Accepted the workload, 1 replica wanted
            Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 0 to 1 replica
                Normal Pulling: Pulling image "nginx:1.25"
            Running 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 1 runs with 1 replica
            -- /spec/replicas = 3
            Provisioning 1/2 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 1 to 3 replicas
                Normal Pulling: Pulling image "nginx:1.25"
            Provisioning 2/3 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Running 3/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 2 runs with 3 replicas
            -- /spec/replicas = 1
            Provisioning 2/2 of generation 3, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 3 to 1 replica
            Running 1/1 of generation 3, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 3 runs with 1 replica
            -- /spec/replicas = 0
            Running 0/0 of generation 4, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 4 runs with 0 replicas
        "#]]);
}

#[test]
fn whatever_is_broken_goes_to_nothing_when_none_are_wanted() {
    for scenario in ["ready", "failed", "never-ready", "quota-exceeded", "stuck", "slow"] {
        let simulation = Simulation::new(scenario, 3).settle();
        let simulation = simulation.change(IMAGE, json!("nginx:does-not-exist")).settle();
        let simulation = simulation.change(REPLICAS, json!(0)).settle();
        let last = simulation.trace.lines().rfind(|line| !line.starts_with(' '));
        let expected = "Running 0/0 of generation 3, Available=True (MinimumReplicasAvailable), Progressing=True \
                        (RolloutComplete)";
        assert_eq!(last, Some(expected), "{scenario}:\n{}", simulation.trace);
    }
}

#[test]
fn a_thousand_replicas_take_no_more_steps_than_a_few() {
    let simulation = Simulation::new("ready", 1000).settle();
    assert!(simulation.trace.lines().count() < 20, "{}", simulation.trace);
}

#[test]
fn a_bad_image_fails_and_a_good_one_mends_it() {
    let simulation = Simulation::new("ready", 2)
        .settle()
        .change(IMAGE, json!("nginx:does-not-exist"))
        .settle();
    simulation.change(IMAGE, json!("nginx:1.27")).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Running 2/2 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 1 runs with 2 replicas
        -- /spec/template/spec/containers/0/image = "nginx:does-not-exist"
        Provisioning 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
            Normal Pulling: Pulling image "nginx:does-not-exist"
        Failed 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=False (ImagePullBackOff)
            Warning Failed: Failed to pull image "nginx:does-not-exist" of container "app": not found
        -- /spec/template/spec/containers/0/image = "nginx:1.27"
        Provisioning 2/3 of generation 3, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
            Normal Pulling: Pulling image "nginx:1.27"
        Running 2/2 of generation 3, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 3 runs with 2 replicas
    "#]]);
}

#[test]
fn a_workload_that_fails_from_the_start_has_no_ready_replica() {
    Simulation::new("failed", 2).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Failed 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=False (CrashLoopBackOff)
            Warning BackOff: Back-off restarting container "app": it exits with code 1
    "#]]);
    Simulation::new("bad-image", 2).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Failed 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=False (ImagePullBackOff)
            Warning Failed: Failed to pull image "nginx:1.25" of container "app": not found
    "#]]);
}

#[test]
fn quota_keeps_a_new_workload_pending_and_a_running_one_at_its_size() {
    let mut simulation = Simulation::new("quota-exceeded", 2).settle();
    simulation.object.metadata.annotations = None;
    let mut simulation = simulation.settle();
    simulation.object.metadata.annotations = Simulation::new("quota-exceeded", 2).object.metadata.annotations;
    simulation.change(REPLICAS, json!(4)).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=False (QuotaExceeded), ReplicaFailure=True (QuotaExceeded)
            Warning FailedCreate: The project's quota is used up: 2 more replicas wanted, none left
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Running 2/2 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 1 runs with 2 replicas
        -- /spec/replicas = 4
        Provisioning 2/2 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=False (QuotaExceeded), ReplicaFailure=True (QuotaExceeded)
            Warning FailedCreate: The project's quota is used up: 2 more replicas wanted, none left
    "#]]);
}

#[test]
fn a_stuck_workload_never_leaves_provisioning() {
    Simulation::new("stuck", 2).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Provisioning 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Warning FailedScheduling: No location has room for 2 replicas
    "#]]);
}

#[test]
fn a_workload_that_is_never_ready_has_all_its_replicas() {
    Simulation::new("never-ready", 2).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 0/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Provisioning 0/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Warning Unhealthy: Readiness probe of container "app" failed: connection refused
    "#]]);
}

#[test]
fn a_slow_workload_waits_for_the_delay_at_each_rollout() {
    Simulation::new("slow", 1)
        .settle()
        .change(IMAGE, json!("nginx:1.26"))
        .settle()
        .shows(&expect![[r#"
            Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
                Normal Accepted: Accepted the workload, 1 replica wanted
            Provisioning 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 0 to 1 replica
                Normal Pulling: Pulling image "nginx:1.25"
            Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Running 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 1 runs with 1 replica
            -- /spec/template/spec/containers/0/image = "nginx:1.26"
            Provisioning 1/1 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
                Normal Pulling: Pulling image "nginx:1.26"
            nothing for 200ms
            Provisioning 1/2 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
            Running 1/1 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 2 runs with 1 replica
        "#]]);
}

#[test]
fn a_flapping_workload_is_available_several_times_before_it_runs() {
    Simulation::new("flapping", 1).settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 1 replica wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 1 replica
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Warning Unhealthy: Readiness probe of container "app" failed: connection refused
        Provisioning 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Warning Unhealthy: Readiness probe of container "app" failed: connection refused
        Provisioning 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Warning Unhealthy: Readiness probe of container "app" failed: connection refused
        Provisioning 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
        Running 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 1 runs with 1 replica
    "#]]);
}

#[test]
fn a_stale_status_stays_for_the_delay() {
    Simulation::new("stale-status", 1)
        .settle()
        .change(IMAGE, json!("nginx:1.26"))
        .settle()
        .shows(&expect![[r#"
            Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
                Normal Accepted: Accepted the workload, 1 replica wanted
            Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 0 to 1 replica
                Normal Pulling: Pulling image "nginx:1.25"
            Running 1/1 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 1 runs with 1 replica
            -- /spec/template/spec/containers/0/image = "nginx:1.26"
            nothing for 300ms
            Provisioning 1/2 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
                Normal Pulling: Pulling image "nginx:1.26"
            Running 1/1 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 2 runs with 1 replica
        "#]]);
}

#[test]
fn a_status_without_observed_generation_moves_all_the_same() {
    let simulation = Simulation::new("no-observed-generation", 1).settle();
    simulation.change(REPLICAS, json!(2)).settle().shows(&expect![[r#"
        Pending 0/0, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 1 replica wanted
        Provisioning 0/1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 1 replica
            Normal Pulling: Pulling image "nginx:1.25"
        Running 1/1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 1 runs with 1 replica
        -- /spec/replicas = 2
        Provisioning 1/2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 1 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Running 2/2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 2 runs with 2 replicas
    "#]]);
}

#[test]
fn nobody_touches_a_workload_without_a_controller() {
    let simulation = Simulation::new("no-status", 1).settle();
    assert_eq!(simulation.object.metadata.finalizers, None);
    simulation.delete().settle().shows(&expect![[r#"
        -- delete
    "#]]);
}

#[test]
fn other_managers_write_before_the_workload_starts() {
    Simulation::new("sidecar", 1).settle().shows(&expect![[r#"
        another manager injects injected-sidecar
        Pending 0/0 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 1 replica wanted
        Provisioning 0/1 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 1 replica
            Normal Pulling: Pulling image "nginx:1.25"
            Normal Pulling: Pulling image "sidecar:v1"
        Running 1/1 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 2 runs with 1 replica
    "#]]);
    Simulation::new("autoscale", 1).settle().shows(&expect![[r#"
        another manager sets 5 replicas
        Pending 0/0 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 5 replicas wanted
        Provisioning 0/1 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 5 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 1/2 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Provisioning 2/3 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Provisioning 3/4 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Provisioning 4/5 of generation 2, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Running 5/5 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 2 runs with 5 replicas
    "#]]);
}

#[test]
fn a_stuck_deletion_keeps_the_finalizer() {
    let simulation = Simulation::new("stuck-delete", 1).settle().delete().settle();
    assert_eq!(simulation.object.metadata.finalizers, Some(vec![FINALIZER.to_owned()]));
}

#[test]
fn a_restart_goes_on_from_what_is_stored() {
    Simulation::new("ready", 2)
        .steps(4)
        .restart()
        .settle()
        .restart()
        .settle()
        .shows(&expect![[r#"
            Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
                Normal Accepted: Accepted the workload, 2 replicas wanted
            Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
                Normal Scaling: Scaling from 0 to 2 replicas
                Normal Pulling: Pulling image "nginx:1.25"
            Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            -- restart
            Provisioning 1/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Running 2/2 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
                Normal RolloutComplete: Generation 1 runs with 2 replicas
            -- restart
        "#]]);
}

#[test]
fn a_restart_during_an_update_ends_in_the_same_place() {
    let simulation = Simulation::new("ready", 2).settle().change(IMAGE, json!("nginx:1.26"));
    simulation.steps(2).restart().settle().shows(&expect![[r#"
        Pending 0/0 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (Pending)
            Normal Accepted: Accepted the workload, 2 replicas wanted
        Provisioning 0/1 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
            Normal Scaling: Scaling from 0 to 2 replicas
            Normal Pulling: Pulling image "nginx:1.25"
        Provisioning 1/2 of generation 1, Available=False (MinimumReplicasUnavailable), Progressing=True (RolloutInProgress)
        Running 2/2 of generation 1, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 1 runs with 2 replicas
        -- /spec/template/spec/containers/0/image = "nginx:1.26"
        Provisioning 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
            Normal Pulling: Pulling image "nginx:1.26"
        Provisioning 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
        -- restart
        Provisioning 2/3 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutInProgress)
        Running 2/2 of generation 2, Available=True (MinimumReplicasAvailable), Progressing=True (RolloutComplete)
            Normal RolloutComplete: Generation 2 runs with 2 replicas
    "#]]);
}

#[test]
fn a_failure_is_still_one_after_a_restart() {
    let settled = Simulation::new("failed", 1).settle();
    let before = settled.object.clone();
    assert_eq!(settled.restart().settle().object, before);
}

#[test]
fn conditions_keep_the_time_of_their_last_transition() {
    let mut simulation = Simulation::new("ready", 1).settle();
    let workload = Workload::read(&simulation.object);
    let available = |status: &WorkloadStatus| {
        status
            .condition(condition::AVAILABLE)
            .unwrap()
            .last_transition_time
            .clone()
    };
    let first = available(&workload.status.unwrap());
    simulation.set(REPLICAS, json!(0));
    let later = Timestamp::from_second(60).unwrap();
    let step = next(
        &Workload::read(&simulation.object),
        &simulation.memory,
        Duration::ZERO,
        later,
    );
    let Write::Status(status) = step.write else {
        panic!("{step:?}")
    };
    assert_eq!(available(&status), first, "still available");
}

#[test]
fn conditions_of_others_are_no_reason_to_report_again() {
    let mut simulation = Simulation::new("ready", 1).settle();
    let conditions = simulation
        .object
        .data
        .pointer_mut("/status/conditions")
        .unwrap()
        .as_array_mut()
        .unwrap();
    conditions.insert(0, json!({ "type": "Blessed", "status": "True" }));
    assert!(!simulation.step(), "{}", simulation.trace);
}
