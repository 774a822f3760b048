//! The data sources: one workload by name, many by selector.

use async_trait::async_trait;
use datum_client::{Client, Error, ListOptions};
use datum_model::id::Namespace;
use tf_plugin_server::operation::{self, DeferralReason};
use tf_plugin_server::value::Value;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, DataSource, Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::identity;
use super::import::refuse_ambiguous_keys;
use crate::diagnostics::{self, Operation, Problems, Selector};
use crate::names::SubjectKind;
use crate::provider::{DatumProvider, Session};
use crate::schema::{Node, Object};
use crate::value::attribute::at;
use crate::{schema, value};

/// The data source `datum_workload`.
#[derive(Clone, Debug)]
pub struct WorkloadData {
    provider: DatumProvider,
}

impl WorkloadData {
    /// The data source of a provider.
    pub fn new(provider: DatumProvider) -> WorkloadData {
        WorkloadData { provider }
    }

    async fn workload(&self, mut config: Value) -> Result<Value, Problems> {
        let session = self.provider.session()?;
        let Some(client) = session.client().await? else {
            return put_off(&session, config, schema::workload_data());
        };
        if at(&config, &["metadata", "namespace"]).is_null() {
            let namespace = session.required_namespace().await?;
            if let Some(place) = config
                .get_mut("metadata")
                .and_then(|metadata| metadata.get_mut("namespace"))
            {
                *place = namespace.to_string().into();
            }
        }
        let id = identity::of(&config)?;
        let deadline = Instant::now() + session.configuration().timeouts.read;
        let client = client.within(deadline).cancelled_by(operation::cancelled());
        let object = client
            .read(&id)
            .await
            .map_err(|error| diagnostics::refused(Operation::ReadData, &id, &error, &config))?;
        refuse_ambiguous_keys(&object, &id, schema::workload_data())?;
        Ok(shown(&object, schema::workload_data()))
    }
}

#[async_trait]
impl DataSource for WorkloadData {
    type State<'a> = Value;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::data_source_workload())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let (strictness, findings) = self.provider.names().findings(SubjectKind::Data, &config);
        diagnostics::unknown_names(strictness, &findings, diags);
        Some(())
    }

    async fn read<'a>(&self, diags: &mut Diagnostics, config: Value, _provider_meta: Value) -> Option<Value> {
        Problems::report(self.workload(config).await, diags)
    }
}

/// The data source `datum_workloads`.
#[derive(Clone, Debug)]
pub struct WorkloadsData {
    provider: DatumProvider,
}

impl WorkloadsData {
    /// The data source of a provider.
    pub fn new(provider: DatumProvider) -> WorkloadsData {
        WorkloadsData { provider }
    }

    async fn workloads(&self, mut config: Value) -> Result<Value, Problems> {
        let session = self.provider.session()?;
        let Some(client) = session.client().await? else {
            return put_off(&session, config, schema::workloads_data());
        };
        let namespace = listed_namespace(&session, &config).await?;
        let text = |name| config.get(name).and_then(Value::as_str).map(str::to_owned);
        let limit = match config.get("limit").and_then(Value::as_i64).map(u32::try_from) {
            None => None,
            Some(Ok(limit)) if limit > 0 => Some(limit),
            Some(_) => {
                let path = AttributePath::new("limit");
                return Err(diagnostics::validation("limit is a whole number from 1", path).into());
            }
        };
        let options = ListOptions {
            label_selector: text("label_selector"),
            field_selector: text("field_selector"),
            limit,
        };
        let deadline = Instant::now() + session.configuration().timeouts.read;
        let client = client.within(deadline).cancelled_by(operation::cancelled());
        let objects = match client.list(&namespace, &options).await {
            Ok(objects) => objects,
            Err(error) => return Err(unlisted(&client, &namespace, &options, &error).await.into()),
        };
        let shown = objects.iter().map(|object| shown(object, schema::listed_workload()));
        if let Some(place) = config.get_mut("workloads") {
            *place = Value::list(shown);
        }
        Ok(config)
    }
}

#[async_trait]
impl DataSource for WorkloadsData {
    type State<'a> = Value;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::data_source_workloads())
    }

    async fn read<'a>(&self, diags: &mut Diagnostics, config: Value, _provider_meta: Value) -> Option<Value> {
        Problems::report(self.workloads(config).await, diags)
    }
}

/// What is known of a data source while the provider's configuration is not: the rest is unknown, if the CLI can wait for it.
fn put_off(session: &Session, mut config: Value, node: &Node) -> Result<Value, Problems> {
    if !operation::defer(DeferralReason::ProviderConfigUnknown) {
        return Err(session.unknown().into());
    }
    for (name, attribute) in node.object().into_iter().flat_map(Object::iter) {
        if let Some(place) = config.get_mut(name).filter(|place| place.is_null())
            && attribute.is_computed()
        {
            *place = Value::Unknown;
        }
    }
    Ok(config)
}

/// Why the API does not give a list.
pub(super) async fn unlisted(
    client: &Client,
    namespace: &Namespace,
    options: &ListOptions,
    error: &Error,
) -> Diagnostic {
    if !error.is_invalid() {
        return diagnostics::unlisted(namespace, error);
    }
    match refused_selector(client, namespace, options).await {
        Some(selector) => diagnostics::invalid_selector(namespace, selector, error),
        None => diagnostics::unlisted(namespace, error),
    }
}

/// The selector that the API does not understand. Where there are two, it is asked about one of them alone.
async fn refused_selector<'o>(
    client: &Client,
    namespace: &Namespace,
    options: &'o ListOptions,
) -> Option<Selector<'o>> {
    let label = options.label_selector.as_deref().map(Selector::Label);
    let field = options.field_selector.as_deref().map(Selector::Field);
    if label.is_none() || field.is_none() {
        return label.or(field);
    }
    let by_label = ListOptions {
        field_selector: None,
        limit: Some(1),
        ..options.clone()
    };
    match client.list(namespace, &by_label).await {
        Err(error) if error.is_invalid() => label,
        _ => field,
    }
}

/// The namespace that a list is of.
pub(super) async fn listed_namespace(session: &Session, config: &Value) -> Result<Namespace, Diagnostic> {
    match config.get("namespace").and_then(Value::as_str) {
        Some(text) => text.parse().map_err(|error: datum_model::id::ParseError| {
            diagnostics::validation(&error.to_string(), AttributePath::new("namespace"))
        }),
        None => session.required_namespace().await,
    }
}

/// Everything the API has about a workload.
fn shown(object: &datum_client::Object, node: &Node) -> Value {
    let mut state = value::flatten_all(object.as_json(), node);
    if let Some(id) = object.id() {
        identity::set(&mut state, &id);
    }
    state
}
