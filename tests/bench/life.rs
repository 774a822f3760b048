//! The life of many workloads: apply, a plan without changes, one with a change, an update of one, destroy.

use acceptance::Workspace;

use crate::megabytes;
use crate::meter::{self, Usage};

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
    let refresh = ["plan", "-no-color"];
    let steps: [(&str, &str, &[&str]); 5] = [
        ("apply", "1.25", &["apply", "-auto-approve", "-no-color"]),
        ("plan without changes", "1.25", &refresh),
        ("plan with one change", "1.26", &refresh),
        ("apply of one change", "1.26", &["apply", "-auto-approve", "-no-color"]),
        ("destroy", "1.26", &["destroy", "-auto-approve", "-no-color"]),
    ];
    let mut state_size = 0;
    for (step, version, arguments) in steps {
        workspace.config(&workloads(count, version));
        beside.config(&terraform_data(count, version));
        workspace.api().forget_requests();
        let ours = meter::run(workspace, arguments);
        assert!(!ours.provider.is_zero(), "the provider's own use was not measured");
        let requests = workspace.api().requests().len();
        let theirs = meter::run(&beside, arguments);
        println!("{}", row(step, count, &ours, requests, &theirs));
        if step == "apply" {
            let state = workspace.path().join("terraform.tfstate");
            state_size = std::fs::metadata(state).expect("the state is there").len();
        }
    }
    println!("    {:<28} {:.1} MB", "state", megabytes(state_size));
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
