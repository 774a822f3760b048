//! The workloads that are measured: one that sets as little as it can, the web application of the specification, and one that sets
//! every attribute.

#[path = "../../examples/everything/sample.rs"]
mod sample;

use jiff::Timestamp;
use serde_json::Value as Json;
use structured_merge::{Conflicts, Write, apply, reset_fields};
use terraform_provider_datum::workload::kind;
use terraform_provider_datum::{schema, value};
use tf_plugin_server::value::Value;

/// A workload as everybody sees it.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// What HCL says.
    pub(crate) config: Value,
    /// What is sent.
    pub(crate) body: Json,
    /// What the API holds after that.
    pub(crate) live: Json,
    /// What Terraform knows of it.
    pub(crate) state: Value,
}

impl Subject {
    pub(crate) fn all() -> Vec<Subject> {
        let node = schema::workload();
        let web_app = value::flatten_all(&web_app(), node);
        let everything = sample::everything("project-p", "everything");
        let nothing = sample::nothing("project-p", "nothing");
        [("nothing", nothing), ("web-app", web_app), ("everything", everything)]
            .into_iter()
            .map(|(name, config)| {
                let mut body = value::expand(&config, node).expect("the configuration is known");
                body["apiVersion"] = kind().api_version.into();
                body["kind"] = kind().name.into();
                let live = apply(None, &body, &write(), Conflicts::Refuse, |_| {}).expect("nobody else owns anything");
                let state = value::flatten(&live, &config, node);
                Subject {
                    name,
                    config,
                    body,
                    live,
                    state,
                }
            })
            .collect()
    }
}

/// The specification's "Basic Web Application".
fn web_app() -> Json {
    let manifest = include_str!("../../../../config/samples/web-app.yaml");
    serde_saphyr::from_str(manifest).expect("the sample is YAML")
}

/// A write by the provider.
pub(crate) fn write() -> Write<'static> {
    Write {
        schema: kind().schema,
        api_version: kind().api_version,
        kind: kind().name,
        subresource: "",
        manager: kind().manager,
        now: Timestamp::UNIX_EPOCH,
        reset: reset_fields(""),
        members: &[],
    }
}
