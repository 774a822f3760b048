//! What the program that serves a provider is called.

/// What the provider is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeOptions {
    /// The program's name, as in `terraform-provider-example`.
    pub name: String,
    /// Its version, as in `1.2.3`.
    pub version: String,
    /// The provider's source as configurations state it, as in `acme/example`.
    pub source: String,
    /// What else the program does for people, each with a line for its help. The program looks for these itself.
    pub commands: Vec<(&'static str, &'static str)>,
}

impl ServeOptions {
    /// The provider's own name: the last part of the source.
    pub(crate) fn provider(&self) -> &str {
        self.source.rsplit('/').next().unwrap_or(&self.source)
    }
}
