//! When the process is to end.

use std::io;
use std::time::Duration;

/// How often to look whether the parent is still there.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(500);
/// How long running calls have when nobody can take their answer any more.
const ORPHANED_PATIENCE: Duration = Duration::from_secs(10);

/// Why the process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The CLI said that it has no further use for the provider.
    Asked,
    /// By a signal.
    Signalled,
    /// The process that started it is gone.
    Orphaned,
}

/// Watches for the end. Signals are caught from the moment this exists.
pub(super) struct Lifetime {
    signals: Signals,
    /// The process that this one serves, and ends with.
    parent: Option<u32>,
}

impl Lifetime {
    /// A plugin's: it ends with its parent, and leaves Ctrl-C to it. Terraform signals its whole process group, then waits
    /// for the running calls: a provider that dies of it loses what it was creating.
    pub(super) fn of_plugin() -> io::Result<Self> {
        Ok(Self {
            signals: Signals::catch(Interrupt::Ignore)?,
            parent: parent(),
        })
    }

    /// A program's, as any that one starts by hand: it ends with Ctrl-C.
    pub(super) fn of_program() -> io::Result<Self> {
        Ok(Self {
            signals: Signals::catch(Interrupt::End)?,
            parent: None,
        })
    }

    /// Waits for the end.
    pub(super) async fn ended(&mut self) -> End {
        let parent = self.parent;
        tokio::select! {
            () = self.signals.end() => End::Signalled,
            () = orphaned(parent) => End::Orphaned,
        }
    }

    /// Waits until running calls need not be waited for any longer.
    pub(super) async fn patience(&mut self, end: End) {
        let orphaned = async {
            if end != End::Orphaned {
                orphaned(self.parent).await;
            }
            tokio::time::sleep(ORPHANED_PATIENCE).await;
        };
        tokio::select! {
            // Whoever sends a second signal means it.
            () = self.signals.end() => {}
            () = orphaned => {}
        }
    }
}

/// What Ctrl-C means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interrupt {
    Ignore,
    End,
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
fn parent() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

/// A process whose parent dies gets another one.
#[cfg(unix)]
async fn orphaned(parent: Option<u32>) {
    let Some(parent) = parent else {
        return std::future::pending().await;
    };
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(LOOK).await;
    }
}

/// There is no safe way to ask on other systems. go-plugin ends its plugins itself there.
#[cfg(not(unix))]
fn parent() -> Option<u32> {
    None
}

#[cfg(not(unix))]
async fn orphaned(_: Option<u32>) {
    std::future::pending().await
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    on_interrupt: Interrupt,
}

#[cfg(unix)]
impl Signals {
    fn catch(on_interrupt: Interrupt) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            on_interrupt,
        })
    }

    /// Waits for a signal that ends the process.
    async fn end(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => return,
                _ = self.interrupt.recv() => match self.on_interrupt {
                    Interrupt::End => return,
                    Interrupt::Ignore => tracing::debug!("ignoring SIGINT: the CLI says when to stop"),
                },
            }
        }
    }
}

#[cfg(not(unix))]
struct Signals {
    on_interrupt: Interrupt,
}

#[cfg(not(unix))]
impl Signals {
    fn catch(on_interrupt: Interrupt) -> io::Result<Self> {
        Ok(Self { on_interrupt })
    }

    /// Waits for a signal that ends the process.
    async fn end(&mut self) {
        loop {
            // Listening takes the default away, which is to end the process.
            if tokio::signal::ctrl_c().await.is_err() {
                return std::future::pending().await;
            }
            if self.on_interrupt == Interrupt::End {
                return;
            }
        }
    }
}
