//! A token in a file.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::CredentialError;
use super::header::bearer;
use crate::config::content;

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
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(token) if !token.expose_secret().trim().is_empty() => {
                let header = bearer(&token).map_err(|why| self.unreadable(format!("the token in it {why}")))?;
                *last = Some(header.clone());
                Ok(header)
            }
            Ok(_) => last.clone().ok_or_else(|| self.unreadable("it is empty".to_owned())),
            Err(error) => last.clone().ok_or_else(|| self.unreadable(error.to_string())),
        }
    }

    fn unreadable(&self, why: String) -> CredentialError {
        let shown = content::shown(&self.path);
        let why = shown.as_ref().map_or_else(ToString::to_string, |_| why);
        let path = shown.unwrap_or_default();
        CredentialError::TokenFile { path, why }
    }
}
