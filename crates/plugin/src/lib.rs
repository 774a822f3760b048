//! Serves tf-provider traits over the plugin protocol.

pub mod value;
