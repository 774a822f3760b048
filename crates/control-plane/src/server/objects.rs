//! Requests about objects: HTTP on one side, the registry on the other.

use std::sync::Arc;

use serde_json::Value;

use super::answer::{self, Answer};
use super::app::App;
use super::call::Call;
use super::content::{self, Format};
use super::media_type::{self, APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH};
use super::paging::{ListOptions, Source, expired, list_metadata, parse_version, too_large};
use super::representation::Representation;
use super::target::Target;
use super::{delete_options, endpoints, list, watch};
use crate::admission::FieldValidation;
use crate::apply::scale;
use crate::registry::{Body, Deleted, ListQuery, Patch, Registry, WriteOptions, Written, metadata};
use crate::resource::{self, Resource, Subresource, Table};
use crate::selector::{Fields, Labels};
use crate::status::{Cause, Status};
use crate::store::Key;

/// Serves a request about `resource`.
pub(super) fn serve(
    app: &Arc<App>,
    call: &Call,
    target: &Target,
    resource: &'static Resource,
    subresource: Option<Subresource>,
    verb: &str,
) -> Result<Answer, Status> {
    let request = Objects {
        app,
        call,
        registry: &app.registry,
        resource,
        subresource,
        representation: Representation::negotiate(call, resource, subresource, verb)?,
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
    representation: Representation,
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
                return Err(too_large(asked, current, self.source()));
            }
        }
        let stored = self.registry.get(self.resource, &self.key)?;
        if self.subresource == Some(Subresource::Scale) {
            return self.representation.object(200, &scale::of(&stored.value));
        }
        self.representation.stored(&stored)
    }

    /// Where kube-apiserver reads one object, or a list without further wishes. It caches everything but events.
    fn source(&self) -> Source {
        match self.resource.table {
            Table::Events => Source::Storage,
            _ => Source::Cache,
        }
    }

    fn list_options(&self) -> Result<ListOptions<'_>, Status> {
        ListOptions::read(&self.call.parameters)
    }

    /// Checks that the selectors can be read. Whether there are such fields is looked at after the other options.
    fn check_selectors(&self) -> Result<(), Status> {
        let selector = |name| self.call.parameters.get(name).unwrap_or_default();
        Labels::parse(selector("labelSelector"))?;
        Fields::parse(selector("fieldSelector"), |label| Ok(label.to_owned()))?;
        Ok(())
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
        self.check_selectors()?;
        options.check_list()?;
        let mut query = self.query()?;
        options.limit(&mut query, self.registry.store().version(), self.source())?;
        let page = self.registry.list(self.resource, &query).map_err(|_| expired(&query))?;
        let metadata = list_metadata(self.resource, &query, &page);
        list::answer(page, metadata, &self.representation)
    }

    fn watch(&self) -> Result<Answer, Status> {
        let mut options = self.list_options()?;
        self.check_selectors()?;
        options.check_watch()?;
        let query = self.query()?;
        let request = watch::Request {
            resource: self.resource,
            query,
            shape: self.representation.accepted.shape,
            include: self.representation.include,
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
        let body = format.decode(self.resource, &self.call.body, options.field_validation)?;
        self.check_made_in_view(&body.object)?;
        let written = self
            .registry
            .create(self.resource, &self.key.namespace, body, &options)?;
        self.written(&written)
    }

    fn update(&self) -> Result<Answer, Status> {
        let options = self.write_options("UpdateOptions", Vec::new())?;
        let body = if self.subresource == Some(Subresource::Scale) {
            // A scale is of another kind than what it scales.
            Body::from(content::decode_any(&self.call.content_type, &self.call.body)?)
        } else {
            Format::of(self.resource, &self.call.content_type)?.decode(
                self.resource,
                &self.call.body,
                options.field_validation,
            )?
        };
        // Metadata of another type is what decoding refuses, and a scale is decoded later.
        let is_decoded = matches!(body.object["metadata"], Value::Object(_) | Value::Null);
        if is_decoded && self.subresource != Some(Subresource::Scale) {
            metadata::check_namespace(&body.object, &self.key.namespace)?;
            metadata::check_name(&body.object, &self.key.name)?;
        }
        let written = match self.subresource {
            Some(Subresource::Scale) => self.registry.replace_scale(self.resource, &self.key, &body, &options),
            Some(Subresource::Finalize) => self.registry.finalize_namespace(&self.key, &body.object, &options),
            other => self.registry.replace(self.resource, &self.key, other, body, &options),
        }?;
        self.written(&written)
    }

    fn patch(&self) -> Result<Answer, Status> {
        let media_type = media_type::bare(&self.call.content_type);
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
            _ => return Err(endpoints::of(self.resource).unsupported_patch()),
        }
        let mut options = self.write_options("PatchOptions", causes)?;
        let patch = self.read_patch(media_type, options.field_validation)?;
        if matches!(patch, Patch::Apply { .. }) {
            // An apply never drops fields: the field manager refuses what the schema does not know.
            options.field_validation = FieldValidation::Ignore;
        }
        let written = if self.subresource == Some(Subresource::Scale) {
            self.registry.patch_scale(self.resource, &self.key, &patch, &options)?
        } else {
            self.registry
                .patch(self.resource, &self.key, self.subresource, &patch, &options)?
        };
        self.written(&written)
    }

    fn read_patch(&self, media_type: &str, mode: FieldValidation) -> Result<Patch, Status> {
        let text = || String::from_utf8_lossy(&self.call.body).into_owned();
        Ok(match media_type {
            APPLY_PATCH => Patch::Apply {
                body: content::decode_apply(&self.call.body, mode)?,
                force: self.call.parameters.flag("force"),
            },
            MERGE_PATCH => Patch::Merge(text()),
            JSON_PATCH => Patch::Json(text()),
            _ => Patch::Strategic(text()),
        })
    }

    fn written(&self, written: &Written) -> Result<Answer, Status> {
        let code = if written.created { 201 } else { 200 };
        // The scale is of a workload, which is shown as it is kept.
        let object = self.representation.converted(&written.object);
        Ok(answer::with_warnings(
            self.representation.object(code, &object)?,
            &written.warnings,
        ))
    }

    fn delete(&self) -> Result<Answer, Status> {
        let options = delete_options::read(self.call)?;
        match self.registry.delete(self.resource, &self.key, &options)? {
            Deleted::Gone(status) => Ok(answer::encoded(200, &status, self.representation.accepted.encoding)),
            Deleted::Last(object) => self.representation.object(200, &self.representation.converted(&object)),
            Deleted::Pending(object) => {
                // Who asked in the old way for what the object owns to go with it is told that it takes a while.
                let code = if options.orphans == Some(false) { 202 } else { 200 };
                self.representation
                    .object(code, &self.representation.converted(&object))
            }
        }
    }

    fn delete_collection(&self) -> Result<Answer, Status> {
        // The API server lists what it deletes page by page.
        let listing = self.list_options()?.in_pages();
        self.check_selectors()?;
        listing.check_list()?;
        let mut query = self.query()?;
        let options = delete_options::read(self.call)?;
        listing.limit(&mut query, self.registry.store().version(), Source::Storage)?;
        let page = self.registry.list(self.resource, &query).map_err(|_| expired(&query))?;
        self.registry.delete_all(self.resource, &page, &options)?;
        let metadata = list_metadata(self.resource, &query, &page);
        list::answer(page, metadata, &self.representation)
    }
}
