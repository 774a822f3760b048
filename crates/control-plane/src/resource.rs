//! The resources that this control plane serves, each declared once.

pub mod field_labels;
pub mod table;

use std::sync::LazyLock;

use datum_model::schema::Schema;
use serde_json::Value;
use structured_merge as merge;

use crate::conversion::Conversion;
pub use field_labels::FieldLabels;
pub use table::Table;

/// One resource: a path segment under a group and version, and the kind of its objects.
#[derive(Debug, PartialEq)]
pub struct Resource {
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The version.
    pub version: &'static str,
    /// The kind of one object.
    pub kind: &'static str,
    /// The path segment (`workloads`).
    pub plural: &'static str,
    /// The name of one (`workload`).
    pub singular: &'static str,
    /// What kubectl accepts in its place (`ns`).
    pub short_names: &'static [&'static str],
    /// The groups of resources that it belongs to (`all`).
    pub categories: &'static [&'static str],
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// The verbs, in the order of discovery.
    pub verbs: &'static [&'static str],
    /// The fields that a field selector may name.
    pub field_labels: FieldLabels,
    /// The subresources, in the order of discovery.
    pub subresources: &'static [Subresource],
    /// Where the kind comes from.
    pub origin: Origin,
    /// How its objects are shown.
    pub conversion: Conversion,
    /// What its objects are stored as: two resources may be two views of one table.
    pub table: Table,
    /// The identity of its storage format in discovery (`storageVersionHash`).
    pub storage_version_hash: &'static str,
}

/// Where a kind comes from. The API server routes, decodes and words requests about the two differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the API server.
    BuiltIn,
    /// A definition made it known.
    Definition,
}

/// A part of an object with a path of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subresource {
    /// What the system observed.
    Status,
    /// The number of replicas, in a shape that every scalable kind shares (`autoscaling/v1`).
    Scale,
    /// The finalizers of a namespace's content.
    Finalize,
}

impl Subresource {
    /// The path segment.
    pub fn name(self) -> &'static str {
        match self {
            Subresource::Status => "status",
            Subresource::Scale => "scale",
            Subresource::Finalize => "finalize",
        }
    }

    /// The verbs, in the order of discovery.
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Subresource::Finalize => &["update"],
            Subresource::Status | Subresource::Scale => &["get", "patch", "update"],
        }
    }
}

impl Resource {
    /// `workloads.compute.miloapis.com`, or the bare plural in the core group.
    pub fn qualified_name(&self) -> String {
        qualify(self.plural, self.group)
    }

    /// `Workload.compute.miloapis.com`, or the bare kind in the core group.
    pub fn qualified_kind(&self) -> String {
        qualify(self.kind, self.group)
    }

    /// `compute.miloapis.com/v1alpha1`, or the bare version in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path in the stored object of a field that a field selector names, or why it cannot be selected by.
    pub fn selectable_field(&self, label: &str) -> Result<String, String> {
        self.field_labels.path(label, self.namespaced)
    }

    /// The schema of the objects.
    pub fn schema(&self) -> &'static Schema {
        match self.table {
            Table::Workloads => datum_model::schema::workload(),
            _ => crate::core_schema::of(self.table, self.conversion),
        }
    }

    /// The schema of the objects, as merging reads it.
    pub fn merge_schema(&self) -> &'static merge::Schema {
        static WORKLOADS: LazyLock<merge::Schema> = LazyLock::new(|| {
            merge::Schema::of_object(datum_model::schema::openapi()).expect("the generated schema is well-formed")
        });
        match self.table {
            Table::Workloads => &WORKLOADS,
            _ => crate::core_schema::merged_by(self.table, self.conversion),
        }
    }

    /// Reads an object in the way that Go reads the struct of a built-in kind; `metadata` reads its metadata. A custom resource has
    /// no struct.
    ///
    /// # Errors
    /// The words of Go's decoder, if a value is of another type.
    pub fn read(&self, object: &mut Value, metadata: impl Fn(&Value) -> Result<(), String>) -> Result<(), String> {
        match self.table {
            Table::Workloads => Ok(()),
            _ => crate::core_schema::read(self.table, self.conversion, object, metadata),
        }
    }

    /// The members that every object has, if only empty.
    pub fn members(&self) -> &'static [&'static str] {
        match self.table {
            Table::Workloads => &[],
            _ => crate::core_schema::members(self.table, self.conversion),
        }
    }

    /// The subresource of this name, if the resource has it.
    pub fn subresource(&self, name: &str) -> Option<Subresource> {
        self.subresources.iter().copied().find(|sub| sub.name() == name)
    }
}

fn qualify(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{group}")
    }
}

/// The resource under this group, version and path segment.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    ALL.iter()
        .find(|resource| resource.group == group && resource.version == version && resource.plural == plural)
}

/// The Workloads that all this is about.
pub fn workloads() -> &'static Resource {
    &ALL[0]
}

/// The namespaces.
pub fn namespaces() -> &'static Resource {
    &ALL[1]
}

/// The first resource that shows a table: the one in whose shape objects are stored.
pub fn of(table: Table) -> &'static Resource {
    // Every table is shown by a resource, which a test asserts.
    ALL.iter().find(|resource| resource.table == table).unwrap_or(&ALL[0])
}

/// Every resource; the first that shows a table is the one in whose shape objects are stored.
pub static ALL: &[Resource] = &[
    Resource {
        group: datum_model::api::GROUP,
        version: datum_model::api::VERSION,
        kind: datum_model::api::KIND,
        plural: datum_model::api::PLURAL,
        singular: datum_model::api::SINGULAR,
        short_names: &[datum_model::api::SHORT_NAME],
        categories: &[datum_model::api::CATEGORY],
        namespaced: true,
        // The API server lists the verbs of a custom resource in this order.
        verbs: &[
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "create",
            "update",
            "watch",
        ],
        field_labels: FieldLabels::Declared(&[]),
        subresources: &[Subresource::Status, Subresource::Scale],
        origin: Origin::Definition,
        conversion: Conversion::None,
        table: Table::Workloads,
        storage_version_hash: "JZs480AzWoY=",
    },
    Resource {
        short_names: &["ns"],
        namespaced: false,
        verbs: &["create", "delete", "get", "list", "patch", "update", "watch"],
        field_labels: FieldLabels::Declared(&[("status.phase", "status.phase")]),
        subresources: &[Subresource::Finalize, Subresource::Status],
        ..core(
            "Namespace",
            "namespaces",
            "namespace",
            Table::Namespaces,
            "Q3oi5N2YM8M=",
        )
    },
    Resource {
        short_names: &["ev"],
        field_labels: FieldLabels::Declared(field_labels::CORE_EVENTS),
        ..core("Event", "events", "event", Table::Events, "r2yiGXH7wu8=")
    },
    Resource {
        group: "events.k8s.io",
        conversion: Conversion::Events,
        field_labels: FieldLabels::Declared(field_labels::NEW_EVENTS),
        short_names: &["ev"],
        ..core("Event", "events", "event", Table::Events, "r2yiGXH7wu8=")
    },
    Resource {
        field_labels: FieldLabels::Declared(&[("type", "type")]),
        ..core("Secret", "secrets", "secret", Table::Secrets, "S6u1pOWzb84=")
    },
    Resource {
        short_names: &["cm"],
        ..core(
            "ConfigMap",
            "configmaps",
            "configmap",
            Table::ConfigMaps,
            "qFsyl6wFWjQ=",
        )
    },
    Resource {
        short_names: &["quota"],
        subresources: &[Subresource::Status],
        ..core(
            "ResourceQuota",
            "resourcequotas",
            "resourcequota",
            Table::ResourceQuotas,
            "8uhSgffRX6w=",
        )
    },
    Resource {
        short_names: &["po"],
        categories: &["all"],
        verbs: READ_ONLY,
        field_labels: FieldLabels::Declared(&[("spec.nodeName", "spec.nodeName"), ("status.phase", "status.phase")]),
        ..core("Pod", "pods", "pod", Table::Pods, "xPOwRZ+Yhw8=")
    },
    Resource {
        short_names: &["sa"],
        ..core(
            "ServiceAccount",
            "serviceaccounts",
            "serviceaccount",
            Table::ServiceAccounts,
            "pbx9ZvyFpBE=",
        )
    },
    // kubectl asks for these unasked: `cluster-info`, `get all`, `describe namespace` and `apply --prune` do.
    absent("", "Service", "services", "service", &["svc"]),
    absent("", "Endpoints", "endpoints", "endpoints", &["ep"]),
    absent("", "LimitRange", "limitranges", "limitrange", &["limits"]),
    absent(
        "",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        "persistentvolumeclaim",
        &["pvc"],
    ),
    Resource {
        namespaced: false,
        ..absent("", "PersistentVolume", "persistentvolumes", "persistentvolume", &["pv"])
    },
    absent(
        "",
        "ReplicationController",
        "replicationcontrollers",
        "replicationcontroller",
        &["rc"],
    ),
    absent("apps", "DaemonSet", "daemonsets", "daemonset", &["ds"]),
    absent("apps", "Deployment", "deployments", "deployment", &["deploy"]),
    absent("apps", "ReplicaSet", "replicasets", "replicaset", &["rs"]),
    absent("apps", "StatefulSet", "statefulsets", "statefulset", &["sts"]),
    absent("batch", "CronJob", "cronjobs", "cronjob", &["cj"]),
    absent("batch", "Job", "jobs", "job", &[]),
    absent("networking.k8s.io", "Ingress", "ingresses", "ingress", &["ing"]),
    Resource {
        group: "apiextensions.k8s.io",
        short_names: &["crd", "crds"],
        categories: &["api-extensions"],
        namespaced: false,
        verbs: READ_ONLY,
        ..core(
            "CustomResourceDefinition",
            "customresourcedefinitions",
            "customresourcedefinition",
            Table::CustomResourceDefinitions,
            "jfWCUB31mvA=",
        )
    },
];

/// The verbs of what cannot be written here.
const READ_ONLY: &[&str] = &["get", "list", "watch"];

/// A namespaced resource of the core group; what differs is overridden.
const fn core(
    kind: &'static str,
    plural: &'static str,
    singular: &'static str,
    table: Table,
    storage_version_hash: &'static str,
) -> Resource {
    Resource {
        group: "",
        version: "v1",
        kind,
        plural,
        singular,
        short_names: &[],
        categories: &[],
        namespaced: true,
        verbs: &[
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
        ],
        field_labels: FieldLabels::Metadata,
        subresources: &[],
        origin: Origin::BuiltIn,
        conversion: Conversion::None,
        table,
        storage_version_hash,
    }
}

/// A namespaced resource that is always empty.
const fn absent(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    singular: &'static str,
    short_names: &'static [&'static str],
) -> Resource {
    Resource {
        group,
        short_names,
        verbs: READ_ONLY,
        ..core(kind, plural, singular, Table::Absent, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_shown_by_a_resource() {
        for table in Table::ALL {
            assert_eq!(of(table).table, table);
            assert_eq!(Table::from_name(table.name()), Some(table));
        }
    }
}
