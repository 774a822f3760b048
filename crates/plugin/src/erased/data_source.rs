//! [`tf_provider::DataSource`], erased.

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{DataSource, Diagnostics};

use super::{OfValues, read, write};
use crate::value::Value;

#[async_trait]
pub(crate) trait ErasedDataSource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()>;
    async fn read(&self, diags: &mut Diagnostics, config: Value, meta: &Value) -> Option<Value>;
}

#[async_trait]
impl<D: DataSource> ErasedDataSource for D {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        DataSource::schema(self, diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let config = read(diags, "configuration", &config)?;
        DataSource::validate(self, diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, config: Value, meta: &Value) -> Option<Value> {
        let config = read(diags, "configuration", &config);
        let meta = read(diags, "provider metadata", meta);
        let state = DataSource::read(self, diags, config?, meta?).await?;
        write(diags, "state", &state)
    }
}

#[async_trait]
impl<D> ErasedDataSource for OfValues<D>
where
    D: for<'a> DataSource<State<'a> = Value>,
{
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        DataSource::schema(&self.0, diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        DataSource::validate(&self.0, diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, config: Value, meta: &Value) -> Option<Value> {
        let meta = read(diags, "provider metadata", meta)?;
        DataSource::read(&self.0, diags, config, meta).await
    }
}
