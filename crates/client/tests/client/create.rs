//! Creating: whatever becomes of the answer, one object is made, once, and only what was made is ours.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::Response;
use datum_client::config::{Config, Retries};
use datum_client::{Client, Creation, Error, provisional_manager};
use datum_model::id::WorkloadId;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::server::{Asked, Server, json_answer, not_found, status, text_answer, workload};

const MANAGER: &str = "terraform-provider-datum";

fn web() -> WorkloadId {
    "project-shop/web".parse().unwrap()
}

fn body(image: &str) -> Value {
    json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": image }] } } } })
}

/// What happens to the answer to a write that was carried out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lost {
    /// A load balancer gives up.
    Status(u16),
    /// A page of something in between.
    Page,
    /// A body that ends in the middle.
    Truncated,
}

/// One object, and enough of server-side apply to tell who made it.
#[derive(Default)]
struct Store {
    object: Option<Value>,
    version: u64,
    /// What becomes of the next answers to an apply.
    lost: Vec<Lost>,
    /// What somebody else does after the next apply.
    then: Vec<fn(&mut Value)>,
    /// Answers to changes of the entries, before the store's own.
    refused: Vec<(u16, Value)>,
}

fn entry(manager: &str, operation: &str) -> Value {
    let template =
        json!({ "f:spec": { "f:containers": { "k:{\"name\":\"app\"}": { ".": {}, "f:image": {}, "f:name": {} } } } });
    json!({ "manager": manager, "operation": operation, "time": "2026-01-01T00:00:00Z",
            "fieldsV1": { "f:spec": { "f:template": template } } })
}

fn made_by(manager: &str, operation: &str, image: &str) -> Value {
    let mut object = workload("web");
    object["spec"] = body(image)["spec"].clone();
    object["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    object["metadata"]["managedFields"] = json!([entry(manager, operation)]);
    object
}

/// What the API says to a write for another version.
fn modified() -> Value {
    let changed = "the object has been modified; please apply your changes to the latest version";
    status(409, "Conflict", changed, &json!({}))
}

impl Store {
    fn stored(&mut self) -> Value {
        self.version += 1;
        let version = json!(self.version.to_string());
        let object = self.object.as_mut().unwrap();
        object["metadata"]["resourceVersion"] = version;
        object.clone()
    }

    /// What was prepared and has not happened.
    fn left(&self) -> Vec<String> {
        let lost = self.lost.iter().map(|lost| format!("{lost:?}"));
        let then = self.then.iter().map(|_| "a write of somebody else".to_owned());
        let refused = self
            .refused
            .iter()
            .map(|(code, _)| format!("{code} to a change of the entries"));
        lost.chain(then).chain(refused).collect()
    }

    fn answer(&mut self, asked: &Asked) -> Response {
        match asked.method {
            http::Method::GET => match &self.object {
                Some(object) => json_answer(200, object),
                None => json_answer(404, &not_found("web")),
            },
            http::Method::PATCH if asked.header("content-type") == "application/json-patch+json" => {
                if let Some((code, body)) = self.refused.pop() {
                    return json_answer(code, &body);
                }
                let patch = asked.json();
                let object = self.object.as_mut().unwrap();
                for operation in patch.as_array().unwrap() {
                    let place = object.pointer_mut(operation["path"].as_str().unwrap()).unwrap();
                    if operation["op"] == "replace" {
                        *place = operation["value"].clone();
                    } else if *place != operation["value"] {
                        let why = "the server rejected our request due to an error in our request";
                        return json_answer(422, &status(422, "Invalid", why, &json!({})));
                    }
                }
                json_answer(200, &self.stored())
            }
            _ => self.apply(asked),
        }
    }

    fn apply(&mut self, asked: &Asked) -> Response {
        let manager = asked.query.split("fieldManager=").nth(1).unwrap();
        let manager = manager.split('&').next().unwrap();
        let wanted = asked.json();
        let version = wanted["metadata"]["resourceVersion"].as_str();
        let code = match &mut self.object {
            None => {
                let image = wanted["spec"]["template"]["spec"]["containers"][0]["image"]
                    .as_str()
                    .unwrap();
                self.object = Some(made_by(manager, "Apply", image));
                201
            }
            Some(object) => {
                if !wanted["spec"].is_null() && object["spec"] != wanted["spec"] {
                    let field = ".spec.template.spec.containers[name=\"app\"].image";
                    let message = "conflict with \"kubectl\"";
                    let causes = json!([{ "reason": "FieldManagerConflict", "message": message, "field": field }]);
                    return json_answer(409, &status(409, "Conflict", "conflict", &json!({ "causes": causes })));
                }
                if version.is_some_and(|version| object["metadata"]["resourceVersion"] != version) {
                    return match self.lost.pop() {
                        Some(_) => text_answer(502, "text/html", "<html>gateway</html>"),
                        None => json_answer(409, &modified()),
                    };
                }
                let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
                entries.retain(|entry| entry["manager"] != manager);
                entries.push(entry(manager, "Apply"));
                200
            }
        };
        let object = self.stored();
        if let Some(then) = self.then.pop() {
            then(self.object.as_mut().unwrap());
            self.stored();
        }
        match self.lost.pop() {
            None => json_answer(code, &object),
            Some(Lost::Status(code)) => text_answer(code, "text/html", "<html>gateway</html>"),
            Some(Lost::Page) => text_answer(200, "text/html", "<html>log in</html>"),
            Some(Lost::Truncated) => Response::new(Body::from(r#"{"kind":"Workload","metad"#)),
        }
    }
}

struct Api {
    server: Server,
    store: Arc<Mutex<Store>>,
}

impl Api {
    async fn start(store: Store) -> Self {
        let store = Arc::new(Mutex::new(store));
        let (shared, owed) = (store.clone(), store.clone());
        let server = Server::start(move |asked| shared.lock().unwrap().answer(asked)).await;
        let server = server.owing(move || owed.lock().unwrap().left());
        Self { server, store }
    }

    async fn create(&self, image: &str) -> Result<Creation, Error> {
        let retries = Retries {
            limit: 3,
            first_pause: Duration::from_millis(1),
            ..Retries::STANDARD
        };
        let config = Config {
            retries,
            ..self.server.config()
        };
        let client = Client::connect(config).await.unwrap();
        let client = client.within(Instant::now() + Duration::from_secs(30));
        client.create(&web(), &body(image)).await
    }

    fn managers(&self) -> Vec<String> {
        let store = self.store.lock().unwrap();
        let entries = store.object.as_ref().unwrap()["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .clone();
        entries
            .iter()
            .map(|entry| entry["manager"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn what_is_created_belongs_to_the_lasting_manager() {
    let api = Api::start(Store::default()).await;
    let Ok(Creation::Created(applied)) = api.create("nginx").await else {
        panic!("it did not exist")
    };
    assert!(applied.created);
    assert_eq!(api.managers(), [MANAGER]);
    assert_eq!(applied.object.resource_version(), Some("2"), "the object as it is now");
    let asked = api.server.asked();
    let manager = asked[0]
        .query
        .split("fieldManager=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    assert!(provisional_manager::is_provisional(manager, MANAGER), "{manager}");
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_recognised() {
    let controller: fn(&mut Value) = |object| {
        object["metadata"]["finalizers"] = json!(["example.com/cleanup"]);
        object["status"] = json!({ "phase": "Pending" });
        let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
        entries.push(
            json!({ "manager": "controller", "operation": "Update", "time": "2026-01-01T00:00:01Z",
                             "fieldsV1": { "f:metadata": { "f:finalizers": {} } } }),
        );
        entries.push(
            json!({ "manager": "controller", "operation": "Update", "subresource": "status",
                             "time": "2026-01-01T00:00:01Z", "fieldsV1": { "f:status": { "f:phase": {} } } }),
        );
    };
    for lost in [
        Lost::Status(502),
        Lost::Status(504),
        Lost::Status(403),
        Lost::Page,
        Lost::Truncated,
    ] {
        let api = Api::start(Store {
            lost: vec![lost],
            then: vec![controller],
            ..Store::default()
        })
        .await;
        let created = api.create("nginx").await;
        let Ok(Creation::Created(applied)) = created else {
            panic!("{lost:?}: {created:?}")
        };
        assert!(applied.created);
        assert_eq!(api.managers(), [MANAGER, "controller", "controller"], "{lost:?}");
    }
}

#[tokio::test]
async fn a_create_that_was_edited_before_it_was_recognised_is_still_ours() {
    let edit: fn(&mut Value) = |object| {
        object["spec"] = body("nginx:edited")["spec"].clone();
        object["metadata"]["managedFields"][0]["fieldsV1"] =
            json!({ "f:spec": { "f:template": { "f:metadata": {} } } });
        let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
        entries.push(entry("kubectl-edit", "Update"));
    };
    let api = Api::start(Store {
        lost: vec![Lost::Status(502)],
        then: vec![edit],
        ..Store::default()
    })
    .await;
    let created = api.create("nginx").await;
    assert!(matches!(created, Ok(Creation::Created(_))), "{created:?}");
    assert_eq!(api.managers(), [MANAGER, "kubectl-edit"]);
}

#[tokio::test]
async fn what_another_has_made_with_other_values_is_not_touched() {
    let theirs = made_by("kubectl", "Update", "nginx:theirs");
    let api = Api::start(Store {
        object: Some(theirs.clone()),
        ..Store::default()
    })
    .await;
    let Ok(Creation::Exists(found)) = api.create("nginx").await else {
        panic!("it exists")
    };
    assert_eq!(found.as_json(), &theirs);
    assert_eq!(api.store.lock().unwrap().object, Some(theirs));
}

#[tokio::test]
async fn of_two_that_agree_exactly_one_wins() {
    let api = Api::start(Store::default()).await;
    let race = futures::future::join_all((0..6).map(|_| api.create("nginx"))).await;
    let winners = race.iter().filter(|it| matches!(it, Ok(Creation::Created(_)))).count();
    let losers = race.iter().filter(|it| matches!(it, Ok(Creation::Exists(_)))).count();
    assert_eq!((winners, losers), (1, 5), "{race:?}");
    assert_eq!(api.managers(), [MANAGER]);
}

#[tokio::test]
async fn an_answer_that_is_lost_over_anothers_object_makes_it_not_ours() {
    for theirs in [
        made_by("kubectl", "Update", "nginx"),
        made_by(MANAGER, "Apply", "nginx"),
    ] {
        let api = Api::start(Store {
            object: Some(theirs.clone()),
            lost: vec![Lost::Status(502)],
            ..Store::default()
        })
        .await;
        let created = api.create("nginx").await;
        assert!(matches!(created, Ok(Creation::Exists(_))), "{created:?}");
        assert_eq!(
            api.store.lock().unwrap().object,
            Some(theirs),
            "nothing is merged into it"
        );
    }
}

#[tokio::test]
async fn what_was_created_is_told_although_another_changes_it_before_the_entry_is_renamed() {
    fn edited(object: &mut Value) {
        let ours = object["metadata"]["managedFields"][0].take();
        object["metadata"]["managedFields"] = json!([entry("kubectl-edit", "Update"), ours]);
    }
    let image: fn(&mut Value) = |object| {
        edited(object);
        object["metadata"]["generation"] = json!(2);
        object["spec"] = body("nginx:edited")["spec"].clone();
    };
    // A label does not change the generation.
    let label: fn(&mut Value) = |object| {
        edited(object);
        object["metadata"]["labels"] = json!({ "tier": "edited" });
    };
    for edit in [image, label] {
        let api = Api::start(Store {
            then: vec![edit],
            ..Store::default()
        })
        .await;
        let Ok(Creation::Created(applied)) = api.create("nginx").await else {
            panic!("it was made")
        };
        let created = applied.object;
        assert_eq!(created.as_json()["spec"], body("nginx")["spec"]);
        assert_eq!(created.as_json()["metadata"]["labels"], Value::Null);
        assert_eq!(created.generation(), Some(1));
        assert_eq!(created.managed_fields(), [entry(MANAGER, "Apply")]);
        assert_eq!(api.managers(), ["kubectl-edit", MANAGER]);
    }
}

#[tokio::test]
async fn the_entry_is_renamed_although_others_write_meanwhile() {
    let write: fn(&mut Value) = |object| object["status"] = json!({ "phase": "Pending" });
    let busy = (503, status(503, "ServiceUnavailable", "busy", &json!({})));
    let api = Api::start(Store {
        then: vec![write],
        refused: vec![busy.clone(), busy],
        ..Store::default()
    })
    .await;
    assert!(matches!(api.create("nginx").await, Ok(Creation::Created(_))));
    assert_eq!(api.managers(), [MANAGER]);

    let no = (403, status(403, "Forbidden", "no", &json!({})));
    let api = Api::start(Store {
        refused: vec![no],
        ..Store::default()
    })
    .await;
    let Ok(Creation::Created(applied)) = api.create("nginx").await else {
        panic!("it was made all the same")
    };
    let left_over = applied.object.managed_fields();
    let manager = left_over[0]["manager"].as_str().expect("the entry has a manager");
    assert!(
        provisional_manager::is_provisional(manager, MANAGER),
        "the next write has something to mend: {manager}"
    );
}
