//! The API's own spelling of what is sent to it.

use serde_json::Value as Json;

use super::equal::equal;
use super::flatten::flatten_all;
use super::scalar;
use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// `body` with the API's own spelling wherever that means the same: `cpu: 2` in place of `cpu: "2"`, a text in another Unicode
/// form. Two managers own one value together only when it is the same JSON.
pub fn respelled(body: &Json, live: &Json, node: &Node) -> Json {
    let children = || {
        let children = pairs(node, Side::Api(body), Side::Api(live)).into_iter();
        children.filter(Pair::is_left)
    };
    let below = |pair: &Pair<'_>| respelled(pair.left.json(), pair.right.json(), pair.node);
    match (&node.kind, Side::Api(body).form()) {
        (Kind::Object(_) | Kind::Map(_) | Kind::FreeForm, Form::Map) => {
            let mut fields = body.clone();
            for pair in children() {
                match pair.step {
                    Step::Attribute(_, attribute) => {
                        if let Some(field) = attribute.field() {
                            fields[field] = below(&pair);
                        }
                    }
                    Step::Key(key) => rename(&mut fields, key, live, below(&pair)),
                    Step::Item(..) => {}
                }
            }
            fields
        }
        (Kind::List { list_type, .. }, Form::List) if list_type.by_key().is_some() => {
            Json::Array(children().map(|pair| below(&pair)).collect())
        }
        _ if !live.is_null() && equal(&flatten_all(body, node), &flatten_all(live, node), node) => live.clone(),
        _ => body.clone(),
    }
}

/// Puts `value` under `key`, or under the key that `live` has for it in another Unicode form.
fn rename(fields: &mut Json, key: &str, live: &Json, value: Json) {
    let Some(fields) = fields.as_object_mut() else { return };
    // An entry of somebody else may stand beside it, in another form.
    if live.get(key).is_none() {
        let is_same = |other: &&String| scalar::composed(other) == scalar::composed(key);
        let mut keys = live.as_object().into_iter().flat_map(serde_json::Map::keys);
        if let Some(spelling) = keys.find(is_same) {
            fields.remove(key);
            fields.insert(spelling.clone(), value);
            return;
        }
    }
    fields.insert(key.to_owned(), value);
}
