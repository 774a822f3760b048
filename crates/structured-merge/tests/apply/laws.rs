//! What holds for every configuration, by property tests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use structured_merge::{Conflicts, Error, FieldSet, Path, at, compare, field_set, managers, merge, remove_items};

use super::{API_VERSION, App, KIND, SCHEMA, app};

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
            let mut config = app(json!({"networkRef": {"name": "prod"}}));
            if let Some(replicas) = replicas {
                config["spec"]["replicas"] = replicas.into();
            }
            if let Some(containers) = containers {
                config["spec"]["containers"] = containers;
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
    let set = field_set(config, &SCHEMA);
    let mut system = FieldSet::default();
    for path in identity.iter().chain([&Path::of(&["metadata", "name"])]) {
        system.insert(&path.0);
    }
    set.difference(&system)
}

fn recorded(web: &App, manager: &str) -> FieldSet {
    managers::decode(web.object())
        .unwrap_or_default()
        .into_iter()
        .find(|(owner, _)| owner.name == manager)
        .map(|(_, owned)| owned.set)
        .unwrap_or_default()
}

proptest! {
    #[test]
    fn comparing_is_symmetric_and_equal_objects_do_not_differ(a in config(), b in config()) {
        let (there, back) = (compare(&a, &b, &SCHEMA), compare(&b, &a, &SCHEMA));
        prop_assert_eq!((&there.added, &there.removed), (&back.removed, &back.added));
        prop_assert_eq!(&there.modified, &back.modified);
        prop_assert!(compare(&a, &a, &SCHEMA).is_same());
    }

    #[test]
    fn merging_gives_everything_of_both_and_the_applied_values(a in config(), b in config()) {
        let merged = merge(Some(&a), Some(&b), &SCHEMA).expect("neither is empty");
        let (of_a, of_b) = (field_set(&a, &SCHEMA), field_set(&b, &SCHEMA));
        // Free-form, an applied leaf takes the place of all that was below it.
        let of_both = of_a.recursive_difference(&of_b.leaves()).union(&of_b);
        prop_assert_eq!(field_set(&merged, &SCHEMA).leaves(), of_both.leaves());
        // Whatever was applied is there as it was applied.
        let again = merge(Some(&merged), Some(&b), &SCHEMA).expect("it is not empty");
        prop_assert!(compare(&merged, &again, &SCHEMA).is_same());
        for Path(path) in of_b.leaves().paths() {
            prop_assert_eq!(at(&merged, &path, &SCHEMA), at(&b, &path, &SCHEMA));
        }
    }

    #[test]
    fn removing_leaves_nothing_of_what_is_removed_and_all_else(a in config(), b in config()) {
        let (of_a, of_b) = (field_set(&a, &SCHEMA), field_set(&b, &SCHEMA));
        let rest = remove_items(&a, &of_b, &SCHEMA);
        let kept = of_a.recursive_difference(&of_b);
        for Path(path) in of_b.paths() {
            prop_assert!(at(&rest, &path, &SCHEMA).is_none());
        }
        for Path(path) in kept.leaves().paths() {
            prop_assert_eq!(at(&rest, &path, &SCHEMA), at(&a, &path, &SCHEMA));
        }
    }

    #[test]
    fn what_is_owned_is_there(a in config()) {
        for Path(path) in field_set(&a, &SCHEMA).paths() {
            prop_assert!(at(&a, &path, &SCHEMA).is_some(), "{}", Path(path));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn applying_twice_is_applying_once(configs in prop::collection::vec((name(), config()), 1..5)) {
        let mut web = App::absent();
        for (manager, config) in &configs {
            web.apply_with(manager, config, Conflicts::TakeOver).unwrap();
            let once = web.object().clone();
            web.apply_with(manager, config, Conflicts::TakeOver).unwrap();
            prop_assert_eq!(web.object(), &once);
        }
    }

    #[test]
    fn an_applier_owns_exactly_what_it_applied(configs in prop::collection::vec((name(), config()), 1..5)) {
        let mut web = App::absent();
        for (manager, config) in &configs {
            web.apply_with(manager, config, Conflicts::TakeOver).unwrap();
            prop_assert_eq!(recorded(&web, manager), owned_by(config));
        }
    }

    #[test]
    fn an_apply_without_force_takes_nothing_from_others(first in config(), second in config(), third in config()) {
        let mut web = App::absent();
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
        let mut web = App::absent();
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
        let mut web = App::absent();
        web.apply("a", &first).unwrap();
        let patch = json!({"metadata": {"labels": second["metadata"]["labels"]}, "spec": {"replicas": 9}});
        web.patch("editor", "", &patch);
        prop_assert!(recorded(&web, "editor").contains(&Path::of(&["spec", "replicas"]).0));
        prop_assert!(!recorded(&web, "a").contains(&Path::of(&["spec", "replicas"]).0));
    }
}
