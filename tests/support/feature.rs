//! What the CLIs learnt at different times.

use std::fmt;

use crate::Cli;

/// Something that a CLI has from some version on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    name: &'static str,
    terraform: Option<&'static str>,
    tofu: Option<&'static str>,
}

impl Feature {
    /// `moved` blocks between types of resources.
    pub const MOVED_TYPE: Feature = Feature::new("a move between types", Some("1.8"), Some("1.10"));
    /// Functions that a provider serves.
    pub const PROVIDER_FUNCTIONS: Feature = Feature::new("functions of providers", Some("1.8"), Some("1.7"));
    /// The same in `console`. OpenTofu's knows no function of a provider: "BUG: Uninitialized function provider" (1.12.6).
    pub const CONSOLE_FUNCTIONS: Feature = Feature::new("functions of providers in console", Some("1.8"), None);
    /// `removed` blocks.
    pub const REMOVED: Feature = Feature::new("removed blocks", Some("1.7"), Some("1.7"));
    /// `for_each` in `import` blocks.
    pub const IMPORT_FOR_EACH: Feature = Feature::new("for_each in import blocks", Some("1.7"), Some("1.7"));
    /// `mock_provider` in tests. OpenTofu fills the computed attributes within others from 1.8 on.
    pub const MOCKS: Feature = Feature::new("mock_provider", Some("1.7"), Some("1.8"));
    /// The same with a part of an object, such as one attribute of `status`. OpenTofu 1.12.6 takes an object only whole.
    pub const PARTIAL_MOCKS: Feature = Feature::new("a mock of a part of an object", Some("1.7"), None);
    /// `plan -generate-config-out` for attributes within others. OpenTofu 1.6 crashes where a computed one is left out at the
    /// top, and loses the others from its schema.
    pub const GENERATED_CONFIGURATION: Feature =
        Feature::new("generated configuration of nested attributes", Some("1.5"), Some("1.7"));

    /// Identities of resources, as in `import` blocks.
    pub const IDENTITY: Feature = Feature::new("the identity of a resource", Some("1.12"), Some("1.12"));
    /// Ephemeral resources.
    pub const EPHEMERAL: Feature = Feature::new("ephemeral resources", Some("1.10"), Some("1.11"));
    /// Actions.
    pub const ACTIONS: Feature = Feature::new("actions", Some("1.14"), None);
    /// `terraform query`.
    pub const QUERY: Feature = Feature::new("queries", Some("1.14"), None);

    /// Those that the guide to installing lists, in its order.
    pub const LISTED: [Feature; 10] = [
        Feature::GENERATED_CONFIGURATION,
        Feature::IMPORT_FOR_EACH,
        Feature::REMOVED,
        Feature::MOCKS,
        Feature::PROVIDER_FUNCTIONS,
        Feature::MOVED_TYPE,
        Feature::EPHEMERAL,
        Feature::IDENTITY,
        Feature::ACTIONS,
        Feature::QUERY,
    ];

    /// A feature, and the first version of each CLI that has it; `None` for a CLI that never had it.
    pub const fn new(name: &'static str, terraform: Option<&'static str>, tofu: Option<&'static str>) -> Feature {
        Feature { name, terraform, tofu }
    }

    /// The row of the guide's table: the feature, and the first versions that have it.
    pub fn row(&self) -> String {
        let first = |version: Option<&'static str>| version.unwrap_or("not yet");
        format!("| {} | {} | {} |", self.name, first(self.terraform), first(self.tofu))
    }

    /// The first version of this CLI that has it.
    pub(crate) fn first_version(&self, cli: &Cli) -> Option<&'static str> {
        if cli.is_terraform() { self.terraform } else { self.tofu }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
