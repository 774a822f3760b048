//! go-plugin's handshake: what the CLI says in the environment, and the line that answers it.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::listener::Endpoint;

/// Says that a CLI started this process. It guards against mistakes, not against malice.
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);
const VERSIONS: &str = "PLUGIN_PROTOCOL_VERSIONS";
const CLIENT_CERTIFICATE: &str = "PLUGIN_CLIENT_CERT";
/// Says that the CLI reads a seventh field, and would have all connections go over one socket.
const MULTIPLEX: &str = "PLUGIN_MULTIPLEX_GRPC";

/// The version of go-plugin's own protocol.
const CORE_PROTOCOL: u32 = 1;
/// The plugin protocol that is spoken.
pub(crate) const PROTOCOL: u32 = 6;

/// What the CLI says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// The certificate, in PEM, that the CLI will present.
    pub(crate) client_certificate: String,
    /// Whether the CLI reads whether connections can be multiplexed. (They cannot: there is only the one.)
    pub(crate) reads_multiplexing: bool,
}

/// Why there is no greeting to answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoGreeting {
    /// Nobody but a user starts it without the cookie.
    #[error("not started by a CLI")]
    ByHand,
    #[error(
        "the CLI speaks plugin protocol {offered}, and this provider speaks version {PROTOCOL}: use Terraform 1.0 or OpenTofu \
         1.6, or later"
    )]
    Versions { offered: String },
    /// Without it, any process of the same user could drive the configured provider, and so use its credentials.
    #[error("{CLIENT_CERTIFICATE} is not set: this provider serves only a CLI that identifies itself by a certificate")]
    NoCertificate,
}

impl Greeting {
    /// Reads the environment by `var`.
    pub(crate) fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, NoGreeting> {
        if var(COOKIE.0).as_deref() != Some(COOKIE.1) {
            return Err(NoGreeting::ByHand);
        }
        // A CLI that does not say what it speaks takes what it gets.
        if let Some(offered) = var(VERSIONS).filter(|offered| !offered.is_empty()) {
            let spoken = PROTOCOL.to_string();
            if !offered.split(',').any(|version| version.trim() == spoken) {
                return Err(NoGreeting::Versions { offered });
            }
        }
        match var(CLIENT_CERTIFICATE) {
            Some(certificate) if !certificate.is_empty() => Ok(Self {
                client_certificate: certificate,
                reads_multiplexing: var(MULTIPLEX).is_some_and(|value| !value.is_empty()),
            }),
            _ => Err(NoGreeting::NoCertificate),
        }
    }
}

/// Tells the CLI where the server listens and by which certificate (in DER) to know it: the one line that goes to stdout.
pub(crate) fn answer(
    out: &mut impl Write,
    greeting: &Greeting,
    endpoint: &Endpoint,
    certificate: &[u8],
) -> io::Result<()> {
    let Endpoint { network, address } = endpoint;
    let certificate = STANDARD_NO_PAD.encode(certificate);
    // A CLI that does not ask for the last field would take it for a part of the certificate.
    let multiplexing = if greeting.reads_multiplexing { "|false" } else { "" };
    writeln!(
        out,
        "{CORE_PROTOCOL}|{PROTOCOL}|{network}|{address}|grpc|{certificate}{multiplexing}"
    )?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Greeting, NoGreeting> {
        Greeting::read(|name| {
            let var = vars.iter().find(|(var, _)| *var == name);
            var.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_cli_is_known_by_its_cookie() {
        assert_eq!(read(&[]), Err(NoGreeting::ByHand));
        assert_eq!(
            read(&[(COOKIE.0, "nonsense"), (CLIENT_CERTIFICATE, "pem")]),
            Err(NoGreeting::ByHand)
        );
        assert!(read(&[COOKIE, (CLIENT_CERTIFICATE, "pem")]).is_ok());
    }

    #[test]
    fn a_cli_of_protocol_6_is_served() {
        for offered in ["6", "5,6", "6, 7", ""] {
            assert!(
                read(&[COOKIE, (CLIENT_CERTIFICATE, "pem"), (VERSIONS, offered)]).is_ok(),
                "{offered}"
            );
        }
        for offered in ["5", "4,5", "60,16"] {
            let offered_versions = offered.to_owned();
            assert_eq!(
                read(&[COOKIE, (CLIENT_CERTIFICATE, "pem"), (VERSIONS, offered)]),
                Err(NoGreeting::Versions {
                    offered: offered_versions
                })
            );
        }
    }

    #[test]
    fn a_cli_without_certificate_is_refused() {
        assert_eq!(read(&[COOKIE]), Err(NoGreeting::NoCertificate));
        assert_eq!(
            read(&[COOKIE, (CLIENT_CERTIFICATE, "")]),
            Err(NoGreeting::NoCertificate)
        );
    }

    #[test]
    fn the_answer_is_one_line() {
        let endpoint = Endpoint {
            network: "unix",
            address: "/run/plugin".to_owned(),
        };
        let certificate = (CLIENT_CERTIFICATE, "pem");
        for (vars, expected) in [
            (vec![COOKIE, certificate], "1|6|unix|/run/plugin|grpc|AAECAw\n"),
            (
                vec![COOKIE, certificate, (MULTIPLEX, "true")],
                "1|6|unix|/run/plugin|grpc|AAECAw|false\n",
            ),
        ] {
            let mut line = Vec::new();
            answer(&mut line, &read(&vars).unwrap(), &endpoint, &[0, 1, 2, 3]).unwrap();
            assert_eq!(String::from_utf8(line).unwrap(), expected);
        }
    }
}
