//! Certificates and keys as people paste them: PEM, or PEM in base64 as a kubeconfig carries it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

use super::{ConfigError, Setting};

/// The certificates of a PEM bundle, DER-encoded.
pub(crate) fn certificates(setting: Setting, text: &str) -> Result<Vec<Vec<u8>>, ConfigError> {
    let pem = decoded(setting, text)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.expose_secret().as_bytes())
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|error| ConfigError::new(setting, format!("the certificate is not valid PEM: {error}")))?;
    if found.is_empty() {
        return Err(ConfigError::new(
            setting,
            "it holds no certificate (no `-----BEGIN CERTIFICATE-----`)",
        ));
    }
    Ok(found)
}

/// A certificate and its key as PEM texts, both checked.
pub(crate) fn identity(certificate: &str, key: &SecretString) -> Result<(String, SecretString), ConfigError> {
    certificates(Setting::ClientCertificate, certificate)?;
    let certificate = decoded(Setting::ClientCertificate, certificate)?;
    let key = decoded(Setting::ClientKey, key.expose_secret())?;
    // The parser's own error could quote the key: what is wrong with it is said in our words only.
    PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| {
        ConfigError::new(
            Setting::ClientKey,
            "it is not a private key in PEM (PKCS#8, PKCS#1 or SEC1)",
        )
    })?;
    Ok((certificate.expose_secret().to_owned(), key))
}

fn decoded(setting: Setting, text: &str) -> Result<SecretString, ConfigError> {
    let text = text.trim();
    if text.contains("-----BEGIN") {
        return Ok(format!("{text}\n").into());
    }
    let packed: String = text.split_whitespace().collect();
    STANDARD
        .decode(packed)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|pem| pem.contains("-----BEGIN"))
        .map(SecretString::from)
        .ok_or_else(|| ConfigError::new(setting, "it is neither PEM nor PEM in base64"))
}
