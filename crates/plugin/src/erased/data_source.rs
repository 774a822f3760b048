//! [`tf_provider::DataSource`], erased.

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{DataSource, Diagnostics};

use super::{OfValues, Typed, read, write};
use crate::value::Value;

#[async_trait]
pub(crate) trait ErasedDataSource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()>;
    async fn read(&self, diags: &mut Diagnostics, config: Value, meta: &Value) -> Option<Value>;
}

/// A handler, and how its states become values and values its states. The value that is read is not used afterwards.
pub(crate) trait Adapter: Send + Sync {
    type Handler: DataSource;

    fn handler(&self) -> &Self::Handler;

    fn read<'v>(diags: &mut Diagnostics, config: &'v mut Value) -> Option<<Self::Handler as DataSource>::State<'v>>;

    fn write(diags: &mut Diagnostics, state: <Self::Handler as DataSource>::State<'_>) -> Option<Value>;
}

impl<D: DataSource> Adapter for Typed<D> {
    type Handler = D;

    fn handler(&self) -> &D {
        &self.0
    }

    fn read<'v>(diags: &mut Diagnostics, config: &'v mut Value) -> Option<D::State<'v>> {
        read(diags, "configuration", config)
    }

    fn write(diags: &mut Diagnostics, state: D::State<'_>) -> Option<Value> {
        write(diags, "state", &state)
    }
}

impl<D> Adapter for OfValues<D>
where
    D: for<'a> DataSource<State<'a> = Value>,
{
    type Handler = D;

    fn handler(&self) -> &D {
        &self.0
    }

    fn read(_: &mut Diagnostics, config: &mut Value) -> Option<Value> {
        Some(std::mem::take(config))
    }

    fn write(_: &mut Diagnostics, state: Value) -> Option<Value> {
        Some(state)
    }
}

#[async_trait]
impl<A: Adapter> ErasedDataSource for A {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        self.handler().schema(diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, mut config: Value) -> Option<()> {
        let config = A::read(diags, &mut config)?;
        self.handler().validate(diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, mut config: Value, meta: &Value) -> Option<Value> {
        let config = A::read(diags, &mut config);
        let meta = read(diags, "provider metadata", meta);
        let state = self.handler().read(diags, config?, meta?).await?;
        A::write(diags, state)
    }
}
