//! A log that a test can read.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::instrument::WithSubscriber as _;

/// What was logged, at every level and by every crate.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Records what some work logs.
    pub(crate) async fn record<T>(&self, work: impl Future<Output = T>) -> T {
        let writer = self.clone();
        // As long as there is a single subscriber, tracing asks the one of the current thread whether a log line is of interest
        // to anybody, and remembers the answer. Other tests' threads have none.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        work.with_subscriber(subscriber.finish()).await
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
