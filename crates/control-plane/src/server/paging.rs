//! Which part of a list a client wants, and as of when (`ListOptions`).

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use serde_json::{Value, json};

use super::endpoints;
use super::parameters::Parameters;
use crate::go;
use crate::registry::{ListQuery, metadata};
use crate::resource::Resource;
use crate::status::{Cause, Status};
use crate::store::{Key, Page, Rest};

/// The encoding of continue tokens. Go does not mind bits that are left over at the end.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
/// The version of the format of continue tokens.
const TOKEN_VERSION: &str = "meta.k8s.io/v1";

/// The options of a list, a watch or the deletion of a collection, but for the selectors.
#[derive(Debug)]
pub(super) struct ListOptions<'a> {
    /// `resourceVersion`; empty counts as absent.
    pub(super) version: Option<&'a str>,
    matching: Option<&'a str>,
    token: Option<&'a str>,
    limit: Option<usize>,
    /// `timeoutSeconds`.
    pub(super) timeout: Option<i64>,
    /// `allowWatchBookmarks`.
    pub(super) bookmarks: bool,
    /// Whether a watch begins with what there is, and tells where that ends (`sendInitialEvents`).
    pub(super) initial: Option<bool>,
}

impl<'a> ListOptions<'a> {
    /// Reads the options, and checks nothing but that numbers are numbers.
    pub(super) fn read(parameters: &'a Parameters) -> Result<Self, Status> {
        let timeout = parameters.number("timeoutSeconds")?;
        let limit = parameters.number("limit")?;
        Ok(Self {
            version: parameters.get("resourceVersion"),
            matching: parameters.get("resourceVersionMatch"),
            token: parameters.get("continue"),
            limit: limit
                .and_then(|limit| usize::try_from(limit).ok())
                .filter(|limit| *limit > 0),
            timeout,
            bookmarks: parameters.flag("allowWatchBookmarks"),
            initial: parameters.switch("sendInitialEvents"),
        })
    }

    /// The same, of a list that is read in pages, whatever the client says.
    pub(super) fn in_pages(mut self) -> Self {
        self.limit.get_or_insert(usize::MAX);
        self
    }

    /// Checks the options of a list.
    pub(super) fn check_list(&self) -> Result<(), Status> {
        let mut problems = Vec::new();
        let mut forbidden = |field, why| problems.push(Cause::forbidden(field, why));
        if let Some(matching) = self.matching {
            let field = "resourceVersionMatch";
            if self.version.is_none() {
                forbidden(
                    field,
                    "resourceVersionMatch is forbidden unless resourceVersion is provided",
                );
            }
            if self.token.is_some() {
                forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
            }
            if matching == "Exact" && self.version == Some("0") {
                forbidden(
                    field,
                    "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                );
            }
            if !matches!(matching, "Exact" | "NotOlderThan") {
                let supported = ["Exact", "NotOlderThan", ""];
                problems.push(Cause::not_supported(field, format!("{matching:?}"), &supported));
            }
        }
        if self.initial.is_some() {
            problems.push(Cause::forbidden(
                "sendInitialEvents",
                "sendInitialEvents is forbidden for list",
            ));
        }
        refuse(problems)
    }

    /// Checks the options of a watch, after filling in their defaults: a watch without a version begins with the objects that
    /// exist.
    pub(super) fn check_watch(&mut self) -> Result<(), Status> {
        if self.initial.is_none() && self.matching.is_none() && matches!(self.version, None | Some("0")) {
            self.initial = Some(true);
            self.matching = Some("NotOlderThan");
        }
        let field = "resourceVersionMatch";
        let mut problems = Vec::new();
        let mut forbidden = |why| problems.push(Cause::forbidden(field, why));
        if self.initial.is_some() && self.matching != Some("NotOlderThan") {
            forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        if let Some(matching) = self.matching {
            if self.initial.is_none() {
                forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            }
            if matching != "NotOlderThan" {
                problems.push(Cause::not_supported(field, format!("{matching:?}"), &["NotOlderThan"]));
            }
            if self.token.is_some() {
                let why = "resourceVersionMatch is forbidden when continue is provided";
                problems.push(Cause::forbidden(field, why));
            }
        }
        refuse(problems)
    }

    /// Limits a list to what the options say; `current` is the version of now.
    pub(super) fn limit(&self, query: &mut ListQuery, current: u64, source: Source) -> Result<(), Status> {
        // What is asked of no version in particular comes from a cache, which has always ignored limits.
        query.limit = self.limit.filter(|_| self.version != Some("0"));
        if let Some(token) = self.token {
            let place = Place::read(token, query.namespace.as_deref())
                .map_err(|why| Status::bad_request(format!("invalid continue token: {why}")))?;
            if self.version.is_some_and(|version| version != "0") {
                return Err(Status::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            query.at = place.at;
            query.from = Some(place.from);
            query.count = place.left;
            return Ok(());
        }
        let Some(version) = self.version else {
            return Ok(());
        };
        let asked =
            parse_version(version).map_err(|why| Status::bad_request(format!("invalid resource version: {why}")))?;
        if asked > current {
            let is_cached = query.limit.is_none() && self.matching != Some("Exact");
            let source = if is_cached { source } else { Source::Storage };
            return Err(too_large(asked, current, source));
        }
        let exactly = match self.matching {
            Some(matching) => matching == "Exact",
            // Before clients could say what they mean, a limit made the version an exact one.
            None => query.limit.is_some() && asked > 0,
        };
        query.at = exactly.then_some(asked);
        Ok(())
    }
}

fn refuse(problems: Vec<Cause>) -> Result<(), Status> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid_options("ListOptions", problems))
    }
}

/// A place in a list, and in time.
#[derive(Debug)]
struct Place {
    /// As of this version instead of now.
    at: Option<u64>,
    /// Only this key and what comes after it.
    from: Key,
    /// How many objects there are from here on, where it was counted.
    left: Option<usize>,
}

impl Place {
    /// Reads a continue token of a list of one namespace, or of all.
    fn read(token: &str, namespace: Option<&str>) -> Result<Self, String> {
        let json = BASE64
            .decode(token)
            .map_err(|error| format!("continue key is not valid: {}", base64_error(token, &error)))?;
        let token: Value = serde_json::from_slice(&json)
            .map_err(|error| format!("continue key is not valid: {}", json_error(&json, &error)))?;
        let version = token["v"].as_str().unwrap_or_default();
        if version != TOKEN_VERSION {
            return Err(format!(
                "continue key is not valid: server does not recognize this encoded version {version}"
            ));
        }
        let at = token["rv"].as_i64().unwrap_or_default();
        if at == 0 {
            return Err(format!(
                "continue key is not valid: incorrect encoded start resourceVersion (version {TOKEN_VERSION})"
            ));
        }
        let start = token["start"].as_str().unwrap_or_default();
        if start.is_empty() {
            return Err(format!(
                "continue key is not valid: encoded start key empty (version {TOKEN_VERSION})"
            ));
        }
        let path = start.strip_prefix('/').unwrap_or(start);
        if path.split('/').any(|step| matches!(step, "" | "." | "..")) {
            return Err(format!("continue key is not valid: {start}"));
        }
        let from = match namespace {
            Some(namespace) => Key::new(namespace, path),
            None => match path.split_once('/') {
                Some((namespace, name)) => Key::new(namespace, name),
                // What has no namespace has only a name; what has one sorts after the bare namespace either way.
                None => Key::new("", path),
            },
        };
        Ok(Self {
            // A negative version means "as of now": what is offered after the version asked for has expired.
            at: u64::try_from(at).ok(),
            from,
            left: token["left"].as_u64().and_then(|left| usize::try_from(left).ok()),
        })
    }

    /// The token, relative to the namespace that the list is of, if it is of one.
    fn token(&self, namespace: Option<&str>) -> String {
        let Key { namespace: own, name } = &self.from;
        let start = if namespace.is_some() || own.is_empty() {
            name.clone()
        } else {
            format!("{own}/{name}")
        };
        let rv = self.at.map_or(Value::from(-1), Value::from);
        let mut token = json!({"v": TOKEN_VERSION, "rv": rv, "start": start});
        if let Some(left) = self.left {
            token["left"] = left.into();
        }
        BASE64.encode(token.to_string())
    }
}

/// What Go says of text that is not base64.
fn base64_error(text: &str, error: &base64::DecodeError) -> String {
    let at = match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        _ => text.len().saturating_sub(1),
    };
    format!("illegal base64 data at input byte {at}")
}

/// What Go says of text that is not JSON, where that can be told from its beginning.
fn json_error(text: &[u8], error: &serde_json::Error) -> String {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        _ if error.is_eof() => "unexpected end of JSON input".to_owned(),
        Some(byte) if !b"{[\"-0123456789tfn".contains(byte) => {
            let quoted = match char::from(*byte) {
                '\'' => "\\'".to_owned(),
                '\\' => "\\\\".to_owned(),
                c if c.is_ascii() && !c.is_control() => c.to_string(),
                c if c.is_ascii() => format!("\\x{byte:02x}"),
                c if c.is_control() || *byte == 0xa0 || *byte == 0xad => format!("\\u{byte:04x}"),
                c => c.to_string(),
            };
            format!("invalid character '{quoted}' looking for beginning of value")
        }
        _ => error.to_string(),
    }
}

/// The metadata of a page: its version, and how to get the next one.
pub(super) fn list_metadata(resource: &Resource, query: &ListQuery, page: &Page) -> Value {
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if endpoints::of(resource).writes_empty_token() {
        metadata["continue"] = "".into();
    }
    let left = match page.rest {
        Rest::Nothing => return metadata,
        Rest::Counted(left) => Some(left),
        // With a selector the API server does not know how many there are.
        Rest::Uncounted => None,
    };
    if let Some(last) = page.items.last() {
        let mut from = metadata::key(resource, &last.value);
        // The key that comes next after the last, whatever it is.
        from.name.push('\0');
        let place = Place {
            at: Some(page.version),
            from,
            left,
        };
        metadata["continue"] = place.token(query.namespace.as_deref()).into();
    }
    if let Some(left) = left {
        metadata["remainingItemCount"] = left.into();
    }
    metadata
}

/// 410 for a list as of a version that is forgotten; a list that was begun comes with a token that goes on as of now.
pub(super) fn expired(query: &ListQuery) -> Status {
    let Some(from) = &query.from else {
        return Status::expired("The resourceVersion for the provided list is too old.");
    };
    let place = Place {
        at: None,
        from: from.clone(),
        left: None,
    };
    Status::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of the \
         results. Continuing with the provided token results in an inconsistent list - objects that were created, \
         modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    )
    .continuing_with(place.token(query.namespace.as_deref()))
}

/// Reads a resource version, or says in the API server's words why it is none.
pub(super) fn parse_version(text: &str) -> Result<u64, String> {
    go::parse_uint(text).map_err(|why| format!("resourceVersion: Invalid value: {}: {why}", go::Quoted(text)))
}

/// Where kube-apiserver reads objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In its cache, which may be behind: a version that is not there yet may come.
    Cache,
    /// In etcd, which has every version there is.
    Storage,
}

/// 504: the version asked for has not happened yet.
pub(super) fn too_large(asked: u64, current: u64, source: Source) -> Status {
    let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
    let status = Status::new(504, "Timeout", message).because(Cause {
        reason: "ResourceVersionTooLarge",
        message: "Too large resource version".to_owned(),
        field: String::new(),
    });
    match source {
        Source::Cache => status.retry_after(1),
        Source::Storage => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_none_is_refused_in_the_words_of_the_api_server() {
        let encoded = |json: &str| BASE64.encode(json);
        for (token, why) in [
            (
                "nonsense".to_owned(),
                "continue key is not valid: invalid character '\\u009e' looking for beginning of value",
            ),
            (
                "!!".to_owned(),
                "continue key is not valid: illegal base64 data at input byte 0",
            ),
            (encoded("{"), "continue key is not valid: unexpected end of JSON input"),
            (
                encoded(r#"{"v":"v2","rv":5,"start":"a"}"#),
                "continue key is not valid: server does not recognize this encoded version v2",
            ),
            (
                encoded(r#"{"v":"meta.k8s.io/v1","start":"a"}"#),
                "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            ),
            (
                encoded(r#"{"v":"meta.k8s.io/v1","rv":5}"#),
                "continue key is not valid: encoded start key empty (version meta.k8s.io/v1)",
            ),
            (
                encoded(r#"{"v":"meta.k8s.io/v1","rv":5,"start":"../a"}"#),
                "continue key is not valid: ../a",
            ),
        ] {
            assert_eq!(Place::read(&token, Some("ns")).unwrap_err(), why, "{token}");
        }
    }

    #[test]
    fn a_token_is_relative_to_what_is_listed() {
        for (namespace, token, from) in [
            (
                Some("ns"),
                r#"{"v":"meta.k8s.io/v1","rv":5,"start":"a\u0000"}"#,
                ("ns", "a\0"),
            ),
            (
                None,
                r#"{"v":"meta.k8s.io/v1","rv":-1,"start":"ns/a\u0000"}"#,
                ("ns", "a\0"),
            ),
            (None, r#"{"v":"meta.k8s.io/v1","rv":5,"start":"a\u0000"}"#, ("", "a\0")),
        ] {
            let place = Place::read(&BASE64.encode(token), namespace).unwrap();
            assert_eq!(place.from, Key::new(from.0, from.1));
            let again = Place::read(&place.token(namespace), namespace).unwrap();
            assert_eq!((again.from, again.at), (place.from, place.at));
        }
    }
}
