//! Who asks: the `Authorization` header of a request, fetched when it is needed and renewed when it is refused.
//!
//! kube's own authentication is not used. It caches a token without an expiry for ever, never asks again after a 401,
//! runs exec plugins on the terminal of this process (whose stdin and stdout belong to Terraform), and hides what they
//! print; it reads a token file once a minute, and knows no Datum service accounts.

use std::path::PathBuf;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::content;

pub(crate) mod exec;
mod identity;
pub(crate) mod service_account;

pub(crate) use identity::Identity;

/// How long a token that is given out should be good for, at least.
const LEAST_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// Where the `Authorization` header of a request comes from.
#[derive(Debug)]
pub(crate) enum Credential {
    /// There is none; a client certificate may say who asks.
    None,
    /// A header that never changes: a token, or user and password.
    Fixed(HeaderValue),
    /// A file that holds a token.
    File(TokenFile),
    /// A program that prints one.
    Exec(Box<exec::Plugin>),
    /// A Datum service account.
    ServiceAccount(Box<service_account::Account>),
}

/// A header, and which one it is: a refused one is told from its successor by the serial number.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) header: Option<HeaderValue>,
    pub(crate) serial: u64,
    /// When it expires, where that is known.
    pub(crate) expiry: Option<Timestamp>,
}

impl Issued {
    /// A header of which nobody says how long it is good for.
    fn of(header: Option<HeaderValue>) -> Self {
        Self {
            header,
            serial: 0,
            expiry: None,
        }
    }
}

/// A bearer token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: SecretString,
    /// When it expires, where that is known: by whoever issued it, or by itself.
    pub expiry: Option<Timestamp>,
}

impl Credential {
    pub(crate) fn basic(username: &str, password: &SecretString) -> Result<Self, CredentialError> {
        let pair = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
        Ok(Self::Fixed(sensitive(&format!("Basic {pair}"))?))
    }

    /// What it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fixed(header) if header.as_bytes().starts_with(b"Basic ") => "the user and password",
            Self::Fixed(_) => "the token",
            Self::File(_) => "the token file",
            Self::Exec(_) => "the credential program",
            Self::ServiceAccount(_) => "the service-account key",
        }
    }

    /// What there is to say when the time for an operation ran out before the header was there.
    pub(crate) fn overdue(&self) -> CredentialError {
        match self {
            Self::Exec(plugin) => plugin.overdue(),
            Self::ServiceAccount(account) => account.overdue(),
            Self::File(_) | Self::None | Self::Fixed(_) => CredentialError::Overdue {
                what: "The credentials could not be read.".to_owned(),
            },
        }
    }

    /// The header of the next request.
    pub(crate) async fn current(&self) -> Result<Issued, CredentialError> {
        match self {
            Self::None => Ok(Issued::of(None)),
            Self::Fixed(header) => Ok(Issued::of(Some(header.clone()))),
            Self::File(file) => Ok(Issued::of(Some(file.read().await?))),
            Self::Exec(plugin) => plugin.current().await,
            Self::ServiceAccount(account) => account.current().await,
        }
    }

    /// The bearer token; none where there is no such thing. One that is about to expire is replaced, if there is another one.
    pub(crate) async fn access_token(&self) -> Result<Option<AccessToken>, CredentialError> {
        let mut issued = self.current().await?;
        let soon = Timestamp::now() + LEAST_LIFE;
        if issued.expiry.is_some_and(|expiry| expiry < soon) {
            issued = self.renewed(&issued).await?.unwrap_or(issued);
        }
        let header = issued.header.as_ref().and_then(|header| header.to_str().ok());
        Ok(header
            .and_then(|header| header.strip_prefix("Bearer "))
            .map(|token| AccessToken {
                token: SecretString::from(token),
                expiry: issued.expiry.or_else(|| expiry_of(token)),
            }))
    }

    /// What to send after `refused` was answered with 401; `None` when there is nothing else to send.
    pub(crate) async fn renewed(&self, refused: &Issued) -> Result<Option<Issued>, CredentialError> {
        match self {
            Self::None | Self::Fixed(_) => return Ok(None),
            Self::File(_) => {}
            Self::Exec(plugin) => plugin.forget(refused.serial).await,
            Self::ServiceAccount(account) => account.forget(refused.serial).await,
        }
        let next = self.current().await?;
        let is_new = next.serial != refused.serial || next.header != refused.header;
        Ok(is_new.then_some(next))
    }
}

/// A file that holds a bearer token, read for every request.
#[derive(Debug)]
pub(crate) struct TokenFile {
    path: PathBuf,
    /// The last token: a file that is gone for a moment, while it is being replaced, must not fail a request.
    last: Mutex<Option<HeaderValue>>,
}

impl TokenFile {
    /// `first` is the token to send while the file has none.
    pub(crate) fn new(path: PathBuf, first: Option<HeaderValue>) -> Self {
        Self {
            path,
            last: Mutex::new(first),
        }
    }

    pub(crate) async fn read(&self) -> Result<HeaderValue, CredentialError> {
        let read = tokio::fs::read_to_string(&self.path).await.map(SecretString::from);
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match read {
            Ok(token) if !token.expose_secret().trim().is_empty() => {
                let header = bearer(&token)?;
                *last = Some(header.clone());
                Ok(header)
            }
            Ok(_) => last.clone().ok_or_else(|| self.unreadable("it is empty".to_owned())),
            Err(error) => last.clone().ok_or_else(|| self.unreadable(error.to_string())),
        }
    }
}

impl TokenFile {
    fn unreadable(&self, why: String) -> CredentialError {
        let shown = content::shown(&self.path);
        let why = shown.as_ref().map_or_else(ToString::to_string, |_| why);
        let path = shown.unwrap_or_default();
        CredentialError::TokenFile { path, why }
    }
}

/// Credentials that could not be had.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A token that no server could take.
    #[error("the token {0}")]
    Malformed(&'static str),
    /// A token file that cannot be read.
    #[error("cannot read the token file {path}: {why}")]
    TokenFile {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// An exec plugin that did not help.
    #[error("the credential program {command:?} {why}{}", hint.as_ref().map_or_else(String::new, |hint| format!("\n{hint}")))]
    Exec {
        /// The program.
        command: String,
        /// What happened, with what it printed on stderr.
        why: String,
        /// What the kubeconfig says to do when the program is missing.
        hint: Option<String>,
    },
    /// All the time that an operation had went by before the credentials were there.
    #[error("the time for it ran out. {what} Nothing was sent")]
    Overdue {
        /// What took so long, as a sentence.
        what: String,
    },
    /// A service-account key that the token endpoint did not accept, or could not be asked about.
    #[error("cannot get a token for service account {account:?} from {endpoint}: {why}")]
    Exchange {
        /// `client_email` of the key, or `client_id`.
        account: String,
        /// The token endpoint.
        endpoint: String,
        /// Why.
        why: String,
        /// Whether trying again may help.
        passing: bool,
    },
}

impl CredentialError {
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Exchange { passing: true, .. })
    }
}

pub(crate) fn bearer(token: &SecretString) -> Result<HeaderValue, CredentialError> {
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
    Err(CredentialError::Malformed(problem))
}

/// When a token expires by what it says of itself, if it is a JWT. Nobody is trusted on that: it is for people and tools to know.
fn expiry_of(token: &str) -> Option<Timestamp> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    Timestamp::from_second(claims["exp"].as_i64()?).ok()
}

/// A header value that no log prints.
fn sensitive(text: &str) -> Result<HeaderValue, CredentialError> {
    let mut value =
        HeaderValue::try_from(text).map_err(|_| CredentialError::Malformed("has characters that cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}
