//! Lists: pages, versions, selectors, shapes.

use datum_control_plane::resource::Table;
use datum_control_plane::store::Key;
use serde_json::{Value, json};

use crate::client::{Client, ControlPlane, WORKLOADS, workload};

async fn create_all(client: &Client, names: &[&str]) {
    for name in names {
        let created = client.post(WORKLOADS, &workload(name)).await;
        assert_eq!(created.status, 201, "{created:?}");
    }
}

fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_show_one_moment_whatever_changes_in_between() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a", "b", "c", "d"]).await;

    let first = client.get(&format!("{WORKLOADS}?limit=2")).await.json();
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 2);
    client.delete(&format!("{WORKLOADS}/c")).await;
    create_all(&client, &["e"]).await;

    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = client
        .get(&format!("{WORKLOADS}?limit=2&continue={token}"))
        .await
        .json();
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["metadata"]["continue"], "");
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
}

#[tokio::test]
async fn versions_are_honoured_or_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a"]).await;
    let then = client.get(WORKLOADS).await.json();
    let then = then["metadata"]["resourceVersion"].as_str().unwrap();
    create_all(&client, &["b"]).await;

    let options = "ListOptions.meta.k8s.io \"\" is invalid: ";
    for (query, status, expected) in [
        (
            format!("resourceVersion={then}&resourceVersionMatch=Exact"),
            200,
            "[\"a\"]".to_owned(),
        ),
        (format!("resourceVersion={then}"), 200, "[\"a\", \"b\"]".to_owned()),
        (
            format!("resourceVersion={then}&resourceVersionMatch=NotOlderThan"),
            200,
            "[\"a\", \"b\"]".to_owned(),
        ),
        // With a limit and nothing else said, a version is an exact one.
        (format!("resourceVersion={then}&limit=5"), 200, "[\"a\"]".to_owned()),
        // What is asked of no version in particular is not limited.
        ("resourceVersion=0&limit=1".to_owned(), 200, "[\"a\", \"b\"]".to_owned()),
        ("limit=-1".to_owned(), 200, "[\"a\", \"b\"]".to_owned()),
        (
            "resourceVersion=1&resourceVersionMatch=Exact".to_owned(),
            200,
            "[]".to_owned(),
        ),
        (
            "resourceVersionMatch=Exactly&continue=x".to_owned(),
            422,
            format!(
                "{options}[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided, resourceVersionMatch: Unsupported value: \"Exactly\": supported values: \"Exact\", \"NotOlderThan\", \"\"]"
            ),
        ),
        (
            "resourceVersionMatch=Exact&resourceVersion=0".to_owned(),
            422,
            format!(
                "{options}resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
            ),
        ),
        (
            "sendInitialEvents=true".to_owned(),
            422,
            format!("{options}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
        ),
        (
            "resourceVersion=999999".to_owned(),
            504,
            "Timeout: Too large resource version: 999999, current: ".to_owned(),
        ),
        (
            "resourceVersion=abc".to_owned(),
            400,
            "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax".to_owned(),
        ),
        (
            "continue=nonsense".to_owned(),
            400,
            "invalid continue token: continue key is not valid: invalid character '\\u009e' looking for beginning of value".to_owned(),
        ),
        (
            "limit=99999999999999999999".to_owned(),
            400,
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range".to_owned(),
        ),
    ] {
        let answer = client.get(&format!("{WORKLOADS}?{query}")).await;
        let body = answer.json();
        let found = match body["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("{:?}", names(&body)),
        };
        assert_eq!(answer.status, status, "{query}: {body}");
        assert!(found.starts_with(&expected), "{query}: {found}");
    }
}

#[tokio::test]
async fn a_page_goes_on_until_nothing_is_left_whether_or_not_it_is_selected() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a", "b", "c"]).await;
    let first = client
        .get(&format!("{WORKLOADS}?limit=1&fieldSelector=metadata.name!=b"))
        .await
        .json();
    assert_eq!(names(&first), ["a"]);
    assert_eq!(first["metadata"]["remainingItemCount"], Value::Null);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = client
        .get(&format!(
            "{WORKLOADS}?limit=2&fieldSelector=metadata.name!=b&continue={token}"
        ))
        .await
        .json();
    assert_eq!(
        (names(&second), &second["metadata"]["continue"]),
        (vec!["c"], &json!(""))
    );
    let mixed = client
        .get(&format!("{WORKLOADS}?resourceVersion=5&continue={token}"))
        .await;
    assert_eq!(
        (mixed.status, mixed.json()["message"].as_str().unwrap()),
        (400, "specifying resource version is not allowed when using continue")
    );
    // Across namespaces, too.
    let all = "/apis/compute.miloapis.com/v1alpha1/workloads";
    let mut token = String::new();
    let mut left = Vec::new();
    for _ in 0..3 {
        let page = client.get(&format!("{all}?limit=1&continue={token}")).await.json();
        left.push(page["metadata"]["remainingItemCount"].as_u64());
        page["metadata"]["continue"].as_str().unwrap().clone_into(&mut token);
    }
    assert_eq!((left, token.as_str()), (vec![Some(2), Some(1), None], ""));
}

#[tokio::test]
async fn a_token_that_outlived_the_history_comes_with_a_way_on() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a", "b"]).await;
    let first = client.get(&format!("{WORKLOADS}?limit=1")).await.json();
    let then = first["metadata"]["resourceVersion"].as_str().unwrap();
    // More changes than are remembered.
    let store = control_plane.server.registry().store();
    let key = Key::new("project-myproject", "b");
    let mut version = store.get(Table::Workloads, &key).map(|stored| stored.version);
    for _ in 0..20_001 {
        let stored = store.put(Table::Workloads, &key, version, workload("b")).unwrap();
        version = Some(stored.version);
    }
    let exact = client
        .get(&format!(
            "{WORKLOADS}?resourceVersion={then}&resourceVersionMatch=Exact"
        ))
        .await;
    assert_eq!(
        (exact.status, exact.json()["message"].as_str().unwrap()),
        (410, "The resourceVersion for the provided list is too old.")
    );
    let token = first["metadata"]["continue"].as_str().unwrap();
    let expired = client.get(&format!("{WORKLOADS}?limit=1&continue={token}")).await;
    assert_eq!(expired.status, 410);
    let expired = expired.json();
    assert_eq!(expired["reason"], "Expired");
    assert_eq!(expired["metadata"].as_object().unwrap().len(), 1);
    let token = expired["metadata"]["continue"].as_str().unwrap();
    let rest = client
        .get(&format!("{WORKLOADS}?limit=1&continue={token}"))
        .await
        .json();
    assert_eq!(names(&rest), ["b"]);
}

#[tokio::test]
async fn selectors_select_or_are_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a"]).await;
    let namespaces = "/api/v1/namespaces";
    let secrets = "/api/v1/namespaces/project-myproject/secrets";
    let config_maps = "/api/v1/namespaces/project-myproject/configmaps";
    client
        .post(secrets, &json!({"metadata": {"name": "s"}, "type": "example.com/own"}))
        .await;
    for (path, selector, expected) in [
        (WORKLOADS, "metadata.name=a,metadata.namespace=project-myproject", Ok(1)),
        (WORKLOADS, "metadata.namespace!=project-myproject", Ok(0)),
        (
            WORKLOADS,
            "spec.replicas=1",
            Err("field label not supported: spec.replicas"),
        ),
        (namespaces, "status.phase=Active,metadata.name=default", Ok(1)),
        (
            namespaces,
            "metadata.namespace=default",
            Err("field label not supported: metadata.namespace"),
        ),
        (secrets, "type=example.com/own", Ok(1)),
        (
            config_maps,
            "data=x",
            Err("\"data\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
        ),
        (
            WORKLOADS,
            "metadata.name=a,x",
            Err("invalid selector: 'metadata.name=a,x'; can't understand 'x'"),
        ),
    ] {
        let answer = client.get(&format!("{path}?fieldSelector={selector}")).await.json();
        let found = match answer["message"].as_str() {
            Some(message) => Err(message),
            None => Ok(answer["items"].as_array().unwrap().len()),
        };
        assert_eq!(found, expected, "{path} {selector}");
    }
}

#[tokio::test]
async fn events_are_found_by_what_they_are_about_in_both_of_their_apis() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let event = json!({
        "metadata": {"name": "web.1"},
        "regarding": {"kind": "Workload", "name": "web", "namespace": "project-myproject", "uid": "u"},
        "reason": "Started",
        "note": "It runs",
        "type": "Normal",
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "test",
        "reportingInstance": "test-1",
        "action": "Start",
    });
    let path = "/apis/events.k8s.io/v1/namespaces/project-myproject/events";
    let list = client.get(&format!("{path}?fieldSelector=regarding.name=web")).await;
    assert_eq!((list.status, list.json()["items"].as_array().unwrap().len()), (200, 0));
    let created = client.post(path, &event).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.json()["note"], "It runs");
    let series = json!({"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"});
    client.merge(&format!("{path}/web.1"), &json!({"series": series})).await;

    let core = "/api/v1/namespaces/project-myproject/events";
    for (selector, found) in [
        ("involvedObject.name=web,involvedObject.uid=u", 1),
        ("involvedObject.name=other", 0),
        ("reason=Started,type!=Warning", 1),
    ] {
        let list = client.get(&format!("{core}?fieldSelector={selector}")).await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{selector}: {list}");
    }
    let elsewhere =
        json!({"metadata": {"name": "x"}, "involvedObject": {"namespace": "default"}, "source": {"component": "c"}});
    let refused = client.post(core, &elsewhere).await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            422,
            "Event \"x\" is invalid: involvedObject.namespace: Invalid value: \"default\": does not match event.namespace"
        )
    );
    let event = client.get(&format!("{core}/web.1")).await.json();
    assert_eq!(
        (&event["message"], &event["series"], &event["apiVersion"]),
        (&json!("It runs"), &series, &json!("v1"))
    );
}
