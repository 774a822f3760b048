//! The `Authorization` header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

/// An authorization header with a serial number, so that a refused header is not mistaken for its replacement.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) header: Option<HeaderValue>,
    pub(crate) serial: u64,
    /// When it expires, if that is known.
    pub(crate) expiry: Option<Timestamp>,
}

impl Issued {
    /// A header that does not say how long it is valid.
    pub(super) fn of(header: Option<HeaderValue>) -> Self {
        Self {
            header,
            serial: 0,
            expiry: None,
        }
    }
}

/// The header of a user with a password.
///
/// # Errors
/// What is to be said of them, without them: `has characters that cannot be sent`.
pub(crate) fn basic(username: &str, password: &SecretString) -> Result<HeaderValue, &'static str> {
    let pair = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
    sensitive(&format!("Basic {pair}"))
}

/// The header of a bearer token. Blanks around the token are dropped.
///
/// # Errors
/// If the token was damaged on its way, or if it cannot be sent: what is to be said of it, without it.
pub(crate) fn bearer(token: &SecretString) -> Result<HeaderValue, &'static str> {
    let token = token.expose_secret().trim();
    let begins_with = |word: &str| {
        token
            .get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
    };
    let problem = if token.is_empty() {
        "is empty"
    } else if begins_with("bearer ") {
        "begins with the word Bearer, which is no part of it"
    } else if token.starts_with(['"', '\'']) || token.ends_with(['"', '\'']) {
        "has quotes around it"
    } else if token.starts_with('\u{feff}') {
        "begins with a byte order mark, as some editors write it"
    } else if token.contains(char::is_whitespace) {
        "has blanks or line breaks in its middle"
    } else {
        return sensitive(&format!("Bearer {token}"));
    };
    Err(problem)
}

/// A header value that no log prints.
fn sensitive(text: &str) -> Result<HeaderValue, &'static str> {
    let mut value = HeaderValue::try_from(text).map_err(|_| "has characters that cannot be sent")?;
    value.set_sensitive(true);
    Ok(value)
}
