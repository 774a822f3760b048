//! Where Pods may run: tolerations, spreading, affinity (`ValidateTolerations`, `validateTopologySpreadConstraints`).

use super::node::Node;
use super::{resources, selector};
use crate::format;

/// Checks what the scheduler reads of a Pod.
pub(super) fn check(pod: &Node<'_>) {
    pod.at("tolerations")
        .items()
        .for_each(|toleration| check_toleration(&toleration));
    for spread in pod.at("topologySpreadConstraints").items() {
        let skew = spread.at("maxSkew");
        if skew.integer().is_some_and(|skew| skew <= 0) {
            skew.invalid("must be greater than zero");
        }
        let domains = spread.at("minDomains");
        if domains.integer().is_some_and(|domains| domains <= 0) {
            domains.invalid("must be greater than zero");
        }
        check_key(&spread.at("topologyKey"));
        selector::check(&spread.at("labelSelector"));
    }
    resources::check_amounts(&pod.at("overhead"));
    check_affinity(&pod.at("affinity"));
}

fn check_toleration(toleration: &Node<'_>) {
    let key = toleration.at("key");
    let operator = toleration.at("operator");
    key.check_text(format::qualified_name);
    if key.is_blank() && !operator.is_unknown() && operator.text() != Some("Exists") {
        operator.invalid("operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
    }
    let value = toleration.at("value");
    if operator.text() == Some("Exists") && value.filled().is_some() {
        value.invalid("value must be empty when `operator` is 'Exists'");
    }
    if operator.is_blank() || operator.text() == Some("Equal") {
        value.check_text(format::label_value);
    }
    let effect = toleration.at("effect");
    let lasts = toleration.at("tolerationSeconds").value().is_some();
    if lasts && !effect.is_unknown() && effect.text() != Some("NoExecute") {
        effect.invalid("effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
}

fn check_affinity(affinity: &Node<'_>) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let terms = affinity.at("nodeAffinity").at(REQUIRED).at("nodeSelectorTerms");
    if terms.value().is_some() && terms.items().next().is_none() {
        terms.error("Required value: must have at least one node selector term".into());
    }
    terms.items().for_each(|term| check_node_term(&term));
    for term in affinity.at("nodeAffinity").at(PREFERRED).items() {
        check_weight(&term.at("weight"));
        check_node_term(&term.at("preference"));
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        for term in affinity.at(kind).at(REQUIRED).items() {
            check_pod_term(&term);
        }
        for term in affinity.at(kind).at(PREFERRED).items() {
            check_weight(&term.at("weight"));
            check_pod_term(&term.at("podAffinityTerm"));
        }
    }
}

fn check_node_term(term: &Node<'_>) {
    for requirement in ["matchExpressions", "matchFields"]
        .into_iter()
        .flat_map(|list| term.at(list).items())
    {
        let (operator, values) = (requirement.at("operator"), requirement.at("values"));
        if values.is_unknown() {
            continue;
        }
        match (operator.text(), values.items().count()) {
            (Some("In" | "NotIn"), 0) => {
                values.error("Required value: must be specified when `operator` is 'In' or 'NotIn'".into());
            }
            (Some("Exists" | "DoesNotExist"), 1..) => {
                values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            (Some("Gt" | "Lt"), count) if count != 1 => {
                values.error("Required value: must be specified single value when `operator` is 'Lt' or 'Gt'".into());
            }
            _ => {}
        }
    }
}

fn check_pod_term(term: &Node<'_>) {
    check_key(&term.at("topologyKey"));
    selector::check(&term.at("labelSelector"));
    selector::check(&term.at("namespaceSelector"));
    for namespace in term.at("namespaces").items() {
        namespace.check_text(format::dns_label);
    }
}

fn check_key(key: &Node<'_>) {
    if key.text() == Some("") {
        key.error("Required value: can not be empty".into());
    }
    key.check_text(format::qualified_name);
}

fn check_weight(weight: &Node<'_>) {
    if weight.integer().is_some_and(|weight| !(1..=100).contains(&weight)) {
        weight.invalid("must be in the range 1-100");
    }
}
