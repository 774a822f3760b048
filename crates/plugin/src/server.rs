//! The server: what to serve, and how it starts and ends.

mod connection;
mod lifetime;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use tf_provider::{DataSource, Function, Provider, Resource};

use crate::command::{self, Command};
use crate::erased::{OfValues, Typed};
use crate::extension::{Action, EphemeralResource, Extensions, SchemaNotes};
use crate::handshake::{self, Greeting, NoGreeting};
use crate::listener::{Endpoint, Listener};
use crate::options::ServeOptions;
use crate::proto::get_provider_schema;
use crate::registry::{RegisteredDataSource, Registry};
use crate::service::{self, Service, State};
use crate::tls::{self, Tls};
use crate::value::Value;
use crate::{logging, panic};
use lifetime::{End, Lifetime};

/// A provider, ready to be served.
pub struct Server {
    registry: Registry,
    /// Encoded at build time.
    schema: Option<Bytes>,
}

/// Registers what a [`Server`] serves.
///
/// `tf_provider::Provider::get_resources`, `get_data_sources` and `get_functions` return objects that only tf-provider's own
/// server can drive, so that they are not called: register the same types here.
pub struct Builder {
    registry: Registry,
    schema: Option<Bytes>,
}

/// Why a provider is not served.
///
/// Its `Debug` form is for a user: it is what Rust prints when `main` returns it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The CLI that started the program cannot be served.
    #[error("cannot serve this CLI: {0}")]
    Unsupported(String),
    /// There is nowhere to listen.
    #[error("cannot listen for the CLI")]
    Listen(#[source] io::Error),
    /// TLS cannot be set up.
    #[error("cannot set up TLS with the CLI")]
    Tls(#[from] tls::Error),
    /// Signals cannot be handled.
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    /// stdout is closed.
    #[error("cannot write to stdout")]
    Stdout(#[source] io::Error),
}

impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Server {
    /// Begins with the provider itself.
    pub fn builder(provider: impl Provider) -> Builder {
        Builder {
            registry: Registry::new(Box::new(provider)),
            schema: None,
        }
    }

    /// What a CLI is told of the provider and all that is registered: the answer to `GetProviderSchema`.
    pub fn schema(&self) -> get_provider_schema::Response {
        service::schema_response(&self.registry)
    }

    /// Does what the program was started for: serves the CLI that started it until that has no further use for it, or deals
    /// with `-debug`, `--version`, `--help` and somebody who started it by hand.
    ///
    /// Call it in a multi-threaded tokio runtime and return the exit code from `main`. While it serves, stdout is the
    /// handshake's alone, SIGINT is ignored (the CLI passes Ctrl-C on as `StopProvider`), and SIGTERM ends it once running
    /// calls have finished.
    ///
    /// # Errors
    ///
    /// The CLI cannot be served, or the system denies what serving takes.
    pub async fn serve(self, options: ServeOptions) -> Result<ExitCode, ServeError> {
        let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
        match Command::from_args(std::env::args_os().skip(1)) {
            Command::Version => command::write_version(&mut stdout, &options).map_err(ServeError::Stdout)?,
            Command::Help => command::write_help(&mut stdout, &options).map_err(ServeError::Stdout)?,
            Command::Unknown(argument) => {
                let argument = argument.display();
                let name = &options.name;
                // With stderr closed, the exit code says it all.
                let _ = writeln!(stderr, "{name}: unknown argument {argument}. Try --help.");
                return Ok(ExitCode::from(2));
            }
            Command::Debug => self.serve_debugger(&options).await?,
            Command::Serve => match Greeting::read(|name| std::env::var(name).ok()) {
                Ok(greeting) => {
                    let served = self.serve_cli(&options, &greeting).await;
                    served.inspect_err(|error| tell_the_cli(&options, error))?;
                }
                Err(NoGreeting::ByHand) => {
                    // With stderr closed, the exit code says it all.
                    let _ = command::write_by_hand(&mut stderr, &options);
                    return Ok(ExitCode::FAILURE);
                }
                Err(reason) => {
                    let error = ServeError::Unsupported(reason.to_string());
                    tell_the_cli(&options, &error);
                    return Err(error);
                }
            },
        }
        Ok(ExitCode::SUCCESS)
    }

    #[cfg(test)]
    pub(crate) fn into_registry(self) -> Registry {
        self.registry
    }

    /// Serves the CLI that started the program. Whatever fails does so before the handshake.
    async fn serve_cli(self, options: &ServeOptions, greeting: &Greeting) -> Result<(), ServeError> {
        panic::install_hook();
        logging::install(options.provider());
        let lifetime = Lifetime::of_plugin().map_err(ServeError::Signals)?;
        let listener = Listener::bind().map_err(ServeError::Listen)?;
        let endpoint = listener.endpoint().map_err(ServeError::Listen)?;
        let tls = Tls::pinned_to(&greeting.client_certificate)?;
        handshake::answer(&mut io::stdout(), greeting, &endpoint, &tls.certificate).map_err(ServeError::Stdout)?;
        tracing::debug!(version = options.version, "serving {}", options.name);
        let state = Arc::new(State::new(self.registry, self.schema));
        run(listener, Some(tls), state, lifetime).await;
        Ok(())
    }

    /// Serves whoever may enter the socket's folder, without TLS: a CLI that attaches has no certificate.
    async fn serve_debugger(self, options: &ServeOptions) -> Result<(), ServeError> {
        panic::install_hook();
        logging::install(options.provider());
        let lifetime = Lifetime::of_program().map_err(ServeError::Signals)?;
        let listener = Listener::bind().map_err(ServeError::Listen)?;
        let endpoint = listener.endpoint().map_err(ServeError::Listen)?;
        let reattach = reattach(options, &endpoint);
        writeln!(
            io::stdout(),
            "{} is waiting for Terraform or OpenTofu. In another terminal, run either with

\tTF_REATTACH_PROVIDERS='{reattach}'

in the environment. End it here with Ctrl-C.",
            options.name
        )
        .map_err(ServeError::Stdout)?;
        let state = Arc::new(State::outliving_clients(self.registry, self.schema));
        run(listener, None, state, lifetime).await;
        Ok(())
    }
}

/// Puts why the CLI cannot be served where its handshake would stand: the CLI shows that line, and of stderr nothing.
fn tell_the_cli(options: &ServeOptions, error: &ServeError) {
    // With stdout closed, the exit code says it all.
    let _ = writeln!(io::stdout(), "{} {error:?}", options.name);
}

/// The value of `TF_REATTACH_PROVIDERS`. A source without a host is that of each CLI's own registry, so that one value is
/// good for both.
fn reattach(options: &ServeOptions, endpoint: &Endpoint) -> serde_json::Value {
    let Endpoint { network, address } = endpoint;
    let source = options.source.as_str();
    serde_json::json!({
        source: {
            "Protocol": "grpc",
            "ProtocolVersion": handshake::PROTOCOL,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": network, "String": address },
        }
    })
}

/// Serves until the lifetime ends, or the CLI says so, and then until running calls have finished.
async fn run(listener: Listener, tls: Option<Tls>, state: Arc<State>, mut lifetime: Lifetime) {
    let service = Service::new(Arc::clone(&state));
    let acceptor = tls.map(|tls| tls.acceptor);
    let served = async {
        connection::serve(&listener, acceptor, service, &state.shutdown).await;
        state.operations.finished().await;
    };
    tokio::pin!(served);
    let end = tokio::select! {
        () = served.as_mut() => return,
        () = state.shutdown.cancelled() => End::Asked,
        end = lifetime.ended() => end,
    };
    tracing::debug!(?end, "ending");
    // The calls that run are to save what they have, and return.
    state.operations.cancel();
    state.shutdown.cancel();
    tokio::select! {
        () = served => {}
        () = lifetime.patience(end) => tracing::warn!("calls are still running; ending all the same"),
    }
}

impl Builder {
    /// Registers a resource under its full type name, as in `example_thing`.
    #[must_use]
    pub fn resource(self, name: impl Into<String>, resource: impl Resource + 'static) -> Self {
        self.resource_with(name, resource, Extensions::new())
    }

    /// Registers a resource with what tf-provider's trait cannot say.
    #[must_use]
    pub fn resource_with(
        mut self,
        name: impl Into<String>,
        resource: impl Resource + 'static,
        extensions: Extensions,
    ) -> Self {
        self.registry
            .insert_resource(name.into(), Box::new(Typed(resource)), extensions);
        self
    }

    /// Like [`resource_with`](Self::resource_with), for a resource whose state is a [`Value`]: it is passed on as it is, where any
    /// other type is made of the value, and a value of it, in each call.
    #[must_use]
    pub fn resource_of_values<R>(mut self, name: impl Into<String>, resource: R, extensions: Extensions) -> Self
    where
        R: for<'a> Resource<State<'a> = Value> + 'static,
    {
        self.registry
            .insert_resource(name.into(), Box::new(OfValues(resource)), extensions);
        self
    }

    /// Registers a data source under its full type name, as in `example_thing`.
    #[must_use]
    pub fn data_source(self, name: impl Into<String>, data_source: impl DataSource + 'static) -> Self {
        self.data_source_with(name, data_source, SchemaNotes::new())
    }

    /// Registers a data source with notes on its schema.
    #[must_use]
    pub fn data_source_with(
        mut self,
        name: impl Into<String>,
        data_source: impl DataSource + 'static,
        notes: SchemaNotes,
    ) -> Self {
        let data_source = Box::new(Typed(data_source));
        let registered = RegisteredDataSource { data_source, notes };
        self.registry.data_sources.insert(name.into(), registered);
        self
    }

    /// Like [`data_source`](Self::data_source), for a data source whose state is a [`Value`]: it is passed on as it is.
    #[must_use]
    pub fn data_source_of_values<D>(mut self, name: impl Into<String>, data_source: D) -> Self
    where
        D: for<'a> DataSource<State<'a> = Value> + 'static,
    {
        let data_source = Box::new(OfValues(data_source));
        let notes = SchemaNotes::new();
        let registered = RegisteredDataSource { data_source, notes };
        self.registry.data_sources.insert(name.into(), registered);
        self
    }

    /// Registers a function under its name, as in `parse_id` for `provider::example::parse_id`.
    #[must_use]
    pub fn function(mut self, name: impl Into<String>, function: impl Function + 'static) -> Self {
        self.registry.functions.insert(name.into(), Box::new(function));
        self
    }

    /// Registers an ephemeral resource under its full type name, as in `example_key`.
    #[must_use]
    pub fn ephemeral_resource(mut self, name: impl Into<String>, resource: impl EphemeralResource + 'static) -> Self {
        self.registry
            .ephemeral_resources
            .insert(name.into(), Box::new(resource));
        self
    }

    /// Registers an action under its full type name, as in `example_restart`.
    #[must_use]
    pub fn action(mut self, name: impl Into<String>, action: impl Action + 'static) -> Self {
        self.registry.actions.insert(name.into(), Box::new(action));
        self
    }

    /// Adds notes on the schema of the provider's own configuration.
    #[must_use]
    pub fn provider_notes(mut self, notes: SchemaNotes) -> Self {
        self.registry.provider.notes = notes;
        self
    }

    /// Answers a call for the schema with these bytes: [`Server::schema`], encoded at build time. Nothing is computed for the answer
    /// then. Hold the bytes against [`Server::schema`] in a test.
    #[must_use]
    pub fn encoded_schema(mut self, schema: &'static [u8]) -> Self {
        self.schema = Some(Bytes::from_static(schema));
        self
    }

    /// The server.
    pub fn build(self) -> Server {
        Server {
            registry: self.registry,
            schema: self.schema,
        }
    }

    /// Builds the server and serves it: [`Server::serve`].
    ///
    /// # Errors
    ///
    /// As for [`Server::serve`].
    pub async fn serve(self, options: ServeOptions) -> Result<ExitCode, ServeError> {
        self.build().serve(options).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.fmt(f)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_reattaches_both_clis() {
        let options = ServeOptions {
            name: "terraform-provider-example".to_owned(),
            version: "1.2.3".to_owned(),
            source: "acme/example".to_owned(),
            commands: Vec::new(),
        };
        let endpoint = Endpoint {
            network: "unix",
            address: "/run/socket".to_owned(),
        };
        let mut reattach = reattach(&options, &endpoint);
        assert!(reattach["acme/example"]["Pid"].take().is_u64());
        expect_test::expect![[r#"
            {
              "acme/example": {
                "Addr": {
                  "Network": "unix",
                  "String": "/run/socket"
                },
                "Pid": null,
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Test": true
              }
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&reattach).unwrap());
        assert_eq!(options.provider(), "example");
    }
}
