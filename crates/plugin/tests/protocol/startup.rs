//! How the program starts, for a CLI or for somebody else.

use std::process::Output;

use crate::certificate::Certificate;
use crate::plugin::{COOKIE, Plugin, command, within};

async fn run(args: &[&str], vars: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.args(args).envs(vars.iter().copied());
    within(command.output()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn run_by_hand_it_explains_itself_and_fails() {
    let output = run(&[], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    expect_test::expect![[r#"
        terraform-provider-example 0.1.0 is a plugin for Terraform and OpenTofu, which start it when they need it.
        To use it, declare it in a configuration and run "terraform init" or "tofu init":

          terraform {
            required_providers {
              example = {
                source = "acme/example"
              }
            }
          }
    "#]]
    .assert_eq(&text(&output.stderr));
}

#[tokio::test]
async fn it_has_a_version_and_help() {
    let output = run(&["--version"], &[]).await;
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "terraform-provider-example 0.1.0\n");
    let output = run(&["--help"], &[]).await;
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("-debug"));
    let output = run(&["--serve"], &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "terraform-provider-example: unknown argument --serve. Try --help.\n"
    );
}

#[tokio::test]
async fn a_cli_that_cannot_be_served_is_told_why_in_the_line_that_it_shows() {
    let certificate = Certificate::new();
    let certificate = ("PLUGIN_CLIENT_CERT", certificate.pem.as_str());
    for (vars, message) in [
        (
            vec![COOKIE, certificate, ("PLUGIN_PROTOCOL_VERSIONS", "5")],
            "the CLI speaks plugin protocol 5",
        ),
        (vec![COOKIE], "PLUGIN_CLIENT_CERT is not set"),
        (
            vec![COOKIE, ("PLUGIN_CLIENT_CERT", "nonsense")],
            "cannot read the CLI's certificate",
        ),
        (
            vec![COOKIE, certificate, ("PLUGIN_UNIX_SOCKET_DIR", "/does/not/exist")],
            "cannot listen for the CLI: /does/not/exist: ",
        ),
    ] {
        let output = run(&[], &vars).await;
        assert_eq!(output.status.code(), Some(1));
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(stdout.starts_with("terraform-provider-example cannot "), "{stdout}");
        assert!(stdout.contains(message) && stdout.lines().count() == 1, "{stdout}");
        assert!(stderr.contains(message), "{stderr}");
    }
}

#[tokio::test]
async fn stdout_carries_the_handshake_and_nothing_else() {
    let plugin = Plugin::start_with(&[("TF_LOG", "trace")]).await;
    plugin.client.provider_schema().await;
    plugin.signal("TERM");
    let ended = plugin.ended().await;
    assert!(ended.status.success());
    assert_eq!(ended.stdout, "");
}
