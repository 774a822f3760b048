mod model;

use serde_json::json;

use super::*;

fn object(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

/// So many changes, however large.
fn changes(changes: usize) -> Limits {
    Limits {
        changes,
        bytes: usize::MAX,
    }
}

fn names(page: &Page) -> Vec<&str> {
    page.items
        .iter()
        .map(|item| item.value["metadata"]["name"].as_str().unwrap_or_default())
        .collect()
}

#[test]
fn a_list_of_the_past_takes_later_changes_back() {
    let store = Store::in_memory(changes(10));
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

    let now = store.list(Table::Workloads, Range::EVERYTHING, None).unwrap();
    assert_eq!(names(&now), ["a", "c"]);
    let range = Range {
        at: Some(b),
        ..Range::EVERYTHING
    };
    let then = store.list(Table::Workloads, range, None).unwrap();
    assert_eq!((names(&then), then.version), (vec!["a", "b"], b));
    assert_eq!(then.items[0].version, a);
}

#[test]
fn a_watcher_behind_the_history_is_told_so_and_writers_never_wait_for_it() {
    let store = Store::in_memory(changes(3));
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
    let store = Store::in_memory(changes(3));
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
        let store = Store::open(directory.path(), changes(10)).unwrap();
        let gone = store
            .put(Table::Workloads, &Key::new("ns", "b"), None, object("b"))
            .unwrap();
        store
            .remove(Table::Workloads, &Key::new("ns", "b"), gone.version, object("b"))
            .unwrap();
        store.put(Table::Workloads, &key, None, object("a")).unwrap().version
    };
    let store = Store::open(directory.path(), changes(10)).unwrap();
    assert_eq!(store.version(), written);
    assert_eq!(store.get(Table::Workloads, &key).unwrap().version, written);
    assert_eq!(
        names(&store.list(Table::Workloads, Range::EVERYTHING, None).unwrap()),
        ["a"]
    );
}

#[test]
fn keys_are_ordered_as_paths() {
    let mut keys = [("a", "x"), ("a-b", "x"), ("a", "y"), ("", "z"), ("ab", "x")].map(|(ns, name)| Key::new(ns, name));
    keys.sort();
    let paths = keys.map(|key| format!("{}/{}", key.namespace, key.name));
    assert_eq!(paths, ["/z", "a-b/x", "a/x", "a/y", "ab/x"]);
}

#[test]
fn a_page_of_the_past_is_what_it_was() {
    let store = Store::in_memory(changes(100));
    let put = |name: &str, expected| {
        store
            .put(Table::Workloads, &Key::new("ns", name), expected, object(name))
            .unwrap()
            .version
    };
    let versions = ["b", "d", "f", "h"].map(|name| put(name, None));
    let then = store.version();
    store
        .remove(Table::Workloads, &Key::new("ns", "d"), versions[1], object("d"))
        .unwrap();
    for name in ["a", "c", "e", "g", "i"] {
        put(name, None);
    }
    put("f", Some(versions[2]));
    let from = Key::new("ns", "b\0");
    let range = Range {
        namespace: Some("ns"),
        from: Some(&from),
        limit: Some(2),
        at: Some(then),
        count: None,
    };
    let page = store.list(Table::Workloads, range, None).unwrap();
    assert_eq!((names(&page), page.rest), (vec!["d", "f"], Rest::Counted(1)));
    assert_eq!(page.items[1].version, versions[2]);
    let filter = |object: &Value| object["metadata"]["name"] != "d";
    let page = store.list(Table::Workloads, range, Some(&filter)).unwrap();
    assert_eq!((names(&page), page.rest), (vec!["f", "h"], Rest::Nothing));
}

#[test]
fn a_history_of_large_objects_is_short() {
    let store = Store::in_memory(Limits {
        changes: 100,
        bytes: 2500,
    });
    let start = store.version();
    let large = json!({"metadata": {}, "data": "x".repeat(1000)});
    for name in ["a", "b", "c"] {
        store
            .put(Table::Workloads, &Key::new("ns", name), None, large.clone())
            .unwrap();
    }
    let expired = store.changes(Table::Workloads, start, 10).unwrap_err();
    assert_eq!(expired.oldest, start + 1);
    // A change that is too large alone is remembered all the same.
    let huge = json!({"metadata": {}, "data": "x".repeat(3000)});
    store.put(Table::Workloads, &Key::new("ns", "d"), None, huge).unwrap();
    assert_eq!(store.changes(Table::Workloads, start + 3, 10).unwrap().0.len(), 1);
}

#[test]
fn what_etcd_does_not_take_is_refused_in_its_words() {
    let store = Store::in_memory(changes(10));
    let put = |bytes: usize| {
        let object = json!({"metadata": {}, "data": "x".repeat(bytes)});
        store
            .put(Table::Workloads, &Key::new("ns", "a"), None, object)
            .map(|stored| stored.version)
            .map_err(|error| error.to_string())
    };
    let before = store.version();
    assert_eq!(put(1_600_000), Err("etcdserver: request is too large".to_owned()));
    assert!(put(2_100_000).is_err_and(|error| error.ends_with("vs. 2097152)")));
    assert_eq!(store.version(), before);
    assert!(put(1_500_000).is_ok());
}

#[cfg(unix)]
#[test]
fn the_store_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let _store = Store::open(&directory, changes(10)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(&directory), mode(&directory.join("objects.redb"))),
        (0o700, 0o600)
    );
}

#[test]
fn a_store_of_a_newer_format_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(Store::open(directory.path(), changes(10)).unwrap());
    {
        let counters: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("counters");
        let database = redb::Database::open(directory.path().join("objects.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(counters).unwrap().insert("format", 2).unwrap();
        transaction.commit().unwrap();
    }
    let refused = Store::open(directory.path(), changes(10)).unwrap_err();
    assert!(matches!(refused, DiskError::Format { found: 2 }), "{refused}");
}
