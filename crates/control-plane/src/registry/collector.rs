//! What kube-controller-manager does beside an API server: it empties namespaces that are being deleted, and lets go of
//! objects that wait for what they own.
//!
//! It comes a moment later, as it does in a cluster: until then a namespace is there and `Terminating`, and an object that
//! is deleted in the foreground has its finalizer. Whatever ends the process, what is left to do is found again in the
//! store.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::delete::OWNERSHIP_FINALIZERS;
use super::pipeline::Change;
use super::{DeleteOptions, ListQuery, Registry, WriteOptions};
use crate::admission::FieldValidation;
use crate::resource::{self, Table};
use crate::store::{CommitError, Key, Range};

/// How long the collector keeps clients waiting.
const DELAY: Duration = Duration::from_secs(1);
/// How long an event is kept after it was last written (kube-apiserver, `--event-ttl`).
const EVENTS_LAST: Duration = Duration::from_hours(1);
/// How often the collector looks for events that are over.
const EVENTS_CHECKED: Duration = Duration::from_mins(1);

/// What is to be done away with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doomed {
    /// A namespace that is being deleted.
    Namespace(String),
    /// An object that waits for what it owns.
    Owner(Table, Key),
}

/// Where the registry reports what is to be done away with.
#[derive(Clone, Debug)]
pub(super) struct Reports(UnboundedSender<Doomed>);

impl Reports {
    pub(super) fn send(&self, doomed: Doomed) {
        // Without a collector nothing is collected: the objects say what they wait for.
        let _ = self.0.send(doomed);
    }
}

/// The collector; it works while it runs.
#[derive(Debug)]
pub struct Collector {
    reports: UnboundedReceiver<Doomed>,
}

pub(super) fn channel() -> (Reports, Collector) {
    let (sender, reports) = unbounded_channel();
    (Reports(sender), Collector { reports })
}

impl Collector {
    /// Collects what `registry` reports, and what a former process left, until `stop` is cancelled.
    pub async fn run(mut self, registry: Registry, stop: CancellationToken) {
        let mut waiting: VecDeque<(Instant, Doomed)> = registry
            .doomed()
            .into_iter()
            .map(|doomed| (Instant::now() + DELAY, doomed))
            .collect();
        let mut events = interval(EVENTS_CHECKED);
        loop {
            let due = waiting.front().map(|(due, _)| *due);
            let is_due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                Some(doomed) = self.reports.recv() => {
                    if !waiting.iter().any(|(_, known)| *known == doomed) {
                        waiting.push_back((Instant::now() + DELAY, doomed));
                    }
                }
                _ = events.tick() => {
                    let registry = registry.clone();
                    let expired = tokio::task::spawn_blocking(move || registry.expire_events(EVENTS_LAST)).await;
                    if let Err(error) = expired {
                        tracing::warn!(%error, "the collector failed");
                    }
                }
                () = is_due => {
                    if let Some((_, doomed)) = waiting.pop_front() {
                        let registry = registry.clone();
                        // Emptying a namespace may take many writes, which wait for the disk.
                        let collected = tokio::task::spawn_blocking(move || registry.collect(&doomed)).await;
                        if let Err(error) = collected {
                            tracing::warn!(%error, "the collector failed");
                        }
                    }
                }
            }
        }
    }
}

impl Registry {
    /// What the store says is to be done away with.
    fn doomed(&self) -> Vec<Doomed> {
        let mut doomed = Vec::new();
        for table in Table::ALL {
            let deleted = |object: &serde_json::Value| !object["metadata"]["deletionTimestamp"].is_null();
            let page = self.store().list(table, Range::EVERYTHING, Some(&deleted));
            for object in page.map(|page| page.items).unwrap_or_default() {
                let key = super::metadata::key(resource::of(table), &object.value);
                doomed.push(match table {
                    Table::Namespaces => Doomed::Namespace(key.name),
                    table => Doomed::Owner(table, key),
                });
            }
        }
        doomed
    }

    /// Removes the events that were written longer ago than `last`.
    pub(super) fn expire_events(&self, last: Duration) {
        let Ok(page) = self.store().list(Table::Events, Range::EVERYTHING, None) else {
            return;
        };
        for event in page.items.iter().filter(|event| event.since.elapsed() >= last) {
            let key = super::metadata::key(resource::of(Table::Events), &event.value);
            match self
                .store()
                .remove(Table::Events, &key, event.version, event.value.clone())
            {
                Ok(_) => self.after_removal(resource::of(Table::Events), &key),
                // Whoever wrote it meanwhile made it last longer.
                Err(CommitError::Raced) => {}
                Err(error) => tracing::warn!(name = key.name, %error, "cannot remove an event that is over"),
            }
        }
    }

    fn collect(&self, doomed: &Doomed) {
        match doomed {
            Doomed::Namespace(name) => self.empty_namespace(name),
            Doomed::Owner(table, key) => self.let_go(*table, key),
        }
    }

    /// Takes the finalizers of ownership from an object that is being deleted.
    ///
    /// Nothing in this control plane owns anything else, so there is nothing to wait for.
    fn let_go(&self, table: Table, key: &Key) {
        let options = WriteOptions {
            manager: "kube-controller-manager".to_owned(),
            dry_run: false,
            field_validation: FieldValidation::Ignore,
        };
        let outcome = self.update(resource::of(table), key, None, &options, |live| {
            let mut object = live.value.clone();
            if !object["metadata"]["deletionTimestamp"].is_null()
                && let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut()
            {
                finalizers.retain(|finalizer| !OWNERSHIP_FINALIZERS.iter().any(|ours| finalizer == ours));
            }
            Ok(Change::Settled(object))
        });
        if let Err(status) = outcome
            && !status.is_not_found()
        {
            tracing::warn!(name = key.name, %status, "cannot remove the finalizers of propagation");
        }
    }

    /// Deletes everything in a namespace that is being deleted, and the namespace when nothing is left.
    fn empty_namespace(&self, name: &str) {
        let terminating = self.store().get(Table::Namespaces, &Key::new("", name));
        if terminating.is_some_and(|found| found.value["metadata"]["deletionTimestamp"].is_null()) {
            return;
        }
        let query = ListQuery {
            namespace: Some(name.to_owned()),
            ..ListQuery::default()
        };
        for table in Table::NAMESPACED {
            let resource = resource::of(table);
            let Ok(page) = self.list(resource, &query) else {
                continue;
            };
            if let Err(status) = self.delete_all(resource, &page, &DeleteOptions::default()) {
                tracing::warn!(namespace = name, %status, "cannot empty the namespace");
            }
        }
        self.finish_namespace(name);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::store::{Limits, Store};

    #[test]
    fn events_are_over_after_a_while() {
        let limits = Limits {
            changes: 10,
            bytes: usize::MAX,
        };
        let (registry, _collector) = Registry::new(Arc::new(Store::in_memory(limits)));
        let key = Key::new("default", "started");
        let event = json!({"metadata": {"name": "started", "namespace": "default"}});
        registry.store().put(Table::Events, &key, None, event).unwrap();
        registry.expire_events(EVENTS_LAST);
        assert!(registry.store().get(Table::Events, &key).is_some());
        registry.expire_events(Duration::ZERO);
        assert!(registry.store().get(Table::Events, &key).is_none());
    }
}
