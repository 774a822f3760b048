//! Mutual TLS between the CLI and the provider: each knows the other by the very certificate that it was told.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The CLI's certificate cannot be read.
    #[error("cannot read the CLI's certificate in PLUGIN_CLIENT_CERT")]
    ClientCertificate(#[source] rustls::pki_types::pem::Error),
    /// A certificate for this server cannot be made.
    #[error("cannot make a certificate")]
    ServerCertificate(#[from] rcgen::Error),
    /// rustls refuses the configuration.
    #[error("cannot set up TLS")]
    Config(#[from] rustls::Error),
}

/// A server's side of TLS, with a certificate that was made for it alone.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// In DER; the CLI accepts this one and no other.
    pub(crate) certificate: CertificateDer<'static>,
}

impl Tls {
    /// Accepts clients that prove to have the key of this certificate, in PEM, and no others.
    pub(crate) fn pinned_to(client_certificate: &str) -> Result<Self, Error> {
        let client = CertificateDer::from_pem_slice(client_certificate.as_bytes()).map_err(Error::ClientCertificate)?;
        let key = rcgen::KeyPair::generate()?;
        // go-plugin looks for this host name.
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()])?;
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key)?.der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|reason| Error::Config(rustls::Error::General(reason.to_owned())))?;
        // The provider is named, and not a process-wide default: with more than one in the program, there is none. This one
        // can verify P-521, which go-plugin's certificates use.
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(Pinned::new(client, &crypto));
        let mut config = ServerConfig::builder_with_provider(crypto)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.clone()], key)?;
        // gRPC clients insist on it.
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate,
        })
    }
}

/// Accepts one client certificate, by its bytes, and requires proof of its key.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(certificate: CertificateDer<'static>, crypto: &CryptoProvider) -> Self {
        Self {
            certificate,
            algorithms: crypto.signature_verification_algorithms,
        }
    }
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
