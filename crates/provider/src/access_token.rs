//! `ephemeral "datum_access_token"`: the token that the provider itself asks with, for other providers of the same run.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use tf_plugin_server::extension::{EphemeralResource, Opened, Renewed};
use tf_plugin_server::operation::{self, DeferralReason};
use tf_plugin_server::value::Value;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use tf_provider::{Diagnostic, Diagnostics};

use crate::diagnostics;
use crate::provider::DatumProvider;

/// How long before it expires a token that is in use is told of.
const NOTICE: SignedDuration = SignedDuration::from_mins(1);

/// The attributes, all of which are the provider's to say.
const ATTRIBUTES: [(&str, bool, &str); 4] = [
    (
        "token",
        true,
        "The bearer token. One that is about to expire is replaced before it is handed out.",
    ),
    (
        "expires_at",
        false,
        "When the token expires (RFC 3339); null where nobody says. Terraform hands on no other token in its place.",
    ),
    (
        "host",
        false,
        "The URL of the control plane that the provider talks to, as `host` of other providers takes it.",
    ),
    (
        "cluster_ca_certificate",
        false,
        "The certificates (PEM) that the control plane's own is checked with; null where those of the system are.",
    ),
];

/// The ephemeral resource `datum_access_token`.
#[derive(Clone, Debug)]
pub struct AccessToken {
    provider: DatumProvider,
}

impl AccessToken {
    /// The ephemeral resource of a provider.
    pub fn new(provider: DatumProvider) -> AccessToken {
        AccessToken { provider }
    }

    async fn opened(&self) -> Result<Opened, Diagnostic> {
        let session = self.provider.session()?;
        let Some(client) = session.client().await? else {
            if operation::defer(DeferralReason::ProviderConfigUnknown) {
                let unknown = ATTRIBUTES.map(|(name, ..)| (name, Value::Unknown));
                return Ok(Opened {
                    result: Value::object(unknown),
                    private: Bytes::new(),
                    renew_at: None,
                });
            }
            return Err(session.unknown());
        };
        let issued = client.access_token().await;
        let issued = issued.map_err(|error| diagnostics::token_refused(&error))?;
        let issued = issued.ok_or_else(|| diagnostics::no_token(client.server()))?;
        let expires_at = issued.expiry.map(|expiry| expiry.to_string());
        Ok(Opened {
            private: Bytes::from(expires_at.clone().unwrap_or_default()),
            result: Value::object([
                ("token", Value::from(issued.token.expose_secret())),
                ("expires_at", expires_at.into()),
                ("host", client.server().into()),
                (
                    "cluster_ca_certificate",
                    client.certificate_authority().map(str::to_owned).into(),
                ),
            ]),
            renew_at: issued.expiry.and_then(notice),
        })
    }
}

/// When to tell that a token is about to expire; never, where it has but a moment from the beginning.
fn notice(expiry: Timestamp) -> Option<Timestamp> {
    expiry.checked_sub(NOTICE).ok()
}

#[async_trait]
impl EphemeralResource for AccessToken {
    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let attributes = ATTRIBUTES.map(|(name, sensitive, description)| {
            let attribute = Attribute {
                attr_type: AttributeType::String,
                description: Description::markdown(description),
                constraint: AttributeConstraint::Computed,
                sensitive,
                deprecated: false,
            };
            (name.to_owned(), attribute)
        });
        let description = "The access token of the provider's own configuration, and where it is good for: for the providers of \
                           Kubernetes, Helm and HTTP, without a login of their own. Nothing of it is in the state or in a plan.";
        Some(Schema {
            version: 0,
            block: Block {
                attributes: attributes.into(),
                description: Description::markdown(description),
                ..Block::default()
            },
        })
    }

    async fn open(&self, diags: &mut Diagnostics, _config: Value) -> Option<Opened> {
        let opened = self.opened().await;
        opened.map_err(|problem| diags.errors.push(problem)).ok()
    }

    /// A token cannot be prolonged, and the CLI takes no other one: all that can be done for who uses it is to tell.
    async fn renew(&self, diags: &mut Diagnostics, private: Bytes) -> Option<Renewed> {
        let expires_at = String::from_utf8_lossy(&private);
        diags.warnings.push(diagnostics::token_expires(&expires_at));
        Some(Renewed {
            private,
            renew_at: None,
        })
    }
}
