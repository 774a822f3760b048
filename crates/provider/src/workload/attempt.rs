//! What an attempt to create left behind that did not come to its end: its entry in `metadata.managedFields` is given to the
//! provider's own field manager before that one writes. Otherwise two would own the same fields, and none could remove one.

use datum_client::config::FIELD_MANAGER;
use datum_client::{Client, Object, attempt};
use datum_model::id::WorkloadId;
use tf_plugin_server::value::Value;

use super::identity;
use super::private::PrivateState;
use super::write::ATTEMPTS;

/// Gives the provider what an attempt of its own still owns, where that may be. Where it does not work, the write that comes
/// next says why.
pub(super) async fn mend(client: &Client, id: &WorkloadId, prior: &Value, private: &PrivateState) {
    // Whoever has an entry of the lasting manager has none of an attempt.
    if private.written.is_some() {
        return;
    }
    for _ in 0..ATTEMPTS {
        let Some((object, entries)) = left_over(client, id, prior).await else {
            return;
        };
        match client.rewrite_managers(id, &object, &entries).await {
            Err(error) if error.is_modified() => {}
            Err(error) => return tracing::warn!(%error, "the entry of an attempt to create could not be mended"),
            Ok(_) => return tracing::info!(workload = %id, "what an attempt to create had left was taken over"),
        }
    }
}

/// The workload of a state and its entries as they should be, if an attempt still owns something in it.
async fn left_over(client: &Client, id: &WorkloadId, prior: &Value) -> Option<(Object, Vec<serde_json::Value>)> {
    let object = client.get(id).await.ok()?;
    if object.uid() != identity::uid(prior) {
        return None;
    }
    let entries = attempt::settled(object.managed_fields(), FIELD_MANAGER)?;
    Some((object, entries))
}
