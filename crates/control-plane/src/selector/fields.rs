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
    /// Reads `metadata.name=web,metadata.namespace!=other`. `resolve` gives the path of a field in the stored object by
    /// the name that clients have for it, or says why it cannot be selected by.
    pub fn parse(text: &str, resolve: impl Fn(&str) -> Result<String, String>) -> Result<Self, Status> {
        let terms = split_terms(text)
            .map(|term| {
                let mut term = Term::parse(text, &term)?;
                // No field that has no value: that is everything.
                if term.path.is_empty() && term.value.is_empty() {
                    return Ok(None);
                }
                term.path = resolve(&term.path).map_err(Status::bad_request)?;
                Ok(Some(term))
            })
            .filter_map(Result::transpose)
            .collect::<Result<_, Status>>()?;
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
    fn parse(selector: &str, text: &str) -> Result<Self, Status> {
        let operator = [("!=", false), ("==", true), ("=", true)]
            .into_iter()
            .filter_map(|(symbol, equal)| text.find(symbol).map(|at| (at, symbol, equal)))
            .min_by_key(|(at, symbol, _)| (*at, usize::MAX - symbol.len()));
        let Some((at, symbol, equal)) = operator else {
            return Err(Status::bad_request(format!(
                "invalid selector: '{selector}'; can't understand '{text}'"
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
        let resolve = |path: &str| match path {
            "status.phase" => Err("field label not supported: status.phase".to_owned()),
            "total" => Ok("count".to_owned()),
            path => Ok(path.to_owned()),
        };
        let parse = |text| Fields::parse(text, resolve);
        for selector in ["metadata.name=a,metadata.namespace!=x", "total=3", "absent="] {
            assert!(parse(selector).unwrap().matches(&object), "{selector}");
        }
        assert!(!parse("metadata.name!=a").unwrap().matches(&object));
        assert_eq!(
            parse("status.phase=Running").unwrap_err().message,
            "field label not supported: status.phase"
        );
        assert_eq!(
            parse("a=b,nonsense").unwrap_err().message,
            "invalid selector: 'a=b,nonsense'; can't understand 'nonsense'"
        );
    }
}
