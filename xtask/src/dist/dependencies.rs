//! What is linked into a program, as cargo resolves it: the normal dependencies, for every platform and with the features of
//! the whole workspace. That may be a package more than a single archive has, and is never one less.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DepKindInfo, DependencyKind, Metadata, MetadataCommand, Node, Package, PackageId};

/// The packages of the workspace and all that they need.
pub(super) struct Dependencies {
    metadata: Metadata,
}

/// A program's package with all that it needs.
pub(super) struct Closure<'m> {
    /// The package of the program itself.
    pub(super) root: &'m Package,
    /// Every package, the program's own included, by name and version, each with what it needs itself.
    pub(super) packages: Vec<(&'m Package, Vec<&'m Package>)>,
}

impl Dependencies {
    /// Asks cargo.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options(["--locked".to_owned()])
            .exec()
            .context("cargo does not tell the dependencies")?;
        Ok(Self { metadata })
    }

    /// Where cargo builds.
    pub(super) fn target_directory(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// What the program of this package is made of.
    pub(super) fn of(&self, package: &str) -> anyhow::Result<Closure<'_>> {
        let packages: HashMap<&PackageId, &Package> = self
            .metadata
            .packages
            .iter()
            .map(|package| (&package.id, package))
            .collect();
        let resolve = self.metadata.resolve.as_ref().context("cargo resolves nothing")?;
        let nodes: HashMap<&PackageId, &Node> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
        let members = self.metadata.workspace_packages();
        let root = members.into_iter().find(|member| member.name.as_str() == package);
        let root = root.with_context(|| format!("the workspace has no package {package}"))?;

        let find = |id: &PackageId| {
            let package = packages.get(id).copied();
            package.with_context(|| format!("cargo does not know {id}"))
        };

        let mut needs: HashMap<&PackageId, Vec<&Package>> = HashMap::new();
        let mut open = vec![&root.id];
        while let Some(id) = open.pop() {
            if needs.contains_key(id) {
                continue;
            }
            let node = nodes.get(id).with_context(|| format!("cargo does not resolve {id}"))?;
            let is_linked = |kinds: &[DepKindInfo]| kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            let linked = node.deps.iter().filter(|dependency| is_linked(&dependency.dep_kinds));
            let linked: Vec<_> = linked
                .map(|dependency| find(&dependency.pkg))
                .collect::<Result<_, _>>()?;
            open.extend(linked.iter().map(|package| &package.id));
            needs.insert(id, linked);
        }
        let mut packages = Vec::new();
        for (id, linked) in needs {
            packages.push((find(id)?, linked));
        }
        packages.sort_by_key(|(package, _)| (package.name.as_str(), &package.version));
        Ok(Closure { root, packages })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;

    /// A workspace of packages, each with a line of its dependencies.
    fn workspace(packages: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str, text: &str| fs::write(root.path().join(path), text).expect("it is written");
        write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n");
        let mut locked = vec!["version = 4\n".to_owned()];
        for (name, dependencies) in packages {
            fs::create_dir_all(root.path().join(name).join("src")).expect("it is made");
            write(&format!("{name}/src/lib.rs"), "");
            let manifest =
                format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n{dependencies}\n");
            write(&format!("{name}/Cargo.toml"), &manifest);
            let lines = dependencies.lines().filter_map(|line| line.split_once(" = {"));
            let mut entry = format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
            let needs: Vec<_> = lines.map(|(need, _)| format!(" \"{need}\",\n")).collect();
            if !needs.is_empty() {
                let _ = write!(entry, "dependencies = [\n{}]\n", needs.concat());
            }
            locked.push(entry);
        }
        write("Cargo.lock", &locked.join("\n"));
        root
    }

    #[test]
    fn what_only_builds_or_tests_is_not_linked() {
        let path = |name: &str| format!("{name} = {{ path = \"../{name}\" }}\n");
        let program = format!(
            "[dependencies]\n{}[build-dependencies]\n{}[dev-dependencies]\n{}",
            path("near"),
            path("builder"),
            path("tester")
        );
        let near = format!("[dependencies]\n{}", path("far"));
        // In the order of the names, which a lock file has.
        let root = workspace(&[
            ("builder", ""),
            ("far", ""),
            ("near", &near),
            ("program", &program),
            ("tester", ""),
        ]);
        let dependencies = Dependencies::read(root.path()).expect("cargo tells");
        let closure = dependencies.of("program").expect("it is there");
        let names = |packages: &[&Package]| {
            packages
                .iter()
                .map(|package| package.name.to_string())
                .collect::<Vec<_>>()
        };
        let found: Vec<_> = closure
            .packages
            .iter()
            .map(|(package, needs)| (package.name.as_str(), names(needs)))
            .collect();
        assert_eq!(
            found,
            [
                ("far", vec![]),
                ("near", vec!["far".to_owned()]),
                ("program", vec!["near".to_owned()])
            ]
        );
    }
}
