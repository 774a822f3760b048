//! Things to do that leave no state.

use async_trait::async_trait;
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;
use tokio::sync::mpsc;

use crate::value::Value;

/// Does something when it is invoked: by `-invoke`, or by the lifecycle of a resource (Terraform 1.14).
#[async_trait]
pub trait Action: Send + Sync {
    /// The attributes of the `config` block.
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;

    /// Checks the configuration, which may hold unknown values. `None` refuses it, with the reason in `diags`.
    ///
    /// The default accepts what fits the schema.
    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let _ = (diags, config);
        Some(())
    }

    /// Says at plan whether the action could be invoked. The configuration may hold unknown values. `None` refuses it, with the
    /// reason in `diags`.
    ///
    /// The default accepts.
    async fn plan(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let _ = (diags, config);
        Some(())
    }

    /// Does it. The configuration is wholly known. `None` says that it was not done, or not wholly, with the reason in `diags`.
    async fn invoke(&self, diags: &mut Diagnostics, config: Value, progress: Progress) -> Option<()>;
}

/// Where an action tells how far it is. The CLI prints each message as it comes.
#[derive(Debug)]
pub struct Progress {
    pub(crate) sender: mpsc::UnboundedSender<String>,
}

impl Progress {
    /// Tells something. It neither waits for anybody nor fails: whether the CLI still listens is no concern of an action.
    pub fn tell(&self, message: impl Into<String>) {
        // The CLI has gone away; the call learns of that by its cancellation.
        let _ = self.sender.send(message.into());
    }
}
