//! `demo/run`, as `make demo` runs it: it shows a running workload, and leaves nothing running whatever happens.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::{env, fs};

use tempfile::TempDir;

/// A demo that has begun, in a process group and a folder of its own.
struct Demo {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    said: String,
}

impl Demo {
    fn start(folder: &Path) -> Demo {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/run");
        let test = env::current_exe().expect("a running test knows its own path");
        let target = test
            .ancestors()
            .nth(3)
            .expect("tests are built into <target>/<profile>/deps");
        // Where the tests run in the background, the signal of Ctrl-C is ignored, and a shell cannot trap what it was started
        // to ignore.
        let mut command = Command::new("env");
        command
            .arg("--default-signal=INT")
            .arg(script)
            .env("CARGO_TARGET_DIR", target)
            .env("DEMO_FOLDER", folder)
            .env_remove("KEEP");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("the demo starts");
        let output = BufReader::new(child.stdout.take().expect("the output is piped"));
        Demo {
            child,
            output,
            said: String::new(),
        }
    }

    /// Reads on until the demo says `text`.
    fn until_it_says(mut self, text: &str) -> Demo {
        while !self.said.contains(text) {
            let read = self.output.read_line(&mut self.said).expect("the output is text");
            assert!(read > 0, "the demo ended before it said {text:?}:\n{}", self.said);
        }
        self
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
    fn ends(mut self) -> (ExitStatus, String) {
        self.output.read_to_string(&mut self.said).expect("the output is text");
        let status = self.child.wait().expect("the demo can be awaited");
        let address = self
            .said
            .split_once("ready on https://")
            .expect("the control plane was ready")
            .1;
        let address = address.split_whitespace().next().expect("an address follows");
        assert!(
            TcpStream::connect(address).is_err(),
            "the control plane still runs:\n{}",
            self.said
        );
        assert!(self.said.contains("Nothing is left running"), "{}", self.said);
        (status, self.said)
    }
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
        let state = fs::read_to_string(folder.path().join("terraform.tfstate")).expect("a state");
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
