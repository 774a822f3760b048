//! A provider that keeps nothing: the smallest program that shows all that tf-plugin-server serves.
//!
//! Try it with the CLI: build it, point `dev_overrides` at the folder of the program, and apply a configuration such as
//!
//! ```hcl
//! terraform {
//!   required_providers { example = { source = "acme/example" } }
//! }
//! resource "example_thing" "it" {
//!   name = "it"
//!   spec = { image = "nginx", ports = [{ port = 80 }] }
//! }
//! ```
//!
//! - `provider.rs`: the provider and its configuration
//! - `thing.rs`: a resource whose attributes are data (`State = Value`), of every kind that there is
//! - `thing/extensions.rs`: its state upgrade, move, identity and list
//! - `note.rs`: a resource whose attributes are Rust fields
//! - `echo.rs`: a data source
//! - `key.rs`: an ephemeral resource
//! - `count.rs`: an action
//! - `functions.rs`: functions

mod count;
mod echo;
mod functions;
mod key;
mod note;
mod provider;
mod thing;

use std::process::ExitCode;

use tf_plugin_server::{ServeError, ServeOptions, Server};

#[tokio::main]
async fn main() -> Result<ExitCode, ServeError> {
    Server::builder(provider::Example)
        .provider_notes(provider::notes())
        .resource_of_values("example_thing", thing::Thing, thing::extensions::all())
        .resource("example_note", note::Note)
        .data_source_of_values("example_echo", echo::Echo)
        .ephemeral_resource("example_key", key::Key)
        .action("example_count", count::Count)
        .function("coalesce", functions::Coalesce)
        .function("join", functions::Join)
        .function("half", functions::Half)
        .serve(ServeOptions {
            name: "terraform-provider-example".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            source: "acme/example".to_owned(),
            commands: Vec::new(),
        })
        .await
}
