//! Derives the committed files: the schemas from the Rust types of `datum-model`, the plugin protocol from its `.proto` file, what the provider
//! tells of its schema.
//!
//! The types give a JSON Schema (schemars, through kube's derive); [`schema`] makes the annotated deep schema of it with
//! the help of the one table in [`special`]; [`crd`] is the deep schema without what an API server does not know. [`protocol`] has the messages that the plugin crate speaks, and [`reference`] the pages of the registry.

mod crd;
mod description;
mod protocol;
mod reference;
mod schema;
mod special;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use prost::Message;
use serde_json::Value;
use terraform_provider_datum::configuration;

/// One generated file.
struct Artefact {
    path: PathBuf,
    content: Vec<u8>,
    /// The content as data, where it is some: a difference is then described by what differs.
    data: Option<Value>,
}

/// Writes every generated file that differs from what is committed.
pub(crate) fn write() -> anyhow::Result<()> {
    for artefact in artefacts()? {
        if artefact.committed()? == artefact.content {
            continue;
        }
        if let Some(folder) = artefact.path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        fs::write(&artefact.path, &artefact.content)
            .with_context(|| format!("cannot write {}", artefact.path.display()))?;
        eprintln!("wrote {}", artefact.path.display());
    }
    Ok(())
}

/// Fails when a committed file is not what would be written now, and says what differs.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut stale = Vec::new();
    for artefact in artefacts()? {
        let committed = artefact.committed()?;
        if committed != artefact.content {
            stale.push(format!(
                "{} is stale:\n{}",
                artefact.path.display(),
                artefact.differences(&committed)
            ));
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("{}\nrun `cargo xtask generate` and commit the result", stale.join("\n"))
}

fn artefacts() -> anyhow::Result<Vec<Artefact>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the workspace")?;
    let schema = schema::workload()?;
    let crd = crd::workload(&schema)?;
    let json = |path: &str, data: &Value| Artefact {
        path: root.join(path),
        content: data.to_string().into_bytes(),
        data: Some(data.clone()),
    };
    let pages = reference::pages(root)?.into_iter().map(|(path, content)| Artefact {
        path: root.join("docs").join(path),
        content: content.into_bytes(),
        data: None,
    });
    let tables = [
        ("docs/index.md", "settings", configuration::reference::settings()),
        (
            "docs/guides/authentication.md",
            "ways",
            configuration::reference::ways(),
        ),
    ];
    let tables = tables.map(|(path, name, table)| {
        let path = root.join(path);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let content = with_region(&text, name, &table).with_context(|| path.display().to_string())?;
        Ok::<_, anyhow::Error>(Artefact {
            path,
            content: content.into_bytes(),
            data: None,
        })
    });
    let tables = tables.into_iter().collect::<Result<Vec<_>, _>>()?;
    let schemas = vec![
        json("crates/model/schema/workload.json", &schema),
        json("crates/model/schema/crd.json", &crd),
        Artefact {
            path: root.join("config/crd/workloads.compute.miloapis.com.yaml"),
            content: crd::yaml(&crd)?.into_bytes(),
            data: Some(crd),
        },
        Artefact {
            path: root.join("crates/plugin/src/proto/tfplugin6.rs"),
            content: protocol::messages(&root.join("crates/plugin/proto"))?.into_bytes(),
            data: None,
        },
        Artefact {
            path: root.join("crates/provider/schema/provider.binpb"),
            content: provider_schema()?,
            data: None,
        },
    ];
    Ok(schemas.into_iter().chain(pages).chain(tables).collect())
}

/// What the provider answers to a call for its schema, as it goes over the wire.
fn provider_schema() -> anyhow::Result<Vec<u8>> {
    let schema = terraform_provider_datum::server().schema();
    if let Some(fault) = schema.diagnostics.first() {
        bail!("the provider's schema is wrong: {}", fault.summary);
    }
    Ok(schema.encode_to_vec())
}

/// The text with what stands between the marks of that name replaced.
fn with_region(text: &str, name: &str, region: &str) -> anyhow::Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let parts = text
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.with_context(|| format!("there is no place for the {name}: {begin}{end}"))?;
    Ok(format!("{before}{begin}{region}{end}{after}"))
}

impl Artefact {
    /// What is committed; empty where there is no file yet.
    fn committed(&self) -> anyhow::Result<Vec<u8>> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.with_context(|| format!("cannot read {}", self.path.display())),
        }
    }

    /// The first places where the committed text says something else, by path.
    fn differences(&self, committed: &[u8]) -> String {
        const SHOWN: usize = 20;
        let Some(new) = &self.data else {
            return match (str::from_utf8(committed), str::from_utf8(&self.content)) {
                (Ok(old), Ok(new)) => first_difference(old, new),
                // What it is encoded from differs in a text as well: a reference page, or the schema of the API.
                _ => format!("  ~ {} bytes -> {} bytes", committed.len(), self.content.len()),
            };
        };
        let old = str::from_utf8(committed).ok().map(serde_saphyr::from_str::<Value>);
        let Some(Ok(old)) = old else {
            return "  it cannot be read".into();
        };
        let mut differences = Vec::new();
        compare(&old, new, "", &mut differences);
        let more = differences.len().saturating_sub(SHOWN);
        differences.truncate(SHOWN);
        match (differences.is_empty(), more) {
            (true, _) => "  only the layout differs".into(),
            (false, 0) => differences.join("\n"),
            (false, more) => format!("{}\n  and {more} more", differences.join("\n")),
        }
    }
}

/// The first line of a text that says something else.
fn first_difference(old: &str, new: &str) -> String {
    let (mut old, mut new) = (old.lines(), new.lines());
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let shown = |line: Option<&str>| line.map_or_else(|| "the end".to_owned(), |line| format!("{line:?}"));
                return format!("  ~ line {number}: {} -> {}", shown(old), shown(new));
            }
        }
    }
    "  only the layout differs".into()
}

fn compare(old: &Value, new: &Value, path: &str, differences: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                differences.push(format!("  - {path}/{key}"));
            }
            for (key, value) in new {
                let path = format!("{path}/{key}");
                match old.get(key) {
                    Some(old) => compare(old, value, &path, differences),
                    None => differences.push(format!("  + {path}")),
                }
            }
        }
        _ if old == new => {}
        _ => differences.push(format!("  ~ {path}: {old} -> {new}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn committed_files_are_what_the_types_give() {
        check().unwrap();
    }

    #[test]
    fn a_stale_file_is_described_by_what_differs() {
        let artefact = Artefact {
            path: PathBuf::new(),
            content: Vec::new(),
            data: Some(json!({ "a": { "b": 1, "c": 2 } })),
        };
        assert_eq!(
            artefact.differences(b"a: { b: 3, d: 4 }"),
            "  - /a/d\n  ~ /a/b: 3 -> 1\n  + /a/c"
        );
        assert_eq!(artefact.differences(b"a: { b: 1, c: 2 }"), "  only the layout differs");
        let artefact = Artefact {
            path: PathBuf::new(),
            content: b"a\nb\n".to_vec(),
            data: None,
        };
        assert_eq!(artefact.differences(b"a\nc\n"), "  ~ line 2: \"c\" -> \"b\"");
        assert_eq!(artefact.differences(b"a"), "  ~ line 2: the end -> \"b\"");
        assert_eq!(artefact.differences(b"a\nb"), "  only the layout differs");
        assert_eq!(artefact.differences(b"\xff"), "  ~ 1 bytes -> 4 bytes");
    }

    #[test]
    fn a_table_takes_the_place_between_its_marks_and_nothing_else() {
        let text = "before\n<!-- ways -->\nold\n<!-- /ways -->\nafter\n";
        let replaced = with_region(text, "ways", "new\n").unwrap();
        assert_eq!(replaced, text.replace("old", "new"));
        assert!(with_region("nowhere", "ways", "new\n").is_err());
    }
}
