//! What a connection that failed says: how far the request came, and words for people.

use std::error::Error;
use std::io;

use crate::error::{Distrust, Obstacle, Reach};

/// What hyper-util's connectors say of a host that no name server knows, and of a proxy. Their errors have no public type.
const DNS: &str = "dns error";
const TUNNEL: &str = "tunnel error";
const SOCKS: &str = "SOCKS error";

/// How far a request came, and why no further.
pub(crate) struct Failure {
    pub(crate) reach: Reach,
    pub(crate) words: String,
}

impl Failure {
    pub(crate) fn of(error: &kube::Error) -> Self {
        let error: &(dyn Error + 'static) = match error {
            kube::Error::Service(inner) => inner.as_ref(),
            other => other,
        };
        let chain = chain(error);
        let distrust = chain
            .iter()
            .find_map(|cause| distrust(cause.downcast_ref::<rustls::Error>()?));
        let never = error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        let reach = match (distrust, never) {
            (Some(distrust), _) => Reach::Untrusted(distrust),
            (None, true) => Reach::Nowhere(obstacle(&chain)),
            (None, false) => Reach::Sent,
        };
        let times = chain
            .iter()
            .find_map(|cause| times(cause.downcast_ref::<rustls::Error>()?));
        Self {
            reach,
            words: times.unwrap_or_else(|| words(&chain)),
        }
    }
}

/// Why one side refuses the other for good; `None` where the connection only broke.
fn distrust(error: &rustls::Error) -> Option<Distrust> {
    use rustls::CertificateError as Certificate;
    Some(match error {
        rustls::Error::InvalidCertificate(defect) => match defect {
            Certificate::UnknownIssuer => Distrust::UnknownAuthority,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => Distrust::OtherName,
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => Distrust::Expired,
            _ => Distrust::Defective,
        },
        rustls::Error::AlertReceived(_) => Distrust::Ours,
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => Distrust::NotTls,
        _ => return None,
    })
}

/// What is wrong with the time of a certificate, in words: it may as well be this machine's clock.
fn times(error: &rustls::Error) -> Option<String> {
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

fn obstacle(chain: &[&(dyn Error + 'static)]) -> Obstacle {
    let says = |words: &str| chain.iter().any(|cause| cause.to_string().starts_with(words));
    let refused = |cause: &&(dyn Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    if says(TUNNEL) || says(SOCKS) {
        Obstacle::Proxy
    } else if says(DNS) {
        Obstacle::UnknownHost
    } else if chain.iter().any(refused) {
        Obstacle::Refused
    } else {
        Obstacle::Other
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

/// The words of the causes, none twice. The outermost is left out where it has a cause: it only says that a client failed.
fn words(chain: &[&(dyn Error + 'static)]) -> String {
    let mut words: Vec<String> = Vec::new();
    let told = if chain.len() > 1 { &chain[1..] } else { chain };
    for cause in told {
        let text = cause.to_string();
        if !words.iter().any(|earlier| earlier.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}
