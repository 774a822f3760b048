//! [`tf_provider::Provider`], erased.

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostics, Provider};

use super::read;
use crate::value::Value;

#[async_trait]
pub(crate) trait ErasedProvider: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    fn meta_schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: &Value) -> Option<()>;
    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: &Value) -> Option<()>;
}

#[async_trait]
impl<P: Provider> ErasedProvider for P {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        Provider::schema(self, diags)
    }

    fn meta_schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        Provider::meta_schema(self, diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: &Value) -> Option<()> {
        let config = read(diags, "provider configuration", config)?;
        Provider::validate(self, diags, config).await
    }

    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: &Value) -> Option<()> {
        let config = read(diags, "provider configuration", config)?;
        Provider::configure(self, diags, terraform_version, config).await
    }
}
