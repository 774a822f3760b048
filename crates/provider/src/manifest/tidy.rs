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
        // None for those that are left out.
        let mut attributes: Vec<Option<Item>> = Vec::new();
        let mut blocks = String::new();
        let mut at = block.span().map_or(0, |span| {
            self.text[span.start..]
                .find('{')
                .map_or(span.start, |open| span.start + open + 1)
        });
        for structure in &block.body {
            let span = structure.span().unwrap_or(at..at);
            let comments = self.comments(at..span.start, last(&mut attributes));
            at = span.end;
            match structure {
                Structure::Attribute(attribute) => {
                    at = attribute.value.span().map_or(at, |span| span.end);
                    attributes.push(self.item(comments, attribute.key.as_str().to_owned(), &attribute.value));
                }
                Structure::Block(_) => {
                    blocks.push('\n');
                    blocks.push_str(&indented(&comments));
                    blocks.extend(["  ", &self.text[span], "\n"]);
                }
            }
        }
        let end = self.comments(at..end, last(&mut attributes));
        let attributes: Vec<Item> = attributes.into_iter().flatten().collect();
        hcl::items(&attributes, 2) + &indented(&end) + &blocks
    }

    /// An attribute, unless it is null.
    fn item(&self, comments: Vec<String>, key: String, value: &Expression) -> Option<Item> {
        let value = (!value.is_null()).then(|| self.expression(value))?;
        Some(Item { comments, key, value })
    }

    fn expression(&self, expression: &Expression) -> Hcl {
        match expression {
            Expression::String(text) => Hcl::Text(text.to_string()),
            Expression::Array(items) => Hcl::List(items.iter().map(|item| self.expression(item)).collect()),
            Expression::Object(object) => {
                let mut items: Vec<Option<Item>> = Vec::new();
                let mut at = object.span().map_or(0, |span| span.start + 1);
                for (key, value) in object {
                    let span = key.span().unwrap_or(at..at);
                    let comments = self.comments(at..span.start, last(&mut items));
                    at = value.expr().span().map_or(span.end, |span| span.end);
                    items.push(self.item(comments, self.slice(span), value.expr()));
                }
                Hcl::Object(items.into_iter().flatten().collect())
            }
            other => Hcl::Source(other.span().map(|span| self.slice(span)).unwrap_or_default()),
        }
    }

    /// The comments in a gap between two attributes. One at the end of a line is about that line: it goes above it, or away
    /// with it.
    fn comments(&self, gap: Range<usize>, before: Option<&mut Item>) -> Vec<String> {
        let gap = self.text.get(gap).unwrap_or_default();
        let mut lines = gap.split('\n').map(str::trim);
        let first = lines.next().map(|line| line.trim_start_matches([',', ' ']));
        if let (Some(comment), Some(item)) = (first.filter(|line| is_comment(line)), before) {
            item.comments.push(comment.to_owned());
        }
        lines.filter(|line| is_comment(line)).map(str::to_owned).collect()
    }

    fn slice(&self, span: Range<usize>) -> String {
        self.text.get(span).unwrap_or_default().to_owned()
    }
}

/// The attribute written last, unless it is left out.
fn last(items: &mut [Option<Item>]) -> Option<&mut Item> {
    items.last_mut().and_then(Option::as_mut)
}

/// The lines at the indent of a block's inside.
fn indented(lines: &[String]) -> String {
    lines.iter().flat_map(|line| ["  ", line.as_str(), "\n"]).collect()
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn nulls_go_and_everything_else_stays() {
        let generated = r#"# __generated__ by Terraform
variable "a" {
  default = null
}

# of web
resource "datum_workload" "web" {
  provider            = datum.eu
  count = 1 # a count
  deletion_protection = null
  metadata = {
    annotations = null
    # the labels
    # of all
    labels      = { a = "b" }
    name        = "web"
  }
  spec = {
    provider = jsondecode(jsonencode({
      a = 1
    }))
    replicas = null # sensitive
    selector = {}
    template = {
      spec = {
        containers = [{
          args    = ["${var.a}", "$${b}", <<-EOT
            one
          EOT
          ]
          command = null
          env     = [{ name = "A", value = "1" }, { name = "B", value = null }]
          image   = "i"
          name    = "a"
        }, null]
        volumes = []
      }
    }
  }
  # at the end
  timeouts = null

  lifecycle {
    ignore_changes = [spec.replicas]
  }
}

resource "other" "web" {
  a = null
}
"#;
        expect![[r##"
            # __generated__ by Terraform
            variable "a" {
              default = null
            }

            # of web
            resource "datum_workload" "web" {
              provider = datum.eu
              # a count
              count    = 1
              metadata = {
                # the labels
                # of all
                labels = { a = "b" }
                name   = "web"
              }
              spec = {
                provider = jsondecode(jsonencode({
                  a = 1
                }))
                selector = {}
                template = {
                  spec = {
                    containers = [
                      {
                        args = [
                          "${var.a}",
                          "$${b}",
                          <<-EOT
                        one
                      EOT
                        ]
                        env   = [{ name = "A", value = "1" }, { name = "B" }]
                        image = "i"
                        name  = "a"
                      },
                      null,
                    ]
                    volumes = []
                  }
                }
              }

              lifecycle {
                ignore_changes = [spec.replicas]
              }
            }

            resource "other" "web" {
              a = null
            }
        "##]]
        .assert_eq(&tidy(generated).unwrap());
        assert_eq!(tidy("a = {\n").unwrap_err().split(':').next(), Some("1"));
    }
}
