//! Resources that were of another type, or another provider's.

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use tf_provider::Diagnostics;

use crate::erased;
use crate::value::{self, Value};

/// Takes over a resource of another type, when the user's `moved` block asks for it.
#[async_trait]
pub trait MoveState: Send + Sync {
    /// The state of the moved resource as one of this type.
    ///
    /// `None` without an error in `diags` says that this source is not supported.
    async fn move_state(&self, diags: &mut Diagnostics, request: MoveRequest) -> Option<Moved>;
}

/// The resource to take over.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// The provider that it belongs to, as in `registry.example.com/namespace/type`.
    pub source_provider_address: String,
    /// The type that it has there.
    pub source_type_name: String,
    /// The version of that type's schema.
    pub source_schema_version: i64,
    /// Its stored state.
    pub source_state: serde_json::Value,
    /// Its private state.
    pub source_private: Bytes,
    /// Its stored identity, if it has one.
    pub source_identity: Option<serde_json::Value>,
    /// The version of that identity's schema.
    pub source_identity_schema_version: i64,
}

/// The resource, taken over.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Its state under this resource's schema.
    pub state: Value,
    /// Its private state. Another provider's is of no use, so that this is mostly empty.
    pub private: Bytes,
}

impl Moved {
    /// A resource with private state of its own, as its handler reads it.
    ///
    /// # Errors
    ///
    /// The private state cannot be encoded.
    pub fn with_private<P: Serialize + ?Sized>(state: Value, private: &P) -> Result<Self, value::Error> {
        Ok(Self {
            state,
            private: erased::private::encode(private)?,
        })
    }
}
