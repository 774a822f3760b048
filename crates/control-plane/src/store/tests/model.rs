//! The store against a model of it: every state that there ever was, kept whole.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What a step does. Indices mean one of what there is, counted from the newest.
#[derive(Clone, Debug)]
enum Step {
    /// Writes an object; `is_current` says whether by the version that it has, or by another.
    Put { object: Place, is_current: bool },
    /// Removes it.
    Remove { object: Place, is_current: bool },
    /// Lists as of an earlier version, from a key on, page by page.
    List { at: usize, from: Place, limit: usize },
    /// Reads the changes since an earlier version, so many at a time.
    Changes { since: usize, limit: usize },
    /// Ends the process and begins anew, where there is a disk.
    Reopen,
}

/// One of a few objects, so that steps meet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    table: Table,
    key: Key,
}

type Objects = BTreeMap<Key, u64>;

/// The versions of the objects of each table at one version of the store.
type State = HashMap<Table, Objects>;

/// Every state by its version, from the one that is still remembered.
struct Model(BTreeMap<u64, State>);

impl Model {
    fn version(&self) -> u64 {
        *self.0.keys().next_back().expect("there is always a state")
    }

    fn now(&self) -> &State {
        self.0.values().next_back().expect("there is always a state")
    }

    fn of(&self, place: &Place) -> Option<u64> {
        self.now().get(&place.table)?.get(&place.key).copied()
    }

    fn change(&mut self, version: u64, place: &Place, is_there: bool) {
        let mut state = self.now().clone();
        let objects = state.entry(place.table).or_default();
        if is_there {
            objects.insert(place.key.clone(), version);
        } else {
            objects.remove(&place.key);
        }
        self.0.insert(version, state);
    }

    /// A version that was, the newest first.
    fn earlier(&self, steps: usize) -> u64 {
        let versions: Vec<u64> = self.0.keys().rev().copied().collect();
        versions[steps % versions.len()]
    }
}

fn place() -> impl Strategy<Value = Place> {
    let table = prop::sample::select(vec![Table::Workloads, Table::Secrets]);
    let key = prop::sample::select(vec![("a", "x"), ("a", "y"), ("a-b", "x"), ("b", "x")]);
    (table, key).prop_map(|(table, (namespace, name))| Place {
        table,
        key: Key::new(namespace, name),
    })
}

fn step() -> impl Strategy<Value = Step> {
    let is_current = prop::bool::weighted(0.9);
    prop_oneof![
        6 => (place(), is_current).prop_map(|(object, is_current)| Step::Put { object, is_current }),
        2 => (place(), is_current).prop_map(|(object, is_current)| Step::Remove { object, is_current }),
        3 => (0..30_usize, place(), 1..5_usize).prop_map(|(at, from, limit)| Step::List { at, from, limit }),
        2 => (0..30_usize, 1..5_usize).prop_map(|(since, limit)| Step::Changes { since, limit }),
        1 => Just(Step::Reopen),
    ]
}

/// Runs the steps on a store, and on the model beside it. `reopen` gives a store that has a disk as it is after the end of
/// the process.
fn run(mut store: Store, steps: Vec<Step>, reopen: impl Fn() -> Store) -> Result<(), TestCaseError> {
    let mut model = Model(BTreeMap::from([(store.version(), State::new())]));
    for step in steps {
        match step {
            Step::Put { object, is_current } => {
                let live = model.of(&object);
                let expected = if is_current {
                    live
                } else {
                    live.map_or(Some(1), |_| None)
                };
                let value = json!({"metadata": {"name": object.key.name, "namespace": object.key.namespace}});
                match store.put(object.table, &object.key, expected, value) {
                    Ok(stored) => {
                        prop_assert!(is_current && stored.version > model.version());
                        model.change(stored.version, &object, true);
                    }
                    Err(error) => prop_assert!(!is_current && matches!(error, CommitError::Raced)),
                }
            }
            Step::Remove { object, is_current } => {
                let live = model.of(&object);
                let expected = live.filter(|_| is_current).unwrap_or(1);
                match store.remove(object.table, &object.key, expected, json!({"metadata": {}})) {
                    Ok(stored) => {
                        prop_assert_eq!(Some(expected), live);
                        model.change(stored.version, &object, false);
                    }
                    Err(error) => prop_assert!(Some(expected) != live && matches!(error, CommitError::Raced)),
                }
            }
            Step::List { at, from, limit } => check_list(&store, &model, model.earlier(at), &from, limit)?,
            Step::Changes { since, limit } => check_changes(&store, &model, model.earlier(since), limit)?,
            Step::Reopen => {
                if store.is_persistent() {
                    drop(store);
                    store = reopen();
                    // The objects are kept, and what was before is not.
                    let version = model.version();
                    let now = model.now().clone();
                    model = Model(BTreeMap::from([(version, now)]));
                    prop_assert!(store.changes(Table::Workloads, version - 1, 1).is_err());
                }
            }
        }
        prop_assert_eq!(store.version(), model.version());
        for table in [Table::Workloads, Table::Secrets] {
            let page = store
                .list(table, Range::EVERYTHING, None)
                .expect("the present is there");
            prop_assert_eq!(versions(&page), model.now().get(&table).cloned().unwrap_or_default());
        }
    }
    Ok(())
}

fn versions(page: &Page) -> Objects {
    page.items
        .iter()
        .map(|item| {
            let text = |field: &str| item.value["metadata"][field].as_str().unwrap_or_default();
            (Key::new(text("namespace"), text("name")), item.version)
        })
        .collect()
}

/// The pages of a list of the past are together what was there.
fn check_list(store: &Store, model: &Model, at: u64, from: &Place, limit: usize) -> Result<(), TestCaseError> {
    let state = &model.0[&at];
    let mut expected = state.get(&from.table).cloned().unwrap_or_default();
    expected.retain(|key, _| *key >= from.key);
    let mut found = Objects::new();
    let mut next = Some(from.key.clone());
    while let Some(from_key) = next.take() {
        let range = Range {
            from: Some(&from_key),
            limit: Some(limit),
            at: Some(at),
            ..Range::EVERYTHING
        };
        let page = store.list(from.table, range, None).expect("the history is long enough");
        prop_assert_eq!(page.version, at);
        let rest = expected.len() - found.len() - page.items.len();
        let counted = if rest == 0 { Rest::Nothing } else { Rest::Counted(rest) };
        prop_assert_eq!(page.rest, counted);
        let page = versions(&page);
        if rest > 0 {
            let last = page.keys().next_back().expect("a page with a rest is full");
            next = Some(Key::new(last.namespace.as_str(), format!("{}\0", last.name)));
        }
        found.extend(page);
    }
    prop_assert_eq!(found, expected);
    Ok(())
}

/// The changes since a version, applied to what was there then, give what is there now.
fn check_changes(store: &Store, model: &Model, since: u64, limit: usize) -> Result<(), TestCaseError> {
    for table in [Table::Workloads, Table::Secrets] {
        let mut objects = model.0[&since].get(&table).cloned().unwrap_or_default();
        let mut version = since;
        while version < store.version() {
            let (changes, complete) = store
                .changes(table, version, limit)
                .expect("the history is long enough");
            for change in &changes {
                prop_assert!(change.version > version && change.version <= complete);
                prop_assert_eq!(
                    change.before.as_ref().map(|before| before.version),
                    objects.get(&change.key).copied()
                );
                if change.removed {
                    objects.remove(&change.key);
                } else {
                    objects.insert(change.key.clone(), change.version);
                }
            }
            prop_assert!(complete > version);
            version = complete;
        }
        prop_assert_eq!(objects, model.now().get(&table).cloned().unwrap_or_default());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_store_in_memory_does_what_its_model_does(steps in prop::collection::vec(step(), 1..60)) {
        run(Store::in_memory(changes(1000)), steps, || unreachable!("it has no disk"))?;
    }
}

proptest! {
    // Each write waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_store_on_disk_does_what_its_model_does(steps in prop::collection::vec(step(), 1..40)) {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let open = || Store::open(directory.path(), changes(1000)).expect("the folder is ours");
        run(open(), steps, open)?;
    }
}
