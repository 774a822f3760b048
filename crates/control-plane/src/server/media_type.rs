//! The media types of bodies.

/// Server-side apply; JSON is YAML.
pub(super) const APPLY_PATCH: &str = "application/apply-patch+yaml";
/// RFC 6902.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
/// RFC 7386.
pub(super) const MERGE_PATCH: &str = "application/merge-patch+json";
/// A merge that knows the keys of lists.
pub(super) const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";

/// The media type of a `Content-Type` header, without parameters.
pub(super) fn bare(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}
