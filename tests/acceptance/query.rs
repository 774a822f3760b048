//! Lists, and imports by identity, under the CLIs that have them.

use acceptance::{Feature, Kubectl, Workspace, each_cli};
use serde_json::json;

fn make(workspace: &Workspace, name: &str, environment: &str) {
    let body = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
        "metadata": { "name": name, "labels": { "environment": environment } },
        "spec": { "template": { "spec": { "containers": [
            { "name": "app", "image": "nginx:1.25", "env": [{ "name": "EMPTY", "value": "" }] },
        ] } } },
    });
    workspace.api().make(workspace.namespace(), body, Kubectl::Apply);
}

const PROVIDER: &str = "provider \"datum\" {\n  namespace = \"NAMESPACE\"\n}\n";

/// What a query says that has these arguments in its `config` block.
fn query(workspace: &Workspace, config: &str, more: &[&str]) -> acceptance::Output {
    let list = format!("list \"datum_workload\" \"found\" {{\n  provider = datum\n  config {{\n{config}\n  }}\n}}\n");
    workspace.write("found.tfquery.hcl", &list);
    let arguments: Vec<_> = ["query", "-no-color"].iter().chain(more).copied().collect();
    workspace.run(&arguments)
}

#[test]
fn what_a_query_generates_is_imported_as_it_is() {
    each_cli(|workspace| {
        if !workspace.cli().has(&Feature::QUERY, "HCL that a query generates") {
            return;
        }
        for name in ["one", "two"] {
            make(workspace, name, "production");
        }
        make(workspace, "three", "staging");
        workspace.config(PROVIDER);
        query(
            workspace,
            "label_selector = \"environment=production\"",
            &["-generate-config-out=generated.tf"],
        )
        .succeeds()
        .says("/one")
        .says("/two")
        .does_not_say("/three");
        std::fs::remove_file(workspace.path().join("found.tfquery.hcl")).expect("it was written");
        let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).expect("it was generated");
        assert_eq!(
            generated.matches("= \"\"").count(),
            2,
            "an empty string stays one:\n{generated}"
        );
        workspace.applies();
        workspace.plans_nothing();
    });
}

#[test]
fn a_selector_that_the_api_does_not_understand_is_told_of_where_it_stands() {
    each_cli(|workspace| {
        if !workspace.cli().has(&Feature::QUERY, "the selectors of a query") {
            return;
        }
        workspace.config(PROVIDER);
        query(workspace, "label_selector = \"a=b=c\"", &[])
            .fails()
            .says("label_selector is not valid")
            .says("found.tfquery.hcl line 4");
        let both = "label_selector = \"a=b\"\nfield_selector = \"spec.replicas=1\"";
        query(workspace, both, &[])
            .fails()
            .says("field_selector is not valid")
            .says("found.tfquery.hcl line 5");
    });
}

#[test]
fn a_faulty_identity_is_told_of_by_its_attribute() {
    each_cli(|workspace| {
        if !workspace
            .cli()
            .has(&Feature::IDENTITY, "an import by a faulty identity")
        {
            return;
        }
        let web = "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\" }\n  spec = { template = { spec = { \
                   containers = [{ name = \"app\", image = \"nginx:1.25\" }] } } }\n}\n";
        for (identity, attribute) in [
            (
                "{ name = \"web\", namespace = \"\" }",
                "identity.namespace does not name a workload",
            ),
            ("{ name = \"Bad_Name\" }", "identity.name does not name a workload"),
            ("{ name = null, namespace = \"x\" }", "identity.name"),
        ] {
            let import = format!("import {{\n  to = datum_workload.web\n  identity = {identity}\n}}\n");
            workspace.config(&format!("{PROVIDER}{web}{import}"));
            workspace
                .run(&["plan", "-no-color"])
                .fails()
                .says(attribute)
                .does_not_say("import ID");
        }
        make(workspace, "web", "production");
        let import = "import {\n  to = datum_workload.web\n  identity = { name = \"web\" }\n}\n";
        workspace.config(&format!("{PROVIDER}{web}{import}")).applies();
    });
}
