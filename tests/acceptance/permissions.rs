//! What a user may do: the Roles of the guide suffice, and less of them does what the guide says.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use acceptance::{Output, Workspace, each_cli, each_cli_with_its_own_api, this_test};
use http::Method;
use kube::config::Kubeconfig;
use serde_json::{Value, json};

const PLAN: [&str; 2] = ["plan", "-no-color"];
const APPLY: [&str; 3] = ["apply", "-auto-approve", "-no-color"];
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-no-color"];

fn web(name: &str, image: &str) -> String {
    format!(
        r#"
resource "datum_workload" "{name}" {{
  metadata = {{ name = "{name}", namespace = "NAMESPACE" }}
  spec = {{
    replicas = 1
    template = {{ spec = {{ containers = [{{ name = "app", image = "{image}" }}] }} }}
  }}
}}
"#
    )
}

/// The rules of a Role of the guide.
fn rules_of_the_guide(name: &str) -> Value {
    let guide = include_str!("../../docs/guides/authentication.md");
    let blocks = guide.split("```yaml\n").skip(1);
    let mut roles = blocks.filter_map(|block| serde_saphyr::from_str::<Value>(block.split("```").next()?).ok());
    let role = roles.find(|role| role["kind"] == "Role" && role["metadata"]["name"] == name);
    role.unwrap_or_else(|| panic!("the guide has no Role {name}"))["rules"].clone()
}

/// The rules without some verbs on a resource.
fn without(mut rules: Value, resource: &str, verbs: &[&str]) -> Value {
    for rule in rules.as_array_mut().expect("rules are a list") {
        if rule["resources"] == json!([resource]) {
            let kept = rule["verbs"].as_array_mut().expect("verbs are a list");
            kept.retain(|verb| !verbs.contains(&verb.as_str().unwrap_or_default()));
        }
    }
    let some = |rule: &Value| rule["verbs"].as_array().is_some_and(|verbs| !verbs.is_empty());
    rules.as_array_mut().expect("rules are a list").retain(some);
    rules
}

/// A user with a Role in the namespace of a workspace, where the API knows Roles: the local control plane does not.
struct User<'w> {
    workspace: &'w Workspace,
    name: String,
    kubeconfig: PathBuf,
    versions: Cell<u32>,
}

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1";

impl<'w> User<'w> {
    fn new(workspace: &'w Workspace, name: &str) -> Option<User<'w>> {
        if workspace.api().send(Method::GET, ROLES, None).is_err() {
            test_programs::leave_out(&format!("{}: the API has no Roles", this_test()));
            return None;
        }
        let mut kubeconfig = Kubeconfig::read_from(workspace.api().kubeconfig()).expect("the kubeconfig is readable");
        for user in &mut kubeconfig.auth_infos {
            if let Some(user) = &mut user.auth_info {
                user.impersonate = Some(name.to_owned());
            }
        }
        let path = workspace.path().join(format!("kubeconfig-{name}"));
        let text = serde_json::to_string(&kubeconfig).expect("a kubeconfig is JSON");
        fs::write(&path, text).expect("the kubeconfig is written");
        Some(User {
            workspace,
            name: name.to_owned(),
            kubeconfig: path,
            versions: Cell::default(),
        })
    }

    /// Gives the user these rules, in place of those from before.
    fn may(&self, mut rules: Value) -> &Self {
        // A right that nobody needs tells when the API heeds the new rules.
        let version = format!("version-{}", self.versions.replace(self.versions.get() + 1));
        let marker = json!({ "apiGroups": ["test"], "resources": [version], "verbs": ["get"] });
        rules.as_array_mut().expect("rules are a list").push(marker);
        let namespace = self.workspace.namespace();
        let metadata = json!({ "name": self.name, "namespace": namespace });
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": rules,
        });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": self.name },
            "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": self.name }],
        });
        let send = |method, path: &str, content_type, object| {
            let sent = self.workspace.api().send(method, path, Some((content_type, object)));
            sent.unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        for (plural, object) in [("roles", role), ("rolebindings", binding)] {
            let path = format!(
                "{ROLES}/namespaces/{namespace}/{plural}/{}?fieldManager=test&force=true",
                self.name
            );
            send(Method::PATCH, &path, "application/apply-patch+yaml", object);
        }
        let asked = json!({ "verb": "get", "group": "test", "resource": version, "namespace": namespace });
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": { "user": self.name, "resourceAttributes": asked },
        });
        self.workspace.api().until("the rules are in force", || {
            let reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            send(Method::POST, reviews, "application/json", review.clone())["status"]["allowed"] == true
        });
        self
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.workspace.command(arguments);
        Output::of(command.env("KUBECONFIG", &self.kubeconfig))
    }

    fn applies(&self) {
        self.run(&APPLY).succeeds();
        let plan = self.run(&[&PLAN[..], &["-detailed-exitcode"]].concat());
        plan.succeeds().says("No changes").does_not_say("does not check");
    }
}

/// Asserts that a plan says once that nobody has checked it.
#[track_caller]
fn unchecked(plan: Output) -> Output {
    let plan = plan.succeeds();
    assert_eq!(plan.prose().matches("does not check this plan").count(), 1, "{plan}");
    assert_eq!(plan.prose().matches("is not allowed to patch").count(), 1, "{plan}");
    plan.says("plan_dry_run = false")
}

#[test]
fn whoever_may_only_read_can_plan() {
    each_cli_with_its_own_api(|workspace| {
        let as_reader = "provider \"datum\" {\n  config_context = \"reader\"\n}\n";
        let two = |image: &str| format!("{}{}", web("web", image), web("shop", image));
        workspace.config(&format!("{as_reader}{}", two("nginx:1.25")));
        unchecked(workspace.run(&PLAN)).says("Plan: 2 to add");
        workspace.config(&two("nginx:1.25")).applies();
        workspace
            .config(&format!("{as_reader}{}", two("nginx:1.25")))
            .plans_nothing();
        workspace.config(&format!("{as_reader}{}", two("nginx:1.26")));
        unchecked(workspace.run(&PLAN)).says("Plan: 0 to add, 2 to change");
        workspace
            .apply()
            .fails()
            .says("Cannot update workload")
            .says("kubectl auth can-i patch workloads.compute.miloapis.com");
        workspace
            .run(&["plan", "-no-color", "-destroy"])
            .succeeds()
            .says("2 to destroy");
    });
}

#[test]
fn the_role_of_a_plan_suffices_for_one_and_for_nothing_else() {
    each_cli(|workspace| {
        let Some(user) = User::new(workspace, "planner") else {
            return;
        };
        user.may(rules_of_the_guide("terraform-plan"));
        let three = |image: &str| ["web", "shop", "api"].map(|name| web(name, image)).concat();
        workspace.config(&three("nginx:1.25"));
        unchecked(user.run(&PLAN)).says("Plan: 3 to add");
        workspace.applies();
        user.run(&PLAN)
            .succeeds()
            .says("No changes")
            .does_not_say("does not check");
        workspace.config(&three("nginx:1.26"));
        unchecked(user.run(&PLAN)).says("Plan: 0 to add, 3 to change");
        user.run(&APPLY).fails().says("is not allowed to patch");
        user.run(&DESTROY).fails().says("is not allowed to delete");

        // With get alone all are read, one by one.
        user.may(without(rules_of_the_guide("terraform-plan"), "workloads", &["list"]));
        workspace.config(&three("nginx:1.25"));
        user.run(&PLAN)
            .succeeds()
            .says("No changes")
            .does_not_say("does not check");
        // Without a right to read namespaces, a workload that is missing counts as gone.
        user.may(without(rules_of_the_guide("terraform-plan"), "namespaces", &["get"]));
        user.run(&PLAN)
            .succeeds()
            .says("No changes")
            .does_not_say("does not check");
        workspace.api().delete(workspace.namespace(), "shop");
        user.run(&PLAN).succeeds().says("Plan: 1 to add");
    });
}

#[test]
fn the_role_of_an_apply_suffices_for_creating_and_changing() {
    each_cli(|workspace| {
        let Some(user) = User::new(workspace, "applier") else {
            return;
        };
        user.may(rules_of_the_guide("terraform-apply"));
        workspace.config(&web("web", "nginx:1.25"));
        user.applies();
        workspace.config(&web("web", "nginx:1.26"));
        user.applies();
        // Beside others: what kubectl has set by hand, and what a controller applies.
        let replicas = json!({ "spec": { "replicas": 3 } });
        workspace.api().edit(workspace.namespace(), "web", replicas);
        user.applies();
        let theirs = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "replicas": 5 },
        });
        let applied = workspace.api().apply_as("scaler", workspace.namespace(), "web", theirs);
        applied.expect("the scaler takes the replicas");
        user.run(&PLAN).fails().says("belongs to \"scaler\"");
        workspace.config(&web("web", "nginx:1.26").replace("  spec = {", "  force_conflicts = true\n  spec = {"));
        user.applies();
        // A failed wait tells what happened.
        workspace.config(&web("web", "nginx:does-not-exist"));
        user.run(&APPLY).fails().says("Latest events").says("Pulling");
        workspace.config(&web("web", "nginx:1.25"));
        user.applies();
        user.run(&DESTROY).fails().says("is not allowed to delete");

        // Without list and watch the workload is looked at now and then, and without events the message has none.
        user.may(json!([{
            "apiGroups": ["compute.miloapis.com"], "resources": ["workloads"],
            "verbs": ["get", "create", "patch", "delete"],
        }]));
        workspace.config(&format!("{}{}", web("web", "nginx:1.27"), web("shop", "nginx:1.27")));
        user.applies();
        workspace.config(&web("web", "nginx:does-not-exist"));
        user.run(&APPLY)
            .fails()
            .says("An image cannot be fetched")
            .does_not_say("Latest events");
        assert_eq!(workspace.api().workload(workspace.namespace(), "shop"), None);
        user.run(&DESTROY).succeeds();
    });
}

#[test]
fn the_role_of_everything_suffices_for_replacing_and_destroying() {
    each_cli(|workspace| {
        let Some(user) = User::new(workspace, "owner") else {
            return;
        };
        user.may(rules_of_the_guide("terraform"));
        workspace.config(&web("web", "nginx:1.25"));
        user.applies();
        user.run(&["apply", "-auto-approve", "-no-color", "-replace=datum_workload.web"])
            .succeeds();
        user.run(&DESTROY).succeeds();
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
    });
}
