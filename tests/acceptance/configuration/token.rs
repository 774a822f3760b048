//! A bearer token, and a file that holds one.

use acceptance::each_cli_with_its_own_api;

use super::{WEB, applied, block, environment, host, host_variables, token};

#[test]
fn a_token_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let host = host(&access);
        block(&format!("{host}\ntoken = \"{}\"", token(&access))).reaches(workspace);
        block(&format!("{host}\ntoken = \"s3cret\""))
            .fails_with(workspace, "did not accept the credentials (401")
            .says("the token of token, which is set in the provider block");
        block(&host).fails_with(workspace, "Check the credentials that the provider was given (token,");

        let [server, authority] = host_variables(&access);
        environment(&[server, authority, ("DATUM_TOKEN", token(&access))]).reaches(workspace);
        environment(&[server, authority, ("DATUM_TOKEN", "s3cret")])
            .fails_with(workspace, "did not accept the credentials (401")
            .says("the token of token, which is set in the environment variable DATUM_TOKEN");
        environment(&[server, authority]).fails_with(workspace, "Check the credentials");
        // The names that the Kubernetes provider has for them.
        environment(&[
            ("KUBE_HOST", &access.server),
            ("KUBE_CLUSTER_CA_CERT_DATA", &access.ca),
            ("KUBE_TOKEN", token(&access)),
        ])
        .reaches(workspace);
    });
}

#[test]
fn a_plan_of_new_workloads_warns_once_of_a_token_that_is_not_accepted() {
    each_cli_with_its_own_api(|workspace| {
        let host = host(&workspace.api().access("admin"));
        let another = WEB.replace("\"web\"", "\"shop\"");
        workspace.config(&format!(
            "provider \"datum\" {{\n{host}\ntoken = \"s3cret\"\n}}\n{WEB}\n{another}"
        ));
        let plan = workspace
            .run_with(&["plan", "-no-color"], &[])
            .succeeds()
            .says("Warning: The API does not check this plan")
            .says("Plan: 2 to add")
            .does_not_say("s3cret");
        assert_eq!(
            plan.prose().matches("did not accept the credentials").count(),
            1,
            "{plan}"
        );
    });
}

#[test]
fn a_token_file_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let lines = |file: &str| format!("{}\ntoken_file = \"{file}\"", host(&access));
        let [server, authority] = host_variables(&access);
        let variables = |file| [server, authority, ("DATUM_TOKEN_FILE", file)];
        // One that has expired, then its successor in the same file.
        workspace.write("token", "s3cret");
        block(&lines("token")).fails_with(workspace, "did not accept the credentials (401");
        environment(&variables("token")).fails_with(workspace, "did not accept the credentials (401");
        workspace.write("token", &format!("{}\n", token(&access)));
        block(&lines("token")).reaches(workspace);
        environment(&variables("token")).reaches(workspace);
        workspace.write("home-token", token(&access));
        block(&lines("~/home-token")).reaches(workspace);

        block(&lines("missing"))
            .fails_with(workspace, "Cannot read the token file missing")
            .says("Check token_file, which is set in the provider block.");
        environment(&variables("missing"))
            .fails_with(workspace, "Cannot read the token file missing")
            .says("Check token_file, which is set in the environment variable DATUM_TOKEN_FILE.");
        workspace.write("empty", "");
        block(&lines("empty")).fails_with(workspace, "it is empty");
    });
}
