//! A client certificate, of the settings or as an exec plugin has printed it.
//!
//! A renewed certificate is presented by new connections; those that are open keep the one they were made with, which
//! servers check when a connection is made.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, InconsistentKeys, SignatureScheme};

/// The certificate that new connections present.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity(Arc<RwLock<Option<Arc<CertifiedKey>>>>);

impl Identity {
    /// Takes a certificate chain and its key, both PEM, in place of what was there.
    ///
    /// # Errors
    /// What is wrong, in words that quote nothing: the parsers' own could quote the key.
    pub(crate) fn set(&self, certificate: &str, key: &str) -> Result<(), &'static str> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| "a certificate that is not valid PEM")?;
        let key =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| "a key that is not a private key in PEM")?;
        let provider = CryptoProvider::get_default().ok_or("no use without rustls' default provider")?;
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|_| "a key of a kind that is not supported")?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // A certificate of X.509 version 1, which `openssl x509 -req` makes, is read by its server and not by rustls.
            Ok(())
            | Err(
                rustls::Error::InvalidCertificate(CertificateError::Other(_))
                | rustls::Error::InconsistentKeys(InconsistentKeys::Unknown),
            ) => {}
            Err(rustls::Error::InvalidCertificate(_)) => return Err("a certificate that cannot be read"),
            Err(_) => return Err("a certificate and a key that do not go together"),
        }
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
