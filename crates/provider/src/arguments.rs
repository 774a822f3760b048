//! Arguments that the provider block and a workload share: what the block says holds where the workload says nothing.
//!
//! Pure, and below both: neither the configuration of the provider nor a workload is known here.

pub mod timeouts;
pub mod wait;

pub use self::timeouts::Timeouts;
pub use self::wait::{OnTimeout, Wait};
