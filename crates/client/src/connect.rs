//! From a [`Config`] to a connection: kube's TLS, certificate and URL handling in a stack of our own.
//!
//! The stack is assembled from kube's parts because its ready-made one retries and authenticates in ways that do not fit
//! (see [`credential`](crate::credential)), leaves Nagle's algorithm on, and logs every failure that we go on to retry as
//! an error.

use http::{HeaderValue, header};
use kube::config::AuthInfo;

use crate::config::kubeconfig::UserEntry;
use crate::config::{Auth, Config, ConfigError, Setting, Target, content, endpoint};
use crate::credential::{Credential, Identity};
use crate::transport::{Place, Transport};

mod credential;
mod pinned;
mod proxy;
mod stack;
mod target;

use proxy::Route;
use stack::{Trust, open};
use target::{Found, apply_tls};

/// What a configuration comes to.
pub(crate) struct Connected {
    pub(crate) transport: Transport,
    pub(crate) namespace: Option<String>,
    /// The authorities that are trusted, in PEM; none for those of the system.
    pub(crate) authority: Option<String>,
}

/// Reads what the configuration names, and builds the connection. Nothing is sent yet.
pub(crate) fn connect(config: &Config) -> Result<Connected, ConfigError> {
    let user = match config.auth {
        Some(_) => UserEntry::Optional,
        None => UserEntry::Required,
    };
    let mut found = Found::of(&config.target, user, &config.tls)?;
    apply_tls(&mut found.kube, &config.tls)?;

    let user_agent = HeaderValue::try_from(&config.user_agent).map_err(|_| {
        ConfigError::new(
            Setting::UserAgent,
            "the user agent holds characters that no header can carry",
        )
    })?;
    found.kube.headers.push((header::USER_AGENT, user_agent));

    let route = Route {
        chosen: config.proxy.as_ref(),
        origin: config.origins.proxy.as_deref(),
        of_kubeconfig: found.proxy.clone(),
        cluster: found.cluster_entry.as_ref(),
    };
    let identity = Identity::default();
    let credential = if let Some(auth) = &config.auth {
        // Whoever names credentials does not want those of the kubeconfig as well.
        found.kube.auth_info = AuthInfo::default();
        credential::named(auth, &found.kube, &route, &identity)?
    } else {
        found.present(&identity)?;
        found.credential(&identity)?
    };

    let server = endpoint::without_credentials(&found.kube.cluster_url.to_string());
    let client = open(&found.kube, Trust::Named, &route, Some(identity))?;
    let place = Place {
        proxy: route.described(&found.kube.cluster_url),
        server,
        credentials: described(config, &found, &credential),
    };
    tracing::debug!(
        server = %place.server,
        target = %config.target,
        context = found.context.as_deref().map(content::shown_name),
        credentials = %place.credentials,
        proxy = place.proxy.as_deref().unwrap_or("none"),
        "the provider's requests go there"
    );
    let transport = Transport::new(client, credential, place, config.retries, config.request_timeout);
    let authority = found.kube.root_cert.map(|certificates| {
        let certificates = certificates.into_iter().map(|der| pem::Pem::new("CERTIFICATE", der));
        pem::encode_many(&certificates.collect::<Vec<_>>())
    });
    Ok(Connected {
        transport,
        namespace: found.namespace,
        authority,
    })
}

/// What the credentials are and where they come from, in words. A token that the API does not take is looked for there.
fn described(config: &Config, found: &Found, credential: &Credential) -> String {
    let kind = match (&config.auth, credential) {
        (Some(Auth::ClientCertificate { .. }), _) => "a client certificate",
        (None, Credential::None) if found.presents() => "a client certificate",
        (_, Credential::None) => return "none".to_owned(),
        (_, credential) => credential.kind(),
    };
    match (&config.auth, &config.origins.auth, &config.target) {
        (Some(_), Some(origin), _) => format!("{kind} of {origin}"),
        (Some(_), None, _) => format!("{kind} of the settings"),
        (None, _, Target::InCluster(_)) => format!("{kind} of the pod's service account"),
        (None, ..) => match &found.user_entry {
            Some(entry) => format!(
                "{kind} of the kubeconfig's user {:?}",
                content::shown_name(entry.name())
            ),
            None => format!("{kind} of the kubeconfig"),
        },
    }
}
