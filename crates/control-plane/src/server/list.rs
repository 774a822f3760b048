//! Lists as answers.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::endpoint::wrong_shape;
use super::endpoints;
use super::negotiation::Shape;
use super::representation::Representation;
use crate::printer;
use crate::status::Status;
use crate::store::{Page, Stored};

/// How many items of a list are sent at a time.
const ITEMS_A_PIECE: usize = 256;

/// The answer that shows the objects of a page.
pub(super) fn answer(page: Page, mut metadata: Value, representation: &Representation) -> Result<Answer, Status> {
    let resource = representation.resource;
    let types_items = endpoints::of(resource).types_items();
    if representation.is_plain() && types_items {
        return Ok(stream_json(page, &metadata, representation));
    }
    // Tables and lists of metadata come from Go types, which leave an empty token out.
    if representation.accepted.shape != Shape::Object
        && metadata["continue"] == ""
        && let Some(fields) = metadata.as_object_mut()
    {
        fields.remove("continue");
    }
    let values = page.items.iter().map(|item| &item.value);
    let list = match representation.accepted.shape {
        Shape::Object => json!({
            "apiVersion": resource.api_version(),
            "kind": format!("{}List", resource.kind),
            "metadata": metadata,
            "items": values.map(|object| item(representation, object, types_items)).collect::<Vec<_>>(),
        }),
        Shape::Table(version) => {
            let objects: Vec<Cow<'_, Value>> = values.map(|object| representation.converted(object)).collect();
            representation.table(version, &metadata, objects.iter().map(AsRef::as_ref))
        }
        Shape::MetadataList(version) => {
            let version = version.api_version();
            let items: Vec<Value> = values.map(|object| printer::metadata_only(&version, object)).collect();
            json!({
                "kind": "PartialObjectMetadataList",
                "apiVersion": version,
                "metadata": metadata,
                // Go writes a list that nothing was added to as null.
                "items": if items.is_empty() { Value::Null } else { items.into() },
            })
        }
        Shape::Metadata(_) => {
            let go_type = format!("{}List", endpoints::of(resource).go_type(resource.kind));
            return Err(wrong_shape("PartialObjectMetadata", "is a list", &go_type));
        }
    };
    Ok(answer::encoded(200, &list, representation.accepted.encoding))
}

/// An object as an item of a list.
fn item(representation: &Representation, stored: &Value, is_typed: bool) -> Value {
    let mut object = representation.converted(stored).into_owned();
    if !is_typed && let Some(fields) = object.as_object_mut() {
        fields.retain(|name, _| !matches!(name.as_str(), "apiVersion" | "kind"));
    }
    object
}

/// The list from the objects' encodings, which are made once and shared. A long list is sent as it is put together,
/// so that it is never in memory twice.
fn stream_json(page: Page, metadata: &Value, representation: &Representation) -> Answer {
    let resource = representation.resource;
    let head = format!("{{\"apiVersion\":\"{}\",\"items\":[", resource.api_version());
    let tail = format!("],\"kind\":\"{}List\",\"metadata\":{metadata}}}\n", resource.kind);
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

/// Puts items with commas between them; `start` is the place of the first in its list.
fn put_items(piece: &mut BytesMut, start: usize, items: &[Arc<Stored>]) {
    for (index, item) in items.iter().enumerate() {
        if start + index > 0 {
            piece.put_u8(b',');
        }
        piece.put_slice(&item.json());
    }
}
