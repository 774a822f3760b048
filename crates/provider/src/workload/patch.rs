//! The JSON merge patch (RFC 7396) between two objects.

use serde_json::{Map, Value as Json};

/// The patch that makes `wanted` of `live`.
pub(super) fn difference(live: &Json, wanted: &Json) -> Json {
    let (Json::Object(before), Json::Object(after)) = (live, wanted) else {
        return wanted.clone();
    };
    let mut patch = Map::new();
    for (name, value) in after {
        match before.get(name) {
            Some(live) if live == value => {}
            Some(live) => drop(patch.insert(name.clone(), difference(live, value))),
            None => drop(patch.insert(name.clone(), value.clone())),
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    patch.extend(gone.map(|name| (name.clone(), Json::Null)));
    Json::Object(patch)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_in_a_patch() {
        let live = json!({ "a": 1, "b": { "c": 1, "d": [1] }, "e": 1 });
        let wanted = json!({ "a": 1, "b": { "c": 2, "d": [2] }, "f": {} });
        let patch = json!({ "b": { "c": 2, "d": [2] }, "e": null, "f": {} });
        assert_eq!(difference(&live, &wanted), patch);
        assert_eq!(difference(&live, &live), json!({}));
    }
}
