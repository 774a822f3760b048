//! The control endpoint: faults and the request log.

use std::sync::Arc;

use http::Method;
use serde_json::json;

use super::answer::{self, Answer};
use super::app::App;
use super::call::Call;
use crate::status::Status;

/// Serves `/_control/...`, for administrators only.
pub(super) fn serve(app: &Arc<App>, call: &Call, path: &str) -> Result<Answer, Status> {
    if !call.user.is_admin() {
        let message = format!("forbidden: User \"{}\" cannot use the control endpoint", call.user.name);
        return Err(Status::new(403, "Forbidden", message));
    }
    match (&call.method, path) {
        (&Method::POST, "faults") => {
            let rule = serde_json::from_slice(&call.body)
                .map_err(|error| Status::bad_request(format!("cannot read the fault: {error}")))?;
            let id = app.faults.add(rule);
            Ok(answer::value(200, &json!({"id": id})))
        }
        (&Method::GET, "faults") => Ok(answer::value(200, &json!(app.faults.accounts()))),
        (&Method::DELETE, "faults") => {
            app.faults.clear();
            Ok(answer::value(200, &json!({})))
        }
        (&Method::DELETE, path) if path.starts_with("faults/") => {
            let id = path.trim_start_matches("faults/");
            let ended = id.parse().ok().and_then(|id| app.faults.end(id));
            let ended = ended.ok_or_else(|| Status::new(404, "NotFound", format!("no fault has the number {id:?}")))?;
            Ok(answer::value(200, &json!(ended)))
        }
        (&Method::GET, "requests") => Ok(answer::value(200, &json!(app.log.all()))),
        (&Method::DELETE, "requests") => {
            app.log.clear();
            Ok(answer::value(200, &json!({})))
        }
        _ => Ok(answer::page_not_found()),
    }
}
