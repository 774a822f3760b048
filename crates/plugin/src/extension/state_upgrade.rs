//! State of earlier schema versions.

use async_trait::async_trait;
use tf_provider::Diagnostics;

use crate::value::Value;

/// Brings a resource's stored state from an earlier schema version to the present one.
///
/// State of the present version is read without: an attribute that the schema has gained is null. An attribute that it has
/// lost is dropped only by an upgrade that says so; raise the schema's version and implement this.
#[async_trait]
pub trait StateUpgrade: Send + Sync {
    /// The state that `prior`, of schema version `from`, is now.
    ///
    /// `prior` is the stored JSON as it is; [`Value::from_json`] reads it once it has the present shape. `None` refuses the
    /// upgrade, with the reason in `diags`.
    async fn upgrade(&self, diags: &mut Diagnostics, from: i64, prior: serde_json::Value) -> Option<Value>;
}
