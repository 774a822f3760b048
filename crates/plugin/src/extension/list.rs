//! The resources that exist.

use async_trait::async_trait;
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;
use tokio::sync::mpsc;

use crate::value::Value;

/// Lists the objects of a resource's type, managed or not, for a `list` block.
#[async_trait]
pub trait List: Send + Sync {
    /// The attributes of the `list` block's configuration.
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;

    /// Checks the `list` block's configuration, which may hold unknown values. `None` refuses it, with the reason in `diags`.
    ///
    /// The default accepts what fits the schema.
    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let _ = (diags, config);
        Some(())
    }

    /// Sends each object found to `results`, as it is found. `diags` is reported after the last of them.
    ///
    /// Once the CLI has as many as it asked for, sending fails: return then.
    async fn list(&self, diags: &mut Diagnostics, request: ListRequest, results: Results);
}

/// What to list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// The `list` block's configuration.
    pub config: Value,
    /// Whether the objects' whole state is asked for.
    pub include_resource: bool,
    /// The most results that are of use.
    pub limit: Option<usize>,
}

/// One object found.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its identity.
    pub identity: Value,
    /// Its name for a human reader.
    pub display_name: String,
    /// Its state, when it was asked for.
    pub resource: Option<Value>,
    /// What is to be said about this object.
    pub diags: Diagnostics,
}

/// Where results go.
#[derive(Debug)]
pub struct Results {
    pub(crate) sender: mpsc::Sender<Listed>,
    pub(crate) left: Option<usize>,
}

/// Nobody waits for further results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no further results are wanted")]
pub struct ResultsClosed;

impl Results {
    /// Sends a result, at the pace at which the CLI takes them.
    ///
    /// # Errors
    ///
    /// The CLI has as many results as it asked for, or has gone away.
    pub async fn send(&mut self, listed: Listed) -> Result<(), ResultsClosed> {
        if self.left == Some(0) {
            return Err(ResultsClosed);
        }
        self.left = self.left.map(|left| left - 1);
        self.sender.send(listed).await.map_err(|_| ResultsClosed)
    }
}
