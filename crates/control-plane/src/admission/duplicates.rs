//! Fields that a JSON text gives twice.
//!
//! Follows `sigs.k8s.io/json`: a field is reported once however often it comes, in the order of the text.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The fields that a JSON text gives more than once, as `duplicate field "spec.replicas"` (for
/// [`check_fields`](super::check_fields)). A text that is not JSON has none.
pub fn duplicate_fields(raw: &str) -> Vec<String> {
    let mut found = Found::default();
    let node = Node {
        path: String::new(),
        found: &mut found,
    };
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    // What cannot be read is reported by whoever reads it for its content.
    let _ = node.deserialize(&mut deserializer);
    found.problems
}

/// The problems in the order in which they were found, each once.
#[derive(Default)]
struct Found {
    problems: Vec<String>,
    known: HashSet<String>,
}

impl Found {
    fn add(&mut self, problem: String) {
        if self.known.insert(problem.clone()) {
            self.problems.push(problem);
        }
    }
}

struct Node<'f> {
    path: String,
    found: &'f mut Found,
}

impl Node<'_> {
    fn below(&mut self, path: String) -> Node<'_> {
        Node {
            path,
            found: self.found,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let separator = if self.path.is_empty() { "" } else { "." };
            let path = format!("{}{separator}{name}", self.path);
            if !seen.insert(name) {
                self.found.add(format!("duplicate field {path:?}"));
            }
            map.next_value_seed(self.below(path))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        loop {
            let path = format!("{}[{index}]", self.path);
            if items.next_element_seed(self.below(path))?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
