//! `list "datum_workload"`: the workloads that exist, managed or not, for Terraform 1.14's queries.

use async_trait::async_trait;
use datum_client::{ListOptions, Object};
use tf_plugin_server::extension::{List, ListRequest, Listed, Results};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::schema::{Block, Description, Schema};
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::data_source::listed_namespace;
use super::{identity, import};
use crate::provider::DatumProvider;
use crate::{diagnostics, schema};

/// The arguments, which the data source of many workloads has as well.
const ARGUMENTS: [&str; 3] = ["namespace", "label_selector", "field_selector"];

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

    async fn workloads(&self, request: &ListRequest) -> Result<Vec<Object>, Diagnostic> {
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
        client
            .list(Some(&namespace), &options)
            .await
            .map_err(|error| diagnostics::unlisted(&namespace, &error))
    }
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

    async fn list(&self, diags: &mut Diagnostics, request: ListRequest, mut results: Results) {
        let objects = match self.workloads(&request).await {
            Ok(objects) => objects,
            Err(problem) => {
                diags.errors.push(problem);
                return;
            }
        };
        for object in &objects {
            let Some(id) = object.id() else {
                continue;
            };
            let resource = request.include_resource.then(|| import::state(object, &id));
            let listed = Listed {
                identity: identity::value(&id),
                display_name: id.to_string(),
                resource,
                diags: Diagnostics::default(),
            };
            if results.send(listed).await.is_err() {
                return;
            }
        }
    }
}
