//! What admission says: at plan where it comes at plan, whole, and never in the way of what it is not about.

use acceptance::fault::{AS_OFTEN_AS_IT_COMES, Fault};
use acceptance::{Output, Workspace, each_cli, each_cli_with_its_own_api, this_test};
use http::Method;
use serde_json::{Value, json};

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec = {
    replicas = 2
    template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } }
  }
}
"#;

const ADDRESS: &str = "datum_workload.web";
const PLAN: [&str; 2] = ["plan", "-no-color"];

/// What all writes of the provider have in their query, dry runs included. The simulator's writes are left alone.
const OURS: &str = "fieldManager=terraform-provider-datum";
/// What only the write of a create has: the name of its attempt.
const ATTEMPT: &str = "fieldManager=terraform-provider-datum.";
const DRY_RUN: &str = "dryRun=All";

/// What gatekeeper says of a workload with two faults.
const DENIAL: &str = "admission webhook \"validation.gatekeeper.sh\" denied the request: [need-owner] label owner is missing\n\
                      [no-latest] container <nginx> uses tag :latest";

fn updated() -> String {
    WEB.replace("nginx:1.25", "nginx:1.26")
}

/// Has as many requests of a kind as this answered with an error of the API.
fn answer(workspace: &Workspace, path: &str, times: impl Into<Value>, status: u16, message: &str) -> Fault {
    let fault = json!({ "status": status, "message": message });
    workspace
        .api()
        .fault(json!({ "method": "PATCH", "path": path, "times": times.into(), "fault": fault }))
}

/// The same with as many as come.
fn answer_all(workspace: &Workspace, path: &str, status: u16, message: &str) -> Fault {
    answer(workspace, path, AS_OFTEN_AS_IT_COMES, status, message)
}

/// How many requests of the provider's were sent that have this in their query.
fn sent(workspace: &Workspace, query: &str) -> usize {
    let all = workspace.api().send(Method::GET, "/_control/requests", None);
    let all = all.expect("the requests are counted");
    let requests = all.as_array().into_iter().flatten().map(Value::to_string);
    requests.filter(|request| request.contains(query)).count()
}

#[test]
fn a_webhook_without_dry_run_is_one_warning_and_in_nobodys_way() {
    each_cli_with_its_own_api(|workspace| {
        let two = format!("{WEB}{}", WEB.replace("\"web\"", "\"shop\""));
        let without = "admission webhook \"policy.example.com\" does not support dry run";
        let _fault = answer_all(workspace, DRY_RUN, 400, without);
        let warns_once = |output: Output| {
            assert_eq!(output.prose().matches(without).count(), 1, "{output}");
            output
                .says("The API does not check this plan")
                .says("plan_dry_run = false")
        };
        warns_once(workspace.config(&two).run(&PLAN).succeeds()).says("Plan: 2 to add");
        workspace.apply().succeeds();
        let changed = two.replace("nginx:1.25", "nginx:1.26");
        warns_once(workspace.config(&changed).run(&PLAN).succeeds()).says("Plan: 0 to add, 2 to change");
        workspace.applies();
        // A pending change is in the way of no deletion.
        workspace.config(&two).destroy().succeeds();
    });
}

#[test]
fn a_webhook_that_does_not_answer_is_asked_again_and_named() {
    let refused = "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \
                   \"https://w.ns.svc:443/mutate?timeout=10s\": dial tcp 10.0.0.1:443: connect: connection refused";
    each_cli_with_its_own_api(|workspace| {
        let fault = answer(workspace, ATTEMPT, 2, 500, refused);
        workspace.api().forget_requests();
        workspace.config(WEB).applies();
        fault.ends();
        assert_eq!(sent(workspace, ATTEMPT), 3, "two were struck");
        let failing = |what: &str| {
            let mut command = workspace.command(&["apply", "-auto-approve", "-no-color"]);
            Output::of(command.env("DATUM_MAX_RETRIES", "1"))
                .fails()
                .says(what)
                .says("The admission webhook \"w.example.com\" cannot be asked")
                .says("The API answers")
                .does_not_say("The API is not available")
                .does_not_say("is not known")
        };
        workspace.config(&updated());
        let fault = answer_all(workspace, OURS, 500, refused);
        failing("Cannot update workload");
        fault.ends();
        workspace.destroy().succeeds();
        let fault = answer_all(workspace, OURS, 500, refused);
        failing("Cannot create workload");
        assert_eq!(
            workspace.api().workload(workspace.namespace(), "web"),
            None,
            "nothing is left over"
        );
        fault.ends();
        // At plan it is as if there were no dry run.
        let _fault = answer_all(workspace, DRY_RUN, 500, refused);
        let mut command = workspace.command(&PLAN);
        Output::of(command.env("DATUM_MAX_RETRIES", "0"))
            .succeeds()
            .says("The API does not check this plan")
            .says("Plan: 1 to add");
    });
}

#[test]
fn a_denial_is_told_whole_at_plan_and_what_it_advises_works() {
    each_cli_with_its_own_api(|workspace| {
        let denied = |what: &str| {
            workspace.api().forget_requests();
            let denied = workspace
                .run(&PLAN)
                .fails()
                .says(what)
                .says("[need-owner] label owner is missing [no-latest] container <nginx> uses tag :latest")
                .says("plan_dry_run = false")
                .does_not_say("role")
                .does_not_say("token")
                .does_not_say("can-i");
            assert_eq!(sent(workspace, OURS), 1, "it is final: {denied}");
        };
        let fault = answer_all(workspace, OURS, 403, DENIAL);
        workspace.config(WEB);
        denied("The API would refuse workload");
        fault.ends();
        workspace.applies();
        let fault = answer_all(workspace, OURS, 403, DENIAL);
        workspace.config(&updated());
        denied("The API would refuse workload");
        let mut unasked = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        Output::of(unasked.env("DATUM_PLAN_DRY_RUN", "false"))
            .fails()
            .says("Cannot update workload")
            .says("label owner is missing");
        // Terraform plans the pending change before it plans the destruction.
        workspace.destroy().fails().says("terraform destroy -refresh=false");
        workspace
            .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
        assert_eq!(workspace.state_if_any(ADDRESS), None);
        fault.ends();
        let _fault = answer_all(
            workspace,
            OURS,
            400,
            "admission webhook \"w\" denied the request without explanation",
        );
        workspace
            .run(&PLAN)
            .fails()
            .says("Admission webhook \"w\" denied the request without explanation.");
    });
}

#[test]
fn a_denial_about_something_absent_leaves_the_decision_to_the_apply() {
    let absent =
        "admission webhook \"network.example.com\" denied the request: networks.example.com \"prod\" not found";
    each_cli_with_its_own_api(|workspace| {
        let warns = |output: Output| {
            output
                .says("as things are now")
                .says("networks.example.com \"prod\" not found")
                .says("plan_dry_run = false")
        };
        workspace.config(WEB);
        // The plan is denied, and the run makes what was absent before it applies.
        let fault = answer(workspace, DRY_RUN, 1, 404, absent);
        warns(workspace.apply().succeeds());
        fault.ends();
        workspace.plans_nothing();
        workspace.config(&updated());
        let fault = answer(workspace, DRY_RUN, 1, 403, absent);
        warns(workspace.apply().succeeds());
        fault.ends();
        workspace.plans_nothing();
        // Nobody makes it.
        workspace.config(WEB);
        let _fault = answer_all(workspace, OURS, 403, absent);
        warns(workspace.run(&PLAN).succeeds()).says("Plan: 0 to add, 1 to change");
        workspace
            .apply()
            .fails()
            .says("Cannot update workload")
            .says("not found");
        workspace.destroy().succeeds();
    });
}

#[test]
fn what_is_too_large_is_refused_at_plan_with_what_is_largest() {
    each_cli_with_its_own_api(|workspace| {
        let large = |kib: usize| {
            let value = format!("join(\"\", [for i in range({}) : format(\"%08192d\", i)])", kib / 8);
            let container =
                format!("name = \"app\", image = \"nginx:1.25\", env = [{{ name = \"BLOB\", value = {value} }}]");
            WEB.replace("name = \"app\", image = \"nginx:1.25\"", &container)
        };
        let refused = |output: Output, texts: [&str; 2]| {
            let text = Output {
                stdout: String::new(),
                ..output
            };
            assert!(!text.stderr.contains("0000000000000000"), "the value is not shown");
            let text = text.fails().says("spec.template.spec.containers[0].env[0].value");
            texts.into_iter().fold(text, Output::says);
        };
        workspace.config(&large(4000));
        refused(workspace.run(&PLAN), ["A request may have 3 MiB", "4000 KiB"]);
        workspace.config(&large(1600));
        refused(
            workspace.apply(),
            ["A stored object may have about 1.5 MiB", "1600 KiB"],
        );
        assert_eq!(workspace.state_if_any(ADDRESS), None);
    });
}

#[test]
fn a_typed_patch_error_is_final() {
    each_cli_with_its_own_api(|workspace| {
        let message = "failed to create typed patch object (project-myproject/web-app; compute.miloapis.com/v1alpha1, \
                       Kind=Workload): .spec.replica: field not declared in schema";
        let _fault = answer(workspace, OURS, 1, 500, message);
        workspace.api().forget_requests();
        workspace
            .config(WEB)
            .run(&PLAN)
            .fails()
            .says("field not declared in schema");
        assert_eq!(sent(workspace, OURS), 1);
    });
}

/// A policy on the workloads of this workspace's namespace alone, where the API has policies.
struct Policy<'w> {
    workspace: &'w Workspace,
    name: String,
    /// `Validating` or `Mutating`.
    kind: &'static str,
}

const ADMISSION: &str = "/apis/admissionregistration.k8s.io/v1";

impl<'w> Policy<'w> {
    /// A policy that denies what `expression` is false of. None where the API has no policies, as the local control plane.
    fn new(workspace: &'w Workspace, expression: &str, parameter: Option<&str>) -> Option<Policy<'w>> {
        let spec =
            json!({ "validations": [{ "expression": expression, "message": "the policy of the test says no" }] });
        let policy = Self::made(workspace, "Validating", spec, parameter)?;
        let api = policy.workspace.api();
        api.until("the policy is in force", || policy.denies("probe"));
        Some(policy)
    }

    /// A policy that applies what `expression` makes.
    fn rewriting(workspace: &'w Workspace, expression: &str) -> Option<Policy<'w>> {
        let mutation = json!({ "patchType": "JSONPatch", "jsonPatch": { "expression": expression } });
        let spec = json!({ "reinvocationPolicy": "Never", "mutations": [mutation] });
        let policy = Self::made(workspace, "Mutating", spec, None)?;
        let api = policy.workspace.api();
        api.until("the policy is in force", || {
            policy
                .asked("probe")
                .is_ok_and(|answer| answer.to_string().contains("nginx:pinned"))
        });
        Some(policy)
    }

    fn made(
        workspace: &'w Workspace,
        kind: &'static str,
        mut spec: Value,
        parameter: Option<&str>,
    ) -> Option<Policy<'w>> {
        if workspace.api().send(Method::GET, ADMISSION, None).is_err() {
            test_programs::leave_out(&format!("{}: the API has no admission policies", this_test()));
            return None;
        }
        let name = workspace.namespace().to_owned();
        let rule = json!({
            "apiGroups": ["compute.miloapis.com"], "apiVersions": ["v1alpha1"], "operations": ["CREATE", "UPDATE"],
            "resources": ["workloads"],
        });
        let of_the_namespace = json!({ "matchLabels": { "kubernetes.io/metadata.name": name } });
        spec["failurePolicy"] = json!("Fail");
        spec["matchConstraints"] = json!({ "resourceRules": [rule], "namespaceSelector": of_the_namespace });
        let mut binding = json!({ "policyName": name });
        if kind == "Validating" {
            binding["validationActions"] = json!(["Deny"]);
        }
        if let Some(parameter) = parameter {
            // Not a kind of Kubernetes' own: a server follows these no more once a policy with such a parameter is deleted.
            spec["paramKind"] = json!({ "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload" });
            // The parameter itself is told by its label: whether it is there is asked before any condition.
            let others = json!({ "matchExpressions": [{ "key": "limits", "operator": "DoesNotExist" }] });
            spec["matchConstraints"]["objectSelector"] = others;
            binding["paramRef"] = json!({ "name": parameter, "namespace": name, "parameterNotFoundAction": "Deny" });
        }
        let made = Policy { workspace, name, kind };
        for (kind, plural, spec) in [("", "policies", spec), ("Binding", "policybindings", binding)] {
            let object = json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": format!("{}AdmissionPolicy{kind}", made.kind),
                "metadata": { "name": made.name }, "spec": spec,
            });
            let path = made.path(plural);
            let sent = workspace
                .api()
                .send(Method::POST, &path, Some(("application/json", object)));
            sent.unwrap_or_else(|error| panic!("{path}: {error}"));
        }
        Some(made)
    }

    fn path(&self, plural: &str) -> String {
        format!("{ADMISSION}/{}admission{plural}", self.kind.to_lowercase())
    }

    /// Whether a workload without labels is denied, which is not made.
    fn denies(&self, name: &str) -> bool {
        self.asked(name)
            .is_err_and(|error| error.to_string().contains("denied request"))
    }

    /// What the API makes of a workload without labels.
    fn asked(&self, name: &str) -> Result<Value, kube::Error> {
        let path = format!(
            "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/{name}?fieldManager=probe&dryRun=All",
            self.name
        );
        let body = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": name },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] } } },
        });
        let body = Some(("application/apply-patch+yaml", body));
        self.workspace.api().send(Method::PATCH, &path, body)
    }
}

impl Drop for Policy<'_> {
    fn drop(&mut self) {
        for plural in ["policybindings", "policies"] {
            // Clean-up only.
            let path = format!("{}/{}", self.path(plural), self.name);
            let _ = self.workspace.api().send(Method::DELETE, &path, None);
        }
    }
}

#[test]
fn a_policy_of_a_real_api_denies_at_plan_and_is_not_in_the_way_of_a_destruction() {
    each_cli(|workspace| {
        let owned = WEB.replace("name = \"web\",", "name = \"web\", labels = { owner = \"me\" },");
        let Some(_policy) = Policy::new(workspace, "has(object.metadata.labels)", None) else {
            return;
        };
        let denial = "denied request: the policy of the test says no.";
        workspace
            .config(WEB)
            .run(&PLAN)
            .fails()
            .says(denial)
            .says("plan_dry_run = false");
        workspace.config(&owned).applies();
        workspace.config(&updated()).run(&PLAN).fails().says(denial);
        workspace.destroy().fails().says("terraform destroy -refresh=false");
        workspace
            .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
    });
}

#[test]
fn a_policy_whose_parameter_the_run_makes_is_not_in_the_way_of_its_own_configuration() {
    each_cli(|workspace| {
        // The parameter is an object that the same run makes first.
        let Some(policy) = Policy::new(
            workspace,
            "params.spec.replicas >= object.spec.replicas",
            Some("limits"),
        ) else {
            return;
        };
        let limits = WEB
            .replace("\"web\"", "\"limits\"")
            .replace("name = \"limits\",", "name = \"limits\", labels = { limits = \"\" },");
        let dependent = WEB.replace("  spec = {", "  depends_on = [datum_workload.limits]\n  spec = {");
        let both = format!("{limits}{dependent}");
        workspace
            .config(&both)
            .applies()
            .says("no params found")
            .says("as things are now");
        // Nor is it in the way of a change or a destruction, while the parameter is missing again.
        workspace.api().delete(workspace.namespace(), "limits");
        workspace
            .api()
            .until("the policy knows that it is gone", || policy.denies("probe"));
        workspace
            .config(&both.replace("nginx:1.25", "nginx:1.26"))
            .run(&PLAN)
            .succeeds()
            .says("no params found");
        workspace.applies();
        workspace.destroy().succeeds();
    });
}

#[test]
fn what_a_policy_of_a_real_api_rewrites_is_said_at_plan_and_after_an_apply_with_what_ends_it() {
    each_cli(|workspace| {
        let expression =
            "[JSONPatch{op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'nginx:pinned'}]";
        let Some(_policy) = Policy::rewriting(workspace, expression) else {
            return;
        };
        let rewritten =
            "spec.template.spec.containers[0].image was sent as \"nginx:1.25\", and stored as \"nginx:pinned\"";
        workspace.config(WEB).run(&PLAN).succeeds().says(rewritten);
        workspace.apply().succeeds().says(rewritten);
        let generation = |workspace: &Workspace| {
            let live = workspace.api().workload(workspace.namespace(), "web");
            live.expect("the workload exists")["metadata"]["generation"].clone()
        };
        let before = generation(workspace);
        workspace.apply().succeeds().says(rewritten);
        assert_eq!(generation(workspace), before, "nothing is rolled out");
        // What the message advises ends it.
        let ignoring = "lifecycle { ignore_changes = [spec.template.spec.containers[0].image] }\n  spec = {";
        workspace
            .config(&WEB.replacen("spec = {", ignoring, 1))
            .applies()
            .does_not_say("otherwise than it is configured");
        workspace
            .config(&WEB.replace("nginx:1.25", "nginx:pinned"))
            .applies()
            .does_not_say("otherwise than it is configured");
    });
}
