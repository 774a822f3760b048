//! What is cleared: it was filled and is now empty, which server-side apply cannot do in one step.

use tf_plugin_server::value::Value;

use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::{Kind, ListType, Node};

/// `planned` without what `prior` had filled and it has empty; none where there is no such thing.
///
/// Server-side apply makes a null of an object or a list whose last field is dropped and which is itself still applied
/// (structured-merge-diff removes what nobody applies any more, and then what holds nothing), and the API refuses the null.
/// Left out first and applied empty then, it ends up empty. Whoever is empty for want of what was left out, or requires it, is
/// left out as well; where that is everything, no step helps. A list with one owner is replaced as a whole, so that nothing
/// within it needs this.
pub fn without_cleared(planned: &Value, prior: &Value, node: &Node) -> Option<Value> {
    left_out(planned, prior, node).filter(|step| !step.is_null())
}

/// `value` without what is cleared in it, null where that is all of it; none where nothing is.
fn left_out(value: &Value, prior: &Value, node: &Node) -> Option<Value> {
    let mut step = value.clone();
    let mut changed = false;
    let mut whole = false;
    let mut gone = Vec::new();
    let children = pairs(node, Side::Terraform(value), Side::Terraform(prior)).into_iter();
    for pair in children.filter(|pair| is_looked_into(pair, node)) {
        let Some(below) = left_out(pair.left.value(), pair.right.value(), pair.node) else {
            continue;
        };
        changed = true;
        match pair.step {
            Step::Attribute(name, attribute) => {
                whole |= below.is_null() && attribute.is_required();
                step.get_mut(name).into_iter().for_each(|place| *place = below.clone());
            }
            Step::Key(key) => step.get_mut(key).into_iter().for_each(|place| *place = below.clone()),
            Step::Item(index, _) => {
                let items = step.as_list_mut();
                if below.is_null() {
                    gone.extend(index);
                } else if let Some(place) = items.and_then(|items| items.get_mut(index?)) {
                    *place = below;
                }
            }
        }
    }
    if let Some(items) = step.as_list_mut() {
        gone.into_iter().rev().for_each(|index| drop(items.remove(index)));
    }
    whole |= is_mergeable(node) && is_empty(&step, node) && holds_something(prior, node);
    if whole {
        return Some(Value::Null);
    }
    changed.then_some(step)
}

/// Whether the two sides of a child are merged by the API, rather than one replaced by the other.
fn is_looked_into(pair: &Pair<'_>, parent: &Node) -> bool {
    let is_merged = match (&parent.kind, pair.step) {
        (Kind::Object(_), Step::Attribute(_, attribute)) => attribute.configurable_field().is_some(),
        (Kind::List { list_type, .. }, _) => list_type.by_key().is_some(),
        (Kind::FreeForm, Step::Key(_)) => true,
        _ => false,
    };
    is_merged && !pair.left.is_null() && !pair.right.is_null()
}

/// Whether server-side apply merges what is within, rather than replacing it.
fn is_mergeable(node: &Node) -> bool {
    match &node.kind {
        Kind::Object(_) | Kind::Map(_) | Kind::FreeForm => true,
        Kind::List { list_type, .. } => *list_type != ListType::Atomic,
        _ => false,
    }
}

/// Whether nothing but the empty object or list is sent for the value.
fn is_empty(value: &Value, node: &Node) -> bool {
    match (&node.kind, Side::Terraform(value).form()) {
        (Kind::List { .. }, Form::List) => value.as_list().is_some_and(<[Value]>::is_empty),
        (Kind::Object(object), Form::Map) => object
            .iter()
            .filter(|(_, attribute)| attribute.configurable_field().is_some())
            .all(|(name, _)| value.get(name).is_none_or(Value::is_null)),
        (Kind::Map(_) | Kind::FreeForm, Form::Map) => {
            value.as_map().is_some_and(|map| map.values().all(Value::is_null))
        }
        _ => false,
    }
}

/// Whether the prior value could be emptied: it has fields or items.
fn holds_something(prior: &Value, node: &Node) -> bool {
    Side::Terraform(prior).form() != Form::Leaf && !is_empty(prior, node)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::schema;
    use crate::value::{expand, flatten_all};

    /// Checks what is sent first on the way from a Pod specification to another.
    #[track_caller]
    fn check(before: &Json, after: &Json, first: Option<&Json>) {
        let node = schema::workload()
            .at("spec.template")
            .expect("a Workload has a template");
        let state = |pod: &Json| flatten_all(&json!({ "spec": pod }), node);
        let step = without_cleared(&state(after), &state(before), node);
        let sent = step.map(|step| expand(&step, node).expect("the step is known"));
        assert_eq!(sent, first.map(|pod| json!({ "spec": pod })));
    }

    fn container(fields: &Json) -> Json {
        let mut container = json!({ "name": "app" });
        for (name, value) in fields.as_object().into_iter().flatten() {
            container[name] = value.clone();
        }
        json!({ "containers": [{ "name": "proxy" }, container] })
    }

    #[test]
    fn what_is_cleared_is_left_out_first() {
        let filled =
            container(&json!({ "resources": { "limits": { "cpu": "1" } }, "env": [{ "name": "A" }], "args": ["a"] }));
        check(
            &filled,
            &container(&json!({ "resources": {}, "env": [], "args": [] })),
            Some(&container(&json!({ "args": [] }))),
        );
        check(&filled, &filled, None);
        check(&filled, &container(&json!({})), None);
        let empty = container(&json!({ "resources": {}, "env": [] }));
        check(&empty, &empty, None);
        check(&container(&json!({})), &empty, None);
    }

    #[test]
    fn what_would_be_empty_without_it_is_left_out_too() {
        check(
            &container(&json!({ "securityContext": { "capabilities": { "add": ["NET_ADMIN"] } } })),
            &container(&json!({ "securityContext": { "capabilities": {} } })),
            Some(&container(&json!({}))),
        );
        check(
            &container(&json!({ "resources": { "limits": { "cpu": "1" }, "requests": { "cpu": "1" } } })),
            &container(&json!({ "resources": { "limits": {}, "requests": { "cpu": "1" } } })),
            Some(&container(&json!({ "resources": { "requests": { "cpu": "1" } } }))),
        );
    }

    #[test]
    fn items_are_told_apart_by_their_own_keys() {
        let spread = |selector: &Json| {
            let constraint = |skew: u8, key: &str| json!({ "maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule" });
            let mut zone = constraint(1, "zone");
            zone["labelSelector"] = selector.clone();
            json!({ "containers": [], "topologySpreadConstraints": [constraint(2, "host"), zone] })
        };
        let mut first = spread(&json!(null));
        first["topologySpreadConstraints"][1]
            .as_object_mut()
            .expect("an item")
            .remove("labelSelector");
        check(
            &spread(&json!({ "matchLabels": { "app": "web" } })),
            &spread(&json!({})),
            Some(&first),
        );
        // An absent protocol is TCP.
        let port = |protocol: &Json, name: &Json| {
            container(&json!({ "ports": [{ "containerPort": 80, "protocol": protocol, "name": name }] }))
        };
        check(
            &port(&json!("TCP"), &json!("a")),
            &port(&json!(null), &json!(null)),
            None,
        );
    }

    #[test]
    fn what_requires_it_is_left_out_too() {
        let volume = |claim: &Json| json!({ "containers": [], "volumes": [{ "name": "v", "ephemeral": { "volumeClaimTemplate": { "spec": claim } } }] });
        check(
            &volume(&json!({ "resources": { "requests": { "storage": "1Gi" } } })),
            &volume(&json!({})),
            Some(&json!({ "containers": [], "volumes": [{ "name": "v" }] })),
        );
        // Without its template there is no Workload: the API has the last word.
        let (template, workload) = (
            json!({ "spec": { "containers": [{ "name": "app" }] } }),
            schema::workload(),
        );
        let state = |template: &Json| {
            flatten_all(
                &json!({ "metadata": { "name": "web" }, "spec": { "template": template } }),
                workload,
            )
        };
        assert_eq!(without_cleared(&state(&json!({})), &state(&template), workload), None);
    }

    #[test]
    fn a_list_with_one_owner_is_replaced_as_a_whole() {
        let toleration = |toleration: Json| json!({ "containers": [], "tolerations": [toleration] });
        check(&toleration(json!({ "key": "a" })), &toleration(json!({})), None);
        check(
            &json!({ "containers": [], "tolerations": [{ "key": "a" }] }),
            &json!({ "containers": [], "tolerations": [] }),
            None,
        );
    }

    #[test]
    fn values_of_any_type_are_looked_into() {
        let node = schema::workload()
            .at("spec.provider")
            .expect("the provider is in the schema");
        let first = |before: Json, after: Json| {
            let step = without_cleared(&flatten_all(&after, node), &flatten_all(&before, node), node);
            step.map(|step| expand(&step, node).expect("the step is known"))
        };
        assert_eq!(
            first(json!({ "a": { "b": 1 }, "c": 1 }), json!({ "a": {}, "c": 2 })),
            Some(json!({ "c": 2 }))
        );
        assert_eq!(first(json!({ "a": 1 }), json!({ "a": 2 })), None);
        // All of it is the caller's to leave out.
        assert_eq!(first(json!({ "a": { "b": 1 } }), json!({ "a": {} })), None);
    }
}
