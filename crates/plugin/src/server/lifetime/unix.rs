//! Signals and parents on unix.

use std::io;
use std::os::unix::process::parent_id;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::interrupt::Interrupt;

/// How often to look whether the parent is still there.
const LOOK: Duration = Duration::from_millis(500);

/// The process that started this one.
pub(super) struct Parent(u32);

impl Parent {
    pub(super) fn of_this_process() -> Self {
        Self(parent_id())
    }

    /// Waits until it is gone: a process whose parent dies gets another one.
    pub(super) async fn gone(&self) {
        while parent_id() == self.0 {
            tokio::time::sleep(LOOK).await;
        }
    }
}

pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    on_interrupt: Interrupt,
}

impl Signals {
    pub(super) fn catch(on_interrupt: Interrupt) -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            on_interrupt,
        })
    }

    /// Waits for a signal that ends the process.
    pub(super) async fn end(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => match self.on_interrupt {
                    Interrupt::End => return,
                    Interrupt::Ignore => tracing::debug!("ignoring SIGINT: the CLI says when to stop"),
                },
                // A CLI that was started to outlive its terminal (nohup) does, and its plugins with it. Any other dies of a hangup,
                // which is noticed.
                _ = self.hangup.recv() => match self.on_interrupt {
                    Interrupt::End => return,
                    Interrupt::Ignore => tracing::debug!("ignoring SIGHUP: the provider ends with the CLI"),
                },
            }
        }
    }
}
