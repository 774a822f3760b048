use proptest::prelude::*;
use serde_json::{Value, json};

use super::FieldSet;
use crate::path::{Path, PathElement};

fn set(json: &Value) -> FieldSet {
    FieldSet::from_json(json).expect("the test's FieldsV1 is well-formed")
}

#[test]
fn a_node_is_a_member_by_its_dot_or_by_being_a_leaf() {
    let set = set(
        &json!({"f:spec": {"f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {"f:name": {}}}}}),
    );
    let paths: Vec<String> = set.paths().iter().map(ToString::to_string).collect();
    assert_eq!(
        paths,
        [".spec.ports", ".spec.ports[containerPort=80,protocol=\"TCP\"].name"]
    );
}

#[test]
fn operations_treat_a_path_and_what_is_below_it_apart() {
    let a = set(&json!({"f:a": {".": {}, "f:b": {}, "f:c": {}}, "f:d": {}}));
    let b = set(&json!({"f:a": {"f:b": {}}, "f:e": {}}));
    assert_eq!(a.intersection(&b).to_json(), json!({"f:a": {"f:b": {}}}));
    assert_eq!(
        a.difference(&b).to_json(),
        json!({"f:a": {".": {}, "f:c": {}}, "f:d": {}})
    );
    assert_eq!(
        a.union(&b).to_json(),
        json!({"f:a": {".": {}, "f:b": {}, "f:c": {}}, "f:d": {}, "f:e": {}})
    );
    let whole = FieldSet::of([["a"].as_slice()]);
    assert_eq!(a.recursive_difference(&whole).to_json(), json!({"f:d": {}}));
    assert_eq!(
        a.difference(&whole).to_json(),
        json!({"f:a": {"f:b": {}, "f:c": {}}, "f:d": {}})
    );
}

#[test]
fn elements_are_ordered_as_in_go() {
    let mut elements = [
        PathElement::Index(0),
        PathElement::Value(json!("a")),
        PathElement::Value(json!(2)),
        PathElement::Key(vec![("name".into(), json!("b"))]),
        PathElement::Key(vec![("name".into(), json!("a"))]),
        PathElement::field("z"),
        PathElement::field("a"),
    ];
    elements.sort();
    let shown: Vec<String> = elements.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [".a", ".z", "[name=\"a\"]", "[name=\"b\"]", "[=2]", "[=\"a\"]", "[0]"]
    );
}

#[test]
fn keys_are_escaped_as_go_escapes_them() {
    let mut mounts = FieldSet::default();
    mounts.insert(&[PathElement::Key(vec![("mountPath".into(), json!("/a&b"))])]);
    assert_eq!(mounts.to_json(), json!({r#"k:{"mountPath":"/a\u0026b"}"#: {}}));
    assert_eq!(set(&mounts.to_json()), mounts);
}

#[test]
fn what_is_not_fields_v1_is_refused() {
    for bad in [json!(1), json!({"f:a": []}), json!({"nothing": {}}), json!({"k:[": {}})] {
        assert!(FieldSet::from_json(&bad).is_err(), "{bad}");
    }
}

fn element() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        "[a-c:.\"]{0,3}".prop_map(PathElement::Field),
        ("[a-c]{1,2}", 0..3_i64).prop_map(|(name, port)| PathElement::Key(vec![
            ("name".to_owned(), name.into()),
            ("port".to_owned(), port.into())
        ])),
        prop_oneof![
            (0..3_i64).prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[a-c&<\n]{0,2}".prop_map(Value::from)
        ]
        .prop_map(PathElement::Value),
        (0..3_i64).prop_map(PathElement::Index),
    ]
}

fn any_set() -> impl Strategy<Value = FieldSet> {
    prop::collection::vec(prop::collection::vec(element(), 1..5), 0..12).prop_map(|paths| {
        let mut set = FieldSet::default();
        for path in &paths {
            set.insert(path);
        }
        set
    })
}

fn same(a: &FieldSet, b: &FieldSet) -> bool {
    a.is_subset(b) && b.is_subset(a)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(set in any_set()) {
        prop_assert_eq!(FieldSet::from_json(&set.to_json()), Ok(set));
    }

    #[test]
    fn a_set_is_its_paths(set in any_set()) {
        prop_assert_eq!(set.paths().len(), set.len());
        prop_assert_eq!(set.is_empty(), set.paths().is_empty());
        prop_assert_eq!(set.paths().into_iter().collect::<FieldSet>(), set);
    }

    #[test]
    fn operations_are_those_on_the_paths(a in any_set(), b in any_set()) {
        let both = a.union(&b);
        for Path(path) in both.paths() {
            let (in_a, in_b) = (a.contains(&path), b.contains(&path));
            prop_assert!(in_a || in_b);
            prop_assert_eq!(a.intersection(&b).contains(&path), in_a && in_b);
            prop_assert_eq!(a.difference(&b).contains(&path), in_a && !in_b);
            prop_assert_eq!(a.recursive_difference(&b).contains(&path), in_a && !b.contains_or_above(&path));
        }
        prop_assert!(a.is_subset(&both) && b.is_subset(&both));
        prop_assert!(a.intersection(&b).is_subset(&a) && a.difference(&b).is_subset(&a));
        prop_assert_eq!(same(&a, &b), a == b);
    }

    #[test]
    fn union_and_intersection_are_those_of_sets(a in any_set(), b in any_set(), c in any_set()) {
        let nothing = FieldSet::default();
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert_eq!(a.intersection(&b).intersection(&c), a.intersection(&b.intersection(&c)));
        prop_assert_eq!(a.intersection(&b.union(&c)), a.intersection(&b).union(&a.intersection(&c)));
        prop_assert_eq!(a.union(&a), a.clone());
        prop_assert_eq!(a.intersection(&a), a.clone());
        prop_assert_eq!(a.union(&nothing), a.clone());
        prop_assert_eq!(a.intersection(&nothing), nothing);
    }

    #[test]
    fn difference_is_that_of_sets(a in any_set(), b in any_set(), c in any_set()) {
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert_eq!(a.difference(&b.union(&c)), a.difference(&b).difference(&c));
        prop_assert!(a.difference(&a).is_empty());
        prop_assert!(a.recursive_difference(&b).is_subset(&a.difference(&b)));
    }

    #[test]
    fn leaves_are_the_paths_with_nothing_below(set in any_set()) {
        let leaves = set.leaves();
        for Path(path) in set.paths() {
            prop_assert_eq!(leaves.contains(&path), !set.has_below(&path));
        }
        prop_assert!(leaves.is_subset(&set));
        prop_assert_eq!(leaves.leaves(), leaves.clone());
        prop_assert_eq!(set.filter(|path| !set.has_below(path)), leaves);
    }

    #[test]
    fn prefixes_are_found(set in any_set()) {
        for Path(path) in set.paths() {
            let (last, above) = path.split_last().expect("no path is empty");
            prop_assert!(set.has_below(above) && set.contains_or_below(above) && set.contains_or_below(&path));
            prop_assert!(set.contains_or_above(&path));
            let mut below = path.clone();
            below.push(PathElement::field("further"));
            prop_assert!(set.contains_or_above(&below));
            let level = above.iter().try_fold(&set, |set, element| set.below(element));
            prop_assert!(level.is_some_and(|level| level.has(last)));
        }
    }
}
