//! No file of a crate imports in a circle.
//!
//! A file imports another when it names an item that is declared there. A name that is re-exported leads to the file that
//! declares it, and a module that re-exports what its own children declare imports nothing by that: it lists its contents. So
//! a parent may use its children or be used by them, and the same holds between any two files, however many are between.
//! What is under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree, Visibility};

#[test]
fn no_file_of_a_crate_imports_in_a_circle() {
    let members = [
        "client",
        "control-plane",
        "model",
        "plugin",
        "provider",
        "structured-merge",
    ];
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let circles: Vec<String> = members
        .iter()
        .flat_map(|member| {
            let circles = circles(&Crate::read(&crates.join(member).join("src")));
            circles.into_iter().map(move |circle| format!("{member}:\n{circle}"))
        })
        .collect();
    assert!(circles.is_empty(), "files import in a circle\n\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_through_parents_re_exports_and_globs() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        fs::write(file, text).expect("the file is written");
    };
    write("lib.rs", "mod upper;\nmod lower;\nmod facade;");
    write("facade.rs", "mod inner;\npub use inner::*;");
    write("facade/inner.rs", "pub struct Shared;");
    write("lower.rs", "use crate::facade::Shared;\npub fn below(_: Shared) {}");
    write("upper.rs", "mod part;\npub use part::Part;\npub struct Whole;");
    write("upper/part.rs", "pub struct Part(pub super::Whole);");
    let found = |name: &str, text: &str| {
        write(name, text);
        circles(&Crate::read(folder.path()))
    };
    assert_eq!(found("lower.rs", "use crate::facade::Shared;"), Vec::<String>::new());

    let circle = "  lower -> upper::part (Part)\n  upper -> lower (below, itself)\n  upper::part -> upper (Whole)\n";
    write("lower.rs", "pub fn below() { let _ = crate::upper::Part; }");
    let upper =
        "mod part;\npub use part::Part;\nuse crate::lower;\npub struct Whole;\nfn f() { vec![lower::below()]; }";
    assert_eq!(found("upper.rs", upper), [circle]);

    let tested =
        "mod part;\npub use part::Part;\npub struct Whole;\n#[cfg(test)]\nmod tests { use super::part::Part; }";
    assert_eq!(found("upper.rs", tested), Vec::<String>::new());
}

/// The path of a module within its crate: `["wait", "judge"]`.
type Module = Vec<String>;

/// The files of one crate.
struct Crate {
    files: BTreeMap<Module, File>,
}

/// What one file declares and names.
#[derive(Default)]
struct File {
    /// What a `use` brings into scope: the name, or none for a glob, and the path.
    scope: Vec<Import>,
    /// Paths of two and more segments, wherever they stand.
    paths: BTreeSet<Vec<String>>,
}

struct Import {
    name: Option<String>,
    path: Vec<String>,
    is_public: bool,
}

impl Crate {
    fn read(source: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![source.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of sources") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let module = module(path.strip_prefix(source).expect("a file of the crate"));
                    // A program's `main` is a crate of its own, on top of the library.
                    if module != ["main"] && module.last().is_none_or(|name| name != "tests") {
                        files.insert(module, File::read(&path));
                    }
                }
            }
        }
        Self { files }
    }

    /// The files that this one imports, each with the names that it takes from there.
    fn imports(&self, of: &Module) -> BTreeMap<&Module, BTreeSet<String>> {
        let file = &self.files[of];
        let listed = |import: &&Import| !(import.is_public && self.is_of_a_child(of, &import.path));
        let used = file.scope.iter().filter(listed).map(|import| &import.path);
        let mut imports: BTreeMap<&Module, BTreeSet<String>> = BTreeMap::new();
        for path in used.chain(&file.paths) {
            if let Some((target, item)) = self.declaration(of, path, 0)
                && target != of
            {
                imports.entry(target).or_default().insert(item);
            }
        }
        imports
    }

    fn is_of_a_child(&self, module: &Module, path: &[String]) -> bool {
        let path = if path.first().is_some_and(|first| first == "self") {
            &path[1..]
        } else {
            path
        };
        let child = module.iter().chain(path.first()).cloned().collect();
        self.files.contains_key::<Module>(&child)
    }

    /// The file that declares what `path` names in `module`, and the name there; `None` for what another crate declares.
    fn declaration(&self, module: &Module, path: &[String], depth: usize) -> Option<(&Module, String)> {
        // A re-export that leads back to itself by way of a glob.
        if depth > 16 {
            return None;
        }
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (Module::new(), &path[1..]),
            "self" => (module.clone(), &path[1..]),
            "super" => {
                let above = path.iter().take_while(|segment| *segment == "super").count();
                (module[..module.len().checked_sub(above)?].to_vec(), &path[above..])
            }
            _ => {
                let first = &path[..1];
                let is_module = self.files.contains_key(&[module, first].concat());
                let is_in_scope = self.files[module]
                    .scope
                    .iter()
                    .any(|import| import.name.as_ref() == path.first());
                if !is_module && !is_in_scope {
                    return None;
                }
                (module.clone(), path)
            }
        };
        loop {
            let Some(name) = rest.first() else {
                return self
                    .files
                    .get_key_value(&at)
                    .map(|(file, _)| (file, "itself".to_owned()));
            };
            let child = [at.clone(), vec![name.clone()]].concat();
            if self.files.contains_key(&child) {
                (at, rest) = (child, &rest[1..]);
                continue;
            }
            let (file, contents) = self.files.get_key_value(&at)?;
            let mut named = contents
                .scope
                .iter()
                .filter(|import| import.name.as_ref() == Some(name));
            if let Some(import) = named.next() {
                let path = [&import.path, &rest[1..]].concat();
                return self.declaration(&at, &path, depth + 1);
            }
            let globs = contents
                .scope
                .iter()
                .filter(|import| import.name.is_none() && import.is_public);
            for import in globs {
                let path = [&import.path, rest].concat();
                if let Some(found) = self.declaration(&at, &path, depth + 1) {
                    return Some(found);
                }
            }
            return Some((file, name.clone()));
        }
    }
}

impl File {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a source file");
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut file = Self::default();
        file.items(&syntax.items, &Module::new());
        file
    }

    fn items(&mut self, items: &[Item], within: &Module) {
        for item in items {
            match item {
                Item::Use(item) if !is_of_tests(&item.attrs) => {
                    let is_public = !matches!(item.vis, Visibility::Inherited);
                    self.uses(&item.tree, &mut Vec::new(), is_public, within);
                }
                Item::Mod(item) if !is_of_tests(&item.attrs) => {
                    if let Some((_, items)) = &item.content {
                        let module = [within.clone(), vec![item.ident.to_string()]].concat();
                        self.items(items, &module);
                    }
                }
                Item::Use(_) | Item::Mod(_) => {}
                other => {
                    let tokens = other.to_token_stream();
                    if !tokens.to_string().starts_with("# [cfg (test)]") {
                        self.named(tokens, within);
                    }
                }
            }
        }
    }

    fn uses(&mut self, tree: &UseTree, prefix: &mut Vec<String>, is_public: bool, within: &Module) {
        let mut add = |name: Option<String>, path: Vec<String>| {
            let path = outside(path, within);
            let name = if within.is_empty() { name } else { Some(String::new()) };
            self.scope.push(Import { name, path, is_public });
        };
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.uses(&path.tree, prefix, is_public, within);
                prefix.pop();
            }
            UseTree::Name(name) if name.ident == "self" => add(prefix.last().cloned(), prefix.clone()),
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                add(Some(name.clone()), [prefix.clone(), vec![name]].concat());
            }
            UseTree::Rename(rename) if rename.ident == "self" => add(Some(rename.rename.to_string()), prefix.clone()),
            UseTree::Rename(rename) => {
                let path = [prefix.clone(), vec![rename.ident.to_string()]].concat();
                add(Some(rename.rename.to_string()), path);
            }
            UseTree::Glob(_) => add(None, prefix.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.uses(tree, prefix, is_public, within);
                }
            }
        }
    }

    /// Takes up every path in the tokens, those within macros included.
    fn named(&mut self, tokens: TokenStream, within: &Module) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut end = |path: &mut Vec<String>| {
            if path.len() > 1 {
                self.paths.insert(outside(std::mem::take(path), within));
            }
            path.clear();
        };
        let mut groups = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        end(&mut path);
                    }
                    colons = 0;
                    path.push(ident.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    // `pub(in crate::wait)` says who may see an item, and imports nothing.
                    if path != ["pub"] {
                        groups.push(group.stream());
                    }
                    end(&mut path);
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => end(&mut path),
            }
        }
        end(&mut path);
        for group in groups {
            self.named(group, within);
        }
    }
}

/// The module of a file: its path without the ending; `lib.rs` is the crate itself.
fn module(path: &Path) -> Module {
    let path: PathBuf = path.with_extension("");
    let names: Module = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names == ["lib"] { Module::new() } else { names }
}

/// The path as the file itself would write it, where it stands in a module `within` the file.
fn outside(mut path: Vec<String>, within: &Module) -> Vec<String> {
    for _ in within {
        if path.first().is_some_and(|first| first == "super") {
            path.remove(0);
            if path.first().is_none_or(|first| first != "super") {
                path.insert(0, "self".to_owned());
            }
        }
    }
    path
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    let is = |attribute: &Attribute| attribute.to_token_stream().to_string().starts_with("# [cfg (test)]");
    attributes.iter().any(is)
}

/// The circles of a crate, each as the imports that make it.
fn circles(sources: &Crate) -> Vec<String> {
    let imports: BTreeMap<&Module, BTreeMap<&Module, BTreeSet<String>>> = sources
        .files
        .keys()
        .map(|module| (module, sources.imports(module)))
        .collect();
    let reached = |from: &Module| {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Module> = imports[from].keys().copied().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(imports[module].keys().copied());
            }
        }
        reached
    };
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|module| (*module, reached(module))).collect();
    let circle = |module: &Module| -> BTreeSet<&Module> {
        let is_mutual = |other: &&Module| reached[*other].contains(module);
        reached[module].iter().copied().filter(is_mutual).collect()
    };
    let found: BTreeSet<BTreeSet<&Module>> = imports.keys().map(|module| circle(module)).collect();
    let told = |circle: &BTreeSet<&Module>| -> String {
        let edges = circle.iter().flat_map(|from| {
            let within = imports[*from].iter().filter(|(to, _)| circle.contains(*to));
            within.map(move |(to, items)| {
                let items: Vec<&str> = items.iter().map(String::as_str).collect();
                format!("  {} -> {} ({})\n", Name(from), Name(to), items.join(", "))
            })
        });
        edges.collect()
    };
    found.iter().filter(|circle| !circle.is_empty()).map(told).collect()
}

/// A module as it is written.
struct Name<'a>(&'a Module);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("lib")
        } else {
            f.write_str(&self.0.join("::"))
        }
    }
}
