//! The two ends of a subscription to one object, and what the subscriber is shown of all that is found out about it.
//!
//! It does not know where an observation comes from, but for whether the watch told it.

use datum_model::id::WorkloadName;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::object::Object;
use crate::observation::Observation;

/// What a hub is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Shows this subscriber what happens to its object.
    Join(Subscriber),
    /// Forgets the subscriber of this number.
    Leave(u64),
}

/// Who is shown the observations of one object.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) id: u64,
    pub(super) name: WorkloadName,
    observations: UnboundedSender<Observation>,
    /// The newest version that it was shown.
    pub(super) shown: Option<Version>,
    /// How often the watch told it something.
    pub(super) told: u64,
}

impl Subscriber {
    /// Shows what the watch tells, or what a list shows that was read while there was no watch.
    pub(super) fn show(&mut self, observation: Observation) {
        self.told += 1;
        self.send(observation);
    }

    /// Shows what a request of its own has found, which was sent when the watch had told `told`. In between, the watch may
    /// have told of a deletion, or of a newer version.
    pub(super) fn show_found(&mut self, told: u64, observation: Observation) {
        let is_old = match &observation {
            Observation::Present(object) => self.has_seen_newer_than(object),
            Observation::Absent => self.told != told,
            Observation::Unavailable(_) => false,
        };
        if !is_old {
            self.send(observation);
        }
    }

    /// Whether it was shown a newer version of the object already.
    pub(super) fn has_seen_newer_than(&self, object: &Object) -> bool {
        let versions = Version::of(object).zip(self.shown);
        versions.is_some_and(|(version, shown)| version < shown)
    }

    pub(super) fn send(&mut self, observation: Observation) {
        if let Observation::Present(object) = &observation {
            self.shown = Version::of(object).or(self.shown);
        }
        // A subscriber that has gone is about to say so.
        drop(self.observations.send(observation));
    }
}

/// A resource version as a number, which it is on every Kubernetes API that is known, and officially since 1.35
/// (KEP-5504). Anything else is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u128);

impl Version {
    fn of(object: &Object) -> Option<Self> {
        object.resource_version()?.parse().ok().map(Self)
    }
}

/// What is seen of one object, until it is dropped.
pub(crate) struct Subscription {
    id: u64,
    commands: UnboundedSender<Command>,
    observations: UnboundedReceiver<Observation>,
}

impl Subscription {
    /// The two ends of a subscription with this number: what is shown at the one is observed at the other, and when that is dropped the
    /// hub that listens to `commands` hears of it.
    pub(super) fn new(id: u64, name: WorkloadName, commands: UnboundedSender<Command>) -> (Subscriber, Self) {
        let (sender, observations) = unbounded_channel();
        let subscriber = Subscriber {
            id,
            name,
            observations: sender,
            shown: None,
            told: 0,
        };
        let subscription = Self {
            id,
            commands,
            observations,
        };
        (subscriber, subscription)
    }

    /// The next observation. It does not end: a hub lives as long as its subscribers.
    pub(crate) async fn next(&mut self) -> Observation {
        match self.observations.recv().await {
            Some(observation) => observation,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // The hub may have ended with its runtime.
        drop(self.commands.send(Command::Leave(self.id)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subscriber() -> (Subscriber, Subscription) {
        let (commands, _) = unbounded_channel();
        Subscription::new(1, "web".parse().unwrap(), commands)
    }

    fn at(version: &str) -> Observation {
        Observation::Present(Object::new(
            json!({ "metadata": { "name": "web", "resourceVersion": version } }),
        ))
    }

    /// The versions that were shown, and `gone`.
    fn shown(seen: &mut Subscription) -> Vec<String> {
        let mut shown = Vec::new();
        while let Ok(observation) = seen.observations.try_recv() {
            shown.push(match observation {
                Observation::Present(object) => object.resource_version().unwrap().to_owned(),
                Observation::Absent => "gone".to_owned(),
                Observation::Unavailable(error) => error.to_string(),
            });
        }
        shown
    }

    #[test]
    fn an_answer_that_was_under_way_never_overwrites_what_the_watch_has_told() {
        let (mut subscriber, mut seen) = subscriber();
        subscriber.show(at("110"));
        subscriber.show_found(0, at("99"));
        subscriber.show_found(0, Observation::Absent);
        subscriber.show_found(0, at("111"));
        assert_eq!(shown(&mut seen), ["110", "111"]);
        subscriber.show_found(1, Observation::Absent);
        assert_eq!(shown(&mut seen), ["gone"], "nothing was told since that was asked");
    }

    #[test]
    fn versions_that_are_no_numbers_are_not_compared() {
        let (mut subscriber, mut seen) = subscriber();
        subscriber.show(at("b"));
        subscriber.show_found(0, at("a"));
        assert_eq!(shown(&mut seen), ["b", "a"]);
    }
}
