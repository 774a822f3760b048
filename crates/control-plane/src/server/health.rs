//! The answers about the server's own health (`/healthz`, `/livez`, `/readyz`), for everybody who is somebody: kube-apiserver
//! asks for credentials here, too, unless it is told to let anonymous users in (`--anonymous-auth`).

use std::fmt::Write as _;

use super::answer::{self, Answer};
use super::app::App;
use super::parameters::Parameters;

/// The answer about the server's own health.
///
/// Follows `k8s.io/apiserver/pkg/server/healthz`: what failed is named, and why is not.
pub(super) fn answer(app: &App, path: &str, parameters: &Parameters) -> Option<Answer> {
    let mut segments = path.trim_matches('/').split('/');
    let endpoint = segments
        .next()
        .filter(|name| matches!(*name, "healthz" | "livez" | "readyz"))?;
    let mut checks = vec![("ping", true), ("etcd", app.registry.store().is_working())];
    if endpoint == "readyz" {
        // A server that ends is alive, and not to be sent anything new.
        checks.push(("shutdown", !app.stopping.is_cancelled()));
    }
    match (segments.next(), segments.next()) {
        (None, _) => {}
        (Some(only), None) => checks.retain(|(check, _)| *check == only),
        _ => return None,
    }
    if checks.is_empty() {
        return None;
    }
    let excluded = parameters.all("exclude");
    let is_well = checks
        .iter()
        .all(|(check, is_well)| *is_well || excluded.contains(check));
    if is_well && !parameters.flag("verbose") {
        return Some(answer::text(200, "ok"));
    }
    let mut text = String::new();
    for (check, is_well) in checks {
        let (sign, outcome) = match is_well {
            _ if excluded.contains(&check) => ('+', "excluded: ok"),
            true => ('+', "ok"),
            false => ('-', "failed: reason withheld"),
        };
        let _ = writeln!(text, "[{sign}]{check} {outcome}");
    }
    let (code, outcome) = if is_well { (200, "passed") } else { (500, "failed") };
    Some(answer::text(code, format!("{text}{endpoint} check {outcome}\n")))
}
