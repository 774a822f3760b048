//! Agreement: whether a configuration asks for anything that is not so already.

use tf_plugin_server::value::Value;

use super::flatten::same_item;
use super::{equal, flatten_all, free_form};
use crate::schema::{Kind, Merge, Node};

/// Whether everything that `config` says is so in `state`, the state of an object that nobody has configured before.
///
/// What `config` leaves out, others have. A default counts as said when `state` leaves it out, as an import does. In a list
/// that the API merges by key, others may have items behind those of `config`; before them they would shift what an
/// expression such as `containers[0]` means.
pub fn agrees(config: &Value, state: &Value, node: &Node) -> bool {
    match (&node.kind, config, state) {
        (_, Value::Null, _) => true,
        (_, Value::Unknown, _) => false,
        (_, config, Value::Null) => node
            .default
            .is_some_and(|default| equal(config, &flatten_all(default, node), node)),
        (Kind::Object(object), Value::Map(config), Value::Map(state)) => object.iter().all(|(name, attribute)| {
            let [config, state] = [config, state].map(|value| value.get(name).unwrap_or(&Value::Null));
            agrees(config, state, &attribute.node)
        }),
        (Kind::Map(values), Value::Map(config), Value::Map(state)) => config
            .iter()
            .all(|(key, config)| agrees(config, state.get(key).unwrap_or(&Value::Null), values)),
        (
            Kind::List {
                items,
                merge: Merge::Keys(keys),
            },
            Value::List(config),
            Value::List(state),
        ) => {
            let pairs = config.iter().zip(state);
            config.len() <= state.len()
                && pairs
                    .into_iter()
                    .all(|(config, state)| same_item(config, state, items, keys) && agrees(config, state, items))
        }
        (Kind::FreeForm, config, state) => free_form::agrees(config, state),
        _ => equal(config, state, node),
    }
}
