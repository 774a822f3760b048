//! Requests about objects: HTTP on one side, the registry on the other.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::content::{self, Format};
use super::handler::Call;
use super::negotiation::{Accepted, Encoding, MetaVersion, Shape};
use super::paging::{ListOptions, expired, list_metadata, parse_version, too_large};
use super::parameters::check_dry_run;
use super::target::Target;
use super::{App, watch};
use crate::admission::FieldValidation;
use crate::apply::scale;
use crate::conversion::Conversion;
use crate::registry::{
    Body, DeleteOptions, Deleted, ListQuery, Patch, Propagation, Registry, WriteOptions, Written, metadata,
};
use crate::resource::{self, Origin, Resource, Subresource, Table};
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
    let accepted = if verb == "watch" {
        call.wishes().for_streams()?
    } else {
        call.wishes().for_objects()?
    };
    let request = Objects {
        app,
        call,
        registry: &app.registry,
        resource,
        subresource,
        accepted,
        include: include_object(call, accepted.shape)?,
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

/// How much of each object a table repeats.
fn include_object(call: &Call, shape: Shape) -> Result<IncludeObject, Status> {
    match (shape, call.parameters.get("includeObject")) {
        (Shape::Table(_), Some("None")) => Ok(IncludeObject::None),
        (Shape::Table(_), Some("Object")) => Ok(IncludeObject::Object),
        (Shape::Table(_), Some(other)) if other != "Metadata" => Err(Status::bad_request(format!(
            "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', \
             'Object', 'None', or empty"
        ))),
        _ => Ok(IncludeObject::Metadata),
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
    include: IncludeObject,
    key: Key,
}

/// What is sent unless a client asks for something else: the objects as they are, in JSON.
const PLAIN: Accepted = Accepted {
    encoding: Encoding::Json,
    shape: Shape::Object,
};

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

    /// A namespace that a project's control plane does not show cannot be made there.
    fn check_made_in_view(&self, object: &Value) -> Result<(), Status> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        match &self.call.only_namespace {
            Some(only) if self.resource.table == Table::Namespaces && name != only => {
                let message = format!(
                    "namespaces \"{name}\" is forbidden: the control plane of a project has one namespace, {only}"
                );
                Err(Status::new(403, "Forbidden", message).about(name, "", "namespaces"))
            }
            _ => Ok(()),
        }
    }

    fn get(&self) -> Result<Answer, Status> {
        if let Some(version) = self.call.parameters.get("resourceVersion") {
            let asked = parse_version(version).map_err(Status::internal)?;
            let current = self.registry.store().version();
            if asked > current {
                return Err(too_large(asked, current));
            }
        }
        let stored = self.registry.get(self.resource, &self.key)?;
        if self.subresource == Some(Subresource::Scale) {
            return self.object(200, scale::of(&stored.value));
        }
        if self.accepted == PLAIN && !self.is_converted() {
            return Ok(answer::json(200, &stored.json()));
        }
        self.object(200, self.seen(&stored.value))
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
        self.resource.conversion != Conversion::None
    }

    /// Whether a definition made the kind known.
    fn is_defined(&self) -> bool {
        self.resource.origin == Origin::Definition
    }

    /// The object as this resource shows it.
    fn seen(&self, object: &Value) -> Value {
        let mut object = object.clone();
        self.resource.conversion.from_stored(&mut object);
        object
    }

    /// An answer that is one object, in the shape that the client wants.
    fn object(&self, code: u16, object: Value) -> Result<Answer, Status> {
        let shaped = match self.accepted.shape {
            Shape::Object => object,
            Shape::Metadata(version) => table::metadata_only(&version.api_version(), &object),
            Shape::MetadataList(_) if self.is_defined() && self.subresource != Some(Subresource::Scale) => {
                return Err(Status::internal("content is not a list"));
            }
            Shape::MetadataList(_) => {
                return Err(self.wrong_shape("PartialObjectMetadataList", "is not a list", ""));
            }
            Shape::Table(version) => {
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                self.table(version, &metadata, [&object])
            }
        };
        Ok(answer::encoded(code, &shaped, self.accepted.encoding))
    }

    fn table<'a>(&self, version: MetaVersion, metadata: &Value, objects: impl IntoIterator<Item = &'a Value>) -> Value {
        let (now, version) = (Timestamp::now(), version.api_version());
        let columns = table::definitions(self.resource, self.subresource);
        let mut table = table::empty(&version, &columns, metadata);
        table["rows"] = objects
            .into_iter()
            .map(|object| table::row(&version, self.resource, self.subresource, object, self.include, now))
            .collect();
        table
    }

    /// 406 for the metadata of a list where one object was asked for, or the other way around.
    fn wrong_shape(&self, asked: &str, but: &str, list: &str) -> Status {
        let go_type = if self.subresource == Some(Subresource::Scale) {
            "*v1.Scale".to_owned()
        } else if self.is_defined() {
            format!("*unstructured.Unstructured{list}")
        } else {
            format!("*core.{}{list}", self.resource.kind)
        };
        let message = format!("you requested {asked}, but the requested object {but} ({go_type})");
        Status::new(406, "NotAcceptable", message)
    }

    fn list_options(&self) -> Result<ListOptions<'_>, Status> {
        ListOptions::read(&self.call.parameters)
    }

    fn query(&self) -> Result<ListQuery, Status> {
        let parameters = &self.call.parameters;
        let namespace = match &self.call.only_namespace {
            Some(only) if self.resource.namespaced => Some(only.clone()),
            _ => Some(self.key.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        };
        let labels = Labels::parse(parameters.get("labelSelector").unwrap_or_default())?;
        let mut selector = parameters.get("fieldSelector").unwrap_or_default().to_owned();
        let fields = |selector: &str| Fields::parse(selector, |label| self.resource.selectable_field(label));
        let name = self.key.name.as_str();
        if !name.is_empty() {
            // A name in the path selects as one in the selector does.
            if !selector.is_empty() && fields(&selector)?.name() != Some(name) {
                return Err(Status::bad_request(
                    "fieldSelector metadata.name doesn't match requested name",
                ));
            }
            selector = format!("metadata.name={name},{selector}");
        }
        if let (Some(only), Table::Namespaces) = (&self.call.only_namespace, self.resource.table) {
            selector = format!("metadata.name={only},{selector}");
        }
        Ok(ListQuery {
            namespace,
            labels,
            fields: fields(&selector)?,
            ..ListQuery::default()
        })
    }

    fn list(&self) -> Result<Answer, Status> {
        let options = self.list_options()?;
        let mut query = self.query()?;
        options.check_list()?;
        options.limit(&mut query, self.registry.store().version())?;
        let page = self.registry.list(self.resource, &query).map_err(|_| expired(&query))?;
        let metadata = list_metadata(self.resource, &query, &page);
        self.page(page, metadata)
    }

    fn page(&self, page: Page, mut metadata: Value) -> Result<Answer, Status> {
        if self.accepted == PLAIN && !self.is_converted() {
            return Ok(self.encode_list(page, &metadata));
        }
        if self.accepted.shape != Shape::Object && self.is_defined() {
            // These lists come from Go types, which leave an empty token out.
            if metadata["continue"] == ""
                && let Some(fields) = metadata.as_object_mut()
            {
                fields.remove("continue");
            }
        }
        let values = page.items.iter().map(|item| &item.value);
        let list = match self.accepted.shape {
            Shape::Object => json!({
                "apiVersion": self.resource.api_version(),
                "kind": format!("{}List", self.resource.kind),
                "metadata": metadata,
                "items": values.map(|object| self.seen(object)).collect::<Vec<_>>(),
            }),
            Shape::Table(version) => self.table(version, &metadata, values),
            Shape::MetadataList(version) => {
                let version = version.api_version();
                let items: Vec<Value> = values.map(|object| table::metadata_only(&version, object)).collect();
                json!({
                    "kind": "PartialObjectMetadataList",
                    "apiVersion": version,
                    "metadata": metadata,
                    // Go writes a list that nothing was added to as null.
                    "items": if items.is_empty() { Value::Null } else { items.into() },
                })
            }
            Shape::Metadata(_) => return Err(self.wrong_shape("PartialObjectMetadata", "is a list", "List")),
        };
        Ok(answer::encoded(200, &list, self.accepted.encoding))
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
            return answer::typed(200, "application/json", answer::full(whole));
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
        let mut options = self.list_options()?;
        let query = self.query()?;
        options.settle_watch()?;
        let request = watch::Request {
            resource: self.resource,
            query,
            shape: self.accepted.shape,
            include: self.include,
            path: self.call.full_path.clone(),
            user_agent: self.call.user_agent.clone(),
        };
        watch::serve(self.app, request, &options)
    }

    fn write_options(&self, kind: &str, causes: Vec<Cause>) -> Result<WriteOptions, Status> {
        self.call.parameters.write_options(kind, &self.call.user_agent, causes)
    }

    fn create(&self) -> Result<Answer, Status> {
        let format = Format::of(self.resource, &self.call.content_type)?;
        let options = self.write_options("CreateOptions", Vec::new())?;
        let mut body = format.decode(self.resource, &self.call.body)?;
        self.resource.conversion.to_stored(&mut body.object);
        self.check_made_in_view(&body.object)?;
        let written = self
            .registry
            .create(self.stored_as(), &self.key.namespace, body, &options)?;
        self.written(&written)
    }

    fn update(&self) -> Result<Answer, Status> {
        let options = self.write_options("UpdateOptions", Vec::new())?;
        let mut body = if self.subresource == Some(Subresource::Scale) {
            // A scale is of another kind than what it scales.
            Body::from(content::decode_any(&self.call.content_type, &self.call.body)?)
        } else {
            Format::of(self.resource, &self.call.content_type)?.decode(self.resource, &self.call.body)?
        };
        self.resource.conversion.to_stored(&mut body.object);
        // Metadata of another type is what decoding refuses, and a scale is decoded later.
        let is_decoded = matches!(body.object["metadata"], Value::Object(_) | Value::Null);
        if is_decoded && self.subresource != Some(Subresource::Scale) {
            metadata::check_namespace(&body.object, &self.key.namespace)?;
            metadata::check_name(&body.object, &self.key.name)?;
        }
        let written = match self.subresource {
            Some(Subresource::Scale) => self
                .registry
                .replace_scale(self.stored_as(), &self.key, &body, &options),
            Some(Subresource::Finalize) => self.registry.finalize_namespace(&self.key, &body.object, &options),
            other => self
                .registry
                .replace(self.stored_as(), &self.key, other, body, &options),
        }?;
        self.written(&written)
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
                if parameters.switch("force").is_some() {
                    causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
                }
            }
            _ if self.resource.origin == Origin::Definition => {
                return Err(Status::unsupported_media_type(&[JSON_PATCH, MERGE_PATCH, APPLY_PATCH]));
            }
            // The paths of built-in kinds are routed by media type.
            _ => {
                let message = "415: Unsupported Media Type";
                return Err(Status::new(415, "UnsupportedMediaType", message).about("", "", ""));
            }
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
        self.written(&written)
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
                Patch::Apply { body, .. } => self.resource.conversion.to_stored(body),
                Patch::Merge(text) | Patch::Strategic(text) => {
                    if let Ok(mut body) = serde_json::from_str(text) {
                        self.resource.conversion.to_stored(&mut body);
                        *text = body.to_string();
                    }
                }
                // Its paths are those of either shape: what both have in common can be patched.
                Patch::Json(_) => {}
            }
        }
        Ok(patch)
    }

    fn written(&self, written: &Written) -> Result<Answer, Status> {
        let code = if written.created { 201 } else { 200 };
        let object = if self.subresource == Some(Subresource::Scale) {
            written.object.clone()
        } else {
            self.seen(&written.object)
        };
        Ok(answer::with_warnings(self.object(code, object)?, &written.warnings))
    }

    fn delete(&self) -> Result<Answer, Status> {
        let options = self.delete_options()?;
        match self.registry.delete(self.resource, &self.key, &options)? {
            Deleted::Gone(status) => Ok(answer::encoded(200, &status, self.accepted.encoding)),
            Deleted::Last(object) => self.object(200, self.seen(&object)),
            Deleted::Pending(object) => {
                // Who asked in the old way for what the object owns to go with it is told that it takes a while.
                let code = if options.orphans == Some(false) { 202 } else { 200 };
                self.object(code, self.seen(&object))
            }
        }
    }

    fn delete_collection(&self) -> Result<Answer, Status> {
        // The API server lists what it deletes page by page.
        let listing = self.list_options()?.in_pages();
        let mut query = self.query()?;
        listing.check_list()?;
        let options = self.delete_options()?;
        listing.limit(&mut query, self.registry.store().version())?;
        let page = self.registry.list(self.resource, &query).map_err(|_| expired(&query))?;
        self.registry.delete_all(self.resource, &page, &options)?;
        let metadata = list_metadata(self.resource, &query, &page);
        self.page(page, metadata)
    }

    /// The options of a deletion: those of the body, or of the query where there is no body.
    fn delete_options(&self) -> Result<DeleteOptions, Status> {
        let parameters = &self.call.parameters;
        let given = if self.call.body.is_empty() {
            parameters.number("gracePeriodSeconds")?;
            json!({
                "dryRun": parameters.all("dryRun"),
                "orphanDependents": parameters.switch("orphanDependents"),
                "preconditions": {"uid": parameters.get("uid")},
                "propagationPolicy": parameters.get("propagationPolicy"),
            })
        } else {
            content::decode_delete_options(&self.call.content_type, &self.call.body)?
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let policy = given["propagationPolicy"].as_str();
        let orphans = given["orphanDependents"].as_bool();
        let mut problems = Vec::new();
        if let (Some(policy), Some(_)) = (policy, orphans) {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            problems.push(Cause::invalid("propagationPolicy", format!("{policy:?}"), why));
        }
        let propagation = match policy {
            None => orphans.map(|orphans| {
                if orphans {
                    Propagation::Orphan
                } else {
                    Propagation::Background
                }
            }),
            Some("Background") => Some(Propagation::Background),
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Orphan") => Some(Propagation::Orphan),
            Some(other) => {
                let supported = ["Foreground", "Background", "Orphan", "nil"];
                problems.push(Cause::not_supported(
                    "propagationPolicy",
                    format!("{other:?}"),
                    &supported,
                ));
                None
            }
        };
        let dry_run: Vec<&str> = given["dryRun"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| item.as_str().unwrap_or_default())
            .collect();
        problems.extend(check_dry_run(&dry_run));
        if !problems.is_empty() {
            return Err(Status::invalid_options("DeleteOptions", problems));
        }
        Ok(DeleteOptions {
            uid: text(&given["preconditions"]["uid"]),
            resource_version: text(&given["preconditions"]["resourceVersion"]),
            propagation,
            orphans,
            dry_run: !dry_run.is_empty(),
        })
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
