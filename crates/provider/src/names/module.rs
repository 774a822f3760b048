//! A module: the files of one folder, as the CLI chooses and orders them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::contents::Contents;
use super::{json, native};

/// Whose files are read: OpenTofu reads `main.tofu` in place of `main.tf`, Terraform never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Terraform,
    OpenTofu,
}

/// Reads the folder as the CLI does: files in the order of their names, then the overrides. Files that cannot be read or
/// parsed are left out, as the CLI reports them. `shown` is what the folder is called in messages.
pub(super) fn read(folder: &Path, shown: &str, dialect: Dialect) -> Contents {
    let mut files = files(folder, dialect);
    files.sort_by_key(|name| (is_override(name), name.clone()));
    let mut module = Contents::default();
    for name in files {
        let file: Arc<str> = if shown.is_empty() {
            name.as_str().into()
        } else {
            format!("{shown}/{name}").into()
        };
        let text = fs::read_to_string(folder.join(&name)).ok();
        let contents = text.and_then(|text| {
            let text = text.trim_start_matches('\u{feff}');
            if has_extension(&name, "json") {
                json::read(&file, text)
            } else {
                native::read(&file, text)
            }
        });
        match contents {
            Some(contents) if is_override(&name) => module.override_with(contents),
            Some(contents) => module.extend(contents),
            None => module.skipped.push(file.to_string()),
        }
    }
    module
}

/// The names of the folder's files that the CLI reads.
fn files(folder: &Path, dialect: Dialect) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let names: Vec<String> = names.filter(|name| !is_ignored(name)).collect();
    let in_tofu = |name: &str| {
        let (base, json) = name.strip_suffix(".json").map_or((name, ""), |base| (base, ".json"));
        base.strip_suffix(".tf").map(|base| format!("{base}.tofu{json}"))
    };
    let is_read = |name: &&String| match (in_tofu(name), dialect) {
        (Some(_), Dialect::Terraform) => true,
        (Some(other), Dialect::OpenTofu) => !names.contains(&other),
        (None, Dialect::Terraform) => false,
        (None, Dialect::OpenTofu) => has_extension(name.trim_end_matches(".json"), "tofu"),
    };
    names.iter().filter(is_read).cloned().collect()
}

/// Whether the folder has files that only OpenTofu reads.
pub(super) fn has_tofu_files(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|name| !is_ignored(&name) && has_extension(name.trim_end_matches(".json"), "tofu"))
}

/// Editors' files, which the CLI leaves alone.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

fn is_override(name: &str) -> bool {
    let name = name.strip_suffix(".json").unwrap_or(name);
    let stem = Path::new(name)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    stem == "override" || stem.ends_with("_override")
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}
