//! How objects are shown: in which shape, version and encoding.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::call::Call;
use super::endpoint::wrong_shape;
use super::endpoints;
use super::negotiation::{Accepted, Encoding, MetaVersion, Shape};
use crate::conversion::Conversion;
use crate::printer::{self, IncludeObject};
use crate::resource::{Resource, Subresource};
use crate::status::Status;
use crate::store::Stored;

/// What is sent unless a client asks for something else: the objects as they are, in JSON.
const PLAIN: Accepted = Accepted {
    encoding: Encoding::Json,
    shape: Shape::Object,
};

/// The representation that a client asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Representation {
    /// The resource that shows the objects.
    pub(super) resource: &'static Resource,
    /// The subresource that shows them; the objects themselves without.
    pub(super) subresource: Option<Subresource>,
    /// The encoding and the shape.
    pub(super) accepted: Accepted,
    /// How much of each object a table repeats.
    pub(super) include: IncludeObject,
}

impl Representation {
    /// Reads what the client accepts.
    pub(super) fn negotiate(
        call: &Call,
        resource: &'static Resource,
        subresource: Option<Subresource>,
        verb: &str,
    ) -> Result<Self, Status> {
        let accepted = if verb == "watch" {
            call.preferences().for_streams()?
        } else {
            call.preferences().for_objects()?
        };
        Ok(Self {
            resource,
            subresource,
            accepted,
            include: include_object(call, accepted.shape)?,
        })
    }

    /// Whether the stored JSON is what is sent.
    pub(super) fn is_plain(&self) -> bool {
        self.accepted == PLAIN && self.resource.conversion == Conversion::None
    }

    /// A stored object, whose JSON is encoded once for all who read it.
    pub(super) fn stored(&self, stored: &Stored) -> Result<Answer, Status> {
        if self.is_plain() {
            return Ok(answer::json(200, &stored.json()));
        }
        self.object(200, &self.converted(&stored.value))
    }

    /// The object as the resource shows it.
    pub(super) fn converted<'o>(&self, object: &'o Value) -> Cow<'o, Value> {
        self.resource.conversion.shown(object)
    }

    /// An answer that is one object, in the shape that the client wants.
    pub(super) fn object(&self, code: u16, object: &Value) -> Result<Answer, Status> {
        let shaped = match self.accepted.shape {
            Shape::Object => return Ok(answer::encoded(code, object, self.accepted.encoding)),
            Shape::Metadata(version) => printer::metadata_only(&version.api_version(), object),
            Shape::MetadataList(_) => return Err(self.not_a_list()),
            Shape::Table(version) => {
                let metadata = object["metadata"].get("resourceVersion");
                let metadata = metadata.map_or(json!({}), |own| json!({"resourceVersion": own}));
                self.table(version, &metadata, [object])
            }
        };
        Ok(answer::encoded(code, &shaped, self.accepted.encoding))
    }

    /// Objects as a table.
    pub(super) fn table<'a>(
        &self,
        version: MetaVersion,
        metadata: &Value,
        objects: impl IntoIterator<Item = &'a Value>,
    ) -> Value {
        let (now, version) = (Timestamp::now(), version.api_version());
        let columns = printer::definitions(self.resource, self.subresource);
        let mut table = printer::empty(&version, &columns, metadata);
        table["rows"] = objects
            .into_iter()
            .map(|object| printer::row(&version, self.resource, self.subresource, object, self.include, now))
            .collect();
        table
    }

    /// 406 for the metadata of a list where one object was asked for. A scale is of a built-in kind, whatever it scales.
    fn not_a_list(&self) -> Status {
        if self.subresource == Some(Subresource::Scale) {
            return wrong_shape("PartialObjectMetadataList", "is not a list", "*v1.Scale");
        }
        let endpoint = endpoints::of(self.resource);
        endpoint.not_a_list(&endpoint.go_type(self.resource.kind))
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
