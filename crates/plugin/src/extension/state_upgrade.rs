//! State of earlier schema versions.

use async_trait::async_trait;
use tf_provider::Diagnostics;

use crate::value::Value;

/// Brings a resource's stored state from an earlier schema version to the present one.
///
/// State of the present version is read without: an attribute that the schema has gained is null, and one that it does not
/// have (as after a later version of the provider was replaced by an earlier one) is left out.
#[async_trait]
pub trait StateUpgrade: Send + Sync {
    /// The state that `prior`, of schema version `from`, is now.
    ///
    /// `prior` is the stored JSON, with one difference: a number that neither 64 bits nor a float can hold is a string of its
    /// digits. Once `prior` has the present shape, [`json::decode_data`](crate::value::json::decode_data) reads it, such numbers
    /// included. `None` refuses the upgrade, with the reason in `diags`.
    async fn upgrade(&self, diags: &mut Diagnostics, from: i64, prior: serde_json::Value) -> Option<Value>;
}
