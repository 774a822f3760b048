//! The messages of plugin protocol 6.10 and of go-plugin.
//!
//! Those of the protocol are generated from `proto/tfplugin6.proto`, the file that Terraform 1.14 is released with, by
//! `make generate`: building takes no `protoc`. prost makes a module of what a message has within it: `ReadResource.Request`
//! is [`read_resource::Request`]. This module holds data only: `from_proto` and `to_proto` convert it, and nothing beyond
//! those and the services sees it.
//!
//! Protocol 6.11 adds `deprecation_message` to blocks and attributes, which the notes of an extension have already as a
//! warning on use; `planned_private` and its capability, and computed blocks, which are for the CLI's own use of them; and
//! the rest of the calls for state stores. A field that is not known is passed over, and a call that is not known is
//! answered as unimplemented, which is how both sides tell what the other one has.
//!
//! It is public for those who write a client, such as a test of their provider at the protocol.

#[expect(missing_docs, reason = "go-plugin's definition documents its fields")]
mod plugin;
#[rustfmt::skip]
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "it is generated, with the comments of the protocol's file")]
mod tfplugin6;

pub use plugin::*;
pub use tfplugin6::*;
