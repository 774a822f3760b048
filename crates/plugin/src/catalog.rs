//! What the provider offers, with every schema computed once.

use std::collections::BTreeMap;
use std::fmt;

use tf_provider::Diagnostics;
use tf_provider::schema::{FunctionSchema, Schema};

use crate::diagnostic;
use crate::erased::data_source::ErasedDataSource;
use crate::erased::function::ErasedFunction;
use crate::erased::provider::ErasedProvider;
use crate::erased::resource::ErasedResource;
use crate::extension::{Action, EphemeralResource, Extensions, IdentitySchema, SchemaNotes};
use crate::panic::caught_at_once;
use crate::value::Type;

/// The provider and everything registered with it.
pub(crate) struct Registry {
    pub(crate) provider: Box<dyn ErasedProvider>,
    pub(crate) provider_notes: SchemaNotes,
    pub(crate) resources: BTreeMap<String, (Box<dyn ErasedResource>, Extensions)>,
    pub(crate) data_sources: BTreeMap<String, (Box<dyn ErasedDataSource>, SchemaNotes)>,
    pub(crate) functions: BTreeMap<String, Box<dyn ErasedFunction>>,
    pub(crate) ephemeral_resources: BTreeMap<String, Box<dyn EphemeralResource>>,
    pub(crate) actions: BTreeMap<String, Box<dyn Action>>,
}

/// By name: the handlers themselves have nothing to show.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("resources", &self.resources.keys())
            .field("data_sources", &self.data_sources.keys())
            .field("functions", &self.functions.keys())
            .field("ephemeral_resources", &self.ephemeral_resources.keys())
            .field("actions", &self.actions.keys())
            .finish_non_exhaustive()
    }
}

/// The schemas of a [`Registry`] and the types that follow from them.
pub(crate) struct Catalog {
    /// What went wrong with the schemas.
    pub(crate) diags: Diagnostics,
    pub(crate) provider: Described,
    pub(crate) meta: Described,
    pub(crate) resources: BTreeMap<String, DescribedResource>,
    pub(crate) data_sources: BTreeMap<String, Described>,
    pub(crate) functions: BTreeMap<String, FunctionSchema>,
    pub(crate) ephemeral_resources: BTreeMap<String, Described>,
    pub(crate) actions: BTreeMap<String, Described>,
}

/// A schema and its type.
pub(crate) struct Described {
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
}

/// A resource's schemas and their types.
pub(crate) struct DescribedResource {
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
    pub(crate) identity: Option<(IdentitySchema, Type)>,
    pub(crate) list: Option<Described>,
}

impl Described {
    fn new(schema: Schema) -> Self {
        Self {
            ty: Type::of_block(&schema.block),
            schema,
        }
    }

    /// No schema, where computing it failed.
    fn absent() -> Self {
        Self::new(Schema {
            version: 0,
            block: tf_provider::schema::Block::default(),
        })
    }
}

impl Catalog {
    pub(crate) fn new(registry: &Registry) -> Self {
        let mut diags = Diagnostics::default();
        let provider = described(&mut diags, "the provider", &registry.provider_notes, |diags| {
            registry.provider.schema(diags)
        });
        let meta = described(&mut diags, "the provider's metadata", &SchemaNotes::new(), |diags| {
            registry.provider.meta_schema(diags)
        });
        let mut resources = BTreeMap::new();
        for (name, (resource, extensions)) in &registry.resources {
            let Some(described) = described(&mut diags, name, &extensions.notes, |diags| resource.schema(diags)) else {
                continue;
            };
            let list = extensions.list.as_ref().and_then(|list| {
                let what = format!("listing {name}");
                self::described(&mut diags, &what, &SchemaNotes::new(), |diags| list.schema(diags))
            });
            let identity = extensions.identity.as_ref().and_then(|identity| {
                let what = format!("the identity of {name}");
                let schema = computed(&mut diags, &what, |_| Some(identity.schema()))?;
                let ty = schema.ty();
                Some((schema, ty))
            });
            let described = DescribedResource {
                schema: described.schema,
                ty: described.ty,
                identity,
                list,
            };
            resources.insert(name.clone(), described);
        }
        let mut data_sources = BTreeMap::new();
        for (name, (data_source, notes)) in &registry.data_sources {
            if let Some(described) = described(&mut diags, name, notes, |diags| data_source.schema(diags)) {
                data_sources.insert(name.clone(), described);
            }
        }
        let mut functions = BTreeMap::new();
        for (name, function) in &registry.functions {
            if let Some(schema) = computed(&mut diags, &format!("function {name}"), |diags| function.schema(diags)) {
                functions.insert(name.clone(), schema);
            }
        }
        let no_notes = SchemaNotes::new();
        let ephemeral_resources = registry.ephemeral_resources.iter().filter_map(|(name, resource)| {
            let described = described(&mut diags, name, &no_notes, |diags| resource.schema(diags))?;
            Some((name.clone(), described))
        });
        let ephemeral_resources = ephemeral_resources.collect();
        let actions = registry.actions.iter().filter_map(|(name, action)| {
            let described = described(&mut diags, name, &no_notes, |diags| action.schema(diags))?;
            Some((name.clone(), described))
        });
        let actions = actions.collect();
        Self {
            provider: provider.unwrap_or_else(Described::absent),
            meta: meta.unwrap_or_else(Described::absent),
            resources,
            data_sources,
            functions,
            ephemeral_resources,
            actions,
            diags,
        }
    }
}

/// The schema that `compute` returns; `None`, with an error, when there is none.
fn computed<S>(diags: &mut Diagnostics, what: &str, compute: impl FnOnce(&mut Diagnostics) -> Option<S>) -> Option<S> {
    let errors = diags.errors.len();
    let schema = match caught_at_once(|| compute(diags)) {
        Ok(schema) => schema,
        Err(panic) => {
            diags.add_error(diagnostic::panicked(&format!("describing {what}"), &panic));
            None
        }
    };
    if schema.is_none() && diags.errors.len() == errors {
        diags.add_error(diagnostic::unexplained(&format!("describing {what}")));
    }
    // With an error of its own, what it returned is to be ignored.
    schema.filter(|_| diags.errors.len() == errors)
}

fn described(
    diags: &mut Diagnostics,
    what: &str,
    notes: &SchemaNotes,
    compute: impl FnOnce(&mut Diagnostics) -> Option<Schema>,
) -> Option<Described> {
    let schema = computed(diags, what, compute)?;
    for path in notes.astray(&schema.block) {
        diags.add_error(diagnostic::general(
            format!("Failed describing {what}"),
            format!(
                "A note is about {path:?}, which the schema does not have.\n\nThis is a bug in the provider, which should be \
                 reported to its developers."
            ),
        ));
    }
    Some(Described::new(schema))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tf_provider::schema::Block;
    use tf_provider::value::ValueEmpty;
    use tf_provider::{DataSource, Provider};

    use super::*;
    use crate::Server;

    struct Empty;

    #[async_trait]
    impl Provider for Empty {
        type Config<'a> = ValueEmpty;
        type MetaState<'a> = ValueEmpty;

        fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
            Some(Schema {
                version: 0,
                block: Block::default(),
            })
        }
    }

    /// A data source whose schema goes wrong in some way.
    struct Broken(fn(&mut Diagnostics) -> Option<Schema>);

    #[async_trait]
    impl DataSource for Broken {
        type State<'a> = ValueEmpty;
        type ProviderMetaState<'a> = ValueEmpty;

        fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
            self.0(diags)
        }

        async fn read<'a>(&self, _: &mut Diagnostics, _: ValueEmpty, _: ValueEmpty) -> Option<ValueEmpty> {
            None
        }
    }

    #[test]
    fn what_cannot_be_described_is_left_out_and_reported() {
        let working = Broken(|diags| Provider::schema(&Empty, diags));
        let failing = Broken(|diags| {
            diags.add_error(diagnostic::general("There is no schema today", ""));
            Provider::schema(&Empty, diags)
        });
        let registry = Server::builder(Empty)
            .data_source("failing", failing)
            .data_source("panicking", Broken(|_| panic!("no schema")))
            .data_source("silent", Broken(|_| None))
            .data_source_with("working", working, SchemaNotes::new().write_only("nothing"))
            .build()
            .into_registry();
        let catalog = Catalog::new(&registry);
        let names: Vec<_> = catalog.data_sources.keys().collect();
        assert_eq!(names, ["working"]);
        let summaries: Vec<_> = catalog.diags.errors.iter().map(|error| &*error.summary).collect();
        assert_eq!(
            summaries,
            [
                "There is no schema today",
                "The provider crashed describing panicking",
                "Failed describing silent",
                "Failed describing working",
            ]
        );
    }
}
