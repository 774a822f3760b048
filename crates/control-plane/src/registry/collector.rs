//! What kube-controller-manager does beside an API server: it empties namespaces that are being deleted, lets go of
//! objects that wait for what they own, and forgets old events.
//!
//! It follows the changes of the store, as a controller follows a watch, and decides from the objects as they are when it
//! comes to them: nobody tells it what to do, and nothing is lost with a message. It comes a moment later, as it does in a
//! cluster: until then a namespace is there and `Terminating`, and an object that is deleted in the foreground has its
//! finalizer. Whatever ends the process, what is left to do is found again in the store.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::access::Registry;
use super::delete::{DeleteOptions, OWNERSHIP_FINALIZERS};
use super::metadata;
use super::pipeline::Change as Written;
use super::query::ListQuery;
use super::write::WriteOptions;
use crate::admission::FieldValidation;
use crate::resource::{self, Table};
use crate::status::Status;
use crate::store::{Change, CommitError, Key, Range};

/// How long the collector keeps clients waiting, and how long it waits before it tries again what failed.
const DELAY: Duration = Duration::from_secs(1);
/// How long an event is kept after it was last written (kube-apiserver, `--event-ttl`).
const EVENTS_LAST: Duration = Duration::from_hours(1);
/// How often the collector looks for events that are over.
const EVENTS_CHECKED: Duration = Duration::from_mins(1);
/// How many changes are looked at together.
const BATCH: usize = 256;

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Task {
    /// A namespace that is being deleted, or is gone.
    Namespace(String),
    /// An object that waits for what it owns.
    Owner(Table, Key),
}

/// The collector; it works while it runs.
#[derive(Debug)]
pub struct Collector {
    registry: Registry,
    /// The version up to which the changes of a table have been looked at.
    seen: HashMap<Table, u64>,
    waiting: Queue,
}

impl Collector {
    /// A collector for what this registry serves. What a former process left is on its list already.
    pub fn new(registry: Registry) -> Self {
        let mut collector = Self {
            registry,
            seen: HashMap::new(),
            waiting: Queue::default(),
        };
        collector.look_at_everything();
        collector
    }

    /// Collects until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut changes = self.registry.store().subscribe_to_all();
        let mut events = interval(EVENTS_CHECKED);
        loop {
            // What happens from here on wakes the wait below.
            changes.mark_unchanged();
            self.follow();
            let due = self.waiting.due();
            let is_due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _ = changes.changed() => {}
                _ = events.tick() => {
                    self.beside(|registry| { registry.expire_events(EVENTS_LAST); Ok(()) }).await;
                }
                () = is_due => {
                    if let Some(task) = self.waiting.pop() {
                        let is_done = self.beside({
                            let task = task.clone();
                            move |registry| registry.collect(&task)
                        });
                        if !is_done.await {
                            self.waiting.push(task);
                        }
                    }
                }
            }
        }
    }

    /// Does something on a thread of its own: emptying a namespace may take many writes, which wait for the disk. Gives
    /// whether it was done.
    async fn beside(&self, work: impl FnOnce(&Registry) -> Result<(), Status> + Send + 'static) -> bool {
        let registry = self.registry.clone();
        match tokio::task::spawn_blocking(move || work(&registry)).await {
            Ok(Ok(())) => true,
            Ok(Err(status)) => {
                tracing::warn!(%status, "the collector tries again later");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "the collector failed");
                false
            }
        }
    }

    /// Looks at what changed since the last time.
    fn follow(&mut self) {
        for table in Table::ALL {
            loop {
                let seen = self.seen.get(&table).copied().unwrap_or_default();
                let Ok((changes, complete)) = self.registry.store().changes(table, seen, BATCH) else {
                    // There were more changes than the store remembers.
                    self.look_at_everything();
                    return;
                };
                self.seen.insert(table, complete);
                for change in &changes {
                    self.look_at(table, change);
                }
                if changes.len() < BATCH {
                    break;
                }
            }
        }
    }

    fn look_at(&mut self, table: Table, change: &Change) {
        if !change.removed {
            self.look_at_object(table, &change.object.value);
        }
        let came_or_went = change.removed || change.before.is_none();
        if came_or_went && Table::NAMESPACED.contains(&table) && !self.registry.namespace_stays(&change.key.namespace) {
            // A namespace waits for the last object to go; and one may have come between a check and a write.
            self.waiting.push(Task::Namespace(change.key.namespace.clone()));
        }
    }

    fn look_at_object(&mut self, table: Table, object: &Value) {
        if !is_deleted(object) {
            return;
        }
        let key = metadata::key(resource::of(table), object);
        if table == Table::Namespaces {
            self.waiting.push(Task::Namespace(key.name));
        } else if is_held_by_ownership(object) {
            self.waiting.push(Task::Owner(table, key));
        }
    }

    /// Looks at every object that is being deleted.
    fn look_at_everything(&mut self) {
        for table in Table::ALL {
            let version = self.registry.store().version();
            self.seen.insert(table, version);
            let page = self.registry.store().list(table, Range::EVERYTHING, Some(&is_deleted));
            // Of the present there is always a list.
            for object in page.map(|page| page.items).unwrap_or_default() {
                self.look_at_object(table, &object.value);
            }
        }
    }
}

/// What waits to be looked at, each once, in the order in which it came.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(Instant, Task)>,
    known: HashSet<Task>,
}

impl Queue {
    fn push(&mut self, task: Task) {
        if self.known.insert(task.clone()) {
            self.waiting.push_back((Instant::now() + DELAY, task));
        }
    }

    /// When the next one is due.
    fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|(due, _)| *due)
    }

    fn pop(&mut self) -> Option<Task> {
        let (_, task) = self.waiting.pop_front()?;
        self.known.remove(&task);
        Some(task)
    }
}

fn is_deleted(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

fn is_of_ownership(finalizer: &Value) -> bool {
    OWNERSHIP_FINALIZERS.iter().any(|ours| finalizer == ours)
}

fn is_held_by_ownership(object: &Value) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|finalizers| finalizers.iter().any(is_of_ownership))
}

impl Registry {
    /// Whether the namespace is there and stays.
    fn namespace_stays(&self, name: &str) -> bool {
        let namespace = self.store().get(Table::Namespaces, &Key::new("", name));
        namespace.is_some_and(|found| !is_deleted(&found.value))
    }

    /// Removes the events that were written longer ago than `last`.
    fn expire_events(&self, last: Duration) {
        let Ok(page) = self.store().list(Table::Events, Range::EVERYTHING, None) else {
            return;
        };
        for event in page.items.iter().filter(|event| event.since.elapsed() >= last) {
            let key = metadata::key(resource::of(Table::Events), &event.value);
            match self
                .store()
                .remove(Table::Events, &key, event.version, event.value.clone())
            {
                // Whoever wrote it meanwhile made it last longer.
                Ok(_) | Err(CommitError::Raced) => {}
                Err(error) => tracing::warn!(name = key.name, %error, "cannot remove an event that is over"),
            }
        }
    }

    fn collect(&self, task: &Task) -> Result<(), Status> {
        match task {
            Task::Namespace(name) => self.empty_namespace(name),
            Task::Owner(table, key) => self.let_go(*table, key),
        }
    }

    /// Takes the finalizers of ownership from an object that is being deleted.
    ///
    /// Nothing in this control plane owns anything else, so there is nothing to wait for.
    fn let_go(&self, table: Table, key: &Key) -> Result<(), Status> {
        let options = WriteOptions {
            manager: "kube-controller-manager".to_owned(),
            dry_run: false,
            field_validation: FieldValidation::Ignore,
        };
        let outcome = self.update(resource::of(table), key, None, &options, |live| {
            let mut object = live.clone();
            if is_deleted(&object)
                && let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut()
            {
                finalizers.retain(|finalizer| !is_of_ownership(finalizer));
            }
            Ok(Written::Internal(object))
        });
        match outcome {
            Err(status) if !status.is_not_found() => Err(status),
            _ => Ok(()),
        }
    }

    /// Deletes everything in a namespace that is being deleted, and the namespace when nothing is left.
    fn empty_namespace(&self, name: &str) -> Result<(), Status> {
        if self.namespace_stays(name) {
            return Ok(());
        }
        let query = ListQuery {
            namespace: Some(name.to_owned()),
            ..ListQuery::default()
        };
        for table in Table::NAMESPACED {
            let resource = resource::of(table);
            // Of the present there is always a list.
            if let Ok(page) = self.list(resource, &query) {
                self.delete_all(resource, &page, &DeleteOptions::default())?;
            }
        }
        self.finish_namespace(name)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::store::{Limits, Store};

    fn registry(changes: usize) -> Registry {
        let limits = Limits {
            changes,
            bytes: usize::MAX,
        };
        Registry::new(Arc::new(Store::in_memory(limits)))
    }

    fn put(registry: &Registry, table: Table, namespace: &str, metadata: &Value) {
        let mut object = json!({"metadata": metadata});
        if !namespace.is_empty() {
            object["metadata"]["namespace"] = namespace.into();
        }
        let key = Key::new(namespace, metadata["name"].as_str().unwrap_or_default());
        let live = registry.store().get(table, &key).map(|stored| stored.version);
        registry
            .store()
            .put(table, &key, live, object)
            .expect("nobody else writes");
    }

    fn deleted(name: &str, finalizers: &[&str]) -> Value {
        json!({"name": name, "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": finalizers})
    }

    fn waiting(collector: &mut Collector) -> Vec<Task> {
        std::iter::from_fn(|| collector.waiting.pop()).collect()
    }

    #[test]
    fn what_is_to_be_done_is_read_off_the_changes() {
        let registry = registry(100);
        let mut collector = Collector::new(registry.clone());
        put(&registry, Table::Namespaces, "", &json!({"name": "stays"}));
        put(&registry, Table::Namespaces, "", &deleted("goes", &[]));
        put(&registry, Table::Workloads, "stays", &json!({"name": "a"}));
        put(
            &registry,
            Table::Workloads,
            "stays",
            &deleted("b", &["example.com/theirs"]),
        );
        put(
            &registry,
            Table::Workloads,
            "stays",
            &deleted("c", &["foregroundDeletion"]),
        );
        put(&registry, Table::Secrets, "goes", &json!({"name": "late"}));
        collector.follow();
        let expected = [
            Task::Owner(Table::Workloads, Key::new("stays", "c")),
            Task::Namespace("goes".to_owned()),
        ];
        assert_eq!(waiting(&mut collector), expected);
        collector.follow();
        assert_eq!(waiting(&mut collector), []);
    }

    #[test]
    fn what_a_former_process_left_or_the_history_forgot_is_found() {
        let registry = registry(1);
        put(&registry, Table::Namespaces, "", &deleted("left", &[]));
        let mut collector = Collector::new(registry.clone());
        assert_eq!(waiting(&mut collector), [Task::Namespace("left".to_owned())]);
        put(&registry, Table::Workloads, "left", &deleted("a", &["orphan"]));
        for _ in 0..3 {
            put(&registry, Table::Workloads, "left", &json!({"name": "b"}));
        }
        collector.follow();
        let mut found = waiting(&mut collector);
        found.sort_by_key(|task| matches!(task, Task::Owner(..)));
        let expected = [
            Task::Namespace("left".to_owned()),
            Task::Owner(Table::Workloads, Key::new("left", "a")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn events_are_over_after_a_while() {
        let registry = registry(10);
        let key = Key::new("default", "started");
        put(&registry, Table::Events, "default", &json!({"name": "started"}));
        registry.expire_events(EVENTS_LAST);
        assert!(registry.store().get(Table::Events, &key).is_some());
        registry.expire_events(Duration::ZERO);
        assert!(registry.store().get(Table::Events, &key).is_none());
    }
}
