//! Strict names: what the user wrote in an object that has no such attribute.
//!
//! Terraform and OpenTofu convert a value to the type of its attribute before any provider sees it, and drop what an object
//! of that type does not have: `replica = 3` applies without a word. So the provider reads the files of the configuration
//! itself and checks the keys that are written there literally against the schema.
//!
//! - [`Configuration`] reads the modules and has what is wrong in them.
//! - [`Strictness`] says what is made of it.
//! - [`Reader`] reads once for as long as a configuration is validated, and not at all before a workload is.
//! - [`command`] is the same check for editors, hooks and CI.
//!
//! What has to be evaluated is left alone, so that there is no false alarm. Files that cannot be read or parsed are left
//! out: the CLI says so itself.

mod block_match;
mod check;
pub mod command;
mod configuration;
mod contents;
mod expression;
mod json;
mod module;
mod native;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tf_plugin_server::value::Value;

pub use self::check::{Finding, Hint};
pub use self::configuration::Configuration;
pub use self::contents::SubjectKind;

/// What an attribute is that the schema does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// An error.
    #[default]
    Error,
    /// A warning.
    Warn,
    /// Nothing: the files are not read.
    Ignore,
}

/// The text is none of the values of `unknown_attributes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`error`, `warn` or `ignore`")]
pub struct ParseError;

impl FromStr for Strictness {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Strictness, ParseError> {
        match text {
            "error" => Ok(Strictness::Error),
            "warn" => Ok(Strictness::Warn),
            "ignore" => Ok(Strictness::Ignore),
            _ => Err(ParseError),
        }
    }
}

/// The configuration's files, read when the first workload is validated.
///
/// A CLI validates a configuration in a process of its own, before it configures a provider. A provider that has been
/// configured plans or applies, maybe a plan that was saved when the files were others; then nothing is read. Under
/// `-debug` one process sees many of both.
#[derive(Debug)]
pub struct Reader {
    phase: Mutex<Phase>,
}

#[derive(Debug)]
enum Phase {
    Validating {
        strictness: Strictness,
        configuration: Option<Arc<Configuration>>,
    },
    Configured,
}

impl Reader {
    /// A reader for a configuration without a provider block, about which a CLI does not ask.
    pub fn new(strictness: Strictness) -> Reader {
        let configuration = None;
        Reader {
            phase: Mutex::new(Phase::Validating {
                strictness,
                configuration,
            }),
        }
    }

    /// A configuration is validated from here on; what was read for another is forgotten.
    pub fn validating(&self, strictness: Strictness) {
        *self.phase() = Phase::Validating {
            strictness,
            configuration: None,
        };
    }

    /// The provider is configured from here on: nothing is validated that was not validated before.
    pub fn configured(&self) {
        *self.phase() = Phase::Configured;
    }

    /// What is wrong in the block that `config` comes from, and what is to be made of it.
    pub fn findings(&self, kind: SubjectKind, config: &Value) -> (Strictness, Vec<Finding>) {
        let (strictness, configuration) = {
            // Others wait here while the first reads.
            let mut phase = self.phase();
            match &mut *phase {
                Phase::Configured
                | Phase::Validating {
                    strictness: Strictness::Ignore,
                    ..
                } => return (Strictness::Ignore, Vec::new()),
                Phase::Validating {
                    strictness,
                    configuration,
                } => {
                    let read = || Arc::new(Configuration::read(Path::new("."), &data_folder()));
                    (*strictness, Arc::clone(configuration.get_or_insert_with(read)))
                }
            }
        };
        let findings = configuration.about(kind, config);
        (strictness, findings.into_iter().cloned().collect())
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the CLI keeps what it downloads.
fn data_folder() -> PathBuf {
    std::env::var_os("TF_DATA_DIR")
        .filter(|folder| !folder.is_empty())
        .map_or_else(|| PathBuf::from(".terraform"), PathBuf::from)
}
