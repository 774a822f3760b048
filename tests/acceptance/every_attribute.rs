//! Every attribute of the schema at once, and none of them.

use std::process::Command;

use acceptance::each_cli;

/// The HCL that the provider's example `everything` prints for the workload `name`.
pub(crate) fn everything(arguments: &[&str]) -> String {
    let test = std::env::current_exe().expect("a running test knows its own path");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests are built into <target>/<profile>/deps");
    let example = folder.join("examples").join("everything");
    let output = Command::new(&example)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{} is not built: run `make acceptance` ({error})", example.display()));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("HCL is text")
}

#[test]
fn every_attribute_goes_to_the_api_and_comes_back() {
    each_cli(|workspace| {
        let read = r#"
data "datum_workload" "everything" {
  metadata   = { name = "everything", namespace = "NAMESPACE" }
  depends_on = [datum_workload.everything]
}
"#;
        let written = everything(&["NAMESPACE", "everything"]);
        workspace.config(&format!("{written}{read}")).applies();
        let state = workspace.state("datum_workload.everything");
        let data = workspace.state("data.datum_workload.everything");
        for part in ["metadata", "spec", "status"] {
            assert_eq!(data[part], state[part], "{part}");
        }
    });
}

#[test]
fn attributes_that_are_null_plan_as_if_they_were_absent() {
    each_cli(|workspace| {
        let nulls = everything(&["--null", "NAMESPACE", "nothing"]);
        workspace.config(&nulls).applies();
        let set: Vec<&str> = nulls.lines().filter(|line| !line.ends_with("= null")).collect();
        let absent = set.join("\n");
        assert_ne!(absent, nulls);
        workspace.config(&absent).plans_nothing();
    });
}
