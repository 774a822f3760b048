//! HCL that a CLI generated, without what says nothing.
//!
//! `-generate-config-out` writes every attribute that there is, most of them null, and null is what an attribute is that is
//! not written.

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Structure};

use super::hcl::{self, Hcl, Item};

/// The same configuration with the null attributes of workloads left out; everything else stays as it is. An error says
/// why the text is no HCL.
pub fn tidy(text: &str) -> Result<String, String> {
    let body = hcl_edit::parser::parse_body(text)
        .map_err(|error| format!("{}: {}", error.location().line(), error.message()))?;
    let mut tidied = String::with_capacity(text.len());
    let mut done = 0;
    for block in body.blocks() {
        let is_workload = block.ident.as_str() == "resource"
            && block.labels.first().is_some_and(|of| of.as_str() == "datum_workload");
        let Some(span) = block.span().filter(|_| is_workload) else {
            continue;
        };
        let (Some(head), Some(inside)) = (text.get(done..span.start), text.get(span.clone())) else {
            continue;
        };
        tidied.push_str(head);
        tidied.push_str(inside.split('{').next().unwrap_or_default());
        tidied.push_str("{\n");
        tidied.push_str(&Source { text }.body(block, span.end));
        tidied.push('}');
        done = span.end;
    }
    tidied.push_str(text.get(done..).unwrap_or_default());
    Ok(tidied)
}

/// What is tidied.
struct Source<'t> {
    text: &'t str,
}

impl Source<'_> {
    /// The lines of the block's inside. Blocks within it stay as they are.
    fn body(&self, block: &Block, end: usize) -> String {
        let mut attributes = Vec::new();
        let mut blocks = String::new();
        let mut at = block.span().map_or(0, |span| {
            self.text[span.start..]
                .find('{')
                .map_or(span.start, |open| span.start + open + 1)
        });
        for structure in &block.body {
            let span = structure.span().unwrap_or(at..at);
            let comments = self.comments(at..span.start, &mut attributes);
            at = span.end;
            match structure {
                Structure::Attribute(attribute) => {
                    at = attribute.value.span().map_or(at, |span| span.end);
                    self.item(
                        comments,
                        attribute.key.as_str().to_owned(),
                        &attribute.value,
                        &mut attributes,
                    );
                }
                Structure::Block(_) => {
                    blocks.push('\n');
                    blocks.push_str(&indented(&comments));
                    blocks.extend(["  ", &self.text[span], "\n"]);
                }
            }
        }
        let last = self.comments(at..end, &mut attributes);
        hcl::items(&attributes, 2) + &indented(&last) + &blocks
    }

    /// Adds an attribute, unless it is null.
    fn item(&self, comments: Vec<String>, key: String, value: &Expression, items: &mut Vec<Item>) {
        if !value.is_null() {
            let value = self.expression(value);
            items.push(Item { comments, key, value });
        }
    }

    fn expression(&self, expression: &Expression) -> Hcl {
        match expression {
            Expression::String(text) => Hcl::Text(text.to_string()),
            Expression::Array(items) => Hcl::List(items.iter().map(|item| self.expression(item)).collect()),
            Expression::Object(object) => {
                let mut items = Vec::new();
                let mut at = object.span().map_or(0, |span| span.start + 1);
                for (key, value) in object {
                    let span = key.span().unwrap_or(at..at);
                    let comments = self.comments(at..span.start, &mut items);
                    at = value.expr().span().map_or(span.end, |span| span.end);
                    self.item(comments, self.slice(span), value.expr(), &mut items);
                }
                Hcl::Object(items)
            }
            other => Hcl::Source(other.span().map(|span| self.slice(span)).unwrap_or_default()),
        }
    }

    /// The comments in a gap between two attributes. One at the end of a line is about that line: it goes above it.
    fn comments(&self, gap: Range<usize>, items: &mut [Item]) -> Vec<String> {
        let gap = self.text.get(gap).unwrap_or_default();
        let mut lines = gap.split('\n').map(str::trim);
        let first = lines.next().map(|line| line.trim_start_matches([',', ' ']));
        if let (Some(comment), Some(item)) = (first.filter(|line| is_comment(line)), items.last_mut()) {
            item.comments.push(comment.to_owned());
        }
        lines.filter(|line| is_comment(line)).map(str::to_owned).collect()
    }

    fn slice(&self, span: Range<usize>) -> String {
        self.text.get(span).unwrap_or_default().to_owned()
    }
}

/// The lines at the indent of a block's inside.
fn indented(lines: &[String]) -> String {
    lines.iter().flat_map(|line| ["  ", line.as_str(), "\n"]).collect()
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"))
}
