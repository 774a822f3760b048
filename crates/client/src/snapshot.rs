//! Reading many Workloads of a namespace with few requests: for whoever keeps a state of each, which is refreshed.
//!
//! A [`Snapshot`] is somewhat old. It is no answer to a question about what there is, such as a data source asks: that is
//! [`Client::read`]. So it is asked with the uid that the state knows, and answers for no other object.
//!
//! Terraform refreshes every resource by itself, ten at a time. The first refresh in a namespace is one GET. Another one,
//! of another Workload soon after, shows that there are many: from then on one paged LIST serves all of them.
//!
//! How stale can it be? A refresh is answered from a list that began at most [`MAX_AGE`] before the call, after the last
//! write of this client in that namespace had ended, and that has not answered for this Workload before: who asks again
//! is told anew. A plan sees the namespace as it was when its refreshes began; what somebody else changes within these
//! seconds is seen by the next one, as if it had happened a moment later.
//!
//! A list proves what is there, and nothing of what is not: a Workload that is missing from it is read by itself. Where
//! lists fail, every Workload is.
//!
//! A list has the whole namespace, a request for each 250 Workloads: that is the price where Terraform manages only a few
//! of many.

use datum_model::id::WorkloadId;

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::object::{Object, RawObject};
use crate::refreshes::{Reader, is_of_the_list};

pub use crate::refreshes::MAX_AGE;

/// The Workloads of a control plane as they were when refreshes began, with the limits of the client that it comes from.
#[derive(Clone, Debug)]
pub struct Snapshot(Client);

impl Snapshot {
    /// Reads the Workload that had this uid when its state was saved: by itself when it is the only one of its namespace, from a
    /// shared list when there are many. The list began at most [`MAX_AGE`] ago, and after the last write of this client there;
    /// it answers for each Workload once, and not for an object that has only its name.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub async fn read(&self, id: &WorkloadId, uid: &str) -> Result<Object, Error> {
        self.answer(id, Reader::Refresh(uid)).await
    }

    /// Reads a Workload that is imported, of which no more is known than its name. The list that answers goes on to answer the
    /// refresh of this Workload that follows, so that the two see the same.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub async fn read_for_import(&self, id: &WorkloadId) -> Result<Object, Error> {
        self.answer(id, Reader::Import).await
    }

    async fn answer(&self, id: &WorkloadId, reader: Reader<'_>) -> Result<Object, Error> {
        let Self(client) = self;
        let operation = Operation::on("read", id);
        let Some(list) = client.refreshes().list_for(client.requests(), id, reader) else {
            return client.read(id).await;
        };
        let limits = client.requests().limits();
        let listed = limits.run(&operation, async { Ok(list.objects().await) }).await?;
        match listed {
            Ok(objects) => match objects.get(id.name.as_str()).and_then(RawObject::parse) {
                Some(object) if reader.means(&object) => Ok(object),
                // The namespace exists: the list has shown that, or asked.
                _ => client.get(id).await,
            },
            Err(error) => {
                client.refreshes().failed(&id.namespace, &list, &error);
                if is_of_the_list(&error) {
                    tracing::warn!(%error, "workloads are read one by one");
                    return client.read(id).await;
                }
                Err(error.of(&operation))
            }
        }
    }
}

impl Client {
    /// The Workloads as they are or were a moment ago, for refreshing many that somebody keeps a state of.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.clone())
    }
}
