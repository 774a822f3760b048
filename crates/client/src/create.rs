//! Creating: an object that does not exist, and no other, whatever becomes of the answer.

use datum_model::id::WorkloadId;
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::object::Object;
use crate::options::{Applied, ApplyOptions};
use crate::provisional_manager;

/// How often renaming the provisional manager's entry is attempted while others write to the object.
const RENAMES: usize = 10;

/// A version that no object has. An apply that is meant for it makes the object if there is none, and is refused if there is one:
/// the server compares versions only where it has an object to compare with.
const VERSION_OF_NOTHING: &str = "9223372036854775807";

/// What came of a creation.
#[derive(Clone, Debug)]
pub enum Creation {
    /// The object was made. The answer is the object as it was made, even if somebody has changed it since.
    Created(Box<Applied>),
    /// An object of that name exists, and was not touched.
    Exists(Box<Object>),
}

impl Client {
    /// Creates a Workload by one server-side apply that makes it or changes nothing, under a manager of its own (see
    /// [`crate::provisional_manager`]), whose entry is then given to the configuration's
    /// [`field_manager`](crate::Config::field_manager).
    ///
    /// A lost answer is no failure: what was made is looked for and recognised. The looks, and the change of the entry, are
    /// made also when the deadline has passed or the caller has stopped: each takes a few seconds at most.
    ///
    /// # Errors
    /// When nothing was made, or nobody knows ([`Error::is_in_doubt`]).
    pub async fn create(&self, id: &WorkloadId, body: &Value) -> Result<Creation, Error> {
        let manager = provisional_manager::name(self.field_manager());
        let options = ApplyOptions {
            manager: Some(manager.clone()),
            ..ApplyOptions::default()
        };
        let mut body = body.clone();
        body["metadata"]["resourceVersion"] = VERSION_OF_NOTHING.into();
        let applied = match self.apply(id, &body, options).await {
            Ok(applied) => applied,
            Err(error) => {
                // Others may have given the name's object other values, or it has a version.
                let is_taken = error.is_conflict() || error.is_modified();
                if !is_taken && !error.is_in_doubt() {
                    return Err(error);
                }
                match self.for_cleanup().get(id).await {
                    Ok(object) if provisional_manager::has_applied(&object, &manager) => {
                        tracing::warn!(%error, "the answer to a create was lost; what it made is there");
                        Applied::unanswered(object)
                    }
                    Ok(object) if is_taken => return Ok(Creation::Exists(Box::new(object))),
                    // What was in the way is gone, or may not be read.
                    Err(unread) if is_taken && !unread.is_not_found() => return Err(unread),
                    _ => return Err(error),
                }
            }
        };
        let settled = self.settle(id, applied.object.clone(), &manager).await;
        // The object may have been changed between the two writes. What the caller wrote is the first.
        let object = if is_configured_alike(&settled, &applied.object) {
            settled
        } else {
            provisional_manager::settled(&applied.object, &manager, self.field_manager())
        };
        Ok(Creation::Created(Box::new(Applied {
            object,
            created: true,
            ..applied
        })))
    }

    /// Gives the entry of the provisional manager to the lasting one. If that does not work, the next write does it.
    async fn settle(&self, id: &WorkloadId, mut object: Object, manager: &str) -> Object {
        let client = self.for_cleanup();
        let renaming = |object: &Object| provisional_manager::renaming(object, manager, self.field_manager());
        for _ in 0..RENAMES {
            let Some(patch) = renaming(&object) else {
                return object;
            };
            let error = match client.patch(id, &patch).await {
                Ok(renamed) => return renamed,
                Err(error) => error,
            };
            match client.get(id).await {
                // The answer to the change was lost.
                Ok(live) if live.uid() == object.uid() && !provisional_manager::has_applied(&live, manager) => {
                    return live;
                }
                // Another entry has come before it, or so many write that the server has given up.
                Ok(live)
                    if live.uid() == object.uid()
                        && (error.is_modified() || renaming(&live).as_ref() != Some(&patch)) =>
                {
                    object = live;
                }
                _ => {
                    tracing::warn!(%error, manager, "the provisional manager's entry could not be renamed; the next write does it");
                    return object;
                }
            }
        }
        object
    }

    /// Replaces `metadata.managedFields`, if the object still has the version that was looked at.
    ///
    /// # Errors
    /// [`Error::is_modified`] when the object has another version by now.
    pub async fn rewrite_managers(&self, id: &WorkloadId, object: &Object, entries: &[Value]) -> Result<Object, Error> {
        let patch = json!({ "metadata": {
            "uid": object.uid(), "resourceVersion": object.resource_version(), "managedFields": entries,
        } });
        self.merge(id, &patch).await
    }
}

/// Whether two answers are the same in all that an apply can have set.
fn is_configured_alike(one: &Object, other: &Object) -> bool {
    let (one, other) = (one.as_json(), other.as_json());
    let is_alike = |field: &str| one["metadata"][field] == other["metadata"][field];
    one["spec"] == other["spec"] && ["labels", "annotations"].into_iter().all(is_alike)
}
