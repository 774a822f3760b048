//! Events about a workload, before the API server has them.

/// An event about the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Whether the user should look into it.
    pub(super) kind: EventKind,
    /// One word for machines.
    pub(super) reason: &'static str,
    /// One sentence for people.
    pub(super) message: String,
}

/// The `type` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Normal,
    Warning,
}
