//! The native syntax (`.tf`), as its parser reads it.

use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::expr::{self, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::Template;
use hcl_edit::visit::{self, Visit};

use super::expression::{Entry, Expression, Kind, Reference, Spot, Step};
use super::module::{Call, Contents, Subject, SubjectKind};
use crate::document::Place;

/// What a file declares that matters here; none for a file that cannot be parsed, which the CLI reports itself.
pub(super) fn read(file: &Arc<str>, text: &str) -> Option<Contents> {
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let source = Source::new(file, text);
    let mut contents = Contents::default();
    for block in body.blocks() {
        let label = |index: usize| block.labels.get(index).map(|label| label.as_str().to_owned());
        match (block.ident.as_str(), label(0), label(1)) {
            (kind, Some(of), Some(name)) => {
                if let Some(kind) = SubjectKind::named(kind, &of) {
                    contents.subjects.push(source.subject(kind, name, block));
                }
            }
            ("locals", None, None) => {
                let locals = block.body.attributes();
                let locals = locals.map(|local| (local.key.as_str().to_owned(), source.expression(&local.value)));
                contents.locals.extend(locals);
            }
            ("module", Some(name), None) => contents.calls.push(Call {
                name,
                source: (block.body.get_attribute("source")).and_then(|source| Some(source.value.as_str()?.to_owned())),
            }),
            _ => {}
        }
    }
    contents.references = source.references(&body);
    Some(contents)
}

/// A text that stands within a JSON string at `spot`: its references, and its expression if it is one interpolation alone.
pub(super) fn template(text: &str, spot: &Spot) -> Option<(Kind, Vec<Reference>)> {
    let template = hcl_edit::parser::parse_template(text).ok()?;
    let source = Source {
        file: Arc::clone(&spot.file),
        lines: Lines::At(spot.place),
    };
    let kind = match template.as_single_element() {
        Some(hcl_edit::template::Element::Interpolation(only)) => source.expression(&only.expr).kind,
        Some(hcl_edit::template::Element::Literal(text)) => Kind::Scalar(text.to_string()),
        _ => Kind::Opaque,
    };
    let mut references = References {
        source: &source,
        found: Vec::new(),
    };
    references.visit_template(&template as &Template);
    Some((kind, references.found))
}

/// A file that is being read.
struct Source {
    file: Arc<str>,
    lines: Lines,
}

/// How places are found.
enum Lines {
    /// By the offsets at which lines begin, in the text of the file.
    Of(String, Vec<usize>),
    /// A text within a JSON string: all of it is at the string.
    At(Place),
}

impl Source {
    fn new(file: &Arc<str>, text: &str) -> Source {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Source {
            file: Arc::clone(file),
            lines: Lines::Of(text.to_owned(), std::iter::once(0).chain(breaks).collect()),
        }
    }

    fn spot(&self, node: &impl Span) -> Spot {
        let offset = node.span().map(|span| span.start).unwrap_or_default();
        let place = match &self.lines {
            Lines::Of(text, starts) => {
                let line = starts.partition_point(|start| *start <= offset);
                let start = starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
                let column = text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
                Place { line, column, offset }
            }
            Lines::At(place) => Place {
                offset: place.offset + offset,
                ..*place
            },
        };
        Spot {
            file: Arc::clone(&self.file),
            place,
        }
    }

    fn subject(&self, kind: SubjectKind, name: String, block: &Block) -> Subject {
        let attributes = block.body.attributes().map(|attribute| Entry {
            spot: self.spot(&attribute.key),
            name: Some(attribute.key.as_str().to_owned()),
            value: self.expression(&attribute.value),
        });
        Subject {
            kind,
            name,
            attributes: attributes.collect(),
        }
    }

    fn references(&self, body: &Body) -> Vec<Reference> {
        let mut references = References {
            source: self,
            found: Vec::new(),
        };
        references.visit_body(body);
        references.found
    }

    fn expression(&self, expression: &expr::Expression) -> Expression {
        use expr::Expression as Hcl;
        let kind = match expression {
            Hcl::Null(_) => Kind::Null,
            Hcl::Bool(bool) => Kind::Scalar(bool.to_string()),
            Hcl::Number(number) => Kind::Scalar(number.value().to_string()),
            Hcl::String(text) => Kind::Scalar(text.to_string()),
            Hcl::Array(items) => Kind::Tuple(items.iter().map(|item| self.expression(item)).collect()),
            Hcl::Object(object) => Kind::Object(
                object
                    .iter()
                    .map(|(key, value)| Entry {
                        spot: self.spot(key),
                        name: key_name(key),
                        value: self.expression(value.expr()),
                    })
                    .collect(),
            ),
            Hcl::Parenthesis(inner) => return self.expression(inner.inner()),
            Hcl::Conditional(choice) => Kind::Any(vec![
                self.expression(&choice.true_expr),
                self.expression(&choice.false_expr),
            ]),
            // With `...` the values are lists of what is written.
            Hcl::ForExpr(each) if !each.grouping => Kind::Each(Box::new(self.expression(&each.value_expr))),
            Hcl::FuncCall(call) => self.call(call),
            Hcl::Traversal(traversal) => self.traversal(traversal),
            Hcl::StringTemplate(template) => match template.as_single_element() {
                // "${x}" is x.
                Some(hcl_edit::template::Element::Interpolation(only)) => return self.expression(&only.expr),
                _ => Kind::Opaque,
            },
            Hcl::ForExpr(_) | Hcl::HeredocTemplate(_) | Hcl::Variable(_) | Hcl::UnaryOp(_) | Hcl::BinaryOp(_) => {
                Kind::Opaque
            }
        };
        Expression {
            spot: self.spot(expression),
            kind,
        }
    }

    /// The calls whose result has the form of their arguments.
    fn call(&self, call: &FuncCall) -> Kind {
        if call.name.is_namespaced() {
            return Kind::Opaque;
        }
        let mut arguments: Vec<Expression> = call.args.iter().map(|argument| self.expression(argument)).collect();
        if call.args.expand_final() {
            // What is spread stands for arguments that are its items.
            if let Some(last) = arguments.pop() {
                let spot = last.spot.clone();
                let kind = Kind::Part(Box::new(last), vec![Step::Any]);
                arguments.push(Expression { spot, kind });
            }
        }
        match call.name.name.as_str() {
            "merge" | "coalesce" | "coalescelist" | "try" | "tolist" | "tomap" | "sensitive" | "nonsensitive" => {
                Kind::Any(arguments)
            }
            "concat" | "flatten" | "distinct" | "reverse" | "toset" => Kind::Flattened(arguments),
            "lookup" => {
                let mut arguments = arguments.into_iter();
                let values = arguments.next().map(|map| Expression {
                    spot: map.spot.clone(),
                    kind: Kind::Part(Box::new(map), vec![Step::Any]),
                });
                Kind::Any(values.into_iter().chain(arguments.skip(1)).collect())
            }
            _ => Kind::Opaque,
        }
    }

    fn traversal(&self, traversal: &Traversal) -> Kind {
        if let Some(reference) = self.reference(traversal) {
            return Kind::Local(reference);
        }
        let is_value = !matches!(traversal.expr, expr::Expression::Variable(_));
        match steps(&traversal.operators) {
            (steps, true) if is_value => Kind::Part(Box::new(self.expression(&traversal.expr)), steps),
            _ => Kind::Opaque,
        }
    }

    /// The local value that the traversal is about. Where its steps end in what cannot be seen, the last is [`Step::Any`].
    fn reference(&self, traversal: &Traversal) -> Option<Reference> {
        let expr::Expression::Variable(root) = &traversal.expr else {
            return None;
        };
        let (first, rest) = traversal.operators.split_first()?;
        let TraversalOperator::GetAttr(name) = first.value() else {
            return None;
        };
        (root.as_str() == "local").then(|| Reference {
            spot: self.spot(traversal),
            name: name.as_str().to_owned(),
            steps: steps(rest).0,
        })
    }
}

/// The steps, and whether they are all that the operators do: a splat makes a list of what it finds.
fn steps(operators: &[hcl_edit::Decorated<TraversalOperator>]) -> (Vec<Step>, bool) {
    let mut steps = Vec::with_capacity(operators.len());
    for operator in operators {
        steps.push(match operator.value() {
            TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
            TraversalOperator::Index(expr::Expression::String(name)) => Step::Name(name.to_string()),
            TraversalOperator::Index(expr::Expression::Number(number)) => number
                .as_u64()
                .and_then(|index| usize::try_from(index).ok())
                .map_or(Step::Any, Step::Index),
            TraversalOperator::LegacyIndex(index) => usize::try_from(**index).map_or(Step::Any, Step::Index),
            TraversalOperator::Index(_) => Step::Any,
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                steps.push(Step::Any);
                return (steps, false);
            }
        });
    }
    (steps, true)
}

/// The key, unless it has to be evaluated.
fn key_name(key: &ObjectKey) -> Option<String> {
    let mut expression = match key {
        ObjectKey::Ident(name) => return Some(name.as_str().to_owned()),
        ObjectKey::Expression(expression) => expression,
    };
    while let expr::Expression::Parenthesis(inner) = expression {
        expression = inner.inner();
    }
    match expression {
        expr::Expression::String(name) => Some(name.to_string()),
        expr::Expression::Number(number) => Some(number.value().to_string()),
        expr::Expression::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}

/// Collects every use of a local value, wherever it is.
struct References<'s> {
    source: &'s Source,
    found: Vec<Reference>,
}

impl Visit for References<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        self.found.extend(self.source.reference(node));
        visit::visit_traversal(self, node);
    }
}
