//! What goes wrong on purpose, and the proof that it did.

use std::thread;

use http::Method;
use serde_json::{Value, json};

use crate::Api;

/// As the `times` of a fault: it strikes until it ends, at least once.
pub const AS_OFTEN_AS_IT_COMES: Value = Value::Null;

/// A fault of the local control plane, from [`Api::fault`].
///
/// It ends when it is dropped, or by [`ends`](Self::ends). A test whose fault has not struck as often as it said has shown
/// nothing, and fails then.
#[must_use = "a fault ends when it is dropped"]
pub struct Fault {
    api: &'static Api,
    id: u64,
    rule: Value,
    is_over: bool,
}

impl Fault {
    #[track_caller]
    pub(crate) fn new(api: &'static Api, mut rule: Value) -> Fault {
        // The simulator is a client, too, and what strikes it shows nothing of the provider.
        if rule["userAgent"].is_null() {
            rule["userAgent"] = json!("terraform-provider-datum/");
        }
        let added = api.send(
            Method::POST,
            "/_control/faults",
            Some(("application/json", rule.clone())),
        );
        let added = added.unwrap_or_else(|error| panic!("the fault {rule} is not accepted: {error}"));
        Fault {
            api,
            id: added["id"].as_u64().expect("a fault has a number"),
            rule,
            is_over: false,
        }
    }

    /// How many requests it has struck.
    #[track_caller]
    pub fn strikes(&self) -> u64 {
        let all = self.api.send(Method::GET, "/_control/faults", None);
        let all = all.expect("the faults tell how often they have struck");
        let ours = all
            .as_array()
            .into_iter()
            .flatten()
            .find(|fault| fault["id"] == self.id);
        let ours = ours.unwrap_or_else(|| panic!("the fault {} is not in force any more", self.rule));
        ours["struck"].as_u64().expect("strikes are counted")
    }

    /// Waits until it has struck so often.
    #[track_caller]
    pub fn strikes_at_least(&self, times: u64) {
        let rule = &self.rule;
        self.api
            .until(&format!("the fault has struck {times} times: {rule}"), || {
                self.strikes() >= times
            });
    }

    /// Ends it, and lets go what it held. It must have struck as often as it said.
    #[track_caller]
    pub fn ends(mut self) {
        self.end();
    }

    /// Ends it together with its server, which this restarts. It must have struck by then.
    #[track_caller]
    pub fn ends_by_restart(mut self) {
        self.strikes_at_least(1);
        self.is_over = true;
        self.api.restart();
    }

    #[track_caller]
    fn end(&mut self) {
        self.is_over = true;
        let ended = self
            .api
            .send(Method::DELETE, &format!("/_control/faults/{}", self.id), None);
        if thread::panicking() {
            // The test has failed already, and says why itself.
            return;
        }
        let ended = ended.unwrap_or_else(|error| panic!("the fault {} cannot be ended: {error}", self.rule));
        let (struck, left) = (&ended["struck"], &ended["left"]);
        let is_spent = if left.is_null() { struck != 0 } else { left == 0 };
        assert!(
            is_spent,
            "the fault {} has struck {struck} times: without it this test shows nothing",
            self.rule
        );
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        if !self.is_over {
            self.end();
        }
    }
}
