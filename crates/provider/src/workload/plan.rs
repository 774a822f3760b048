//! What a plan is: prior state, configuration and what the state keeps in private become a planned state.
//!
//! Pure: no network and no clock. The rules are those that Terraform's core enforces (a planned value equals the
//! configured one, or the prior one where the provider holds the two to be the same) and the provider's own: null is not
//! managed, equal meaning keeps the spelling in state, and what only the server knows is unknown exactly when something
//! changes.

use datum_model::id::Namespace;
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use crate::schema;
use crate::value;
use crate::workload::private::PrivateState;

/// What a plan decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The planned state.
    pub state: Value,
    /// The attributes that make it another workload.
    pub replace: Vec<AttributePath>,
    /// What applying it takes.
    pub effort: Effort,
    /// Whether the configuration names the number of replicas, rather than leaving it to an autoscaler.
    pub manages_replicas: bool,
}

/// What applying a plan takes, from nothing to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Nothing changes.
    Nothing,
    /// Only what Terraform itself keeps changes, such as a timeout.
    Record,
    /// The API has what it should have, but what was waited for has not come, or is another thing now.
    Wait,
    /// The API has to be told.
    Write,
}

/// The attributes in which the user says what the API is to hold.
const PARTS: [&str; 2] = ["metadata", "spec"];

/// The plan of a workload that does not exist.
pub fn create(config: &Value, default_namespace: Option<&Namespace>) -> Plan {
    let mut state = value::planned(config, &Value::Null, schema::workload());
    if is_null(config, &["metadata", "namespace"]) {
        let namespace = default_namespace.map_or(Value::Unknown, |namespace| Value::String(namespace.to_string()));
        set(&mut state, &["metadata", "namespace"], namespace);
    }
    set_id(&mut state);
    Plan {
        state,
        replace: Vec::new(),
        effort: Effort::Write,
        manages_replicas: !is_null(config, &["spec", "replicas"]),
    }
}

/// The plan of a workload that exists. `default_namespace` is the one that the provider block says, so that another
/// project there is another workload here.
pub fn update(prior: &Value, config: &Value, private: &PrivateState, default_namespace: Option<&Namespace>) -> Plan {
    let mut state = value::planned(config, prior, schema::workload());
    if private.adopted && PARTS.iter().all(|part| agrees(config, prior, part)) {
        // Null is not managed, so the two mean the same. Terraform lets a prior value stand for a configured one that means
        // the same, and an object of attributes is such a value, with what the configuration leaves out in it.
        for part in PARTS {
            set(&mut state, &[part], at(prior, &[part]).clone());
        }
    }
    if is_null(config, &["metadata", "namespace"])
        && let Some(namespace) = default_namespace
    {
        set(
            &mut state,
            &["metadata", "namespace"],
            Value::String(namespace.to_string()),
        );
    }
    let replace: Vec<AttributePath> = ["name", "namespace"]
        .into_iter()
        .filter(|name| at(&state, &["metadata", name]) != at(prior, &["metadata", name]))
        .map(|name| AttributePath::new("metadata").attribute(name))
        .collect();
    let changed = |path: &[&'static str]| at(&state, path) != at(prior, path);
    let spec_changed = changed(&["spec"]);
    let effort = if spec_changed || changed(&["metadata"]) {
        Effort::Write
    } else if private.waiting || waits_for_more(at(prior, &["wait"]), at(&state, &["wait"])) {
        Effort::Wait
    } else if state != *prior {
        Effort::Record
    } else {
        Effort::Nothing
    };
    if effort >= Effort::Wait {
        set(&mut state, &["status"], Value::Unknown);
    }
    if spec_changed {
        set(&mut state, &["metadata", "generation"], Value::Unknown);
    }
    if !replace.is_empty() {
        for name in ["uid", "generation", "creation_timestamp"] {
            set(&mut state, &["metadata", name], Value::Unknown);
        }
        set_id(&mut state);
    }
    Plan {
        state,
        replace,
        effort,
        manages_replicas: !is_null(config, &["spec", "replicas"]),
    }
}

/// The value at a path of attribute names; null where there is none.
pub fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter()
        .fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// Whether everything that the configuration says in one part is so already.
fn agrees(config: &Value, prior: &Value, part: &str) -> bool {
    let node = schema::workload().at(part);
    node.is_some_and(|node| value::agrees(at(config, &[part]), at(prior, &[part]), node))
}

/// Whether another wait than the last one is asked for; how a wait may end is not what it waits for.
fn waits_for_more(prior: &Value, planned: &Value) -> bool {
    ["rollout", "conditions", "phase", "replicas"].iter().any(|name| {
        let wanted = at(planned, &[name]);
        wanted != at(prior, &[name]) && !matches!(wanted, Value::Null | Value::Bool(false))
    })
}

/// Plans the identifier, which is known when namespace and name are.
fn set_id(state: &mut Value) {
    let part = |name| at(state, &["metadata", name]).as_str();
    let id = match (part("namespace"), part("name")) {
        (Some(namespace), Some(name)) => Value::String(format!("{namespace}/{name}")),
        _ => Value::Unknown,
    };
    set(state, &["id"], id);
}

fn is_null(value: &Value, path: &[&str]) -> bool {
    matches!(at(value, path), Value::Null)
}

/// Sets the attribute at a path of names. Where an object on the way is null or unknown there is nothing to set.
fn set(value: &mut Value, path: &[&str], new: Value) {
    let mut place = value;
    for name in path {
        match place.get_mut(name) {
            Some(inner) => place = inner,
            None => return,
        }
    }
    *place = new;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workload of the whole schema, with these lines in place of nulls.
    fn workload(metadata: &[(&str, Value)], spec: &[(&str, Value)], more: &[(&str, Value)]) -> Value {
        let object = |node: &schema::Node, fields: &[(&str, Value)]| {
            let mut object = value::empty(node);
            for (name, value) in fields {
                *object.get_mut(name).expect("the attribute is in the schema") = value.clone();
            }
            object
        };
        let node = |name| schema::workload().at(name).expect("the attribute is in the schema");
        let metadata = object(node("metadata"), metadata);
        let spec = object(node("spec"), spec);
        let mut fields = vec![("metadata", metadata), ("spec", spec)];
        fields.extend(more.iter().cloned());
        object(schema::workload(), &fields)
    }

    fn config(more: &[(&str, Value)]) -> Value {
        workload(
            &[("name", "web".into()), ("namespace", "project-a".into())],
            &[("replicas", 2.into())],
            more,
        )
    }

    /// The state that an apply of `config` leaves.
    fn applied(more: &[(&str, Value)]) -> Value {
        let mut state = config(more);
        for (path, value) in [
            (&["metadata", "uid"][..], Value::from("1")),
            (&["metadata", "generation"], 1.into()),
            (&["metadata", "creation_timestamp"], "2026-01-01T00:00:00Z".into()),
            (&["status"], Value::object([("phase", "Running")])),
            (&["id"], "project-a/web".into()),
        ] {
            set(&mut state, path, value);
        }
        state
    }

    #[test]
    fn a_new_workload_is_unknown_where_the_server_decides() {
        let plan = create(&config(&[]), None);
        assert_eq!(at(&plan.state, &["id"]), &Value::from("project-a/web"));
        assert_eq!(at(&plan.state, &["metadata", "uid"]), &Value::Unknown);
        assert_eq!(at(&plan.state, &["status"]), &Value::Unknown);
        assert_eq!(at(&plan.state, &["metadata", "labels"]), &Value::Null);
        assert!(plan.manages_replicas);
    }

    #[test]
    fn the_namespace_comes_from_the_provider_where_the_workload_names_none() {
        let config = workload(&[("name", "web".into())], &[], &[]);
        let default: Namespace = "project-b".parse().unwrap();
        let known = create(&config, Some(&default));
        assert_eq!(at(&known.state, &["id"]), &Value::from("project-b/web"));
        assert_eq!(at(&known.state, &["spec", "replicas"]), &Value::Unknown);
        assert!(!known.manages_replicas);
        let unknown = create(&config, None);
        assert_eq!(at(&unknown.state, &["metadata", "namespace"]), &Value::Unknown);
        assert_eq!(at(&unknown.state, &["id"]), &Value::Unknown);
    }

    #[test]
    fn an_update_takes_as_much_as_what_changed() {
        let private = PrivateState::default();
        let waiting = PrivateState {
            waiting: true,
            ..PrivateState::default()
        };
        let timeouts = || Value::object([("create", Value::from("5m"))]);
        let wait = |field: &str, value: Value| Value::object([(field, value)]);
        let rows: [(&str, Value, &PrivateState, Effort); 7] = [
            ("nothing", config(&[]), &private, Effort::Nothing),
            (
                "a timeout",
                config(&[("timeouts", timeouts())]),
                &private,
                Effort::Record,
            ),
            (
                "how a wait ends",
                config(&[("wait", wait("on_timeout", "warn".into()))]),
                &private,
                Effort::Record,
            ),
            (
                "no wait any more",
                config(&[("wait", wait("rollout", false.into()))]),
                &private,
                Effort::Record,
            ),
            (
                "another wait",
                config(&[("wait", wait("phase", "Running".into()))]),
                &private,
                Effort::Wait,
            ),
            ("a wait still owed", config(&[]), &waiting, Effort::Wait),
            (
                "the specification",
                workload(
                    &[("name", "web".into()), ("namespace", "project-a".into())],
                    &[("replicas", 3.into())],
                    &[],
                ),
                &private,
                Effort::Write,
            ),
        ];
        for (what, config, private, effort) in rows {
            let prior = applied(&[]);
            let plan = update(&prior, &config, private, None);
            assert_eq!(plan.effort, effort, "{what}");
            let is_unknown = at(&plan.state, &["status"]).is_unknown();
            assert_eq!(is_unknown, effort >= Effort::Wait, "{what}: status");
            let generation = at(&plan.state, &["metadata", "generation"]);
            assert_eq!(generation.is_unknown(), effort == Effort::Write, "{what}: generation");
            assert_eq!(plan.replace, [], "{what}");
            if effort == Effort::Nothing {
                assert_eq!(plan.state, prior, "{what}");
            }
        }
    }

    #[test]
    fn labels_change_without_a_new_generation() {
        let labels = Value::object([("tier", "front")]);
        let metadata = [
            ("name", "web".into()),
            ("namespace", "project-a".into()),
            ("labels", labels),
        ];
        let plan = update(
            &applied(&[]),
            &workload(&metadata, &[("replicas", 2.into())], &[]),
            &PrivateState::default(),
            None,
        );
        assert_eq!(plan.effort, Effort::Write);
        assert_eq!(at(&plan.state, &["metadata", "generation"]), &Value::from(1));
    }

    #[test]
    fn what_an_import_found_and_the_configuration_leaves_out_is_no_change() {
        let adopted = PrivateState {
            adopted: true,
            ..PrivateState::default()
        };
        let labels = Value::object([("tier", "front"), ("team", "web")]);
        let metadata = |labels: Value| {
            vec![
                ("name", "web".into()),
                ("namespace", "project-a".into()),
                ("labels", labels),
            ]
        };
        let spec = [("replicas", 2.into())];
        let mut prior = applied(&[]);
        set(&mut prior, &["metadata", "labels"], labels);
        let less = workload(&metadata(Value::object([("tier", "front")])), &spec, &[]);
        let plan = update(&prior, &less, &adopted, None);
        assert_eq!((plan.effort, &plan.state), (Effort::Nothing, &prior));
        let ours = update(&prior, &less, &PrivateState::default(), None);
        assert_eq!(ours.effort, Effort::Write, "what was ours and is left out is removed");

        let other = workload(&metadata(Value::object([("tier", "back")])), &spec, &[]);
        let plan = update(&prior, &other, &adopted, None);
        assert_eq!(plan.effort, Effort::Write);
        let labels = at(&plan.state, &["metadata", "labels"]);
        assert_eq!(
            labels,
            &Value::object([("tier", "back")]),
            "a change plans what is configured"
        );

        let more = workload(&metadata(Value::Null), &spec, &[("force_conflicts", true.into())]);
        let plan = update(&prior, &more, &adopted, None);
        assert_eq!(plan.effort, Effort::Record);
        assert_eq!(at(&plan.state, &["metadata"]), at(&prior, &["metadata"]));
    }

    #[test]
    fn another_name_or_namespace_is_another_workload() {
        let path = |name: &'static str| vec![AttributePath::new("metadata").attribute(name)];
        let renamed = workload(&[("name", "shop".into()), ("namespace", "project-a".into())], &[], &[]);
        let unnamed = workload(&[("name", "web".into())], &[], &[]);
        let other: Namespace = "project-b".parse().unwrap();
        let same: Namespace = "project-a".parse().unwrap();
        for (what, config, default, replace) in [
            ("another name", &renamed, None, path("name")),
            (
                "the provider's other project",
                &unnamed,
                Some(&other),
                path("namespace"),
            ),
            ("the provider's project", &unnamed, Some(&same), vec![]),
            ("no project known", &unnamed, None, vec![]),
        ] {
            let plan = update(&applied(&[]), config, &PrivateState::default(), default);
            assert_eq!(plan.replace, replace, "{what}");
            let identity = at(&plan.state, &["metadata", "uid"]);
            assert_eq!(identity.is_unknown(), !replace.is_empty(), "{what}: uid");
        }
    }
}
