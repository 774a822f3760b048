//! The example provider, driven over the protocol by a client of its own: what a CLI would see, and what it never should.
#![expect(clippy::unwrap_used, reason = "a panic is a test's report")]
#![expect(clippy::large_futures, reason = "a test has one, and no need to hurry")]
#![expect(clippy::unnecessary_wraps, reason = "messages have their fields optional")]

mod action;
mod certificate;
mod cli;
mod client;
mod data;
mod debug;
mod ephemeral;
mod extensions;
mod function;
mod interruption;
mod logs;
mod plugin;
mod recorded;
mod resource;
mod schema;
mod security;
mod startup;
mod unsupported;
