//! [`tf_provider::Resource`], erased.

use async_trait::async_trait;
use bytes::Bytes;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use super::{OfValues, Typed, private, read, write};
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

/// A handler, and how its states become values and values its states. The value that is read is not used afterwards.
pub(crate) trait Adapter: Send + Sync {
    type Handler: Resource;

    fn handler(&self) -> &Self::Handler;

    fn read<'v>(
        diags: &mut Diagnostics,
        what: &str,
        value: &'v mut Value,
    ) -> Option<<Self::Handler as Resource>::State<'v>>;

    fn write(diags: &mut Diagnostics, state: <Self::Handler as Resource>::State<'_>) -> Option<Value>;
}

impl<R: Resource> Adapter for Typed<R> {
    type Handler = R;

    fn handler(&self) -> &R {
        &self.0
    }

    fn read<'v>(diags: &mut Diagnostics, what: &str, value: &'v mut Value) -> Option<R::State<'v>> {
        read(diags, what, value)
    }

    fn write(diags: &mut Diagnostics, state: R::State<'_>) -> Option<Value> {
        write(diags, STATE, &state)
    }
}

impl<R> Adapter for OfValues<R>
where
    R: for<'a> Resource<State<'a> = Value>,
{
    type Handler = R;

    fn handler(&self) -> &R {
        &self.0
    }

    fn read(_: &mut Diagnostics, _: &str, value: &mut Value) -> Option<Value> {
        Some(std::mem::take(value))
    }

    fn write(_: &mut Diagnostics, state: Value) -> Option<Value> {
        Some(state)
    }
}

fn made<A: Adapter>(
    diags: &mut Diagnostics,
    state: <A::Handler as Resource>::State<'_>,
    private: &<A::Handler as Resource>::PrivateState<'_>,
) -> Made {
    Made {
        state: A::write(diags, state),
        private: private::write(diags, private).unwrap_or_default(),
    }
}

#[async_trait]
impl<A: Adapter> ErasedResource for A {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        self.handler().schema(diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, mut config: Value) -> Option<()> {
        let config = A::read(diags, CONFIG, &mut config)?;
        self.handler().validate(diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, mut state: Value, private: &[u8], meta: &Value) -> Option<Made> {
        let state = A::read(diags, STATE, &mut state);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = self.handler().read(diags, state?, private?, meta?).await?;
        Some(made::<A>(diags, state, &private))
    }

    async fn plan_create(
        &self,
        diags: &mut Diagnostics,
        mut proposed: Value,
        mut config: Value,
        meta: &Value,
    ) -> Option<Made> {
        let proposed = A::read(diags, PROPOSED, &mut proposed);
        let config = A::read(diags, CONFIG, &mut config);
        let meta = read(diags, META, meta);
        let (state, private) = self.handler().plan_create(diags, proposed?, config?, meta?).await?;
        Some(made::<A>(diags, state, &private))
    }

    async fn plan_update(
        &self,
        diags: &mut Diagnostics,
        mut change: Change,
        private: &[u8],
        meta: &Value,
    ) -> Option<(Made, Vec<AttributePath>)> {
        let prior = A::read(diags, PRIOR, &mut change.prior);
        let proposed = A::read(diags, PROPOSED, &mut change.next);
        let config = A::read(diags, CONFIG, &mut change.config);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private, replace) = self
            .handler()
            .plan_update(diags, prior?, proposed?, config?, private?, meta?)
            .await?;
        Some((made::<A>(diags, state, &private), replace))
    }

    async fn plan_destroy(
        &self,
        diags: &mut Diagnostics,
        mut prior: Value,
        private: &[u8],
        meta: &Value,
    ) -> Option<Bytes> {
        let prior = A::read(diags, PRIOR, &mut prior);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let private = self.handler().plan_destroy(diags, prior?, private?, meta?).await?;
        private::write(diags, &private)
    }

    async fn create(
        &self,
        diags: &mut Diagnostics,
        mut planned: Value,
        mut config: Value,
        private: &[u8],
        meta: &Value,
    ) -> Option<Made> {
        let planned = A::read(diags, PLANNED, &mut planned);
        let config = A::read(diags, CONFIG, &mut config);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = self.handler().create(diags, planned?, config?, private?, meta?).await?;
        Some(made::<A>(diags, state, &private))
    }

    async fn update(&self, diags: &mut Diagnostics, mut change: Change, private: &[u8], meta: &Value) -> Option<Made> {
        let prior = A::read(diags, PRIOR, &mut change.prior);
        let planned = A::read(diags, PLANNED, &mut change.next);
        let config = A::read(diags, CONFIG, &mut change.config);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        let (state, private) = self
            .handler()
            .update(diags, prior?, planned?, config?, private?, meta?)
            .await?;
        Some(made::<A>(diags, state, &private))
    }

    async fn destroy(&self, diags: &mut Diagnostics, mut prior: Value, private: &[u8], meta: &Value) -> Option<()> {
        let prior = A::read(diags, PRIOR, &mut prior);
        let private = private::read(diags, private);
        let meta = read(diags, META, meta);
        self.handler().destroy(diags, prior?, private?, meta?).await
    }

    async fn import(&self, diags: &mut Diagnostics, id: String) -> Option<Made> {
        let (state, private) = self.handler().import(diags, id).await?;
        Some(made::<A>(diags, state, &private))
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::erased::unchanging::Unchanging;

    /// A state that is made of a value, and becomes one, in each call.
    #[derive(Serialize, Deserialize)]
    struct Lines {
        lines: Vec<String>,
    }

    /// How many allocations a read and the plan of an update take for a state of this many lines.
    fn allocations(resource: &dyn ErasedResource, lines: usize) -> u64 {
        let state = || Value::object([("lines", Value::list(vec!["a line"; lines]))]);
        let (read, prior, next, config) = (state(), state(), state(), state());
        let mut diags = Diagnostics::default();
        let mut kept = None;
        let counted = allocation_counter::measure(|| {
            let read = block_on(resource.read(&mut diags, read, &[], &Value::Null));
            let change = Change { prior, next, config };
            let planned = block_on(resource.plan_update(&mut diags, change, &[], &Value::Null));
            kept = read.zip(planned);
        });
        assert!(kept.is_some(), "{diags:?}");
        counted.count_total
    }

    #[test]
    fn a_value_passes_through_without_a_copy() {
        let of_values = OfValues(Unchanging::<Value>::new());
        // The first time, a thread sets up what it runs futures with.
        allocations(&of_values, 0);
        assert_eq!(allocations(&of_values, 1000), allocations(&of_values, 1));
        // As any other type does not.
        let typed = Typed(Unchanging::<Lines>::new());
        assert!(allocations(&typed, 1000) > allocations(&typed, 1) + 4 * 1000);
    }
}
