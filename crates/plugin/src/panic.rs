//! A handler's panic, caught so that it becomes a diagnostic and the provider lives on.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;

thread_local! {
    /// Where this thread last panicked. A future is polled, and so caught, on the thread that panicked.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a panic said, and where it happened.
pub(crate) struct Panic {
    message: String,
    location: Option<String>,
}

/// Reports panics as log lines in place of the default text on stderr, and remembers where they happened.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string);
        let message = message(info.payload());
        tracing::error!(location = location.as_deref().unwrap_or("unknown"), "panic: {message}");
        LOCATION.set(location);
    }));
}

/// The future's output, or its panic.
pub(crate) async fn caught<T>(future: impl Future<Output = T> + Send) -> Result<T, Panic> {
    // What the handler was changing may be half changed; the caller only keeps what it owns itself.
    AssertUnwindSafe(future).catch_unwind().await.map_err(Panic::new)
}

/// The function's result, or its panic.
pub(crate) fn caught_at_once<T>(function: impl FnOnce() -> T) -> Result<T, Panic> {
    std::panic::catch_unwind(AssertUnwindSafe(function)).map_err(Panic::new)
}

impl Panic {
    #[expect(clippy::needless_pass_by_value, reason = "what a panic leaves behind is a box")]
    fn new(payload: Box<dyn Any + Send>) -> Self {
        Self {
            message: message(&*payload),
            location: LOCATION.take(),
        }
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.location {
            Some(location) => write!(f, " (at {location})"),
            None => Ok(()),
        }
    }
}
