//! What a plan is: prior state, configuration and what the state keeps in private become a planned state.
//!
//! Pure: no network and no clock. The rules are those that Terraform's core enforces (a planned value equals the
//! configured one, or the prior one where the provider holds the two to be the same) and the provider's own: null is not
//! managed, equal meaning keeps the spelling in state, and what only the server knows is unknown exactly when something
//! changes.

use datum_model::id::Namespace;
use serde::{Deserialize, Serialize};
use structured_merge::{FieldSet, PathElement};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use crate::ownership::{Change, Values};
use crate::schema;
use crate::value::{self, Extent, PathError};
use crate::workload::kind;
use crate::workload::private::{Imported, Planned, PrivateState};

/// What a plan decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The planned state.
    pub state: Value,
    /// The part of it that the configuration says.
    pub wanted: Value,
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

/// What applying a plan takes, from nothing to a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Effort {
    /// Nothing changes.
    #[default]
    Nothing,
    /// Only what Terraform itself keeps changes, such as a timeout.
    Record,
    /// The API has what it should have, but what was waited for has not come, or is another thing now.
    Wait,
    /// The API has to be told.
    Write,
}

impl Plan {
    /// What the plan tells its apply.
    pub fn decided(&self) -> Planned {
        Planned {
            effort: self.effort,
            manages_replicas: self.manages_replicas,
            takes_over: self.takes_over,
            said: self
                .leaves_out
                .then(|| value::expand_known(&self.wanted, schema::workload()).json),
        }
    }
}

/// The attributes in which the user says what the API is to hold.
pub const PARTS: [&str; 2] = ["metadata", "spec"];

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
        wanted: wanted(&state, config, manages_replicas),
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
    let manages_replicas = manages_replicas(prior, config, private);
    let releases_replicas = private.owns_replicas == Some(true) && is_null(config, &["spec", "replicas"]);
    if releases_replicas {
        // What becomes of the number is somebody else's decision from now on.
        set(&mut state, &["spec", "replicas"], Value::Unknown);
    }
    let changed = |path: &[&'static str]| at(&state, path) != at(prior, path);
    let spec_changed = changed(&["spec"]);
    let leaves_out = extent.is_some() && PARTS.iter().any(|part| !says_all(config, &state, part));
    // The plan of the import itself takes down what the configuration leaves out of a map or list: a later one is to see the
    // difference between what was never said and what is said no more.
    let takes_down = imported.is_some_and(|imported| !imported.is_settled && imported.ours.is_none())
        && PARTS.iter().any(|part| !agrees(config, prior, part, Extent::Whole));
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
        wanted: wanted(&state, config, manages_replicas),
        state,
        replace,
        effort,
        manages_replicas,
        takes_over: imported.is_some() && (effort == Effort::Write || takes_down),
        leaves_out,
    }
}

/// The configuration that a plan `decided` about, as its apply knows it: what the planned state has, or the part of it that is
/// said.
pub fn decided_configuration(planned: &Value, decided: &Planned) -> Value {
    match &decided.said {
        Some(said) => value::flatten_all(said, schema::workload()),
        None => planned.clone(),
    }
}

/// What a planned state changes of the workload that `prior` is the state of.
///
/// # Errors
///
/// Every value that is unknown or that its type cannot hold, with its path.
pub fn change(
    prior: &Value,
    planned: &Value,
    config: &Value,
    private: &PrivateState,
    manages_replicas: bool,
) -> Result<Change, Vec<PathError>> {
    let extent = private
        .imported
        .as_ref()
        .and_then(|imported| extent(imported, prior, config));
    let retained = extent.map(|extent| value::retained(prior, config, schema::workload(), extent));
    let mut before = prior.clone();
    let mut released = FieldSet::default();
    if !manages_replicas {
        // The state shows the number, whoever sets it.
        set(&mut before, &["spec", "replicas"], Value::Null);
        if private.owns_replicas == Some(true) {
            released.insert(&replicas());
        }
    }
    let values = Values {
        prior: &before,
        planned,
        wanted: &wanted(planned, config, manages_replicas),
        retained: &retained.unwrap_or_default(),
    };
    Change::new(kind(), values, &private.seen, released)
}

/// The part of a planned state that is sent: what `config` says, without the replicas where they are left to others.
pub fn wanted(state: &Value, config: &Value, manages_replicas: bool) -> Value {
    let mut wanted = value::configured(state, config, schema::workload());
    if !manages_replicas {
        set(&mut wanted, &["spec", "replicas"], Value::Null);
    }
    wanted
}

/// What is sent ahead of `wanted` where that empties something that `prior` has filled ([`value::without_emptied`]).
pub fn before_emptying(prior: &Value, wanted: &Value) -> Option<Value> {
    let before = self::wanted(prior, prior, true);
    value::without_emptied(wanted, &before, schema::workload())
}

/// `spec.replicas`.
pub fn replicas() -> [PathElement; 2] {
    ["spec", "replicas"].map(PathElement::field)
}

/// How much of an imported workload the configuration has to name; none where it is managed like any other, since it leaves
/// out what is ours: leaving that out removes it, and the plan shows it.
fn extent(imported: &Imported, prior: &Value, config: &Value) -> Option<Extent> {
    let Some(ours) = &imported.ours else {
        return Some(if imported.is_settled {
            Extent::Whole
        } else {
            Extent::Part
        });
    };
    let kind = kind();
    let ours = FieldSet::from_json(ours).unwrap_or_default();
    let sent = |value: &Value| structured_merge::field_set(&value::expand_known(value, kind.node).json, kind.schema);
    let left_out = sent(prior).difference(&sent(&value::configured(prior, config, kind.node)));
    left_out.intersection(&ours).is_empty().then_some(Extent::Part)
}

/// Whether the configuration names the number of replicas, as far as it is ours to set.
///
/// For an attribute under `ignore_changes` the CLI hands over the prior state as configuration, so that a number which an
/// autoscaler set looks written. What was not ours and equals the prior state is nobody's wish.
fn manages_replicas(prior: &Value, config: &Value, private: &PrivateState) -> bool {
    let path = ["spec", "replicas"];
    let may_be_ours = private.owns_replicas.unwrap_or(true);
    !is_null(config, &path) && (may_be_ours || at(config, &path) != at(prior, &path))
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

/// Whether everything that the configuration says in one part is so already.
fn agrees(config: &Value, prior: &Value, part: &str, extent: Extent) -> bool {
    let node = schema::workload().at(part);
    node.is_some_and(|node| value::agrees(at(config, &[part]), at(prior, &[part]), node, extent))
}

/// Whether the configuration says everything that the state shows in one part.
fn says_all(config: &Value, state: &Value, part: &str) -> bool {
    let Some(node) = schema::workload().at(part) else {
        return true;
    };
    let state = at(state, &[part]);
    let said = value::configured(state, at(config, &[part]), node);
    value::expand_known(&said, node).json == value::expand_known(state, node).json
}

/// The value at a path of attribute names; null where there is none.
pub fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter()
        .fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
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
