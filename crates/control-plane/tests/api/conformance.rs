//! Every recorded case, replayed.
//!
//! `tests/conformance/cases` holds requests and the answers that kube-apiserver 1.35 gave to them, and 1.36 to the later ones; each says which. An answer matches
//! when status, headers and body are equal up to placeholders, an absent field being equal to an empty one.

use std::fs;
use std::path::{Path, PathBuf};

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::client::{Answer, Client, ControlPlane, of_environment};
use crate::matching::{differences, text_matches};
use crate::recording;

/// Where an answer may differ, and why. Case, step, the paths that are left out of the comparison, the reason.
const EXCEPTIONS: [(&str, usize, &[&str], &str); 3] = [
    (
        "watch_expired",
        0,
        &["[0].object.message"],
        "the oldest version that can be watched is another number on every server",
    ),
    (
        "discovery",
        1,
        &[".resources[0].categories", ".resources[0].shortNames"],
        "the recorded definition had neither a short name nor a category; config/crd has both",
    ),
    (
        "patch_unsupported",
        1,
        &["status", ""],
        "the specification promises `kubectl patch -p`, which sends a strategic merge patch: it is accepted here",
    ),
];

#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    namespace: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    request: Request,
    /// A case that is yet to be recorded has none.
    response: Option<Response>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    path: String,
    content_type: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    raw: Option<String>,
    auth: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    events: Option<Vec<Value>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_case_is_answered_as_it_was_recorded() {
    let control_plane = ControlPlane::start().await;
    let client = of_environment().unwrap_or_else(|| control_plane.client("admin"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 50, "cases are missing");
    let mut failures = Vec::new();
    for file in &files {
        let text: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let case = Case::deserialize(&text).unwrap();
        let (answers, differences) = replay(&client, &case).await;
        if recording::is_wanted() && !differences.is_empty() {
            let version = client.get("/version").await.json();
            let outdated = differences.iter().map(|(step, _)| *step).collect();
            let renewed = recording::renewed(text, &answers, &outdated, version["gitVersion"].as_str().unwrap());
            fs::write(file, recording::text(&renewed)).unwrap();
        } else {
            failures.extend(differences.into_iter().map(|(_, difference)| difference));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Replays one case, and gives the answers and what differs, with the number of its step.
async fn replay(client: &Client, case: &Case) -> (Vec<Answer>, Vec<(usize, String)>) {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}});
    client.post("/api/v1/namespaces", &namespace).await;
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        let answer = send(client, &step.request, &answers).await;
        let excepted = |path: &str| {
            EXCEPTIONS.iter().any(|(case_name, step, paths, _)| {
                *case_name == case.name && *step == index && paths.iter().any(|left_out| path.starts_with(left_out))
            })
        };
        failures.extend(
            step.response
                .as_ref()
                .map_or(vec!["it is not recorded yet".to_owned()], |response| {
                    check(response, &answer)
                })
                .into_iter()
                .filter(|difference| !excepted(difference))
                .map(|difference| {
                    let Request { method, path, .. } = &step.request;
                    let difference = format!("{}, step {index} ({method} {path}): {difference}", case.name);
                    (index, difference)
                }),
        );
        answers.push(answer);
    }
    (answers, failures)
}

async fn send(client: &Client, request: &Request, answers: &[Answer]) -> Answer {
    let client = match request.auth.as_deref() {
        None => client.clone(),
        Some("none") => client.with_token(None),
        Some(_) => client.with_token(Some("not-a-token")),
    };
    let path = fill(&request.path, answers);
    let body = match (&request.body, &request.raw) {
        (Some(body), _) => fill(&body.to_string(), answers),
        (None, Some(raw)) => raw.clone(),
        (None, None) => String::new(),
    };
    let mut headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    if let Some(content_type) = &request.content_type {
        headers.push(("content-type", content_type));
    }
    let method: Method = request.method.parse().unwrap();
    client.send(method, &path, &headers, body.as_bytes()).await
}

/// Puts what earlier steps answered in the place of `{{uid:0}}` and the like.
fn fill(text: &str, answers: &[Answer]) -> String {
    let mut text = text.to_owned();
    for (index, answer) in answers.iter().enumerate() {
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            continue;
        };
        for (name, field) in [("uid", "uid"), ("rv", "resourceVersion")] {
            if let Some(value) = body["metadata"][field].as_str() {
                text = text.replace(&format!("{{{{{name}:{index}}}}}"), value);
            }
        }
        if let Some(token) = body["metadata"]["continue"].as_str().filter(|token| !token.is_empty()) {
            text = text.replace("{{continue}}", token);
        }
    }
    with_filler(text)
}

/// Puts as many letters in the place of `{{filler:5}}`: a recording need not hold what is only large.
fn with_filler(mut text: String) -> String {
    const START: &str = "{{filler:";
    while let Some(start) = text.find(START) {
        let end = start + text[start..].find("}}").unwrap();
        let length = text[start + START.len()..end].parse().unwrap();
        text.replace_range(start..end + 2, &"x".repeat(length));
    }
    text
}

fn check(recorded: &Response, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if recorded.status != answer.status {
        found.push(format!(
            "status: recorded {}, answered {}: {}",
            recorded.status,
            answer.status,
            String::from_utf8_lossy(&answer.body)
        ));
        return found;
    }
    for (name, value) in &recorded.headers {
        let given: Vec<&str> = answer
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        if given.join(", ") != value.as_str().unwrap() {
            found.push(format!("header {name}: recorded {value}, answered {given:?}"));
        }
    }
    // A warning that was not given is as wrong as one that was and is missing.
    if !recorded.headers.contains_key("warning") && answer.headers.contains_key("warning") {
        found.push(format!(
            "header warning: {:?} was not recorded",
            answer.headers["warning"]
        ));
    }
    if let Some(events) = &recorded.events {
        found.extend(differences(&json!(events), &json!(answer.lines())));
    }
    match &recorded.body {
        Some(Value::Object(fields)) if fields.contains_key("text") => {
            let text = String::from_utf8_lossy(&answer.body);
            let recorded = fields["text"].as_str().unwrap_or_default();
            if !text_matches(recorded, &text) {
                found.push(format!("body: recorded {}, answered {text:?}", fields["text"]));
            }
        }
        Some(body) => match serde_json::from_slice(&answer.body) {
            Ok(answered) => found.extend(differences(body, &answered)),
            Err(_) => found.push(format!("body: recorded {body}, answered {:?}", answer.body)),
        },
        None => {}
    }
    found
}
