//! Ctrl-C on systems other than unix, where a parent cannot be watched without unsafe code.

use std::io;

use super::interrupt::Interrupt;

/// The process that started this one.
pub(super) struct Parent;

impl Parent {
    pub(super) fn of_this_process() -> Self {
        Self
    }

    /// Is never known to be gone: go-plugin itself ends its plugins, unless it is killed.
    pub(super) async fn gone(&self) {
        std::future::pending::<()>().await;
    }
}

pub(super) struct Signals {
    on_interrupt: Interrupt,
}

impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "other systems may fail to")]
    pub(super) fn catch(on_interrupt: Interrupt) -> io::Result<Self> {
        Ok(Self { on_interrupt })
    }

    /// Waits for what ends the process.
    pub(super) async fn end(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_ends_the_process_by_itself() {
        let mut signals = Signals::catch(Interrupt::Ignore).unwrap();
        let parent = Parent::of_this_process();
        let (gone, end) = (parent.gone(), signals.end());
        tokio::pin!(gone, end);
        assert!(futures::poll!(gone).is_pending());
        assert!(futures::poll!(end).is_pending());
    }
}
