//! The provider block and the environment: every way to reach an API, and what goes wrong with each.

use acceptance::each_cli;

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}
"#;

#[test]
fn nothing_configured_lists_what_was_tried() {
    each_cli(|workspace| {
        workspace.config(WEB);
        let mut command = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        command.env_remove("KUBECONFIG").env("HOME", workspace.path());
        acceptance::Output::of(&mut command)
            .fails()
            .says("kubeconfig")
            .says("credentials_file")
            .says("KUBECONFIG");
    });
}

#[test]
fn a_provider_configuration_known_only_after_apply_still_plans() {
    each_cli(|workspace| {
        let provider = r#"
resource "terraform_data" "path" { input = "KUBECONFIG_PATH" }
provider "datum" { kubeconfig = terraform_data.path.output }
"#;
        let path = workspace.api().kubeconfig().display().to_string();
        workspace.config(&format!("{}{WEB}", provider.replace("KUBECONFIG_PATH", &path)));
        let mut plan = workspace.command(&["plan", "-no-color"]);
        plan.env_remove("KUBECONFIG").env("HOME", workspace.path());
        acceptance::Output::of(&mut plan)
            .succeeds()
            .says("2 to add")
            .says("+ status = (known after apply)");
        workspace.applies();
    });
}

#[test]
fn settings_that_exclude_each_other_are_refused_at_their_attribute() {
    each_cli(|workspace| {
        let provider =
            "provider \"datum\" {\n  host = \"https://127.0.0.1:1\"\n  token = \"hush\"\n  token_file = \"x\"\n}\n";
        workspace.config(&format!("{provider}{WEB}"));
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("token_file")
            .says("token")
            .does_not_say("hush");
    });
}

#[test]
fn a_missing_kubeconfig_and_a_missing_context_are_named() {
    each_cli(|workspace| {
        let provider = |lines: &str| format!("provider \"datum\" {{\n  {lines}\n}}\n{WEB}");
        workspace
            .config(&provider("kubeconfig = \"missing.yaml\""))
            .apply()
            .fails()
            .says("missing.yaml");
        workspace
            .config(&provider("config_context = \"elsewhere\""))
            .apply()
            .fails()
            .says("elsewhere");
    });
}
