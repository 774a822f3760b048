//! What holds for every value of the schema.

use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Value as Json, json};
use structured_merge::FieldSet;
use terraform_provider_datum::schema::{self, Constraint, Kind, ListType, Node, Object};
use terraform_provider_datum::value::{
    self, Provenance, complete, equal, expand, flatten, flatten_all, without_cleared,
};
use tf_plugin_server::value::{Number, Value};

/// Any configuration that conforms to `node`. Of the many attributes of an object each is set with the probability `density`.
fn any_value(node: &'static Node, density: f64) -> BoxedStrategy<Value> {
    match &node.kind {
        Kind::Object(object) => any_object(object, density).boxed(),
        Kind::Map(values) => prop::collection::btree_map("[a-z./]{1,8}", any_value(values, density), 0..3)
            .prop_map(Value::Map)
            .boxed(),
        Kind::List { items, list_type } => {
            let list_type = *list_type;
            prop::collection::vec(any_value(items, density), 0..3)
                .prop_map(move |list| Value::List(distinct(list, items, list_type)))
                .boxed()
        }
        Kind::String { .. } => "[a-zA-Z0-9 ${}\"\\\\é]{0,8}".prop_map(Value::String).boxed(),
        Kind::Integer => any::<i64>().prop_map(|int| Value::Number(int.into())).boxed(),
        Kind::Number => any::<i32>().prop_map(|int| Value::Number(int.into())).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::IntOrString => Union::new(["[0-9]{1,6}", "[a-z]{1,8}", "[0-9]{1,2}%"])
            .prop_map(Value::String)
            .boxed(),
        Kind::Quantity => "[1-9][0-9]{0,3}(\\.[0-9]{1,2})?(m|Ki|Mi|Gi|k|M|e3)?"
            .prop_map(Value::String)
            .boxed(),
        Kind::FreeForm => any_json().prop_map(|json| flatten_all(&json, node)).boxed(),
        Kind::Json => Just(Value::Null).boxed(),
    }
}

fn any_object(object: &'static Object, density: f64) -> impl Strategy<Value = Value> {
    // Drawing only the attributes that are set keeps a draw from walking all thousand of them.
    prop::collection::vec(0.0..1.0, object.iter().len()).prop_flat_map(move |draws| {
        let attributes: Vec<BoxedStrategy<(String, Value)>> = object
            .iter()
            .zip(draws)
            .map(|((name, attribute), draw)| {
                let name = name.to_owned();
                let set = match attribute.constraint {
                    Constraint::Computed => false,
                    Constraint::Required => true,
                    _ => draw < density,
                };
                if set {
                    any_value(&attribute.node, density)
                        .prop_map(move |value| (name.clone(), value))
                        .boxed()
                } else {
                    Just((name, Value::Null)).boxed()
                }
            })
            .collect();
        attributes.prop_map(|attributes| Value::Map(attributes.into_iter().collect()))
    })
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1.0e9..1.0e9).prop_map(Json::from),
        "[a-zA-Z0-9_]{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("[a-zA-Z_]{1,6}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

/// The items that the API can tell apart.
fn distinct(list: Vec<Value>, items: &Node, list_type: ListType) -> Vec<Value> {
    let ListType::Map(keys) = list_type else { return list };
    let object = items.object().expect("a list that merges by key holds objects");
    let key = |item: &Value| -> Vec<Value> {
        let field = |key: &String| {
            let (name, attribute) = object.attribute(key).expect("a key is a field");
            match item.get(name) {
                Some(Value::Null) | None => attribute
                    .node
                    .default
                    .map_or(Value::Null, |default| flatten_all(default, &attribute.node)),
                Some(value) => value.clone(),
            }
        };
        keys.iter().map(field).collect()
    };
    let mut seen = Vec::new();
    let mut kept = list;
    kept.retain(|item| {
        let key = key(item);
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
    kept
}

fn any_workload() -> impl Strategy<Value = Value> {
    prop_oneof![any_value(schema::workload(), 0.3), any_value(schema::workload(), 0.7)]
}

/// The configuration with what the API decides filled in, as after an apply.
fn stored(config: &Value) -> Json {
    let mut json = expand(config, schema::workload()).expect("the value is known and fits");
    json["metadata"]["uid"] = "u".into();
    json["metadata"]["generation"] = 1.into();
    json["status"] = json!({ "phase": "Running", "conditions": [{ "type": "Available", "status": "True" }] });
    json
}

/// Sets a default protocol and a foreign container, label and annotation.
fn meddle(json: &mut Json) {
    json["metadata"]["labels"]["foreign.example.com/label"] = "x".into();
    json["metadata"]["annotations"]["foreign.example.com/annotation"] = "x".into();
    if let Some(containers) = json["spec"]["template"]["spec"]["containers"].as_array_mut() {
        for port in containers
            .iter_mut()
            .filter_map(|container| container.get_mut("ports")?.as_array_mut())
            .flatten()
        {
            if port.get("protocol").is_none() {
                port["protocol"] = "TCP".into();
            }
        }
        containers.insert(0, json!({ "name": "a container of somebody else", "image": "mesh:1" }));
    }
}

/// The value without what only the API knows, and with Terraform's own attributes as `config` has them.
fn without_computed(value: &Value, config: &Value) -> Value {
    let mut value = value.clone();
    for (parent, attribute) in [("metadata", "uid"), ("metadata", "generation")] {
        if let Some(parent) = value.get_mut(parent).and_then(Value::as_map_mut) {
            parent.insert(attribute.to_owned(), Value::Null);
        }
    }
    if let Some(root) = value.as_map_mut() {
        root.insert("status".to_owned(), Value::Null);
        for own in [
            "id",
            "wait",
            "timeouts",
            "force_conflicts",
            "deletion_protection",
            "propagation_policy",
        ] {
            root.insert(own.to_owned(), config.get(own).cloned().unwrap_or_default());
        }
    }
    value
}

/// Puts `junk` in the place of whatever the picks lead to.
fn spoil(json: &mut Json, picks: &[usize], junk: Json) {
    let (pick, rest) = match picks {
        [pick, rest @ ..] => (*pick, rest),
        [] => return *json = junk,
    };
    let below = match json {
        Json::Object(fields) => {
            let pick = pick % fields.len().max(1);
            fields.values_mut().nth(pick)
        }
        Json::Array(items) => {
            let pick = pick % items.len().max(1);
            items.get_mut(pick)
        }
        _ => None,
    };
    if let Some(below) = below {
        spoil(below, rest, junk);
    }
}

/// Whether Terraform would take the value for one of the type `node`.
fn conforms(value: &Value, node: &Node) -> bool {
    match (&node.kind, value) {
        (_, Value::Null)
        | (Kind::FreeForm, Value::Dynamic(..))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Integer | Kind::Number, Value::Number(_)) => true,
        (Kind::Object(object), Value::Map(attributes)) => {
            object
                .iter()
                .map(|(name, _)| name)
                .eq(attributes.keys().map(String::as_str))
                && object
                    .iter()
                    .all(|(name, attribute)| conforms(&attributes[name], &attribute.node))
        }
        (Kind::Map(values), Value::Map(entries)) => entries.values().all(|value| conforms(value, values)),
        (Kind::List { items, .. }, Value::List(list)) => list.iter().all(|item| conforms(item, items)),
        (kind, Value::String(_)) => {
            matches!(
                kind,
                Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json
            )
        }
        _ => false,
    }
}

fn import(json: &Json, node: &Node) -> Value {
    let nobody = FieldSet::default();
    let provenance = Provenance {
        specified: &nobody,
        foreign: &nobody,
    };
    value::import(json, node, provenance)
}

fn planned(config: &Value, prior: &Value, node: &Node) -> Value {
    value::planned(config, prior, node, None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_comes_back(config in any_workload()) {
        let json = expand(&config, schema::workload()).expect("the value is known and fits");
        let back = flatten(&json, &config, schema::workload());
        prop_assert_eq!(&back, &config);
        let all = without_computed(&flatten_all(&json, schema::workload()), &config);
        prop_assert_eq!(expand(&all, schema::workload()), Ok(json));
        prop_assert_eq!(&all, &config);
    }

    #[test]
    fn whatever_the_api_answers_is_a_state(
        config in any_workload(),
        spoils in prop::collection::vec((prop::collection::vec(any::<usize>(), 0..12), any_json()), 1..6),
    ) {
        let mut json = stored(&config);
        for (picks, junk) in spoils {
            spoil(&mut json, &picks, junk);
        }
        let node = schema::workload();
        let plan = planned(&config, &Value::Null, node);
        let id_is_known = |mut state: Value| {
            if let Some(root) = state.as_map_mut() {
                root.insert("id".to_owned(), Value::from("project-p/web"));
            }
            state
        };
        prop_assert!(conforms(&flatten(&json, &config, node), node));
        prop_assert!(conforms(&flatten_all(&json, schema::workload_data()), schema::workload_data()));
        prop_assert!(conforms(&flatten_all(&json, schema::listed_workload()), schema::listed_workload()));
        prop_assert!(conforms(&import(&json, node), node));
        prop_assert!(conforms(&id_is_known(complete(&plan, &json, node)), node));
    }

    #[test]
    fn what_others_add_changes_nothing(config in any_workload()) {
        let mut json = stored(&config);
        meddle(&mut json);
        let state = flatten(&json, &config, schema::workload());
        prop_assert_eq!(without_computed(&state, &config), config);
    }

    #[test]
    fn a_state_that_was_read_reads_the_same_again(config in any_workload(), other in any_workload()) {
        // `other` is the object after anybody did anything to it.
        let json = stored(&other);
        let state = flatten(&json, &config, schema::workload());
        prop_assert_eq!(flatten(&json, &state, schema::workload()), state);
    }

    #[test]
    fn after_an_apply_the_plan_is_empty(config in any_workload()) {
        let plan = planned(&config, &Value::Null, schema::workload());
        let mut json = stored(&config);
        meddle(&mut json);
        let applied = complete(&plan, &json, schema::workload());
        let refreshed = flatten(&json, &applied, schema::workload());
        prop_assert_eq!(&refreshed, &applied);
        prop_assert_eq!(&planned(&config, &refreshed, schema::workload()), &refreshed);
    }

    #[test]
    fn a_plan_means_what_was_configured(config in any_workload(), prior in any_workload()) {
        let plan = planned(&config, &prior, schema::workload());
        // Computed attributes that are not configured keep their prior value; all else is as configured.
        let restored = match (config.get("spec"), plan.clone()) {
            (Some(spec), mut plan) => {
                for (parent, attribute, value) in [
                    ("spec", "replicas", spec.get("replicas")),
                    ("metadata", "namespace", config.get("metadata").and_then(|metadata| metadata.get("namespace"))),
                ] {
                    let parent = plan.get_mut(parent).and_then(Value::as_map_mut).expect("the parent is required");
                    parent.insert(attribute.to_owned(), value.cloned().unwrap_or_default());
                }
                plan
            }
            (None, plan) => plan,
        };
        prop_assert!(equal(&restored, &config, schema::workload()));
    }

    #[test]
    fn one_step_leaves_out_all_that_is_cleared(prior in any_workload(), config in any_workload()) {
        let node = schema::workload();
        prop_assert_eq!(without_cleared(&config, &config, node), None);
        if let Some(step) = without_cleared(&config, &prior, node) {
            prop_assert_eq!(without_cleared(&step, &prior, node), None);
            prop_assert!(expand(&step, node).is_ok());
        }
    }

    #[test]
    fn an_import_into_its_own_configuration_plans_nothing(config in any_workload()) {
        let mut json = stored(&config);
        json["metadata"]["managedFields"] = json!([]);
        let state = import(&json, schema::workload());
        let refreshed = flatten(&json, &state, schema::workload());
        prop_assert_eq!(refreshed, state);
    }
}

#[test]
fn numbers_beyond_a_float_come_back() {
    let node = schema::workload()
        .at("spec.provider")
        .expect("the provider is in the schema");
    for text in ["9007199254740993", "18446744073709551615", "0.1", "1e300", "-5e-324"] {
        let number: Number = text.parse().expect("a number");
        let json = number.to_json().expect("JSON holds it");
        assert_eq!(flatten_all(&Json::Number(json), node).untyped(), &Value::Number(number));
    }
}
