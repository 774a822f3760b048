//! How the server proves itself.

use std::fmt;

use super::content;

/// How the server proves itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificate authorities to trust in place of the system's: PEM, or PEM in base64.
    pub ca: Option<String>,
    /// Whether the server's certificate is verified; `None` leaves it to the kubeconfig, and is `Verify` elsewhere.
    pub verification: Option<Verification>,
    /// The name that the server's certificate must carry, in place of the URL's host.
    pub server_name: Option<String>,
}

impl Tls {
    /// The system's trusted roots and the URL's host name.
    pub const SYSTEM: Self = Self {
        ca: None,
        verification: None,
        server_name: None,
    };
}

/// What is given for an authority may have a key beside it: it is not shown.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("has_ca", &self.ca.is_some())
            .field("verification", &self.verification)
            .field("server_name", &self.server_name.as_deref().map(content::shown_name))
            .finish()
    }
}

/// Whether the server's certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is.
    Verify,
    /// It is not: whoever answers gets the credentials. For experiments only.
    Insecure,
}
