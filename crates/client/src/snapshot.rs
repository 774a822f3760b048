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
//! A list has the whole namespace, a request per thousand Workloads: that is the price where Terraform manages only a few
//! of many.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use futures::future::{BoxFuture, FutureExt as _, Shared};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Attempt, Error, Kind, Reach};
use crate::object::Object;

/// How old a list may be that answers a refresh, counted from its first request. A plan of a thousand Workloads takes some
/// seconds, and this long on a machine that has other things to do.
pub const MAX_AGE: Duration = Duration::from_mins(1);
/// How soon after the refresh of one Workload that of another shows that there are many.
const SOON: Duration = Duration::from_secs(10);
/// How long after a list another refresh takes for granted that there are many, and lists at once.
const LISTING: Duration = Duration::from_mins(5);

type Listed = Arc<HashMap<String, Object>>;
type Pending = Shared<BoxFuture<'static, Result<Listed, Error>>>;

/// What is known about refreshes, by namespace.
#[derive(Default)]
pub(crate) struct Refreshes(Mutex<HashMap<Namespace, State>>);

#[derive(Default)]
struct State {
    /// How many writes of ours have begun or ended: a list is not used across one.
    writes: u64,
    /// The last Workload that was read by itself, and when.
    single: Option<(Instant, WorkloadName)>,
    list: Option<List>,
    /// For which Workloads the list has answered.
    answered: HashSet<WorkloadName>,
    /// Lists are of no use before this moment: they are not allowed, or the last one failed for good.
    alone_until: Option<Instant>,
}

#[derive(Clone)]
struct List {
    begun: Instant,
    writes: u64,
    objects: Pending,
}

/// Who reads a Workload.
#[derive(Clone, Copy)]
enum Reader<'u> {
    /// A refresh of the object with this uid: a list answers it once.
    Refresh(&'u str),
    /// An import, which is followed by the refresh of what it found: the answer is left for that.
    Import,
}

impl Reader<'_> {
    /// Whether a list that has answered for these Workloads answers for this one. It has then.
    fn takes(self, answered: &mut HashSet<WorkloadName>, name: &WorkloadName) -> bool {
        match self {
            Reader::Refresh(_) => answered.insert(name.clone()),
            Reader::Import => !answered.contains(name),
        }
    }

    /// Whether an object of the name is the one that is read.
    fn means(self, object: &Object) -> bool {
        match self {
            Reader::Refresh(uid) => object.uid() == Some(uid),
            Reader::Import => true,
        }
    }
}

impl Refreshes {
    /// Forgets what was read before a write of ours; to be called when it begins and when it has ended.
    pub(crate) fn written(&self, namespace: &Namespace) {
        self.lock().entry(namespace.clone()).or_default().writes += 1;
    }

    /// The list that answers a refresh that begins now; `None` when it is to read its Workload by itself.
    fn list_for(&self, client: &Client, id: &WorkloadId, reader: Reader<'_>) -> Option<List> {
        let now = Instant::now();
        let mut states = self.lock();
        let state = states.entry(id.namespace.clone()).or_default();
        if state.alone_until.is_some_and(|until| now < until) {
            return None;
        }
        let list = state.list.as_ref();
        if let Some(list) = list.filter(|list| list.writes == state.writes && now < list.begun + MAX_AGE)
            && reader.takes(&mut state.answered, &id.name)
        {
            return Some(list.clone());
        }
        let is_one_of_many = list.is_some_and(|list| now < list.begun + LISTING)
            || state
                .single
                .as_ref()
                .is_some_and(|(at, name)| *name != id.name && now < *at + SOON);
        if !is_one_of_many {
            state.single = Some((now, id.name.clone()));
            return None;
        }
        let list = List {
            begun: now,
            writes: state.writes,
            objects: listing(client.unlimited(), id.namespace.clone()),
        };
        state.list = Some(list.clone());
        state.answered = HashSet::new();
        reader.takes(&mut state.answered, &id.name);
        Some(list)
    }

    /// Takes note that a list failed. The next refreshes read by themselves where that may go better, and begin another list
    /// where it will not.
    fn failed(&self, namespace: &Namespace, list: &List, error: &Error) {
        let mut states = self.lock();
        let state = states.entry(namespace.clone()).or_default();
        if state
            .list
            .as_ref()
            .is_some_and(|current| current.objects.ptr_eq(&list.objects))
        {
            state.list = None;
            state.alone_until = is_of_the_list(error).then(|| Instant::now() + LISTING);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Namespace, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether single Workloads may be had although their list is not. Where the server is not reached, does not let us in or
/// has no such namespace, they are not either.
fn is_of_the_list(error: &Error) -> bool {
    match error.kind() {
        Kind::NotFound(_) | Kind::Unauthorized { .. } | Kind::Credential(_) | Kind::Cancelled => false,
        Kind::Connection { reach, .. } => *reach == Reach::Sent,
        _ => !error.is_unauthorized(),
    }
}

fn listing(client: Client, namespace: Namespace) -> Pending {
    let listing = async move {
        let objects = client.list_for_refresh(&namespace).await?;
        if objects.is_empty() {
            // An empty list is also what a namespace gives that does not exist.
            client
                .expect_namespace(&Attempt::new("list", format!("workloads in {namespace}")), &namespace)
                .await?;
        }
        let named = objects
            .into_iter()
            .filter_map(|object| Some((object.name()?.to_owned(), object)));
        Ok(Arc::new(named.collect()))
    };
    listing.boxed().shared()
}

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
        let attempt = Attempt::on("read", id);
        let Some(list) = client.refreshes().list_for(client, id, reader) else {
            return client.read(id).await;
        };
        let listed = client
            .limits()
            .run(&attempt, async { Ok(list.objects.clone().await) })
            .await?;
        match listed {
            Ok(objects) => match objects.get(id.name.as_str()) {
                Some(object) if reader.means(object) => Ok(object.clone()),
                // The namespace exists: the list has shown that, or asked.
                _ => client.get(id).await,
            },
            Err(error) => {
                client.refreshes().failed(&id.namespace, &list, &error);
                if is_of_the_list(&error) {
                    tracing::warn!(%error, "workloads are read one by one");
                    return client.read(id).await;
                }
                Err(error.of(&attempt))
            }
        }
    }
}

impl Client {
    /// The Workloads as they are or were a moment ago, for refreshing many that somebody keeps a state of.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.clone())
    }

    /// Reads one Workload as it is now, and tells its absence from that of its namespace.
    ///
    /// # Errors
    /// [`Error::is_not_found`] only when the namespace exists and the Workload does not; [`Error::is_namespace_missing`],
    /// [`Error::is_project_missing`] and [`Error::is_api_missing`] tell what else may be wrong.
    pub async fn read(&self, id: &WorkloadId) -> Result<Object, Error> {
        match self.get(id).await {
            Err(error) if error.is_not_found() => {
                self.expect_namespace(&Attempt::on("read", id), &id.namespace).await?;
                Err(error)
            }
            read => read,
        }
    }
}
