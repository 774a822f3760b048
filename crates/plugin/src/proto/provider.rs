//! The provider as a whole.

use super::{ClientCapabilities, Diagnostic, DynamicValue, ServerCapabilities};

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct GetMetadataRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetMetadataResponse {
    #[prost(message, optional, tag = "1")]
    pub server_capabilities: Option<ServerCapabilities>,
    #[prost(message, repeated, tag = "2")]
    pub diagnostics: Vec<Diagnostic>,
    #[prost(message, repeated, tag = "3")]
    pub data_sources: Vec<TypeMetadata>,
    #[prost(message, repeated, tag = "4")]
    pub resources: Vec<TypeMetadata>,
    /// Of functions, whose one field is called `name` and has the same number.
    #[prost(message, repeated, tag = "5")]
    pub functions: Vec<TypeMetadata>,
    #[prost(message, repeated, tag = "6")]
    pub ephemeral_resources: Vec<TypeMetadata>,
    #[prost(message, repeated, tag = "7")]
    pub list_resources: Vec<TypeMetadata>,
    #[prost(message, repeated, tag = "9")]
    pub actions: Vec<TypeMetadata>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TypeMetadata {
    #[prost(string, tag = "1")]
    pub type_name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ValidateProviderConfigRequest {
    #[prost(message, optional, tag = "1")]
    pub config: Option<DynamicValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ValidateProviderConfigResponse {
    #[prost(message, repeated, tag = "2")]
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ConfigureProviderRequest {
    #[prost(string, tag = "1")]
    pub terraform_version: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<DynamicValue>,
    #[prost(message, optional, tag = "3")]
    pub client_capabilities: Option<ClientCapabilities>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ConfigureProviderResponse {
    #[prost(message, repeated, tag = "1")]
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StopProviderRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StopProviderResponse {
    #[prost(string, tag = "1")]
    pub error: String,
}
