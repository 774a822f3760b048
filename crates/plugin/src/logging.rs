//! Logs for the CLI: `tracing` events on stderr as JSON in hclog's form, which Terraform shows at their level in its own log.
//!
//! `TF_LOG_PROVIDER_<NAME>`, `TF_LOG_PROVIDER` and `TF_LOG` set the level, the first that is set. Where none is, nothing is
//! logged, and no event costs more than a comparison.
//!
//! What must stay secret does not belong in a log: kept in a [`Secret`](crate::value::Secret), or another type that does not
//! show what it holds, it reads `[REDACTED]` by construction. The transport's own crates are kept out below warnings, since
//! they log headers and frames as they are.

use std::fmt::{self, Write as _};
use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Crates that would log what passes over the wire.
const TRANSPORT: [&str; 8] = [
    "h2",
    "hyper",
    "hyper_util",
    "mio",
    "rustls",
    "tokio_util",
    "tonic",
    "tower",
];

/// Sends logs to stderr, if the environment asks for any. A subscriber that is installed already stays.
pub(crate) fn install(provider: &str) {
    let level = level(provider, |name| std::env::var(name).ok());
    if level == LevelFilter::OFF {
        return;
    }
    let transport = TRANSPORT.map(|target| (target, level.min(LevelFilter::WARN)));
    let filter = Targets::new().with_default(level).with_targets(transport);
    let layer = Hclog {
        write: |line: &str| {
            // The CLI may be gone, and then nobody reads it.
            let _ = std::io::stderr().write_all(line.as_bytes());
        },
    };
    // An embedder's own subscriber is as good.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init();
}

/// The level that the environment, read by `var`, asks for.
fn level(provider: &str, var: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", provider.to_uppercase().replace('-', "_"));
    let value = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|name| var(name).filter(|value| !value.is_empty()));
    match value.map(|value| value.to_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        // JSON is TRACE in another form, and anything else is TRACE to Terraform as well.
        Some(_) => LevelFilter::TRACE,
    }
}

/// Writes events as hclog lines: `@level`, `@message`, `@module`, `@timestamp`, and fields by name.
struct Hclog<W> {
    write: W,
}

impl<S, W> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                for (name, value) in &outer.0 {
                    fields.0.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        event.record(&mut fields);
        let mut line = fields.0;
        let metadata = event.metadata();
        let message = match line.remove("message") {
            Some(Value::String(message)) => message,
            Some(message) => message.to_string(),
            None => metadata.name().to_owned(),
        };
        let timestamp = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        // Strings, and after the fields, so that none stands in for them: the CLI panics where one of these is anything else.
        line.insert("@level".to_owned(), level_name(*metadata.level()).into());
        line.insert("@message".to_owned(), message.into());
        line.insert("@module".to_owned(), metadata.target().replace("::", ".").into());
        line.insert("@timestamp".to_owned(), timestamp.into());
        // One write, so that lines of several threads do not mix.
        (self.write)(&format!("{}\n", Value::Object(line)));
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The fields of an event or a span.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            // Writing to a string does not fail.
            let _ = write!(text, ": {error}");
            source = error.source();
        }
        self.insert(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use secrecy::SecretString;

    use super::*;
    use crate::value::Secret;

    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let layer = Hclog {
            write: move |line: &str| sink.lock().unwrap().push(serde_json::from_str(line).unwrap()),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let mut lines = lines.lock().unwrap();
        std::mem::take(&mut *lines)
    }

    #[test]
    fn lines_have_hclogs_form() {
        let lines = logged(|| {
            let span = tracing::info_span!(
                "call",
                tf_rpc = "ReadResource",
                tf_resource_type = tracing::field::Empty
            );
            span.in_scope(|| {
                span.record("tf_resource_type", "example_thing");
                tracing::warn!(count = 3, ratio = 0.5, "two\nlines");
            });
        });
        let mut line = lines[0].clone();
        let timestamp = line.as_object_mut().unwrap().remove("@timestamp").unwrap();
        assert!(timestamp.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        expect_test::expect![[
            r#"{"@level":"warn","@message":"two\nlines","@module":"tf_plugin_server.logging.tests","count":3,"ratio":0.5,"tf_resource_type":"example_thing","tf_rpc":"ReadResource"}"#
        ]]
        .assert_eq(&line.to_string());
    }

    #[test]
    fn no_event_makes_a_line_that_the_cli_cannot_read() {
        // go-plugin takes these for strings without looking, and the CLI ends in a panic where they are not.
        let lines = logged(|| {
            tracing::info!(count = 3);
            tracing::info!(message = 3);
            tracing::info!("@level" = 1, "@timestamp" = "now", "named");
        });
        assert_eq!(lines.len(), 3);
        for line in &lines {
            assert_eq!(line["@level"], "info");
            assert!(line["@message"].is_string() && line["@module"].is_string(), "{line}");
            let timestamp = line["@timestamp"].as_str().unwrap();
            assert!(timestamp.parse::<jiff::Timestamp>().is_ok(), "{line}");
        }
        assert!(
            lines[0]["@message"].as_str().unwrap().starts_with("event "),
            "{}",
            lines[0]
        );
        assert_eq!(lines[1]["@message"], "3");
    }

    #[test]
    fn secrets_are_not_shown() {
        let (token, key) = (Secret::from("hunter2"), SecretString::from("hunter3"));
        let lines = logged(|| tracing::error!(?token, ?key, "signing in"));
        for field in ["token", "key"] {
            assert!(lines[0][field].as_str().unwrap().contains("REDACTED"), "{}", lines[0]);
        }
        assert!(!lines[0].to_string().contains("hunter"));
    }

    #[test]
    fn the_most_specific_variable_sets_the_level() {
        let level = |vars: &[(&str, &str)]| {
            super::level("my-cloud", |name| {
                let var = vars.iter().find(|(var, _)| *var == name);
                var.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(level(&[]), LevelFilter::OFF);
        assert_eq!(level(&[("TF_LOG", "")]), LevelFilter::OFF);
        assert_eq!(level(&[("TF_LOG", "debug")]), LevelFilter::DEBUG);
        assert_eq!(level(&[("TF_LOG", "json")]), LevelFilter::TRACE);
        assert_eq!(
            level(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "warn")]),
            LevelFilter::WARN
        );
        let own = [("TF_LOG_PROVIDER", "trace"), ("TF_LOG_PROVIDER_MY_CLOUD", "error")];
        assert_eq!(level(&own), LevelFilter::ERROR);
        assert_eq!(
            level(&[("TF_LOG_PROVIDER_MY_CLOUD", "off"), ("TF_LOG", "info")]),
            LevelFilter::OFF
        );
    }
}
