//! What is known about the refreshes of a namespace: whether there are many, and the list that answers them.
//!
//! [`snapshot`](crate::snapshot) says what comes of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use futures::future::{BoxFuture, FutureExt as _, Shared};
use tokio::time::Instant;

use crate::connection::Reach;
use crate::error::{Error, Kind};
use crate::object::{Object, RawObject};
use crate::requests::{Requests, list_of};

/// How old a list may be that answers a refresh, counted from its first request. A plan of a thousand Workloads takes some
/// seconds, and this long on a machine that has other things to do.
pub const MAX_AGE: Duration = Duration::from_mins(1);
/// How soon after the refresh of one Workload that of another shows that there are many.
const SOON: Duration = Duration::from_secs(10);
/// How long after a list another refresh takes for granted that there are many, and lists at once.
const LISTING: Duration = Duration::from_mins(5);

/// The objects of a list by name. Each is asked for once.
pub(crate) type Listed = Arc<HashMap<String, RawObject>>;
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
pub(crate) struct List {
    begun: Instant,
    writes: u64,
    objects: Pending,
}

/// Who reads a Workload.
#[derive(Clone, Copy)]
pub(crate) enum Reader<'u> {
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
    pub(crate) fn means(self, object: &Object) -> bool {
        match self {
            Reader::Refresh(uid) => object.uid() == Some(uid),
            Reader::Import => true,
        }
    }
}

impl Refreshes {
    /// Marks a write of ours from now until what is returned is dropped, which it is also if the caller gives up. What was read
    /// before its end is forgotten.
    pub(crate) fn writing<'r>(&'r self, namespace: &'r Namespace) -> Writing<'r> {
        self.written(namespace);
        Writing {
            refreshes: self,
            namespace,
        }
    }

    fn written(&self, namespace: &Namespace) {
        self.lock().entry(namespace.clone()).or_default().writes += 1;
    }

    /// The list that answers a refresh that begins now; `None` when it is to read its Workload by itself.
    pub(crate) fn list_for(&self, requests: &Requests, id: &WorkloadId, reader: Reader<'_>) -> Option<List> {
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
            objects: listing(requests.unlimited(), id.namespace.clone()),
        };
        state.list = Some(list.clone());
        state.answered = HashSet::new();
        reader.takes(&mut state.answered, &id.name);
        Some(list)
    }

    /// Takes note that a list failed. The next refreshes read by themselves where that may go better, and begin another list
    /// where it will not.
    pub(crate) fn failed(&self, namespace: &Namespace, list: &List, error: &Error) {
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

impl List {
    /// The objects by name, once they are there.
    pub(crate) async fn objects(&self) -> Result<Listed, Error> {
        self.objects.clone().await
    }
}

/// A write that is under way.
pub(crate) struct Writing<'r> {
    refreshes: &'r Refreshes,
    namespace: &'r Namespace,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.refreshes.written(self.namespace);
    }
}

/// Whether single Workloads may be had although their list is not. Where the server is not reached, does not let us in or
/// has no such namespace, they are not either.
pub(crate) fn is_of_the_list(error: &Error) -> bool {
    match error.kind() {
        Kind::NotFound(_) | Kind::Unauthorized { .. } | Kind::Credential(_) | Kind::Cancelled => false,
        Kind::Connection { reach, .. } => *reach == Reach::Sent,
        _ => !error.is_unauthorized(),
    }
}

fn listing(requests: Requests, namespace: Namespace) -> Pending {
    let listing = async move {
        let objects = requests.list_for_refresh(&namespace).await?;
        if objects.is_empty() {
            // An empty list is also what a namespace gives that does not exist.
            requests.expect_namespace(&list_of(&namespace), &namespace).await?;
        }
        let named = objects.into_iter().filter_map(|object| Some((object.name()?, object)));
        Ok(Arc::new(named.collect()))
    };
    listing.boxed().shared()
}
