//! `list "datum_workload"`: the workloads that exist, managed or not, for Terraform 1.14's queries.

use async_trait::async_trait;
use datum_client::{ListOptions, Object};
use datum_model::id::{Namespace, WorkloadId};
use tf_plugin_server::extension::{List, ListRequest, Listed, Results};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::schema::{Block, Description, Schema};
use tf_provider::{AttributePath, Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::data_source::{listed_namespace, unlisted};
use super::{identity, import};
use crate::provider::DatumProvider;
use crate::{diagnostics, schema};

/// The arguments, which the data source of many workloads has as well.
const ARGUMENTS: [&str; 3] = ["namespace", "label_selector", "field_selector"];

/// The limit of a list block that does not say another.
const DEFAULT_LIMIT: usize = 100;

/// The list resource of `datum_workload`.
#[derive(Clone, Debug)]
pub struct WorkloadList {
    provider: DatumProvider,
}

impl WorkloadList {
    /// The list resource of a provider.
    pub fn new(provider: DatumProvider) -> WorkloadList {
        WorkloadList { provider }
    }

    async fn send(&self, request: &ListRequest, results: &mut Results) -> Result<(), Diagnostic> {
        let session = self.provider.session()?;
        let client = session.required_client().await?;
        let namespace = listed_namespace(&session, &request.config).await?;
        let text = |name| request.config.get(name).and_then(Value::as_str).map(str::to_owned);
        let options = ListOptions {
            label_selector: text("label_selector"),
            field_selector: text("field_selector"),
            limit: request.limit.and_then(|limit| u32::try_from(limit).ok()),
        };
        let deadline = Instant::now() + session.configuration().timeouts.read;
        let client = client.within(deadline).cancelled_by(operation::cancelled());
        let mut pages = client.pages_of(&namespace, &options);
        loop {
            let page = match pages.next().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(()),
                Err(error) => return Err(unlisted(&client, &namespace, &options, &error).await),
            };
            let last = page.objects.len();
            for (number, object) in (1..).zip(&page.objects) {
                let Some(id) = object.id() else {
                    continue;
                };
                let mut listed = if request.include_resource {
                    listed_with_resource(object, &id)
                } else {
                    listed(&id)
                };
                // The CLI reads no further than to its limit: what is to be said comes with the last one.
                if page.is_cut && number == last && request.limit == Some(DEFAULT_LIMIT) {
                    let cut = diagnostics::cut(DEFAULT_LIMIT, page.remaining);
                    listed.diags.warnings.push(cut);
                }
                if results.send(listed).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// What is told of one workload.
fn listed(id: &WorkloadId) -> Listed {
    Listed {
        identity: identity::value(id),
        display_name: id.to_string(),
        resource: None,
        diags: Diagnostics::default(),
    }
}

/// The same with what an import would put into state.
fn listed_with_resource(object: &Object, id: &WorkloadId) -> Listed {
    let mut listed = Listed {
        resource: Some(import::state(object, id)),
        ..listed(id)
    };
    let ambiguous = import::refuse_ambiguous_keys(object, id, schema::workload());
    listed.diags.warnings.extend(ambiguous.err());
    listed
}

#[async_trait]
impl List for WorkloadList {
    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let mut attributes = schema::data_source_workloads().block.attributes;
        attributes.retain(|name, _| ARGUMENTS.contains(&name.as_str()));
        let description = Description::markdown("The Workloads of a namespace, selected by label or field.");
        Some(Schema {
            version: 0,
            block: Block {
                version: 0,
                attributes,
                description,
                ..Block::default()
            },
        })
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let namespace = config.get("namespace").and_then(Value::as_str);
        if let Some(Err(error)) = namespace.map(str::parse::<Namespace>) {
            diags.errors.push(diagnostics::validation(
                &error.to_string(),
                AttributePath::new("namespace"),
            ));
            return None;
        }
        Some(())
    }

    async fn list(&self, diags: &mut Diagnostics, request: ListRequest, mut results: Results) {
        diags.errors.extend(self.send(&request, &mut results).await.err());
    }
}
