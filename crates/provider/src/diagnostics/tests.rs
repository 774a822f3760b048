//! Golden texts: what users read is compared whole.

mod refusal;
mod rollout;
mod workload;
