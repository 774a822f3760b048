//! Label selectors, read as `k8s.io/apimachinery/pkg/labels` reads them, with its complaints.

use datum_model::format;
use serde_json::Value;

use crate::status::Status;

/// The operators between a key and a value, as a complaint lists them.
const BINARY_OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

/// A label selector: all requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    GreaterThan(i64),
    LessThan(i64),
}

impl Labels {
    /// Reads `env=prod,tier in (a, b),!legacy`.
    pub fn parse(text: &str) -> Result<Self, Status> {
        Parser { rest: text }.parse().map(Self).map_err(Status::bad_request)
    }

    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the object's labels satisfy every requirement.
    pub fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.0
            .iter()
            .all(|requirement| requirement.operator.holds(labels[requirement.key.as_str()].as_str()))
    }
}

impl Operator {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|allowed| allowed == value)),
            Operator::NotIn(values) => value.is_none_or(|value| values.iter().all(|refused| refused != value)),
            Operator::Exists => value.is_some(),
            Operator::Absent => value.is_none(),
            Operator::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
            Operator::LessThan(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

/// A piece of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A key, a value or the name of an operator.
    Word(&'a str),
    /// `=`, `!`, `(` and the like.
    Symbol(&'a str),
    End,
}

impl<'a> Token<'a> {
    /// The text, empty at the end.
    fn text(self) -> &'a str {
        match self {
            Token::Word(text) | Token::Symbol(text) => text,
            Token::End => "",
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn parse(mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::Word(_) | Token::Symbol("!") => {}
                Token::End => return Ok(requirements),
                Token::Symbol(found) => {
                    return Err(format!("found '{found}', expected: !, identifier, or 'end of string'"));
                }
            }
            let requirement = self.requirement();
            requirements.push(requirement.map_err(|why| format!("unable to parse requirement: {why}"))?);
            match self.next() {
                Token::End => return Ok(requirements),
                Token::Symbol(",") => {
                    let next = self.peek();
                    if !matches!(next, Token::Word(_) | Token::Symbol("!")) {
                        return Err(format!("found '{}', expected: identifier after ','", next.text()));
                    }
                }
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
    }

    fn peek(&self) -> Token<'a> {
        Parser { rest: self.rest }.next()
    }

    fn next(&mut self) -> Token<'a> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Token::End;
        };
        let is_special = |c: char| "=!(),<>".contains(c);
        let end = if is_special(first) {
            // Only `==` and `!=` are longer than one.
            if self.rest.starts_with("==") || self.rest.starts_with("!=") {
                2
            } else {
                1
            }
        } else {
            let ends = |c: char| is_special(c) || c.is_whitespace();
            self.rest.find(ends).unwrap_or(self.rest.len())
        };
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if is_special(first) {
            Token::Symbol(text)
        } else {
            Token::Word(text)
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let is_negated = self.peek() == Token::Symbol("!");
        if is_negated {
            self.next();
        }
        let key = match self.next() {
            Token::Word(key) => key,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        complain("<nil>", key, &format::qualified_name(key))?;
        let operator = match self.peek() {
            _ if is_negated => Operator::Absent,
            Token::End | Token::Symbol(",") => Operator::Exists,
            _ => self.operator(key)?,
        };
        Ok(Requirement {
            key: key.to_owned(),
            operator,
        })
    }

    fn operator(&mut self, key: &str) -> Result<Operator, String> {
        let name = self.next().text();
        let values = match name {
            "in" | "notin" => self.values()?,
            "=" | "==" | "!=" | ">" | "<" => vec![self.exact_value()?],
            other => return Err(format!("found '{other}', expected: {BINARY_OPERATORS}")),
        };
        for (index, value) in values.iter().enumerate() {
            complain(&format!("values[{index}][{key}]"), value, &format::label_value(value))?;
        }
        let number = || {
            values[0].parse().map_err(|_| {
                let value = &values[0];
                format!("values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
            })
        };
        Ok(match name {
            "<" => Operator::LessThan(number()?),
            ">" => Operator::GreaterThan(number()?),
            "!=" | "notin" => Operator::NotIn(values),
            _ => Operator::In(values),
        })
    }

    fn exact_value(&mut self) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Word(value) => Ok(value.to_owned()),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    /// The values in brackets; two commas in a row have an empty one between them.
    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.text())),
        }
        let mut values = Vec::new();
        loop {
            let value = match self.peek() {
                Token::Word(value) => {
                    self.next();
                    value.to_owned()
                }
                Token::Symbol("," | ")") => String::new(),
                other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
            };
            if !values.contains(&value) {
                values.push(value);
            }
            match self.next() {
                Token::Symbol(",") => {}
                Token::Symbol(")") => return Ok(values),
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}

fn complain(field: &str, value: &str, problems: &[String]) -> Result<(), String> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{field}: Invalid value: {value:?}: {}", problems.join("; ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn label_selectors_select_as_kubernetes_documents() {
        let object = json!({"metadata": {"labels": {"env": "prod", "tier": "2", "app.kubernetes.io/name": "web"}}});
        for (selector, expected) in [
            ("", true),
            ("env=prod", true),
            ("env == prod , tier=2", true),
            ("env!=prod", false),
            ("other!=x", true),
            ("env in (dev, prod)", true),
            ("env notin (dev,prod)", false),
            ("env in ()", false),
            ("env", true),
            ("!env", false),
            ("!legacy", true),
            ("tier>1", true),
            ("tier<2", false),
            ("app.kubernetes.io/name=web", true),
            ("env=", false),
            ("in in (prod)", false),
        ] {
            let parsed = Labels::parse(selector).unwrap();
            assert_eq!(parsed.matches(&object), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused_in_the_words_of_the_api_server() {
        for (selector, message) in [
            ("=", "found '=', expected: !, identifier, or 'end of string'"),
            ("env=prod,", "found '', expected: identifier after ','"),
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("env in prod", "unable to parse requirement: found 'prod' expected: '('"),
            (
                "env in (prod",
                "unable to parse requirement: found '', expected: ',' or ')'",
            ),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            (
                "tier>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
            (
                "env=a:b",
                "unable to parse requirement: values[0][env]: Invalid value: \"a:b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ),
        ] {
            let error = Labels::parse(selector).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (400, message), "{selector}");
        }
    }
}
