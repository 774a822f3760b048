//! What admission makes of a change: denials that may pass in a moment, and values that it has rewritten.

use std::time::Duration;

use datum_client::error::Denial;
use datum_client::{Error, Object};
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::rewritten::rewritten;
use crate::diagnostics;
use crate::provider::Session;

/// How long a write is tried that is denied because something is absent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Patience with writes that are denied because something is absent: what this run has made just before, a policy's parameter for
/// one, may not be known yet to whoever decides.
pub(super) struct Patience {
    ends: Instant,
}

impl Patience {
    /// Patience that begins now.
    pub(super) fn new() -> Patience {
        Patience {
            ends: Instant::now() + PATIENCE,
        }
    }

    /// Whether a write that ended with this error is to be made again. Comes back when it is time for it.
    pub(super) async fn allows_another(&self, error: &Error) -> bool {
        let is_transient = error.denial().is_some_and(Denial::is_about_something_absent);
        if !is_transient || Instant::now() >= self.ends {
            return false;
        }
        tracing::info!(%error, "something is absent; the write is tried again");
        pause().await
    }
}

/// Waits for a moment; false if the run is interrupted.
pub(super) async fn pause() -> bool {
    let moment = tokio::time::sleep(Duration::from_secs(1));
    operation::cancelled().run_until_cancelled(moment).await.is_some()
}

/// Says what the API stores in place of what was sent to it, once in a run. `planned` has the attributes.
pub(super) fn warn(
    session: &Session,
    diags: &mut Diagnostics,
    id: &WorkloadId,
    sent: &Json,
    stored: &Object,
    planned: &Value,
) {
    let rewritten = rewritten(sent, stored.as_json(), planned);
    let new = rewritten
        .iter()
        .filter(|it| session.is_news(id, &format!("rewritten {}", it.field)));
    let new: Vec<_> = new.cloned().collect();
    if !new.is_empty() {
        diags.warnings.push(diagnostics::rewritten(id, &new));
    }
}
