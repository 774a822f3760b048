//! Objects that are shown in another shape than they are kept in: events, which have two, core/v1 and events.k8s.io/v1, and
//! are kept in the first.

use std::borrow::Cow;

use serde_json::Value;

/// The names of the same field: core/v1, events.k8s.io/v1.
const RENAMED: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// How a resource's objects are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// As they are kept.
    None,
    /// As events.k8s.io/v1 shows events.
    Events,
}

impl Conversion {
    /// Turns what is shown into what is stored.
    pub fn to_stored(self, object: &mut Value) {
        if self == Conversion::Events {
            rename(object, |(core, events)| (events, core));
            object["apiVersion"] = "v1".into();
        }
    }

    /// A stored object as it is shown.
    pub fn shown(self, stored: &Value) -> Cow<'_, Value> {
        if self == Conversion::None {
            return Cow::Borrowed(stored);
        }
        let mut object = stored.clone();
        self.from_stored(&mut object);
        Cow::Owned(object)
    }

    /// Turns a stored object into what is shown.
    pub fn from_stored(self, object: &mut Value) {
        if self == Conversion::Events {
            rename(object, |names| names);
            object["apiVersion"] = "events.k8s.io/v1".into();
        }
    }
}

fn rename(event: &mut Value, direction: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Some(fields) = event.as_object_mut() else { return };
    for names in RENAMED {
        let (from, to) = direction(names);
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}
