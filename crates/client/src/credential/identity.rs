//! A client certificate that is only known once an exec plugin has printed it.
//!
//! A renewed certificate is presented by new connections; those that are open keep the one they were made with, which
//! servers check when a connection is made.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// The certificate that new connections present.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity(Arc<RwLock<Option<Arc<CertifiedKey>>>>);

impl Identity {
    /// Takes a certificate chain and its key, both PEM, in place of what was there.
    pub(crate) fn set(&self, certificate: &str, key: &str) -> Result<(), String> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("printed a certificate that is not PEM: {error}"))?;
        // The parser's error could quote the key.
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| "printed a key that is not a private key in PEM".to_owned())?;
        let provider = CryptoProvider::get_default().ok_or("needs rustls' default provider, which is not installed")?;
        let certified = CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| format!("printed a certificate and a key that do not go together: {error}"))?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certified));
        Ok(())
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has_certs(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}
