//! Manifests: YAML and JSON as kubectl reads them, in the shape of the resource, and back.
//!
//! - [`decode`] reads one manifest, [`encode`] writes one; the functions of the same names are thin around them.
//! - [`convert`] makes HCL of manifests, [`tidy`] shortens HCL that a CLI generated; [`command`] is both for a shell.
//!
//! kubectl reads YAML 1.1, where `0400` is octal and `no` is a Boolean. What a value means is decided once, in `scalar`, and
//! whether it is of its field's type in `shape`: the value is right, or there is a fault with its line, its path and what
//! to do. Nothing is converted in silence.

pub mod command;
mod convert;
mod decode;
mod encode;
mod hcl;
mod scalar;
mod shape;
mod source;
mod tidy;
mod yaml;

pub use self::convert::{Conversion, Imports, convert};
pub use self::decode::decode;
pub use self::encode::{Manifest, encode};
pub use self::source::Fault;
pub use self::tidy::tidy;
