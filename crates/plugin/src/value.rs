//! Terraform's values: null, unknown, and everything known.
//!
//! [`Value`] holds any value of any [`Type`] exactly. It is what a provider works with when its attributes are data rather
//! than Rust fields: `type State<'a> = Value` in tf-provider's traits passes the value through as it came. Where the
//! attributes are Rust fields, the server converts with [`from_value`] and [`to_value`], which know the types of
//! `tf_provider::value`.

mod any;
mod bridge;
mod depth;
mod error;
pub mod json;
pub mod msgpack;
mod number;
mod secret;
mod types;

pub use any::Value;
pub(crate) use bridge::borrowed;
pub use bridge::{from_value, to_value};
pub use error::Error;
pub use number::{Number, ParseNumberError};
pub use secret::Secret;
pub use types::Type;
