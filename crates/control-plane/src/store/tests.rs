use serde_json::json;

use super::*;

fn object(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

fn names(page: &Page) -> Vec<&str> {
    page.items
        .iter()
        .map(|item| item.value["metadata"]["name"].as_str().unwrap_or_default())
        .collect()
}

const EVERYTHING: Range<'static> = Range {
    namespace: None,
    after: None,
    limit: None,
    at: None,
};

#[test]
fn a_list_of_the_past_takes_later_changes_back() {
    let store = Store::in_memory(10);
    let put = |name: &str, expected| {
        store
            .put(Table::Workloads, &Key::new("ns", name), expected, object(name))
            .unwrap()
            .version
    };
    let a = put("a", None);
    let b = put("b", None);
    put("a", Some(a));
    store
        .remove(Table::Workloads, &Key::new("ns", "b"), b, object("b"))
        .unwrap();
    put("c", None);

    let now = store.list(Table::Workloads, EVERYTHING, |_| true).unwrap();
    assert_eq!(names(&now), ["a", "c"]);
    let range = Range {
        at: Some(b),
        ..EVERYTHING
    };
    let then = store.list(Table::Workloads, range, |_| true).unwrap();
    assert_eq!((names(&then), then.version), (vec!["a", "b"], b));
    assert_eq!(then.items[0].version, a);
}

#[test]
fn a_watcher_behind_the_history_is_told_so_and_writers_never_wait_for_it() {
    let store = Store::in_memory(3);
    let start = store.version();
    for name in ["a", "b", "c", "d", "e"] {
        store
            .put(Table::Workloads, &Key::new("ns", name), None, object(name))
            .unwrap();
    }
    let expired = store.changes(Table::Workloads, start, 10).unwrap_err();
    assert_eq!(expired.to_string(), "too old resource version: 100 (102)");
    let (changes, complete) = store.changes(Table::Workloads, start + 2, 2).unwrap();
    assert_eq!((changes.len(), complete), (2, start + 4));
    let (changes, complete) = store.changes(Table::Workloads, complete, 2).unwrap();
    assert_eq!((changes.len(), complete), (1, start + 5));
}

#[test]
fn a_write_that_lost_a_race_changes_nothing() {
    let store = Store::in_memory(3);
    let key = Key::new("ns", "a");
    let first = store.put(Table::Workloads, &key, None, object("a")).unwrap();
    let again = store.put(Table::Workloads, &key, None, object("a"));
    assert!(matches!(again, Err(CommitError::Raced)));
    assert_eq!(store.version(), first.version);
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let key = Key::new("ns", "a");
    let written = {
        let store = Store::open(directory.path(), 10).unwrap();
        let gone = store
            .put(Table::Workloads, &Key::new("ns", "b"), None, object("b"))
            .unwrap();
        store
            .remove(Table::Workloads, &Key::new("ns", "b"), gone.version, object("b"))
            .unwrap();
        store.put(Table::Workloads, &key, None, object("a")).unwrap().version
    };
    let store = Store::open(directory.path(), 10).unwrap();
    assert_eq!(store.version(), written);
    assert_eq!(store.get(Table::Workloads, &key).unwrap().version, written);
    assert_eq!(
        names(&store.list(Table::Workloads, EVERYTHING, |_| true).unwrap()),
        ["a"]
    );
}
