//! How an operation moves ownership.
//!
//! Follows `structured-merge-diff/merge/update.go`.

use serde_json::Value;

use crate::conflict::{Conflict, Conflicts};
use crate::managers::{Manager, Managers, Owned};
use crate::path::compare_values;
use crate::schema::Schema;
use crate::set::FieldSet;
use crate::typed::{self, Comparison};

/// The version that objects are written in, and what the endpoint does not write.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) schema: &'a Schema,
    pub(super) api_version: &'a str,
    pub(super) reset: &'a FieldSet,
}

impl Context<'_> {
    /// Applies a configuration. The object is `None` where it stays as it is.
    ///
    /// # Errors
    /// The fields that others own with other values, unless they are taken over.
    pub(super) fn apply(
        &self,
        live: &Value,
        config: &Value,
        managers: &mut Managers,
        applier: &Manager,
        conflicts: Conflicts,
    ) -> Result<Option<Value>, Vec<Conflict>> {
        let merged = typed::merge(Some(live), Some(config), self.schema).unwrap_or_else(|| live.clone());
        let set = typed::field_set(config, self.schema).recursive_difference(self.reset);
        let before = managers.remove(applier);
        let time = before.as_ref().and_then(|owned| owned.time.clone());
        let last = before
            .filter(|owned| owned.api_version == self.api_version)
            .map(|owned| owned.set);
        let owned = Owned {
            set,
            api_version: self.api_version.to_owned(),
            time,
        };
        managers.insert(applier.clone(), owned);
        let object = match last {
            Some(last) => self.prune(&merged, managers, &last),
            None => merged,
        };
        self.take(live, &object, managers, applier, conflicts)?;
        Ok(compare_values(live, &object).is_ne().then_some(object))
    }

    /// Records an update: whatever it changed belongs to `updater`, and nobody else any more.
    pub(super) fn update(&self, live: &Value, new: &Value, managers: &mut Managers, updater: &Manager) {
        // Nothing is refused where conflicts are taken over.
        let Ok(changed) = self.take(live, new, managers, updater, Conflicts::TakeOver) else {
            return;
        };
        let before = managers.get(updater).map(|owned| owned.set.clone()).unwrap_or_default();
        let set = before
            .difference(&changed.removed)
            .union(&changed.modified)
            .union(&changed.added)
            .recursive_difference(self.reset);
        if set.is_empty() {
            managers.remove(updater);
        } else {
            let owned = Owned {
                set,
                api_version: self.api_version.to_owned(),
                time: None,
            };
            managers.insert(updater.clone(), owned);
        }
    }

    /// Takes from every other manager what the operation changes, or refuses where that is not allowed.
    fn take(
        &self,
        live: &Value,
        new: &Value,
        managers: &mut Managers,
        workflow: &Manager,
        conflicts: Conflicts,
    ) -> Result<Comparison, Vec<Conflict>> {
        let comparison = typed::compare(live, new, self.schema);
        let changed = comparison.without(self.reset);
        let written = changed.modified.union(&changed.added);
        // There is one version; what was written in another cannot be read, and is forgotten.
        managers.retain(|manager, owned| manager == workflow || owned.api_version == self.api_version);
        let mut refused = Vec::new();
        for (manager, owned) in managers.iter_mut().filter(|(manager, _)| *manager != workflow) {
            let conflict = owned.set.intersection(&written);
            refused.extend(conflict.paths().into_iter().map(|path| Conflict {
                manager: manager.clone(),
                path,
            }));
            if conflicts == Conflicts::TakeOver {
                owned.set = owned.set.difference(&conflict).difference(&changed.removed);
            }
        }
        if conflicts == Conflicts::Refuse {
            if !refused.is_empty() {
                return Err(refused);
            }
            for (_, owned) in managers.iter_mut().filter(|(manager, _)| *manager != workflow) {
                owned.set = owned.set.difference(&changed.removed);
            }
        }
        managers.retain(|_, owned| !owned.set.is_empty());
        Ok(comparison)
    }

    /// Removes what the applier applied last time, does not apply now, and nobody else owns.
    fn prune(&self, merged: &Value, managers: &Managers, last: &FieldSet) -> Value {
        let named = |set: &FieldSet| typed::ensure_named_fields(set, self.schema);
        let set_of = |value: &Value| named(&typed::field_set(value, self.schema));
        let remove = |set: &FieldSet| typed::remove_items(merged, set, self.schema);

        let last = named(last);
        let merged_set = set_of(merged);

        let pruned = remove(&last);
        let owned = managers
            .values()
            .filter(|owned| owned.api_version == self.api_version)
            .fold(FieldSet::default(), |all, owned| all.union(&owned.set));
        // What somebody still owns is put back ...
        let pruned = remove(&merged_set.difference(&set_of(&pruned).union(&named(&owned))));
        // ... and so is what was never this applier's.
        remove(&merged_set.difference(&set_of(&pruned)).intersection(&last))
    }
}
