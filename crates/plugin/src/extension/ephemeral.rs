//! Values that are never stored.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use crate::value::Value;

/// A value that exists for as long as one run of the CLI needs it, and is in no state and no plan (Terraform 1.10).
#[async_trait]
pub trait EphemeralResource: Send + Sync {
    /// The attributes of the block.
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;

    /// Checks the configuration, which may hold unknown values. `None` refuses it, with the reason in `diags`.
    ///
    /// The default accepts what fits the schema.
    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let _ = (diags, config);
        Some(())
    }

    /// Makes the value. The configuration is wholly known. `None` refuses it, with the reason in `diags`.
    async fn open(&self, diags: &mut Diagnostics, config: Value) -> Option<Opened>;

    /// Keeps what was opened alive, at the time that it asked for. The CLI takes no other value for the one that it has.
    ///
    /// The default has nothing to do.
    async fn renew(&self, diags: &mut Diagnostics, private: Bytes) -> Option<Renewed> {
        let _ = diags;
        Some(Renewed {
            private,
            renew_at: None,
        })
    }

    /// Gives up what was opened, once the CLI has no further use for it.
    ///
    /// The default has nothing to do.
    async fn close(&self, diags: &mut Diagnostics, private: Bytes) -> Option<()> {
        let _ = (diags, private);
        Some(())
    }
}

/// An ephemeral resource that is open. It has no `Debug` form, since what it holds is mostly secret.
#[derive(Clone)]
pub struct Opened {
    /// All attributes, with those of the configuration.
    pub result: Value,
    /// What `renew` and `close` need to know. The CLI keeps it in memory.
    pub private: Bytes,
    /// When it has to be renewed, if it has to be.
    pub renew_at: Option<Timestamp>,
}

/// An ephemeral resource that stays open.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// What the next `renew`, and `close`, need to know.
    pub private: Bytes,
    /// When it has to be renewed again, if it has to be.
    pub renew_at: Option<Timestamp>,
}
