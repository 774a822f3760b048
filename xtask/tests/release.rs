//! What a release is made of besides code: one version, the registry's manifest, and workflows that name what there is.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The commands that a workflow runs.
fn commands(workflow: &Value) -> Vec<&str> {
    let jobs = workflow["jobs"].as_object().expect("a workflow has jobs");
    let steps = jobs
        .values()
        .flat_map(|job| job["steps"].as_array().expect("a job has steps"));
    steps.filter_map(|step| step["run"].as_str()).collect()
}

#[test]
fn the_version_is_one() {
    let version = env!("CARGO_PKG_VERSION");
    let (minor, _) = version.rsplit_once('.').expect("a version has three parts");
    let pinned = format!("version = \"~> {minor}\"");
    for guide in ["docs/guides/upgrading.md", "docs/guides/installing.md"] {
        assert!(
            read(guide).contains(&pinned),
            "{guide} pins another version than {version}"
        );
    }
    let hook = format!("rev: v{version}");
    assert!(
        read("docs/guides/strict-names.md").contains(&hook),
        "the hook is of another version"
    );
    let heading = read("CHANGELOG.md");
    let heading = heading
        .lines()
        .find(|line| line.starts_with("## ["))
        .expect("the changelog has a heading");
    assert!(
        heading == "## [Unreleased]" || heading.starts_with(&format!("## [{version}]")),
        "the changelog begins with {heading}, and the version is {version}"
    );
}

#[test]
fn the_manifest_names_the_protocol_that_is_served() {
    let manifest: Value = serde_json::from_str(&read("terraform-registry-manifest.json")).expect("it is JSON");
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["metadata"]["protocol_versions"], serde_json::json!(["6.0"]));
}

#[test]
fn workflows_run_what_there_is() {
    let makefile = read("Makefile");
    for path in [".github/workflows/ci.yml", ".github/workflows/release.yml"] {
        let workflow = yaml(path);
        let commands = commands(&workflow);
        assert!(!commands.is_empty(), "{path} runs nothing");
        for command in commands {
            for words in command.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()) {
                if let ["make", target, ..] = words[..] {
                    // A file that the Makefile makes is named there by a variable.
                    let is_target = makefile.contains(&format!("\n{target}:")) || target.starts_with(".tools/zig/");
                    assert!(
                        is_target,
                        "{path} names `make {target}`, which the Makefile does not have"
                    );
                }
            }
        }
    }
}

#[test]
fn forms_and_policies_can_be_read() {
    for form in ["bug.yml", "feature.yml"] {
        let form = yaml(&format!(".github/ISSUE_TEMPLATE/{form}"));
        assert!(form["body"].as_array().is_some_and(|body| !body.is_empty()));
    }
    yaml(".github/ISSUE_TEMPLATE/config.yml");
    yaml(".pre-commit-hooks.yaml");
}
