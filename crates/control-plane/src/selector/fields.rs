//! Field selectors (`k8s.io/apimachinery/pkg/fields`).

use serde_json::Value;

use crate::status::Status;

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
    fn field_selectors_know_only_what_is_supported() {
        let object = json!({"metadata": {"name": "a", "namespace": "ns"}, "count": 3});
        let parse = |text| Fields::parse(text, |path| path != "status.phase");
        for selector in ["metadata.name=a,metadata.namespace!=x", "count=3", "absent="] {
            assert!(parse(selector).unwrap().matches(&object), "{selector}");
        }
        assert!(!parse("metadata.name!=a").unwrap().matches(&object));
        assert_eq!(
            parse("status.phase=Running").unwrap_err().message,
            "field label not supported: status.phase"
        );
        assert_eq!(
            parse("nonsense").unwrap_err().message,
            "invalid selector: 'nonsense'; can't understand 'nonsense'"
        );
    }
}
