//! The local control plane.
