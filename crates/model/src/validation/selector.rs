//! Label selectors, and whether one selects the Pods that are made from the template.

use super::metadata;
use super::node::Node;
use crate::format;

/// Checks a label selector.
pub(super) fn check(selector: &Node<'_>) {
    metadata::check_labels(&selector.at("matchLabels"));
    for requirement in selector.at("matchExpressions").items() {
        requirement.at("key").check_text(format::qualified_name);
        let values = requirement.at("values");
        match requirement.at("operator").text() {
            Some("In" | "NotIn") if !values.is_unknown() && values.items().next().is_none() => {
                values.error("Required value: must be specified when `operator` is 'In' or 'NotIn'".into());
            }
            Some("Exists" | "DoesNotExist") if values.items().next().is_some() => {
                values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            _ => {}
        }
        for value in values.items() {
            value.check_text(format::label_value);
        }
    }
}

/// Checks that the selector matches the template's labels, where the template has any: without labels of its own, the
/// template gets them from the control plane.
pub(super) fn check_matches(selector: &Node<'_>, labels: &Node<'_>) {
    if labels.entries().next().is_none() {
        return;
    }
    let by_label = selector
        .at("matchLabels")
        .entries()
        .filter_map(|(key, wanted)| mismatched_label(key, wanted.text()?, &labels.key(key)));
    let by_expression = selector
        .at("matchExpressions")
        .items()
        .filter_map(|requirement| mismatched_requirement(&requirement, labels));
    let mismatches: Vec<_> = by_label.chain(by_expression).collect();
    if !mismatches.is_empty() {
        labels.invalid(format_args!(
            "`selector` does not match template `labels`: {}",
            mismatches.join("; ")
        ));
    }
}

fn mismatched_label(key: &str, wanted: &str, label: &Node<'_>) -> Option<String> {
    if label.is_unknown() || label.text() == Some(wanted) {
        return None;
    }
    let found = label.text().map_or("absent".to_owned(), |found| format!("{found:?}"));
    Some(format!("{key} must be {wanted:?}, but is {found}"))
}

fn mismatched_requirement(requirement: &Node<'_>, labels: &Node<'_>) -> Option<String> {
    let key = requirement.at("key").text()?;
    let operator = requirement.at("operator").text()?;
    let label = labels.key(key);
    let values = requirement
        .at("values")
        .items()
        .map(|value| value.text())
        .collect::<Option<Vec<_>>>()?;
    if label.is_unknown() || requirement.at("values").is_unknown() {
        return None;
    }
    let listed = label.text().is_some_and(|label| values.contains(&label));
    let matches = match operator {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => !label.is_absent(),
        "DoesNotExist" => label.is_absent(),
        _ => return None,
    };
    (!matches).then(|| match values.as_slice() {
        [] => format!("{key} {operator}"),
        values => format!("{key} {operator} ({})", values.join(", ")),
    })
}
