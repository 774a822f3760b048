//! Objects as rows for people, as `kubectl get` prints them (`meta.k8s.io/v1` Table).

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::conversion::Conversion;
use crate::resource::{Resource, Subresource, Table};

/// A column.
#[derive(Clone, Copy, Debug)]
struct Column {
    name: &'static str,
    kind: &'static str,
    format: &'static str,
    description: &'static str,
    /// 0 is always shown, 1 only in wide tables.
    priority: u8,
    cell: Cell,
}

/// Where a cell comes from.
#[derive(Clone, Copy, Debug)]
enum Cell {
    /// A field, by its dotted path.
    Field(&'static str),
    /// A text, by its dotted path; empty if it is absent.
    Text(&'static str),
    /// The status of a condition.
    Condition(&'static str),
    /// The time since a field's time.
    Age(&'static str),
    /// The number of entries of some maps together.
    Count(&'static [&'static str]),
    /// The component and the host that an event comes from.
    EventSource,
    /// How often an event happened.
    EventCount,
    /// The time since an event happened first.
    FirstSeen,
    /// The time since an event happened last.
    LastSeen,
    /// An event's object, as `workload/web`.
    InvolvedObject,
    /// How much of each resource of a quota is used, of those that are limits or of the others.
    Quota { limits: bool },
}

const NAME: Column = Column {
    name: "Name",
    kind: "string",
    format: "name",
    description: "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
    priority: 0,
    cell: Cell::Field("metadata.name"),
};
const AGE: Column = Column {
    name: "Age",
    kind: "string",
    format: "",
    description: "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    priority: 0,
    cell: Cell::Age("metadata.creationTimestamp"),
};

const fn column(name: &'static str, kind: &'static str, description: &'static str, cell: Cell) -> Column {
    Column {
        name,
        kind,
        format: "",
        description,
        priority: 0,
        cell,
    }
}

/// A column that only wide tables show.
const fn wide(column: Column) -> Column {
    Column { priority: 1, ..column }
}

static WORKLOAD: [Column; 6] = [
    NAME,
    column(
        "Phase",
        "string",
        "Custom resource definition column (in JSONPath format): .status.phase",
        Cell::Field("status.phase"),
    ),
    column(
        "Desired",
        "integer",
        "Custom resource definition column (in JSONPath format): .spec.replicas",
        Cell::Field("spec.replicas"),
    ),
    column(
        "Ready",
        "integer",
        "Custom resource definition column (in JSONPath format): .status.readyReplicas",
        Cell::Field("status.readyReplicas"),
    ),
    column(
        "Available",
        "string",
        "Custom resource definition column (in JSONPath format): .status.conditions[?(@.type==\"Available\")].status",
        Cell::Condition("Available"),
    ),
    column(
        "Age",
        "date",
        "Custom resource definition column (in JSONPath format): .metadata.creationTimestamp",
        Cell::Age("metadata.creationTimestamp"),
    ),
];
static NAMESPACE: [Column; 3] = [
    NAME,
    column(
        "Status",
        "string",
        "The status of the namespace",
        Cell::Field("status.phase"),
    ),
    AGE,
];
static EVENT: [Column; 10] = [
    column(
        "Last Seen",
        "string",
        "The time at which the most recent occurrence of this event was recorded.",
        Cell::LastSeen,
    ),
    column(
        "Type",
        "string",
        "Type of this event (Normal, Warning), new types could be added in the future",
        Cell::Field("type"),
    ),
    column(
        "Reason",
        "string",
        "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
        Cell::Field("reason"),
    ),
    column(
        "Object",
        "string",
        "The object that this event is about.",
        Cell::InvolvedObject,
    ),
    wide(column(
        "Subobject",
        "string",
        "If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" (where \"name\" refers to the name of the container that triggered the event) or if no container name is specified \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.",
        Cell::Text("involvedObject.fieldPath"),
    )),
    wide(column(
        "Source",
        "string",
        "The component reporting this event. Should be a short machine understandable string.",
        Cell::EventSource,
    )),
    column(
        "Message",
        "string",
        "A human-readable description of the status of this operation.",
        Cell::Field("message"),
    ),
    wide(column(
        "First Seen",
        "string",
        "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
        Cell::FirstSeen,
    )),
    wide(column(
        "Count",
        "string",
        "The number of times this event has occurred.",
        Cell::EventCount,
    )),
    wide(NAME),
];
static DATA: [Column; 3] = [
    NAME,
    column(
        "Data",
        "string",
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
        Cell::Count(&["data", "binaryData"]),
    ),
    AGE,
];
static SECRET: [Column; 4] = [
    NAME,
    column(
        "Type",
        "string",
        "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
        Cell::Field("type"),
    ),
    column(
        "Data",
        "string",
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
        Cell::Count(&["data"]),
    ),
    AGE,
];
static QUOTA: [Column; 4] = [
    NAME,
    column(
        "Request",
        "string",
        "Request represents a minimum amount of cpu/memory that a container may consume.",
        Cell::Quota { limits: false },
    ),
    column(
        "Limit",
        "string",
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
        Cell::Quota { limits: true },
    ),
    AGE,
];
static CREATED_AT: [Column; 2] = [
    NAME,
    column(
        "Created At",
        "date",
        AGE.description,
        Cell::Field("metadata.creationTimestamp"),
    ),
];
static PLAIN: [Column; 2] = [NAME, AGE];
static SCALE: [Column; 4] = [
    NAME,
    column(
        "Desired",
        "integer",
        "Number of desired replicas",
        Cell::Field("spec.replicas"),
    ),
    column(
        "Available",
        "integer",
        "Number of actual replicas",
        Cell::Field("status.replicas"),
    ),
    Column { kind: "date", ..AGE },
];

fn columns(resource: &Resource, subresource: Option<Subresource>) -> &'static [Column] {
    match resource.table {
        _ if subresource == Some(Subresource::Scale) => &SCALE,
        Table::Workloads => &WORKLOAD,
        Table::Namespaces => &NAMESPACE,
        Table::Events => &EVENT,
        Table::ConfigMaps => &DATA,
        Table::Secrets => &SECRET,
        Table::ResourceQuotas => &QUOTA,
        Table::CustomResourceDefinitions => &CREATED_AT,
        _ => &PLAIN,
    }
}

/// How much of each object a table repeats (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

/// The definitions of the columns.
pub fn definitions(resource: &Resource, subresource: Option<Subresource>) -> Value {
    columns(resource, subresource)
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.kind,
                "format": column.format,
                "description": column.description,
                "priority": column.priority,
            })
        })
        .collect()
}

/// A table without rows, in a version of `meta.k8s.io`.
pub fn empty(api_version: &str, definitions: &Value, metadata: &Value) -> Value {
    json!({
        "kind": "Table",
        "apiVersion": api_version,
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": [],
    })
}

/// The row of one object, in a version of `meta.k8s.io`.
pub fn row(
    api_version: &str,
    resource: &Resource,
    subresource: Option<Subresource>,
    object: &Value,
    include: IncludeObject,
    now: Timestamp,
) -> Value {
    // The columns are those of the stored shape.
    let mut stored = Cow::Borrowed(object);
    if resource.conversion != Conversion::None {
        resource.conversion.to_stored(stored.to_mut());
    }
    let cells: Vec<Value> = columns(resource, subresource)
        .iter()
        .map(|column| column.value(&stored, now))
        .collect();
    let shown = match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Metadata => metadata_only(api_version, object),
        IncludeObject::Object => object.clone(),
    };
    json!({"cells": cells, "object": shown})
}

/// The object reduced to its metadata, in a version of `meta.k8s.io`.
pub fn metadata_only(api_version: &str, object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": api_version,
        "metadata": object["metadata"],
    })
}

impl Column {
    fn value(&self, object: &Value, now: Timestamp) -> Value {
        let field = |path: &str| path.split('.').fold(object, |node, step| &node[step]).clone();
        match &self.cell {
            Cell::Field(path) => field(path),
            Cell::Text(path) => field(path).as_str().unwrap_or_default().into(),
            Cell::Condition(kind) => object["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|condition| condition["type"] == *kind)
                .map_or(Value::Null, |condition| condition["status"].clone()),
            Cell::Age(path) => since(now, &field(path)).unwrap_or_else(|| {
                // The columns of a definition leave a cell empty.
                if self.kind == "date" {
                    Value::Null
                } else {
                    "<unknown>".into()
                }
            }),
            Cell::FirstSeen => first_seen(now, object),
            Cell::LastSeen => {
                let last = if object["series"].is_object() {
                    &object["series"]["lastObservedTime"]
                } else {
                    &object["lastTimestamp"]
                };
                since(now, last).unwrap_or_else(|| first_seen(now, object))
            }
            Cell::Quota { limits } => {
                let used: Vec<String> = object["status"]["hard"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(resource, _)| resource.starts_with("limits.") == *limits)
                    .map(|(resource, hard)| {
                        let used = object["status"]["used"][resource].as_str().unwrap_or("0");
                        format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default())
                    })
                    .collect();
                used.join(", ").into()
            }
            Cell::Count(paths) => {
                let sizes = paths
                    .iter()
                    .map(|path| field(path).as_object().map_or(0, serde_json::Map::len));
                sizes.sum::<usize>().into()
            }
            Cell::EventSource => {
                let text = |path: &str| field(path).as_str().unwrap_or_default().to_owned();
                let or = |first: String, second: &str| if first.is_empty() { text(second) } else { first };
                let component = or(text("source.component"), "reportingComponent");
                match or(text("source.host"), "reportingInstance") {
                    host if host.is_empty() => component.into(),
                    host => format!("{component}, {host}").into(),
                }
            }
            Cell::EventCount => {
                let count = field("series.count").as_i64().or(field("count").as_i64());
                count.filter(|count| *count != 0).unwrap_or(1).into()
            }
            Cell::InvolvedObject => {
                let involved = &object["involvedObject"];
                let text = |field: &str| involved[field].as_str().unwrap_or_default().to_owned();
                format!("{}/{}", text("kind").to_lowercase(), text("name")).into()
            }
        }
    }
}

/// The time since an event happened first.
fn first_seen(now: Timestamp, event: &Value) -> Value {
    let first = since(now, &event["firstTimestamp"]).or_else(|| since(now, &event["eventTime"]));
    first.unwrap_or_else(|| "<unknown>".into())
}

/// The time since this one, if it is one.
fn since(now: Timestamp, time: &Value) -> Option<Value> {
    let time: Timestamp = time.as_str()?.parse().ok()?;
    Some(age(now, time).into())
}

/// The time between, in kubectl's short form: `5s`, `3m20s`, `2d`.
fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let with_rest = |whole: i64, unit: &str, rest: i64, rest_unit: &str| {
        if rest == 0 {
            format!("{whole}{unit}")
        } else {
            format!("{whole}{unit}{rest}{rest_unit}")
        }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => with_rest(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with_rest(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with_rest(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => with_rest(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_tells_what_is_used_of_what_there_is() {
        let status = json!({"hard": {"cpu": "4", "limits.cpu": "8", "memory": "1Gi"}, "used": {"cpu": "500m"}});
        let quota = json!({"metadata": {"name": "q"}, "status": status});
        let resource = crate::resource::of(Table::ResourceQuotas);
        let row = row("v1", resource, None, &quota, IncludeObject::None, Timestamp::UNIX_EPOCH);
        assert_eq!(
            row["cells"],
            json!(["q", "cpu: 500m/4, memory: 0/1Gi", "limits.cpu: 0/8", "<unknown>"])
        );
    }

    #[test]
    fn ages_are_as_short_as_kubectl_prints_them() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        for (seconds, expected) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (200, "3m20s"),
            (601, "10m"),
            (3 * 3600 + 60, "3h1m"),
            (9 * 3600, "9h"),
            (3 * 86400 + 7200, "3d2h"),
            (30 * 86400, "30d"),
            (800 * 86400, "2y70d"),
            (9 * 365 * 86400, "9y"),
            (-5, "<invalid>"),
        ] {
            let then = Timestamp::from_second(1_000_000_000 - seconds).unwrap();
            assert_eq!(age(now, then), expected, "{seconds}");
        }
    }
}
