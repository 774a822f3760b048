//! A project and an endpoint: the URL of the project's control plane.

use acceptance::each_cli_with_its_own_api;

use super::{applied, block, environment, token};

#[test]
fn a_project_and_an_endpoint_make_the_control_planes_url() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = token(&access);
        let project = workspace.project();
        let endpoint = &*access.server;
        let whole = format!("{endpoint}/apis/resourcemanager.miloapis.com/v1alpha1/projects/{project}/control-plane");
        let lines = |project: &str, endpoint: &str| {
            format!(
                "project = \"{project}\"\nendpoint = \"{endpoint}\"\ncluster_ca_certificate = \"{}\"\ntoken = \"{token}\"",
                access.ca
            )
        };
        let variables = |project, endpoint| {
            [
                ("DATUM_PROJECT", project),
                ("DATUM_ENDPOINT", endpoint),
                ("DATUM_CLUSTER_CA_CERTIFICATE", &*access.ca),
                ("DATUM_TOKEN", token),
            ]
        };
        let slash = format!("{endpoint}/");
        for endpoint in [endpoint, &slash, endpoint.trim_start_matches("https://"), &whole] {
            block(&lines(project, endpoint)).reaches(workspace);
            environment(&variables(project, endpoint)).reaches(workspace);
        }
        block(&lines("nowhere", endpoint)).fails_with(workspace, "/projects/nowhere/control-plane");
        environment(&variables("nowhere", endpoint)).fails_with(workspace, "/projects/nowhere/control-plane");
        block(&lines("bakery", &whole)).fails_with(workspace, "but the project is \"bakery\"");
        block(&lines("Not a project", endpoint)).fails_with(workspace, "project cannot be read");
        block(&lines(project, "ftp://x")).fails_with(workspace, "must start with https:// or http://");

        let without_project = [("DATUM_ENDPOINT", endpoint), ("DATUM_TOKEN", token)];
        environment(&without_project).fails_with(workspace, "does not know which project to use");
        block(&format!("project = \"{project}\"")).fails_with(workspace, "no credentials for Datum's API");
        let foreign = [("DATUM_PROJECT", project), ("KUBE_TOKEN", "s3cret")];
        environment(&foreign).fails_with(workspace, "Variables of other tools, such as KUBE_TOKEN, are not sent");
        let both = [
            ("DATUM_PROJECT", project),
            ("DATUM_ORGANIZATION", "acme"),
            ("DATUM_TOKEN", token),
        ];
        environment(&both).fails_with(workspace, "DATUM_PROJECT and DATUM_ORGANIZATION are both set");
    });
}
