//! What strikes an operation.

use serde_json::{Value, json};

/// What goes wrong with one request, once.
#[derive(Debug)]
pub(crate) struct Blow {
    name: &'static str,
    kind: Kind,
}

/// Where it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The request of the operation itself: the fault, as JSON.
    Request(&'static str),
    /// The watch of the wait.
    Watch(&'static str),
    /// The watch of the wait; where there is none, the request itself, by another fault.
    WatchOrRequest(&'static str, &'static str),
    /// The request is held, and the server killed and started again.
    Restart,
}

impl Blow {
    /// Every one, in the order of the table.
    pub(super) const ALL: [Blow; 19] = [
        Blow::request("429 with `Retry-After`", r#"{"status": 429, "retryAfter": 1}"#),
        Blow::request("429 without", r#"{"status": 429}"#),
        Blow::request("500", r#"{"status": 500}"#),
        Blow::request("502, a page of HTML", r#"{"html": 502}"#),
        Blow::request(
            "504, a page of HTML, after the server has acted",
            r#"{"html": 504, "after": true}"#,
        ),
        Blow::request("503", r#"{"status": 503}"#),
        Blow::request("503, after the server has acted", r#"{"status": 503, "after": true}"#),
        Blow::request("reset before the server acts", r#"{"reset": true}"#),
        Blow::request("reset after the server has acted", r#"{"reset": true, "after": true}"#),
        Blow::request("slow (3 s)", r#"{"latencyMs": 3000}"#),
        Blow::request("stalled before the server acts", r#"{"hold": true}"#),
        Blow::request("stalled after the server has acted", r#"{"hold": true, "after": true}"#),
        Blow::request("truncated answer", r#"{"truncate": 60}"#),
        Blow::request("401 once", r#"{"status": 401}"#),
        Blow::request("403 once", r#"{"status": 403}"#),
        Blow::request("404 once", r#"{"status": 404}"#),
        Blow {
            name: "watch closed",
            kind: Kind::Watch(r#"{"closeWatch": true}"#),
        },
        Blow {
            name: "410",
            kind: Kind::WatchOrRequest(r#"{"expireWatch": true}"#, r#"{"status": 410}"#),
        },
        Blow {
            name: "server killed and started again",
            kind: Kind::Restart,
        },
    ];

    const fn request(name: &'static str, fault: &'static str) -> Blow {
        Blow {
            name,
            kind: Kind::Request(fault),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn is_restart(&self) -> bool {
        self.kind == Kind::Restart
    }

    /// Whether it takes the minute after which an attempt is given up.
    pub(super) fn takes_long(&self) -> bool {
        self.name.starts_with("stalled")
    }

    /// The fault on the request of the operation, or on its watch; neither where it cannot strike.
    pub(super) fn on(&self, has_watch: bool) -> Option<(On, Value)> {
        let parse = |text: &str| serde_json::from_str(text).expect("a fault is JSON");
        match self.kind {
            Kind::Watch(fault) | Kind::WatchOrRequest(fault, _) if has_watch => Some((On::Watch, parse(fault))),
            Kind::Request(fault) | Kind::WatchOrRequest(_, fault) => Some((On::Request, parse(fault))),
            Kind::Watch(_) => None,
            Kind::Restart => Some((On::Request, json!({ "hold": true }))),
        }
    }
}

/// What a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Request,
    Watch,
}
