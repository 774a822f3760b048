//! What admission says of a request: webhooks and policies that the API asks before it stores anything.
//!
//! Source: apiserver's `admission/plugin/webhook/errors` and `admission/plugin/policy`.

/// How the API begins to say which of them it was.
const CONTROLLERS: [&str; 3] = [
    "admission webhook \"",
    "ValidatingAdmissionPolicy '",
    "MutatingAdmissionPolicy '",
];
/// What the API says of a webhook that it could not ask.
const UNANSWERED: &str = "failed calling webhook \"";
/// How policies say that something they look for is not there.
const ABSENT: [&str; 7] = [
    "not found",
    "no params found",
    "does not exist",
    "doesn't exist",
    "failed to find",
    "could not find",
    "no such",
];

/// An admission webhook or policy that does not let a request pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denial {
    /// All that was said, beginning with the name of the webhook or policy.
    pub message: String,
}

impl Denial {
    /// Reads a message of the API.
    pub(crate) fn parse(message: &str) -> Option<Self> {
        let said = CONTROLLERS.iter().filter_map(|name| message.find(name)).min()?;
        let said = &message[said..];
        said.contains(" denied ").then(|| Self {
            message: said.trim_end().to_owned(),
        })
    }

    /// Whether it says that something is absent which the request refers to, so that it may pass once that exists. These are
    /// words for people, and no more can be told from them.
    pub fn is_about_something_absent(&self) -> bool {
        let words = self.message.to_lowercase();
        ABSENT.iter().any(|absent| words.contains(absent))
    }
}

/// The name of the webhook that the API says it could not ask.
pub(crate) fn failed_webhook(message: &str) -> Option<String> {
    let (name, _) = message.split_once(UNANSWERED)?.1.split_once('"')?;
    Some(name.to_owned())
}
