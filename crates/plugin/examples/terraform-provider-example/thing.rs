//! A resource whose attributes are data, of every kind that there is.
//!
//! Its `mode` attribute makes it misbehave, so that one can see what becomes of the state.

pub(crate) mod extensions;
mod schema;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::schema::Schema;
use tf_provider::value::ValueEmpty;
use tf_provider::{AttributePath, Diagnostic, Diagnostics, Resource};

/// The things that exist, by ID, for as long as this process runs.
static THINGS: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());

/// The resource type `example_thing`.
pub(crate) struct Thing;

#[async_trait]
impl Resource for Thing {
    type State<'a> = Value;
    type PrivateState<'a> = Value;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema::thing())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        assert_ne!(mode(&config), "panic_validating", "validating a thing");
        if config.get("name")?.as_str() == Some("") {
            diags.add_error(error("A thing needs a name", "name"));
            return None;
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: Value,
        private: Value,
        _: ValueEmpty,
    ) -> Option<(Value, Value)> {
        match mode(&state) {
            "gone" => return None,
            "unreadable" => {
                diags.add_error(error("The thing cannot be read", "mode"));
                return None;
            }
            "panic" => panic!("reading a thing in mode panic"),
            _ => {}
        }
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        mut proposed: Value,
        _: Value,
        _: ValueEmpty,
    ) -> Option<(Value, Value)> {
        assert_ne!(mode(&proposed), "panic_planning", "planning a thing");
        *proposed.get_mut("id")? = Value::Unknown;
        plan_ports(&mut proposed);
        Some((proposed, Value::Null))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        prior: Value,
        mut proposed: Value,
        _: Value,
        private: Value,
        _: ValueEmpty,
    ) -> Option<(Value, Value, Vec<AttributePath>)> {
        let mut replace = Vec::new();
        if prior.get("name") != proposed.get("name") {
            replace.push(AttributePath::new("name"));
            *proposed.get_mut("id")? = Value::Unknown;
        }
        plan_ports(&mut proposed);
        Some((proposed, private, replace))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        private: Value,
        _: ValueEmpty,
    ) -> Option<Value> {
        if mode(&prior) == "protected" {
            diags.add_error(error("The thing is protected", "mode"));
        }
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        mut planned: Value,
        _: Value,
        _: Value,
        _: ValueEmpty,
    ) -> Option<(Value, Value)> {
        let mode = mode(&planned).to_owned();
        match mode.as_str() {
            "panic" => panic!("creating a thing in mode panic"),
            "silent" => return None,
            "fail" => {
                diags.add_error(error("The thing cannot be created", "mode"));
                return None;
            }
            _ => {}
        }
        let id = planned.get("name")?.as_str()?.to_owned();
        *planned.get_mut("id")? = id.as_str().into();
        existing().insert(id, planned.clone());
        // From here on the thing exists: say so, before anything that may not come back.
        if let Err(error) = operation::record_state(&planned) {
            tracing::error!(%error, "the state is not recorded");
        }
        match mode.as_str() {
            "panic_once_created" => panic!("waiting for a thing in mode panic_once_created"),
            "wait" => {
                operation::cancelled().cancelled().await;
                diags.add_error(error("Interrupted", "mode"));
                return None;
            }
            // As no handler should: it is not to be interrupted.
            "stuck" => std::future::pending().await,
            "partial" => diags.add_error(error("The thing is not ready", "mode")),
            "invalid" => {
                planned.as_map_mut()?.insert("surprise".to_owned(), true.into());
            }
            _ => {}
        }
        Some((planned, Value::object([("created", true)])))
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        _: Value,
        planned: Value,
        _: Value,
        private: Value,
        _: ValueEmpty,
    ) -> Option<(Value, Value)> {
        match mode(&planned) {
            "panic" => panic!("updating a thing in mode panic"),
            "silent" => return None,
            "partial" => diags.add_error(error("The thing is not ready", "mode")),
            "wait" => operation::cancelled().cancelled().await,
            _ => {}
        }
        Some((planned, private))
    }

    async fn destroy<'a>(&self, diags: &mut Diagnostics, prior: Value, _: Value, _: ValueEmpty) -> Option<()> {
        match mode(&prior) {
            "panic" => panic!("destroying a thing in mode panic"),
            "silent" => return None,
            "partial" => diags.add_error(error("The thing will not go", "mode")),
            _ => {}
        }
        existing().remove(prior.get("id")?.as_str()?);
        Some(())
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<(Value, Value)> {
        assert_ne!(id, "panic", "importing a thing");
        if id == "missing" {
            diags.add_error(Diagnostic {
                summary: "There is no such thing".into(),
                detail: format!("No thing has the ID {id:?}.").into(),
                attribute: AttributePath::root(),
            });
            return None;
        }
        Some((imported(&id), Value::Null))
    }
}

fn existing() -> MutexGuard<'static, BTreeMap<String, Value>> {
    THINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thing of which no more is known than its ID. The attributes that are not named are null.
fn imported(id: &str) -> Value {
    Value::object([("id", id), ("name", id)])
}

fn mode(state: &Value) -> &str {
    state.get("mode").and_then(Value::as_str).unwrap_or_default()
}

/// A port's protocol is TCP where nothing else is said.
fn plan_ports(state: &mut Value) {
    let ports = state.at_mut(&AttributePath::new("spec").attribute("ports"));
    for port in ports.and_then(Value::as_list_mut).into_iter().flatten() {
        if let Some(protocol) = port.get_mut("protocol")
            && (protocol.is_null() || protocol.is_unknown())
        {
            *protocol = "TCP".into();
        }
    }
}

fn error(summary: &'static str, attribute: &'static str) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: "".into(),
        attribute: AttributePath::new(attribute),
    }
}
