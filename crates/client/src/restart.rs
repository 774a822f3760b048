//! Restarting: what `kubectl rollout restart` does for a Deployment.

use datum_model::id::WorkloadId;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::object::Object;

/// The annotation of the pod template whose change replaces every Pod. It is kubectl's.
const ANNOTATION: &str = "kubectl.kubernetes.io/restartedAt";

/// How often a change for one version of the object begins anew because the object changed under its hands.
const ATTEMPTS: usize = 5;

impl Client {
    /// Writes the time into the annotation of the pod template, if `check` lets the object pass. Returns the object as it was
    /// before, and as it is.
    ///
    /// Nobody owns the annotation afterwards: the entry that a write by hand leaves in `metadata.managedFields` would be a
    /// conflict for whoever applies another value.
    ///
    /// # Errors
    /// What `check` says, and what the API does.
    pub async fn restart<E: From<Error>>(
        &self,
        id: &WorkloadId,
        at: Timestamp,
        check: impl Fn(&Object) -> Result<(), E>,
    ) -> Result<(Object, Object), E> {
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        for attempt in 1.. {
            let before = self.get(id).await?;
            check(&before)?;
            let patch = json!({
                "metadata": { "uid": before.uid(), "resourceVersion": before.resource_version() },
                "spec": { "template": { "metadata": { "annotations": { ANNOTATION: at } } } },
            });
            match self.merge(id, &patch).await {
                Ok(restarted) => return Ok((before, self.disown(id, restarted).await)),
                Err(error) if error.is_modified() && attempt < ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Takes the annotation out of the entry that our write has left. Where that does not work, an apply that meets it takes the
    /// field over, as it does with all that was set by hand.
    async fn disown(&self, id: &WorkloadId, mut object: Object) -> Object {
        let client = self.for_cleanup();
        for _ in 0..ATTEMPTS {
            let Some(entries) = disowned(object.managed_fields(), self.field_manager()) else {
                return object;
            };
            let error = match client.rewrite_managers(id, &object, &entries).await {
                Ok(rewritten) => return rewritten,
                Err(error) => error,
            };
            match client.get(id).await {
                Ok(live) if live.uid() == object.uid() => object = live,
                _ => {
                    tracing::warn!(%error, "the entry of a restart could not be removed");
                    return object;
                }
            }
        }
        object
    }
}

/// The entries without the annotation in those of `manager`'s own writes by hand; `None` where it is in none.
fn disowned(entries: &[Value], manager: &str) -> Option<Vec<Value>> {
    let path = ["f:spec", "f:template", "f:metadata", "f:annotations"];
    let annotation = format!("f:{ANNOTATION}");
    let mut is_found = false;
    let mut kept = Vec::new();
    for entry in entries {
        let mut entry = entry.clone();
        if entry["manager"] == manager && entry["operation"] == "Update" {
            is_found |= remove(&mut entry["fieldsV1"], &path, &annotation);
        }
        if entry["fieldsV1"].as_object().is_none_or(|fields| !fields.is_empty()) {
            kept.push(entry);
        }
    }
    is_found.then_some(kept)
}

/// Removes a field below a path, and what then is empty on the way to it. Whether it was there.
fn remove(fields: &mut Value, path: &[&str], field: &str) -> bool {
    let Some(fields) = fields.as_object_mut() else {
        return false;
    };
    let Some((name, below)) = path.split_first() else {
        return fields.remove(field).is_some();
    };
    let Some(inner) = fields.get_mut(*name) else {
        return false;
    };
    let is_found = remove(inner, below, field);
    // "." says that the map itself belongs to the manager, which has made it on the way.
    let is_empty = inner
        .as_object()
        .is_some_and(|inner| inner.keys().all(|key| key == "."));
    if is_found && is_empty {
        fields.remove(*name);
    }
    is_found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_annotation_of_our_own_write_is_disowned() {
        let fields = json!({ "f:spec": { "f:template": { "f:metadata": { "f:annotations": {
            ".": {}, "f:kubectl.kubernetes.io/restartedAt": {},
        } } } } });
        let entry = |manager: &str, operation: &str, fields: &Value| json!({ "manager": manager, "operation": operation, "fieldsV1": fields });
        let mut more = fields.clone();
        more["f:spec"]["f:replicas"] = json!({});
        let entries = [
            entry("us", "Apply", &fields),
            entry("kubectl", "Update", &fields),
            entry("us", "Update", &more),
            entry("us", "Update", &fields),
        ];
        let left = disowned(&entries, "us").unwrap();
        assert_eq!(
            left,
            [
                entries[0].clone(),
                entries[1].clone(),
                entry("us", "Update", &json!({ "f:spec": { "f:replicas": {} } })),
            ]
        );
        assert_eq!(disowned(&left, "us"), None);
    }
}
