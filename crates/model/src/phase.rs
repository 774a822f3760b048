use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Where a Workload is in its life (`status.phase`).
///
/// A phase that this crate does not know is kept as it was read, so that a newer API does not break an older client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Phase {
    /// The deployment is pending.
    Pending,
    /// Resources are being created.
    Provisioning,
    /// The Workload runs.
    Running,
    /// The deployment failed.
    Failed,
    /// The Workload is being deleted.
    Deleting,
    /// A phase that this crate does not know.
    Other(String),
}

impl Phase {
    /// The phases that the specification names, in the order of a Workload's life.
    pub const KNOWN: [Phase; 5] = [
        Self::Pending,
        Self::Provisioning,
        Self::Running,
        Self::Failed,
        Self::Deleting,
    ];

    /// The phase as the API spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::Provisioning => "Provisioning",
            Self::Running => "Running",
            Self::Failed => "Failed",
            Self::Deleting => "Deleting",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<&str> for Phase {
    fn from(name: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|known| known.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for Phase {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<Phase> for String {
    fn from(phase: Phase) -> Self {
        phase.as_str().to_owned()
    }
}

impl FromStr for Phase {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

/// The API accepts only the known phases from a controller, whatever a client tolerates when it reads.
impl JsonSchema for Phase {
    fn schema_name() -> Cow<'static, str> {
        "Phase".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Self::KNOWN })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_survives_reading_and_writing() {
        for name in [
            "Pending",
            "Provisioning",
            "Running",
            "Failed",
            "Deleting",
            "Suspended",
            "",
        ] {
            let phase: Phase = serde_json::from_value(name.into()).unwrap();
            assert_eq!(phase.to_string(), name);
            assert_eq!(serde_json::to_value(&phase).unwrap(), name);
            assert_eq!(
                matches!(phase, Phase::Other(_)),
                !Phase::KNOWN.contains(&phase),
                "{name}"
            );
        }
    }
}
