//! Label and field selectors, as query parameters carry them.

use serde_json::Value;

use crate::status::Status;

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
        let mut requirements = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (requirement, tail) = Requirement::parse(rest)
                .map_err(|why| Status::bad_request(format!("unable to parse requirement: {why}")))?;
            requirements.push(requirement);
            rest = tail;
        }
        Ok(Self(requirements))
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

impl Requirement {
    /// Reads one requirement and the comma after it.
    fn parse(text: &str) -> Result<(Self, &str), String> {
        let (absent, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let end = text
            .find([',', '=', '!', '<', '>', ' ', '(', ')'])
            .unwrap_or(text.len());
        let (key, rest) = (text[..end].trim(), text[end..].trim_start());
        if key.is_empty() {
            let found = rest.chars().next().map(String::from).unwrap_or_default();
            return Err(format!("found '{found}', expected: !, identifier, or 'end of string'"));
        }
        if !is_label_key(key) {
            return Err(format!(
                "invalid label key {key:?}: a valid label key must consist of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain prefix and '/'"
            ));
        }
        let (operator, rest) = if absent {
            (Operator::Absent, rest)
        } else {
            Operator::parse(rest)?
        };
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix(',') {
            Some(tail) if tail.trim().is_empty() => {
                return Err("found '', expected: identifier after ','".to_owned());
            }
            Some(tail) => tail.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err(format!("found '{rest}', expected: ',' or 'end of string'")),
        };
        let key = key.to_owned();
        Ok((Self { key, operator }, rest))
    }
}

impl Operator {
    fn parse(text: &str) -> Result<(Self, &str), String> {
        for (symbol, negated) in [("!=", true), ("==", false), ("=", false)] {
            if let Some(rest) = text.strip_prefix(symbol) {
                let (value, rest) = word(rest);
                check_value(value)?;
                let values = vec![value.to_owned()];
                let operator = if negated {
                    Operator::NotIn(values)
                } else {
                    Operator::In(values)
                };
                return Ok((operator, rest));
            }
        }
        for (symbol, make) in [
            (">", Operator::GreaterThan as fn(i64) -> Operator),
            ("<", Operator::LessThan),
        ] {
            if let Some(rest) = text.strip_prefix(symbol) {
                let (value, rest) = word(rest);
                let number = value.parse().map_err(|_| {
                    format!(
                        "values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
                    )
                })?;
                return Ok((make(number), rest));
            }
        }
        for (name, negated) in [("notin", true), ("in", false)] {
            let Some(rest) = text.strip_prefix(name) else { continue };
            let rest = rest.trim_start();
            let Some((list, rest)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
                return Err(format!("found '{rest}', expected: '('"));
            };
            let values: Vec<String> = list.split(',').map(|value| value.trim().to_owned()).collect();
            for value in &values {
                check_value(value)?;
            }
            let operator = if negated {
                Operator::NotIn(values)
            } else {
                Operator::In(values)
            };
            return Ok((operator, rest));
        }
        if text.is_empty() || text.starts_with(',') {
            return Ok((Operator::Exists, text));
        }
        Err(format!(
            "found '{text}', expected: in, notin, =, ==, !=, gt, lt, ',' or 'end of string'"
        ))
    }
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find([',', ' ']).unwrap_or(text.len());
    (&text[..end], &text[end..])
}

fn check_value(value: &str) -> Result<(), String> {
    let valid = value.is_empty() || (value.len() <= 63 && is_name(value));
    if valid {
        return Ok(());
    }
    Err(format!(
        "values[0]: Invalid value: {value:?}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    ))
}

fn is_label_key(key: &str) -> bool {
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    !name.is_empty() && name.len() <= 63 && is_name(name)
}

fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// A field selector: all terms must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    path: String,
    value: String,
    equal: bool,
}

impl Fields {
    /// Reads `metadata.name=web,metadata.namespace!=other`; only `supported` paths may be named.
    pub fn parse(text: &str, supported: impl Fn(&str) -> bool) -> Result<Self, Status> {
        let terms = split_terms(text)
            .map(|term| {
                let term = Term::parse(&term)?;
                if supported(&term.path) {
                    Ok(term)
                } else {
                    Err(Status::bad_request(format!("field label not supported: {}", term.path)))
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self(terms))
    }

    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the object satisfies every term. An absent field equals an empty one.
    pub fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|term| {
            let found = term.path.split('.').fold(object, |node, step| &node[step]);
            let same = match found {
                Value::Null => term.value.is_empty(),
                Value::String(text) => *text == term.value,
                other => {
                    let text = other.to_string();
                    text == term.value
                }
            };
            same == term.equal
        })
    }

    /// The one name that the selector allows, if it does.
    pub fn name(&self) -> Option<&str> {
        self.0
            .iter()
            .find(|term| term.equal && term.path == "metadata.name")
            .map(|term| term.value.as_str())
    }
}

/// The terms between unescaped commas.
fn split_terms(text: &str) -> impl Iterator<Item = String> {
    let mut terms = vec![String::new()];
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            ',' => terms.push(String::new()),
            '\\' => {
                if let Some(last) = terms.last_mut() {
                    last.extend(['\\'].into_iter().chain(characters.next()));
                }
            }
            c => {
                if let Some(last) = terms.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    terms.into_iter().filter(|term| !term.is_empty())
}

impl Term {
    fn parse(text: &str) -> Result<Self, Status> {
        let operator = [("!=", false), ("==", true), ("=", true)]
            .into_iter()
            .filter_map(|(symbol, equal)| text.find(symbol).map(|at| (at, symbol, equal)))
            .min_by_key(|(at, symbol, _)| (*at, usize::MAX - symbol.len()));
        let Some((at, symbol, equal)) = operator else {
            return Err(Status::bad_request(format!(
                "invalid selector: '{text}'; can't understand '{text}'"
            )));
        };
        let value = text[at + symbol.len()..]
            .replace("\\,", ",")
            .replace("\\=", "=")
            .replace("\\\\", "\\");
        Ok(Self {
            path: text[..at].to_owned(),
            value,
            equal,
        })
    }
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
            ("env==prod,tier=2", true),
            ("env!=prod", false),
            ("other!=x", true),
            ("env in (dev, prod)", true),
            ("env notin (dev,prod)", false),
            ("env", true),
            ("!env", false),
            ("!legacy", true),
            ("tier>1", true),
            ("tier<2", false),
            ("app.kubernetes.io/name=web", true),
            ("env=", false),
        ] {
            let parsed = Labels::parse(selector).unwrap();
            assert_eq!(parsed.matches(&object), expected, "{selector}");
        }
        for wrong in ["=", "env=prod,", "env in prod", "a b", "env=$x"] {
            let error = Labels::parse(wrong).unwrap_err();
            assert_eq!((error.code, error.reason), (400, "BadRequest"), "{wrong}");
        }
    }

    #[test]
    fn field_selectors_know_only_what_is_supported() {
        let object = json!({"metadata": {"name": "a", "namespace": "ns"}, "count": 3});
        let parse = |text| Fields::parse(text, |path| path != "status.phase");
        assert!(parse("metadata.name=a,metadata.namespace!=x").unwrap().matches(&object));
        assert!(parse("count=3").unwrap().matches(&object));
        assert!(!parse("metadata.name!=a").unwrap().matches(&object));
        assert_eq!(
            parse("status.phase=Running").unwrap_err().message,
            "field label not supported: status.phase"
        );
        assert_eq!(parse("nonsense").unwrap_err().code, 400);
    }
}
