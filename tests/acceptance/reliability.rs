//! What is promised of the provider's reliability in `docs/reliability.md`, and shown there with its numbers.

mod faults;
mod kill;
mod report;
mod soak;
mod state;
