//! The local control plane: the Kubernetes API for Workloads in one process, and a simulator that makes them run.
//!
//! From the wire inwards:
//! - [`command`] is the command line, [`server`] the HTTP server: connections, TLS, faults, authentication, dispatch.
//! - [`registry`] is what the API does, without HTTP; [`store`] is where objects are, with their versions and history.
//! - [`admission`], [`apply`] and [`patch`] are pure functions on objects: defaults, validation, ownership.
//! - [`discovery`], [`openapi`], [`definition`] and [`printer`] describe the API and its objects to clients.
//! - [`auth`], [`identity`] and [`kubeconfig`] say who may come in; [`faults`] and [`request_log`] serve tests of clients.
//! - [`simulator`] is a client like any other: nothing here knows it.

pub mod admission;
pub mod apply;
pub mod auth;
pub mod command;
pub mod conversion;
pub mod core_schema;
pub mod definition;
pub mod discovery;
pub mod faults;
mod go;
pub mod identity;
pub mod kubeconfig;
mod number;
pub mod openapi;
pub mod patch;
pub mod printer;
mod private;
pub mod project;
pub mod registry;
pub mod request_log;
pub mod resource;
pub mod selector;
pub mod server;
pub mod simulator;
pub mod status;
pub mod store;
mod time;
