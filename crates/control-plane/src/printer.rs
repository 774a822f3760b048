//! Objects as rows for people, as `kubectl get` prints them (`meta.k8s.io/v1` Table).

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::resource::{Resource, Subresource, Table};

/// A column.
#[derive(Debug)]
struct Column {
    name: &'static str,
    kind: &'static str,
    format: &'static str,
    description: &'static str,
    cell: Cell,
}

/// Where a cell comes from.
#[derive(Debug)]
enum Cell {
    /// A field, by its dotted path.
    Field(&'static str),
    /// The status of a condition.
    Condition(&'static str),
    /// The time since a field's time.
    Age(&'static str),
    /// The number of entries of a map.
    Count(&'static str),
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
    cell: Cell::Field("metadata.name"),
};
const AGE: Column = Column {
    name: "Age",
    kind: "string",
    format: "",
    description: "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    cell: Cell::Age("metadata.creationTimestamp"),
};

const fn column(name: &'static str, kind: &'static str, description: &'static str, cell: Cell) -> Column {
    Column {
        name,
        kind,
        format: "",
        description,
        cell,
    }
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
static EVENT: [Column; 5] = [
    column(
        "Last Seen",
        "string",
        "The time at which the most recent occurrence of this event was recorded.",
        Cell::Age("lastTimestamp"),
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
    column(
        "Message",
        "string",
        "A human-readable description of the status of this operation.",
        Cell::Field("message"),
    ),
];
static DATA: [Column; 3] = [
    NAME,
    column("Data", "string", "The number of entries", Cell::Count("data")),
    AGE,
];
static SECRET: [Column; 4] = [
    NAME,
    column(
        "Type",
        "string",
        "Used to facilitate programmatic handling of secret data.",
        Cell::Field("type"),
    ),
    column("Data", "string", "The number of entries", Cell::Count("data")),
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
        "The time at which the object was created",
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
                "priority": 0,
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
    let cells: Vec<Value> = columns(resource, subresource)
        .iter()
        .map(|column| column.value(object, now))
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
            Cell::Condition(kind) => object["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|condition| condition["type"] == *kind)
                .map_or(Value::Null, |condition| condition["status"].clone()),
            Cell::Age(path) => {
                let time: Option<Timestamp> = match field(path).as_str() {
                    Some(time) => time.parse().ok(),
                    // An event of the newer API has no last time, only one of its own.
                    None => object["eventTime"].as_str().and_then(|time| time.parse().ok()),
                };
                match time {
                    Some(time) => age(now, time).into(),
                    // The columns of a definition leave a cell empty.
                    None if self.kind == "date" => Value::Null,
                    None => "<unknown>".into(),
                }
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
            Cell::Count(path) => field(path).as_object().map_or(0, serde_json::Map::len).into(),
            Cell::InvolvedObject => {
                let involved = &object["involvedObject"];
                let text = |field: &str| involved[field].as_str().unwrap_or_default().to_owned();
                format!("{}/{}", text("kind").to_lowercase(), text("name")).into()
            }
        }
    }
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
