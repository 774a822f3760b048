//! One configured provider: the client, made when it is first needed, and what this process has learnt so far.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use datum_client::{Client, ConfigError};
use datum_model::id::{Namespace, WorkloadId};
use tf_provider::Diagnostic;
use tokio::sync::OnceCell;

use crate::configuration::{Configuration, Said};
use crate::diagnostics;

/// The provider as it was configured.
#[derive(Debug)]
pub struct Session {
    configuration: Configuration,
    client: OnceCell<Client>,
    memory: Mutex<Memory>,
    silent: AtomicBool,
    applying: AtomicBool,
    has_said_unchecked: AtomicBool,
    /// Why there is no client, as it was told last.
    told_error: Mutex<Option<String>>,
}

/// What this process has learnt about workloads. Terraform starts one process for the plan and another for the apply.
#[derive(Debug, Default)]
struct Memory {
    facts: HashMap<WorkloadId, HashSet<Fact>>,
    accepted: HashSet<u64>,
    told: HashSet<(WorkloadId, String)>,
    unasked: HashSet<Namespace>,
}

/// Something that this process has learnt about a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The state has it, and it was read.
    Managed,
    /// This process imported it.
    Imported,
    /// This run is deleting it.
    Going,
    /// The state has it, and protects it from deletion.
    Protected,
}

impl Session {
    /// A session that has not connected yet.
    pub fn new(mut configuration: Configuration, terraform_version: &str) -> Session {
        if let Some(connection) = &mut configuration.connection {
            let version = env!("CARGO_PKG_VERSION");
            connection.user_agent = format!("terraform-provider-datum/{version} (terraform {terraform_version})");
        }
        Session {
            configuration,
            client: OnceCell::new(),
            memory: Mutex::default(),
            silent: AtomicBool::new(false),
            applying: AtomicBool::new(false),
            has_said_unchecked: AtomicBool::new(false),
            told_error: Mutex::default(),
        }
    }

    /// What the provider was configured with.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The client; `Ok(None)` while the configuration is not wholly known. Why there is none is told once in a run: each workload
    /// fails by itself, and all for the same reason.
    pub async fn client(&self) -> Result<Option<&Client>, Diagnostic> {
        let connected = self.connected().await;
        connected.map_err(|error| {
            self.first_time(&error)
                .unwrap_or_else(diagnostics::still_not_configured)
        })
    }

    /// The client, for those who do without one: if there is none, somebody else says why.
    pub async fn available_client(&self) -> Option<&Client> {
        self.connected().await.ok().flatten()
    }

    /// Reads the files that the configuration names, as far as they are there. One that is not may yet be made by the same run,
    /// before it is needed.
    pub async fn prepare(&self) -> Result<(), Diagnostic> {
        match self.connected().await {
            Err(error) if !error.is_absence() => Err(diagnostics::not_configured(&error, &self.configuration.settings)),
            _ => Ok(()),
        }
    }

    /// Why there is no client, as the warning of a plan that can do without one. Once for all workloads.
    pub async fn why_no_client(&self) -> Option<Diagnostic> {
        let problem = self.first_time(&self.connected().await.err()?)?;
        self.has_said_unchecked.store(true, Ordering::Relaxed);
        Some(problem)
    }

    async fn connected(&self) -> Result<Option<&Client>, ConfigError> {
        let Some(connection) = &self.configuration.connection else {
            return Ok(None);
        };
        let connect = || Client::connect(connection.clone());
        self.client.get_or_try_init(connect).await.map(Some)
    }

    /// Why there is no client, unless that was told last.
    fn first_time(&self, error: &ConfigError) -> Option<Diagnostic> {
        let why = error.to_string();
        let mut told = self.told_error.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = told.as_ref() == Some(&why);
        *told = Some(why);
        (!is_known).then(|| diagnostics::not_configured(error, &self.configuration.settings))
    }

    /// The client, where nothing can be done without one.
    pub async fn required_client(&self) -> Result<&Client, Diagnostic> {
        let client = self.client().await?;
        client.ok_or_else(|| self.unknown())
    }

    /// The namespace of workloads that name none: the provider's, else that of the kubeconfig's context.
    pub async fn default_namespace(&self) -> Said<Namespace> {
        if self.configuration.namespace.is_said() {
            return self.configuration.namespace.clone();
        }
        let Some(client) = self.available_client().await else {
            return Said::Unknown;
        };
        let namespace = client.default_namespace().and_then(|namespace| namespace.parse().ok());
        namespace.map_or(Said::Absent, Said::Known)
    }

    /// The namespace of workloads that name none, where nothing can be done without one.
    pub async fn required_namespace(&self) -> Result<Namespace, Diagnostic> {
        match self.default_namespace().await {
            Said::Known(namespace) => Ok(namespace),
            Said::Unknown => Err(self.unknown()),
            Said::Absent => Err(diagnostics::no_namespace()),
        }
    }

    /// That nothing can be done because the configuration is not wholly known.
    pub fn unknown(&self) -> Diagnostic {
        diagnostics::unknown_configuration(&self.configuration.settings.unknown())
    }

    /// Remembers something about a workload.
    pub fn learn(&self, id: &WorkloadId, fact: Fact) {
        self.memory().facts.entry(id.clone()).or_default().insert(fact);
    }

    /// Whether this is known about a workload.
    pub fn knows(&self, id: &WorkloadId, fact: Fact) -> bool {
        self.memory().facts.get(id).is_some_and(|facts| facts.contains(&fact))
    }

    /// Remembers that the API would accept this body.
    pub fn accept(&self, id: &WorkloadId, body: &serde_json::Value) {
        self.memory().accepted.insert(fingerprint(id, body));
    }

    /// Whether the API said already that it would accept this body.
    pub fn is_accepted(&self, id: &WorkloadId, body: &serde_json::Value) -> bool {
        self.memory().accepted.contains(&fingerprint(id, body))
    }

    /// Whether a warning of the API about a workload has not been passed on yet. It counts as passed on from now.
    pub fn is_news(&self, id: &WorkloadId, warning: &str) -> bool {
        self.memory().told.insert((id.clone(), warning.to_owned()))
    }

    /// Remembers that the API does not say what it thinks of a plan, so that no other plan asks.
    pub fn give_up_asking(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// Remembers that the user may not ask about workloads of this namespace.
    pub fn give_up_asking_in(&self, namespace: &Namespace) {
        self.memory().unasked.insert(namespace.clone());
    }

    /// Whether nobody has said yet that plans are not checked. Somebody has from now on.
    pub fn is_first_to_say_unchecked(&self) -> bool {
        !self.has_said_unchecked.swap(true, Ordering::Relaxed)
    }

    /// Remembers that this run applies: the CLI plans each workload anew just before it applies it, and the write that follows says
    /// what a dry run would.
    pub fn applies(&self) {
        self.applying.store(true, Ordering::Relaxed);
    }

    /// Whether a plan should ask the API about workloads of this namespace.
    pub fn asks(&self, namespace: &Namespace) -> bool {
        let is_silent = self.silent.load(Ordering::Relaxed) || self.applying.load(Ordering::Relaxed);
        self.configuration.plan_dry_run && !is_silent && !self.memory().unasked.contains(namespace)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fingerprint(id: &WorkloadId, body: &serde_json::Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    body.to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use expect_test::expect;
    use tf_plugin_server::value::Value;

    use super::*;
    use crate::configuration::Environment;

    #[tokio::test]
    async fn why_there_is_no_client_is_told_once() {
        let block = Value::object([("kubeconfig", Value::from("/does/not/exist"))]);
        let configuration = Configuration::read(&block, Environment(&|_: &str| None::<OsString>)).expect("it is valid");
        let session = Session::new(configuration, "1.11.4");
        let mut told = Vec::new();
        for _ in 0..3 {
            told.extend(session.required_client().await.err());
        }
        expect![[r#"
            [] The provider cannot reach the API: kubeconfig cannot be used
            Cannot read kubeconfig /does/not/exist: No such file or directory (os error 2).

            Check kubeconfig, which is set in the provider block.
            [] The provider cannot reach the API
            The reason is the same as for the other workloads of this run, and is told with one of them.
            [] The provider cannot reach the API
            The reason is the same as for the other workloads of this run, and is told with one of them.
        "#]]
        .assert_eq(&diagnostics::shown(&told));
    }

    #[tokio::test]
    async fn a_damaged_kubeconfig_is_named_with_the_variable_that_names_it() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("config");
        let text = r#"
current-context: c
contexts: [{ name: c, context: { cluster: k, user: u } }]
clusters: [{ name: k, cluster: { server: "https://127.0.0.1:1", certificate-authority-data: Z2FyYmFnZQ== } }]
users: [{ name: u, user: {} }]
"#;
        let damaged = [
            text.as_bytes().to_vec(),
            text.replace("certificate-authority-data: Z2FyYmFnZQ==", "")
                .replace("user: {}", "user: { token: '' }")
                .into_bytes(),
            b"\xff\xfex".to_vec(),
        ];
        let mut told = Vec::new();
        for content in damaged {
            std::fs::write(&path, content).expect("the kubeconfig is written");
            let named = path.clone().into_os_string();
            let environment = move |name: &str| (name == "KUBECONFIG").then(|| named.clone());
            let configuration =
                Configuration::read(&Value::Null, Environment(&environment)).expect("the settings are valid");
            told.extend(Session::new(configuration, "1.11.4").required_client().await.err());
        }
        let shown = diagnostics::shown(&told).replace(&path.display().to_string(), "/kubeconfig");
        expect![[r#"
            [] The provider cannot reach the API: config_paths cannot be used
            The certificate-authority-data of cluster "k" in /kubeconfig is neither PEM nor PEM in base64.

            Check config_paths, which is set in the environment variable KUBECONFIG.
            [] The provider cannot reach the API: config_paths cannot be used
            The token of user "u" in /kubeconfig is empty.

            Check config_paths, which is set in the environment variable KUBECONFIG.
            [] The provider cannot reach the API: config_paths cannot be used
            Cannot read kubeconfig /kubeconfig: Invalid UTF-16 LE.

            Check config_paths, which is set in the environment variable KUBECONFIG.
        "#]]
        .assert_eq(&shown);
    }
}
