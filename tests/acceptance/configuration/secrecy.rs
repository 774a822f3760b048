//! What no log holds, at the level that shows everything.

use acceptance::each_cli_with_its_own_api;
use serde_json::json;

use super::loopback::{Proxy, TokenEndpoint};
use super::{APPLY, Mode, PLAN, exec, host, host_variables, token};

const PATIENT: &str = r#"
resource "datum_workload" "secretive" {
  metadata = { name = "secretive", namespace = "NAMESPACE" }
  spec = { template = { spec = { containers = [{
    name  = "app"
    image = "nginx:1.25"
    env   = [{ name = "PASSWORD", value = "s3cret-of-the-manifest" }]
  }] } } }
}
"#;

#[test]
fn a_trace_log_holds_no_secret() {
    each_cli_with_its_own_api(|workspace| {
        let access = workspace.api().access("admin");
        let certificate = workspace.api().access("client-cert");
        let endpoint = TokenEndpoint::start(token(&access));
        let key = endpoint.key();
        workspace
            .write("key.json", &key.to_string())
            .write("token", token(&access));
        let credential = exec::credential(exec::V1, token(&access), "");
        workspace.write("credential.json", &credential.to_string());
        let proxy = Proxy::start(true, None);
        let proxy = proxy.url().replace("http://", "http://me:s3cret@");
        let host = host(&access);
        let with_token = format!("{host}\ntoken = \"{}\"", token(&access));
        let client_key = certificate.client_key.expect("the user has a key");
        let blocks = [
            with_token.clone(),
            format!("{with_token}\nproxy_url = \"{proxy}\""),
            format!("{host}\ntoken_file = \"token\""),
            format!(
                "{host}\nclient_certificate = \"{}\"\nclient_key = \"{client_key}\"",
                certificate.client_certificate.expect("the user has a certificate"),
            ),
            format!(
                "{host}\nexec = {{\n api_version = \"{}\"\n command = \"cat\"\n args = [\"credential.json\"]\n \
                 env = {{ PASSWORD = \"s3cret-of-the-program\" }}\n}}",
                exec::V1
            ),
            format!("{host}\ncredentials_file = \"key.json\""),
        ];
        let [server, authority] = host_variables(&access);
        let variables =
            [server, authority, ("DATUM_CREDENTIALS", &*key.to_string())].map(|(name, value)| (name, value.to_owned()));
        let modes = blocks.iter().map(|block| (block.as_str(), Vec::new()));
        let modes = modes.chain([("", variables.to_vec())]);

        let private = key["private_key"].as_str().expect("a key");
        let secrets = [
            token(&access),
            "s3cret",
            // The middle of the keys: their ends are the same for all.
            &private[200..260],
            &client_key[60..120],
        ];
        for (number, (block, variables)) in modes.enumerate() {
            let arguments = if number == 0 { APPLY } else { PLAN };
            let mut variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
            variables.push(("TF_LOG", "TRACE"));
            let mode = Mode {
                block,
                variables: &variables,
            };
            let text = format!("provider \"datum\" {{\n{}\n}}\n{PATIENT}", mode.block);
            let output = workspace.config(&text).run_with(arguments, mode.variables).succeeds();
            let log = &output.stderr;
            assert!(
                log.contains("datum_client.transport") && log.contains("namespaces"),
                "the provider's own log is in it: {log}"
            );
            for secret in secrets {
                // Escaped as JSON has it, too.
                for secret in [
                    secret.to_owned(),
                    json!(secret).to_string().trim_matches('"').to_owned(),
                ] {
                    let line = log.lines().find(|line| line.contains(&secret));
                    assert!(line.is_none(), "mode {number} logs {secret:?}: {line:?}");
                }
            }
        }
    });
}
