//! Faults on demand, so that tests of clients need no mock: `POST /_control/faults`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;

/// A rule: which requests fail, how often, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The HTTP method; any without.
    pub method: Option<String>,
    /// A part of the path with its query; any without.
    pub path: Option<String>,
    /// How many requests fail.
    #[serde(default = "once")]
    pub times: u64,
    /// How many requests pass before that.
    #[serde(default)]
    pub skip: u64,
    /// What happens to them.
    pub fault: Fault,
}

fn once() -> u64 {
    1
}

/// What goes wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the JSON of a rule"
)]
pub struct Fault {
    /// Answer a `Status` with this code.
    pub status: Option<u16>,
    /// The `Retry-After` header of that answer, in seconds.
    pub retry_after: Option<u32>,
    /// The message of that answer.
    pub message: Option<String>,
    /// The reason of that answer; the usual one of the code without.
    pub reason: Option<String>,
    /// Wait so long before anything else.
    pub latency_ms: Option<u64>,
    /// Reset the connection.
    #[serde(default)]
    pub reset: bool,
    /// Panic in the handler.
    #[serde(default)]
    pub panic: bool,
    /// Close the watch as soon as it has sent what there is.
    #[serde(default)]
    pub close_watch: bool,
    /// Tell the watch that its version is too old, and close it.
    #[serde(default)]
    pub expire_watch: bool,
    /// Send so many bytes of the answer, then break off.
    pub truncate: Option<usize>,
    /// Answer a page of HTML with this code, as a proxy does.
    pub html: Option<u16>,
    /// Answer as usual, with this text as a `Warning` beside it, as admission policies do.
    pub warning: Option<String>,
}

impl Fault {
    /// Whether the fault strikes an open watch, not a request.
    pub fn is_for_watches(&self) -> bool {
        self.close_watch || self.expire_watch
    }

    /// How long to wait before anything else.
    pub fn latency(&self) -> Option<Duration> {
        self.latency_ms.map(Duration::from_millis)
    }
}

/// The rules in force.
#[derive(Debug)]
pub struct Faults {
    rules: Mutex<Vec<(u64, Rule)>>,
    changed: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            rules: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }
}

impl Faults {
    /// Puts a rule in force and gives its number.
    pub fn add(&self, rule: Rule) -> u64 {
        let mut id = 0;
        self.changed.send_modify(|last| {
            *last += 1;
            id = *last;
        });
        self.rules().push((id, rule));
        // A second signal, for watches that looked between the number and the rule.
        self.changed.send_modify(|_| {});
        id
    }

    /// Ends all rules.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Tells when rules come.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The fault that strikes this request, which uses it up once.
    pub fn strike(&self, method: &str, path: &str) -> Option<Fault> {
        self.take(method, path, |fault| !fault.is_for_watches())
    }

    /// The fault that strikes this open watch.
    pub fn strike_watch(&self, path: &str) -> Option<Fault> {
        self.take("GET", path, Fault::is_for_watches)
    }

    fn take(&self, method: &str, path: &str, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut rules = self.rules();
        let at = rules.iter_mut().position(|(_, rule)| {
            let matches = wanted(&rule.fault)
                && rule
                    .method
                    .as_deref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && rule.path.as_deref().is_none_or(|wanted| path.contains(wanted));
            if matches && rule.skip > 0 {
                rule.skip -= 1;
                return false;
            }
            matches
        })?;
        let rule = &mut rules[at].1;
        let fault = rule.fault.clone();
        rule.times = rule.times.saturating_sub(1);
        if rule.times == 0 {
            rules.remove(at);
        }
        Some(fault)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<(u64, Rule)>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_skips_then_strikes_then_ends() {
        let faults = Faults::default();
        let rule = json!({"method": "PATCH", "path": "/workloads", "times": 2, "skip": 1, "fault": {"status": 503}});
        faults.add(serde_json::from_value(rule).unwrap());
        assert!(faults.strike("GET", "/workloads/a").is_none());
        let struck: Vec<bool> = (0..4)
            .map(|_| faults.strike("PATCH", "/workloads/a").is_some())
            .collect();
        assert_eq!(struck, [false, true, true, false]);
    }

    #[test]
    fn faults_of_watches_leave_requests_alone() {
        let faults = Faults::default();
        faults.add(serde_json::from_value(json!({"fault": {"closeWatch": true}})).unwrap());
        assert!(faults.strike("GET", "/workloads").is_none());
        assert!(faults.strike_watch("/workloads").is_some());
        assert!(faults.strike_watch("/workloads").is_none());
    }
}
