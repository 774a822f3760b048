//! Strict names on whole configurations: every mistake is found where it is, and nothing else is.

#![expect(clippy::too_many_lines, reason = "a test is a table and what comes of it")]

mod likeness;
mod mistakes;
mod valid;

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use terraform_provider_datum::names::Configuration;

/// A folder with the files of a text in which `-- name --` begins each; what comes before the first is `main.tf`.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut name = "main.tf".to_owned();
    let mut content = String::new();
    let write = |name: &str, content: &str| {
        if content.trim().is_empty() {
            return;
        }
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
        fs::write(path, content).expect("the file is written");
    };
    for line in text.split_inclusive('\n') {
        match line
            .trim()
            .strip_prefix("-- ")
            .and_then(|line| line.strip_suffix(" --"))
        {
            Some(next) => {
                write(&name, &content);
                next.clone_into(&mut name);
                content.clear();
            }
            None => content.push_str(line),
        }
    }
    write(&name, &content);
    folder
}

/// What is wrong with the configuration, a line each: where, what, and what was meant.
fn findings(text: &str) -> Vec<String> {
    let folder = folder(text);
    let configuration = Configuration::read(folder.path(), Path::new(".terraform"));
    let findings = configuration.findings();
    let lines = findings.iter().map(|finding| {
        let (summary, meant) = terraform_provider_datum::diagnostics::unknown_name(finding);
        let (file, line, column) = (&finding.file, finding.line, finding.column);
        format!("{file}:{line}:{column}: {summary}. {meant}")
    });
    lines.collect()
}

/// A resource with this `spec`, its braces left out.
fn spec(body: &str) -> String {
    format!(
        "resource \"datum_workload\" \"web\" {{\n  metadata = {{ name = \"web\" }}\n  spec = {{\n{body}\n  }}\n}}\n"
    )
}

/// A resource with this pod, its braces left out.
fn pod(body: &str) -> String {
    spec(&format!("    template = {{ spec = {{\n{body}\n    }} }}"))
}

/// A resource with this container, its braces left out.
fn container(body: &str) -> String {
    pod(&format!(
        "containers = [{{\n  name  = \"app\"\n  image = \"nginx:1.25\"\n{body}\n}}]"
    ))
}
