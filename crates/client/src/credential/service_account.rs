//! Datum service accounts: a key file, exchanged for short-lived tokens (RFC 7523, JWT bearer grant).

use std::time::Duration;

use http::{Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kube::client::Body;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::error::CredentialError;
use super::header::{Issued, bearer};
use crate::config::{ConfigError, ServiceAccount, Setting, content, endpoint};
use crate::connection::{ConnectionFailure, Reach};
use crate::excerpt;

/// The scopes that are asked for when the key file names none.
const SCOPE: &str = "openid profile email offline_access";
/// The grant type of RFC 7523.
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long ago an assertion says it was made, in seconds: clocks differ a little.
const BACKDATED: i64 = 10;
/// From which difference of the clocks on it is told.
const NOTABLE: Duration = Duration::from_secs(5);
/// How long an assertion is valid. It is used at once.
const ASSERTION_LIFE: i64 = 60;
/// How long a token is taken to live when the endpoint does not say.
const TOKEN_LIFE: u64 = 300;
/// How long before its expiry a token is replaced; never more than a quarter of its life.
const MARGIN: Duration = Duration::from_mins(1);
/// How long the token endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a key file says. `type` is `datum_service_account`, or `datum_machine_account` in older ones.
#[derive(Debug, Deserialize)]
struct File {
    r#type: String,
    client_id: String,
    private_key_id: String,
    private_key: SecretString,
    client_email: Option<String>,
    token_uri: Option<String>,
    api_endpoint: Option<String>,
    scope: Option<String>,
    project_id: Option<String>,
}

/// A key file that was read and checked.
pub struct Key {
    client_id: String,
    kid: String,
    signing: EncodingKey,
    scope: String,
    token_uri: Uri,
    audience: String,
    name: String,
    api_endpoint: Option<String>,
    project: Option<String>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("token_uri", &self.token_uri)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// When the file cannot be read, is not a Datum key file, lacks a field, its key is not an RSA key in PEM, or its
    /// token endpoint is neither HTTPS nor on this machine.
    pub fn read(source: &ServiceAccount) -> Result<Self, ConfigError> {
        let (text, origin) = match source {
            ServiceAccount::File(path) => {
                let shown = content::shown(path);
                let text = std::fs::read_to_string(path).map_err(|error| match &shown {
                    Ok(path) => {
                        let message = format!("cannot read the service-account key file {path}: {error}");
                        ConfigError::unread(Setting::ServiceAccount, message, &error)
                    }
                    Err(misplaced) => problem(format!("{misplaced}; a key itself belongs into credentials")),
                })?;
                let origin = shown.unwrap_or_else(|_| "the service-account key".to_owned());
                (SecretString::from(text), origin)
            }
            ServiceAccount::Json(text) => (text.clone(), "the service-account key".to_owned()),
        };
        Self::parse(&text).map_err(|why| problem(format!("{origin} is not a usable key file: {why}")))
    }

    /// `api_endpoint`: the API that the key is for.
    pub fn api_endpoint(&self) -> Option<&str> {
        self.api_endpoint.as_deref()
    }

    /// `project_id`: the project that the account belongs to.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    fn parse(text: &SecretString) -> Result<Self, String> {
        // A JSON error tells the place and the missing field, never a value of the file that we expect; unknown variants
        // cannot occur, as every field is a string.
        let file: File = serde_json::from_str(text.expose_secret()).map_err(|error| {
            format!(
                "{} (line {}, column {})",
                category(&error),
                error.line(),
                error.column()
            )
        })?;
        if !matches!(file.r#type.as_str(), "datum_service_account" | "datum_machine_account") {
            return Err("its type is not datum_service_account".to_owned());
        }
        let token_uri = file
            .token_uri
            .filter(|uri| !uri.is_empty())
            .ok_or("it has no token_uri")?;
        let shown = endpoint::without_credentials(content::shown_name(&token_uri));
        let token_uri: Uri = token_uri
            .parse()
            .map_err(|_| format!("its token_uri {shown:?} is not a URL"))?;
        if token_uri.authority().is_some_and(|host| host.as_str().contains('@')) {
            return Err(format!("its token_uri {shown:?} carries a user name or password"));
        }
        let scheme = token_uri.scheme_str().unwrap_or_default();
        if scheme != "https" && !(scheme == "http" && endpoint::is_loopback(&token_uri)) {
            return Err(format!(
                "its token_uri {shown:?} is not an https:// URL, so the token could be overheard"
            ));
        }
        let host = token_uri.authority().map(ToString::to_string).unwrap_or_default();
        let key = EncodingKey::from_rsa_pem(file.private_key.expose_secret().as_bytes())
            .map_err(|_| "its private_key is not an RSA key in PEM (PKCS#1 or PKCS#8)".to_owned())?;
        Ok(Self {
            kid: file.private_key_id,
            signing: key,
            scope: file
                .scope
                .filter(|scope| !scope.is_empty())
                .unwrap_or_else(|| SCOPE.to_owned()),
            audience: format!("{scheme}://{host}"),
            name: content::shown_name(file.client_email.as_ref().unwrap_or(&file.client_id)).to_owned(),
            client_id: file.client_id,
            token_uri,
            api_endpoint: file.api_endpoint,
            project: file.project_id,
        })
    }

    pub(crate) fn token_uri(&self) -> &Uri {
        &self.token_uri
    }

    /// A signed statement that we are that account, good for one exchange.
    fn assertion(&self, now: Timestamp) -> Result<SecretString, String> {
        let claims = Claims {
            iss: &self.client_id,
            sub: &self.client_id,
            aud: &self.audience,
            jti: uuid::Uuid::new_v4().to_string(),
            iat: now.as_second() - BACKDATED,
            exp: now.as_second() - BACKDATED + ASSERTION_LIFE,
        };
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::RS256)
        };
        let token = jsonwebtoken::encode(&header, &claims, &self.signing);
        token
            .map(SecretString::from)
            .map_err(|_| "the key cannot sign".to_owned())
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
}

fn category(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            let field = text
                .strip_prefix("missing field ")
                .and_then(|rest| rest.split('`').nth(1));
            field.map_or_else(
                || "a field of it is not a text".to_owned(),
                |field| format!("it has no {field}"),
            )
        }
        _ => "it is not JSON".to_owned(),
    }
}

fn problem(message: String) -> ConfigError {
    ConfigError::new(Setting::ServiceAccount, message)
}

/// A service account and its current token.
#[derive(Debug)]
pub(crate) struct Account {
    key: Key,
    http: Http,
    cache: Mutex<Cache>,
}

/// The connection to the token endpoint.
struct Http(kube::Client);

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

#[derive(Debug, Default)]
struct Cache {
    minted: u64,
    token: Option<(Issued, Timestamp)>,
}

impl Account {
    /// `http` reaches the host of the key's token endpoint.
    pub(crate) fn new(key: Key, http: kube::Client) -> Self {
        Self {
            key,
            http: Http(http),
            cache: Mutex::default(),
        }
    }

    /// The token: minted when there is none or it is about to expire. There is no refresh token: the key is better.
    pub(crate) async fn current(&self) -> Result<Issued, CredentialError> {
        let mut cache = self.cache.lock().await;
        let now = Timestamp::now();
        if let Some((issued, until)) = &cache.token
            && now < *until
        {
            return Ok(issued.clone());
        }
        let (token, life) = self.exchange(now).await?;
        cache.minted += 1;
        let issued = Issued {
            header: Some(bearer(&token).map_err(CredentialError::Malformed)?),
            serial: cache.minted,
            expiry: SignedDuration::try_from(life)
                .ok()
                .and_then(|life| now.checked_add(life).ok()),
        };
        let useful =
            SignedDuration::try_from(life.saturating_sub(MARGIN.min(life / 4))).unwrap_or(SignedDuration::ZERO);
        cache.token = Some((issued.clone(), now.saturating_add(useful).unwrap_or(now)));
        Ok(issued)
    }

    /// Drops the token with that serial number, unless a newer one has taken its place.
    pub(crate) async fn forget(&self, serial: u64) {
        let mut cache = self.cache.lock().await;
        if cache.token.as_ref().is_some_and(|(issued, _)| issued.serial == serial) {
            cache.token = None;
        }
    }

    /// The endpoint had not answered when the time for an operation ran out.
    pub(super) fn overdue(&self) -> CredentialError {
        CredentialError::Overdue {
            what: format!(
                "The token endpoint {} had not answered for service account {:?}.",
                self.key.token_uri, self.key.name
            ),
        }
    }

    /// Exchanges the key. A server that refuses what was signed by a clock that is not its own is asked once more by its own.
    async fn exchange(&self, now: Timestamp) -> Result<(SecretString, Duration), CredentialError> {
        let (refused, date) = match self.exchange_at(now).await {
            Ok(granted) => return Ok(granted),
            Err(Refused { error, date }) => (error, date),
        };
        let Some(date) = date.filter(|date| !refused.is_transient() && off(now, *date) >= NOTABLE) else {
            return Err(refused);
        };
        tracing::warn!(%date, %now, "the token endpoint's clock is another; its own time is tried");
        self.exchange_at(date).await.map_err(|_| match refused {
            CredentialError::Exchange {
                account,
                endpoint,
                why,
                is_transient,
            } => {
                let off = off(now, date).as_secs();
                let way = if now < date { "behind" } else { "ahead of" };
                CredentialError::Exchange {
                    account,
                    why: format!("{why}. This machine's clock is {off} s {way} that server's, which may be why"),
                    endpoint,
                    is_transient,
                }
            }
            other => other,
        })
    }

    async fn exchange_at(&self, now: Timestamp) -> Result<(SecretString, Duration), Refused> {
        tracing::debug!(account = %self.key.name, "exchanging the service-account key for a token");
        let assertion = self.key.assertion(now).map_err(|why| self.permanent(why))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", assertion.expose_secret())
            .append_pair("scope", &self.key.scope)
            .finish();
        let path = self
            .key
            .token_uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Body::from(form.into_bytes()))
            .map_err(|error| self.permanent(error.to_string()))?;
        let answered = async {
            let answer = self.http.0.send(request).await.map_err(|error| {
                let ConnectionFailure { reach, message } = ConnectionFailure::of(&error);
                match reach {
                    Reach::Untrusted(_) => self.permanent(message),
                    Reach::NotConnected(_) | Reach::Sent => self.transient(message),
                }
            })?;
            let status = answer.status();
            let date = answer.headers().get(header::DATE).and_then(|value| value.to_str().ok());
            let date = date.and_then(|text| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp()));
            let body = answer.into_body().collect().await;
            let body = body.map_err(|error| self.transient(error.to_string()))?;
            Ok::<_, CredentialError>((status, date, body.to_bytes()))
        };
        let (status, date, body) = tokio::time::timeout(TIMEOUT, answered)
            .await
            .map_err(|_| self.transient(format!("it did not answer within {} s", TIMEOUT.as_secs())))??;
        if status != StatusCode::OK {
            let why = refusal(status, &body, &assertion);
            let error = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                self.transient(why)
            } else {
                self.permanent(why)
            };
            return Err(Refused { error, date });
        }
        let granted: Granted = serde_json::from_slice(&body)
            .map_err(|_| self.permanent("it answered something that is not a token".to_owned()))?;
        Ok((
            granted.access_token,
            Duration::from_secs(granted.expires_in.unwrap_or(TOKEN_LIFE)),
        ))
    }

    /// A failure that another attempt does not change.
    fn permanent(&self, why: String) -> CredentialError {
        CredentialError::Exchange {
            account: self.key.name.clone(),
            endpoint: self.key.token_uri.to_string(),
            why,
            is_transient: false,
        }
    }

    /// A failure that may pass by itself.
    fn transient(&self, why: String) -> CredentialError {
        match self.permanent(why) {
            CredentialError::Exchange {
                account, endpoint, why, ..
            } => CredentialError::Exchange {
                account,
                endpoint,
                why,
                is_transient: true,
            },
            other => other,
        }
    }
}

/// A refusal, and what time it was for the server.
struct Refused {
    error: CredentialError,
    date: Option<Timestamp>,
}

impl From<CredentialError> for Refused {
    fn from(error: CredentialError) -> Self {
        Self { error, date: None }
    }
}

/// How far two times are apart.
fn off(one: Timestamp, other: Timestamp) -> Duration {
    one.duration_since(other).unsigned_abs()
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<u64>,
}

/// OAuth's error answer (RFC 6749, section 5.2): its two texts, without what they quote of the assertion, and nothing else
/// of the body.
fn refusal(status: StatusCode, body: &[u8], assertion: &SecretString) -> String {
    #[derive(Default, Deserialize)]
    struct Refusal {
        error: Option<String>,
        error_description: Option<String>,
    }
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let words: Vec<_> = [refusal.error, refusal.error_description]
        .into_iter()
        .flatten()
        .collect();
    if words.is_empty() {
        format!("it answered {status}")
    } else {
        let words = words.join(": ").replace(assertion.expose_secret(), "<assertion>");
        format!("it answered {status}: {}", excerpt::shortened(&words))
    }
}
