//! What users do with the provider, under every CLI found, against a real API.
//!
//! Each test is a sentence about behaviour; each step that changes something ends in an empty plan.

mod access_token;
mod actions;
mod admission;
mod configuration;
mod conflicts;
mod creation;
mod data_sources;
mod demo;
mod documentation;
mod drift;
mod every_attribute;
mod faults;
mod import;
mod interrupt;
mod lifecycle;
mod manifest;
mod messages;
mod names;
mod permissions;
mod plan;
mod query;
mod reliability;
mod requests;
mod sharing;
mod sharing_table;
mod specification;
mod terraform_language;
mod upgrade;
mod wait;
