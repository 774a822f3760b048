//! `demo/run`, as `make demo` runs it: it shows a running workload, and leaves nothing running whatever happens.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use tempfile::TempDir;

/// A demo that has begun, in a process group and a folder of its own.
struct Demo {
    child: Child,
    folder: PathBuf,
    // A file, not a pipe: a process that the demo left running would hold a pipe open, and reading it would never end.
    output: PathBuf,
}

impl Demo {
    fn start(folder: &Path) -> Demo {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/run");
        let test = env::current_exe().expect("a running test knows its own path");
        let target = test
            .ancestors()
            .nth(3)
            .expect("tests are built into <target>/<profile>/deps");
        let folder = folder.join("demo");
        let output = folder.with_extension("out");
        // Where the tests run in the background, the signal of Ctrl-C is ignored, and a shell cannot trap what it was started
        // to ignore.
        let mut command = Command::new("env");
        command
            .arg("--default-signal=INT")
            .arg(script)
            .env("CARGO_TARGET_DIR", target)
            .env("DEMO_FOLDER", &folder)
            .env_remove("KEEP");
        let file = File::create(&output).expect("a file for the output");
        command.stdin(Stdio::null()).stdout(file).process_group(0);
        let child = command.spawn().expect("the demo starts");
        Demo { child, folder, output }
    }

    /// Waits until the demo says `text`.
    fn until_it_says(self, text: &str) -> Demo {
        self.until(&format!("it says {text:?}"), |demo| demo.said().contains(text))
    }

    /// Sends the signal that Ctrl-C sends.
    fn interrupt(self) -> Demo {
        let command = format!("kill -s INT -- -{}", self.child.id());
        let sent = Command::new("sh").args(["-c", &command]).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the signal did not reach the demo"
        );
        self
    }

    /// Waits for the end, and for nothing to be left.
    fn ends(self) -> (ExitStatus, String) {
        let mut ended = None;
        let demo = self.until("it ends", |demo| {
            ended = demo.child.try_wait().expect("the demo can be asked");
            ended.is_some()
        });
        let said = demo.said();
        assert!(said.contains("Nothing is left running"), "{said}");
        let left = processes_of(&demo.folder);
        assert!(left.is_empty(), "the demo left {left:?} running:\n{said}");
        (ended.expect("it has ended"), said)
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.output).expect("the output is text")
    }

    /// Waits until something holds, for at most two minutes; then the demo is killed with all that it began.
    fn until(mut self, what: &str, mut holds: impl FnMut(&mut Demo) -> bool) -> Demo {
        let started = Instant::now();
        while !holds(&mut self) {
            if started.elapsed() > Duration::from_mins(2) {
                for process in processes_of(&self.folder) {
                    // One that has ended by itself is as good.
                    let _ = Command::new("kill").args(["-s", "KILL", &process]).status();
                }
                panic!("waited in vain until {what}:\n{}", self.said());
            }
            thread::sleep(Duration::from_millis(20));
        }
        self
    }
}

/// The processes that a demo in this folder began, which all inherit the folder's name; none where the system does not
/// tell a process's environment.
fn processes_of(folder: &Path) -> Vec<String> {
    let variable = format!("DEMO_FOLDER={}", folder.display());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|process| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == variable.as_bytes())
        })
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .collect()
}

fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("datum-demo-")
        .tempdir()
        .expect("a temporary folder")
}

#[test]
fn the_demo_shows_a_running_workload_each_time() {
    let folder = folder();
    for _ in 0..2 {
        let (status, said) = Demo::start(folder.path()).ends();
        assert!(status.success(), "{said}");
        for text in [
            "Provisioning",
            "\"Running\"",
            "project-myproject/web-app",
            "kubectl get workloads",
        ] {
            assert!(said.contains(text), "the demo should say {text:?}:\n{said}");
        }
        let state = fs::read_to_string(folder.path().join("demo/terraform.tfstate")).expect("a state");
        assert!(
            !state.contains("web-app"),
            "the workload is destroyed at the end:\n{state}"
        );
    }
}

#[test]
fn an_interrupted_demo_leaves_nothing_running() {
    for moment in ["==> Applying", "Provisioning", "==> Commands to try next"] {
        let folder = folder();
        let (status, said) = Demo::start(folder.path()).until_it_says(moment).interrupt().ends();
        assert_eq!(status.code(), Some(130), "interrupted at {moment:?}:\n{said}");
    }
}
