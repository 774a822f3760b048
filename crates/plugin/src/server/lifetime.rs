//! When the process is to end.

mod interrupt;
// What is for other systems is compiled here too, by the tests, so that it is known to compile.
#[cfg(any(not(unix), test))]
mod other;
#[cfg(unix)]
mod unix;

use std::io;
use std::time::Duration;

use interrupt::Interrupt;
#[cfg(not(unix))]
use other::{Parent, Signals};
#[cfg(unix)]
use unix::{Parent, Signals};

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
    parent: Option<Parent>,
}

impl Lifetime {
    /// A plugin's: it ends with its parent, and leaves Ctrl-C to it. Terraform signals its whole process group, then waits
    /// for the running calls: a provider that dies of it loses what it was creating.
    pub(super) fn of_plugin() -> io::Result<Self> {
        Ok(Self {
            signals: Signals::catch(Interrupt::Ignore)?,
            parent: Some(Parent::of_this_process()),
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
        tokio::select! {
            () = self.signals.end() => End::Signalled,
            () = orphaned(self.parent.as_ref()) => End::Orphaned,
        }
    }

    /// Waits until running calls need not be waited for any longer.
    pub(super) async fn patience(&mut self, end: End) {
        let forsaken = async {
            if end != End::Orphaned {
                orphaned(self.parent.as_ref()).await;
            }
            tokio::time::sleep(ORPHANED_PATIENCE).await;
        };
        tokio::select! {
            // Whoever sends a second signal means it.
            () = self.signals.end() => {}
            () = forsaken => {}
        }
    }
}

async fn orphaned(parent: Option<&Parent>) {
    match parent {
        Some(parent) => parent.gone().await,
        None => std::future::pending().await,
    }
}
