//! [`tf_provider::Resource`], erased.

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use super::{OfValues, private, read, write};
use crate::value::Value;

/// What a handler made of a resource. The handler has done its work once there is one of these, whatever follows.
pub(crate) struct Made {
    /// `None`, with an error, when the handler's own type has no counterpart as a Terraform value.
    pub(crate) state: Option<Value>,
    pub(crate) private: Bytes,
}

#[async_trait]
pub(crate) trait ErasedResource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()>;
    async fn read(&self, diags: &mut Diagnostics, state: Value, private: &[u8], meta: &Value) -> Option<Made>;
    async fn plan_create(&self, diags: &mut Diagnostics, proposed: Value, config: Value, meta: &Value) -> Option<Made>;
    async fn plan_update(
        &self,
        diags: &mut Diagnostics,
        change: Change,
        private: &[u8],
        meta: &Value,
    ) -> Option<(Made, Vec<AttributePath>)>;
    async fn plan_destroy(&self, diags: &mut Diagnostics, prior: Value, private: &[u8], meta: &Value) -> Option<Bytes>;
    async fn create(
        &self,
        diags: &mut Diagnostics,
        planned: Value,
        config: Value,
        private: &[u8],
        meta: &Value,
    ) -> Option<Made>;
    async fn update(&self, diags: &mut Diagnostics, change: Change, private: &[u8], meta: &Value) -> Option<Made>;
    async fn destroy(&self, diags: &mut Diagnostics, prior: Value, private: &[u8], meta: &Value) -> Option<()>;
    async fn import(&self, diags: &mut Diagnostics, id: String) -> Option<Made>;
}

/// An update: from the prior state to the proposed or planned one, for a configuration.
pub(crate) struct Change {
    pub(crate) prior: Value,
    pub(crate) next: Value,
    pub(crate) config: Value,
}

const CONFIG: &str = "configuration";
const META: &str = "provider metadata";
const PLANNED: &str = "planned state";
const PRIOR: &str = "prior state";
const PROPOSED: &str = "proposed state";
const STATE: &str = "state";

fn made<R: Resource>(diags: &mut Diagnostics, state: &R::State<'_>, private: &R::PrivateState<'_>) -> Made {
    Made {
        state: write(diags, STATE, state),
        private: private::write(diags, private).unwrap_or_default(),
    }
}

#[async_trait]
impl<R: Resource> ErasedResource for R {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        Resource::schema(self, diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let config = read(diags, CONFIG, &config)?;
        Resource::validate(self, diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, state: Value, private: &[u8], meta: &Value) -> Option<Made> {
        let state = read(diags, STATE, &state);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::read(self, diags, state?, private?, meta?).await?;
        Some(made::<R>(diags, &state, &private))
    }

    async fn plan_create(&self, diags: &mut Diagnostics, proposed: Value, config: Value, meta: &Value) -> Option<Made> {
        let proposed = read(diags, PROPOSED, &proposed);
        let config = read(diags, CONFIG, &config);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::plan_create(self, diags, proposed?, config?, meta?).await?;
        Some(made::<R>(diags, &state, &private))
    }

    async fn plan_update(
        &self,
        diags: &mut Diagnostics,
        change: Change,
        private: &[u8],
        meta: &Value,
    ) -> Option<(Made, Vec<AttributePath>)> {
        let prior = read(diags, PRIOR, &change.prior);
        let proposed = read(diags, PROPOSED, &change.next);
        let config = read(diags, CONFIG, &change.config);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private, replace) =
            Resource::plan_update(self, diags, prior?, proposed?, config?, private?, meta?).await?;
        Some((made::<R>(diags, &state, &private), replace))
    }

    async fn plan_destroy(&self, diags: &mut Diagnostics, prior: Value, private: &[u8], meta: &Value) -> Option<Bytes> {
        let prior = read(diags, PRIOR, &prior);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let private = Resource::plan_destroy(self, diags, prior?, private?, meta?).await?;
        private::write(diags, &private)
    }

    async fn create(
        &self,
        diags: &mut Diagnostics,
        planned: Value,
        config: Value,
        private: &[u8],
        meta: &Value,
    ) -> Option<Made> {
        let planned = read(diags, PLANNED, &planned);
        let config = read(diags, CONFIG, &config);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::create(self, diags, planned?, config?, private?, meta?).await?;
        Some(made::<R>(diags, &state, &private))
    }

    async fn update(&self, diags: &mut Diagnostics, change: Change, private: &[u8], meta: &Value) -> Option<Made> {
        let prior = read(diags, PRIOR, &change.prior);
        let planned = read(diags, PLANNED, &change.next);
        let config = read(diags, CONFIG, &change.config);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::update(self, diags, prior?, planned?, config?, private?, meta?).await?;
        Some(made::<R>(diags, &state, &private))
    }

    async fn destroy(&self, diags: &mut Diagnostics, prior: Value, private: &[u8], meta: &Value) -> Option<()> {
        let prior = read(diags, PRIOR, &prior);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        Resource::destroy(self, diags, prior?, private?, meta?).await
    }

    async fn import(&self, diags: &mut Diagnostics, id: String) -> Option<Made> {
        let (state, private) = Resource::import(self, diags, id).await?;
        Some(made::<R>(diags, &state, &private))
    }
}

fn passed<P: Serialize>(diags: &mut Diagnostics, state: Value, private: &P) -> Made {
    Made {
        state: Some(state),
        private: private::write(diags, private).unwrap_or_default(),
    }
}

#[async_trait]
impl<R> ErasedResource for OfValues<R>
where
    R: for<'a> Resource<State<'a> = Value>,
{
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        Resource::schema(&self.0, diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        Resource::validate(&self.0, diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, state: Value, private: &[u8], meta: &Value) -> Option<Made> {
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::read(&self.0, diags, state, private?, meta?).await?;
        Some(passed(diags, state, &private))
    }

    async fn plan_create(&self, diags: &mut Diagnostics, proposed: Value, config: Value, meta: &Value) -> Option<Made> {
        let meta = read(diags, META, meta)?;
        let (state, private) = Resource::plan_create(&self.0, diags, proposed, config, meta).await?;
        Some(passed(diags, state, &private))
    }

    async fn plan_update(
        &self,
        diags: &mut Diagnostics,
        Change { prior, next, config }: Change,
        private: &[u8],
        meta: &Value,
    ) -> Option<(Made, Vec<AttributePath>)> {
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private, replace) =
            Resource::plan_update(&self.0, diags, prior, next, config, private?, meta?).await?;
        Some((passed(diags, state, &private), replace))
    }

    async fn plan_destroy(&self, diags: &mut Diagnostics, prior: Value, private: &[u8], meta: &Value) -> Option<Bytes> {
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let private = Resource::plan_destroy(&self.0, diags, prior, private?, meta?).await?;
        private::write(diags, &private)
    }

    async fn create(
        &self,
        diags: &mut Diagnostics,
        planned: Value,
        config: Value,
        private: &[u8],
        meta: &Value,
    ) -> Option<Made> {
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::create(&self.0, diags, planned, config, private?, meta?).await?;
        Some(passed(diags, state, &private))
    }

    async fn update(
        &self,
        diags: &mut Diagnostics,
        Change { prior, next, config }: Change,
        private: &[u8],
        meta: &Value,
    ) -> Option<Made> {
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = Resource::update(&self.0, diags, prior, next, config, private?, meta?).await?;
        Some(passed(diags, state, &private))
    }

    async fn destroy(&self, diags: &mut Diagnostics, prior: Value, private: &[u8], meta: &Value) -> Option<()> {
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        Resource::destroy(&self.0, diags, prior, private?, meta?).await
    }

    async fn import(&self, diags: &mut Diagnostics, id: String) -> Option<Made> {
        let (state, private) = Resource::import(&self.0, diags, id).await?;
        Some(passed(diags, state, &private))
    }
}
