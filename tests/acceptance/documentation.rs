//! The documentation: whatever it shows is valid, in the provider's schema and in the language.

use std::fs;
use std::path::{Path, PathBuf};

use acceptance::{Workspace, each_cli};

/// A piece of HCL that users are shown.
struct Snippet {
    /// Where it is shown.
    from: String,
    hcl: String,
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
    for path in files(&repository().join("examples"), "tf") {
        found.push(Snippet {
            from: path.display().to_string(),
            hcl: read(&path),
        });
    }
    found
}

/// Puts the snippet into the workspace, with what it leaves to the reader.
fn place(workspace: &Workspace, snippet: &Snippet) {
    let hcl = &snippet.hcl;
    let mut context = String::new();
    if !hcl.contains("required_providers") {
        context += "terraform {\n  required_providers {\n    datum = { source = \"datum-cloud/datum\" }\n  }\n}\n";
    }
    if hcl.contains("to = datum_workload.web") && !hcl.contains("resource \"datum_workload\" \"web\"") {
        context += &read(&repository().join("examples/resources/datum_workload/resource.tf"));
    }
    for file in ["client.pem", "client-key.pem", "ca.pem"] {
        workspace.write(file, "");
    }
    let manifest = repository().join("examples/functions/manifest_decode/workload.yaml");
    workspace.write("workload.yaml", &read(&manifest));
    workspace.write("versions.tf", &context).config(hcl);
}

/// Whether the CLI is new enough. OpenTofu 1.6, which `make setup` installs, has no import for each of many and no
/// functions of providers.
fn is_understood(workspace: &Workspace, snippet: &Snippet) -> bool {
    let newer = ["import {\n  for_each", "provider::"];
    workspace.cli().is_terraform() || !newer.iter().any(|syntax| snippet.hcl.contains(syntax))
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
            if !is_understood(workspace, snippet) {
                continue;
            }
            place(workspace, snippet);
            let output = workspace.run(&["validate", "-no-color"]);
            assert!(output.success, "{} shows what is not valid:\n{output}", snippet.from);
        }
    });
}

#[test]
fn everything_shown_is_formatted() {
    each_cli(|workspace| {
        for snippet in snippets().iter().filter(|snippet| is_understood(workspace, snippet)) {
            place(workspace, snippet);
            let output = workspace.run(&["fmt", "-check", "-diff", "main.tf"]);
            assert!(output.success, "{} is not formatted:\n{output}", snippet.from);
        }
    });
}
