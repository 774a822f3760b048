//! The provider: its block, its environment, and the one client of this process.

mod session;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tf_plugin_server::value::Value;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostic, Diagnostics, DynamicDataSource, DynamicFunction, DynamicResource, Provider};

pub use self::session::{Fact, Session};
use crate::configuration::{self, Configuration, Environment};
use crate::{diagnostics, names};

/// The provider `datum`.
#[derive(Clone, Debug)]
pub struct DatumProvider {
    session: Arc<RwLock<Option<Arc<Session>>>>,
    names: Arc<names::Reader>,
}

impl Default for DatumProvider {
    fn default() -> DatumProvider {
        let strictness = configuration::strictness(&Value::Null, Environment(&variable));
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
        Some(configuration::schema::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        self.names
            .validating(configuration::strictness(&config, Environment(&variable)));
        let problems = Configuration::contradictions(&config, Environment(&variable));
        diags.errors.extend(problems.iter().map(diagnostics::settings));
        Some(())
    }

    async fn configure<'a>(&self, diags: &mut Diagnostics, terraform_version: String, config: Value) -> Option<()> {
        self.names.configured();
        let configuration = match Configuration::read(&config, Environment(&variable)) {
            Ok(configuration) => configuration,
            Err(problems) => {
                diags.errors.extend(problems.iter().map(diagnostics::settings));
                return None;
            }
        };
        let session = Session::new(configuration, &terraform_version);
        // Nothing is sent. A file that is not there may yet be made by the same run, before it is needed.
        if let Err(problem) = session.prepare().await {
            diags.errors.push(problem);
            return None;
        }
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(session));
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

/// An environment variable, where it is set.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
