//! Actions.

use super::{ClientCapabilities, Deferred, Diagnostic, DynamicValue};

#[derive(Clone, PartialEq, prost::Message)]
pub struct ValidateActionConfigRequest {
    #[prost(string, tag = "1")]
    pub type_name: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<DynamicValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ValidateActionConfigResponse {
    #[prost(message, repeated, tag = "1")]
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PlanActionRequest {
    #[prost(string, tag = "1")]
    pub action_type: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<DynamicValue>,
    #[prost(message, optional, tag = "3")]
    pub client_capabilities: Option<ClientCapabilities>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PlanActionResponse {
    #[prost(message, repeated, tag = "1")]
    pub diagnostics: Vec<Diagnostic>,
    #[prost(message, optional, tag = "2")]
    pub deferred: Option<Deferred>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct InvokeActionRequest {
    #[prost(string, tag = "1")]
    pub action_type: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<DynamicValue>,
    #[prost(message, optional, tag = "3")]
    pub client_capabilities: Option<ClientCapabilities>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct InvokeActionEvent {
    #[prost(oneof = "InvokeActionEventType", tags = "1, 2")]
    pub r#type: Option<InvokeActionEventType>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum InvokeActionEventType {
    #[prost(message, tag = "1")]
    Progress(ActionProgress),
    #[prost(message, tag = "2")]
    Completed(ActionCompleted),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionProgress {
    #[prost(string, tag = "1")]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionCompleted {
    #[prost(message, repeated, tag = "1")]
    pub diagnostics: Vec<Diagnostic>,
}
