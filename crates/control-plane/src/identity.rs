//! What proves who the server and its users are: a certificate authority, certificates and tokens.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::{Role, Tokens};
use crate::private;

/// The names that the server's certificate is for.
const SERVER_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The user of the client certificate, and the name of its context.
pub const CERTIFICATE_USER: &str = "client-cert";

/// A failure to make or read the identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A key or certificate cannot be made or read.
    #[error("cannot make the certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificates do not make a TLS configuration.
    #[error("cannot configure TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The client certificates cannot be verified.
    #[error("cannot configure the verification of client certificates: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    /// The identity cannot be kept.
    #[error("cannot keep the identity in {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The identity that was kept cannot be read.
    #[error("{path} does not hold an identity: {source}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// The secrets of one control plane. It has no `Debug`: nothing here belongs in a log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    ca_certificate: String,
    ca_key: String,
    client_certificate: String,
    client_key: String,
    tokens: Vec<(String, String)>,
}

impl Identity {
    /// A new identity.
    pub fn generate() -> Result<Self, IdentityError> {
        let ca_key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // A subject of its own: OpenSSL takes a certificate whose issuer has its own name for a self-signed one.
        params
            .distinguished_name
            .push(DnType::CommonName, "datum-control-plane-ca");
        let ca_certificate = params.self_signed(&ca_key)?.pem();

        let client_key = KeyPair::generate()?;
        let mut client = CertificateParams::new(Vec::new())?;
        client.distinguished_name.push(DnType::CommonName, CERTIFICATE_USER);
        client
            .distinguished_name
            .push(DnType::OrganizationName, "system:masters");
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        client.use_authority_key_identifier_extension = true;
        let issuer = Issuer::from_ca_cert_pem(&ca_certificate, &ca_key)?;
        let client_certificate = client.signed_by(&client_key, &issuer)?.pem();

        Ok(Self {
            client_certificate,
            client_key: client_key.serialize_pem(),
            ca_key: ca_key.serialize_pem(),
            ca_certificate,
            tokens: Role::ALL
                .into_iter()
                .map(|role| (role.name().to_owned(), Uuid::new_v4().simple().to_string()))
                .collect(),
        })
    }

    /// The identity kept in `directory`, made when there is none, so that a kubeconfig outlives the server.
    pub fn load_or_generate(directory: &Path) -> Result<Self, IdentityError> {
        let path = directory.join("identity.json");
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json).map_err(|source| IdentityError::Damaged { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let identity = Self::generate()?;
                let json = serde_json::to_vec(&identity).map_err(|source| IdentityError::Damaged {
                    path: path.clone(),
                    source,
                })?;
                private::write(&path, &json).map_err(|source| IdentityError::File { path, source })?;
                Ok(identity)
            }
            Err(source) => Err(IdentityError::File { path, source }),
        }
    }

    /// The certificate of the authority, PEM.
    pub fn ca_certificate(&self) -> &str {
        &self.ca_certificate
    }

    /// The client certificate and its key, PEM.
    pub fn client(&self) -> (&str, &str) {
        (&self.client_certificate, &self.client_key)
    }

    /// The token of a role's user.
    pub fn token(&self, role: Role) -> &str {
        self.tokens
            .iter()
            .find(|(name, _)| name == role.name())
            .map_or("", |(_, token)| token)
    }

    /// All tokens.
    pub fn tokens(&self) -> Tokens {
        let mut tokens = Tokens::default();
        for role in Role::ALL {
            tokens.insert(self.token(role).to_owned(), role.user());
        }
        tokens
    }

    /// The TLS side of the server at `address`: its own certificate, and client certificates where clients have one.
    pub fn server_config(&self, address: IpAddr) -> Result<ServerConfig, IdentityError> {
        let ca_key = KeyPair::from_pem(&self.ca_key)?;
        let issuer = Issuer::from_ca_cert_pem(&self.ca_certificate, ca_key)?;
        let key = KeyPair::generate()?;
        let mut names = SERVER_NAMES.map(str::to_owned).to_vec();
        let own = address.to_string();
        if !names.contains(&own) {
            names.push(own);
        }
        let mut params = CertificateParams::new(names)?;
        // An authority that was made by an older version has the name of the program.
        params
            .distinguished_name
            .push(DnType::CommonName, "datum-control-plane-server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate_from_pem(&self.ca_certificate))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The first certificate of a PEM text; an empty one, which no store accepts, when there is none.
fn certificate_from_pem(pem: &str) -> CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject;
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap_or_else(|_| CertificateDer::from(Vec::new()))
}

#[cfg(test)]
mod tests {
    use x509_parser::extensions::ParsedExtension;
    use x509_parser::prelude::*;

    use super::*;

    #[test]
    fn certificates_are_told_from_their_authority() {
        let identity = Identity::generate().unwrap();
        let authority = certificate_from_pem(identity.ca_certificate());
        let (_, authority) = X509Certificate::from_der(&authority).unwrap();
        let own_key = authority
            .extensions()
            .iter()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(key) => Some(key.clone()),
                _ => None,
            });
        let client = certificate_from_pem(identity.client().0);
        let (_, client) = X509Certificate::from_der(&client).unwrap();
        let issuer_key = client
            .extensions()
            .iter()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(key) => key.key_identifier.clone(),
                _ => None,
            });
        assert!(own_key.is_some());
        assert_eq!(issuer_key, own_key);
        assert_eq!(client.issuer(), authority.subject());
        assert_ne!(client.subject(), authority.subject());
    }
}
