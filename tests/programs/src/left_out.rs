//! What a run of the tests leaves out, told where somebody reads it.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use crate::lines;

/// The environment variable that names the file with what was left out, a line each. The Makefile prints it at the end.
const FILE: &str = "DATUM_TEST_LEFT_OUT";

/// Tells once that something is left out of this run, and why.
///
/// It goes to the file that `DATUM_TEST_LEFT_OUT` names, to be read at the end of all tests. Without one it goes to stderr, past
/// the test runner, which shows nothing of what a passing test prints.
pub fn leave_out(what: &str) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let is_new = TOLD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(what.to_owned());
    if !is_new {
        return;
    }
    let told = match env::var_os(FILE) {
        Some(path) => lines::append(&path, what),
        None => writeln!(io::stderr(), "left out: {what}"),
    };
    told.unwrap_or_else(|error| panic!("cannot tell that something was left out ({what}): {error}"));
}
