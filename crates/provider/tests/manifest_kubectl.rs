//! kubectl is the judge of what a manifest says. Where there is none, there is nothing to compare with, which is told.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};
use terraform_provider_datum::manifest::{Manifest, decode, encode};
use test_programs::{Found, Program};

const HEAD: &str = "apiVersion: compute.miloapis.com/v1alpha1\nkind: Workload\nmetadata:\n  name: web\n";

/// The program, if it is there.
fn kubectl() -> Option<Found> {
    Program::Kubectl.find_or_leave_out("what kubectl makes of manifests")
}

/// What kubectl reads, without a server; none where it refuses the text.
fn read(kubectl: &Found, text: &str) -> Option<Json> {
    let mut kubectl = Command::new(kubectl.path())
        .args(["annotate", "--local", "-f", "-", "example.com/read-", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("kubectl runs");
    let mut input = kubectl.stdin.take().expect("it has an input");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = kubectl.wait_with_output().expect("kubectl ends");
    let json = output
        .status
        .success()
        .then(|| serde_json::from_slice(&output.stdout))?;
    json.ok()
}

/// What is left of an object for the API: no nulls, nothing that only the server sets, numbers as the API reads them.
fn sent(json: &Json) -> Json {
    const SERVER_SET: [&str; 5] = [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
    ];
    match json {
        Json::Object(fields) => fields
            .iter()
            .filter(|(name, value)| !value.is_null() && !SERVER_SET.contains(&name.as_str()) && *name != "status")
            .filter(|(name, _)| *name != "kubectl.kubernetes.io/last-applied-configuration")
            .map(|(name, value)| (name.clone(), sent(value)))
            .collect(),
        Json::Array(items) => items.iter().map(sent).collect(),
        Json::Number(number) => number.as_f64().map_or(Json::Null, Into::into),
        json => json.clone(),
    }
}

/// Compares what kubectl reads in a text with what it reads in the manifest that is made of the text's decoding.
#[track_caller]
fn check(kubectl: &Found, text: &str) {
    let value = decode(text).unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"));
    let Ok(Manifest::Known(again)) = encode(&value) else {
        panic!("cannot be encoded: {value:?}");
    };
    let theirs = read(kubectl, text).unwrap_or_else(|| panic!("kubectl refuses\n{text}"));
    let ours = read(kubectl, &again).unwrap_or_else(|| panic!("kubectl refuses\n{again}"));
    assert_eq!(sent(&ours), sent(&theirs), "{text}\nbecame\n{again}");
}

#[test]
fn every_scalar_is_what_kubectl_reads() {
    let Some(kubectl) = kubectl() else { return };
    let scalars = [
        "0400",
        "0o400",
        "0O17",
        "0644",
        "0_644",
        "012",
        "-012",
        "0x1F",
        "0X1f",
        "0x_1F",
        "0b11",
        "0B11",
        "1_000",
        "1_",
        "_1",
        "08",
        "0_8",
        "0.5",
        ".5",
        "5.",
        "+.5",
        "-.5",
        "1e3",
        "1E3",
        "1e+3",
        "1.e3",
        ".e3",
        "1e",
        "e5",
        "12e03",
        "1.5_0",
        "1.10",
        "+3",
        "-0",
        "-0.0",
        "3.0",
        "18446744073709551615",
        "+18446744073709551615",
        "-9223372036854775808",
        "-9223372036854775809",
        "20240815123456789012345",
        "1e400",
        "1:30",
        "2001-01-01",
        "1.2.3",
        "0x",
        "0b",
        "0xZZ",
        "-x",
        "yes",
        "On",
        "y",
        "N",
        "off",
        "tRue",
        "nULL",
        "=",
        "!!str 0400",
        "!!int \"3\"",
        "!!float 3",
        "! 12",
        "!own 12",
        "!!binary aGk=",
        "'0400'",
        "\"yes\"",
        "\"a\\x41\\u00e9\\n\"",
        "'it''s'",
        "|\n      a\n       b\n\n      c\n",
        "|-\n      a\n\n",
        "|+\n      a\n\n",
        ">\n      a\n      b\n\n      c\n",
        ">-\n      a\n        b\n      c",
        "a\n      b\n\n      c",
        "\"a\n      b\n\n      c\"",
        "[a, 0400, no]",
        "{a: 012, b: {c: ~}}",
        "- 1\n    - [2, 3]",
        "a # no\n",
        "a#b",
        "http://x:80/y?z=1",
    ];
    // All in one, since kubectl takes its time to start.
    let mut text = format!("{HEAD}spec:\n  provider:\n");
    for (index, scalar) in scalars.iter().enumerate() {
        let separator = if scalar.starts_with("- ") { "\n    " } else { " " };
        text.extend([&format!("    k{index}:"), separator, scalar, "\n"]);
    }
    check(&kubectl, &text);
}

#[test]
fn the_files_that_people_have_are_what_kubectl_reads() {
    let Some(kubectl) = kubectl() else { return };
    let pod = |lines: &str| format!("{HEAD}spec:\n  template:\n    spec:\n{lines}");
    let plain = format!("{HEAD}spec:\n  replicas: 012\n");
    for text in [
        format!("---\n{plain}---\n"),
        format!("---\n{plain}...\n"),
        format!("# a\n---\n# b\n---\n{plain}---\n# c\n"),
        format!("null\n---\n{plain}---\nnull\n"),
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.trim_end().to_owned(),
        format!("--- # a comment\n{plain}"),
        format!("{HEAD}  uid: a\n  resourceVersion: \"1\"\n  generation: 1\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {{}}\n    a: b\n  managedFields:\n  - manager: m\n    fieldsV1: {{\"f:spec\": {{}}}}\nspec:\n  replicas: 3\nstatus:\n  phase: Running\n"),
        format!("{HEAD}  annotations: null\n  labels: {{x: ~, z: \"\"}}\nspec:\n  selector: null\n  template:\n    metadata:\n      creationTimestamp: null\n    spec:\n      containers:\n      - {{name: a, image: i, env: null, resources: {{}}}}\nstatus: {{}}\n"),
        pod("      hostNetwork: yes\n      containers:\n      - &base\n        name: a\n        image: i\n      - <<: *base\n        name: b\n      - {name: c, <<: *base}\n      - <<: [{image: j}, {image: k, stdin: on}]\n        name: d\n"),
        pod("      containers:\n      - name: a\n        args:\n        - |-\n          one\n            two\n        - >+\n          three\n\n          four\n\n        - last\n"),
        pod("      volumes:\n      - name: s\n        secret: {secretName: s, defaultMode: 0400}\n      - name: c\n        configMap: {name: c, defaultMode: 0o644, items: [{key: k, path: p, mode: 0x1a4}]}\n"),
        pod("      containers:\n      - name: a\n        ports: [{containerPort: 0x50}]\n        livenessProbe: {httpGet: {port: 8080}}\n        resources: {limits: {cpu: \"2\", memory: 1Gi}}\n"),
        json!({ "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web", "annotations": { "a": "b\u{2028}\u{85}c" } }, "spec": { "replicas": 3 } }).to_string(),
        "{\n\t\"apiVersion\": \"compute.miloapis.com/v1alpha1\",\n\t\"kind\": \"Workload\",\n\t\"metadata\": { \"name\": \"we\\u0062\" },\n\t\"spec\": { \"provider\": { \"a\": \"x\\/y\" } }\n}\n".to_owned(),
    ] {
        check(&kubectl, &text);
    }
}

/// What is written for kubectl is read by it as it was meant, whatever the texts.
#[test]
fn every_text_that_is_encoded_is_what_kubectl_reads() {
    let Some(kubectl) = kubectl() else { return };
    let texts = [
        "", "yes", "0400", "1_000", "1:30", "~", "a: b", "- a", "# a", "a\nb\n", "a\n\nb", " a\nb", "a\r\nb", "\u{85}",
        "\u{2028}", "\u{7f}", "\u{feff}", "\0", "😀", "\t", "!x", "&x", "*x", "%x", "@x", "`x`", "{", "]", "'", "\"",
        "\\", "$(A)", "a:", "<<", "=", "...", "---",
    ];
    let entries = texts
        .iter()
        .enumerate()
        .map(|(index, text)| (format!("k{index}"), json!(text)));
    let mut provider: serde_json::Map<String, Json> = entries.collect();
    provider.extend(texts.map(|text| (text.to_owned(), json!(1))));
    let object = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" }, "spec": { "provider": provider },
    });
    check(&kubectl, &object.to_string());
}
