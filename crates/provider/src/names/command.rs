//! The check as a command, for editors, commit hooks and CI.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::json;

use super::configuration::{Configuration, tidy};
use super::{Finding, data_folder};
use crate::diagnostics;

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line each, as compilers write them: editors know it.
    #[default]
    Text,
    /// One array of objects.
    Json,
    /// Annotations of GitHub Actions.
    GitHub,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            "github" => Ok(Format::GitHub),
            _ => Err("`text`, `json` or `github`".to_owned()),
        }
    }
}

/// What a check came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// The files that could not be read or parsed.
    pub skipped: Vec<String>,
}

/// Checks the root modules `folders` and what they call, with files named from the working directory. A file stands for its
/// folder, as commit hooks name files.
pub fn check(folders: &[PathBuf]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut roots: Vec<PathBuf> = folders.iter().map(|path| root(path)).collect();
    roots.sort();
    roots.dedup();
    for root in roots {
        let folder = root.strip_prefix(".").unwrap_or(&root);
        let shown = |file: &str| tidy(&folder.join(file)).to_string_lossy().into_owned();
        let configuration = Configuration::read(&root, &data_folder());
        let findings = configuration.findings().into_iter().map(|finding| Finding {
            file: shown(&finding.file),
            ..finding.clone()
        });
        outcome.findings.extend(findings);
        outcome.skipped.extend(configuration.skipped().into_iter().map(shown));
    }
    // Two roots may call one module.
    let mut known = HashSet::new();
    let place = |finding: &Finding| (finding.file.clone(), finding.line, finding.column, finding.address());
    outcome.findings.retain(|finding| known.insert(place(finding)));
    outcome.skipped.sort();
    outcome.skipped.dedup();
    outcome
}

/// Writes the findings.
pub fn write(out: &mut impl Write, format: Format, findings: &[Finding]) -> io::Result<()> {
    match format {
        Format::Text => findings.iter().try_for_each(|finding| {
            let (summary, meant) = diagnostics::unknown_name(finding);
            let Finding { file, line, column, .. } = finding;
            writeln!(
                out,
                "{file}:{line}:{column}: {summary}. {meant} ({})",
                finding.address()
            )
        }),
        Format::Json => {
            let findings: Vec<_> = findings.iter().map(object).collect();
            serde_json::to_writer_pretty(&mut *out, &findings)?;
            writeln!(out)
        }
        Format::GitHub => findings.iter().try_for_each(|finding| {
            let (summary, meant) = diagnostics::unknown_name(finding);
            let Finding { file, line, column, .. } = finding;
            writeln!(
                out,
                "::error file={},line={line},col={column},title=Unknown attribute::{}",
                escaped(file).replace(':', "%3A").replace(',', "%2C"),
                escaped(&format!("{summary}. {meant}"))
            )
        }),
    }
}

fn root(path: &Path) -> PathBuf {
    let folder = if path.is_file() { path.parent() } else { Some(path) };
    match folder {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn object(finding: &Finding) -> serde_json::Value {
    let (summary, meant) = diagnostics::unknown_name(finding);
    json!({
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "resource": finding.address(),
        "object": finding.object,
        "attribute": finding.name,
        "suggestion": finding.suggestion(),
        "message": format!("{summary}. {meant}"),
    })
}

/// The text as GitHub wants a command's data.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
