//! The options of a deletion.

use serde_json::{Value, json};

use super::call::Call;
use super::content;
use super::parameters::check_dry_run;
use crate::registry::{DeleteOptions, Propagation};
use crate::status::{Cause, Status};

/// The options of a deletion: those of the body, or of the query where there is no body.
pub(super) fn read(call: &Call) -> Result<DeleteOptions, Status> {
    let parameters = &call.parameters;
    let given = if call.body.is_empty() {
        parameters.number("gracePeriodSeconds")?;
        json!({
            "dryRun": parameters.all("dryRun"),
            "orphanDependents": parameters.switch("orphanDependents"),
            "preconditions": {
                "resourceVersion": parameters.get("resourceVersion"),
                "uid": parameters.get("uid"),
            },
            "propagationPolicy": parameters.get("propagationPolicy"),
        })
    } else {
        content::decode_delete_options(&call.content_type, &call.body)?
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let policy = given["propagationPolicy"].as_str();
    let orphans = given["orphanDependents"].as_bool();
    let mut problems = Vec::new();
    if let (Some(policy), Some(_)) = (policy, orphans) {
        let why = "orphanDependents and deletionPropagation cannot be both set";
        problems.push(Cause::invalid("propagationPolicy", format!("{policy:?}"), why));
    }
    let propagation = match policy {
        None => orphans.map(|orphans| {
            if orphans {
                Propagation::Orphan
            } else {
                Propagation::Background
            }
        }),
        Some("Background") => Some(Propagation::Background),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Orphan") => Some(Propagation::Orphan),
        Some(other) => {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            problems.push(Cause::not_supported(
                "propagationPolicy",
                format!("{other:?}"),
                &supported,
            ));
            None
        }
    };
    let dry_run: Vec<&str> = given["dryRun"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item.as_str().unwrap_or_default())
        .collect();
    problems.extend(check_dry_run(&dry_run));
    if !problems.is_empty() {
        return Err(Status::invalid_options("DeleteOptions", problems));
    }
    Ok(DeleteOptions {
        uid: text(&given["preconditions"]["uid"]),
        resource_version: text(&given["preconditions"]["resourceVersion"]),
        propagation,
        orphans,
        dry_run: !dry_run.is_empty(),
    })
}
