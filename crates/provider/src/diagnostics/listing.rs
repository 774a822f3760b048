//! Lists that the API does not give, or not wholly.

use datum_client::Error;
use datum_model::id::Namespace;
use tf_provider::{AttributePath, Diagnostic};

use super::operation::Operation;
use super::remedy::next_step;
use super::text::{diagnostic, root, sentence};

/// The selectors of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selectors<'s> {
    /// `label_selector`
    pub label: Option<&'s str>,
    /// `field_selector`
    pub field: Option<&'s str>,
}

impl Selectors<'_> {
    /// The attribute whose selector the API does not understand. Where both are given, its words tell which one it means.
    fn at_fault(self, words: &str) -> Option<&'static str> {
        match (self.label, self.field) {
            (None, None) => None,
            (None, Some(_)) => Some("field_selector"),
            (Some(_), Some(_)) if words.contains("field") => Some("field_selector"),
            (Some(_), _) => Some("label_selector"),
        }
    }
}

/// A list that the API does not give.
pub fn unlisted(namespace: &Namespace, selectors: Selectors<'_>, error: &Error) -> Diagnostic {
    if let Some(attribute) = selectors
        .at_fault(&error.kind().to_string())
        .filter(|_| error.is_invalid())
    {
        let selector = if attribute == "label_selector" {
            selectors.label
        } else {
            selectors.field
        };
        let selector = selector.unwrap_or_default();
        return diagnostic(
            format!("{attribute} is not valid"),
            format!(
                "{}\n\nWrite it as for kubectl: {}",
                sentence(&error.kind().to_string()),
                if attribute == "label_selector" {
                    format!("kubectl get workloads -n {namespace} -l '{selector}'")
                } else {
                    format!(
                        "kubectl get workloads -n {namespace} --field-selector '{selector}'; workloads are selected by \
                         metadata.name and metadata.namespace"
                    )
                }
            ),
            AttributePath::new(attribute),
        );
    }
    let why = sentence(&format!("{}{}", error.kind(), error.attempts()));
    let (next, _) = next_step(Operation::Read, namespace, None, error.kind());
    diagnostic(
        format!("Cannot list the workloads in {namespace}"),
        format!("{why}\n\n{next}\nWhat kubectl sees: kubectl get workloads -n {namespace}"),
        root(),
    )
}

/// The CLI's own limit has cut a list.
pub fn cut(shown: usize, remaining: Option<u64>) -> Diagnostic {
    let more = remaining.map_or_else(|| "more".to_owned(), |remaining| format!("{remaining} more"));
    diagnostic(
        format!("Only the first {shown} workloads are listed"),
        format!(
            "There are {more}. A list block has a limit of 100 where it does not say another: limit = 10000 beside the config \
             block lists up to that many."
        ),
        root(),
    )
}
