//! What holds for every configuration, by property tests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Workload, workload};
use crate::resource;
use datum_model::api::{API_VERSION, KIND};
use datum_model::schema;
use structured_merge::{Conflicts, Error, FieldSet, Path, field_set, managers};

/// One of few names, so that managers meet.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(ToOwned::to_owned)
}

fn map_of(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(name(), values, 1..3)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()))
}

fn text() -> impl Strategy<Value = Value> {
    name().prop_map(Value::from)
}

fn port() -> impl Strategy<Value = Value> {
    (
        80..83_u16,
        prop::option::of(prop::sample::select(vec!["TCP", "UDP"])),
        text(),
    )
        .prop_map(|(number, protocol, name)| match protocol {
            Some(protocol) => json!({"containerPort": number, "protocol": protocol, "name": name}),
            None => json!({"containerPort": number, "name": name}),
        })
}

/// A list whose items are told apart by `key`.
fn list_of(item: impl Strategy<Value = Value>, key: fn(&Value) -> String) -> impl Strategy<Value = Value> {
    prop::collection::vec(item, 1..4).prop_map(move |mut items| {
        let mut seen = std::collections::BTreeSet::new();
        items.retain(|item| seen.insert(key(item)));
        Value::Array(items)
    })
}

fn container() -> impl Strategy<Value = Value> {
    let ports = list_of(port(), |port| {
        format!(
            "{} {}",
            port["containerPort"],
            port["protocol"].as_str().unwrap_or("TCP")
        )
    });
    let args = prop::collection::vec(text(), 1..3).prop_map(Value::from);
    (
        text(),
        prop::option::of(text()),
        prop::option::of(ports),
        prop::option::of(args),
    )
        .prop_map(|(name, image, ports, args)| {
            let mut container = json!({"name": name});
            for (field, value) in [("image", image), ("ports", ports), ("args", args)] {
                if let Some(value) = value {
                    container[field] = value;
                }
            }
            container
        })
}

fn free_form() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text(),
        Just(Value::Null),
        (0..3).prop_map(Value::from),
        Just(json!([1, {"x": 2}]))
    ];
    let inner = map_of(leaf).boxed();
    map_of(prop_oneof![inner, text()])
}

/// A configuration as an applier may send it. It always holds something, and nothing empty: an API server turns a map that
/// an applier empties into a null first, and into the empty map at the next apply.
fn config() -> impl Strategy<Value = Value> {
    let containers = list_of(container(), |container| container["name"].to_string());
    (
        prop::option::of(0..3_u8),
        prop::option::of(containers),
        prop::option::of(free_form()),
        prop::option::of(map_of(text())),
        prop::option::of(list_of(text(), ToString::to_string)),
    )
        .prop_map(|(replicas, containers, provider, labels, finalizers)| {
            let mut config = workload(json!({"networkRef": {"name": "prod"}}));
            if let Some(replicas) = replicas {
                config["spec"]["replicas"] = replicas.into();
            }
            if let Some(containers) = containers {
                config["spec"]["template"]["spec"]["containers"] = containers;
            }
            if let Some(provider) = provider {
                config["spec"]["provider"] = provider;
            }
            if let Some(labels) = labels {
                config["metadata"]["labels"] = labels;
            }
            if let Some(finalizers) = finalizers {
                config["metadata"]["finalizers"] = finalizers;
            }
            config
        })
}

/// The fields of a configuration that can be owned.
fn owned_by(config: &Value) -> FieldSet {
    let identity = ["apiVersion", "kind"].map(|field| Path::of(&[field]));
    let set = field_set(config, resource::workloads().merge_schema());
    let mut system = FieldSet::default();
    for path in identity.iter().chain([&Path::of(&["metadata", "name"])]) {
        system.insert(&path.0);
    }
    set.difference(&system)
}

fn recorded(web: &Workload, manager: &str) -> FieldSet {
    managers::decode(web.object())
        .unwrap_or_default()
        .into_iter()
        .find(|(owner, _)| owner.name == manager)
        .map(|(_, owned)| owned.set)
        .unwrap_or_default()
}

/// Any JSON, of the shape of an object or not.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text()
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let names = prop::sample::select(vec![
            "apiVersion",
            "kind",
            "metadata",
            "spec",
            "status",
            "replicas",
            "template",
            "containers",
            "name",
            "labels",
            "managedFields",
            "provider",
            "finalizers",
            "ownerReferences",
            "conditions",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.prop_map(ToOwned::to_owned), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_that_a_client_sends_makes_a_panic(live in anything(), sent in anything()) {
        let mut config = workload(json!({}));
        config["spec"] = sent.clone();
        for subresource in ["", "status"] {
            let operation = super::operation("a", subresource, 1);
            let _ = structured_merge::update(Some(&live), sent.clone(), &operation);
            let _ = crate::apply::apply(Some(&live), &sent, &operation, Conflicts::TakeOver, schema::workload());
            let _ = crate::apply::apply(Some(&live), &config, &operation, Conflicts::TakeOver, schema::workload());
        }
        let operation = super::operation("a", "scale", 1);
        let _ = crate::apply::scale::update(&live, sent.clone(), &operation);
        let _ = crate::apply::scale::apply(&live, &sent, &operation, Conflicts::TakeOver);
        let mut coerced = sent.clone();
        let _ = crate::admission::coerce(&mut coerced, schema::workload());
        crate::admission::default(&mut coerced, schema::workload());
        let _ = crate::patch::strategic(&live, &sent.to_string(), schema::workload());
        let _ = crate::patch::merge(&live, &sent.to_string(), crate::admission::FieldValidation::Warn);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn applying_twice_is_applying_once(configs in prop::collection::vec((name(), config()), 1..5)) {
        let mut web = Workload::absent();
        for (manager, config) in &configs {
            web.apply_with(manager, config, Conflicts::TakeOver).unwrap();
            let once = web.object().clone();
            web.apply_with(manager, config, Conflicts::TakeOver).unwrap();
            prop_assert_eq!(web.object(), &once);
        }
    }

    #[test]
    fn an_applier_owns_exactly_what_it_applied(configs in prop::collection::vec((name(), config()), 1..5)) {
        let mut web = Workload::absent();
        for (manager, config) in &configs {
            web.apply_with(manager, config, Conflicts::TakeOver).unwrap();
            prop_assert_eq!(recorded(&web, manager), owned_by(config));
        }
    }

    #[test]
    fn an_apply_without_force_takes_nothing_from_others(first in config(), second in config(), third in config()) {
        let mut web = Workload::absent();
        web.apply("a", &first).unwrap();
        let before = recorded(&web, "a");
        for config in [second, third] {
            let untouched = web.object().clone();
            match web.apply("b", &config) {
                Ok(()) => {
                    prop_assert_eq!(recorded(&web, "a"), before.clone());
                    // Whatever the first manager applied is still there as it applied it.
                    let again = web.clone().apply("a", &first);
                    prop_assert_eq!(again, Ok(()));
                }
                Err(Error::Conflict(conflicts)) => {
                    for conflict in &conflicts {
                        prop_assert!(before.contains(&conflict.path.0), "{}", conflict.path);
                    }
                    prop_assert_eq!(web.object(), &untouched);
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn an_applier_that_lets_go_leaves_what_others_applied(first in config(), second in config()) {
        let mut web = Workload::absent();
        web.apply("b", &second).unwrap();
        web.apply_with("a", &first, Conflicts::TakeOver).unwrap();
        web.apply_with("b", &second, Conflicts::TakeOver).unwrap();
        let nothing = json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "web"}});
        web.apply("a", &nothing).unwrap();
        prop_assert_eq!(recorded(&web, "a"), FieldSet::default());
        prop_assert_eq!(recorded(&web, "b"), owned_by(&second));
        // Nothing that the second manager applied has to be applied again.
        let before = web.object().clone();
        web.apply("b", &second).unwrap();
        prop_assert_eq!(web.object(), &before);
    }

    #[test]
    fn an_update_owns_what_it_changes(first in config(), second in config()) {
        let mut web = Workload::absent();
        web.apply("a", &first).unwrap();
        let patch = json!({"metadata": {"labels": second["metadata"]["labels"]}, "spec": {"replicas": 9}});
        web.patch("editor", "", &patch);
        prop_assert!(recorded(&web, "editor").contains(&Path::of(&["spec", "replicas"]).0));
        prop_assert!(!recorded(&web, "a").contains(&Path::of(&["spec", "replicas"]).0));
    }
}
