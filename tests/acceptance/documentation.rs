//! The documentation: whatever it shows is valid, in the provider's schema and in the language, and does what it says.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use acceptance::cli::binaries;
use acceptance::{Feature, Kubectl, Workspace, each_cli, each_cli_that_has};
use serde_json::json;

/// A piece of HCL that users are shown.
struct Snippet {
    /// Where it is shown.
    from: String,
    hcl: String,
}

impl Snippet {
    /// Whether the CLI is new enough for what it shows.
    fn is_understood(&self, workspace: &Workspace) -> bool {
        is_understood(workspace, &self.hcl, &format!("a snippet of {}", self.from))
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below `folder` whose names end in `.extension`.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    let mut found: Vec<PathBuf> = paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path, extension)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every HCL block of the Markdown files, and every example.
fn snippets() -> Vec<Snippet> {
    let mut found = Vec::new();
    for path in files(&repository().join("docs"), "md")
        .into_iter()
        .chain([repository().join("README.md")])
    {
        let text = read(&path);
        let blocks = text.split("\n```").skip(1).step_by(2);
        let hcl = blocks.filter_map(|block| block.strip_prefix("terraform\n").or(block.strip_prefix("hcl\n")));
        let from = path.display().to_string();
        found.extend(hcl.map(|hcl| Snippet {
            from: from.clone(),
            hcl: format!("{hcl}\n"),
        }));
    }
    let examples = examples();
    for path in files(&repository().join("examples"), "tf") {
        // A whole configuration is applied as one.
        if examples.iter().any(|example| path.starts_with(example)) {
            continue;
        }
        found.push(Snippet {
            from: path.display().to_string(),
            hcl: read(&path),
        });
    }
    found.retain(|snippet| !is_test(snippet));
    // The pages of the reference show the examples.
    let mut known = HashSet::new();
    found.retain(|snippet| known.insert(snippet.hcl.clone()));
    found
}

/// The folders of examples that are whole configurations; the others are parts, which the reference shows.
fn examples() -> Vec<PathBuf> {
    let folders = fs::read_dir(repository().join("examples")).expect("there are examples");
    let folders = folders.map(|entry| entry.expect("an entry of the folder").path());
    let mut found: Vec<_> = folders.filter(|folder| folder.join("main.tf").is_file()).collect();
    found.sort();
    found
}

/// Whether the snippet is a test in Terraform's language, rather than a configuration.
fn is_test(snippet: &Snippet) -> bool {
    snippet.hcl.contains("\nrun \"")
}

/// Puts the snippet into the workspace, with what it leaves to the reader.
fn place(workspace: &Workspace, snippet: &Snippet) {
    let hcl = &snippet.hcl;
    let mut context = String::new();
    if !hcl.contains("required_providers") {
        context += "terraform {\n  required_providers {\n    datum = { source = \"datum-cloud/datum\" }\n  }\n}\n";
    }
    let leads_to_web = hcl.contains("to = datum_workload.web") || hcl.contains("to   = datum_workload.web");
    if leads_to_web && !hcl.contains("resource \"datum_workload\" \"web\"") {
        context += &read(&repository().join("examples/resources/datum_workload/resource.tf"));
    }
    for file in ["client.pem", "client-key.pem", "ca.pem"] {
        workspace.write(file, "");
    }
    let manifest = repository().join("examples/functions/manifest_decode/workload.yaml");
    workspace.write(
        "workload.yaml",
        &read(&manifest).replace("project-myproject", workspace.namespace()),
    );
    workspace.write("versions.tf", &context).config(hcl);
}

/// What HCL needs of the CLI, by a syntax that it has.
const NEEDS: [(&str, Feature); 9] = [
    ("import {\n  for_each", Feature::IMPORT_FOR_EACH),
    ("removed {", Feature::REMOVED),
    ("provider::", Feature::PROVIDER_FUNCTIONS),
    ("from = kubernetes_manifest", Feature::MOVED_TYPE),
    ("identity = {", Feature::IDENTITY),
    ("ephemeral \"", Feature::EPHEMERAL),
    ("action \"", Feature::ACTIONS),
    ("list \"", Feature::QUERY),
    ("mock_provider \"", Feature::MOCKS),
];

/// Whether the CLI is new enough for the HCL; `what` says of it what it is.
fn is_understood(workspace: &Workspace, hcl: &str, what: &str) -> bool {
    NEEDS
        .iter()
        .filter(|(syntax, _)| hcl.contains(syntax))
        .all(|(_, feature)| workspace.cli().has(feature, what))
}

#[test]
fn everything_shown_is_valid() {
    let snippets = snippets();
    assert!(
        snippets.len() > 10,
        "the documentation has more than {} snippets",
        snippets.len()
    );
    each_cli(|workspace| {
        for snippet in &snippets {
            // Another provider would have to be installed first.
            let is_ours = !snippet.hcl.contains("provider \"kubernetes\"");
            if !is_ours || !snippet.is_understood(workspace) {
                continue;
            }
            place(workspace, snippet);
            let output = workspace.run(&["validate", "-no-color"]);
            assert!(output.success, "{} shows what is not valid:\n{output}", snippet.from);
        }
    });
}

/// Whether the snippet is about workloads; the others are about connections that only their reader has.
fn is_about_workloads(snippet: &Snippet) -> bool {
    snippet.hcl.contains("datum_workload") && !snippet.hcl.contains("provider \"datum\" {\n")
}

/// The workload that the documentation takes for granted where it reads or imports one.
fn make_web_app(workspace: &Workspace) {
    let body = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
        "metadata": { "name": "web-app", "labels": { "environment": "production" } },
        "spec": { "template": { "spec": { "containers": [{ "name": "nginx", "image": "nginx:1.25" }] } } },
    });
    workspace.api().make(workspace.namespace(), body, Kubectl::Apply);
    workspace.api().until_it_runs(workspace.namespace(), "web-app");
}

#[test]
fn everything_shown_is_applied() {
    let provider = "provider \"datum\" {\n  namespace = \"NAMESPACE\"\n}\n";
    let snippets = snippets();
    each_cli(|workspace| {
        let understood = snippets.iter().filter(|snippet| snippet.is_understood(workspace));
        for snippet in understood.filter(|snippet| is_about_workloads(snippet)) {
            eprintln!("snippet of {}", snippet.from);
            let hcl = snippet.hcl.replace("provider \"datum\" {}\n", "");
            let hcl = hcl.replace("project-myproject", workspace.namespace());
            let takes_over = hcl.contains("import {\n") || hcl.contains("data \"datum_workload");
            if takes_over {
                make_web_app(workspace);
            }
            let from = snippet.from.clone();
            place(workspace, &Snippet { from, hcl });
            workspace.write("provider.tf", provider).applies();
            workspace.destroy().succeeds();
            if workspace.api().workload(workspace.namespace(), "web-app").is_some() {
                workspace.api().delete(workspace.namespace(), "web-app");
            }
        }
    });
}

#[test]
fn every_example_is_applied() {
    let examples = examples();
    assert!(examples.len() > 10, "{examples:?}");
    each_cli(|workspace| {
        let billing = format!("{}-billing", workspace.project());
        workspace.api().create_namespace(&format!("project-{billing}"));
        for example in &examples {
            eprintln!("{}", example.display());
            fs::remove_file(workspace.path().join("versions.tf")).unwrap_or_default();
            let mut hcl = String::new();
            let mut names = Vec::new();
            for path in files(example, "tf").into_iter().chain(files(example, "hcl")) {
                let name = path.strip_prefix(example).expect("it is below");
                let text = read(&path)
                    .replace("project-myproject", "NAMESPACE")
                    .replace("\"myproject\"", "\"PROJECT\"")
                    .replace("project = \"billing\"", &format!("project = \"{billing}\""));
                workspace.write(&name.display().to_string(), &text);
                hcl += &text;
                names.push(name.to_owned());
            }
            if is_understood(workspace, &hcl, &format!("the example {}", example.display())) {
                apply_example(workspace, &hcl);
            }
            for name in names {
                fs::remove_file(workspace.path().join(name)).expect("it was written");
            }
        }
        workspace.api().delete_namespace(&format!("project-{billing}"));
    });
}

/// Applies the example in the workspace, and runs what else it shows.
fn apply_example(workspace: &Workspace, hcl: &str) {
    let takes_over = hcl.contains("import {") || hcl.contains("list \"");
    if takes_over {
        make_web_app(workspace);
    }
    if hcl.contains("module \"") {
        workspace.run(&["get", "-no-color"]).succeeds();
    }
    if hcl.contains("list \"") {
        workspace.run(&["query", "-no-color"]).succeeds().says("/web-app");
    }
    if hcl.contains("mock_provider \"") {
        workspace.run(&["test", "-no-color"]).succeeds().says(", 0 failed");
    }
    let formatted = workspace.run(&["fmt", "-check", "-diff", "-recursive"]);
    assert!(formatted.success, "it is not formatted:\n{formatted}");
    workspace.applies();
    if let Some((_, name)) = hcl.split_once("terraform apply -invoke=") {
        let action = name.split_whitespace().next().unwrap_or_default();
        let invoke = format!("-invoke={action}");
        workspace
            .run(&["apply", "-auto-approve", "-no-color", &invoke])
            .succeeds();
        workspace.plans_nothing();
    }
    workspace.destroy().succeeds();
    if workspace.api().workload(workspace.namespace(), "web-app").is_some() {
        workspace.api().delete(workspace.namespace(), "web-app");
    }
}

#[test]
fn every_example_says_what_it_shows() {
    let list = read(&repository().join("examples/README.md"));
    for example in examples() {
        let name = example.file_name().unwrap_or_default().to_string_lossy();
        assert!(
            list.contains(&format!("]({name})")),
            "examples/README.md does not list {name}"
        );
        let text = read(&example.join("main.tf"));
        let head = text.lines().take_while(|line| line.starts_with('#'));
        let said = head.filter(|line| line.starts_with("# ")).count();
        assert!(said >= 3, "{} says what it shows in {said} lines", example.display());
    }
}

#[test]
fn every_guide_begins_with_a_configuration_that_runs() {
    for path in files(&repository().join("docs/guides"), "md") {
        let text = read(&path);
        let fences = text.split("\n```").skip(1).step_by(2);
        let mut shown = fences.filter_map(|block| block.strip_prefix("terraform\n").or(block.strip_prefix("hcl\n")));
        let first = shown.next().unwrap_or_default();
        assert!(
            first.contains("required_providers"),
            "{} begins with HCL that does not name the provider:\n{first}",
            path.display()
        );
    }
}

/// What the guide names is what the simulator has, and the tests of waiting go through every scenario.
#[test]
fn what_troubleshooting_names_can_be_made_to_happen() {
    let scenarios = read(&repository().join("docs/guides/local-control-plane.md"));
    let guide = read(&repository().join("docs/guides/troubleshooting.md"));
    let cases: Vec<&str> = guide.lines().filter(|line| line.starts_with("- **")).collect();
    let named: Vec<&str> = cases
        .iter()
        .filter_map(|line| line.split_once("(`")?.1.split_once("`)"))
        .flat_map(|(named, _)| named.split("`, `"))
        .collect();
    assert!(named.len() >= 8, "{named:?}");
    for scenario in named {
        assert!(
            scenarios.contains(&format!("\n| `{scenario}` |")),
            "the simulator has no scenario {scenario}"
        );
    }
}

#[test]
fn the_guide_to_installing_says_which_cli_has_what() {
    let guide = read(&repository().join("docs/guides/installing.md"));
    for feature in Feature::LISTED {
        let row = feature.row();
        assert!(guide.contains(&format!("\n{row}\n")), "the guide has no row {row}");
    }
}

/// The installation that the guide shows, with what was built just now in place of an archive.
#[test]
fn a_provider_in_the_folder_of_the_cli_is_installed_by_init() {
    each_cli(|workspace| {
        let registry = workspace.cli().registry();
        let system = format!(
            "{}_{}",
            env::consts::OS.replace("macos", "darwin"),
            env::consts::ARCH.replace("x86_64", "amd64").replace("aarch64", "arm64")
        );
        let version = env!("CARGO_PKG_VERSION");
        let folder = format!(".terraform.d/plugins/{registry}/datum-cloud/datum/{version}/{system}");
        let folder = workspace.path().join(folder);
        fs::create_dir_all(&folder).expect("the folder is made");
        let built = binaries().join("terraform-provider-datum");
        let installed = folder.join(format!("terraform-provider-datum_v{version}"));
        fs::hard_link(&built, &installed)
            .or_else(|_| fs::copy(&built, &installed).map(drop))
            .expect("the provider is put there");
        workspace.write("cli.tfrc", "");
        workspace.write("versions.tf", "");
        workspace.config(&read(&repository().join("examples/quickstart/main.tf")));
        let home = workspace.path().display().to_string();
        for arguments in [&["init", "-no-color"][..], &["validate", "-no-color"]] {
            workspace.run_with(arguments, &[("HOME", &home)]).succeeds();
        }
        let lock = read(&workspace.path().join(".terraform.lock.hcl"));
        assert!(lock.contains("datum-cloud/datum"), "{lock}");
    });
}

/// What stands in a block of the README, after a comment that marks it.
fn marked<'r>(readme: &'r str, mark: &str) -> &'r str {
    let (_, rest) = readme
        .split_once(&format!("<!-- {mark} -->\n"))
        .unwrap_or_else(|| panic!("the README has no {mark}"));
    rest.split_once("\n\n").map_or(rest, |(block, _)| block)
}

/// Holds a block of the README against what is printed: its parts, between lines of `...`, come in this order. Where lines are
/// broken does not count, since the CLIs break them at the width of the terminal.
#[track_caller]
fn is_printed(shown: &str, printed: &str) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed = words(printed);
    let mut rest = printed.as_str();
    for part in shown.split("\n...\n") {
        let part = words(part);
        let Some((_, after)) = rest.split_once(&part) else {
            panic!("the README shows\n{part}\nand what is printed is\n{rest}");
        };
        rest = after;
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = read(&repository().join("README.md"));
    let block = |mark: &str| {
        let (_, rest) = readme
            .split_once(&format!("<!-- {mark} -->\n```text\n"))
            .expect("the README shows it");
        rest.split_once("\n```").expect("the block ends").0.to_owned()
    };
    let quickstart = read(&repository().join("examples/quickstart/main.tf"));
    each_cli(|workspace| {
        let quickstart = quickstart.replace("project-myproject", workspace.namespace());
        workspace.write("versions.tf", "").config(&quickstart).applies();
        workspace.config(&quickstart.replace("nginx:1.25", "nginx:does-not-exist"));
        let named = |output: &str| output.replace(workspace.namespace(), "project-myproject");
        let planned = workspace.run(&["plan", "-no-color"]).succeeds();
        is_printed(&block("plan"), &named(&planned.stdout));
        let failed = workspace.apply().fails();
        is_printed(&block("apply"), &named(&failed.stderr));
    });
}

#[test]
fn the_readme_names_tests_that_there_are() {
    let readme = read(&repository().join("README.md"));
    let rows: Vec<&str> = marked(&readme, "tests").lines().skip(2).collect();
    assert!(rows.len() > 5, "{rows:?}");
    for row in rows {
        let test = row.rsplit('`').nth(1).unwrap_or_default();
        let (module, name) = test.split_once("::").unwrap_or_else(|| panic!("{row} names no test"));
        let module = read(&repository().join(format!("tests/acceptance/{module}.rs")));
        assert!(
            module.contains(&format!("#[test]\nfn {name}() {{")),
            "there is no test {test}"
        );
    }
}

#[test]
fn everything_shown_is_formatted() {
    each_cli(|workspace| {
        for snippet in snippets().iter().filter(|snippet| snippet.is_understood(workspace)) {
            place(workspace, snippet);
            let output = workspace.run(&["fmt", "-check", "-diff", "main.tf"]);
            assert!(output.success, "{} is not formatted:\n{output}", snippet.from);
        }
    });
}

#[test]
fn a_postcondition_on_the_status_survives_that_there_is_none() {
    let snippets = snippets();
    let postcondition = snippets.iter().find(|snippet| snippet.hcl.contains("postcondition"));
    let postcondition = &postcondition.expect("a guide shows a postcondition").hcl;
    each_cli(|workspace| {
        let metadata = "metadata = {\n name = \"batch\"\n namespace = \"NAMESPACE\"\n \
                        annotations = { \"simulator.datum.net/scenario\" = \"no-status\" }\n }";
        let hcl = postcondition
            .replace("metadata = { name = \"batch\" }", metadata)
            .replace("create = \"2m\"", "create = \"1s\"");
        assert!(hcl.contains("no-status") && hcl.contains("1s"), "{hcl}");
        workspace
            .config(&hcl)
            .run(&["apply", "-auto-approve", "-no-color"])
            .fails()
            .says("The workload is not running yet: it is without a status.")
            .does_not_say("null value");
        assert!(!workspace.is_tainted("datum_workload.batch"));
    });
}

#[test]
fn the_test_shown_passes() {
    let path = repository().join("docs/guides/testing.md");
    let guide = read(&path);
    let blocks: Vec<&str> = guide
        .split("```terraform\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let [module, test] = blocks[..] else {
        panic!("the guide shows a module and its test")
    };
    each_cli_that_has(&Feature::MOCKS, |workspace| {
        let from = path.display().to_string();
        place(
            workspace,
            &Snippet {
                from,
                hcl: module.to_owned(),
            },
        );
        workspace.write("tests/name.tftest.hcl", test);
        workspace
            .run(&["test", "-no-color"])
            .succeeds()
            .says("1 passed, 0 failed");
    });
}
