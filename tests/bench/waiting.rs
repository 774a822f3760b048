//! How long a wait goes on after the event that ends it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use acceptance::Workspace;
use serde_json::{Value, json};

const TRIES: usize = 5;

/// Prints the time from the answer to the write of a status that makes a workload ready, to the line in which the CLI says
/// that its resource is complete.
pub(crate) fn measure(workspace: &Workspace) {
    workspace.config(
        r#"
resource "datum_workload" "waited" {
  metadata = { name = "waited", namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
  wait     = { rollout = false, conditions = [{ type = "Benchmarked", status = "True" }] }
}
"#,
    );
    let mut times: Vec<Duration> = (0..TRIES).map(|_| after_the_event(workspace)).collect();
    times.sort();
    let median = times[TRIES / 2].as_secs_f64() * 1000.0;
    println!(
        "  {:<28} {median:.1} ms from the status to the CLI's own line, the median of {TRIES}",
        "wait's end"
    );
}

fn after_the_event(workspace: &Workspace) -> Duration {
    workspace.api().forget_requests();
    let mut command = workspace.command(&["apply", "-auto-approve", "-json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the CLI starts");
    let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if message["type"] == "apply_complete" {
                // The other end listens until it has this.
                let _ = sender.send(Instant::now());
            }
        }
    });
    workspace
        .api()
        .until("the workload is watched", || workspace.api().watches() > 0);
    let condition = json!({ "type": "Benchmarked", "status": "True", "reason": "Done", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z" });
    workspace.api().edit_status(
        workspace.namespace(),
        "waited",
        json!({ "status": { "conditions": [condition] } }),
    );
    let written = Instant::now();
    let said = receiver.recv_timeout(Duration::from_mins(1)).expect("the apply ends");
    assert!(child.wait().expect("the CLI ends").success(), "the apply failed");
    reader.join().expect("the reader ends");
    workspace.destroy().succeeds();
    said.saturating_duration_since(written)
}
