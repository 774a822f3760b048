//! The provider.

pub mod schema;
pub mod value;
