//! From the provider block and the environment to what the provider works with: a connection, and defaults for workloads.
//!
//! Read it in this order: `setting` is the table of all settings, with a `kind` for each; `settings` finds what is said of each, in
//! the block or in the `environment`; `way` is the table of the ways to reach an API, and leaves of the settings what counts where
//! one is taken; `connection` is what these come to. Tables and rules are pure. Only the service-account key is read, and only
//! when the provider is configured: a configuration is valid on machines that do not have it.
//!
//! `schema` and `reference` are the tables for Terraform and for the documentation.

mod connection;
mod effective;
mod environment;
mod kind;
pub mod problem;
pub mod reference;
mod said;
pub mod schema;
mod setting;
pub mod way;

use datum_client::Config;
use datum_model::id::{Namespace, Project};
use tf_plugin_server::value::Value;

use self::connection::{NotConnected, Reading, parsed};
pub use self::effective::Settings;
pub use self::environment::{Environment, Origin};
pub use self::problem::Problem;
pub use self::said::Said;
use self::setting::{CREDENTIALS, TRUST};
use self::way::Way;
use crate::arguments::{Timeouts, Wait};
use crate::names::Strictness;

/// What the provider block and the environment come to.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// How to reach the API; `None` while something of it is known after apply only.
    pub connection: Option<Config>,
    /// What it was read from, as far as it counts.
    pub settings: Settings,
    /// The namespace of workloads that name none. If it is absent, the kubeconfig's context may name one.
    pub namespace: Said<Namespace>,
    /// Whether fields of other managers are taken over, where a workload does not say.
    pub force_conflicts: bool,
    /// Whether a plan asks the API.
    pub plan_dry_run: bool,
    /// What workloads wait for that do not say.
    pub wait: Wait,
    /// How long operations may take, where a workload does not say.
    pub timeouts: Timeouts,
}

/// What an attribute is that the schema does not know.
///
/// It is asked for before the provider is configured, when a value may be unknown that is known later. Such a one makes it a
/// warning: nothing is silent, and nothing stands in the way.
pub fn strictness(block: &Value, environment: Environment<'_>) -> Strictness {
    match Settings::read(block, environment).text("unknown_attributes") {
        Said::Unknown => Strictness::Warn,
        // What is none of the values has a problem of its own.
        said => said.known().and_then(|text| text.parse().ok()).unwrap_or_default(),
    }
}

impl Configuration {
    /// What contradicts itself or cannot be read, without looking at a file. What is missing may yet come from the environment
    /// of the apply.
    pub fn contradictions(block: &Value, environment: Environment<'_>) -> Vec<Problem> {
        said(block, environment).2
    }

    /// Reads the provider block and the environment, and the service-account key where it is to name the project.
    pub fn read(block: &Value, environment: Environment<'_>) -> Result<Configuration, Vec<Problem>> {
        let (settings, way, mut problems) = said(block, environment);
        if !problems.is_empty() {
            return Err(problems);
        }
        let reading = Reading {
            settings: &settings,
            environment,
        };
        let auth = reading.auth();
        let key = reading.key(&auth).unwrap_or_else(|problem| {
            problems.push(problem);
            Said::Absent
        });
        let project = reading.project(&key);
        let namespace = parsed(settings.text("namespace")).or_else(|| project.as_ref().map(Project::namespace));
        let connection = match reading.connection(way, auth, project, key) {
            Ok(connection) => Some(connection),
            Err(NotConnected::Unknown) => None,
            Err(NotConnected::Problem(problem)) => {
                // A key that cannot be read has been reported, and its project with it.
                problems.extend(problems.is_empty().then_some(problem));
                None
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        // What would be asked is not known yet.
        let is_open = ["plan_dry_run", "force_conflicts"]
            .iter()
            .any(|name| settings.flag(name) == Said::Unknown);
        Ok(Configuration {
            connection,
            namespace,
            force_conflicts: settings.flag("force_conflicts").known().unwrap_or(false),
            plan_dry_run: !is_open && settings.flag("plan_dry_run").known().unwrap_or(true),
            wait: Wait::DEFAULT.overridden(settings.said("wait").known()),
            timeouts: Timeouts::DEFAULT.overridden(settings.said("timeouts").known()),
            settings,
        })
    }
}

/// What is said and counts, the way that it names, and what is wrong with it.
fn said(block: &Value, environment: Environment<'_>) -> (Settings, Option<&'static Way>, Vec<Problem>) {
    let all = Settings::read(block, environment);
    let (mut settings, mut problems) = (all.clone(), Vec::new());
    settings.settle(CREDENTIALS, &mut problems);
    settings.settle(TRUST, &mut problems);
    let way = Way::chosen(&mut settings, &mut problems);
    settings.pair(&all, &mut problems);
    problems.extend(settings.problems().cloned());
    let is_of_variable = settings.origin("project") == Some(Origin::Variable("DATUM_PROJECT"));
    if is_of_variable && environment.get("DATUM_ORGANIZATION").is_some() {
        problems.push(Problem::ProjectAndOrganization);
    }
    (settings, way, problems)
}

#[cfg(test)]
mod tests;
