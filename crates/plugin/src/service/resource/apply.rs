//! `ApplyResourceChange`: the one call that must not lose anything.
//!
//! What is answered as the new state is what Terraform knows from then on. An object that exists and is not in the answer is
//! an orphan; one that is in the answer and was not deleted is only deleted again. Hence, whatever goes wrong:
//!
//! - an update or a destroy that returns nothing keeps the prior state;
//! - a create that returns nothing leaves none, unless the handler has recorded one
//!   ([`record_state`](crate::operation::record_state));
//! - a create that returns a state which cannot be written has created something: the planned state stands in for it.

use std::sync::Arc;

use bytes::Bytes;
use tf_provider::Diagnostics;

use super::registered::{CONFIG, Resource, find};
use crate::diagnostic::explain;
use crate::erased::resource::{Change, Made};
use crate::operation;
use crate::panic::caught;
use crate::proto::{DynamicValue, apply_resource_change};
use crate::service::state::State;
use crate::to_proto;
use crate::value::Value;

pub(in crate::service) async fn apply(
    state: Arc<State>,
    request: apply_resource_change::Request,
) -> apply_resource_change::Response {
    let mut diags = Diagnostics::default();
    let applied = applied(&mut diags, &state, &request).await;
    let mut response = applied.unwrap_or_else(|| apply_resource_change::Response {
        new_state: request.prior_state.clone(),
        private: request.planned_private.clone(),
        new_identity: request.planned_identity.clone(),
        ..apply_resource_change::Response::default()
    });
    response.diagnostics = to_proto::diagnostics(diags);
    response
}

/// What is to be done.
enum Deed {
    Nothing,
    Create { planned: Value, config: Value },
    Update(Change),
    Destroy { prior: Value },
}

/// What there is afterwards.
struct Applied {
    state: Value,
    private: Bytes,
}

/// The answer, or `None` to keep the prior state.
async fn applied(
    diags: &mut Diagnostics,
    state: &State,
    request: &apply_resource_change::Request,
) -> Option<apply_resource_change::Response> {
    let resource = find(diags, state, &request.type_name)?;
    let prior = resource.read(diags, "prior state", request.prior_state.as_ref());
    let planned = resource.read(diags, "planned state", request.planned_state.as_ref());
    let config = resource.read(diags, CONFIG, request.config.as_ref());
    let meta = resource.read_meta(diags, request.provider_meta.as_ref());
    let (prior, planned, config, meta) = (prior?, planned?, config?, meta?);
    let deed = match (prior.is_null(), planned.is_null()) {
        (true, true) => Deed::Nothing,
        (true, false) => Deed::Create { planned, config },
        (false, false) => Deed::Update(Change {
            prior,
            next: planned,
            config,
        }),
        (false, true) => Deed::Destroy { prior },
    };
    let private = &request.planned_private;
    let applied = match deed {
        Deed::Nothing => None,
        Deed::Create { planned, config } => create(diags, &resource, request, (planned, config), &meta).await,
        Deed::Update(change) => update(diags, &resource, change, private, &meta).await,
        Deed::Destroy { prior } => destroy(diags, &resource, prior, private, &meta).await,
    };
    // What was not done leaves what there was.
    let Applied { state, private } = applied.or_else(|| {
        let state = resource.read(diags, "prior state", request.prior_state.as_ref())?;
        let private = if state.is_null() { Bytes::new() } else { private.clone() };
        Some(Applied { state, private })
    })?;
    let identity = resource.identity(diags, &state);
    let new_state = written(diags, &resource, request, state)?;
    Some(apply_resource_change::Response {
        new_state: Some(new_state),
        private,
        new_identity: identity.or_else(|| request.planned_identity.clone()),
        ..apply_resource_change::Response::default()
    })
}

async fn create(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: &apply_resource_change::Request,
    (planned, config): (Value, Value),
    meta: &Value,
) -> Option<Applied> {
    let private = &request.planned_private;
    let outcome = caught(resource.handler.create(diags, planned, config, private, meta)).await;
    match explain(diags, outcome, &format!("creating {}", resource.name)) {
        Some(Made {
            state: Some(state),
            private,
        }) => Some(Applied { state, private }),
        // Something exists, and its handler's type has no counterpart.
        Some(Made { state: None, private }) => Some(Applied {
            state: resource.read(diags, "planned state", request.planned_state.as_ref())?,
            private,
        }),
        None => recorded(private),
    }
}

async fn update(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    change: Change,
    private: &Bytes,
    meta: &Value,
) -> Option<Applied> {
    let outcome = caught(resource.handler.update(diags, change, private, meta)).await;
    match explain(diags, outcome, &format!("updating {}", resource.name)) {
        Some(Made {
            state: Some(state),
            private,
        }) => Some(Applied { state, private }),
        _ => recorded(private),
    }
}

async fn destroy(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    prior: Value,
    private: &Bytes,
    meta: &Value,
) -> Option<Applied> {
    let outcome = caught(resource.handler.destroy(diags, prior, private, meta)).await;
    let destroyed = explain(diags, outcome, &format!("destroying {}", resource.name));
    // An error says that it is not certain to be gone, whatever was returned.
    if destroyed.is_some() && diags.errors.is_empty() {
        return Some(Applied {
            state: Value::Null,
            private: Bytes::new(),
        });
    }
    recorded(private)
}

fn recorded(planned_private: &Bytes) -> Option<Applied> {
    operation::recorded().map(|recorded| Applied {
        state: recorded.state,
        private: if recorded.private.is_empty() {
            planned_private.clone()
        } else {
            recorded.private
        },
    })
}

/// The state for the answer. What a failed change has left unknown is null: Terraform would only add an error of its own.
fn written(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: &apply_resource_change::Request,
    mut state: Value,
) -> Option<DynamicValue> {
    if !diags.errors.is_empty() {
        forget_unknown(&mut state);
    }
    if let Some(state) = resource.write(diags, "state", &mut state) {
        return Some(state);
    }
    // An object that was there before keeps the state that it had.
    if !resource
        .read(diags, "prior state", request.prior_state.as_ref())?
        .is_null()
    {
        return None;
    }
    let mut planned = resource.read(diags, "planned state", request.planned_state.as_ref())?;
    forget_unknown(&mut planned);
    resource.write(diags, "planned state", &mut planned)
}

fn forget_unknown(value: &mut Value) {
    match value {
        Value::Unknown => *value = Value::Null,
        Value::List(elements) => elements.iter_mut().for_each(forget_unknown),
        Value::Map(elements) => elements.values_mut().for_each(forget_unknown),
        Value::Dynamic(_, value) => forget_unknown(value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
