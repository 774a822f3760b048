//! The provider.

pub mod schema;
