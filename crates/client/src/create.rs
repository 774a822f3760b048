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

/// What came of a creation.
#[derive(Clone, Debug)]
pub enum Creation {
    /// The object was made. The answer is the object as it was made, even if somebody has changed its specification since.
    Created(Box<Applied>),
    /// An object of that name exists, and was not touched.
    Exists(Box<Object>),
    /// Somebody else made an object of that name at the same moment. What the provisional manager had added to it was taken back.
    LostRace {
        /// The other's object.
        object: Box<Object>,
        /// What kept it from being taken back.
        left: Option<Error>,
    },
}

impl Client {
    /// Creates a Workload by server-side apply, under a manager of its own (see [`crate::provisional_manager`]), whose entry is
    /// then given to the configuration's [`field_manager`](crate::Config::field_manager).
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
        let (applied, is_ours) = match self.apply(id, body, options).await {
            Ok(applied) if applied.created => (applied, true),
            Ok(applied) => {
                let is_ours = applied.repeated && self.has_created(&applied.object, &manager);
                (applied, is_ours)
            }
            Err(error) if error.is_conflict() || error.is_in_doubt() => match self.aftermath(id).await {
                Some(object) if provisional_manager::has_applied(&object, &manager) => {
                    tracing::warn!(%error, "the answer to a create was lost; what it made is there");
                    let is_ours = self.has_created(&object, &manager);
                    (Applied::unanswered(object), is_ours)
                }
                Some(object) if error.is_conflict() => return Ok(Creation::Exists(Box::new(object))),
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        };
        if !is_ours {
            return Ok(self.withdraw(id, applied.object, &manager).await);
        }
        match self.settle(id, applied.object.clone(), &manager).await {
            Ok(settled) => {
                // The object may have been changed between the two writes. What the caller wrote is the first.
                let object = if settled.generation() == applied.object.generation() {
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
            Err(object) => Ok(self.withdraw(id, *object, &manager).await),
        }
    }

    fn has_created(&self, object: &Object, manager: &str) -> bool {
        provisional_manager::has_created(object, manager, self.field_manager())
    }

    /// How an object is after a write whose answer is not known.
    async fn aftermath(&self, id: &WorkloadId) -> Option<Object> {
        self.for_cleanup().get(id).await.ok()
    }

    /// Gives the entry of the provisional manager to the lasting one. If that does not work, the next write does it.
    ///
    /// # Errors
    /// The object, when the lasting manager has an entry already: another one was quicker.
    async fn settle(&self, id: &WorkloadId, mut object: Object, manager: &str) -> Result<Object, Box<Object>> {
        let lasting = self.field_manager();
        let client = self.for_cleanup();
        for _ in 0..RENAMES {
            let Some(entries) = provisional_manager::renamed(object.managed_fields(), |name| name == manager, lasting)
            else {
                return Ok(object);
            };
            if provisional_manager::has_applied(&object, lasting) {
                return Err(Box::new(object));
            }
            let error = match client.rewrite_managers(id, &object, &entries).await {
                Ok(renamed) => return Ok(renamed),
                Err(error) => error,
            };
            match client.get(id).await {
                Ok(live) if live.uid() == object.uid() && error.is_modified() => object = live,
                // The answer to the change was lost.
                Ok(live) if live.uid() == object.uid() && !provisional_manager::has_applied(&live, manager) => {
                    return Ok(live);
                }
                _ => {
                    tracing::warn!(%error, manager, "the provisional manager's entry could not be renamed; the next write does it");
                    return Ok(object);
                }
            }
        }
        Ok(object)
    }

    /// Takes back what the provisional manager merged into somebody else's object: who applies nothing owns nothing, and what nobody owns
    /// is removed. Where others do not own all that the object must have, the entry alone is taken out.
    async fn withdraw(&self, id: &WorkloadId, object: Object, manager: &str) -> Creation {
        let client = self.for_cleanup();
        let options = ApplyOptions {
            uid: object.uid().map(str::to_owned),
            manager: Some(manager.to_owned()),
            ..ApplyOptions::default()
        };
        let left = match client.apply(id, &json!({}), options).await {
            Ok(_) => None,
            Err(error) if error.is_not_found() || error.is_uid_mismatch() => None,
            Err(error) => match provisional_manager::without(object.managed_fields(), manager) {
                Some(entries) if error.is_invalid() || error.is_denied() => {
                    client.rewrite_managers(id, &object, &entries).await.err()
                }
                _ => Some(error),
            },
        };
        Creation::LostRace {
            object: Box::new(object),
            left,
        }
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
