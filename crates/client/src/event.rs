//! What happened to an object, as controllers tell it (core/v1 Event).

use jiff::Timestamp;
use serde_json::Value;

/// One event; repetitions are counted, not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// The machine-readable reason: `FailedCreate`.
    pub reason: String,
    /// The words for people.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// When it happened last.
    pub last_seen: Option<Timestamp>,
    /// Who tells it.
    pub source: String,
}

impl Event {
    /// The events of an `EventList`, oldest first.
    pub(crate) fn of_list(list: &Value) -> Vec<Self> {
        let mut events: Vec<_> = list["items"].as_array().into_iter().flatten().map(Self::of).collect();
        events.sort_by_key(|event| event.last_seen);
        events
    }

    fn of(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let series = &json["series"];
        // Events of events.k8s.io have eventTime and series, older ones lastTimestamp and count.
        let times = [
            &series["lastObservedTime"],
            &json["lastTimestamp"],
            &json["eventTime"],
            &json["firstTimestamp"],
        ];
        let reporter = [&json["reportingComponent"], &json["source"]["component"]];
        Self {
            kind: text(&json["type"]),
            reason: text(&json["reason"]),
            message: text(&json["message"]),
            count: series["count"].as_u64().or(json["count"].as_u64()).unwrap_or(1),
            last_seen: times
                .into_iter()
                .filter_map(Value::as_str)
                .find_map(|time| time.parse().ok()),
            source: reporter
                .into_iter()
                .map(text)
                .find(|name| !name.is_empty())
                .unwrap_or_default(),
        }
    }
}
