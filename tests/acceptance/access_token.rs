//! The ephemeral access token, for other providers of the same run.

use acceptance::{Feature, each_cli_with_its_own_api};

#[test]
fn another_provider_logs_in_with_the_access_token_and_nothing_of_it_is_kept() {
    each_cli_with_its_own_api(|workspace| {
        if !workspace
            .cli()
            .has(&Feature::EPHEMERAL, "the access token for other providers")
        {
            return;
        }
        let access = workspace.api().access("admin");
        let token = access.token.as_deref().expect("the user has a token");
        let hcl = format!(
            r#"
provider "datum" {{
  host                   = "{}"
  cluster_ca_certificate = <<-PEM
{}
PEM
  token                  = "{token}"
  namespace              = "NAMESPACE"
}}

ephemeral "datum_access_token" "this" {{}}

provider "datum" {{
  alias                  = "other"
  host                   = ephemeral.datum_access_token.this.host
  token                  = ephemeral.datum_access_token.this.token
  cluster_ca_certificate = ephemeral.datum_access_token.this.cluster_ca_certificate
  namespace              = "NAMESPACE"
}}

resource "datum_workload" "web" {{
  provider = datum.other
  metadata = {{ name = "web" }}
  spec     = {{ template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:1.25" }}] }} }} }}
}}
"#,
            access.server, access.ca
        );
        workspace.config(&hcl);
        let log = workspace.path().join("log");
        let variables = [("TF_LOG", "TRACE"), ("TF_LOG_PATH", log.to_str().expect("a path"))];
        workspace
            .run_with(&["apply", "-no-color", "-auto-approve"], &variables)
            .succeeds();
        workspace.plans_nothing();
        for kept in ["log", "terraform.tfstate"] {
            let text = std::fs::read_to_string(workspace.path().join(kept)).expect("it was written");
            assert!(!text.contains(token), "{kept} holds the token");
        }
    });
}
