//! How long tests took, so that the slowest are known.

use std::env;
use std::time::Duration;

use crate::lines;

/// The file to write to.
const FILE: &str = "DATUM_TEST_DURATIONS";

/// Adds a line to the file that `DATUM_TEST_DURATIONS` names: the seconds, and what took them. Without one nothing is written.
pub fn took(what: &str, duration: Duration) {
    if let Some(path) = env::var_os(FILE) {
        let line = format!("{:7.1} s  {what}", duration.as_secs_f64());
        lines::append(&path, &line).unwrap_or_else(|error| panic!("cannot tell how long {what} took: {error}"));
    }
}
