//! Configurations in which nothing is wrong, of many styles. A false alarm would stop work that is right.

use super::{container, findings, pod, spec};

#[track_caller]
fn check(configurations: &[(&str, String)]) {
    for (title, configuration) in configurations {
        let found = findings(configuration);
        assert!(found.is_empty(), "{title}: {found:?} in\n{configuration}");
    }
}

#[test]
fn what_is_no_workload() {
    check(&[
        ("nothing", "\n# nothing\n".into()),
        ("another resource", "resource \"kubernetes_deployment_v1\" \"a\" {\n  spec = { replica = 1 }\n}\n".into()),
        ("a resource of a like name", "resource \"datum_workload_set\" \"a\" {\n  spec = { replica = 1 }\n}\n".into()),
        ("an output and a variable", "variable \"spec\" {\n  type = object({ replica = number })\n  default = { replica = 1 }\n}\noutput \"spec\" {\n  value = { replica = 1 }\n}\n".into()),
        ("a local that no workload uses", "locals {\n  spec = { replica = 1 }\n}\n".into()),
        ("the import and the move of one", "import {\n  to = datum_workload.a\n  id = \"project-a/a\"\n}\nmoved {\n  from = datum_workload.a\n  to   = datum_workload.b\n}\nremoved {\n  from = datum_workload.c\n}\ncheck \"up\" {\n  assert {\n    condition     = { a = 1 }.a == 1\n    error_message = \"no\"\n  }\n}\n".into()),
        ("the provider", "provider \"datum\" {\n  project = \"a\"\n  exec = { api_version = \"x\", command = \"y\" }\n}\n".into()),
        ("a list block's file", "-- find.tfquery.hcl --\nlist \"datum_workload\" \"a\" {\n  provider = datum\n}\n".into()),
        ("a test's file", "-- web.tftest.hcl --\nresource \"datum_workload\" \"a\" {\n  spec = { replica = 1 }\n}\n".into()),
        ("editors' files", format!("-- .main.tf --\n{0}-- main.tf~ --\n{0}-- #main.tf# --\n{0}-- main.tf.bak --\n{0}", spec("replica = 1"))),
        ("a module that nothing calls", format!("-- modules/old/main.tf --\n{}", spec("replica = 1"))),
        ("a module that nothing calls any more", format!("-- .terraform/modules/modules.json --\n{{\"Modules\":[{{\"Key\":\"old\",\"Source\":\"./old\",\"Dir\":\"old\"}}]}}\n-- old/main.tf --\n{}", spec("replica = 1"))),
        ("a module that is not there", "module \"a\" {\n  source = \"./nowhere\"\n}\nmodule \"b\" {\n  source = \"git::https://example.com/b.git\"\n}\nmodule \"c\" {\n  source = \"./${var.c}\"\n}\n".into()),
        ("a broken manifest", format!("module \"a\" {{\n  source = \"acme/a/datum\"\n}}\n-- .terraform/modules/modules.json --\n{{\"Modules\": 1\n-- a.tf --\n{}", spec("replicas = 1"))),
    ]);
}

#[test]
fn keys_that_are_free() {
    check(&[
        ("labels and annotations", "resource \"datum_workload\" \"a\" {\n  metadata = {\n    name = \"a\"\n    labels = { replica = \"1\", \"app.kubernetes.io/name\" = \"a\", (var.key) = \"b\" }\n    annotations = { nam = \"x\" }\n  }\n}\n".into()),
        ("the free-form provider", spec("    provider = { name = \"gcp\", replica = 3, nested = { spec = { containr = [] } }, list = [{ a = 1 }] }")),
        ("quantities", container("  resources = { limits = { cpu = 1, \"nvidia.com/gpu\" = 1, request = \"1\" }, requests = { memory = \"1Gi\" } }")),
        ("selectors", pod("node_selector = { disk = \"ssd\" }\naffinity = { pod_affinity = { required_during_scheduling_ignored_during_execution = [{ topology_key = \"z\", label_selector = { match_labels = { replica = \"1\" } } }] } }")),
        ("a volume's free attributes", pod("volumes = [{ name = \"a\", csi = { driver = \"d\", volume_attributes = { share = \"x\", replica = \"1\" } } }]")),
        ("keys to evaluate", spec("    (var.key) = 3\n    (\"repl${var.x}\") = 1\n    template = { \"${var.name}\" = 1 }")),
    ]);
}

#[test]
fn every_style() {
    check(&[
        ("the guide's", include_str!("../../../../examples/resources/datum_workload/resource.tf").to_owned()),
        ("the quick start", include_str!("../../../../examples/quickstart/main.tf").to_owned()),
        ("the sidecar", include_str!("../../../../examples/sidecar/main.tf").to_owned()),
        ("an API server", include_str!("../../../../examples/api-server/main.tf").to_owned()),
        ("every meta-argument", "resource \"datum_workload\" \"a\" {\n  count = 1\n  provider = datum.eu\n  depends_on = [terraform_data.a]\n  metadata = { name = \"a\" }\n  spec = { replicas = 1 }\n  wait = { rollout = true, on_timeout = \"warn\", conditions = [{ type = \"Available\", status = \"True\", reason = \"x\" }] }\n  timeouts = { create = \"1m\", read = \"1m\", update = \"1m\", delete = \"1m\" }\n  force_conflicts = true\n  deletion_protection = false\n  propagation_policy = \"Foreground\"\n  lifecycle {\n    ignore_changes = [spec.replicas]\n    precondition {\n      condition = { replica = 1 }.replica == 1\n      error_message = \"x\"\n    }\n  }\n}\n".into()),
        ("for_each over objects", "resource \"datum_workload\" \"a\" {\n  for_each = { web = { replica = 1, img = \"i\" } }\n  metadata = { name = each.key }\n  spec = { replicas = each.value.replica, template = { spec = { containers = [{ name = \"a\", image = each.value.img }] } } }\n}\n".into()),
        ("everything by variable", "resource \"datum_workload\" \"a\" {\n  metadata = var.metadata\n  spec     = var.spec\n  wait     = var.wait\n}\n".into()),
        ("functions that cannot be seen through", pod("containers = [for c in var.c : { for k, v in c : k => v if v != null }]\nvolumes = yamldecode(file(\"v.yaml\"))\naffinity = jsondecode(jsonencode({ nod = 1 }))\ntolerations = values({ a = { key = \"a\" } })\nimage_pull_secrets = [for k, v in zipmap([\"a\"], [{ nam = 1 }]) : v]")),
        ("a for that groups", pod("containers = values({ for c in var.c : c.name => { nam = c.name }... })")),
        ("splats", pod("containers = var.apps[*].container\nvolumes = [{ nam = \"a\" }][*].nam")),
        ("a part of a literal", container("  image_pull_policy = { policy = \"Always\", other = 1 }.policy\n  env = [for k, v in { a = { txt = \"1\" } } : { name = k, value = v.txt }]")),
        ("templates", container("  args = [\"${jsonencode({ replica = 1 })}\", <<-EOT\n    %{ for x in var.l ~}\n    { replica = ${x} }\n    %{ endfor ~}\n  EOT\n  ]")),
        ("nulls", spec("    replicas = null\n    selector = null\n    template = var.on ? { spec = null } : null")),
        ("decoded", "resource \"datum_workload\" \"a\" {\n  metadata = provider::datum::manifest_decode(file(\"a.yaml\")).metadata\n  spec = merge(provider::datum::manifest_decode(file(\"a.yaml\")).spec, { replicas = 2 })\n}\n".into()),
        ("unicode and Windows", "# é\r\nresource \"datum_workload\" \"a\" {\r\n  metadata = { name = \"a\", labels = { \"ü\" = \"ö\" } }\r\n}\r\n".into()),
        ("a block that the CLI refuses", "resource \"datum_workload\" \"a\" {\n  spec {\n    replica = 1\n  }\n}\n".into()),
        ("a data source", "data \"datum_workload\" \"a\" {\n  metadata = { name = \"a\", namespace = \"project-a\" }\n}\ndata \"datum_workloads\" \"b\" {\n  label_selector = \"a=b\"\n}\n".into()),
        ("JSON", "-- main.tf.json --\n{ \"//\": \"made by a program\", \"resource\": { \"//\": \"x\", \"datum_workload\": { \"a\": { \"//\": { \"metadata\": { \"path\": \"x\" } }, \"metadata\": { \"name\": \"a\", \"labels\": { \"//\": \"b\", \"${var.k}\": \"v\" } }, \"spec\": { \"replicas\": \"${var.n}\", \"provider\": { \"x\": 1 }, \"${var.k}\": 1 } } } } }\n".into()),
        ("JSON that is none", "-- main.tf.json --\n{ \"resource\": { \"datum_workload\": { \"a\": { \"spec\": { \"replica\": 1 } }\n".into()),
    ]);
}

/// What a local value has beside what the workload takes is left alone as soon as anything else may want it.
#[test]
fn locals_that_serve_more_than_the_workload() {
    let container = |locals: &str, value: &str, more: &str| {
        format!(
            "locals {{\n{locals}\n}}\n{}{more}",
            pod(&format!("containers = {value}"))
        )
    };
    check(&[
        (
            "a key that an output shows",
            container(
                "  app = { name = \"a\", image = \"i\", team = \"x\" }",
                "[local.app]",
                "output \"team\" {\n  value = local.app.team\n}\n",
            ),
        ),
        (
            "a key that a text shows",
            container(
                "  app = { name = \"a\", image = \"i\", team = \"x\" }",
                "[local.app]",
                "output \"team\" {\n  value = \"the ${local.app.team}s\"\n}\n",
            ),
        ),
        (
            "a key by index",
            container(
                "  app = { name = \"a\", image = \"i\", team = \"x\" }",
                "[local.app]",
                "output \"team\" {\n  value = local.app[\"team\"]\n}\n",
            ),
        ),
        (
            "a whole that a module gets",
            container(
                "  app = { name = \"a\", image = \"i\", team = \"x\" }",
                "[local.app]",
                "module \"m\" {\n  source = \"./m\"\n  app    = local.app\n}\n",
            ),
        ),
        (
            "a whole that a function gets",
            container(
                "  app = { name = \"a\", image = \"i\", team = \"x\" }",
                "[local.app]",
                "output \"m\" {\n  value = jsonencode(local.app)\n}\n",
            ),
        ),
        (
            "a list that a for goes through",
            container(
                "  apps = [{ name = \"a\", image = \"i\", team = \"x\" }]",
                "local.apps",
                "output \"m\" {\n  value = [for app in local.apps : app.team]\n}\n",
            ),
        ),
        (
            "a list that a splat goes through",
            container(
                "  apps = [{ name = \"a\", image = \"i\", team = \"x\" }]",
                "local.apps",
                "output \"m\" {\n  value = local.apps[*].team\n}\n",
            ),
        ),
        (
            "a part by a key that is evaluated",
            container(
                "  apps = { a = { name = \"a\", image = \"i\", team = \"x\" } }",
                "[local.apps.a]",
                "output \"m\" {\n  value = local.apps[var.a].team\n}\n",
            ),
        ),
        (
            "two objects of the schema",
            format!(
                "locals {{\n  meta = {{ name = \"a\", labels = {{ a = \"b\" }} }}\n}}\n{}",
                spec("    template = { metadata = local.meta, spec = {} }").replace("{ name = \"web\" }", "local.meta")
            ),
        ),
        (
            "a use in JSON",
            container(
                "  app = { name = \"a\", image = \"i\", team = \"x\" }",
                "[local.app]",
                "-- out.tf.json --\n{ \"output\": { \"team\": { \"value\": \"the ${local.app.team}\" } } }\n",
            ),
        ),
        (
            "itself",
            container(
                "  app = [local.app]\n  b = local.c\n  c = local.b",
                "concat(local.app, local.b)",
                "",
            ),
        ),
        ("a local that is not there", container("  a = 1", "local.b", "")),
        (
            "an override of a local",
            container(
                "  app = { name = \"a\", imag = \"i\" }",
                "[local.app]",
                "-- override.tf --\nlocals {\n  app = { name = \"a\", image = \"i\" }\n}\n",
            ),
        ),
        (
            "an override of an attribute",
            format!(
                "{}-- override.tf --\nresource \"datum_workload\" \"web\" {{\n  spec = {{ replicas = 1 }}\n}}\n",
                spec("    replica = 1")
            ),
        ),
    ]);
}
