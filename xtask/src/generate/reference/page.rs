//! A page: a template, and the parts that stand in it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A page that is being made.
pub(super) struct Page {
    examples: PathBuf,
    text: String,
}

impl Page {
    pub(super) fn new(root: &Path, template: &str) -> Self {
        Self {
            examples: root.join("examples"),
            text: template.to_owned(),
        }
    }

    /// Puts a part into its place.
    #[must_use]
    pub(super) fn with(mut self, name: &str, part: &str) -> Self {
        self.text = self.text.replace(&format!("{{{{ {name} }}}}"), part.trim_end());
        self
    }

    /// Puts the examples into their places, `{{ example quickstart/main.tf }}`.
    ///
    /// # Errors
    /// Where an example cannot be read, or a place is left.
    pub(super) fn done(mut self) -> anyhow::Result<String> {
        while let Some((before, name, after)) = place(&self.text) {
            let Some(file) = name.strip_prefix("example ") else {
                bail!("nothing stands for {name:?}");
            };
            let path = self.examples.join(file);
            let example = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let language = match path.extension().and_then(|extension| extension.to_str()) {
                Some("sh") => "shell",
                Some("yaml") => "yaml",
                // A query is in a file of its own, beside the configuration.
                Some("hcl") => "text",
                _ => "terraform",
            };
            self.text = format!("{before}```{language}\n{}\n```{after}", example.trim_end());
        }
        Ok(self.text)
    }
}

/// The first place of a text, with what is before and after it.
fn place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{ ")?;
    let (name, after) = rest.split_once(" }}")?;
    Some((before, name, after))
}
