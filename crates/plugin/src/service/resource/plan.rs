//! `PlanResourceChange`: what applying will do.

use std::sync::Arc;

use bytes::Bytes;
use tf_provider::{AttributePath, Diagnostics};

use super::registered::{CONFIG, Resource, find};
use crate::diagnostic::explain;
use crate::erased::resource::{Change, Made};
use crate::panic::caught;
use crate::proto::plan_resource_change;
use crate::service::state::State;
use crate::to_proto;
use crate::value::Value;

pub(in crate::service) async fn plan(
    state: Arc<State>,
    request: plan_resource_change::Request,
) -> plan_resource_change::Response {
    let mut diags = Diagnostics::default();
    let planned = planned(&mut diags, &state, &request).await;
    // With an error, the CLI does not look at the plan.
    let mut response = planned.unwrap_or_default();
    response.diagnostics = to_proto::diagnostics(diags);
    response
}

struct Plan {
    state: Value,
    private: Bytes,
    replace: Vec<AttributePath>,
}

async fn planned(
    diags: &mut Diagnostics,
    state: &State,
    request: &plan_resource_change::Request,
) -> Option<plan_resource_change::Response> {
    let resource = find(diags, state, &request.type_name)?;
    let mut plan = decided(diags, &resource, request).await?;
    // A resource keeps the identity that it has: only a replacement may have another one.
    let identity = match &request.prior_identity {
        Some(prior) if plan.replace.is_empty() => Some(prior.clone()),
        _ => resource.identity(diags, &plan.state),
    };
    Some(plan_resource_change::Response {
        planned_state: Some(resource.write(diags, "planned state", &mut plan.state)?),
        requires_replace: plan.replace.into_iter().map(to_proto::path).collect(),
        planned_private: plan.private,
        planned_identity: identity,
        ..plan_resource_change::Response::default()
    })
}

async fn decided(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: &plan_resource_change::Request,
) -> Option<Plan> {
    let prior = resource.read(diags, "prior state", request.prior_state.as_ref());
    let proposed = resource.read(diags, "proposed state", request.proposed_new_state.as_ref());
    let config = resource.read(diags, CONFIG, request.config.as_ref());
    let meta = resource.read_meta(diags, request.provider_meta.as_ref());
    let (prior, proposed, config, meta) = (prior?, proposed?, config?, meta?);
    let (handler, private) = (resource.handler, &request.prior_private);
    match (prior.is_null(), proposed.is_null()) {
        (true, true) => Some(Plan {
            state: Value::Null,
            private: Bytes::new(),
            replace: Vec::new(),
        }),
        (true, false) => {
            let outcome = caught(handler.plan_create(diags, proposed, config, &meta)).await;
            let made = explain(diags, outcome, &format!("planning to create {}", resource.name))?;
            plan_of(made, Vec::new())
        }
        (false, false) => {
            let change = Change {
                prior,
                next: proposed,
                config,
            };
            let outcome = caught(handler.plan_update(diags, change, private, &meta)).await;
            let (made, replace) = explain(diags, outcome, &format!("planning to update {}", resource.name))?;
            plan_of(made, replace)
        }
        (false, true) => {
            let outcome = caught(handler.plan_destroy(diags, prior, private, &meta)).await;
            let private = explain(diags, outcome, &format!("planning to destroy {}", resource.name))?;
            Some(Plan {
                state: Value::Null,
                private,
                replace: Vec::new(),
            })
        }
    }
}

fn plan_of(made: Made, replace: Vec<AttributePath>) -> Option<Plan> {
    Some(Plan {
        state: made.state?,
        private: made.private,
        replace,
    })
}
