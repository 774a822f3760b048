//! A command on its way: it can be signalled, its end is awaited with a deadline, and no test leaves it behind.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{io, process, thread};

use rustix::process::{Pid, kill_process_group};

pub use rustix::process::Signal;

use crate::cli::Output;

/// How long a command may take before it counts as hung: far longer than any takes, even where all run at once.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often something is done while a command runs.
const STEP: Duration = Duration::from_millis(50);
/// How long a killed command may take to end.
const AGONY: Duration = Duration::from_secs(30);

/// A command that was started in a process group of its own, as a terminal does. Dropped, it is killed with its children.
#[derive(Debug)]
pub struct Running {
    command: String,
    group: Pid,
    ended: Receiver<io::Result<process::Output>>,
    is_over: bool,
}

impl Running {
    /// Starts a command with its output piped.
    #[track_caller]
    pub fn start(command: &mut Command) -> Running {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
        let group = Pid::from_child(&child);
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            // Nobody listens any more where the test has failed meanwhile.
            let _ = sender.send(child.wait_with_output());
        });
        Running {
            command: format!("{command:?}"),
            group,
            ended,
            is_over: false,
        }
    }

    /// The process id, which is that of the process group as well.
    pub fn id(&self) -> i32 {
        self.group.as_raw_nonzero().get()
    }

    /// Sends a signal to the command and its children, as a terminal does on Ctrl-C.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process_group(self.group, signal)
            .unwrap_or_else(|error| panic!("{signal:?} did not reach {}: {error}", self.command));
    }

    /// Waits for the end of the command, and of whatever writes to its output.
    #[track_caller]
    pub fn ends(self) -> Output {
        self.ends_within(PATIENCE)
    }

    /// The same with another deadline.
    ///
    /// # Panics
    ///
    /// When the command has not ended by then: it is killed, and the message holds what it had said.
    #[track_caller]
    pub fn ends_within(mut self, patience: Duration) -> Output {
        if let Ok(ended) = self.ended.recv_timeout(patience) {
            return self.over(ended);
        }
        self.kill();
        let hung = format!("{} had not ended after {patience:?}", self.command);
        let Ok(ended) = self.ended.recv_timeout(AGONY) else {
            panic!("{hung}, and something holds its output open although it was killed");
        };
        panic!("{hung} and was killed:\n{}", self.over(ended));
    }

    /// The same, and does something over and over until then.
    #[track_caller]
    pub fn ends_while(mut self, mut step: impl FnMut()) -> Output {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            match self.ended.recv_timeout(STEP) {
                Ok(ended) => return self.over(ended),
                Err(_) => step(),
            }
        }
        self.ends_within(Duration::ZERO)
    }

    fn over(&mut self, ended: io::Result<process::Output>) -> Output {
        self.is_over = true;
        let command = self.command.clone();
        match ended {
            Ok(output) => Output::new(command, &output),
            Err(error) => panic!("{command} could not be awaited: {error}"),
        }
    }

    fn kill(&self) {
        // It may have ended this moment, which is as good.
        let _ = kill_process_group(self.group, Signal::KILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            self.kill();
        }
    }
}
