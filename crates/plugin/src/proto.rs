//! The messages of plugin protocol 6.10 and of go-plugin, written by hand so that building needs no `protoc`.
//!
//! Names and field numbers are those of `tfplugin6.proto`; `GetMetadata.Request` there is `GetMetadataRequest` here. Their
//! meaning is documented there. This module holds data only: `from_proto` and `to_proto`
//! convert it, and nothing beyond those and the services sees it.
//!
//! It is public for those who write a client, such as a test of their provider at the protocol.
#![expect(missing_docs, reason = "the protocol's definition documents its fields")]
#![expect(clippy::struct_excessive_bools, reason = "the protocol has them")]

mod action;
mod data_source;
mod diagnostic;
mod ephemeral;
mod function;
mod list;
mod plugin;
mod provider;
mod resource;
mod schema;

pub use action::*;
pub use data_source::*;
pub use diagnostic::*;
pub use ephemeral::*;
pub use function::*;
pub use list::*;
pub use plugin::*;
pub use provider::*;
pub use resource::*;
pub use schema::*;

use bytes::Bytes;

/// Terraform data in one of two encodings; the field that is not empty says which.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DynamicValue {
    #[prost(bytes = "bytes", tag = "1")]
    pub msgpack: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub json: Bytes,
}

/// A stored state of some earlier schema version.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RawState {
    #[prost(bytes = "bytes", tag = "1")]
    pub json: Bytes,
    #[prost(btree_map = "string, string", tag = "2")]
    pub flatmap: std::collections::BTreeMap<String, String>,
}

/// What the provider supports beyond the least of protocol 6.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ServerCapabilities {
    #[prost(bool, tag = "1")]
    pub plan_destroy: bool,
    #[prost(bool, tag = "2")]
    pub get_provider_schema_optional: bool,
    #[prost(bool, tag = "3")]
    pub move_resource_state: bool,
    #[prost(bool, tag = "4")]
    pub generate_resource_config: bool,
}

/// What the CLI supports beyond the least of protocol 6.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ClientCapabilities {
    #[prost(bool, tag = "1")]
    pub deferral_allowed: bool,
    #[prost(bool, tag = "2")]
    pub write_only_attributes_allowed: bool,
}

/// A change put off for a reason; 0 is unknown.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Deferred {
    #[prost(int32, tag = "1")]
    pub reason: i32,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
