//! A resource whose attributes are Rust fields.

use std::borrow::Cow;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::AttributeConstraint::{Computed, Optional, Required};
use tf_provider::schema::{Attribute, AttributeType, Block, Schema};
use tf_provider::value::{Value as Field, ValueEmpty, ValueList, ValueNumber, ValueString};
use tf_provider::{AttributePath, Diagnostics, Resource, map};

/// A note that nobody reads.
pub(crate) struct Note;

/// Its attributes.
#[derive(Serialize, Deserialize)]
pub(crate) struct State<'a> {
    #[serde(borrow = "'a")]
    id: ValueString<'a>,
    #[serde(borrow = "'a")]
    text: ValueString<'a>,
    priority: ValueNumber,
    share: Field<f64>,
    #[serde(borrow = "'a")]
    lines: ValueList<ValueString<'a>>,
}

/// What is kept beside the state.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Private {
    #[serde(default)]
    revisions: u64,
}

#[async_trait]
impl Resource for Note {
    type State<'a> = State<'a>;
    type PrivateState<'a> = Private;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let attribute = |attr_type, constraint| Attribute {
            attr_type,
            constraint,
            ..Attribute::default()
        };
        Some(Schema {
            version: 0,
            block: Block {
                attributes: map! {
                    "id" => attribute(AttributeType::String, Computed),
                    "text" => attribute(AttributeType::String, Required),
                    "priority" => attribute(AttributeType::Number, Optional),
                    "share" => attribute(AttributeType::Number, Optional),
                    "lines" => attribute(AttributeType::List(AttributeType::String.into()), Computed),
                },
                ..Block::default()
            },
        })
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: State<'a>,
        private: Private,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Private)> {
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        mut proposed: State<'a>,
        _: State<'a>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Private)> {
        proposed.id = Field::Unknown;
        proposed.lines = Field::Unknown;
        Some((proposed, Private::default()))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        prior: State<'a>,
        mut proposed: State<'a>,
        _: State<'a>,
        private: Private,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Private, Vec<AttributePath>)> {
        if proposed.text != prior.text {
            proposed.lines = Field::Unknown;
        }
        Some((proposed, private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        private: Private,
        _: ValueEmpty,
    ) -> Option<Private> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        _: &mut Diagnostics,
        mut planned: State<'a>,
        _: State<'a>,
        _: Private,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Private)> {
        planned.id = Field::Value("note".into());
        planned.lines = lines(&planned.text);
        Some((planned, Private { revisions: 1 }))
    }

    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        mut planned: State<'a>,
        _: State<'a>,
        private: Private,
        _: ValueEmpty,
    ) -> Option<(State<'a>, Private)> {
        planned.lines = lines(&planned.text);
        let revisions = private.revisions + 1;
        Some((planned, Private { revisions }))
    }

    async fn destroy<'a>(&self, _: &mut Diagnostics, _: State<'a>, _: Private, _: ValueEmpty) -> Option<()> {
        Some(())
    }
}

fn lines<'a>(text: &ValueString<'_>) -> ValueList<ValueString<'a>> {
    let lines = |text: &Cow<'_, str>| text.lines().map(|line| Field::Value(line.to_owned().into())).collect();
    text.as_ref().map(lines)
}
