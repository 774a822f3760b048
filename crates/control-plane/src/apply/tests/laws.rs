//! What holds for whatever is sent, by a property test.

use datum_model::schema;
use proptest::prelude::*;
use serde_json::{Value, json};
use structured_merge::Conflicts;

use super::workload;

/// Any JSON, of the shape of an object or not.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["a", "b", "c"]).prop_map(Value::from)
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
            let write = super::write("a", subresource, 1);
            let _ = structured_merge::update(Some(&live), sent.clone(), &write);
            let _ = crate::apply::apply(Some(&live), &sent, &write, Conflicts::TakeOver, schema::workload());
            let _ = crate::apply::apply(Some(&live), &config, &write, Conflicts::TakeOver, schema::workload());
        }
        let write = super::write("a", "scale", 1);
        let _ = crate::apply::scale::update(&live, sent.clone(), &write);
        let _ = crate::apply::scale::apply(&live, &sent, &write, Conflicts::TakeOver);
        let mut coerced = sent.clone();
        let _ = crate::admission::coerce(&mut coerced, schema::workload(), crate::admission::Decoder::Metadata);
        crate::admission::default(&mut coerced, schema::workload());
        let _ = crate::patch::strategic(&live, &sent.to_string(), schema::workload());
        let _ = crate::patch::merge(&live, &sent.to_string(), crate::admission::FieldValidation::Warn);
    }
}
