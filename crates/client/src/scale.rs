//! Scaling by the subresource, as `kubectl scale` does.

use datum_model::id::WorkloadId;
use kube::core::params::{Patch, PatchParams};
use serde_json::json;

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::object::Object;
use crate::requests::{built, workloads};
use crate::transport::Repeat;

impl Client {
    /// Sets the number of replicas of a Workload, if `check` lets the object pass. Returns the object as it was before, and as it
    /// is.
    ///
    /// # Errors
    /// What `check` says, and what the API does.
    pub async fn scale<E: From<Error>>(
        &self,
        id: &WorkloadId,
        replicas: u32,
        check: impl Fn(&Object) -> Result<(), E>,
    ) -> Result<(Object, Object), E> {
        let before = self.get(id).await?;
        check(&before)?;
        let operation = Operation::on("scale", id);
        // The number does not depend on how the object was, so that the version does not matter; its identity does.
        let patch = json!({ "metadata": { "uid": before.uid() }, "spec": { "replicas": replicas } });
        let params = PatchParams {
            field_manager: Some(self.field_manager().to_owned()),
            ..PatchParams::default()
        };
        let request =
            workloads(&id.namespace).patch_subresource("scale", id.name.as_str(), &params, &Patch::Merge(patch));
        let request = built(&operation, request)?;
        self.write(&operation, id, &request, Repeat::Safe).await?;
        let after = self.get(id).await?;
        Ok((before, after))
    }
}
