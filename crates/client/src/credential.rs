//! Who asks: the `Authorization` header of a request, fetched when it is needed and renewed when it is refused.
//!
//! kube's own authentication is not used. It caches a token without an expiry for ever, never asks again after a 401,
//! runs exec plugins on the terminal of this process (whose stdin and stdout belong to Terraform), and hides what they
//! print; it reads a token file once a minute, and knows no Datum service accounts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

mod error;
pub(crate) mod exec;
pub(crate) mod header;
mod identity;
pub(crate) mod service_account;
mod token_file;

pub use error::CredentialError;
pub(crate) use header::Issued;
pub(crate) use identity::Identity;
pub(crate) use token_file::TokenFile;

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

/// A bearer token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: SecretString,
    /// When it expires, where that is known: by whoever issued it, or by itself.
    pub expiry: Option<Timestamp>,
}

impl Credential {
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

/// When a token expires by what it says of itself, if it is a JWT. Nobody is trusted on that: it is for people and tools to know.
fn expiry_of(token: &str) -> Option<Timestamp> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    Timestamp::from_second(claims["exp"].as_i64()?).ok()
}
