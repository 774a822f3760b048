//! Certificates and keys as people paste them: PEM, or PEM in base64 as a kubeconfig carries it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

use super::problem::{ConfigError, Setting};

/// The certificates of a PEM bundle, DER-encoded.
pub(crate) fn certificates(setting: Setting, text: &str) -> Result<Vec<Vec<u8>>, ConfigError> {
    let pem = decoded(setting, text)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.expose_secret().as_bytes())
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect::<Result<_, _>>()
        // The parser's own error quotes what it has read, which may be the key beside the certificate.
        .map_err(|_| {
            ConfigError::new(
                setting,
                "it is not valid PEM: its line breaks may have been lost on the way, or have become blanks or \\n",
            )
        })?;
    if found.is_empty() {
        let why = if pem.expose_secret().contains("PRIVATE KEY-----") {
            "it holds a private key and no certificate"
        } else {
            "it holds no certificate (no `-----BEGIN CERTIFICATE-----`)"
        };
        return Err(ConfigError::new(setting, why));
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
        let text = key.expose_secret();
        let why = if text.contains("ENCRYPTED") {
            "it is encrypted; a key without a passphrase is needed"
        } else {
            "it is not a private key in PEM (PKCS#8, PKCS#1 or SEC1)"
        };
        ConfigError::new(Setting::ClientKey, why)
    })?;
    Ok((certificate.expose_secret().to_owned(), key))
}

fn decoded(setting: Setting, text: &str) -> Result<SecretString, ConfigError> {
    let text = text.trim();
    if text.contains("-----BEGIN") {
        return Ok(format!("{text}\n").into());
    }
    match unpacked(text) {
        Some(pem) if pem.contains("-----BEGIN") => Ok(pem.into()),
        Some(packed) if unpacked(&packed).is_some_and(|pem| pem.contains("-----BEGIN")) => {
            Err(ConfigError::new(setting, "it is in base64 twice"))
        }
        _ => Err(ConfigError::new(setting, "it is neither PEM nor PEM in base64")),
    }
}

fn unpacked(text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}
