//! What a client wants to get back: the encoding and the shape that its `Accept` header asks for.
//!
//! The rules are those of `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`: the clauses of the header are tried by
//! their weight, and a clause counts only when everything that it asks for can be had.

use crate::status::Status;

/// The encodings of objects that the API server names when it has none that the client accepts.
pub(super) const ENCODINGS: [&str; 3] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];

/// The encodings of a stream of objects.
pub(super) const STREAMS: [&str; 2] = [
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// JSON on one line.
    #[default]
    Json,
    /// JSON, indented for people.
    PrettyJson,
    /// YAML.
    Yaml,
}

/// The shape in which objects are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As they are.
    Object,
    /// One object's metadata.
    Metadata(MetaVersion),
    /// The metadata of the objects of a list.
    MetadataList(MetaVersion),
    /// Rows for people.
    Table(MetaVersion),
}

/// A version of the group `meta.k8s.io`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MetaVersion(&'static str);

impl MetaVersion {
    /// `meta.k8s.io/v1`, say.
    pub(super) fn api_version(self) -> String {
        format!("meta.k8s.io/{}", self.0)
    }
}

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) encoding: Encoding,
    pub(super) shape: Shape,
}

/// Where a request asks for what it wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preferences<'a> {
    /// The `Accept` header.
    pub(super) accept: &'a str,
    /// The query parameter `pretty`.
    pub(super) pretty: Option<&'a str>,
    /// The `User-Agent` header: browsers and the like get JSON that people can read.
    pub(super) user_agent: &'a str,
}

impl Preferences<'_> {
    /// What an object, or a list of them, is answered with.
    pub(super) fn for_objects(self) -> Result<Accepted, Status> {
        let accepted = self
            .negotiate(Shapes::All)
            .ok_or_else(|| Status::not_acceptable(&ENCODINGS))?;
        Ok(accepted)
    }

    /// What a watch is answered with: only JSON can be sent line by line.
    pub(super) fn for_streams(self) -> Result<Accepted, Status> {
        // The objects are negotiated before the stream of them.
        let accepted = self.for_objects()?;
        if accepted.encoding == Encoding::Yaml {
            return Err(Status::not_acceptable(&STREAMS));
        }
        Ok(accepted)
    }

    /// What a document is answered with, which has one shape.
    pub(super) fn for_documents(self) -> Result<Encoding, Status> {
        let accepted = self.negotiate(Shapes::One);
        accepted
            .map(|accepted| accepted.encoding)
            .ok_or_else(|| Status::not_acceptable(&ENCODINGS))
    }

    /// Checks that the client accepts one of these media types, as routes do before anything is negotiated: by name, or any.
    pub(super) fn check_route(self, available: &[&str]) -> Result<(), Status> {
        let accepts = |part: &str| {
            let media_type = part.split(';').next().unwrap_or_default().trim();
            media_type == "*/*" || available.contains(&media_type)
        };
        if self.accept.trim().is_empty() || self.accept.split(',').any(accepts) {
            return Ok(());
        }
        Err(Status::not_acceptable_route(available))
    }

    /// What a failure is answered with: it has one shape, and comes in JSON rather than not at all.
    pub(super) fn for_failures(self) -> Encoding {
        self.negotiate(Shapes::One)
            .map_or(Encoding::PrettyJson, |accepted| accepted.encoding)
    }

    fn negotiate(self, shapes: Shapes) -> Option<Accepted> {
        let mut clauses = clauses(self.accept);
        if clauses.is_empty() && self.accept.trim().is_empty() {
            clauses.push(Clause::ANYTHING);
        }
        let found = clauses.iter().find_map(|clause| clause.satisfied(shapes))?;
        Some(match found.encoding {
            Encoding::Json if self.is_for_people() => Accepted {
                encoding: Encoding::PrettyJson,
                ..found
            },
            _ => found,
        })
    }

    fn is_for_people(self) -> bool {
        match self.pretty {
            Some(pretty) => matches!(pretty, "1" | "t" | "T" | "true" | "TRUE" | "True"),
            None => ["curl", "Wget", "Mozilla/5.0"]
                .iter()
                .any(|agent| self.user_agent.starts_with(agent)),
        }
    }
}

/// Which shapes there are of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shapes {
    /// Every [`Shape`].
    All,
    /// Its own alone.
    One,
}

/// One clause of an `Accept` header.
#[derive(Clone, Debug)]
struct Clause<'a> {
    kind: &'a str,
    subtype: &'a str,
    weight: f32,
    parameters: Vec<(&'a str, &'a str)>,
}

impl Clause<'_> {
    const ANYTHING: Clause<'static> = Clause {
        kind: "*",
        subtype: "*",
        weight: 1.0,
        parameters: Vec::new(),
    };

    fn satisfied(&self, shapes: Shapes) -> Option<Accepted> {
        [("json", Encoding::Json), ("yaml", Encoding::Yaml)]
            .into_iter()
            .filter(|(subtype, _)| match (self.kind, self.subtype) {
                ("*" | "application", "*") => true,
                ("application", asked) => asked == *subtype,
                _ => false,
            })
            .find_map(|(_, encoding)| self.with(encoding, shapes))
    }

    fn with(&self, encoding: Encoding, shapes: Shapes) -> Option<Accepted> {
        let parameter = |name| {
            let mut found = self.parameters.iter().filter(|(key, _)| *key == name);
            found.next().map_or("", |(_, value)| *value)
        };
        let streams = match parameter("stream") {
            "" => true,
            "watch" => encoding == Encoding::Json,
            _ => false,
        };
        if !streams || !matches!(parameter("sv"), "" | "v1") {
            return None;
        }
        let version = match parameter("v") {
            "v1beta1" => "v1beta1",
            _ => "v1",
        };
        let shape = match (parameter("as"), parameter("g"), parameter("v")) {
            ("", "", "") => Shape::Object,
            (_, group, version) if group != "meta.k8s.io" || !matches!(version, "v1" | "v1beta1") => return None,
            _ if shapes == Shapes::One => return None,
            ("Table", ..) => Shape::Table(MetaVersion(version)),
            ("PartialObjectMetadata", ..) => Shape::Metadata(MetaVersion(version)),
            ("PartialObjectMetadataList", ..) => Shape::MetadataList(MetaVersion(version)),
            _ => return None,
        };
        let encoding = match encoding {
            Encoding::Json if parameter("pretty") == "1" => Encoding::PrettyJson,
            encoding => encoding,
        };
        Some(Accepted { encoding, shape })
    }
}

/// The clauses, the weightiest first and wildcards last among equals.
fn clauses(accept: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = accept.split(',').filter_map(clause).collect();
    clauses.sort_by(|a, b| {
        let wild = |clause: &Clause<'_>| (clause.kind == "*", clause.subtype == "*");
        b.weight.total_cmp(&a.weight).then_with(|| wild(a).cmp(&wild(b)))
    });
    clauses
}

fn clause(text: &str) -> Option<Clause<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let (kind, subtype) = match parts.next()? {
        "*" => ("*", "*"),
        media_type => media_type.split_once('/')?,
    };
    let mut weight = 1.0;
    let mut parameters = Vec::new();
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        match (key.trim(), value.trim()) {
            ("q", value) => weight = value.parse().unwrap_or(1.0),
            parameter => parameters.push(parameter),
        }
    }
    Some(Clause {
        kind: kind.trim(),
        subtype: subtype.trim(),
        weight,
        parameters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferences(accept: &str) -> Preferences<'_> {
        Preferences {
            accept,
            pretty: None,
            user_agent: "",
        }
    }

    #[test]
    fn the_first_clause_that_can_be_satisfied_decides() {
        let v1 = MetaVersion("v1");
        for (accept, encoding, shape) in [
            ("", Encoding::Json, Shape::Object),
            ("*/*", Encoding::Json, Shape::Object),
            ("application/*;pretty=1", Encoding::PrettyJson, Shape::Object),
            (
                "application/json;q=0.1, application/yaml",
                Encoding::Yaml,
                Shape::Object,
            ),
            ("*/*, application/yaml", Encoding::Yaml, Shape::Object),
            ("text/html, application/json", Encoding::Json, Shape::Object),
            ("application/json;stream=watch", Encoding::Json, Shape::Object),
            (
                "application/vnd.kubernetes.protobuf, application/json",
                Encoding::Json,
                Shape::Object,
            ),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
                Encoding::Json,
                Shape::Table(v1),
            ),
            (
                "application/yaml;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io",
                Encoding::Yaml,
                Shape::MetadataList(MetaVersion("v1beta1")),
            ),
            (
                "application/json;as=Chart;v=v1;g=meta.k8s.io,application/json",
                Encoding::Json,
                Shape::Object,
            ),
        ] {
            let accepted = preferences(accept).for_objects().unwrap();
            assert_eq!(accepted, Accepted { encoding, shape }, "{accept}");
        }
        for accept in [
            "text/html",
            "application/vnd.kubernetes.protobuf",
            "application/json;as=Table;v=v2;g=meta.k8s.io",
            "application/yaml;stream=watch",
            "nonsense",
        ] {
            assert_eq!(preferences(accept).for_objects().unwrap_err().code, 406, "{accept}");
        }
    }

    #[test]
    fn failures_have_one_shape_and_streams_one_encoding() {
        let table = preferences("application/json;as=Table;v=v1;g=meta.k8s.io");
        assert_eq!(table.for_failures(), Encoding::PrettyJson);
        assert_eq!(preferences("application/yaml").for_failures(), Encoding::Yaml);
        assert_eq!(preferences("application/yaml").for_streams().unwrap_err().code, 406);
        assert!(table.for_streams().is_ok());
    }

    #[test]
    fn people_get_json_that_they_can_read() {
        let curl = Preferences {
            user_agent: "curl/8.5.0",
            ..preferences("*/*")
        };
        assert_eq!(curl.for_objects().unwrap().encoding, Encoding::PrettyJson);
        let plain = Preferences {
            pretty: Some("false"),
            ..curl
        };
        assert_eq!(plain.for_objects().unwrap().encoding, Encoding::Json);
    }
}
