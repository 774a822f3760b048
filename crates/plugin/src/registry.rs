//! What is registered with a server. Each schema is computed when a call first needs it, and then kept: a CLI starts a provider
//! for a few calls only, of which most need one schema or none.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use tf_provider::Diagnostics;
use tf_provider::schema::{Block, FunctionSchema, Schema};

use crate::diagnostic;
use crate::erased::data_source::ErasedDataSource;
use crate::erased::function::ErasedFunction;
use crate::erased::provider::ErasedProvider;
use crate::erased::resource::ErasedResource;
use crate::extension::{Action, EphemeralResource, Extensions, IdentitySchema, List, SchemaNotes};
use crate::panic::caught_at_once;
use crate::value::Type;

/// The provider and everything registered with it.
pub(crate) struct Registry {
    pub(crate) provider: RegisteredProvider,
    pub(crate) resources: Entries<RegisteredResource>,
    /// The lists of resources, by the names of the resources.
    pub(crate) lists: Entries<Box<dyn List>>,
    pub(crate) data_sources: Entries<RegisteredDataSource>,
    pub(crate) functions: Entries<Box<dyn ErasedFunction>>,
    pub(crate) ephemeral_resources: Entries<Box<dyn EphemeralResource>>,
    pub(crate) actions: Entries<Box<dyn Action>>,
}

impl Registry {
    pub(crate) fn new(provider: Box<dyn ErasedProvider>) -> Self {
        Self {
            provider: RegisteredProvider {
                provider,
                notes: SchemaNotes::new(),
                described: OnceLock::new(),
            },
            resources: Entries::default(),
            lists: Entries::default(),
            data_sources: Entries::default(),
            functions: Entries::default(),
            ephemeral_resources: Entries::default(),
            actions: Entries::default(),
        }
    }

    pub(crate) fn insert_resource(
        &mut self,
        name: String,
        resource: Box<dyn ErasedResource>,
        mut extensions: Extensions,
    ) {
        if let Some(list) = extensions.list.take() {
            self.lists.insert(name.clone(), list);
        }
        self.resources.insert(name, RegisteredResource { resource, extensions });
    }

    /// What is wrong with the schemas. This computes all of them.
    pub(crate) fn faults(&self) -> Diagnostics {
        let (_, of_provider) = self.provider.described();
        let all = std::iter::once(of_provider)
            .chain(self.resources.each_faults())
            .chain(self.lists.each_faults())
            .chain(self.data_sources.each_faults())
            .chain(self.functions.each_faults())
            .chain(self.ephemeral_resources.each_faults())
            .chain(self.actions.each_faults());
        joined(all)
    }
}

fn joined<'d>(all: impl Iterator<Item = &'d Diagnostics>) -> Diagnostics {
    let mut joined = Diagnostics::default();
    for more in all {
        joined.errors.extend(more.errors.iter().cloned());
        joined.warnings.extend(more.warnings.iter().cloned());
    }
    joined
}

/// By name: the handlers themselves have nothing to show.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("resources", &self.resources)
            .field("lists", &self.lists)
            .field("data_sources", &self.data_sources)
            .field("functions", &self.functions)
            .field("ephemeral_resources", &self.ephemeral_resources)
            .field("actions", &self.actions)
            .finish_non_exhaustive()
    }
}

/// A handler that can be described.
pub(crate) trait Describe {
    type Description;

    /// The description; `None`, with an error, where there is none.
    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<Self::Description>;
}

/// A handler, with its description once that is needed.
struct Registered<H: Describe> {
    handler: H,
    described: OnceLock<(Option<H::Description>, Diagnostics)>,
}

impl<H: Describe> Registered<H> {
    fn new(handler: H) -> Self {
        Self {
            handler,
            described: OnceLock::new(),
        }
    }

    /// The description under its name, and what is wrong with it.
    fn described(&self, name: &str) -> &(Option<H::Description>, Diagnostics) {
        self.described.get_or_init(|| {
            let mut diags = Diagnostics::default();
            (self.handler.describe(name, &mut diags), diags)
        })
    }
}

/// The handlers of one kind, by name. One without a description is as good as not registered.
pub(crate) struct Entries<H: Describe>(BTreeMap<String, Registered<H>>);

impl<H: Describe> Entries<H> {
    pub(crate) fn insert(&mut self, name: String, handler: H) {
        self.0.insert(name, Registered::new(handler));
    }

    pub(crate) fn get(&self, name: &str) -> Option<(&H, &H::Description)> {
        let registered = self.0.get(name)?;
        let (description, _) = registered.described(name);
        Some((&registered.handler, description.as_ref()?))
    }

    /// Every handler, in the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &H, &H::Description)> {
        self.0.iter().filter_map(|(name, registered)| {
            let (description, _) = registered.described(name);
            Some((name, &registered.handler, description.as_ref()?))
        })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.iter().map(|(name, ..)| name)
    }

    /// What is wrong with the descriptions. This computes those of this kind, and no other.
    pub(crate) fn faults(&self) -> Diagnostics {
        joined(self.each_faults())
    }

    fn each_faults(&self) -> impl Iterator<Item = &Diagnostics> {
        self.0.iter().map(|(name, registered)| &registered.described(name).1)
    }
}

impl<H: Describe> Default for Entries<H> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<H: Describe> fmt::Debug for Entries<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A schema and its type.
pub(crate) struct Described {
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
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
            block: Block::default(),
        })
    }
}

/// The provider, with what tf-provider's trait cannot say.
pub(crate) struct RegisteredProvider {
    pub(crate) provider: Box<dyn ErasedProvider>,
    pub(crate) notes: SchemaNotes,
    described: OnceLock<(DescribedProvider, Diagnostics)>,
}

/// The provider's schemas, which are empty where they cannot be computed.
pub(crate) struct DescribedProvider {
    /// Of its own configuration.
    pub(crate) config: Described,
    /// Of what modules may tell it.
    pub(crate) meta: Described,
}

impl RegisteredProvider {
    pub(crate) fn description(&self) -> &DescribedProvider {
        &self.described().0
    }

    /// The description, and what is wrong with it.
    fn described(&self) -> &(DescribedProvider, Diagnostics) {
        self.described.get_or_init(|| {
            let mut diags = Diagnostics::default();
            let config = described(&mut diags, "the provider", &self.notes, |diags| {
                self.provider.schema(diags)
            });
            let meta = described(&mut diags, "the provider's metadata", &SchemaNotes::new(), |diags| {
                self.provider.meta_schema(diags)
            });
            let description = DescribedProvider {
                config: config.unwrap_or_else(Described::absent),
                meta: meta.unwrap_or_else(Described::absent),
            };
            (description, diags)
        })
    }
}

/// A resource, with what tf-provider's trait cannot say.
pub(crate) struct RegisteredResource {
    pub(crate) resource: Box<dyn ErasedResource>,
    pub(crate) extensions: Extensions,
}

/// A resource's schemas and their types.
pub(crate) struct DescribedResource {
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
    pub(crate) identity: Option<(IdentitySchema, Type)>,
}

impl Describe for RegisteredResource {
    type Description = DescribedResource;

    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<DescribedResource> {
        let extensions = &self.extensions;
        let Described { schema, ty } = described(diags, name, &extensions.notes, |diags| self.resource.schema(diags))?;
        let identity = extensions.identity.as_ref().and_then(|identity| {
            let what = format!("the identity of {name}");
            let schema = computed(diags, &what, |_| Some(identity.schema()))?;
            let ty = schema.ty();
            Some((schema, ty))
        });
        Some(DescribedResource { schema, ty, identity })
    }
}

impl Describe for Box<dyn List> {
    type Description = Described;

    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<Described> {
        let what = format!("listing {name}");
        described(diags, &what, &SchemaNotes::new(), |diags| self.schema(diags))
    }
}

/// A data source, with what tf-provider's trait cannot say.
pub(crate) struct RegisteredDataSource {
    pub(crate) data_source: Box<dyn ErasedDataSource>,
    pub(crate) notes: SchemaNotes,
}

impl Describe for RegisteredDataSource {
    type Description = Described;

    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<Described> {
        described(diags, name, &self.notes, |diags| self.data_source.schema(diags))
    }
}

impl Describe for Box<dyn ErasedFunction> {
    type Description = FunctionSchema;

    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<FunctionSchema> {
        computed(diags, &format!("function {name}"), |diags| self.schema(diags))
    }
}

impl Describe for Box<dyn EphemeralResource> {
    type Description = Described;

    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<Described> {
        described(diags, name, &SchemaNotes::new(), |diags| self.schema(diags))
    }
}

impl Describe for Box<dyn Action> {
    type Description = Described;

    fn describe(&self, name: &str, diags: &mut Diagnostics) -> Option<Described> {
        described(diags, name, &SchemaNotes::new(), |diags| self.schema(diags))
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
    use tf_provider::DataSource;
    use tf_provider::value::ValueEmpty;

    use super::*;
    use crate::Server;
    use crate::erased::unchanging::{Unchanging, empty};

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
        let working = Broken(|_| Some(empty()));
        let failing = Broken(|diags| {
            diags.add_error(diagnostic::general("There is no schema today", ""));
            Some(empty())
        });
        let registry = Server::builder(Unchanging::<()>::new())
            .data_source("failing", failing)
            .data_source("panicking", Broken(|_| panic!("no schema")))
            .data_source("silent", Broken(|_| None))
            .data_source_with("working", working, SchemaNotes::new().write_only("nothing"))
            .build()
            .into_registry();
        let names: Vec<_> = registry.data_sources.names().collect();
        assert_eq!(names, ["working"]);
        let faults = registry.faults();
        let summaries: Vec<_> = faults.errors.iter().map(|error| &*error.summary).collect();
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
