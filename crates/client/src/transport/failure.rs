//! What a connection that failed says: how far the request came, and words for people.

use std::error::Error;
use std::io;

use crate::error::Reach;

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
        let is_tls = chain
            .iter()
            .any(|cause| cause.downcast_ref::<rustls::Error>().is_some_and(is_distrust));
        let never = error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        let reach = match (is_tls, never) {
            (true, _) => Reach::Untrusted,
            (false, true) => Reach::Nowhere,
            (false, false) => Reach::Sent,
        };
        Self {
            reach,
            words: words(&chain),
        }
    }
}

/// Whether one side refuses the other for good, rather than that the connection broke.
fn is_distrust(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)
    )
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
