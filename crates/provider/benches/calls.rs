//! How long the provider takes to start, and to answer a CLI.
//!
//! `cargo bench -p terraform-provider-datum --bench calls` starts the provider as a CLI does, many times for its start and once for
//! the calls, which are those that need no API: the validation and the plan of the specification's web application and of a
//! workload that sets every attribute. What reads and applies take is mostly the API's: see the benchmark `operations`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is run for what it prints"
)]

#[path = "../../plugin/benches/latency/plugin.rs"]
mod plugin;
#[path = "instructions/subject.rs"]
mod subject;

use std::process::Command;
use std::time::{Duration, Instant};

use terraform_provider_datum::schema;
use tf_plugin_server::proto::{
    DynamicValue, configure_provider, get_provider_schema, plan_resource_change, validate_resource_config,
};
use tf_plugin_server::value::{Type, Value, msgpack};
use tf_provider::Provider;

use self::plugin::Plugin;
use self::subject::Subject;

const STARTS: usize = 50;
const CALLS: usize = 200;
/// As many calls as a CLI makes at once, if it is not told otherwise.
const AT_ONCE: usize = 10;

#[tokio::main]
async fn main() {
    // The client's side of TLS takes the process's default.
    rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();
    start_up().await;
    let plugin = start().await;
    configure(&plugin).await;
    for subject in Subject::all() {
        calls(&plugin, &subject).await;
    }
}

async fn start() -> Plugin {
    Plugin::start(Command::new(env!("CARGO_BIN_EXE_terraform-provider-datum"))).await
}

async fn start_up() {
    let (mut handshakes, mut schemas) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let plugin = start().await;
        handshakes.push(plugin.handshake);
        let start = Instant::now();
        let schema: get_provider_schema::Response =
            plugin.call("GetProviderSchema", get_provider_schema::Request {}).await;
        schemas.push(start.elapsed());
        assert!(schema.diagnostics.is_empty());
    }
    println!("start");
    print("to the handshake", handshakes);
    print("from there to the schema", schemas);
}

/// For an API that nobody asks, since plans are not checked by a dry run.
async fn configure(plugin: &Plugin) {
    let provider = terraform_provider_datum::provider::DatumProvider::default();
    let schema = Provider::schema(&provider, &mut tf_provider::Diagnostics::default()).unwrap();
    let config = Value::object([
        ("host", Value::from("http://127.0.0.1:9")),
        ("token", "none".into()),
        ("plan_dry_run", false.into()),
    ]);
    let request = configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: Some(message(&config, &Type::of_block(&schema.block))),
        client_capabilities: None,
    };
    let response: configure_provider::Response = plugin.call("ConfigureProvider", request).await;
    assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
}

async fn calls(plugin: &Plugin, subject: &Subject) {
    let ty = Type::of_block(&schema::workload_block().block);
    let config = message(&subject.config, &ty);
    let state = message(&subject.state, &ty);
    let validate = validate_resource_config::Request {
        type_name: "datum_workload".to_owned(),
        config: Some(config.clone()),
        client_capabilities: None,
    };
    let plan = |prior: DynamicValue, proposed: DynamicValue| plan_resource_change::Request {
        type_name: "datum_workload".to_owned(),
        prior_state: Some(prior),
        proposed_new_state: Some(proposed),
        config: Some(config.clone()),
        ..plan_resource_change::Request::default()
    };
    let create = plan(message(&Value::Null, &ty), config.clone());
    let nothing = plan(state.clone(), state.clone());

    let bytes = |json: &serde_json::Value| json.to_string().len();
    println!(
        "{}: {} bytes are sent to the API, which holds {}",
        subject.name,
        bytes(&subject.body),
        bytes(&subject.live)
    );
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let start = Instant::now();
        let response: validate_resource_config::Response =
            plugin.call("ValidateResourceConfig", validate.clone()).await;
        times.push(start.elapsed());
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
    }
    print("validate", times);
    for (what, request) in [("plan of a create", create), ("plan without changes", nothing)] {
        let planned = async || {
            let response: plan_resource_change::Response = plugin.call("PlanResourceChange", request.clone()).await;
            assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        };
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let start = Instant::now();
            planned().await;
            times.push(start.elapsed());
        }
        print(what, times);
        let mut times = Vec::new();
        for _ in 0..CALLS / AT_ONCE {
            let start = Instant::now();
            futures::future::join_all((0..AT_ONCE).map(|_| planned())).await;
            times.push(start.elapsed());
        }
        print(&format!("{what}, {AT_ONCE} at once"), times);
    }
}

fn message(value: &Value, ty: &Type) -> DynamicValue {
    DynamicValue {
        msgpack: msgpack::encode(value, ty).unwrap().into(),
        ..DynamicValue::default()
    }
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!(
        "  {what:<32} {:>10.1?} (median) {:>10.1?} (least)",
        times[times.len() / 2],
        times[0]
    );
}
