//! What proves who the server and its users are: a certificate authority, certificates and tokens.

use std::fs;
use std::io::{self, Write};
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
        params
            .distinguished_name
            .push(DnType::CommonName, "datum-control-plane");
        let ca_certificate = params.self_signed(&ca_key)?.pem();

        let client_key = KeyPair::generate()?;
        let mut client = CertificateParams::new(Vec::new())?;
        client.distinguished_name.push(DnType::CommonName, CERTIFICATE_USER);
        client
            .distinguished_name
            .push(DnType::OrganizationName, "system:masters");
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
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
                write_secret(&path, &json).map_err(|source| IdentityError::File { path, source })?;
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
        params
            .distinguished_name
            .push(DnType::CommonName, "datum-control-plane");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
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

/// Writes a file that only its owner reads, whole or not at all.
pub fn write_secret(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{name}.{}", Uuid::new_v4().simple()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(&temporary)?.write_all(content)?;
    fs::rename(&temporary, path).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}
