//! The local control plane.

pub mod simulator;
