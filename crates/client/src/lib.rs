//! How to talk to the API of a Datum control plane about Workloads.
//!
//! It knows Kubernetes' API and Datum's ways to log in to it. It knows nothing of Terraform, reads no environment
//! variable, prints nothing, and installs nothing global: a program installs rustls' default crypto provider before it
//! connects.
//!
//! # A tour
//!
//! **Configuration.** A [`Config`] is a plain tree: a [`Target`](config::Target) (a project below an endpoint, a
//! kubeconfig, a host, the cluster one runs in), an [`Auth`](config::Auth) (token, token file, client certificate, exec
//! plugin, service-account key), TLS, proxy and retries. [`Client::connect`] reads the files that it names, and a
//! [`ConfigError`] says which [`Setting`](config::Setting) cannot work. Nothing is sent yet.
//!
//! ```no_run
//! use datum_client::config::{Auth, Config, Target, endpoint};
//! use datum_client::{ApplyOptions, Client};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let target = Target::Project { endpoint: endpoint::DATUM.to_owned(), project: "myproject".parse()? };
//! let auth = Auth::Token("from somewhere safe".into());
//! let client = Client::connect(Config { auth: Some(auth), ..Config::new(target) }).await?;
//!
//! let id = "project-myproject/web-app".parse()?;
//! let body = serde_json::json!({ "spec": { "template": { "spec": {
//!     "containers": [{ "name": "nginx", "image": "nginx:1.25" }],
//! } } } });
//! let applied = client.apply(&id, &body, ApplyOptions::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Operations.** [`get`](Client::get), [`apply`](Client::apply) (server-side apply), [`delete`](Client::delete),
//! [`list`](Client::list), [`events`](Client::events). Objects stay JSON ([`Object`]): nothing that the API sends is lost,
//! and nothing that it sends can fail to parse. [`create`](Client::create) makes what does not exist, and knows it again when
//! the answer is lost. [`Client::within`] and [`Client::cancelled_by`] bound what an operation
//! may take, its repeats included; only what is safe to repeat is repeated.
//!
//! **Errors.** Every failure is an [`Error`]: what was attempted on what, and one of a few [`error::Kind`]s, told apart by
//! predicates. Whoever asks [`Error::is_not_found`] is never told so because of a mistyped namespace that the server knows
//! nothing of, a project that does not exist, or an API that is not served.
//!
//! **Waiting.** [`Client::wait`] follows an object until it is as a [`wait::Until`] says or is known never to become so,
//! [`Client::wait_deleted`] until it is gone. All waits in a namespace share one watch, which is resumed whatever happens
//! to it. The judgement is pure; [`wait::terminal`] has the reasons that end a wait early.
//!
//! ```no_run
//! # use datum_client::{Applied, Client, wait::Until};
//! # use std::time::{Duration, Instant};
//! # async fn run(client: Client, id: datum_model::WorkloadId, applied: Applied) {
//! let until = Until { rollout: true, ..Until::since(&applied.object, None) };
//! let uid = applied.object.uid().unwrap_or_default();
//! let deadline = Instant::now() + Duration::from_secs(600);
//! let outcome = client.wait(&id, uid, until, deadline, Default::default(), &|_| {}).await;
//! if !outcome.is_met() {
//!     eprintln!("{:?} after {:?}: {}", outcome.result, outcome.elapsed, outcome.missing.join("; "));
//! }
//! # }
//! ```
//!
//! **Refreshing.** A [`Snapshot`] reads one Workload as one GET, and a thousand with a GET and a LIST; [`snapshot`] says
//! how stale an answer can be.
//!
//! **Secrets.** Tokens, keys, passwords, arguments of exec plugins and manifests are in no `Debug`, no error and no log.
//!
//! # Code map
//!
//! From below: `connection` and `excerpt` know what a failure looks like; `config` has the settings, `credential` says who asks, and
//! `error` what can go wrong. `answer` is the only module that looks at status codes and server messages. `transport` sends one
//! request: with credentials that are renewed once when they are refused, repeats, deadlines; `connect` builds it from a
//! configuration. `requests` are those about Workloads. `hub` has the shared watches and `refreshes` the shared lists. `client` holds
//! all of it and has the operations; `create`, `wait`, `snapshot`, `pages`, `restart` and `scale` are built on them.

mod answer;
mod client;
pub mod config;
mod connect;
mod connection;
mod create;
mod credential;
pub mod error;
mod event;
mod excerpt;
mod hub;
mod object;
mod observation;
mod options;
mod pages;
pub mod provisional_manager;
mod refreshes;
mod requests;
mod restart;
mod scale;
pub mod snapshot;
mod transport;
pub mod wait;
mod warning;
mod watch;
mod yaml;

pub use client::Client;
pub use config::{Config, ConfigError};
pub use create::Creation;
pub use credential::service_account::Key as ServiceAccountKey;
pub use credential::{AccessToken, CredentialError};
pub use error::Error;
pub use event::Event;
pub use object::Object;
pub use options::{Applied, ApplyOptions, DeleteOptions, Deleted, ListOptions, Propagation};
pub use pages::{Page, Pages};
pub use snapshot::Snapshot;
