//! The control plane as clients see it, over real connections.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise; clippy's exception covers only functions marked as tests"
)]

mod access;
mod client;
mod conformance;
mod deletions;
mod discovery;
mod faults;
mod kubectl;
mod lists;
mod matching;
mod process;
mod recording;
mod size;
mod trust;
mod watches;
mod writes;
