//! The licences of all that is linked into a program, with their texts, which most of them ask to be passed on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, bail};
use cargo_metadata::Package;

use crate::dist::dependencies::Closure;

/// The list: each text once, below the packages that it is the licence of.
pub(super) fn text(closure: &Closure<'_>) -> anyhow::Result<String> {
    let mut text = format!("What is linked into {}, and its licences.\n\n", closure.root.name);
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // The packages of this repository have its own licence, which lies beside this file.
    for (package, _) in closure.packages.iter().filter(|(package, _)| package.source.is_some()) {
        let Some(licence) = &package.license else {
            bail!("{} {} names no licence", package.name, package.version);
        };
        let _ = writeln!(text, "{} {}: {licence}", package.name, package.version);
        for notice in notices(package)? {
            let name = format!("{} {}", package.name, package.version);
            texts.entry(notice).or_default().push(name);
        }
    }
    for (licence, packages) in texts {
        let _ = write!(text, "\n{}\n{}:\n\n{licence}\n", "-".repeat(80), packages.join(", "));
    }
    Ok(text)
}

/// The texts that a package comes with, without the differences that say nothing.
fn notices(package: &Package) -> anyhow::Result<Vec<String>> {
    let Some(folder) = package.manifest_path.parent() else {
        return Ok(Vec::new());
    };
    let mut paths = Vec::new();
    for entry in folder
        .read_dir_utf8()
        .with_context(|| format!("cannot read {folder}"))?
    {
        let path = entry.with_context(|| format!("cannot read {folder}"))?.into_path();
        let name = path.file_name().unwrap_or_default().to_uppercase();
        let is_notice = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT"];
        if is_notice.iter().any(|start| name.starts_with(start)) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path| {
        let text = fs::read(&path).with_context(|| format!("cannot read {path}"))?;
        let lines: Vec<_> = String::from_utf8_lossy(&text)
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        Ok(lines.join("\n").trim().to_owned())
    };
    paths.into_iter().map(read).collect()
}
