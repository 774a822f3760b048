//! Lists that the API does not give, or not wholly.

use datum_client::Error;
use datum_model::id::Namespace;
use tf_provider::{AttributePath, Diagnostic};

use super::operation::Operation;
use super::remedy::next_step;
use super::text::{diagnostic, root, sentence};

/// What a list selects by.
#[derive(Clone, Copy, Debug)]
pub enum Selector<'s> {
    /// `label_selector`
    Label(&'s str),
    /// `field_selector`
    Field(&'s str),
}

/// A list that the API does not give, since it does not understand a selector.
pub fn invalid_selector(namespace: &Namespace, selector: Selector<'_>, error: &Error) -> Diagnostic {
    let (attribute, as_for_kubectl) = match selector {
        Selector::Label(label) => (
            "label_selector",
            format!("kubectl get workloads -n {namespace} -l '{label}'"),
        ),
        Selector::Field(field) => (
            "field_selector",
            format!(
                "kubectl get workloads -n {namespace} --field-selector '{field}'; workloads are selected by metadata.name and \
                 metadata.namespace"
            ),
        ),
    };
    diagnostic(
        format!("{attribute} is not valid"),
        format!(
            "{}\n\nWrite it as for kubectl: {as_for_kubectl}",
            sentence(&error.kind().to_string())
        ),
        AttributePath::new(attribute),
    )
}

/// A list that the API does not give.
pub fn unlisted(namespace: &Namespace, error: &Error) -> Diagnostic {
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
