//! Serves tf-provider traits over the plugin protocol.

mod catalog;
mod command;
mod diagnostic;
mod erased;
pub mod extension;
mod from_proto;
mod handshake;
mod listener;
mod logging;
pub mod operation;
mod panic;
pub mod proto;
mod server;
mod service;
pub mod tls;
mod to_proto;
pub mod value;

pub use server::{Builder, ServeError, ServeOptions, Server};
