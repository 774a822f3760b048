//! The repository's own rules, as tests: which crate may know which, and what no file may hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// The members each member may depend on. What is absent is the point: the client knows nothing of Terraform, the plugin
/// server nothing of Datum, and the control plane nothing of the code it is there to test.
const ALLOWED: &[(&str, &[&str])] = &[
    ("acceptance", &["test-programs"]),
    ("datum-client", &["datum-model", "test-programs"]),
    (
        "datum-control-plane",
        &["datum-model", "structured-merge", "test-programs"],
    ),
    ("datum-model", &[]),
    ("protoc-setup", &[]),
    ("structured-merge", &[]),
    (
        "terraform-provider-datum",
        &[
            "datum-client",
            "datum-model",
            "structured-merge",
            "test-programs",
            "tf-plugin-server",
        ],
    ),
    ("test-programs", &[]),
    ("tf-plugin-server", &["test-programs"]),
    // The reference is made from the schemas that the provider serves, and a release is verified under every CLI.
    (
        "xtask",
        &[
            "datum-model",
            "terraform-provider-datum",
            "test-programs",
            "tf-plugin-server",
        ],
    ),
];

/// Rooms that decide without doing anything: no clock, no network, no file, no runtime.
const PURE: &[&str] = &[
    "crates/control-plane/src/admission",
    "crates/control-plane/src/apply",
    "crates/control-plane/src/patch",
    "crates/control-plane/src/selector",
    "crates/control-plane/src/simulator/rollout",
    "crates/model/src",
    "crates/provider/src/arguments",
    "crates/provider/src/diagnostics",
    "crates/provider/src/ownership",
    "crates/provider/src/schema",
    "crates/provider/src/value",
    "crates/provider/src/workload/applied",
    "crates/provider/src/workload/import_id",
    "crates/provider/src/workload/patch",
    "crates/provider/src/workload/plan",
    "crates/provider/src/workload/rewritten",
    "crates/provider/src/workload/validity",
    "crates/provider/src/workload/verdict",
    "crates/structured-merge/src",
];

const EFFECTS: &[&str] = &[
    "async fn",
    "tokio::",
    "std::env",
    "std::fs",
    "std::net::Tcp",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
];

/// What else is absent from a room on purpose.
const ABSENT: &[(&str, &[&str])] = &[
    // The caller decides which variables mean what.
    (
        "crates/client/src",
        &["std::env", "env::var", "tf_provider", "tf_plugin_server"],
    ),
    // It serves any provider.
    ("crates/plugin/src", &["datum", "Datum", "kube::", "Workload"]),
    // It would serve any kind.
    ("crates/structured-merge/src", &["datum_model", "Workload", "miloapis"]),
    // The server and the simulator meet at the API only.
    (
        "crates/control-plane/src/simulator",
        &["crate::registry", "crate::store", "crate::server"],
    ),
    // Only the error module looks at what a server answered.
    ("crates/provider/src", &["StatusCode", "hyper::", "reqwest"]),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the repository")
        .to_owned()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(repository()).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} could not be run: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("the output is text")
}

/// Every text file that git tracks and that ends like this, with its path.
fn tracked_files(ending: &str) -> Vec<(String, String)> {
    let names = run("git", &["ls-files"]);
    let read = |name: &str| Some((name.to_owned(), fs::read_to_string(repository().join(name)).ok()?));
    names
        .lines()
        .filter(|name| name.ends_with(ending))
        .filter_map(read)
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let metadata = run(&cargo, &["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let members: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let found: BTreeMap<&str, BTreeSet<&str>> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            let names = dependencies.filter_map(|dependency| dependency["name"].as_str());
            (
                package["name"].as_str().expect("a name"),
                names.filter(|name| members.contains(name)).collect(),
            )
        })
        .collect();
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ALLOWED
        .iter()
        .map(|(name, allowed)| (*name, allowed.iter().copied().collect()))
        .collect();
    for (package, dependencies) in &found {
        let allowed = allowed
            .get(package)
            .unwrap_or_else(|| panic!("{package} is new: say above what it may know"));
        let wrong: Vec<_> = dependencies.difference(allowed).collect();
        assert!(wrong.is_empty(), "{package} must not know {wrong:?}");
    }
    assert_eq!(
        found.len(),
        allowed.len(),
        "a package that is listed above no longer exists"
    );
}

#[test]
fn a_room_does_not_know_what_it_must_not() {
    let sources = tracked_files(".rs");
    let pure = PURE.iter().map(|room| (*room, EFFECTS));
    for (room, unwanted) in pure.chain(ABSENT.iter().copied()) {
        let files: Vec<_> = sources
            .iter()
            .filter(|(name, _)| {
                name.strip_prefix(room)
                    .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
            })
            .filter(|(name, _)| !name.ends_with("/tests.rs") && !name.contains("/tests/"))
            .collect();
        assert!(
            !files.is_empty(),
            "{room} is gone: say above where its contents are now"
        );
        for (name, text) in files {
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                let found = unwanted.iter().find(|unwanted| line.contains(**unwanted));
                assert!(
                    found.is_none(),
                    "{name} must not know of {}: {line}",
                    found.unwrap_or(&"")
                );
            }
        }
    }
}

#[test]
fn one_tls_stack_is_used() {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).expect("the lock file is committed");
    for unwanted in ["openssl", "native-tls", "openssl-sys"] {
        assert!(
            !lock.contains(&format!("name = \"{unwanted}\"\n")),
            "{unwanted} is in the tree; rustls is the TLS stack"
        );
    }
}

#[test]
fn no_test_is_switched_off_and_nothing_is_left_to_do() {
    // Put together here, so that this file does not hold what it looks for.
    let unwanted = [
        ["#[ign", "ore"].concat(),
        ["todo", "!("].concat(),
        ["FIX", "ME"].concat(),
        ["unimplem", "ented!("].concat(),
    ];
    for (name, text) in tracked_files(".rs") {
        for unwanted in &unwanted {
            assert!(!text.contains(unwanted.as_str()), "{name} holds {unwanted}");
        }
    }
}

#[test]
fn modules_are_files_beside_their_folders() {
    for (name, _) in tracked_files("") {
        assert!(!name.ends_with("/mod.rs"), "{name}: a module `x` is x.rs beside x/");
        let stem = Path::new(&name)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let vague = ["utils", "util", "helpers", "helper", "common", "misc"].contains(&stem);
        assert!(!vague, "{name}: a module is named for what it holds");
    }
}

#[test]
fn nothing_names_this_machine_or_a_registry() {
    let unwanted = [
        ["/ro", "ot/"].concat(),
        ["/wo", "rk/"].concat(),
        ["crates", ".io-index-"].concat(),
    ];
    for (name, text) in tracked_files("") {
        for unwanted in &unwanted {
            assert!(!text.contains(unwanted.as_str()), "{name} holds {unwanted}");
        }
    }
}

#[test]
fn every_make_target_that_a_document_names_exists() {
    let makefile = fs::read_to_string(repository().join("Makefile")).expect("the Makefile is there");
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target)
        .collect();
    for (name, text) in tracked_files(".md") {
        for named in text.split("`make ").skip(1) {
            let target: String = named
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            assert!(
                targets.contains(target.as_str()),
                "{name} names `make {target}`, which the Makefile does not have"
            );
        }
    }
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let document = fs::read_to_string(repository().join("docs/architecture.md")).expect("the document is there");
    let table = document.split("## What holds the invariants").nth(1);
    let rows = table.expect("the document says what holds the invariants").lines();
    let sources: String = tracked_files(".rs").into_iter().map(|(_, text)| text).collect();
    let mut count = 0;
    for row in rows.filter(|row| row.starts_with("| ")).skip(1) {
        let tests = row.rsplit('|').nth(1).unwrap_or_default();
        for test in tests.split('`').skip(1).step_by(2) {
            count += 1;
            assert!(
                sources.contains(&format!("fn {test}(")),
                "docs/architecture.md names the test {test}, which does not exist"
            );
        }
    }
    assert!(count > 0, "the table names no test");
}
