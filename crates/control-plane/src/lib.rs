//! The local control plane.

pub mod admission;
pub mod apply;
pub mod fields;
pub mod patch;
pub mod simulator;
