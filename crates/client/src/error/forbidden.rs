//! The kinds of 403.

/// Why the API does not allow something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Forbidden {
    /// The API took us for nobody: the credentials did not reach it or mean nothing to it.
    #[error("the API took the request for an anonymous one: the credentials are missing or not valid here ({message})")]
    Anonymous {
        /// The server's words.
        message: String,
    },
    /// The user lacks a permission.
    #[error(
        "user {user:?} is not allowed to {verb} {resource}{}",
        namespace.as_ref().map_or_else(|| " in the whole cluster".to_owned(), |of| format!(" in namespace {of:?}"))
    )]
    Rbac {
        /// Who asked, as the API knows them.
        user: String,
        /// What they asked for: `patch`.
        verb: String,
        /// On what: `workloads.compute.miloapis.com`.
        resource: String,
        /// Where; `None` is everywhere.
        namespace: Option<String>,
    },
    /// The project is suspended. Deleting is still allowed.
    #[error("the project is suspended: {message}")]
    Suspended {
        /// The server's words.
        message: String,
    },
    /// The quota does not allow it.
    #[error("{message}")]
    Quota {
        /// The server's words.
        message: String,
        /// Whether the quota system is only busy. Otherwise somebody must free or raise the quota first.
        is_transient: bool,
    },
    /// The namespace is being deleted.
    #[error("the namespace is being deleted: {message}")]
    Terminating {
        /// The server's words.
        message: String,
    },
    /// Anything else: an admission policy, a proxy.
    #[error("it is forbidden: {message}")]
    Other {
        /// The server's words.
        message: String,
    },
}

/// What Datum's quota says when it is only busy.
const BUSY: [&str; 2] = ["try again in a moment", "still cleaning up from a previous attempt"];
/// What a quota says when it is used up: Datum's, and Kubernetes' own.
const EXHAUSTED: [&str; 3] = ["reached your quota", "exceeded quota", "quota exceeded"];

impl Forbidden {
    /// Whether it may pass by itself, so that another attempt may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Quota { is_transient: true, .. })
    }

    /// Reads the server's words and the reasons of its causes.
    pub(crate) fn parse(message: &str, reasons: &[&str]) -> Self {
        let lower = message.to_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| lower.contains(text));
        let message = message.to_owned();
        if lower.contains("system:anonymous") {
            return Self::Anonymous { message };
        }
        if reasons.contains(&"ProjectSuspended") {
            return Self::Suspended { message };
        }
        if reasons.contains(&"NamespaceTerminating") {
            return Self::Terminating { message };
        }
        if says(&BUSY) {
            return Self::Quota {
                message,
                is_transient: true,
            };
        }
        if says(&EXHAUSTED) {
            return Self::Quota {
                message,
                is_transient: false,
            };
        }
        rbac(&message).unwrap_or(Self::Other { message })
    }
}

/// Reads kube-apiserver's sentence: `User "u" cannot patch resource "workloads" in API group "g" in the namespace "n"`.
fn rbac(message: &str) -> Option<Forbidden> {
    let quoted = |after: &str| {
        let rest = message.split_once(after)?.1.strip_prefix('"')?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let user = quoted("User ")?;
    let verb = message.split_once("\" cannot ")?.1.split(' ').next()?.to_owned();
    let resource = quoted(" resource ")?;
    let resource = match quoted(" in API group ").filter(|group| !group.is_empty()) {
        Some(group) => format!("{resource}.{group}"),
        None => resource,
    };
    Some(Forbidden::Rbac {
        user,
        verb,
        resource,
        namespace: quoted(" in the namespace "),
    })
}
