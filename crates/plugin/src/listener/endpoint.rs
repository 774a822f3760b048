//! Where a plugin is reached.

/// An address in go-plugin's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `unix` or `tcp`.
    pub(crate) network: &'static str,
    pub(crate) address: String,
}
