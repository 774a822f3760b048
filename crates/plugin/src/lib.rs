//! Serves providers written with [tf-provider](tf_provider) to Terraform and OpenTofu, over plugin protocol 6.10.
//!
//! tf-provider has the traits, schemas and diagnostics that a provider is written with. This crate has the server: it drives
//! the same typed traits ([`Provider`](tf_provider::Provider), [`Resource`](tf_provider::Resource),
//! [`DataSource`](tf_provider::DataSource), [`Function`](tf_provider::Function)) in place of [`tf_provider::serve`].
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use async_trait::async_trait;
//! use tf_plugin_server::value::Value;
//! use tf_plugin_server::{ServeError, ServeOptions, Server};
//! use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
//! use tf_provider::{DataSource, Diagnostics, Provider, map};
//!
//! struct Example;
//!
//! #[async_trait]
//! impl Provider for Example {
//!     type Config<'a> = Value;
//!     type MetaState<'a> = Value;
//!
//!     fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
//!         Some(Schema { version: 0, block: Block::default() })
//!     }
//! }
//!
//! struct Greeting;
//!
//! #[async_trait]
//! impl DataSource for Greeting {
//!     type State<'a> = Value;
//!     type ProviderMetaState<'a> = Value;
//!
//!     fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
//!         let text = |constraint| Attribute {
//!             attr_type: AttributeType::String,
//!             constraint,
//!             ..Attribute::default()
//!         };
//!         let attributes = map! {
//!             "name" => text(AttributeConstraint::Required),
//!             "text" => text(AttributeConstraint::Computed),
//!         };
//!         Some(Schema { version: 0, block: Block { attributes, ..Block::default() } })
//!     }
//!
//!     async fn read<'a>(&self, _: &mut Diagnostics, mut config: Value, _: Value) -> Option<Value> {
//!         let text = format!("Hello, {}!", config.get("name")?.as_str()?);
//!         *config.get_mut("text")? = text.into();
//!         Some(config)
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<ExitCode, ServeError> {
//!     Server::builder(Example)
//!         .data_source("example_greeting", Greeting)
//!         .serve(ServeOptions {
//!             name: "terraform-provider-example".to_owned(),
//!             version: env!("CARGO_PKG_VERSION").to_owned(),
//!             source: "acme/example".to_owned(),
//!             commands: Vec::new(),
//!         })
//!         .await
//! }
//! ```
//!
//! The crate's `examples/terraform-provider-example` shows a resource with every kind of attribute and every extension.
//!
//! # What it replaces, and why
//!
//! Of tf-provider 0.2.2, only the server:
//!
//! | [`tf_provider::serve`] | here |
//! |---|---|
//! | nested attributes carry a type as well; both CLIs refuse them | encoded as the protocol asks |
//! | the client's certificate is optional: any local process can drive the configured provider | required, pinned, and its key proven, P-521 included |
//! | each answer over 1 KiB waits 40 ms for an acknowledgement | a unix socket; TCP, where there is no other, without delay |
//! | messages over 4 MiB are refused | 256 MiB, as in Terraform itself |
//! | Ctrl-C kills it in the middle of a create | left to the CLI, which cancels running calls: [`operation::cancelled`] |
//! | a panic ends the call without an answer | a diagnostic, with the state kept |
//! | a destroy that returns `None` drops the object from state | kept, with an error |
//! | decimals, large numbers and unknown set elements are lost; errors have no path | [`value`] keeps them, and says where |
//! | schema versions cannot be raised, for want of an exported type | [`extension::StateUpgrade`] |
//! | protocol 6.5 | 6.10: [`extension::MoveState`], [`extension::Identity`], [`extension::List`], [`extension::Action`], [`extension::EphemeralResource`], write-only attributes, generated configuration, [`operation::defer`] |
//! | no logs | `tracing` events in the CLI's own log |
//! | run by hand, it prints a handshake and waits for ever | it says what it is |
//! | it outlives a CLI that was killed | it ends with its parent |
//!
//! # What holds
//!
//! - Nothing but the handshake goes to stdout, and nothing is served to a client without the certificate that the CLI named.
//! - What an apply answers is what the CLI knows from then on: nothing that exists is missing from it. Updates and destroys
//!   that fail keep the prior state; creates keep what [`operation::record_state`] recorded.
//! - No bytes make a decoder panic, and no value changes on its way through.
//! - A call runs to its end even when its caller is gone; it is told by its cancellation.
//! - The crate knows tf-provider and the protocol, and nothing of any provider.
//!
//! # Where things are
//!
//! - [`Server`] and [`ServeOptions`]: registering and serving; `handshake`, `listener`, `tls` and `server` below it.
//! - [`operation`]: what a handler can ask of the call that it runs in.
//! - [`extension`]: what the protocol has beyond tf-provider's traits.
//! - [`value`]: Terraform's values and types, in `MessagePack`, in JSON, and as Rust data.
//! - [`proto`]: the protocol's messages. `from_proto` and `to_proto` convert them at the border; `service` dispatches calls,
//!   and `erased` is where they meet tf-provider's traits.
//! - Logs: set `TF_LOG_PROVIDER_<NAME>`, `TF_LOG_PROVIDER` or `TF_LOG`. Keep secrets in a [`value::Secret`], or another type
//!   that does not show itself, and they stay out of the log whatever is logged.

mod command;
mod diagnostic;
mod erased;
pub mod extension;
mod from_proto;
mod handshake;
mod listener;
mod logging;
pub mod operation;
mod options;
mod panic;
pub mod proto;
mod registry;
mod server;
mod service;
pub mod tls;
mod to_proto;
pub mod value;

pub use options::ServeOptions;
pub use server::{Builder, ServeError, Server};

/// The README's example is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
