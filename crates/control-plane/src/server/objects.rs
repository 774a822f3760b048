//! Requests about objects: HTTP on one side, the registry on the other.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::content::{self, Accepted, Encoding, Shape};
use super::handler::Call;
use super::paging::{Place, continue_expired, list_metadata};
use super::parameters::check_dry_run;
use super::target::Target;
use super::{App, watch};
use crate::admission::FieldValidation;
use crate::apply::scale;
use crate::registry::{
    Body, DeleteOptions, ListQuery, Patch, Propagation, Registry, WriteOptions, Written, event, metadata,
};
use crate::resource::{self, Resource, Subresource, Table};
use crate::selector::{Fields, Labels};
use crate::status::{Cause, Status};
use crate::store::{Key, Page, Stored};
use crate::table::{self, IncludeObject};

const APPLY_PATCH: &str = "application/apply-patch+yaml";
const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";
const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";

/// How many items of a list are sent at a time.
const ITEMS_A_PIECE: usize = 256;

/// Serves a request about `resource`.
pub(super) fn serve(
    app: &Arc<App>,
    call: &Call,
    target: &Target,
    resource: &'static Resource,
    subresource: Option<Subresource>,
    verb: &str,
) -> Result<Answer, Status> {
    let accepted = Accepted::parse(&call.accept)?;
    let request = Objects {
        app,
        call,
        registry: &app.registry,
        resource,
        subresource,
        accepted,
        key: Key::new(
            if resource.namespaced {
                target.namespace.as_str()
            } else {
                ""
            },
            target.name.as_str(),
        ),
    };
    request.check_view()?;
    match verb {
        "get" => request.get(),
        "list" => request.list(),
        "watch" => request.watch(),
        "create" => request.create(),
        "update" => request.update(),
        "patch" => request.patch(),
        "delete" => request.delete(),
        _ => request.delete_collection(),
    }
}

/// One request, its surroundings within reach.
struct Objects<'a> {
    app: &'a Arc<App>,
    call: &'a Call,
    registry: &'a Registry,
    resource: &'static Resource,
    subresource: Option<Subresource>,
    accepted: Accepted,
    key: Key,
}

impl Objects<'_> {
    /// A project's control plane has one namespace; others do not exist there.
    fn check_view(&self) -> Result<(), Status> {
        let Some(only) = &self.call.only_namespace else {
            return Ok(());
        };
        let namespace = match self.resource.table {
            Table::Namespaces => &self.key.name,
            _ => &self.key.namespace,
        };
        if namespace.is_empty() || namespace == only {
            return Ok(());
        }
        Err(Status::not_found(resource::namespaces(), namespace))
    }

    fn get(&self) -> Result<Answer, Status> {
        let stored = self.registry.get(self.resource, &self.key)?;
        if self.subresource == Some(Subresource::Scale) {
            return Ok(self.object(200, scale::of(&stored.value)));
        }
        if self.accepted.shape == Shape::Object && !self.accepted.yaml && !self.is_converted() {
            return Ok(answer::json(200, stored.json()));
        }
        Ok(self.object(200, self.seen(&stored.value)))
    }

    /// The resource in whose shape the objects are stored: what the registry works with.
    fn stored_as(&self) -> &'static Resource {
        if self.is_converted() {
            resource::of(self.resource.table)
        } else {
            self.resource
        }
    }

    /// Whether objects are shown in another shape than they are stored in.
    fn is_converted(&self) -> bool {
        self.resource.group == "events.k8s.io"
    }

    /// The object as this resource shows it.
    fn seen(&self, object: &Value) -> Value {
        let mut object = object.clone();
        if self.is_converted() {
            event::from_core(&mut object);
        }
        object
    }

    /// An answer that is one object, in the shape that the client wants.
    fn object(&self, code: u16, object: Value) -> Answer {
        let shaped = match self.accepted.shape {
            Shape::Object => object,
            Shape::Metadata => table::metadata_only(&object),
            Shape::Table => {
                let row = table::row(self.resource, &object, self.include_object(), Timestamp::now());
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                table::table(&table::definitions(self.resource), &[row], &metadata)
            }
        };
        self.encoded(code, &shaped)
    }

    fn encoded(&self, code: u16, value: &Value) -> Answer {
        if self.accepted.yaml
            && let Ok(yaml) = serde_saphyr::to_string(value)
        {
            return answer::typed(code, "application/yaml", answer::full(yaml));
        }
        answer::value(code, value)
    }

    fn include_object(&self) -> IncludeObject {
        match self.call.parameters.get("includeObject") {
            Some("None") => IncludeObject::None,
            Some("Object") => IncludeObject::Object,
            _ => IncludeObject::Metadata,
        }
    }

    fn query(&self) -> Result<ListQuery, Status> {
        let parameters = &self.call.parameters;
        let namespace = match &self.call.only_namespace {
            Some(only) if self.resource.namespaced => Some(only.clone()),
            _ => Some(self.key.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        };
        let mut selector = parameters.get("fieldSelector").unwrap_or_default().to_owned();
        if let (Some(only), Table::Namespaces) = (&self.call.only_namespace, self.resource.table) {
            selector = format!("metadata.name={only},{selector}");
        }
        Ok(ListQuery {
            namespace,
            labels: Labels::parse(parameters.get("labelSelector").unwrap_or_default())?,
            fields: Fields::parse(&selector, |path| selectable(self.resource, path))?,
            limit: None,
            after: None,
            at: None,
        })
    }

    fn list(&self) -> Result<Answer, Status> {
        let mut query = self.query()?;
        let place = Place::asked(&self.call.parameters, self.registry.store().version())?;
        query.limit = self.call.parameters.number("limit")?.filter(|limit| *limit > 0);
        query.at = place.at;
        query.after = place.after;
        let page = self.registry.list(self.resource, &query).map_err(|expired| {
            if query.after.is_some() {
                continue_expired(query.after.as_ref(), self.registry.store().version())
            } else {
                Status::expired(expired.to_string())
            }
        })?;
        let metadata = list_metadata(self.resource, &query, &page);
        Ok(self.page(page, metadata))
    }

    fn page(&self, page: Page, mut metadata: Value) -> Answer {
        let now = Timestamp::now();
        match self.accepted.shape {
            Shape::Object if !self.accepted.yaml && !self.is_converted() => self.encode_list(page, &metadata),
            Shape::Object => {
                let items: Vec<Value> = page.items.iter().map(|item| self.seen(&item.value)).collect();
                let list = json!({
                    "apiVersion": self.resource.api_version(),
                    "kind": format!("{}List", self.resource.kind),
                    "metadata": metadata,
                    "items": items,
                });
                self.encoded(200, &list)
            }
            shape => {
                // These lists come from Go types, which leave an empty token out.
                if metadata["continue"] == ""
                    && let Some(fields) = metadata.as_object_mut()
                {
                    fields.remove("continue");
                }
                let values = page.items.iter().map(|item| &item.value);
                let list = if shape == Shape::Table {
                    let include = self.include_object();
                    let rows: Vec<Value> = values
                        .map(|object| table::row(self.resource, object, include, now))
                        .collect();
                    table::table(&table::definitions(self.resource), &rows, &metadata)
                } else {
                    json!({
                        "kind": "PartialObjectMetadataList",
                        "apiVersion": "meta.k8s.io/v1",
                        "metadata": metadata,
                        "items": values.map(table::metadata_only).collect::<Vec<_>>(),
                    })
                };
                self.encoded(200, &list)
            }
        }
    }

    /// The list from the objects' encodings, which are made once and shared. A long list is sent as it is put together,
    /// so that it is never in memory twice.
    fn encode_list(&self, page: Page, metadata: &Value) -> Answer {
        let head = format!("{{\"apiVersion\":\"{}\",\"items\":[", self.resource.api_version());
        let tail = format!("],\"kind\":\"{}List\",\"metadata\":{metadata}}}\n", self.resource.kind);
        if page.items.len() <= ITEMS_A_PIECE {
            let mut whole = BytesMut::from(head.as_bytes());
            put_items(&mut whole, 0, &page.items);
            whole.put_slice(tail.as_bytes());
            return answer::json(200, whole.freeze());
        }
        let pieces = (0..page.items.len()).step_by(ITEMS_A_PIECE).map(move |start| {
            let end = page.items.len().min(start + ITEMS_A_PIECE);
            let mut piece = BytesMut::new();
            put_items(&mut piece, start, &page.items[start..end]);
            piece.freeze()
        });
        let pieces = [Bytes::from(head)].into_iter().chain(pieces).chain([Bytes::from(tail)]);
        answer::typed(200, "application/json", answer::stream(stream::iter(pieces.map(Ok))))
    }

    fn watch(&self) -> Result<Answer, Status> {
        let request = watch::Request {
            resource: self.resource,
            query: self.query()?,
            shape: self.accepted.shape,
            include: self.include_object(),
            path: self.call.full_path.clone(),
        };
        watch::serve(self.app, request, &self.call.parameters)
    }

    fn write_options(&self, kind: &str, causes: Vec<Cause>) -> Result<WriteOptions, Status> {
        self.call.parameters.write_options(kind, &self.call.user_agent, causes)
    }

    fn create(&self) -> Result<Answer, Status> {
        let encoding = Encoding::of(self.resource, &self.call.content_type)?;
        let options = self.write_options("CreateOptions", Vec::new())?;
        let mut body = encoding.decode(self.resource, &self.call.body)?;
        if self.is_converted() {
            event::to_core(&mut body.object);
        }
        if self.resource.namespaced && self.key.namespace.is_empty() {
            return Err(Status::method_not_allowed());
        }
        let written = self
            .registry
            .create(self.stored_as(), &self.key.namespace, body, &options)?;
        Ok(self.written(&written))
    }

    fn update(&self) -> Result<Answer, Status> {
        let options = self.write_options("UpdateOptions", Vec::new())?;
        let mut body = if self.subresource == Some(Subresource::Scale) {
            // A scale is of another kind than what it scales.
            Body::from(content::decode_any(&self.call.content_type, &self.call.body)?)
        } else {
            Encoding::of(self.resource, &self.call.content_type)?.decode(self.resource, &self.call.body)?
        };
        if self.is_converted() {
            event::to_core(&mut body.object);
        }
        metadata::check_name(&body.object, &self.key.name)?;
        let written = match self.subresource {
            Some(Subresource::Scale) => self
                .registry
                .replace_scale(self.stored_as(), &self.key, &body, &options),
            Some(Subresource::Finalize) => self.registry.finalize_namespace(&self.key, &body.object),
            other => self
                .registry
                .replace(self.stored_as(), &self.key, other, body, &options),
        }?;
        Ok(self.written(&written))
    }

    fn patch(&self) -> Result<Answer, Status> {
        let media_type = content::media_type(&self.call.content_type);
        let parameters = &self.call.parameters;
        let mut causes = Vec::new();
        match media_type {
            APPLY_PATCH => {
                if parameters.get("fieldManager").is_none() {
                    causes.push(Cause::required("fieldManager", "is required for apply patch"));
                }
            }
            MERGE_PATCH | JSON_PATCH | STRATEGIC_PATCH => {
                if parameters.get("force").is_some() {
                    causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
                }
            }
            _ => return Err(Status::unsupported_media_type(&[JSON_PATCH, MERGE_PATCH, APPLY_PATCH])),
        }
        let mut options = self.write_options("PatchOptions", causes)?;
        let patch = self.read_patch(media_type, options.field_validation)?;
        if matches!(patch, Patch::Apply { .. }) {
            // An apply never drops fields: the field manager refuses what the schema does not know.
            options.field_validation = FieldValidation::Ignore;
        }
        let written = if self.subresource == Some(Subresource::Scale) {
            self.registry
                .patch_scale(self.stored_as(), &self.key, &patch, &options)?
        } else {
            self.registry
                .patch(self.stored_as(), &self.key, self.subresource, &patch, &options)?
        };
        Ok(self.written(&written))
    }

    fn read_patch(&self, media_type: &str, mode: FieldValidation) -> Result<Patch, Status> {
        let text = || String::from_utf8_lossy(&self.call.body).into_owned();
        let mut patch = match media_type {
            APPLY_PATCH => Patch::Apply {
                body: content::decode_apply(&self.call.body, mode)?,
                force: self.call.parameters.flag("force"),
            },
            MERGE_PATCH => Patch::Merge(text()),
            JSON_PATCH => Patch::Json(text()),
            _ => Patch::Strategic(text()),
        };
        if self.is_converted() {
            match &mut patch {
                Patch::Apply { body, .. } => event::to_core(body),
                Patch::Merge(text) | Patch::Strategic(text) => {
                    if let Ok(mut body) = serde_json::from_str(text) {
                        event::to_core(&mut body);
                        *text = body.to_string();
                    }
                }
                // Its paths are those of either shape: what both have in common can be patched.
                Patch::Json(_) => {}
            }
        }
        Ok(patch)
    }

    fn written(&self, written: &Written) -> Answer {
        let code = if written.created { 201 } else { 200 };
        let object = if self.subresource == Some(Subresource::Scale) {
            written.object.clone()
        } else {
            self.seen(&written.object)
        };
        answer::with_warnings(self.object(code, object), &written.warnings)
    }

    fn delete(&self) -> Result<Answer, Status> {
        let options = self.delete_options()?;
        let deleted = self.registry.delete(self.resource, &self.key, &options)?;
        Ok(answer::value(200, &deleted.into_json()))
    }

    fn delete_collection(&self) -> Result<Answer, Status> {
        let options = self.delete_options()?;
        let query = self.query()?;
        let page = self.registry.delete_collection(self.resource, &query, &options)?;
        let metadata = list_metadata(self.resource, &query, &page);
        Ok(self.page(page, metadata))
    }

    fn delete_options(&self) -> Result<DeleteOptions, Status> {
        let parameters = &self.call.parameters;
        let mut options = DeleteOptions {
            dry_run: parameters.dry_run("DeleteOptions")?,
            ..DeleteOptions::default()
        };
        let mut policy = parameters.get("propagationPolicy").map(str::to_owned);
        if !self.call.body.is_empty() {
            let body = content::decode_any(&self.call.content_type, &self.call.body)?;
            let text = |value: &Value| value.as_str().map(str::to_owned);
            options.uid = text(&body["preconditions"]["uid"]);
            options.resource_version = text(&body["preconditions"]["resourceVersion"]);
            let dry_run: Vec<&str> = body["dryRun"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            options.dry_run |= check_dry_run("DeleteOptions", &dry_run)?;
            policy = text(&body["propagationPolicy"]).or(policy);
            if body["orphanDependents"] == true {
                policy.get_or_insert_with(|| "Orphan".to_owned());
            }
        }
        options.propagation = match policy.as_deref() {
            None | Some("Background") => Propagation::Background,
            Some("Foreground") => Propagation::Foreground,
            Some("Orphan") => Propagation::Orphan,
            Some(other) => {
                let supported = ["Foreground", "Background", "Orphan", "nil"];
                let cause = Cause::not_supported("propagationPolicy", format!("{other:?}"), &supported);
                return Err(Status::invalid_options("DeleteOptions", cause));
            }
        };
        Ok(options)
    }
}

/// Puts items with commas between them; `start` is the place of the first in its list.
fn put_items(piece: &mut BytesMut, start: usize, items: &[Arc<Stored>]) {
    for (index, item) in items.iter().enumerate() {
        if start + index > 0 {
            piece.put_u8(b',');
        }
        piece.put_slice(&item.json());
    }
}

/// The fields that a field selector may name.
fn selectable(resource: &Resource, path: &str) -> bool {
    match path {
        "metadata.name" => true,
        "metadata.namespace" => resource.namespaced,
        "reason" | "type" | "source" | "reportingComponent" => resource.table == Table::Events,
        "status.phase" => matches!(resource.table, Table::Namespaces | Table::Pods),
        "spec.nodeName" => resource.table == Table::Pods,
        _ => resource.table == Table::Events && path.starts_with("involvedObject."),
    }
}
