//! Counts of instructions, by valgrind.

use std::process::Command;

use super::RUN;

/// Few repetitions, and more: what both have in common is not the case's.
const FEW: u64 = 2;
const MORE: u64 = 12;

pub(crate) fn is_installed() -> bool {
    let output = Command::new("valgrind").arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// The instructions of one repetition of a case.
pub(crate) fn instructions(case: &str) -> u64 {
    (total(case, MORE) - total(case, FEW)) / (MORE - FEW)
}

/// The instructions of a whole process.
fn total(case: &str, times: u64) -> u64 {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .env(RUN, format!("{case} {times}"))
        .output()
        .expect("valgrind is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : "));
    let count = count.and_then(|(_, count)| count.trim().parse().ok());
    count.unwrap_or_else(|| panic!("valgrind did not count {case}: {said}"))
}
