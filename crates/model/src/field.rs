//! Paths to the fields of an API object, as the API server prints them and people type them.
//!
//! Three notations are read: the one of validation causes (`spec.containers[0].ports[1].hostIP`, map keys as
//! `limits[cpu]`), the one of server-side apply's conflicts (`.spec.containers[name="app"].image`), and the keys of
//! `managedFields` (`f:spec`, `k:{"name":"app"}`). One is printed, without the leading dot.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::schema::{Kind, Schema};

/// A path from the root of an API object to one of its fields.
///
/// `"spec.template.spec.containers[0].image".parse()` and [`Path::field`], [`Path::index`], [`Path::key`] build the
/// same paths. The empty path is the object itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path {
    segments: Vec<Segment>,
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A field of an object: `.image`.
    Field(String),
    /// An item of a list, counted from 0: `[0]`.
    Index(usize),
    /// An entry of a map: `[cpu]`.
    Key(String),
    /// The item of a list that has these values: `[name="app"]`, `[containerPort=80,protocol="TCP"]`. An empty field
    /// name stands for the item itself, as in a list of scalars: `[="a"]`.
    Match(Vec<(String, Value)>),
}

impl Path {
    /// The path of the object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of the field `name` of the object here.
    #[must_use]
    pub fn field(&self, name: impl Into<String>) -> Self {
        self.join(Segment::Field(name.into()))
    }

    /// The path of item `index` of the list here.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Segment::Index(index))
    }

    /// The path of the entry `key` of the map here.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.join(Segment::Key(key.into()))
    }

    /// The path one step further.
    #[must_use]
    pub fn join(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        segments.extend_from_slice(&self.segments);
        segments.push(segment);
        Self { segments }
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The last step; none at the root.
    pub fn last(&self) -> Option<&Segment> {
        self.segments.last()
    }

    /// Whether this is the object itself.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// The path without its last step; none at the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.segments.split_last()?;
        Some(Self {
            segments: parents.to_vec(),
        })
    }

    /// Whether this is `ancestor` or lies below it.
    pub fn starts_with(&self, ancestor: &Path) -> bool {
        self.segments.starts_with(&ancestor.segments)
    }

    /// The value found at this path in `object`.
    pub fn find<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        self.segments.iter().try_fold(object, |value, segment| match segment {
            Segment::Field(name) | Segment::Key(name) => value.get(name),
            Segment::Index(index) => value.get(index),
            Segment::Match(wanted) => value.as_array()?.iter().find(|item| matches(item, wanted)),
        })
    }

    /// The same path with each map key told from a field, which only the schema knows.
    ///
    /// Conflicts of server-side apply print `metadata.labels.app.kubernetes.io/name`, where all that follows `labels`
    /// is a single key. Steps that the schema does not know are kept as they are.
    #[must_use]
    pub fn in_schema(&self, schema: &Schema) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len());
        let mut node = Some(schema);
        let mut rest = self.segments.as_slice();
        while let Some((segment, following)) = rest.split_first() {
            rest = following;
            let resolved = match (node.map(|node| &node.kind), segment) {
                (Some(Kind::Map { values }), Segment::Field(name)) => {
                    let mut key = name.clone();
                    let scalar = !matches!(values.kind, Kind::Object { .. } | Kind::Map { .. } | Kind::List { .. });
                    while let (true, Some((Segment::Field(more), following))) = (scalar, rest.split_first()) {
                        key = format!("{key}.{more}");
                        rest = following;
                    }
                    Segment::Key(key)
                }
                // A key of digits is printed like the position of an item.
                (Some(Kind::Map { .. }), Segment::Index(number)) => Segment::Key(number.to_string()),
                _ => segment.clone(),
            };
            node = node.and_then(|node| match (&node.kind, &resolved) {
                (Kind::Object { properties, .. }, Segment::Field(name)) => properties.get(name),
                (Kind::Map { values }, Segment::Key(_)) => Some(values.as_ref()),
                (Kind::List { items, .. }, Segment::Index(_) | Segment::Match(_)) => Some(items.as_ref()),
                _ => None,
            });
            segments.push(resolved);
        }
        Self { segments }
    }
}

impl Segment {
    /// Reads a key of `managedFields`: `f:image`, `k:{"name":"app"}`, `v:"a"`, `i:0`. None for `.`, which stands for
    /// the object itself, and for anything else.
    pub fn from_managed_fields(key: &str) -> Option<Self> {
        let (kind, rest) = key.split_once(':')?;
        match kind {
            "f" => Some(Self::Field(rest.to_owned())),
            "i" => rest.parse().ok().map(Self::Index),
            "v" => Some(Self::Match(vec![(String::new(), serde_json::from_str(rest).ok()?)])),
            "k" => match serde_json::from_str(rest).ok()? {
                Value::Object(fields) => Some(Self::Match(fields.into_iter().collect())),
                _ => None,
            },
            _ => None,
        }
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self {
            segments: segments.into_iter().collect(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            if position > 0 && matches!(segment, Segment::Field(name) if is_plain_field(name)) {
                f.write_str(".")?;
            }
            write!(f, "{segment}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) if is_plain_field(name) => f.write_str(name),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) | Self::Field(key) if is_plain_key(key) => write!(f, "[{key}]"),
            Self::Key(key) | Self::Field(key) => write!(f, "[{}]", Value::from(key.as_str())),
            Self::Match(wanted) => {
                f.write_str("[")?;
                for (position, (name, value)) in wanted.iter().enumerate() {
                    let comma = if position > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={value}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// A text that is not a field path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a field path: {why} at character {position}")]
pub struct ParseError {
    text: String,
    why: &'static str,
    position: usize,
}

impl FromStr for Path {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let failure = |why: &'static str, rest: &str| ParseError {
            text: text.to_owned(),
            why,
            position: text[..text.len() - rest.len()].chars().count() + 1,
        };
        let mut segments = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let end = closing_bracket(inside).ok_or_else(|| failure("a bracket is not closed", rest))?;
                segments.push(parse_bracket(&inside[..end]).map_err(|why| failure(why, inside))?);
                rest = &inside[end + 1..];
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(failure("a field name is missing", rest));
                }
                segments.push(Segment::Field(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            match rest.strip_prefix('.') {
                Some("") => return Err(failure("a field name is missing", "")),
                Some(following) => rest = following,
                None if rest.is_empty() || rest.starts_with('[') => {}
                None => return Err(failure("a dot is missing", rest)),
            }
        }
        Ok(Self { segments })
    }
}

/// Where the bracket that has been opened is closed, strings inside it skipped. A quote that opens no string is a part of a
/// key, which the API server prints as it is.
fn closing_bracket(inside: &str) -> Option<usize> {
    unquoted(inside, ']').next().or_else(|| inside.find(']'))
}

/// The positions of `wanted` outside of JSON strings.
fn unquoted(text: &str, wanted: char) -> impl Iterator<Item = usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().filter_map(move |(position, c)| {
        let found = !quoted && c == wanted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        found.then_some(position)
    })
}

fn parse_bracket(inside: &str) -> Result<Segment, &'static str> {
    if inside.is_empty() {
        return Err("a bracket is empty");
    }
    if inside.starts_with('"') {
        return serde_json::from_str(inside)
            .map(Segment::Key)
            .map_err(|_| "a quoted key is not a JSON string");
    }
    if inside.bytes().all(|byte| byte.is_ascii_digit()) {
        return inside.parse().map(Segment::Index).map_err(|_| "an index is too big");
    }
    if unquoted(inside, '=').next().is_none() {
        return Ok(Segment::Key(inside.to_owned()));
    }
    let mut wanted = Vec::new();
    let mut start = 0;
    for end in unquoted(inside, ',').chain([inside.len()]) {
        let (name, value) = inside[start..end].split_once('=').ok_or("a value is missing")?;
        let value = value.trim();
        // People leave the quotes out: `[name=app]`.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        wanted.push((name.trim().to_owned(), value));
        start = end + 1;
    }
    Ok(Segment::Match(wanted))
}

fn matches(item: &Value, wanted: &[(String, Value)]) -> bool {
    wanted.iter().all(|(name, value)| {
        let found = if name.is_empty() { Some(item) } else { item.get(name) };
        found == Some(value)
    })
}

/// Whether a field's name can be printed after a dot and read back.
fn is_plain_field(name: &str) -> bool {
    !name.is_empty() && !name.contains(['.', '[', ']', '"'])
}

/// Whether a map key can be printed in brackets as it is and read back as the same key.
fn is_plain_key(key: &str) -> bool {
    !key.is_empty() && !key.contains(['[', ']', '"', '=']) && !key.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::schema;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    fn equals(name: &str, value: Value) -> (String, Value) {
        (name.to_owned(), value)
    }

    #[test]
    fn the_notations_of_the_api_are_read() {
        let container = path("spec.template.spec.containers");
        let cases = [
            ("", Path::root()),
            (".", Path::root()),
            (".spec.replicas", Path::root().field("spec").field("replicas")),
            (
                "spec.template.spec.containers[0].ports[1].hostIP",
                container.index(0).field("ports").index(1).field("hostIP"),
            ),
            (
                ".spec.template.spec.containers[name=\"a]b\"].image",
                container
                    .join(Segment::Match(vec![equals("name", json!("a]b"))]))
                    .field("image"),
            ),
            (
                "ports[containerPort=80,protocol=TCP]",
                path("ports").join(Segment::Match(vec![
                    equals("containerPort", json!(80)),
                    equals("protocol", json!("TCP")),
                ])),
            ),
            (
                "finalizers[=\"a/b\"]",
                path("finalizers").join(Segment::Match(vec![equals("", json!("a/b"))])),
            ),
            ("limits[cpu]", path("limits").key("cpu")),
            (
                "labels[app.kubernetes.io/name].x",
                path("labels").key("app.kubernetes.io/name").field("x"),
            ),
            ("data[\"0\"]", path("data").key("0")),
            ("data[a\"b].c", path("data").key("a\"b").field("c")),
        ];
        for (text, expected) in cases {
            assert_eq!(path(text), expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_parse_is_explained() {
        for (text, expected) in [
            (
                "a..b",
                "\"a..b\" is not a field path: a field name is missing at character 3",
            ),
            (
                "a.",
                "\"a.\" is not a field path: a field name is missing at character 3",
            ),
            (
                "a[0",
                "\"a[0\" is not a field path: a bracket is not closed at character 2",
            ),
            ("a[]", "\"a[]\" is not a field path: a bracket is empty at character 3"),
            (
                "a[0]b",
                "\"a[0]b\" is not a field path: a dot is missing at character 5",
            ),
            (
                "a[b=1,c]",
                "\"a[b=1,c]\" is not a field path: a value is missing at character 3",
            ),
        ] {
            assert_eq!(text.parse::<Path>().unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn keys_of_managed_fields_are_segments() {
        for (key, expected) in [
            ("f:image", Some(Segment::Field("image".into()))),
            (
                "f:app.kubernetes.io/name",
                Some(Segment::Field("app.kubernetes.io/name".into())),
            ),
            (
                "k:{\"name\":\"app\"}",
                Some(Segment::Match(vec![equals("name", json!("app"))])),
            ),
            ("v:\"a\"", Some(Segment::Match(vec![equals("", json!("a"))]))),
            ("i:3", Some(Segment::Index(3))),
            (".", None),
            ("x:1", None),
        ] {
            assert_eq!(Segment::from_managed_fields(key), expected, "{key}");
        }
    }

    #[test]
    fn the_schema_tells_map_keys_from_fields() {
        for (text, expected) in [
            (
                ".metadata.labels.app.kubernetes.io/name",
                "metadata.labels[app.kubernetes.io/name]",
            ),
            (
                ".spec.template.spec.containers[name=\"app\"].resources.limits.cpu",
                "spec.template.spec.containers[name=\"app\"].resources.limits[cpu]",
            ),
            (
                "spec.template.spec.nodeSelector[7]",
                "spec.template.spec.nodeSelector[\"7\"]",
            ),
            (".spec.provider.size.cpu", "spec.provider.size.cpu"),
            (".spec.unknown.field", "spec.unknown.field"),
        ] {
            assert_eq!(path(text).in_schema(schema::workload()).to_string(), expected);
        }
    }

    #[test]
    fn a_path_finds_its_value() {
        let object = json!({ "spec": { "containers": [{ "name": "a" }, { "name": "b", "image": "nginx" }] } });
        for text in [
            "spec.containers[1].image",
            "spec.containers[name=\"b\"].image",
            "spec[containers][1][image]",
        ] {
            assert_eq!(path(text).find(&object), Some(&json!("nginx")), "{text}");
        }
        assert_eq!(path("spec.containers[name=\"c\"]").find(&object), None);
    }

    fn any_segment() -> impl Strategy<Value = Segment> {
        prop_oneof![
            "[a-zA-Z][a-zA-Z0-9]{0,8}".prop_map(Segment::Field),
            any::<usize>().prop_map(Segment::Index),
            ".{1,12}".prop_map(Segment::Key),
            prop::collection::vec(("[a-zA-Z]{1,8}", ".{0,8}".prop_map(Value::from)), 1..3).prop_map(Segment::Match),
        ]
    }

    proptest! {
        #[test]
        fn every_path_is_read_back_as_printed(segments in prop::collection::vec(any_segment(), 0..6)) {
            let path: Path = segments.into_iter().collect();
            prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _: Result<Path, ParseError> = text.parse();
        }
    }
}
