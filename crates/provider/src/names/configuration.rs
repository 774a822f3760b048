//! A configuration: the root module and every module that it calls, however deep.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use tf_plugin_server::value::Value;

use super::block_match;
use super::check::{self, Finding};
use super::contents::{Contents, SubjectKind};
use super::module::{self, Dialect};

/// The modules that the files of a folder make.
#[derive(Debug)]
pub struct Configuration {
    modules: Vec<Contents>,
    /// What is wrong, by module and block.
    findings: Vec<Vec<Vec<Finding>>>,
}

impl Configuration {
    /// Reads the root module at `root` and what it calls. `data` is the folder in which the CLI keeps what it downloaded.
    pub fn read(root: &Path, data: &Path) -> Configuration {
        let manifest = Manifest::read(root, data);
        let mut modules = modules(root, &manifest, Dialect::Terraform);
        if modules.iter().any(|(folder, _)| module::has_tofu_files(folder)) {
            modules.extend(self::modules(root, &manifest, Dialect::OpenTofu));
        }
        let modules: Vec<Contents> = modules.into_iter().map(|(_, contents)| contents).collect();
        let findings = modules.iter().map(check::module).collect();
        Configuration { modules, findings }
    }

    /// Everything that is wrong, in the order of files and lines.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut found: Vec<&Finding> = self.findings.iter().flatten().flatten().collect();
        sort(&mut found);
        found
    }

    /// The files that could not be read or parsed, so that nothing is known of them.
    pub fn skipped(&self) -> BTreeSet<&str> {
        let skipped = self.modules.iter().flat_map(|module| &module.skipped);
        skipped.map(String::as_str).collect()
    }

    /// What is wrong in the block that `config` comes from: in the blocks that are most like it, where several are.
    pub fn about(&self, kind: SubjectKind, config: &Value) -> Vec<&Finding> {
        if self.findings.iter().flatten().all(Vec::is_empty) {
            return Vec::new();
        }
        let mut likest: Vec<&Finding> = Vec::new();
        let mut likeness = None;
        for (module, findings) in self.modules.iter().zip(&self.findings) {
            for (subject, findings) in module.subjects.iter().zip(findings) {
                if subject.kind != kind {
                    continue;
                }
                let Some(alike) = block_match::of(subject, module, config) else {
                    continue;
                };
                if likeness.is_some_and(|most| alike < most) {
                    continue;
                }
                if likeness.is_some_and(|most| alike > most) {
                    likest.clear();
                }
                likeness = Some(alike);
                likest.extend(findings);
            }
        }
        sort(&mut likest);
        likest
    }
}

fn sort(findings: &mut Vec<&Finding>) {
    findings.sort_by_key(|finding| (&finding.file, finding.line, finding.column, finding.address()));
    // A module that is called twice, or read for both CLIs, has been checked twice; so has a local value used twice.
    findings.dedup_by(|left, right| {
        (&left.file, left.line, left.column) == (&right.file, right.line, right.column) && left.block == right.block
    });
}

/// The modules with their folders, the root first.
fn modules(root: &Path, manifest: &Manifest, dialect: Dialect) -> Vec<(PathBuf, Contents)> {
    let mut modules = Vec::new();
    let mut known = HashSet::new();
    // The key by which the manifest knows a module, its folder, and its folder as it is shown.
    let mut waiting = vec![(String::new(), root.to_owned(), PathBuf::new())];
    while let Some((key, folder, shown)) = waiting.pop() {
        if !known.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        let name = shown.to_string_lossy().replace('\\', "/");
        let contents = module::read(&folder, &name, dialect);
        for call in &contents.calls {
            let key = if key.is_empty() {
                call.name.clone()
            } else {
                format!("{key}.{}", call.name)
            };
            let local = call.source.as_deref().filter(|source| is_local(source));
            let below = match (local, manifest.folders.get(&key)) {
                (Some(source), _) => tidy(&shown.join(source)),
                (None, Some(folder)) => tidy(folder),
                (None, None) => continue,
            };
            waiting.push((key, root.join(&below), below));
        }
        modules.push((folder, contents));
    }
    modules
}

fn is_local(source: &str) -> bool {
    [".", "..", "./", "../", ".\\", "..\\"].iter().any(|start| {
        if start.ends_with(['/', '\\']) {
            source.starts_with(start)
        } else {
            source == *start
        }
    })
}

/// The path without `.` and, as far as it goes, without `..`.
pub(super) fn tidy(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, step| {
        match step {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            step => path.push(step),
        }
        path
    })
}

/// Where the CLI keeps the modules that the configuration calls.
#[derive(Debug, Default)]
struct Manifest {
    /// By the names of the calls, with dots between them: `network.subnets`.
    folders: BTreeMap<String, PathBuf>,
}

impl Manifest {
    /// Reads the manifest that `init` writes; none of it where there is none.
    fn read(root: &Path, data: &Path) -> Manifest {
        #[derive(Deserialize)]
        struct File {
            #[serde(rename = "Modules")]
            modules: Vec<Module>,
        }
        #[derive(Deserialize)]
        struct Module {
            #[serde(rename = "Key")]
            key: String,
            #[serde(rename = "Dir")]
            folder: PathBuf,
        }
        let text = fs::read(root.join(data).join("modules/modules.json")).unwrap_or_default();
        let file: Option<File> = serde_json::from_slice(&text).ok();
        let modules = file.into_iter().flat_map(|file| file.modules);
        Manifest {
            folders: modules.map(|module| (module.key, module.folder)).collect(),
        }
    }
}
