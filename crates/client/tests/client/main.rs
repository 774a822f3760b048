//! The client against real servers on loopback, each started by its test and scripted by it.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is the report of a test, and of what its server does"
)]

mod absence;
mod auth;
mod cluster;
mod create;
mod damaged;
mod kubeconfig;
mod kubectl;
mod log;
mod middle;
mod operations;
mod proxy;
mod retries;
mod secrecy;
mod server;
mod snapshot;
mod tls;
mod wait;
