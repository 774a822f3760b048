//! Mistakes that people make, at every level and in every style.

use std::fmt::Write;

use expect_test::{Expect, expect};

use super::{container, findings, pod, spec};

/// Compares what is found in each of these configurations with a golden text; something is found in each.
#[track_caller]
fn check(mistakes: &[(&str, String)], expected: &Expect) {
    let mut text = String::new();
    for (title, configuration) in mistakes {
        let found = findings(configuration);
        assert!(!found.is_empty(), "{title}: nothing is found in\n{configuration}");
        writeln!(text, "{title}\n  {}", found.join("\n  ")).expect("a text takes all that is written");
    }
    expected.assert_eq(&text);
}

#[test]
fn fields_that_the_provider_does_not_manage() {
    check(
        &[
            (
                "a debugging container",
                pod("ephemeral_containers = [{ name = \"debug\" }]"),
            ),
            ("an old name", pod("service_account = \"builder\"")),
            (
                "a volume without a driver",
                pod("volumes = [{ name = \"src\", git_repo = { repository = \"r\" } }, { name = \"d\", rbd = {} }]"),
            ),
            (
                "a hook",
                container("  lifecycle = { pre_stop = { tcp_socket = { port = 80 } } }"),
            ),
            (
                "a probe",
                container("  readiness_probe = { termination_grace_period_seconds = 5 }"),
            ),
        ],
        &expect![[r#"
            a debugging container
              main.tf:5:1: spec.template.spec has no attribute "ephemeral_containers". The API's ephemeralContainers is for a pod that runs: Kubernetes refuses it in a template. Debug a running pod with `kubectl debug`.
            an old name
              main.tf:5:1: spec.template.spec has no attribute "service_account". The API's serviceAccount is an old name of `service_account_name`. Use `service_account_name`.
            a volume without a driver
              main.tf:5:28: spec.template.spec.volumes[0] has no attribute "git_repo". The API's gitRepo is disabled in Kubernetes, since it could run commands on the node. Use `empty_dir`, and an init container that clones the repository into it.
              main.tf:5:77: spec.template.spec.volumes[1] has no attribute "rbd". The API's rbd is a volume of a driver that is no part of Kubernetes any more. Use `persistent_volume_claim` or `ephemeral` with the driver rbd.csi.ceph.com.
            a hook
              main.tf:8:30: spec.template.spec.containers[0].lifecycle.pre_stop has no attribute "tcp_socket". The API's tcpSocket was never implemented for hooks: a hook that has it fails when it runs. Use `exec`, `http_get` or `sleep`.
            a probe
              main.tf:8:23: spec.template.spec.containers[0].readiness_probe has no attribute "termination_grace_period_seconds". The API's terminationGracePeriodSeconds is in the type of all probes, and Kubernetes refuses it in this one. Set it in `liveness_probe` or `startup_probe`.
        "#]],
    );
}

#[test]
fn typing_errors_at_every_level() {
    check(
        &[
            ("an argument", "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\" }\n  timeout = { create = \"1m\" }\n}\n".into()),
            ("metadata", "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\", label = { a = \"b\" }, anotations = {} }\n}\n".into()),
            ("spec", spec("    replica = 3")),
            ("selector", spec("    selector = { match_label = { app = \"web\" } }")),
            ("match expressions", spec("    selector = { match_expressions = [{ key = \"a\", op = \"In\", values = [\"b\"] }] }")),
            ("network", spec("    network_ref = { nam = \"default\" }")),
            ("template", spec("    template = { metdata = { labels = { app = \"web\" } } }")),
            ("template metadata", spec("    template = { metadata = { name = \"web\", lables = {} } }")),
            ("pod", pod("container = [{ name = \"app\" }]")),
            ("pod flag", pod("hostnetwork = true\nhost_networks = true")),
            ("container", container("  port = [{ container_port = 80 }]")),
            ("port", container("  ports = [{ container_prot = 80 }, { port = 81 }]")),
            ("env", container("  env = [{ name = \"A\", valeu = \"1\" }]")),
            ("env source", container("  env = [{ name = \"A\", value_from = { secret_ref = { name = \"s\", key = \"k\" } } }]")),
            ("env source's key", container("  env = [{ name = \"A\", value_from = { secret_key_ref = { nme = \"s\", key = \"k\" } } }]")),
            ("resources", container("  resources = { limit = { cpu = \"1\" }, request = { cpu = \"1\" } }")),
            ("probe", container("  readiness_probe = { http_get = { path = \"/\", prot = 80 }, period_second = 5 }")),
            ("probe header", container("  liveness_probe = { http_get = { port = 80, http_headers = [{ key = \"A\", value = \"b\" }] } }")),
            ("handler", container("  lifecycle = { pre_stop = { exec = { cmd = [\"true\"] } } }")),
            ("security", container("  security_context = { run_as_nonroot = true, capabilities = { ad = [\"NET_ADMIN\"] } }")),
            ("mount", container("  volume_mounts = [{ name = \"data\", mountpath = \"/data\", readonly = true }]")),
            ("volume", pod("volumes = [{ name = \"data\", emptydir = {} }, { name = \"c\", configmap = { name = \"c\" } }]")),
            ("projected volume", pod("volumes = [{ name = \"p\", projected = { sources = [{ secret = { secret_name = \"s\" } }] } }]")),
            ("affinity", pod("affinity = { pod_anti_affinity = { required_during_scheduling_ignored_during_executions = [] } }")),
            ("toleration", pod("tolerations = [{ key = \"a\", efect = \"NoSchedule\" }]")),
            ("wait", "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\" }\n  wait = { condition = [{ type = \"Available\", state = \"True\" }] }\n  timeouts = { created = \"1m\", updte = \"1m\" }\n}\n".into()),
            ("wait condition", "resource \"datum_workload\" \"web\" {\n  metadata = { name = \"web\" }\n  wait = { conditions = [{ type = \"Available\", state = \"True\" }] }\n}\n".into()),
            ("init container", pod("init_containers = [{ name = \"a\", image = \"i\", comand = [\"x\"] }]")),
        ],
        &expect![[r#"
            an argument
              main.tf:3:3: datum_workload.web has no attribute "timeout". Did you mean `timeouts`?
            metadata
              main.tf:2:30: metadata has no attribute "label". Did you mean `labels`?
              main.tf:2:51: metadata has no attribute "anotations". Did you mean `annotations`?
            spec
              main.tf:4:5: spec has no attribute "replica". Did you mean `replicas`?
            selector
              main.tf:4:18: spec.selector has no attribute "match_label". Did you mean `match_labels`?
            match expressions
              main.tf:4:52: spec.selector.match_expressions[0] has no attribute "op". It has `key`, `operator` and `values`.
            network
              main.tf:4:21: spec.network_ref has no attribute "nam". Did you mean `name`?
            template
              main.tf:4:18: spec.template has no attribute "metdata". Did you mean `metadata`?
            template metadata
              main.tf:4:31: spec.template.metadata has no attribute "name". It has `annotations` and `labels`.
              main.tf:4:45: spec.template.metadata has no attribute "lables". Did you mean `labels`?
            pod
              main.tf:5:1: spec.template.spec has no attribute "container". Did you mean `containers`?
            pod flag
              main.tf:5:1: spec.template.spec has no attribute "hostnetwork". Did you mean `host_network`?
              main.tf:6:1: spec.template.spec has no attribute "host_networks". Did you mean `host_network`?
            container
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "port". Did you mean `ports`?
            port
              main.tf:8:14: spec.template.spec.containers[0].ports[0] has no attribute "container_prot". Did you mean `container_port`?
              main.tf:8:39: spec.template.spec.containers[0].ports[1] has no attribute "port". It has `container_port`, `host_ip`, `host_port`, `name` and `protocol`.
            env
              main.tf:8:24: spec.template.spec.containers[0].env[0] has no attribute "valeu". Did you mean `value`?
            env source
              main.tf:8:39: spec.template.spec.containers[0].env[0].value_from has no attribute "secret_ref". Did you mean `secret_key_ref`?
            env source's key
              main.tf:8:58: spec.template.spec.containers[0].env[0].value_from.secret_key_ref has no attribute "nme". Did you mean `name`?
            resources
              main.tf:8:17: spec.template.spec.containers[0].resources has no attribute "limit". Did you mean `limits`?
              main.tf:8:40: spec.template.spec.containers[0].resources has no attribute "request". Did you mean `requests`?
            probe
              main.tf:8:48: spec.template.spec.containers[0].readiness_probe.http_get has no attribute "prot". Did you mean `port`?
              main.tf:8:61: spec.template.spec.containers[0].readiness_probe has no attribute "period_second". Did you mean `period_seconds`?
            probe header
              main.tf:8:64: spec.template.spec.containers[0].liveness_probe.http_get.http_headers[0] has no attribute "key". It has `name` and `value`.
            handler
              main.tf:8:39: spec.template.spec.containers[0].lifecycle.pre_stop.exec has no attribute "cmd". It has only `command`.
            security
              main.tf:8:24: spec.template.spec.containers[0].security_context has no attribute "run_as_nonroot". Did you mean `run_as_non_root`?
              main.tf:8:64: spec.template.spec.containers[0].security_context.capabilities has no attribute "ad". Did you mean `add`?
            mount
              main.tf:8:37: spec.template.spec.containers[0].volume_mounts[0] has no attribute "mountpath". Did you mean `mount_path`?
              main.tf:8:58: spec.template.spec.containers[0].volume_mounts[0] has no attribute "readonly". Did you mean `read_only`?
            volume
              main.tf:5:29: spec.template.spec.volumes[0] has no attribute "emptydir". Did you mean `empty_dir`?
              main.tf:5:60: spec.template.spec.volumes[1] has no attribute "configmap". Did you mean `config_map`?
            projected volume
              main.tf:5:64: spec.template.spec.volumes[0].projected.sources[0].secret has no attribute "secret_name". It has `items`, `name` and `optional`.
            affinity
              main.tf:5:36: spec.template.spec.affinity.pod_anti_affinity has no attribute "required_during_scheduling_ignored_during_executions". Did you mean `required_during_scheduling_ignored_during_execution`?
            toleration
              main.tf:5:29: spec.template.spec.tolerations[0] has no attribute "efect". Did you mean `effect`?
            wait
              main.tf:3:12: wait has no attribute "condition". Did you mean `conditions`?
              main.tf:4:16: timeouts has no attribute "created". Did you mean `create`?
              main.tf:4:32: timeouts has no attribute "updte". Did you mean `update`?
            wait condition
              main.tf:3:48: wait.conditions[0] has no attribute "state". It has `reason`, `status` and `type`.
            init container
              main.tf:5:47: spec.template.spec.init_containers[0] has no attribute "comand". Did you mean `command`?
        "#]],
    );
}

#[test]
fn other_spellings_and_other_places() {
    check(
        &[
            (
                "as in YAML",
                container("  imagePullPolicy = \"Always\"\n  ports = [{ containerPort = 80, hostIP = \"::1\" }]"),
            ),
            (
                "as in YAML, with colons",
                container("  \"livenessProbe\" : { httpGet : { port : 80 } }"),
            ),
            ("a quoted key", container("  \"commands\" = [\"x\"]")),
            ("a key in parentheses", container("  (\"comands\") = [\"x\"]")),
            (
                "the block above",
                container("  restart_policy = \"Always\"\n  volumes = []"),
            ),
            ("the object below", container("  limits = { cpu = \"1\" }")),
            ("far below", spec("    containers = []")),
            (
                "another provider's",
                container("  container_port = 80\n  env_from_secret = \"x\""),
            ),
            ("upper case", container("  Image = \"nginx\"")),
            ("with a plural", pod("node_selectors = {}")),
            (
                "a data source",
                "data \"datum_workload\" \"web\" {\n  metadata = { name = \"web\", namspace = \"project-a\" }\n}\n"
                    .into(),
            ),
        ],
        &expect![[r#"
            as in YAML
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "imagePullPolicy". Did you mean `image_pull_policy`?
              main.tf:9:14: spec.template.spec.containers[0].ports[0] has no attribute "containerPort". Did you mean `container_port`?
              main.tf:9:34: spec.template.spec.containers[0].ports[0] has no attribute "hostIP". Did you mean `host_ip`?
            as in YAML, with colons
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "livenessProbe". Did you mean `liveness_probe`?
            a quoted key
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "commands". Did you mean `command`?
            a key in parentheses
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "comands". Did you mean `command`?
            the block above
              main.tf:9:3: spec.template.spec.containers[0] has no attribute "volumes". An attribute of this name belongs to spec.template.spec.
            the object below
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "limits". An attribute of this name belongs to spec.template.spec.containers[0].resources.
            far below
              main.tf:4:5: spec has no attribute "containers". An attribute of this name belongs to spec.template.spec.
            another provider's
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "container_port". An attribute of this name belongs to spec.template.spec.containers[0].ports[*].
              main.tf:9:3: spec.template.spec.containers[0] has no attribute "env_from_secret". It has `args`, `command`, `env`, `env_from`, `image`, `image_pull_policy`, `lifecycle`, `liveness_probe`, `name`, `ports`, `readiness_probe`, `resize_policy` and 12 more.
            upper case
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "Image". Did you mean `image`?
            with a plural
              main.tf:5:1: spec.template.spec has no attribute "node_selectors". Did you mean `node_selector`?
            a data source
              main.tf:2:30: metadata has no attribute "namspace". Did you mean `namespace`?
        "#]],
    );
}

#[test]
fn every_way_to_write_a_value() {
    check(
        &[
            (
                "a conditional",
                spec("    template = var.big ? { spec = { container = [] } } : { spc = {} }"),
            ),
            (
                "a conditional list",
                pod("containers = var.debug ? [{ name = \"a\", imag = \"i\" }] : []"),
            ),
            (
                "for",
                pod("containers = [for name in var.names : { name = name, imge = \"i\" }]"),
            ),
            (
                "for with a condition",
                pod(
                    "containers = [for name, app in var.apps : { name = name, image = app.image, envs = [] } if app.on]",
                ),
            ),
            (
                "for of maps in a list",
                container("  env = [for name, value in var.env : { nam = name, value = value }]"),
            ),
            (
                "merge",
                spec("    template = merge({ metdata = {} }, { spec = { container = [] } }, var.more)"),
            ),
            (
                "merge of a spread list",
                spec("    template = merge([{ metdata = {} }, { spec = {} }]...)"),
            ),
            (
                "concat",
                pod("containers = concat([{ name = \"a\", imag = \"i\" }], var.sidecars, [{ nme = \"b\" }])"),
            ),
            (
                "flatten",
                container(
                    "  env = flatten([[{ name = \"A\", valu = \"1\" }], [for k, v in var.env : [{ nam = k, value = v }]]])",
                ),
            ),
            ("parentheses", spec("    template = ({ spec = ({ container = [] }) })")),
            (
                "interpolation only",
                spec("    template = \"${{ spec = { container = [] } }}\""),
            ),
            (
                "try and coalesce",
                pod(
                    "security_context = try(var.context, { run_as_usr = 1 })\naffinity = coalesce(var.affinity, { node_afinity = {} })",
                ),
            ),
            (
                "a table of sizes",
                container("  resources = { small = { limit = {} }, large = { limits = {} } }[var.size]"),
            ),
            (
                "lookup",
                container("  resources = lookup({ small = { limit = {} } }, var.size, { request = {} })"),
            ),
            (
                "many in one line",
                container("  ports = [{ container_port = 80, nam = \"a\" }], resources = { limit = {}, request = {} }"),
            ),
            (
                "after a heredoc",
                container("  args = [<<-EOT\n    é ${var.x}\n    EOT\n  ]\n  comand = [\"ü\"]"),
            ),
            (
                "after comments",
                container("  /* one\n  two */ # three\n  // four\n  comand = []"),
            ),
            (
                "with line ends of Windows",
                container("  comand = []").replace('\n', "\r\n"),
            ),
            (
                "with a byte order mark",
                format!("\u{feff}{}", container("  comand = []")),
            ),
            (
                "for_each",
                container("  comand = []").replace("metadata", "for_each = toset([\"a\"])\n  metadata"),
            ),
        ],
        &expect![[r#"
            a conditional
              main.tf:4:37: spec.template.spec has no attribute "container". Did you mean `containers`?
              main.tf:4:60: spec.template has no attribute "spc". Did you mean `spec`?
            a conditional list
              main.tf:5:41: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            for
              main.tf:5:54: spec.template.spec.containers[*] has no attribute "imge". Did you mean `image`?
            for with a condition
              main.tf:5:77: spec.template.spec.containers[*] has no attribute "envs". Did you mean `env`?
            for of maps in a list
              main.tf:8:41: spec.template.spec.containers[0].env[*] has no attribute "nam". Did you mean `name`?
            merge
              main.tf:4:24: spec.template has no attribute "metdata". Did you mean `metadata`?
              main.tf:4:51: spec.template.spec has no attribute "container". Did you mean `containers`?
            merge of a spread list
              main.tf:4:25: spec.template has no attribute "metdata". Did you mean `metadata`?
            concat
              main.tf:5:36: spec.template.spec.containers[*] has no attribute "imag". Did you mean `image`?
              main.tf:5:68: spec.template.spec.containers[*] has no attribute "nme". Did you mean `name`?
            flatten
              main.tf:8:33: spec.template.spec.containers[0].env[*] has no attribute "valu". Did you mean `value`?
              main.tf:8:74: spec.template.spec.containers[0].env[*] has no attribute "nam". Did you mean `name`?
            parentheses
              main.tf:4:29: spec.template.spec has no attribute "container". Did you mean `containers`?
            interpolation only
              main.tf:4:30: spec.template.spec has no attribute "container". Did you mean `containers`?
            try and coalesce
              main.tf:5:39: spec.template.spec.security_context has no attribute "run_as_usr". Did you mean `run_as_user`?
              main.tf:6:37: spec.template.spec.affinity has no attribute "node_afinity". Did you mean `node_affinity`?
            a table of sizes
              main.tf:8:27: spec.template.spec.containers[0].resources has no attribute "limit". Did you mean `limits`?
            lookup
              main.tf:8:34: spec.template.spec.containers[0].resources has no attribute "limit". Did you mean `limits`?
              main.tf:8:62: spec.template.spec.containers[0].resources has no attribute "request". Did you mean `requests`?
            many in one line
              main.tf:8:35: spec.template.spec.containers[0].ports[0] has no attribute "nam". Did you mean `name`?
              main.tf:8:63: spec.template.spec.containers[0].resources has no attribute "limit". Did you mean `limits`?
              main.tf:8:75: spec.template.spec.containers[0].resources has no attribute "request". Did you mean `requests`?
            after a heredoc
              main.tf:12:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            after comments
              main.tf:11:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            with line ends of Windows
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            with a byte order mark
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            for_each
              main.tf:9:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
        "#]],
    );
}

#[test]
fn locals_of_the_module() {
    let container =
        |locals: &str, value: &str| format!("locals {{\n{locals}\n}}\n{}", pod(&format!("containers = {value}")));
    check(
        &[
            (
                "a list",
                container("  containers = [{ name = \"a\", imag = \"i\" }]", "local.containers"),
            ),
            (
                "an item",
                container(
                    "  app = { name = \"a\", imag = \"i\" }",
                    "[local.app, { name = \"b\", image = \"i\" }]",
                ),
            ),
            (
                "a part",
                container(
                    "  web = { containers = [{ name = \"a\", imag = \"i\" }], other = 1 }",
                    "local.web.containers",
                ),
            ),
            (
                "a part by key",
                container(
                    "  web = { \"a b\" = [{ name = \"a\", imag = \"i\" }], other = 1 }",
                    "local.web[\"a b\"]",
                ),
            ),
            (
                "an indexed part",
                container(
                    "  all = [{ name = \"a\", imag = \"i\" }, { nme = 1 }]",
                    "[local.all[0]]",
                ),
            ),
            (
                "a table",
                container(
                    "  sizes = { s = [{ imag = \"i\" }], l = [{ nam = \"i\" }] }",
                    "local.sizes[var.size]",
                ),
            ),
            (
                "a local of a local",
                container(
                    "  a = { imag = \"i\" }\n  b = merge(local.a, { name = \"b\" })",
                    "[local.b]",
                ),
            ),
            (
                "a part of a local of a local",
                container(
                    "  pods = { web = local.pod }\n  pod = { containers = [{ imag = \"i\" }] }",
                    "local.pods.web.containers",
                ),
            ),
            (
                "a part of a merge with a local",
                container(
                    "  base = { containers = [{ imag = \"i\" }] }\n  pod = merge(local.base, { containers = [{ nam = \"a\" }] })",
                    "local.pod.containers",
                ),
            ),
            (
                "a default that is merged",
                container(
                    "  base = { imag = \"i\" }",
                    "[for name in var.names : merge(local.base, { nam = name })]",
                ),
            ),
            (
                "also used part by part",
                container(
                    "  app = { name = \"a\", imag = \"i\" }\n  name = local.app.name",
                    "[local.app]",
                ),
            ),
            (
                "in another file",
                format!(
                    "{}-- locals.tf --\nlocals {{\n  containers = [{{ imag = \"i\" }}]\n}}\n",
                    pod("containers = local.containers")
                ),
            ),
        ],
        &expect![[r#"
            a list
              main.tf:2:31: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            an item
              main.tf:2:23: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            a part
              main.tf:2:39: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            a part by key
              main.tf:2:34: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            an indexed part
              main.tf:2:24: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            a table
              main.tf:2:20: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
              main.tf:2:42: spec.template.spec.containers[0] has no attribute "nam". Did you mean `name`?
            a local of a local
              main.tf:2:9: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            a part of a local of a local
              main.tf:3:27: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            a part of a merge with a local
              main.tf:2:28: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
              main.tf:3:45: spec.template.spec.containers[0] has no attribute "nam". Did you mean `name`?
            a default that is merged
              main.tf:2:12: spec.template.spec.containers[*] has no attribute "imag". Did you mean `image`?
              main.tf:8:59: spec.template.spec.containers[*] has no attribute "nam". Did you mean `name`?
            also used part by part
              main.tf:2:23: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            in another file
              locals.tf:2:19: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
        "#]],
    );
}

#[test]
fn every_file_of_every_module() {
    let other = container("  comand = []");
    check(
        &[
            ("a local module", format!("module \"web\" {{\n  source = \"./modules/web\"\n}}\n-- modules/web/main.tf --\n{other}")),
            ("a module of a module", format!("module \"a\" {{\n  source = \"./a\"\n}}\n-- a/main.tf --\nmodule \"b\" {{\n  source = \"../b\"\n}}\n-- b/web.tf --\n{other}")),
            ("a downloaded module", format!("module \"web\" {{\n  source = \"example.com/acme/web/datum\"\n}}\n-- .terraform/modules/modules.json --\n{{\"Modules\":[{{\"Key\":\"\",\"Source\":\"\",\"Dir\":\".\"}},{{\"Key\":\"web\",\"Source\":\"example.com/acme/web/datum\",\"Dir\":\".terraform/modules/web/sub\"}}]}}\n-- .terraform/modules/web/sub/main.tf --\n{other}")),
            ("an override", format!("{}-- main_override.tf --\nresource \"datum_workload\" \"web\" {{\n  spec = {{ replica = 1 }}\n}}\n", container(""))),
            ("JSON", "-- main.tf.json --\n{\n  \"resource\": {\n    \"datum_workload\": {\n      \"web\": {\n        \"metadata\": { \"name\": \"web\", \"label\": {} },\n        \"spec\": { \"replica\": 1, \"template\": { \"spec\": { \"containers\": [{ \"imag\": \"${var.image}\" }] } } }\n      }\n    }\n  }\n}\n".into()),
            ("JSON with arrays of blocks", "-- main.tf.json --\n{\n\t\"resource\": [{ \"datum_workload\": [{ \"web\": [{\n\t\t\"//\": \"a comment\",\n\t\t\"spec\": { \"replica\": 1 }\n\t}] }] }]\n}\n".into()),
            ("JSON with a local in HCL", "locals {\n  spec = { replica = 1 }\n}\n-- main.tf.json --\n{ \"resource\": { \"datum_workload\": { \"web\": { \"spec\": \"${local.spec}\" } } } }\n".into()),
            ("OpenTofu's own file", format!("-- main.tofu --\n{other}")),
            ("OpenTofu's file in place of another", format!("{}-- main.tofu --\n{other}", container(""))),
            ("beside a file that cannot be parsed", format!("{other}-- broken.tf --\nresource \"datum_workload\" {{\n")),
        ],
        &expect![[r#"
            a local module
              modules/web/main.tf:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            a module of a module
              b/web.tf:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            a downloaded module
              .terraform/modules/web/sub/main.tf:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            an override
              main_override.tf:2:12: spec has no attribute "replica". Did you mean `replicas`?
            JSON
              main.tf.json:5:38: metadata has no attribute "label". Did you mean `labels`?
              main.tf.json:6:19: spec has no attribute "replica". Did you mean `replicas`?
              main.tf.json:6:74: spec.template.spec.containers[0] has no attribute "imag". Did you mean `image`?
            JSON with arrays of blocks
              main.tf.json:4:13: spec has no attribute "replica". Did you mean `replicas`?
            JSON with a local in HCL
              main.tf:2:12: spec has no attribute "replica". Did you mean `replicas`?
            OpenTofu's own file
              main.tofu:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            OpenTofu's file in place of another
              main.tofu:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
            beside a file that cannot be parsed
              main.tf:8:3: spec.template.spec.containers[0] has no attribute "comand". Did you mean `command`?
        "#]],
    );
}
