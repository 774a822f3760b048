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

use super::super::State;
use super::{CONFIG, Resource, find};
use crate::diagnostic::explain;
use crate::erased::resource::{Change, Made};
use crate::operation;
use crate::panic::caught;
use crate::proto::{DynamicValue, apply_resource_change};
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

/// The values of a request.
struct Applying {
    prior: Value,
    planned: Value,
    config: Value,
    meta: Value,
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
    let applying = Applying {
        prior: prior?,
        planned: planned?,
        config: config?,
        meta: meta?,
    };
    let private = &request.planned_private;
    let Applied { state, private } = match (applying.prior.is_null(), applying.planned.is_null()) {
        (true, true) => Applied {
            state: Value::Null,
            private: Bytes::new(),
        },
        (true, false) => create(diags, &resource, &applying, private).await,
        (false, false) => update(diags, &resource, &applying, private).await,
        (false, true) => destroy(diags, &resource, &applying, private).await,
    };
    let identity = resource.identity(diags, &state);
    let new_state = written(diags, &resource, &applying, state)?;
    Some(apply_resource_change::Response {
        new_state: Some(new_state),
        private,
        new_identity: identity.or_else(|| request.planned_identity.clone()),
        ..apply_resource_change::Response::default()
    })
}

async fn create(diags: &mut Diagnostics, resource: &Resource<'_>, applying: &Applying, private: &Bytes) -> Applied {
    let Applying {
        planned, config, meta, ..
    } = applying;
    let outcome = caught(resource.handler.create(diags, planned, config, private, meta)).await;
    match explain(diags, outcome, &format!("creating {}", resource.name)) {
        Some(Made { state, private }) => Applied {
            state: state.unwrap_or_else(|| planned.clone()),
            private,
        },
        None => recorded(private).unwrap_or(Applied {
            state: Value::Null,
            private: Bytes::new(),
        }),
    }
}

async fn update(diags: &mut Diagnostics, resource: &Resource<'_>, applying: &Applying, private: &Bytes) -> Applied {
    let change = Change {
        prior: &applying.prior,
        next: &applying.planned,
        config: &applying.config,
    };
    let outcome = caught(resource.handler.update(diags, change, private, &applying.meta)).await;
    match explain(diags, outcome, &format!("updating {}", resource.name)) {
        Some(Made {
            state: Some(state),
            private,
        }) => Applied { state, private },
        _ => recorded(private).unwrap_or_else(|| kept(applying, private)),
    }
}

async fn destroy(diags: &mut Diagnostics, resource: &Resource<'_>, applying: &Applying, private: &Bytes) -> Applied {
    let outcome = caught(
        resource
            .handler
            .destroy(diags, &applying.prior, private, &applying.meta),
    )
    .await;
    let destroyed = explain(diags, outcome, &format!("destroying {}", resource.name));
    // An error says that it is not certain to be gone, whatever was returned.
    if destroyed.is_some() && diags.errors.is_empty() {
        return Applied {
            state: Value::Null,
            private: Bytes::new(),
        };
    }
    recorded(private).unwrap_or_else(|| kept(applying, private))
}

fn kept(applying: &Applying, private: &Bytes) -> Applied {
    Applied {
        state: applying.prior.clone(),
        private: private.clone(),
    }
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
    applying: &Applying,
    mut state: Value,
) -> Option<DynamicValue> {
    if !diags.errors.is_empty() {
        forget_unknown(&mut state);
    }
    if let Some(state) = resource.write(diags, "state", &mut state) {
        return Some(state);
    }
    if !applying.prior.is_null() {
        return None;
    }
    let mut planned = applying.planned.clone();
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
