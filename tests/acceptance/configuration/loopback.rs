//! What stands between the provider and its API, on loopback: a proxy and a token endpoint.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rcgen::{CertifiedKey, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// What was asked of a server, one text a request.
type Asked = Arc<Mutex<Vec<String>>>;

/// Serves connections, each in a thread of its own. One that fails is its client's to notice.
fn serve(handle: impl Fn(&TcpStream) -> Option<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || handle(&client));
        }
    });
    address.to_string()
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("no holder panics")
}

/// The lines of a request's head.
fn head(reader: &mut impl std::io::BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => return Some(lines),
            line => lines.push(line.to_owned()),
        }
    }
}

fn header<'h>(head: &'h [String], name: &str) -> Option<&'h str> {
    let mut pairs = head.iter().filter_map(|line| line.split_once(':'));
    pairs
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// An HTTP proxy that knows CONNECT.
pub(super) struct Proxy {
    address: String,
    asked: Asked,
}

impl Proxy {
    /// A proxy for whoever has the password `s3cret`, if it wants one. With a `server` every name leads there.
    pub(super) fn start(wants_password: bool, server: Option<&str>) -> Proxy {
        let asked = Asked::default();
        let record = Arc::clone(&asked);
        let server = server.map(|url| url.trim_start_matches("https://").to_owned());
        let address = serve(move |mut client| {
            let mut reader = BufReader::new(client);
            let head = head(&mut reader)?;
            lock(&record).push(head[0].clone());
            // me:s3cret
            if wants_password && header(&head, "proxy-authorization") != Some("Basic bWU6czNjcmV0") {
                client
                    .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                    .ok()?;
                return None;
            }
            let named = head[0].strip_prefix("CONNECT ")?.split(' ').next()?;
            let server = TcpStream::connect(server.as_deref().unwrap_or(named)).ok()?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
            let (mut back, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
            thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut to_client);
                to_client.shutdown(Shutdown::Both)
            });
            let _ = std::io::copy(&mut reader, &mut &server);
            server.shutdown(Shutdown::Both).ok()
        });
        Proxy { address, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it was asked to connect to since it was asked last.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.asked))
    }
}

/// A token endpoint (RFC 7523). It gives its token for an assertion that is signed by its key and claims what it should,
/// and says what is wrong with any other.
pub(super) struct TokenEndpoint {
    origin: String,
    key: KeyPair,
    asked: Asked,
    answer: Arc<Mutex<Value>>,
}

impl TokenEndpoint {
    pub(super) fn start(token: &str) -> TokenEndpoint {
        Self::start_with(token, None)
    }

    /// One that speaks TLS, and its certificate, which is its own authority.
    pub(super) fn start_with_tls(token: &str) -> (TokenEndpoint, String) {
        let names = vec!["127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
        let tls = ServerConfig::builder().with_no_client_auth();
        let tls = tls.with_single_cert(vec![cert.der().clone()], key).expect("they fit");
        (Self::start_with(token, Some(Arc::new(tls))), cert.pem())
    }

    fn start_with(token: &str, tls: Option<Arc<ServerConfig>>) -> TokenEndpoint {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("an RSA key");
        let public = DecodingKey::from_rsa_pem(key.public_key_pem().as_bytes()).expect("its public half");
        let asked = Asked::default();
        let record = Arc::clone(&asked);
        let answer = Arc::new(Mutex::new(json!({ "access_token": token, "expires_in": 3600 })));
        let answers = Arc::clone(&answer);
        let address = serve(move |client| {
            let origin = format!("{scheme}://{}", client.local_addr().ok()?);
            let judge = |form: &[u8]| {
                let verdict = verdict(form, &public, &origin);
                lock(&record).push(verdict.clone().err().unwrap_or_default());
                match verdict {
                    Ok(()) => ("200 OK", lock(&answers).clone()),
                    Err(why) => (
                        "400 Bad Request",
                        json!({ "error": "invalid_grant", "error_description": why }),
                    ),
                }
            };
            match &tls {
                None => exchange(&mut client.try_clone().ok()?, judge),
                Some(tls) => {
                    let tls = ServerConnection::new(Arc::clone(tls)).ok()?;
                    exchange(&mut StreamOwned::new(tls, client.try_clone().ok()?), judge)
                }
            }
        });
        TokenEndpoint {
            origin: format!("{scheme}://{address}"),
            key,
            asked,
            answer,
        }
    }

    /// What a key file for it says.
    pub(super) fn key(&self) -> Value {
        json!({
            "type": "datum_service_account",
            "client_id": "42",
            "client_email": "ci@shop.example",
            "private_key_id": "k1",
            "private_key": self.key.serialize_pem(),
            "token_uri": format!("{}/oauth/v2/token", self.origin),
        })
    }

    /// The private key as PKCS#1: what its PKCS#8 form has after a header of 26 bytes.
    pub(super) fn pkcs1(&self) -> String {
        use base64::Engine as _;
        let body = base64::engine::general_purpose::STANDARD.encode(&self.key.serialize_der()[26..]);
        format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n")
    }

    /// Answers this from now on to whoever it trusts.
    pub(super) fn answers(&self, answer: Value) {
        *lock(&self.answer) = answer;
    }

    /// What was wrong with each of the assertions since it was asked last; nothing with a good one.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.asked))
    }
}

/// Reads a form and answers what the judge makes of it.
fn exchange(stream: &mut (impl Read + Write), judge: impl Fn(&[u8]) -> (&'static str, Value)) -> Option<()> {
    let mut reader = BufReader::new(&mut *stream);
    let head = head(&mut reader)?;
    let mut form = vec![0; header(&head, "content-length")?.parse().ok()?];
    reader.read_exact(&mut form).ok()?;
    let (status, body) = judge(&form);
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    stream.flush().ok()
}

fn verdict(form: &[u8], public: &DecodingKey, origin: &str) -> Result<(), String> {
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(form);
        pairs
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    };
    if field("grant_type").as_deref() != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return Err("unknown grant type".to_owned());
    }
    if field("scope").as_deref() != Some("openid profile email offline_access") {
        return Err("unknown scope".to_owned());
    }
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[origin]);
    validation.set_issuer(&["42"]);
    validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
    validation.sub = Some("42".to_owned());
    let assertion = field("assertion").unwrap_or_default();
    let token = jsonwebtoken::decode::<Value>(&assertion, public, &validation).map_err(|error| error.to_string())?;
    let time = |claim: &str| token.claims[claim].as_i64().unwrap_or_default();
    let is_short = time("exp") - time("iat") == 60;
    if token.header.kid.as_deref() != Some("k1") || !token.claims["jti"].is_string() || !is_short {
        return Err("the assertion lacks something".to_owned());
    }
    Ok(())
}
