//! What holds after every apply.

use std::fmt::Write as _;

use datum_model::validation;
use serde_json::Value as Json;
use structured_merge::{Conflicts, FieldSet, Path, PathElement, compare, field_set};
use terraform_provider_datum::ownership::{Change, Owners};
use terraform_provider_datum::schema::{Kind, Node};
use terraform_provider_datum::workload::plan::decision::Effort;
use terraform_provider_datum::workload::{kind, validity};
use terraform_provider_datum::{schema, value};
use tf_plugin_server::value::Value;

use crate::cluster::{NAME, NAMESPACE, content, fields};
use crate::terraform::{Planned, hcl};

/// Checks an apply that was done. `told` is what the configuration said at the last apply, where nothing was imported since.
pub(crate) fn of_apply(
    planned: &Planned,
    conflicts: Conflicts,
    before: &Json,
    after: &Json,
    told: Option<&Json>,
    is_current: bool,
) -> Result<(), String> {
    gone(told, planned, after)?;
    let Some(change) = &planned.change else {
        return if content(before) == content(after) {
            Ok(())
        } else {
            Err("nothing was planned, and something was changed".to_owned())
        };
    };
    let owners = Owners::of(before, kind());
    // What was spelled otherwise since the plan looked is sent as it was spelled then.
    let comparable = if is_current {
        content(after)
    } else {
        content(&value::respelled(after, before, schema::workload()))
    };
    let real = compare(&content(before), &comparable, kind().schema);
    let all = real.added.union(&real.modified).union(&real.removed);
    let shown = Shown::of(planned);

    // Something empty is as good as absent.
    let is_something = |path: &[PathElement]| {
        [before, after]
            .iter()
            .any(|object| at(object, path).is_some_and(|value| !is_empty(value)))
    };
    let unshown = all.filter(|path| is_something(path) && !shown.shows(path, before, after));
    nothing(&unshown, "changed, and the plan did not show it")?;
    let removed = real.removed.intersection(&owners.applied);
    nothing(&removed, "of another applier, removed")?;
    if conflicts == Conflicts::Refuse {
        let altered = real.modified.intersection(&owners.applied);
        nothing(&altered, "of another applier, altered")?;
    }

    if planned.plan.effort == Effort::Write {
        let ours = Owners::of(after, kind()).ours;
        nothing(&ours.difference(&change.declared), "ours, and not declared")?;
        nothing(&change.declared.difference(&ours), "declared, and not ours")?;
        foretold(change, before, after)?;
        valid(change, planned, after)?;
    }
    Ok(())
}

/// The dry run is asked about what the apply does.
fn foretold(change: &Change, before: &Json, after: &Json) -> Result<(), String> {
    let foretold = change.applied_to(before);
    let differences = compare(&content(&foretold), &content(after), kind().schema);
    // What is cleared is foretold as null: it takes two steps.
    let is_null = |path: &[PathElement]| at(&foretold, path).is_some_and(|value| value.is_null() || is_empty(value));
    let is_filled = |path: &[PathElement]| !at(after, path).is_some_and(is_empty);
    let missing = differences.removed.filter(|path| !is_null(path));
    nothing(&missing, "foretold, and not there")?;
    nothing(&differences.modified.filter(is_filled), "foretold with another value")?;
    let more = differences
        .added
        .filter(|path| is_filled(path) && !is_default(path, after));
    nothing(&more, "not foretold")
}

/// Checks what Terraform's core checks of a plan (`AssertPlanValid`): a planned value is the configured one, or the prior one
/// in its place, or the provider's where nothing is configured and the attribute is computed.
pub(crate) fn of_plan(planned: &Planned) -> Result<(), String> {
    let mut problems = Vec::new();
    let values = [&planned.prior, &planned.config, &planned.plan.state];
    plan_below(values, schema::workload(), "", &mut problems);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("Provider produced invalid plan: {problems:#?}"))
    }
}

fn plan_below([prior, config, planned]: [&Value; 3], node: &Node, path: &str, problems: &mut Vec<String>) {
    let null = Value::Null;
    if planned == config || planned == prior && !prior.is_null() && !config.is_null() {
        return;
    }
    match (&node.kind, config, planned) {
        (Kind::Object(object), Value::Map(_), Value::Map(_)) => {
            for (name, attribute) in object.iter() {
                let [prior, config, planned] = [prior, config, planned].map(|value| value.get(name).unwrap_or(&null));
                if !(config.is_null() && attribute.is_computed()) {
                    let path = format!("{path}.{name}");
                    plan_below([prior, config, planned], &attribute.node, &path, problems);
                }
            }
        }
        (Kind::List { items, .. }, Value::List(wanted), Value::List(list))
            if items.object().is_some() && wanted.len() == list.len() =>
        {
            let before = prior.as_list().unwrap_or_default();
            for (index, (config, planned)) in wanted.iter().zip(list).enumerate() {
                let prior = before.get(index).unwrap_or(&null);
                plan_below([prior, config, planned], items, &format!("{path}[{index}]"), problems);
            }
        }
        _ => problems.push(format!("{path}: planned {planned:?} for {config:?} after {prior:?}")),
    }
}

/// Checks an apply that another applier was in the way of.
pub(crate) fn of_conflict(planned: &Planned, before: &Json, after: &Json, conflicts: &[String]) -> Result<(), String> {
    if content(before) != content(after) {
        return Err("a conflict, and something was changed".to_owned());
    }
    let foretold = planned
        .change
        .as_ref()
        .map(|change| change.conflicts(before))
        .unwrap_or_default();
    let mut foretold: Vec<String> = foretold.iter().map(|applied| applied.path.to_string()).collect();
    foretold.sort();
    let mut found = conflicts.to_vec();
    found.sort();
    found.dedup();
    if foretold == found {
        Ok(())
    } else {
        Err(format!("the conflicts {found:?} are foretold as {foretold:?}"))
    }
}

/// Checks that everything the configuration says is so.
pub(crate) fn of_rest(planned: &Planned, live: &Json) -> Result<(), String> {
    let wanted = value::expand_known(&planned.config, schema::workload()).json;
    let wanted = content(&value::respelled(&wanted, live, schema::workload()));
    let differences = compare(&content(live), &wanted, kind().schema);
    let leaves = differences.added.union(&differences.modified).leaves();
    // Something empty is as good as absent.
    let missing = leaves
        .filter(|path| !structured_merge::at(&wanted, path, kind().schema).is_some_and(|(value, _)| is_empty(value)));
    nothing(&missing, "in the configuration, and not so")
}

fn at<'j>(object: &'j Json, path: &[PathElement]) -> Option<&'j Json> {
    structured_merge::at(object, path, kind().schema).map(|(value, _)| value)
}

fn is_empty(json: &Json) -> bool {
    json.as_object().is_some_and(serde_json::Map::is_empty) || json.as_array().is_some_and(Vec::is_empty)
}

/// What a plan shows of the object.
struct Shown {
    changes: FieldSet,
    removed: FieldSet,
    added: FieldSet,
}

impl Shown {
    fn of(planned: &Planned) -> Shown {
        let json = |state: &Value| content(&value::expand_known(state, schema::workload()).json);
        let shown = compare(&json(&planned.prior), &json(&planned.plan.state), kind().schema);
        Shown {
            changes: shown.added.union(&shown.modified).union(&shown.removed),
            removed: shown.removed,
            added: shown.added,
        }
    }

    fn shows(&self, path: &[PathElement], before: &Json, after: &Json) -> bool {
        let items = (1..=path.len()).filter(|end| matches!(path[end - 1], PathElement::Key(_)));
        let mut items = items.map(|end| &path[..end]);
        self.changes.contains_or_below(path)
            // With an item goes all that is in it.
            || items.any(|item| self.removed.contains(item) && at(after, item).is_none())
            // A member of a union that is added excludes the others.
            || self.adds_another_member(path)
            || is_default(path, after)
            || is_default(path, before) && self.changes.contains_or_above(path)
    }

    /// Whether the field is in a member of a union of which another member is added.
    fn adds_another_member(&self, path: &[PathElement]) -> bool {
        let unions = [
            ["value", "valueFrom"].as_slice(),
            &["configMapKeyRef", "fieldRef"],
            &["emptyDir", "configMap", "secret"],
        ];
        let is_added = |at: usize, member: &str| {
            let other = [&path[..at], &[PathElement::field(member)]].concat();
            other[at] != path[at] && self.added.contains_or_below(&other)
        };
        unions.iter().any(|members| {
            let is_member =
                |element: &PathElement| members.iter().any(|member| *element == PathElement::field(*member));
            let mut places = (0..path.len()).filter(|at| is_member(&path[*at]));
            places.any(|at| members.iter().any(|member| is_added(at, member)))
        })
    }
}

/// Whether the server has filled in the field.
fn is_default(path: &[PathElement], object: &Json) -> bool {
    structured_merge::at(object, path, kind().schema).is_some_and(|(value, schema)| schema.default() == Some(value))
}

/// What is not said any more is gone, unless somebody else applies it, and then it is told.
fn gone(told: Option<&Json>, planned: &Planned, after: &Json) -> Result<(), String> {
    let set = |value: &Value| {
        let json = value::expand_known(value, schema::workload()).json;
        field_set(&content(&json), kind().schema)
    };
    let said = set(&planned.config);
    let let_go = planned
        .change
        .as_ref()
        .map(|change| change.let_go.clone())
        .unwrap_or_default();
    let dropped = told.map(|told| set(&hcl(told)).difference(&said)).unwrap_or_default();
    let replicas = FieldSet::of([["spec", "replicas"].as_slice()]);
    let owners = Owners::of(after, kind());
    let there = fields(after);
    let left = dropped.union(&let_go).difference(&replicas).intersection(&there);
    let left = left.filter(|path| !there.has_below(path) && !is_default(path, after) && !said.contains_or_below(path));
    nothing(&left.difference(&owners.applied), "let go, and still there")?;
    let kept = planned
        .change
        .as_ref()
        .map(|change| change.kept(after))
        .unwrap_or_default();
    let untold = let_go.intersection(&left).filter(|path| {
        let is_above = |kept: &Path| path.starts_with(&kept.0);
        !kept.iter().any(|kept| is_above(&kept.path))
    });
    nothing(&untold, "kept by others, and not told")
}

/// The object is valid, or it is told that something foreign makes it invalid.
fn valid(change: &Change, planned: &Planned, after: &Json) -> Result<(), String> {
    let errors = |object: &Json| -> Vec<String> {
        let problems = validation::validate(object).into_iter();
        let errors = problems.filter(validation::Problem::is_error);
        errors.map(|problem| problem.to_string()).collect()
    };
    // What is ignored may not fit what is configured: the user's own doing.
    if !errors(&change.body).is_empty() {
        return Ok(());
    }
    let errors = errors(after);
    let id = datum_model::id::WorkloadId::new(NAMESPACE.parse().expect("a namespace"), NAME.parse().expect("a name"));
    let told = validity::problems(&id, change, after, &planned.plan.state);
    if errors.len() == told.len() {
        Ok(())
    } else {
        Err(format!("not valid: {errors:#?}, told: {told:#?}"))
    }
}

pub(crate) fn nothing(set: &FieldSet, what: &str) -> Result<(), String> {
    if set.is_empty() {
        return Ok(());
    }
    let mut text = format!("{what}:");
    for path in set.paths() {
        let _ = write!(text, "\n  {path}");
    }
    Err(text)
}
