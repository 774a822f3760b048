//! Waiting: until the workload really is up, or the reason why it will not be.

use std::time::Duration;

use acceptance::{Output, Running, Workspace, each_cli, each_cli_with_its_own_api};
use http::Method;
use serde_json::{Value, json};

fn web(annotations: &str, more: &str) -> String {
    format!(
        r#"
resource "datum_workload" "web" {{
  metadata = {{
    name        = "web"
    namespace   = "NAMESPACE"
    annotations = {{ {annotations} }}
  }}
  spec = {{
    replicas = 2
    template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:1.25" }}] }} }}
  }}
  {more}
}}
"#
    )
}

fn scenario(name: &str) -> String {
    format!("\"simulator.datum.net/scenario\" = \"{name}\"")
}

const ADDRESS: &str = "datum_workload.web";

fn exists(workspace: &Workspace) -> bool {
    workspace.api().workload(workspace.namespace(), "web").is_some()
}

fn live(workspace: &Workspace) -> Value {
    let live = workspace.api().workload(workspace.namespace(), "web");
    live.expect("the workload exists")
}

/// How soon a wait ends that need not go on, whatever else this machine does meanwhile. Without `timeouts` a wait that does
/// go on takes twenty minutes.
const SOON: Duration = Duration::from_mins(1);

/// Starts an apply, and returns it when the workload is there and waited for.
fn applying(workspace: &Workspace) -> Running {
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    workspace.api().until("the workload is there", || exists(workspace));
    apply
}

/// Says what a controller says. Of a workload whose scenario is `no-status` nobody else says anything.
fn report(workspace: &Workspace, status: &Value) {
    workspace
        .api()
        .edit_status(workspace.namespace(), "web", json!({ "status": status }));
}

/// A condition as a controller writes it that does not know what time it is.
fn condition(r#type: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({ "type": r#type, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": "1970-01-01T00:00:00Z" })
}

/// The status of a workload that is up.
fn up(generation: i64, replicas: u32) -> Value {
    json!({ "phase": "Running", "observedGeneration": generation,
            "replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
            "conditions": [condition("Available", "True", "MinimumReplicasAvailable", "all are there")] })
}

/// What somebody else puts in the place of the workload.
fn theirs() -> Value {
    json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
        "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
    })
}

#[test]
fn a_failed_rollout_ends_the_wait_with_its_reason_and_keeps_the_state() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("bad-image"), ""))
            .apply()
            .fails()
            .says("nginx:1.25")
            .says("Failed")
            .says("kubectl describe workload web");
        assert!(exists(workspace));
        assert!(workspace.is_tainted(ADDRESS), "the state is saved, tainted");
        workspace.config(&web(&scenario("ready"), "")).applies();
    });
}

#[test]
fn a_wait_that_times_out_says_what_it_saw() {
    each_cli(|workspace| {
        workspace
            .config(&web(
                &scenario("stuck"),
                "timeouts = { create = \"2s\", update = \"2s\" }",
            ))
            .apply()
            .fails()
            .says("is not up after")
            .says("Phase: Provisioning")
            .says("Ready replicas: 0/2")
            .says("Progressing = True (RolloutInProgress): ")
            .says("Available = False (MinimumReplicasUnavailable): ")
            .says("Latest events: - Normal ")
            .says("Seen on the way: - ")
            .says("phase Pending -> Provisioning")
            .says("kubectl describe workload web");
        assert!(exists(workspace));
        assert!(workspace.is_tainted(ADDRESS));
        let status = &workspace.state(ADDRESS)["status"];
        assert_eq!(status["phase"], "Provisioning", "the state is what was seen last");
    });
}

#[test]
fn a_timeout_may_be_a_warning() {
    each_cli(|workspace| {
        let more = "timeouts = { create = \"1s\" }\nwait = { on_timeout = \"warn\" }";
        workspace
            .config(&web(&scenario("stuck"), more))
            .apply()
            .succeeds()
            .says("Warning");
        assert!(!workspace.is_tainted(ADDRESS));
        // How far it came within that second is the machine's business.
        let phase = &workspace.state(ADDRESS)["status"]["phase"];
        assert!(phase == "Pending" || phase == "Provisioning", "{phase}");
    });
}

#[test]
fn no_wait_returns_at_once() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("stuck"), "wait = { rollout = false }"))
            .applies();
    });
}

#[test]
fn a_failed_update_is_retried_by_the_next_plan() {
    each_cli(|workspace| {
        let stuck = |more: &str| web(&scenario("stuck"), more).replace("nginx:1.25", "nginx:1.26");
        for (image, more) in [
            ("nginx:1.26", "timeouts = { update = \"2s\" }"),
            (
                "nginx:1.27",
                "timeouts = { update = \"2s\" }\n wait = { on_timeout = \"warn\" }",
            ),
        ] {
            workspace.config(&web(&scenario("ready"), "")).applies();
            let is_error = !more.contains("warn");
            workspace.config(&stuck(more).replace("nginx:1.26", image));
            let output = workspace.apply().says(image);
            assert_ne!(output.success, is_error, "{output}");
            assert!(!workspace.is_tainted(ADDRESS), "an update never taints");
            let plan = workspace.plan();
            assert_eq!(plan.actions(ADDRESS), ["update"], "the wait is still owed");
            let output = workspace.apply().says("is not up after");
            assert_ne!(output.success, is_error, "{output}");
            let ready = web(&scenario("ready"), "").replace("nginx:1.25", image);
            workspace.config(&ready).applies();
        }
    });
}

#[test]
fn conditions_phase_and_replicas_are_waited_for_together() {
    each_cli(|workspace| {
        let more = r#"wait = {
            conditions = [{ type = "Available", status = "True" }]
            phase      = "Running"
            replicas   = 2
        }"#;
        workspace.config(&web(&scenario("ready"), more)).applies();
    });
}

#[test]
fn each_part_of_a_wait_that_is_missing_is_named() {
    each_cli(|workspace| {
        let more = r#"timeouts = { create = "5s" }
        wait = {
            conditions = [{ type = "Available", status = "True" }, { type = "Ready", status = "True", reason = "Blessed" }]
            phase      = "Running"
            replicas   = 2
        }"#;
        workspace.config(&web(&scenario("no-status"), more));
        let apply = applying(workspace);
        let conditions = json!([
            condition("Available", "True", "", ""),
            condition("Ready", "True", "Hoped", "")
        ]);
        report(
            workspace,
            &json!({ "phase": "Pending", "observedGeneration": 1, "readyReplicas": 1, "conditions": conditions }),
        );
        apply
            .ends_within(SOON)
            .fails()
            .says("phase is Pending, not Running")
            .says("ready replicas are 1, not 2")
            .says("Ready=True (Blessed) is wanted, it is Ready=True (Hoped)")
            .does_not_say("Available=True is wanted");
    });
}

#[test]
fn status_of_an_older_generation_is_never_believed() {
    each_cli(|workspace| {
        let slow = format!("{}, \"simulator.datum.net/delay\" = \"1s\"", scenario("stale-status"));
        workspace.config(&web(&slow, "")).applies();
        workspace
            .config(&web(&slow, "").replace("nginx:1.25", "nginx:1.26"))
            .applies();
        let live = live(workspace);
        assert_eq!(live["status"]["observedGeneration"], live["metadata"]["generation"]);
    });
}

#[test]
fn a_status_that_stays_that_of_an_older_generation_is_told_apart() {
    each_cli(|workspace| {
        let config = web(&scenario("no-status"), "timeouts = { update = \"3s\" }");
        workspace.config(&config);
        let apply = applying(workspace);
        report(workspace, &up(1, 2));
        apply.ends_within(SOON).succeeds();
        // A failure of the old generation is no more believed than its success.
        let failed = condition("Progressing", "False", "ImagePullBackOff", "no such tag");
        report(workspace, &json!({ "phase": "Failed", "conditions": [failed] }));
        workspace.config(&config.replace("nginx:1.25", "nginx:1.26"));
        workspace
            .apply()
            .fails()
            .says("is not up after")
            .says("the controller has not seen generation 2 yet")
            .says("The status is still that of generation 1, not of 2.");
        report(workspace, &up(2, 2));
        workspace.plans_nothing();
    });
}

#[test]
fn timestamps_of_1970_are_as_good_as_any() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("no-status"), ""));
        let apply = applying(workspace);
        report(workspace, &up(1, 2));
        apply.ends_within(SOON).succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn every_terminal_state_ends_the_wait_long_before_its_deadline() {
    each_cli(|workspace| {
        let conditions = [
            condition("Progressing", "False", "ImagePullBackOff", "no such tag"),
            condition("ReplicaFailure", "True", "QuotaExceeded", "no CPU is left"),
            condition(
                "Progressing",
                "False",
                "ProgressDeadlineExceeded",
                "no progress for 10m",
            ),
        ];
        let failures = conditions.map(|condition| {
            let words = ["reason", "message"].map(|name| condition[name].as_str().unwrap_or_default().to_owned());
            (json!({ "phase": "Provisioning", "conditions": [condition] }), words)
        });
        let crashed = condition("Available", "False", "CrashLoopBackOff", "exit code 1");
        let phase = (
            json!({ "phase": "Failed", "conditions": [crashed] }),
            ["phase Failed (CrashLoopBackOff)".to_owned(), "exit code 1".to_owned()],
        );
        for (mut status, [reason, message]) in failures.into_iter().chain([phase]) {
            let before = workspace.api().workload(workspace.namespace(), "web");
            let uid = before.map(|before| before["metadata"]["uid"].clone());
            workspace.config(&web(&scenario("no-status"), ""));
            let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
            workspace.api().until("the workload is there anew", || {
                let live = workspace.api().workload(workspace.namespace(), "web");
                live.is_some_and(|live| Some(&live["metadata"]["uid"]) != uid.as_ref())
            });
            status["observedGeneration"] = json!(1);
            report(workspace, &status);
            apply
                .ends_within(SOON)
                .fails()
                .says("but failed")
                .says(&reason)
                .says(&message);
            assert!(workspace.is_tainted(ADDRESS), "the next apply replaces it");
        }
    });
}

#[test]
fn a_wait_outlasts_whatever_happens_to_its_watch() {
    each_cli_with_its_own_api(|workspace| {
        let api = workspace.api();
        workspace.config(&web(&scenario("no-status"), ""));
        let apply = applying(workspace);
        api.until("it is watched", || api.watches() > 0);
        let watch = format!("/namespaces/{}/workloads?&watch=true", workspace.namespace());
        let faults = [
            (1, json!({ "status": 410, "reason": "Expired" })),
            (3, json!({ "status": 500 })),
            (1, json!({ "status": 429, "retryAfter": 0 })),
            (1, json!({ "reset": true })),
            (1, json!({ "html": 502 })),
            (1, json!({ "html": 200 })),
        ];
        for (number, (times, fault)) in (1_u32..).zip(faults) {
            for end in ["closeWatch", "expireWatch"] {
                let before = api.watches();
                let strikes = if end == "closeWatch" { times } else { 0 };
                let struck =
                    (strikes > 0).then(|| api.fault(json!({ "path": watch, "times": strikes, "fault": fault })));
                let ended = api.fault(json!({ "path": watch, "fault": { end: true } }));
                // The one that was open ends, those that are struck follow, and then one that lives.
                api.until(&format!("the watch is there again after {end} and {fault}"), || {
                    api.watches() > before + strikes
                });
                drop((struck, ended));
                report(
                    workspace,
                    &json!({ "phase": "Pending", "observedGeneration": 1, "replicas": number, "note": end }),
                );
            }
        }
        // One that breaks off within an event is struck as soon as there is one.
        let before = api.watches();
        let _broken = api.fault(json!({ "path": watch, "fault": { "truncate": 40 } }));
        let _closed = api.fault(json!({ "path": watch, "fault": { "closeWatch": true } }));
        api.until("the watch that will break off is there", || api.watches() > before);
        report(workspace, &up(1, 2));
        apply.ends_within(SOON).succeeds();
        assert!(api.watches() > before + 1, "the half event was asked for again");
        workspace.plans_nothing();
    });
}

#[test]
fn requests_and_their_repeats_count_towards_the_one_deadline() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&format!(
            "provider \"datum\" {{\n  plan_dry_run = false\n}}\n{}",
            web(&scenario("stuck"), "timeouts = { create = \"6s\" }")
        ));
        let path = format!("/namespaces/{}/workloads/web", workspace.namespace());
        let _slow = workspace
            .api()
            .fault(json!({ "method": "PATCH", "path": path, "fault": { "latencyMs": 4000 } }));
        workspace
            .apply()
            .fails()
            .does_not_say("after 6s")
            .does_not_say("Waited 6s");
    });
}

#[test]
fn a_controller_without_observed_generation_is_understood() {
    each_cli(|workspace| {
        let annotations = scenario("no-observed-generation");
        workspace.config(&web(&annotations, "")).applies();
        workspace
            .config(&web(&annotations, "").replace("replicas = 2", "replicas = 4"))
            .applies();
        assert_eq!(workspace.state(ADDRESS)["status"]["ready_replicas"], 4);
    });
}

#[test]
fn an_api_that_reports_no_status_gets_a_hint() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("no-status"), "timeouts = { create = \"1s\" }"))
            .apply()
            .fails()
            .says("no status")
            .says("controller");
    });
}

#[test]
fn a_delete_that_a_finalizer_holds_names_it_and_keeps_the_state() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("stuck-delete"), "timeouts = { delete = \"1s\" }"))
            .applies();
        workspace
            .destroy()
            .fails()
            .says("simulator.datum.net/cleanup: the controller of simulator.datum.net has yet to do its cleanup");
        assert!(workspace.state_if_any(ADDRESS).is_some(), "state is kept");
        let none = json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.destroy().succeeds();
        assert!(!exists(workspace));
    });
}

#[test]
fn deletion_protection_refuses() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("ready"), "deletion_protection = true"))
            .applies();
        workspace.destroy().fails().says("deletion_protection");
        let renamed = web(&scenario("ready"), "deletion_protection = true").replace("\"web\"\n", "\"shop\"\n");
        workspace.config(&renamed).apply().fails().says("deletion_protection");
        workspace.config("").apply().fails().says("deletion_protection");
        assert!(exists(workspace));
        workspace
            .config(&web(&scenario("ready"), "deletion_protection = false"))
            .applies();
        workspace.destroy().succeeds();
    });
}

#[test]
fn a_workload_deleted_during_the_wait_ends_it() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("stuck"), ""));
        let child = applying(workspace);
        workspace.api().delete(workspace.namespace(), "web");
        child.ends_within(SOON).fails().says("deleted by somebody else");
        workspace.config(&web(&scenario("ready"), "")).applies();
    });
}

#[test]
fn a_workload_replaced_during_the_wait_is_not_ours() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("stuck"), ""));
        let child = applying(workspace);
        workspace.api().delete(workspace.namespace(), "web");
        workspace.api().create(workspace.namespace(), theirs());
        child.ends_within(SOON).fails();
        assert_eq!(
            live(workspace)["spec"]["template"]["spec"]["containers"][0]["image"],
            "theirs:1"
        );
    });
}

#[test]
fn every_transition_is_logged_as_it_happens_and_told_when_it_fails() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("bad-image"), ""));
        let mut command = workspace.command(&["apply", "-auto-approve", "-json"]);
        let output = Output::of(command.env("TF_LOG_PROVIDER", "INFO")).fails();
        let diagnostics = output
            .stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let detail = diagnostics
            .filter_map(|line| line["diagnostic"]["detail"].as_str().map(str::to_owned))
            .find(|detail| detail.contains("Seen on the way:"))
            .expect("the message tells what was seen");
        let told = detail
            .lines()
            .skip_while(|line| !line.starts_with("Seen on the way:"))
            .skip(1);
        let told: Vec<&str> = told
            .map_while(|line| line.trim_start().strip_prefix("- "))
            .filter_map(|line| line.split_once("s  "))
            .map(|(_, change)| change)
            .collect();
        assert!(told.len() >= 3, "{detail}");
        for change in told {
            let is_logged = |line: &str| line.contains("[INFO]") && line.contains(change);
            assert!(
                output.stderr.lines().any(is_logged),
                "{change:?} is not in the log:\n{}",
                output.stderr
            );
        }
    });
}

#[test]
fn a_warning_with_a_postcondition_fails_the_run_and_keeps_the_workload() {
    each_cli(|workspace| {
        let more = |status: &str| {
            format!(
                r#"timeouts = {{ create = "1s" }}
  wait     = {{ on_timeout = "warn" }}
  lifecycle {{
    postcondition {{
      condition     = self.status.phase == "{status}"
      error_message = "The workload is not {status} yet: apply again."
    }}
  }}"#
            )
        };
        workspace
            .config(&web(&scenario("stuck"), &more("Running")))
            .apply()
            .fails()
            .says("not Running yet");
        assert!(!workspace.is_tainted(ADDRESS));
        let patch = json!({ "metadata": { "annotations": { "simulator.datum.net/scenario": "ready" } } });
        workspace.api().edit(workspace.namespace(), "web", patch);
        workspace.api().until_it_runs(workspace.namespace(), "web");
        workspace
            .config(&web(&scenario("ready"), &more("Running")))
            .apply()
            .succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn quota_that_is_exceeded_is_named() {
    each_cli(|workspace| {
        let more = "timeouts = { create = \"3s\" }";
        let output = workspace
            .config(&web(&scenario("quota-exceeded"), more))
            .apply()
            .fails();
        output.says("uota").says("kubectl get resourcequota");
    });
}

#[test]
fn none_is_a_number_of_replicas() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("ready"), "").replace("replicas = 2", "replicas = 0"))
            .applies();
        assert_eq!(workspace.state(ADDRESS)["spec"]["replicas"], 0);
    });
}

#[test]
fn a_wait_that_makes_no_sense_is_refused_at_plan() {
    each_cli(|workspace| {
        for (more, attribute) in [
            ("timeouts = { create = \"soon\" }", "timeouts.create is not valid"),
            ("timeouts = { update = \"0s\" }", "timeouts.update is not valid"),
            ("timeouts = { delete = \"-1m\" }", "timeouts.delete is not valid"),
            ("timeouts = { read = \"10\" }", "timeouts.read is not valid"),
            ("timeouts = { create = \"9999999h\" }", "timeouts.create is not valid"),
            (
                "timeouts = { create = \"99999999999999999999h\" }",
                "longer than anything",
            ),
            ("wait = { phase = \"Perfect\" }", "wait.phase is not valid"),
            ("wait = { on_timeout = \"panic\" }", "wait.on_timeout is not valid"),
            (
                "wait = { conditions = [{ type = \"Available\", status = \"Yes\" }] }",
                "wait.conditions[0].status is not valid",
            ),
            (
                "wait = { conditions = [{ type = \"\", status = \"True\" }] }",
                "wait.conditions[0].type is not valid",
            ),
            ("wait = { replicas = -1 }", "wait.replicas is not valid"),
            ("wait = { replicas = 1.5 }", "wait.replicas is not valid"),
            (
                "wait = { replicas = 3 }",
                "3 replicas are never ready where spec.replicas is 2",
            ),
        ] {
            workspace
                .config(&web("", more))
                .run(&["validate", "-no-color"])
                .fails()
                .says(attribute);
        }
    });
}

#[test]
fn conditions_that_flap_are_not_taken_for_success_while_they_do() {
    each_cli(|workspace| {
        let more = "timeouts = { create = \"3s\" }";
        workspace
            .config(&web(&scenario("flapping"), more))
            .apply()
            .fails()
            .says("Available");
        assert!(workspace.is_tainted(ADDRESS));
        workspace.config(&web(&scenario("flapping"), "")).applies();
        let conditions = live(workspace)["status"]["conditions"].clone();
        let available = conditions
            .as_array()
            .into_iter()
            .flatten()
            .find(|it| it["type"] == "Available");
        assert_eq!(available.expect("it is reported")["status"], "True", "it has settled");
    });
}

#[test]
fn what_somebody_else_created_under_the_name_is_not_deleted() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), "")).applies();
        workspace.api().delete(workspace.namespace(), "web");
        workspace.api().create(workspace.namespace(), theirs());
        // Without a refresh the delete itself meets another uid: ours is gone, and theirs stays.
        workspace
            .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
        assert!(exists(workspace), "theirs was deleted");
        assert!(workspace.state_if_any(ADDRESS).is_none());
    });
}

#[test]
fn a_propagation_policy_is_chosen_and_a_wrong_one_refused() {
    each_cli(|workspace| {
        workspace.config(&web("", "propagation_policy = \"Sideways\""));
        workspace.run(&["validate", "-no-color"]).fails().says("Foreground");
        workspace
            .config(&web(&scenario("ready"), "propagation_policy = \"Foreground\""))
            .applies();
        let destroy = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
        workspace.api().until("the workload goes", || {
            let live = workspace.api().workload(workspace.namespace(), "web");
            let is_held = |live: &Value| live["metadata"]["finalizers"] == json!(["foregroundDeletion"]);
            if live.as_ref().is_some_and(is_held) {
                // The garbage collector's part, where the API has none.
                let none = json!({ "metadata": { "finalizers": null } });
                workspace.api().edit(workspace.namespace(), "web", none);
            }
            live.is_none()
        });
        destroy.ends_within(SOON).succeeds();
        assert!(!exists(workspace));
    });
}

#[test]
fn what_takes_the_place_of_a_deleted_workload_is_not_waited_for() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("stuck-delete"), "")).applies();
        let destroy = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
        workspace.api().until("the workload is being deleted", || {
            live(workspace)["metadata"]["deletionTimestamp"].is_string()
        });
        let none = json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.api().create(workspace.namespace(), theirs());
        destroy.ends_within(SOON).succeeds();
        assert!(workspace.state_if_any(ADDRESS).is_none());
        assert_eq!(
            live(workspace)["spec"]["template"]["spec"]["containers"][0]["image"],
            "theirs:1",
            "theirs was left alone"
        );
    });
}

#[test]
fn what_is_gone_already_is_deleted() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), "")).applies();
        workspace.api().delete(workspace.namespace(), "web");
        workspace
            .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
        assert!(workspace.state_if_any(ADDRESS).is_none());
    });
}

#[test]
fn a_workload_that_is_being_deleted_is_waited_for_no_longer() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("no-status"), ""));
        let apply = applying(workspace);
        let held = json!({ "metadata": { "finalizers": ["example.com/backup"] } });
        workspace.api().edit(workspace.namespace(), "web", held);
        let path = format!(
            "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/web",
            workspace.namespace()
        );
        let deleted = workspace.api().send(Method::DELETE, &path, None);
        deleted.expect("the deletion begins");
        apply
            .ends_within(SOON)
            .fails()
            .says("is now being deleted by somebody else")
            .says("example.com/backup: the controller of example.com has yet to do its backup");
        let none = json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.config(&web(&scenario("ready"), "")).applies();
    });
}

#[test]
fn a_namespace_that_goes_takes_nothing_new_and_ends_the_wait() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&web(&scenario("stuck"), ""));
        let apply = applying(workspace);
        let held = json!({ "metadata": { "finalizers": ["example.com/backup"] } });
        workspace.api().edit(workspace.namespace(), "web", held);
        workspace.api().delete_namespace(workspace.namespace());
        apply
            .ends_within(SOON)
            .fails()
            .says("being deleted by somebody else")
            .says("kubectl get namespace");
        let another = web(&scenario("ready"), "").replace("\"web\"", "\"shop\"");
        workspace.write("shop.tf", &another);
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-target=datum_workload.shop"])
            .fails()
            .says("The namespace is being deleted");
    });
}

#[test]
fn the_provider_block_has_the_defaults_of_all_waits() {
    each_cli(|workspace| {
        let with = |settings: &str, more: &str| {
            let workload = web(&scenario("stuck"), more);
            format!("provider \"datum\" {{\n  {settings}\n}}\n{workload}")
        };
        workspace.config(&with("wait = { rollout = false }", "")).applies();
        let settings = "wait = { rollout = false, on_timeout = \"warn\" }\n  timeouts = { update = \"1s\" }";
        workspace.config(&with(settings, "wait = { rollout = true }"));
        workspace.apply().succeeds().says("Warning").says("is not up after");
        let strict = "wait = { rollout = true, on_timeout = \"error\" }";
        workspace
            .config(&with(settings, strict))
            .apply()
            .fails()
            .says("is not up after");
        workspace
            .config(&with("timeouts = { create = \"soon\" }", ""))
            .run(&["plan", "-no-color"])
            .fails()
            .says("timeouts");
        workspace
            .config(&with("wait = { on_timeout = \"panic\" }", ""))
            .run(&["plan", "-no-color"])
            .fails()
            .says("on_timeout");
    });
}

/// A workload that depends on the one that is waited for.
fn after() -> &'static str {
    r#"
resource "datum_workload" "after" {
  depends_on = [datum_workload.web]
  metadata   = { name = "after", namespace = "NAMESPACE" }
  spec       = { template = { spec = { containers = [{ name = "a", image = "nginx:1.25" }] } } }
}
"#
}

#[test]
fn what_is_rolled_back_during_the_wait_is_an_error_and_what_depends_on_it_is_not_made() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), "")).applies();
        let never = web(&scenario("never-ready"), "").replace("nginx:1.25", "nginx:1.27");
        workspace.config(&format!("{never}{}", after()));
        let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        let image = "/spec/template/spec/containers/0/image";
        workspace.api().until("the change is written", || {
            live(workspace)
                .pointer(image)
                .is_some_and(|image| image == "nginx:1.27")
        });
        // What nobody manages here may change; it is the rollback that counts.
        let label = json!({ "metadata": { "annotations": { "theirs": "1" } }, "spec": { "template": { "spec": { "priorityClassName": "high" } } } });
        workspace.api().edit(workspace.namespace(), "web", label);
        let rollback = json!({
            "metadata": { "annotations": { "simulator.datum.net/scenario": "ready" } },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] } } },
        });
        workspace.api().edit(workspace.namespace(), "web", rollback);
        apply
            .ends_within(SOON)
            .fails()
            .says("and then changed by somebody else")
            .says("spec.template.spec.containers[0].image is \"nginx:1.25\", and \"nginx:1.27\" was written")
            .says("kubectl-edit");
        assert!(workspace.api().workload(workspace.namespace(), "after").is_none());
        let plan = workspace.plan();
        assert_eq!(plan.actions(ADDRESS), ["update"]);
        workspace
            .config(&web(&scenario("ready"), "").replace("nginx:1.25", "nginx:1.27"))
            .applies();
    });
}

#[test]
fn what_others_change_that_is_not_ours_does_not_end_the_wait() {
    each_cli(|workspace| {
        let slow = scenario("slow") + ", \"simulator.datum.net/delay\" = \"4s\"";
        let unmanaged = web(&slow, "").replace("replicas = 2", "");
        workspace.config(&unmanaged);
        let apply = applying(workspace);
        let theirs = json!({ "spec": { "replicas": 2, "template": { "spec": { "priorityClassName": "high" } } } });
        workspace.api().edit(workspace.namespace(), "web", theirs);
        apply.ends_within(SOON).succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn another_number_of_replicas_than_that_of_the_configuration_is_an_error() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("no-status"), ""));
        let apply = applying(workspace);
        workspace
            .api()
            .edit(workspace.namespace(), "web", json!({ "spec": { "replicas": 0 } }));
        apply
            .ends_within(SOON)
            .fails()
            .says("spec.replicas is 0, and 2 was written")
            .says("kubectl-edit");
    });
}

#[test]
fn an_update_is_not_done_while_the_controller_says_that_it_progresses() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("no-status"), ""));
        let apply = applying(workspace);
        report(workspace, &up(1, 2));
        apply.ends_within(SOON).succeeds();
        workspace
            .config(&web(&scenario("no-status"), "timeouts = { update = \"3s\" }").replace("nginx:1.25", "nginx:1.26"));
        let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        workspace.api().until("the change is written", || {
            live(workspace)["metadata"]["generation"] == 2
        });
        let mut status = up(2, 2);
        let progressing = condition("Progressing", "True", "RolloutInProgress", "1 of 2 replaced");
        status["conditions"]
            .as_array_mut()
            .expect("conditions")
            .push(progressing);
        report(workspace, &status);
        apply
            .ends_within(SOON)
            .fails()
            .says("Progressing=True (RolloutInProgress): 1 of 2 replaced");
        report(workspace, &up(2, 2));
        workspace.plans_nothing();
    });
}

#[test]
fn a_broken_rollout_that_is_scaled_to_zero_succeeds() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("no-status"), ""));
        let apply = applying(workspace);
        let broken = |generation: i64, replicas: u32, reason: &str| {
            json!({ "phase": "Failed", "observedGeneration": generation, "replicas": replicas,
                    "conditions": [condition("Progressing", "False", reason, "no such tag")] })
        };
        report(workspace, &broken(1, 2, "ImagePullBackOff"));
        apply.ends_within(SOON).fails().says("ImagePullBackOff");
        workspace.run(&["untaint", ADDRESS]).succeeds();
        workspace.config(&web(&scenario("no-status"), "").replace("replicas = 2", "replicas = 0"));
        let log = workspace.path().join("apply.log");
        let mut command = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        command.env("TF_LOG_PROVIDER", "INFO").env("TF_LOG_PATH", &log);
        let apply = Running::start(&mut command);
        workspace.api().until("the change is written", || {
            live(workspace)["metadata"]["generation"] == 2
        });
        report(workspace, &broken(2, 2, "ErrImagePull"));
        workspace.api().until("the broken status is seen", || {
            std::fs::read_to_string(&log).is_ok_and(|log| log.contains("ErrImagePull"))
        });
        report(workspace, &broken(2, 0, "ErrImagePull"));
        apply.ends_within(SOON).succeeds();
    });
}

#[test]
fn a_wait_that_cannot_come_at_zero_replicas_says_so() {
    each_cli(|workspace| {
        let more = "wait = { phase = \"Running\" }\n  timeouts = { create = \"3s\" }";
        workspace.config(&web(&scenario("no-status"), more).replace("replicas = 2", "replicas = 0"));
        let apply = applying(workspace);
        report(workspace, &json!({ "phase": "Pending", "observedGeneration": 1 }));
        apply
            .ends_within(SOON)
            .fails()
            .says("0 replicas are wanted, so this cannot come");
    });
}

#[test]
fn an_owed_wait_is_for_the_workload_of_the_state() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), "")).applies();
        let stuck = web(&scenario("stuck"), "timeouts = { update = \"2s\" }").replace("nginx:1.25", "nginx:1.26");
        workspace.config(&stuck).apply().fails().says("is not up after");
        let uid = workspace.state(ADDRESS)["metadata"]["uid"].clone();
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        workspace.api().delete(workspace.namespace(), "web");
        workspace.api().create(workspace.namespace(), theirs());
        for apply in [
            &["apply", "-no-color", "plan.bin"][..],
            &["apply", "-auto-approve", "-no-color", "-refresh=false"],
        ] {
            workspace
                .run(apply)
                .fails()
                .says("is not the one in the state any more");
            assert_eq!(workspace.state(ADDRESS)["metadata"]["uid"], uid);
        }
    });
}
