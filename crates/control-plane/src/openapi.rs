//! The schema of the API (`/openapi/v2`, `/openapi/v3`), for clients that explain and validate.
//!
//! kubectl reads three things from it: the fields and their descriptions (`explain`), which parameters a patch takes
//! (`--dry-run=server`, `--validate`), and how lists merge (`apply`). Workloads are described in full, from their
//! definition; of the built-in kinds only what kubectl needs in order to send them.

mod protobuf;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::discovery::{self, Document, etag};
use crate::resource::{self, ALL, Resource};

/// The name of the metadata's schema.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The keywords of structural schemas that OpenAPI v2 has no room for.
const NOT_IN_V2: [&str; 3] = ["oneOf", "anyOf", "not"];

/// The document under this path, if it is one of OpenAPI, in the form that `accept` asks for, if there is one.
pub fn document(path: &str, accept: &str) -> Option<Document> {
    static V2: LazyLock<Bytes> = LazyLock::new(|| v2().to_string().into());
    static V2_PROTOBUF: LazyLock<Bytes> = LazyLock::new(|| protobuf::encode(&v2()).into());
    let of_json = |body: Bytes, etag| Document {
        content_type: "application/json",
        body,
        etag,
    };
    Some(match path {
        "/openapi/v2" if accept.split(',').any(|part| part.trim() == protobuf::ACCEPT) => Document {
            content_type: protobuf::CONTENT_TYPE,
            body: V2_PROTOBUF.clone(),
            etag: Some(etag(&V2_PROTOBUF)),
        },
        "/openapi/v2" => of_json(V2.clone(), Some(etag(&V2))),
        // That is what it says of itself, and nobody minds.
        "/openapi/v3" => Document {
            content_type: "text/plain; charset=utf-8",
            ..of_json(index().to_string().into(), None)
        },
        path => {
            let (text, etag) = documents().get(path.strip_prefix("/openapi/v3/")?)?;
            of_json(text.clone(), Some(etag.clone()))
        }
    })
}

/// The documents of version 3 by the path of their group and version, with what changes when they do.
fn documents() -> &'static BTreeMap<String, (Bytes, String)> {
    static DOCUMENTS: LazyLock<BTreeMap<String, (Bytes, String)>> = LazyLock::new(|| {
        group_versions()
            .into_iter()
            .map(|(path, resources)| {
                let text = Bytes::from(v3(&resources).to_string());
                let etag = etag(&text);
                (path, (text, etag))
            })
            .collect()
    });
    &DOCUMENTS
}

/// The resources by the path of their group and version.
fn group_versions() -> BTreeMap<String, Vec<&'static Resource>> {
    let mut found: BTreeMap<String, Vec<&'static Resource>> = BTreeMap::new();
    for resource in ALL {
        found
            .entry(prefix(resource).trim_start_matches('/').to_owned())
            .or_default()
            .push(resource);
    }
    found
}

fn prefix(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    }
}

fn index() -> Value {
    let paths: Map<String, Value> = documents()
        .iter()
        .map(|(path, (_, etag))| {
            let url = format!("/openapi/v3/{path}?hash={etag}");
            (path.clone(), json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": paths})
}

fn v3(resources: &[&Resource]) -> Value {
    let mut schemas = Map::new();
    schemas.insert(OBJECT_META.to_owned(), object_meta());
    let mut paths = Map::new();
    for resource in resources {
        schemas.insert(schema_name(resource), schema(resource, "#/components/schemas/"));
        paths.extend(operations(
            resource,
            |name, kind| json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}}),
        ));
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": discovery::KUBERNETES},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn v2() -> Value {
    let mut definitions = Map::new();
    let mut metadata = object_meta();
    reduce_to_v2(&mut metadata);
    definitions.insert(OBJECT_META.to_owned(), metadata);
    let mut paths = Map::new();
    for resource in ALL {
        let mut schema = schema(resource, "#/definitions/");
        reduce_to_v2(&mut schema);
        definitions.insert(schema_name(resource), schema);
        paths.extend(operations(
            resource,
            |name, kind| json!({"name": name, "in": "query", "type": kind, "uniqueItems": true}),
        ));
    }
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": discovery::KUBERNETES},
        "paths": paths,
        "definitions": definitions,
    })
}

/// `com.miloapis.compute.v1alpha1.Workload`.
fn schema_name(resource: &Resource) -> String {
    if resource.group.is_empty() {
        return format!("io.k8s.api.core.{}.{}", resource.version, resource.kind);
    }
    let reversed: Vec<&str> = resource.group.rsplit('.').collect();
    format!("{}.{}.{}", reversed.join("."), resource.version, resource.kind)
}

fn schema(resource: &Resource, references: &str) -> Value {
    let mut schema = if resource == resource::workloads() {
        workload_schema()
    } else {
        json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
    };
    let properties = &mut schema["properties"];
    properties["apiVersion"] = json!({
        "type": "string",
        "description": "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
    });
    properties["kind"] = json!({
        "type": "string",
        "description": "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
    });
    properties["metadata"] = json!({
        "description": "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
        "allOf": [{"$ref": format!("{references}{OBJECT_META}")}],
    });
    schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(resource)]);
    schema
}

/// The schema in the definition of Workloads.
fn workload_schema() -> Value {
    let mut definition = crate::definition::object();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take()
}

/// The schema of metadata, from that of Workloads.
fn object_meta() -> Value {
    let described = |kind: &str, description: &str| json!({"type": kind, "description": description});
    let strings = |description: &str| json!({"type": "object", "additionalProperties": {"type": "string"}, "description": description});
    json!({
        "type": "object",
        "description": "ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.",
        "properties": {
            "name": described("string", "Name must be unique within a namespace."),
            "generateName": described("string", "GenerateName is an optional prefix, used by the server, to generate a unique name ONLY IF the Name field has not been provided."),
            "namespace": described("string", "Namespace defines the space within which each name must be unique."),
            "labels": strings("Map of string keys and values that can be used to organize and categorize (scope and select) objects."),
            "annotations": strings("Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata."),
            "uid": described("string", "UID is the unique in time and space value for this object."),
            "resourceVersion": described("string", "An opaque value that represents the internal version of this object that can be used by clients to determine when objects have changed."),
            "generation": {"type": "integer", "format": "int64", "description": "A sequence number representing a specific generation of the desired state."},
            "creationTimestamp": {"type": "string", "format": "date-time", "description": "CreationTimestamp is a timestamp representing the server time when this object was created."},
            "deletionTimestamp": {"type": "string", "format": "date-time", "description": "DeletionTimestamp is RFC 3339 date and time at which this resource will be deleted."},
            "deletionGracePeriodSeconds": {"type": "integer", "format": "int64", "description": "Number of seconds allowed for this object to gracefully terminate before it will be removed from the system."},
            "finalizers": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge", "description": "Must be empty before the object is deleted from the registry."},
            "ownerReferences": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"], "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge", "description": "List of objects depended by this object."},
            "managedFields": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}, "description": "ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow."},
            "selfLink": described("string", "Deprecated: selfLink is a legacy read-only field that is no longer populated by the system."),
        },
    })
}

fn group_version_kind(resource: &Resource) -> Value {
    json!({"group": resource.group, "version": resource.version, "kind": resource.kind})
}

/// The paths of a resource with the parameters of their operations, as far as clients look at them.
fn operations(resource: &Resource, parameter: impl Fn(&str, &str) -> Value) -> Map<String, Value> {
    let place = if resource.namespaced {
        "/namespaces/{namespace}"
    } else {
        ""
    };
    let collection = format!("{}{place}/{}", prefix(resource), resource.plural);
    let writing = |extra: &[(&str, &str)]| -> Vec<Value> {
        [
            ("dryRun", "string"),
            ("fieldManager", "string"),
            ("fieldValidation", "string"),
        ]
        .iter()
        .chain(extra)
        .map(|(name, kind)| parameter(name, kind))
        .collect()
    };
    let operation = |action: &str, parameters: Vec<Value>| {
        json!({
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": group_version_kind(resource),
        })
    };
    let mut of_collection = Map::new();
    let mut of_object = Map::new();
    for verb in resource.verbs {
        match *verb {
            "create" => of_collection.insert("post".to_owned(), operation("post", writing(&[]))),
            "list" => of_collection.insert("get".to_owned(), operation("list", Vec::new())),
            "deletecollection" => of_collection.insert("delete".to_owned(), operation("deletecollection", Vec::new())),
            "get" => of_object.insert("get".to_owned(), operation("get", Vec::new())),
            "update" => of_object.insert("put".to_owned(), operation("put", writing(&[]))),
            "patch" => of_object.insert("patch".to_owned(), operation("patch", writing(&[("force", "boolean")]))),
            "delete" => of_object.insert("delete".to_owned(), operation("delete", Vec::new())),
            _ => None,
        };
    }
    let mut paths = Map::new();
    paths.insert(format!("{collection}/{{name}}"), of_object.into());
    paths.insert(collection, of_collection.into());
    paths
}

/// Drops what OpenAPI v2 cannot say, and what kubectl cannot cope with there, as the API server does when it publishes a
/// definition (`apiextensions-apiserver/pkg/controller/openapi/v2/conversion.go`).
fn reduce_to_v2(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    for keyword in NOT_IN_V2 {
        fields.remove(keyword);
    }
    let is = |fields: &Map<String, Value>, keyword: &str| fields.get(keyword) == Some(&Value::Bool(true));
    let is_nullable = fields.remove("nullable") == Some(Value::Bool(true));
    let is_free = is(fields, "x-kubernetes-preserve-unknown-fields");
    if is_nullable || is_free {
        fields.remove("items");
        fields.remove("properties");
    }
    if is_nullable || is_free || is(fields, "x-kubernetes-int-or-string") {
        fields.remove("type");
    }
    // A reference beside a description is one.
    if let Some(reference) = fields.get("allOf").and_then(|parts| parts[0].get("$ref")).cloned() {
        fields.remove("allOf");
        fields.insert("$ref".to_owned(), reference);
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(below) = fields.get_mut(keyword) {
            reduce_to_v2(below);
        }
    }
    let properties = fields.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut).for_each(reduce_to_v2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_and_version_has_a_document_that_tells_what_a_patch_takes() {
        let index: Value = serde_json::from_slice(&document("/openapi/v3", "").unwrap().body).unwrap();
        let paths = index["paths"].as_object().unwrap();
        assert!(paths.contains_key("api/v1") && paths.contains_key("apis/compute.miloapis.com/v1alpha1"));
        let url = paths["apis/compute.miloapis.com/v1alpha1"]["serverRelativeURL"]
            .as_str()
            .unwrap();
        let (address, hash) = url.split_once("?hash=").unwrap();
        let document = document(address, "").unwrap();
        assert_eq!(document.etag.as_deref(), Some(hash));
        let found: Value = serde_json::from_slice(&document.body).unwrap();
        let patch =
            &found["paths"]["/apis/compute.miloapis.com/v1alpha1/namespaces/{namespace}/workloads/{name}"]["patch"];
        let parameters: Vec<&str> = patch["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(parameters, ["dryRun", "fieldManager", "fieldValidation", "force"]);
    }
}
