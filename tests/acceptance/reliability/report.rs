//! `docs/reliability.md` holds what these tests find. They compare; `UPDATE_EXPECT=1` writes anew.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md")
}

/// A line of a table as its cells.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Holds the cells of one column, by the head of their row, against the table of faults.
#[track_caller]
pub(super) fn check_column<'a>(column: &str, found: impl IntoIterator<Item = (&'a str, &'a str)>) {
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = fs::read_to_string(path()).expect("the document is there");
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.starts_with("| fault |"));
    let head = head.expect("the table of faults is there");
    let at = cells(lines[head]).iter().position(|name| name == column);
    let at = at.unwrap_or_else(|| panic!("the table of faults has a column {column:?}"));
    let mut found: BTreeMap<&str, &str> = found.into_iter().collect();
    let (mut differences, mut written) = (Vec::new(), Vec::new());
    for (number, line) in lines.iter().enumerate() {
        let mut row = cells(line);
        let is_row = number > head && line.starts_with('|');
        if is_row
            && let Some(cell) = found.remove(row[0].as_str())
            && row[at] != cell
        {
            differences.push(format!(
                "{} under {}: {:?} is written, {cell:?} was found",
                column, row[0], row[at]
            ));
            cell.clone_into(&mut row[at]);
            written.push(format!("| {} |", row.join(" | ")));
        } else {
            written.push((*line).to_owned());
        }
    }
    assert!(found.is_empty(), "the table of faults has no rows for {found:?}");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path(), written.join("\n") + "\n").expect("the document is written");
    } else {
        assert!(differences.is_empty(), "docs/reliability.md: {differences:#?}");
    }
}
