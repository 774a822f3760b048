//! Certificates and keys as people paste them: PEM, or PEM in base64 as a kubeconfig carries it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

/// The certificates of a PEM bundle, DER-encoded.
///
/// # Errors
/// What is to be said of the text, without the text: `is neither PEM nor PEM in base64`.
pub(crate) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, &'static str> {
    let pem = decoded(text)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.expose_secret().as_bytes())
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect::<Result<_, _>>()
        // The parser's own error quotes what it has read, which may be the key beside the certificate.
        .map_err(|_| "is not valid PEM: its line breaks may have been lost on the way, or have become blanks or \\n")?;
    if found.is_empty() {
        return Err(if pem.expose_secret().contains("PRIVATE KEY-----") {
            "holds a private key and no certificate"
        } else {
            "holds no certificate (no `-----BEGIN CERTIFICATE-----`)"
        });
    }
    Ok(found)
}

/// A certificate and its chain as PEM, checked.
///
/// # Errors
/// As [`certificates`] says it.
pub(crate) fn certificate(text: &str) -> Result<String, &'static str> {
    certificates(text)?;
    Ok(decoded(text)?.expose_secret().to_owned())
}

/// A private key as PEM, checked.
///
/// # Errors
/// As [`certificates`] says it.
pub(crate) fn key(text: &SecretString) -> Result<SecretString, &'static str> {
    let key = decoded(text.expose_secret())?;
    // The parser's own error could quote the key: what is wrong with it is said in our words only.
    PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| {
        if key.expose_secret().contains("ENCRYPTED") {
            "is encrypted; a key without a passphrase is needed"
        } else {
            "is not a private key in PEM (PKCS#8, PKCS#1 or SEC1)"
        }
    })?;
    Ok(key)
}

fn decoded(text: &str) -> Result<SecretString, &'static str> {
    let text = text.trim();
    if text.contains("-----BEGIN") {
        return Ok(format!("{text}\n").into());
    }
    match unpacked(text) {
        Some(pem) if pem.contains("-----BEGIN") => Ok(pem.into()),
        Some(packed) if unpacked(&packed).is_some_and(|pem| pem.contains("-----BEGIN")) => Err("is in base64 twice"),
        _ => Err("is neither PEM nor PEM in base64"),
    }
}

/// The text that is in base64; `None` if it is not.
pub(crate) fn unpacked(text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}
