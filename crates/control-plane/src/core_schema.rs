//! The schemas of the built-in kinds, as far as this control plane looks into them: their metadata.
//!
//! What a secret or an event holds is nobody's business here; it is kept as it was sent.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use datum_model::schema::{Kind, Schema, workload};

use crate::resource::{self, Table};

/// The schema of the objects of a table.
pub fn of(table: Table) -> &'static Schema {
    static SCHEMAS: LazyLock<HashMap<Table, Schema>> = LazyLock::new(|| {
        resource::ALL
            .iter()
            .map(|resource| (resource.table, schema(contents(resource.table))))
            .collect()
    });
    &SCHEMAS[&table]
}

/// The fields beside apiVersion, kind and metadata.
fn contents(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events => &[
            "action",
            "count",
            "eventTime",
            "firstTimestamp",
            "involvedObject",
            "lastTimestamp",
            "message",
            "reason",
            "related",
            "reportingComponent",
            "reportingInstance",
            "series",
            "source",
            "type",
        ],
        Table::Secrets => &["data", "immutable", "stringData", "type"],
        Table::ConfigMaps => &["binaryData", "data", "immutable"],
        Table::ServiceAccounts => &["automountServiceAccountToken", "imagePullSecrets", "secrets"],
        _ => &["spec", "status"],
    }
}

fn schema(contents: &[&str]) -> Schema {
    let shared = ["apiVersion", "kind", "metadata"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), workload().property(name)?.clone())));
    let free = contents.iter().map(|name| {
        let free = Schema {
            description: String::new(),
            nullable: true,
            default: None,
            kind: Kind::FreeForm,
        };
        ((*name).to_owned(), free)
    });
    Schema {
        description: String::new(),
        nullable: false,
        default: None,
        kind: Kind::Object {
            properties: shared.chain(free).collect::<BTreeMap<_, _>>(),
            required: Vec::new(),
        },
    }
}
