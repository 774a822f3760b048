//! What a plan is: prior state, configuration and what the state keeps in private become a planned state.
//!
//! Pure: no network and no clock. The rules are those that Terraform's core enforces (a planned value equals the
//! configured one, or the prior one where the provider holds the two to be the same) and the provider's own: null is not
//! managed, what is equal keeps the spelling in state, and what only the server knows is unknown exactly when something
//! changes.

pub mod change;
pub mod decision;
pub(super) mod extent;
pub(super) mod replicas;

use datum_model::id::Namespace;
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use self::change::configured;
use self::decision::{Decision, Effort};
use self::extent::{PARTS, covers, extent, is_satisfied};
use super::private::PrivateState;
use crate::schema;
use crate::value::attribute::{at, is_null, set};
use crate::value::{self, Extent};

/// What a plan decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The planned state.
    pub state: Value,
    /// The part of it that the configuration says.
    pub configured: Value,
    /// The attributes that make it another workload.
    pub replace: Vec<AttributePath>,
    /// What applying it takes.
    pub effort: Effort,
    /// Whether the configuration names the number of replicas, rather than leaving it to an autoscaler.
    pub manages_replicas: bool,
    /// Whether an imported workload is managed like any other from now on.
    pub takes_over: bool,
    /// Whether the state goes on showing what the configuration of an imported workload leaves out.
    pub leaves_out: bool,
}

impl Plan {
    /// What the plan tells its apply.
    pub fn decided(&self) -> Decision {
        Decision {
            effort: self.effort,
            manages_replicas: self.manages_replicas,
            takes_over: self.takes_over,
            configured: self
                .leaves_out
                .then(|| value::expand_known(&self.configured, schema::workload()).json),
        }
    }
}

/// The plan of a workload that does not exist.
pub fn create(config: &Value, default_namespace: Option<&Namespace>) -> Plan {
    let mut state = value::planned(config, &Value::Null, schema::workload(), None);
    if is_null(config, &["metadata", "namespace"]) {
        let namespace = default_namespace.map_or(Value::Unknown, |namespace| Value::String(namespace.to_string()));
        set(&mut state, &["metadata", "namespace"], namespace);
    }
    set_id(&mut state);
    let manages_replicas = !is_null(config, &["spec", "replicas"]);
    Plan {
        configured: configured(&state, config, manages_replicas),
        state,
        replace: Vec::new(),
        effort: Effort::Write,
        manages_replicas,
        takes_over: false,
        leaves_out: false,
    }
}

/// The plan of a workload that exists. `default_namespace` is the one that the provider block says, so that another
/// project there is another workload here.
pub fn update(prior: &Value, config: &Value, private: &PrivateState, default_namespace: Option<&Namespace>) -> Plan {
    let config = &with_namespace(config.clone(), default_namespace);
    let imported = private.imported.as_ref();
    let extent = imported.and_then(|imported| extent(imported, prior, config));
    let mut state = value::planned(config, prior, schema::workload(), extent);
    let replace = replacements(prior, &state);
    let manages_replicas = replicas::are_managed(prior, config, private);
    let releases_replicas = private.owns_replicas == Some(true) && is_null(config, &["spec", "replicas"]);
    if releases_replicas {
        // What becomes of the number is somebody else's decision from now on.
        set(&mut state, &["spec", "replicas"], Value::Unknown);
    }
    let changed = |path: &[&'static str]| at(&state, path) != at(prior, path);
    let spec_changed = changed(&["spec"]);
    let leaves_out = extent.is_some() && PARTS.iter().any(|part| !covers(config, &state, part));
    // The plan of the import itself takes down what the configuration leaves out of a map or list: a later one is to see the
    // difference between what was never said and what is said no more.
    let takes_down = imported.is_some_and(|imported| !imported.is_settled && imported.ours.is_none())
        && PARTS
            .iter()
            .any(|part| !is_satisfied(config, prior, part, Extent::Whole));
    let effort = if spec_changed || changed(&["metadata"]) {
        Effort::Write
    } else if private.waiting || takes_down || waits_for_more(at(prior, &["wait"]), at(&state, &["wait"])) {
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
        if let Some(node) = schema::workload().at("metadata").filter(|_| extent.is_some()) {
            // Of an object in which something is new, the prior value cannot stand for the configured one as a whole.
            let metadata = value::planned(at(config, &["metadata"]), at(prior, &["metadata"]), node, extent);
            set(&mut state, &["metadata"], metadata);
        }
        set(&mut state, &["metadata", "generation"], Value::Unknown);
    }
    if !replace.is_empty() {
        for name in ["uid", "generation", "creation_timestamp"] {
            set(&mut state, &["metadata", name], Value::Unknown);
        }
        set_id(&mut state);
    }
    Plan {
        configured: configured(&state, config, manages_replicas),
        state,
        replace,
        effort,
        manages_replicas,
        takes_over: imported.is_some() && (effort == Effort::Write || takes_down),
        leaves_out,
    }
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

/// The attributes that make it another workload. A name that is not known yet is another one; where all of `metadata` is not
/// known yet, nothing says so.
fn replacements(prior: &Value, state: &Value) -> Vec<AttributePath> {
    if at(state, &["metadata"]).is_unknown() {
        return Vec::new();
    }
    let differs = |name: &&'static str| at(state, &["metadata", name]) != at(prior, &["metadata", name]);
    ["name", "namespace"]
        .into_iter()
        .filter(differs)
        .map(|name| AttributePath::new("metadata").attribute(name))
        .collect()
}

/// The configuration with the provider's namespace where it names none.
fn with_namespace(mut config: Value, default: Option<&Namespace>) -> Value {
    if is_null(&config, &["metadata", "namespace"])
        && let Some(namespace) = default
    {
        let namespace = Value::String(namespace.to_string());
        set(&mut config, &["metadata", "namespace"], namespace);
    }
    config
}

/// Whether another wait than the last one is asked for; how a wait may end is not what it waits for.
fn waits_for_more(prior: &Value, planned: &Value) -> bool {
    ["rollout", "conditions", "phase", "replicas"].iter().any(|name| {
        let asked = at(planned, &[name]);
        asked != at(prior, &[name]) && !matches!(asked, Value::Null | Value::Bool(false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::private::Imported;

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

    /// What the state keeps of a workload that was imported by this run of Terraform, or by an earlier one.
    fn imported(is_settled: bool) -> PrivateState {
        PrivateState {
            imported: Some(Imported { is_settled, ours: None }),
            ..PrivateState::default()
        }
    }

    fn labelled(labels: Value, more: &[(&str, Value)]) -> Value {
        let metadata = [
            ("name", "web".into()),
            ("namespace", "project-a".into()),
            ("labels", labels),
        ];
        workload(&metadata, &[("replicas", 2.into())], more)
    }

    fn found() -> Value {
        let mut prior = applied(&[]);
        let labels = Value::object([("tier", "front"), ("team", "web")]);
        set(&mut prior, &["metadata", "labels"], labels);
        prior
    }

    #[test]
    fn what_the_configuration_of_an_import_never_said_is_no_change() {
        let prior = found();
        let unsaid = labelled(Value::Null, &[]);
        for private in [imported(false), imported(true)] {
            let plan = update(&prior, &unsaid, &private, None);
            assert_eq!((plan.effort, &plan.state), (Effort::Nothing, &prior));
        }
        let more = labelled(Value::Null, &[("force_conflicts", true.into())]);
        let plan = update(&prior, &more, &imported(true), None);
        assert_eq!(plan.effort, Effort::Record);
        assert_eq!(at(&plan.state, &["metadata"]), at(&prior, &["metadata"]));
    }

    #[test]
    fn the_plan_of_an_import_takes_down_which_entries_the_configuration_names() {
        let prior = found();
        let part = labelled(Value::object([("tier", "front")]), &[]);
        let plan = update(&prior, &part, &imported(false), None);
        assert_eq!(
            (plan.effort, plan.takes_over, plan.leaves_out),
            (Effort::Wait, true, true)
        );
        assert_eq!(
            at(&plan.state, &["metadata"]),
            at(&prior, &["metadata"]),
            "nothing is shown"
        );

        let all = labelled(at(&prior, &["metadata", "labels"]).clone(), &[]);
        let plan = update(&prior, &all, &imported(false), None);
        assert_eq!((plan.effort, plan.takes_over), (Effort::Nothing, false));
    }

    #[test]
    fn an_entry_that_a_later_configuration_drops_is_removed() {
        for private in [imported(true), PrivateState::default()] {
            let part = labelled(Value::object([("tier", "front")]), &[]);
            let plan = update(&found(), &part, &private, None);
            assert_eq!(plan.effort, Effort::Write);
            let labels = at(&plan.state, &["metadata", "labels"]);
            assert_eq!(labels, &Value::object([("tier", "front")]));
        }
    }

    #[test]
    fn metadata_that_is_not_known_yet_is_no_other_workload() {
        let mut config = config(&[]);
        set(&mut config, &["metadata"], Value::Unknown);
        let plan = update(&applied(&[]), &config, &PrivateState::default(), None);
        assert_eq!(plan.replace, []);
        assert_eq!(at(&plan.state, &["id"]), &Value::from("project-a/web"));

        let metadata = [("name", Value::Unknown), ("namespace", "project-a".into())];
        let unknown = workload(&metadata, &[("replicas", 2.into())], &[]);
        let plan = update(&applied(&[]), &unknown, &PrivateState::default(), None);
        assert_eq!(plan.replace, [AttributePath::new("metadata").attribute("name")]);
    }

    #[test]
    fn replicas_that_are_left_to_others_are_released() {
        let owned = PrivateState {
            owns_replicas: Some(true),
            ..PrivateState::default()
        };
        let metadata = [("name", "web".into()), ("namespace", "project-a".into())];
        let unmanaged = workload(&metadata, &[], &[]);
        let plan = update(&applied(&[]), &unmanaged, &owned, None);
        assert_eq!((plan.effort, plan.manages_replicas), (Effort::Write, false));
        assert!(at(&plan.state, &["spec", "replicas"]).is_unknown());
        let plan = update(&applied(&[]), &unmanaged, &PrivateState::default(), None);
        assert_eq!(plan.effort, Effort::Nothing);
    }

    #[test]
    fn a_number_that_was_not_ours_and_is_not_new_is_nobodys_wish() {
        // As the CLI hands over an attribute that is ignored: what is live, whoever set it.
        let manages = |owns_replicas| {
            let private = PrivateState {
                owns_replicas,
                ..PrivateState::default()
            };
            update(&applied(&[]), &config(&[]), &private, None).manages_replicas
        };
        assert!(!manages(Some(false)));
        assert!(manages(Some(true)));
        assert!(
            manages(None),
            "where nobody has looked, what the configuration says counts"
        );
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
