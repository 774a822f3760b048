//! Faults on demand, so that tests of clients need no mock: `POST /_control/faults`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A rule: which requests fail, how often, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The HTTP method; any without.
    pub method: Option<String>,
    /// A part of the path with its query; any without.
    pub path: Option<String>,
    /// A part of what the client calls itself; any without.
    pub user_agent: Option<String>,
    /// How many requests fail; with null all of them until the rule is ended.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// How many requests pass before that.
    #[serde(default)]
    pub skip: u64,
    /// What happens to them.
    pub fault: Fault,
}

#[expect(clippy::unnecessary_wraps, reason = "serde asks for the field's own type")]
fn once() -> Option<u64> {
    Some(1)
}

/// What goes wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the JSON of a rule"
)]
pub struct Fault {
    /// Do all of this only after the server has acted, in place of its answer.
    #[serde(default)]
    pub after: bool,
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
    /// Wait until the rule is ended before anything else.
    #[serde(default)]
    pub hold: bool,
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

/// What a rule is held against.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it was sent, with its query.
    pub path: &'a str,
    /// What the client calls itself.
    pub user_agent: &'a str,
}

impl Rule {
    fn is_about(&self, request: Request<'_>) -> bool {
        let contains = |part: &Option<String>, whole: &str| part.as_deref().is_none_or(|part| whole.contains(part));
        let method = self.method.as_deref();
        method.is_none_or(|method| method.eq_ignore_ascii_case(request.method))
            && contains(&self.path, request.path)
            && contains(&self.user_agent, request.user_agent)
    }
}

/// A fault that strikes, and the number of the rule that it comes from.
#[derive(Clone, Debug)]
pub struct Strike {
    /// The number of the rule.
    pub rule: u64,
    /// What goes wrong.
    pub fault: Fault,
}

/// How often a rule has struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The number of the rule.
    pub id: u64,
    /// How many requests it has struck.
    pub struck: u64,
    /// How many it has yet to strike; null where it strikes until it is ended.
    pub left: Option<u64>,
}

#[derive(Debug)]
struct InForce {
    id: u64,
    rule: Rule,
    struck: u64,
}

impl InForce {
    fn account(&self) -> Account {
        Account {
            id: self.id,
            struck: self.struck,
            left: self.rule.times.map(|times| times.saturating_sub(self.struck)),
        }
    }
}

/// The rules, those that are used up included: a test asks how often they have struck.
#[derive(Debug)]
pub struct Faults {
    rules: Mutex<Vec<InForce>>,
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
        self.rules().push(InForce { id, rule, struck: 0 });
        // A second signal, for watches that looked between the number and the rule.
        self.changed.send_modify(|_| {});
        id
    }

    /// How often each rule has struck.
    pub fn accounts(&self) -> Vec<Account> {
        self.rules().iter().map(InForce::account).collect()
    }

    /// Ends a rule, lets go what it held, and tells how often it has struck.
    pub fn end(&self, id: u64) -> Option<Account> {
        let mut rules = self.rules();
        let at = rules.iter().position(|rule| rule.id == id)?;
        let account = rules.remove(at).account();
        drop(rules);
        self.changed.send_modify(|_| {});
        Some(account)
    }

    /// Ends all rules.
    pub fn clear(&self) {
        self.rules().clear();
        self.changed.send_modify(|_| {});
    }

    /// Waits for the end of a rule.
    pub async fn ended(&self, id: u64) {
        let mut changed = self.subscribe();
        while self.rules().iter().any(|rule| rule.id == id) {
            // The sender lives as long as this does.
            let _ = changed.changed().await;
        }
    }

    /// Tells when rules come and go.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The fault that strikes this request, which uses it up once.
    pub fn strike(&self, request: Request<'_>) -> Option<Strike> {
        self.take(request, |fault| !fault.is_for_watches())
    }

    /// The fault that strikes this open watch.
    pub fn strike_watch(&self, request: Request<'_>) -> Option<Strike> {
        self.take(request, Fault::is_for_watches)
    }

    fn take(&self, request: Request<'_>, wanted: impl Fn(&Fault) -> bool) -> Option<Strike> {
        let mut rules = self.rules();
        let found = rules.iter_mut().find_map(|in_force| {
            let rule = &mut in_force.rule;
            let is_left = rule.times.is_none_or(|times| in_force.struck < times);
            let matches = wanted(&rule.fault) && is_left && rule.is_about(request);
            if matches && rule.skip > 0 {
                rule.skip -= 1;
                return None;
            }
            matches.then_some(in_force)
        })?;
        found.struck += 1;
        Some(Strike {
            rule: found.id,
            fault: found.rule.fault.clone(),
        })
    }

    fn rules(&self) -> MutexGuard<'_, Vec<InForce>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request<'a>(method: &'a str, path: &'a str) -> Request<'a> {
        Request {
            method,
            path,
            user_agent: "test/1",
        }
    }

    fn add(faults: &Faults, rule: Value) -> u64 {
        faults.add(serde_json::from_value(rule).expect("the rule is well-formed"))
    }

    #[test]
    fn a_rule_skips_then_strikes_then_ends_and_its_account_stays() {
        let faults = Faults::default();
        let rule = json!({"method": "PATCH", "path": "/workloads", "times": 2, "skip": 1, "fault": {"status": 503}});
        let id = add(&faults, rule);
        assert!(faults.strike(request("GET", "/workloads/a")).is_none());
        let struck: Vec<bool> = (0..4)
            .map(|_| faults.strike(request("PATCH", "/workloads/a")).is_some())
            .collect();
        assert_eq!(struck, [false, true, true, false]);
        let account = Account {
            id,
            struck: 2,
            left: Some(0),
        };
        assert_eq!(faults.accounts(), [account]);
        assert_eq!(faults.end(id), Some(account));
        assert_eq!(faults.end(id), None);
    }

    #[test]
    fn a_rule_without_end_strikes_whoever_it_is_about() {
        let faults = Faults::default();
        let id = add(
            &faults,
            json!({"userAgent": "test/", "times": null, "fault": {"status": 503}}),
        );
        for _ in 0..3 {
            assert!(faults.strike(request("GET", "/")).is_some());
        }
        let other = Request {
            user_agent: "kubectl",
            ..request("GET", "/")
        };
        assert!(faults.strike(other).is_none());
        let account = Account {
            id,
            struck: 3,
            left: None,
        };
        assert_eq!(faults.end(id), Some(account));
        assert!(faults.strike(request("GET", "/")).is_none());
    }

    #[test]
    fn faults_of_watches_leave_requests_alone() {
        let faults = Faults::default();
        add(&faults, json!({"fault": {"closeWatch": true}}));
        assert!(faults.strike(request("GET", "/workloads")).is_none());
        assert!(faults.strike_watch(request("GET", "/workloads")).is_some());
        assert!(faults.strike_watch(request("GET", "/workloads")).is_none());
    }
}
