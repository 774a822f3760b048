//! The provider: its block, its environment, and the one client of this process.

pub mod configuration;
mod session;
pub mod settings;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tf_plugin_server::value::Value;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostic, Diagnostics, DynamicDataSource, DynamicFunction, DynamicResource, Provider};

pub use self::configuration::Configuration;
pub use self::session::{Remark, Session};
use crate::{diagnostics, names};

/// The provider `datum`.
#[derive(Clone, Debug)]
pub struct DatumProvider {
    session: Arc<RwLock<Option<Arc<Session>>>>,
    names: Arc<names::Reader>,
}

impl Default for DatumProvider {
    fn default() -> DatumProvider {
        let strictness = settings::strictness(&Value::Null, &variable);
        DatumProvider {
            session: Arc::default(),
            names: Arc::new(names::Reader::new(strictness)),
        }
    }
}

impl DatumProvider {
    /// What the provider was configured with last; an error before that.
    ///
    /// Resources and data sources hold a clone of the provider and ask at each call: under `-debug` one process is
    /// configured many times.
    pub fn session(&self) -> Result<Arc<Session>, Diagnostic> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        session.clone().ok_or_else(diagnostics::unconfigured)
    }

    /// The configuration's own files, for names that the CLI drops.
    pub fn names(&self) -> &names::Reader {
        &self.names
    }
}

#[async_trait]
impl Provider for DatumProvider {
    type Config<'a> = Value;
    type MetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(settings::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        self.names.validating(settings::strictness(&config, &variable));
        // What is missing may yet come from the environment of the apply: only contradictions are refused here.
        if let Err(problems) = Configuration::read(&config, &variable) {
            let wrong = problems.iter().filter(|problem| !problem.is_absence());
            diags.errors.extend(wrong.map(diagnostics::settings));
        }
        Some(())
    }

    async fn configure<'a>(&self, diags: &mut Diagnostics, terraform_version: String, config: Value) -> Option<()> {
        self.names.configured();
        let configuration = match Configuration::read(&config, &variable) {
            Ok(configuration) => configuration,
            Err(problems) => {
                diags.errors.extend(problems.iter().map(diagnostics::settings));
                return None;
            }
        };
        let session = Arc::new(Session::new(configuration, &terraform_version));
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(session);
        Some(())
    }

    fn get_resources(&self, _diags: &mut Diagnostics) -> Option<HashMap<String, Box<dyn DynamicResource>>> {
        Some(HashMap::new())
    }

    fn get_data_sources(&self, _diags: &mut Diagnostics) -> Option<HashMap<String, Box<dyn DynamicDataSource>>> {
        Some(HashMap::new())
    }

    fn get_functions(&self, _diags: &mut Diagnostics) -> Option<HashMap<String, Box<dyn DynamicFunction>>> {
        Some(HashMap::new())
    }
}

/// An environment variable, where it is set and is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
