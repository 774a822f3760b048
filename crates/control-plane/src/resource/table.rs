//! The tables of the store: which kinds of object there are, whatever resources show them.

/// Where objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Workloads.
    Workloads,
    /// Namespaces.
    Namespaces,
    /// Events, in the shape of core/v1.
    Events,
    /// Secrets.
    Secrets,
    /// Config maps.
    ConfigMaps,
    /// Resource quotas.
    ResourceQuotas,
    /// Pods: nothing runs here, so there are none.
    Pods,
    /// Service accounts.
    ServiceAccounts,
    /// What a cluster can have and this control plane never has: read-only, and empty.
    Absent,
    /// The one definition of this control plane, read-only.
    CustomResourceDefinitions,
}

impl Table {
    /// The tables whose objects live in a namespace, and go with it.
    pub const NAMESPACED: [Table; 7] = [
        Table::Workloads,
        Table::Events,
        Table::Secrets,
        Table::ConfigMaps,
        Table::ResourceQuotas,
        Table::Pods,
        Table::ServiceAccounts,
    ];

    /// Every table.
    pub const ALL: [Table; 10] = [
        Table::Workloads,
        Table::Events,
        Table::Secrets,
        Table::ConfigMaps,
        Table::ResourceQuotas,
        Table::Pods,
        Table::ServiceAccounts,
        Table::Absent,
        Table::Namespaces,
        Table::CustomResourceDefinitions,
    ];

    /// The name under which the table is persisted.
    pub fn name(self) -> &'static str {
        match self {
            Table::Workloads => "workloads",
            Table::Namespaces => "namespaces",
            Table::Events => "events",
            Table::Secrets => "secrets",
            Table::ConfigMaps => "configmaps",
            Table::ResourceQuotas => "resourcequotas",
            Table::Pods => "pods",
            Table::ServiceAccounts => "serviceaccounts",
            Table::Absent => "absent",
            Table::CustomResourceDefinitions => "customresourcedefinitions",
        }
    }

    /// The table of this name.
    pub fn from_name(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }
}
