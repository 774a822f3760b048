//! The life of many workloads: apply, a plan without changes, one with a change, an update of one, destroy.

use std::fs;

use acceptance::{Workspace, copies};
use serde_json::json;

use crate::megabytes;
use crate::meter::{self, Usage};

/// How many the CLI applies itself. It writes the whole state after each, so that what it takes grows with the square of the number,
/// with and without a provider. Of more than this, one is applied and the others are copies of it.
const APPLIED: usize = 1000;
/// How many are then applied and destroyed beside the copies.
const MORE: usize = 100;

const PLAN: &[&str] = &["plan", "-no-color"];
const APPLY: &[&str] = &["apply", "-auto-approve", "-no-color"];
const DESTROY: &[&str] = &["destroy", "-auto-approve", "-no-color"];

/// Prints what each step takes, beside as many of `terraform_data`.
pub(crate) fn measure(workspace: &Workspace, count: usize) {
    println!(
        "  {count} workloads{:<19} wall s  CLI s  provider s  ms each  provider MB  most MB  requests  x terraform_data",
        ""
    );
    let beside = Workspace::new(workspace.cli().clone(), workspace.api());
    beside.write("versions.tf", "");
    meter::prepare(workspace);
    meter::prepare(&beside);
    let steps = if count > APPLIED {
        copy(workspace, &beside, count);
        vec![
            ("plan without changes", count, "1.25", PLAN),
            ("plan with one change", count, "1.26", PLAN),
            ("apply of one change", count, "1.26", APPLY),
            ("apply of 100 more", count + MORE, "1.26", APPLY),
            ("destroy of these 100", count, "1.26", APPLY),
        ]
    } else {
        vec![
            ("apply", count, "1.25", APPLY),
            ("plan without changes", count, "1.25", PLAN),
            ("plan with one change", count, "1.26", PLAN),
            ("apply of one change", count, "1.26", APPLY),
            ("destroy", count, "1.26", DESTROY),
        ]
    };
    let mut state_size = 0;
    for (step, count, version, arguments) in steps {
        workspace.config(&workloads(count, version));
        beside.config(&terraform_data(count, version));
        workspace.api().forget_requests();
        let ours = meter::run(workspace, arguments);
        assert!(!ours.provider.is_zero(), "the provider's own use was not measured");
        let requests = workspace.api().requests().len();
        let theirs = meter::run(&beside, arguments);
        println!("{}", row(step, count, &ours, requests, &theirs));
        if step == "plan without changes" {
            let state = workspace.path().join("terraform.tfstate");
            state_size = fs::metadata(state).expect("the state is there").len();
        }
    }
    println!("    {:<28} {:.1} MB", "state", megabytes(state_size));
}

/// Applies one workload and one `terraform_data`, and copies both.
fn copy(workspace: &Workspace, beside: &Workspace, count: usize) {
    meter::run(workspace.config(&workloads(1, "1.25")), APPLY);
    let container = json!({
        "name": "nginx", "image": "nginx:1.25",
        "ports": [{ "containerPort": 80, "name": "http" }],
        "resources": { "limits": { "cpu": "500m", "memory": "512Mi" } },
    });
    let labels = json!({ "app": "web-app" });
    let body = json!({
        "metadata": { "labels": { "app.kubernetes.io/name": "web-app", "environment": "production" } },
        "spec": {
            "replicas": 3, "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": [container] } },
        },
    });
    copies::copy(workspace, count, &body);

    meter::run(beside.config(&terraform_data(1, "1.25")), APPLY);
    copies::copy_in_state(beside, count, |number, first| {
        let other = first.to_string().replace("\"w-0\"", &format!("\"w-{number}\""));
        serde_json::from_str(&other).expect("it was JSON")
    });
}

fn row(step: &str, count: usize, ours: &Usage, requests: usize, theirs: &Usage) -> String {
    let each = ours.provider.as_secs_f64() * 1000.0 / f64::from(u32::try_from(count).expect("a small number"));
    format!(
        "    {step:<28} {:>6.2} {:>6.2} {:>11.2} {each:>8.2} {:>12.1} {:>8.1} {requests:>9} {:>17.2}",
        ours.wall.as_secs_f64(),
        ours.cli.as_secs_f64(),
        ours.provider.as_secs_f64(),
        megabytes(ours.provider_peak),
        megabytes(ours.peak),
        ours.total().as_secs_f64() / theirs.total().as_secs_f64(),
    )
}

/// HCL of this many web servers; the first runs `version`, the others another.
fn workloads(count: usize, version: &str) -> String {
    let arguments = arguments(version);
    format!(
        "resource \"datum_workload\" \"many\" {{\n  count = {count}\n{arguments}\n  wait = {{ rollout = false }}\n}}\n"
    )
}

/// HCL of as many built-in resources that hold the same values.
fn terraform_data(count: usize, version: &str) -> String {
    let arguments = arguments(version);
    format!("resource \"terraform_data\" \"many\" {{\n  count = {count}\n  input = {{\n{arguments}\n  }}\n}}\n")
}

fn arguments(version: &str) -> String {
    r#"
  metadata = {
    name      = "w-${count.index}"
    namespace = "NAMESPACE"
    labels    = { "app.kubernetes.io/name" = "web-app", environment = "production" }
  }
  spec = {
    replicas = 3
    selector = { match_labels = { app = "web-app" } }
    template = {
      metadata = { labels = { app = "web-app" } }
      spec = {
        containers = [{
          name      = "nginx"
          image     = count.index == 0 ? "nginx:VERSION" : "nginx:1.25"
          ports     = [{ container_port = 80, name = "http" }]
          resources = { limits = { cpu = "500m", memory = "512Mi" } }
        }]
      }
    }
  }
"#
    .replace("VERSION", version)
}
