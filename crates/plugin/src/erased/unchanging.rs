//! A provider and a resource for tests, which change nothing and have no attributes.

use std::marker::PhantomData;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Block, Schema};
use tf_provider::value::ValueEmpty;
use tf_provider::{AttributePath, Diagnostics, Provider, Resource};

/// Its states are of the type `S`.
pub(crate) struct Unchanging<S>(PhantomData<S>);

impl<S> Unchanging<S> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

/// The schema without attributes.
pub(crate) fn empty() -> Schema {
    Schema {
        version: 0,
        block: Block::default(),
    }
}

#[async_trait]
impl<S: Send + Sync + 'static> Provider for Unchanging<S> {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(empty())
    }
}

#[async_trait]
impl<S: Serialize + for<'a> Deserialize<'a> + Send + Sync> Resource for Unchanging<S> {
    type State<'a> = S;
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(empty())
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: S,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(S, ValueEmpty)> {
        Some((state, private))
    }

    async fn plan_create<'a>(&self, _: &mut Diagnostics, proposed: S, _: S, _: ValueEmpty) -> Option<(S, ValueEmpty)> {
        Some((proposed, ValueEmpty::Null))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        _: S,
        proposed: S,
        _: S,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(S, ValueEmpty, Vec<AttributePath>)> {
        Some((proposed, private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: S,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        _: &mut Diagnostics,
        planned: S,
        _: S,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(S, ValueEmpty)> {
        Some((planned, private))
    }

    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: S,
        planned: S,
        _: S,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(S, ValueEmpty)> {
        Some((planned, private))
    }

    async fn destroy<'a>(&self, _: &mut Diagnostics, _: S, _: ValueEmpty, _: ValueEmpty) -> Option<()> {
        Some(())
    }
}
