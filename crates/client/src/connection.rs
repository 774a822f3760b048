//! Why a connection fails: how far the request came, and what the network or TLS said.
//!
//! It knows hyper's and rustls' errors. It knows nothing of HTTP statuses, of operations or of who asks.

use std::error::Error;
use std::io;

/// What hyper-util's connectors say of a host that no name server knows, and of a proxy. Their errors have no public type.
const DNS: &str = "dns error";
const TUNNEL: &str = "tunnel error";
const SOCKS: &str = "SOCKS error";

/// How far a request came whose connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// There was no connection.
    NotConnected(ConnectFailure),
    /// There was a connection, but one side does not trust the other. Trying again will not help.
    Untrusted(TlsFailure),
    /// The request may have reached the server.
    Sent,
}

/// Why no connection was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// No name server knows the host.
    UnknownHost,
    /// Nobody listens at that port.
    Refused,
    /// The proxy was not reached, or did not connect to the server.
    Proxy,
    /// Anything else: no route, no answer in time.
    Other,
}

/// Why TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// The server's certificate was signed by an authority that is not trusted.
    UnknownAuthority,
    /// The server's certificate is for another name.
    NameMismatch,
    /// The server's certificate is no longer valid, or not yet: its time, or this machine's clock, is wrong.
    Expired,
    /// The server's certificate has another defect.
    InvalidCertificate,
    /// The server does not accept our certificate, or our lack of one.
    ClientRejected,
    /// The server does not speak TLS.
    NotTls,
}

/// A connection that failed.
pub(crate) struct ConnectionFailure {
    pub(crate) reach: Reach,
    /// What happened, for people.
    pub(crate) message: String,
}

impl ConnectionFailure {
    pub(crate) fn of(error: &kube::Error) -> Self {
        let error: &(dyn Error + 'static) = match error {
            kube::Error::Service(inner) => inner.as_ref(),
            other => other,
        };
        let chain = chain(error);
        let tls = || chain.iter().filter_map(|cause| cause.downcast_ref::<rustls::Error>());
        let never_connected = error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        let reach = match (tls().find_map(tls_failure), never_connected) {
            (Some(failure), _) => Reach::Untrusted(failure),
            (None, true) => Reach::NotConnected(connect_failure(&chain)),
            (None, false) => Reach::Sent,
        };
        let message = tls().find_map(validity).unwrap_or_else(|| message(&chain));
        Self { reach, message }
    }
}

/// Why one side refuses the other for good; `None` where the connection only broke.
fn tls_failure(error: &rustls::Error) -> Option<TlsFailure> {
    use rustls::CertificateError as Certificate;
    Some(match error {
        rustls::Error::InvalidCertificate(defect) => match defect {
            Certificate::UnknownIssuer => TlsFailure::UnknownAuthority,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => TlsFailure::NameMismatch,
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => TlsFailure::Expired,
            _ => TlsFailure::InvalidCertificate,
        },
        rustls::Error::AlertReceived(_) => TlsFailure::ClientRejected,
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => TlsFailure::NotTls,
        _ => return None,
    })
}

/// What is wrong with the time of a certificate, in words: it may as well be this machine's clock.
fn validity(error: &rustls::Error) -> Option<String> {
    use rustls::CertificateError as Certificate;
    let shown = |time: rustls::pki_types::UnixTime| {
        let time = i64::try_from(time.as_secs()).ok()?;
        Some(jiff::Timestamp::from_second(time).ok()?.to_string())
    };
    let (time, validity) = match error {
        rustls::Error::InvalidCertificate(Certificate::NotValidYetContext { time, not_before }) => {
            (*time, format!("not valid before {}", shown(*not_before)?))
        }
        rustls::Error::InvalidCertificate(Certificate::ExpiredContext { time, not_after }) => {
            (*time, format!("not valid after {}", shown(*not_after)?))
        }
        _ => return None,
    };
    let now = shown(time)?;
    Some(format!(
        "the server's certificate is {validity}, and this machine's clock says {now}"
    ))
}

fn connect_failure(chain: &[&(dyn Error + 'static)]) -> ConnectFailure {
    let says = |words: &str| chain.iter().any(|cause| cause.to_string().starts_with(words));
    let refused = |cause: &&(dyn Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    if says(TUNNEL) || says(SOCKS) {
        ConnectFailure::Proxy
    } else if says(DNS) {
        ConnectFailure::UnknownHost
    } else if chain.iter().any(refused) {
        ConnectFailure::Refused
    } else {
        ConnectFailure::Other
    }
}

/// An error and its causes, outermost first; those that an I/O error wraps as well, which its `source` leaves out.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        chain.push(error);
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source());
    }
    chain
}

/// The messages of the causes, none twice. The outermost is left out if it has a cause: it only says that a client failed.
fn message(chain: &[&(dyn Error + 'static)]) -> String {
    let mut messages: Vec<String> = Vec::new();
    let told = if chain.len() > 1 { &chain[1..] } else { chain };
    for cause in told {
        let text = cause.to_string();
        if !messages.iter().any(|earlier| earlier.contains(&text)) {
            messages.push(text);
        }
    }
    messages.join(": ")
}
