//! A request whose body has been read.

use bytes::Bytes;
use http::{HeaderName, Method, Request};
use hyper::body::Incoming;

use super::negotiation::Preferences;
use super::parameters::Parameters;
use crate::auth::User;

/// A request whose body has been read.
pub(super) struct Call {
    pub(super) method: Method,
    /// The path below the project's prefix.
    pub(super) path: String,
    pub(super) parameters: Parameters,
    pub(super) accept: String,
    /// The `If-None-Match` header.
    pub(super) known: String,
    pub(super) content_type: String,
    pub(super) user_agent: String,
    pub(super) user: User,
    /// The one namespace that a project's control plane shows; all of them without.
    pub(super) only_namespace: Option<String>,
    pub(super) body: Bytes,
    /// What faults are matched against: the path as it was sent, with its query.
    pub(super) full_path: String,
}

impl Call {
    /// What the client prefers to get back.
    pub(super) fn preferences(&self) -> Preferences<'_> {
        Preferences {
            accept: &self.accept,
            pretty: self.parameters.get("pretty"),
            user_agent: &self.user_agent,
        }
    }
}

/// The values of a header, as one text.
pub(super) fn header(request: &Request<Incoming>, name: HeaderName) -> String {
    request
        .headers()
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",")
}
