//! What a setting may hold, and how it is read.

use std::fmt::Display;
use std::str::FromStr;

use datum_client::config::shown_name;
use datum_model::id::{Namespace, Project};
use tf_plugin_server::value::Value;

use super::environment::Environment;
use crate::arguments::{OnTimeout, timeouts};
use crate::names::Strictness;

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// The path of a file; a leading `~/` is the user's home.
    Path,
    /// Several paths; in the environment joined as in PATH.
    Paths,
    /// True or false.
    Flag,
    /// A whole number that is not negative.
    Count,
    /// The name of a project.
    Project,
    /// The name of a namespace.
    Namespace,
    /// What an unknown attribute is: `error`, `warn` or `ignore`.
    Strictness,
    /// A program that prints credentials, and how to call it.
    Exec,
    /// The defaults of a resource's `wait`.
    Wait,
    /// The defaults of a resource's `timeouts`.
    Timeouts,
}

impl Kind {
    /// Reads the text of an environment variable; `Err` says what it should have been.
    pub(super) fn parse(self, text: &str) -> Result<Value, String> {
        match self {
            Kind::Flag => match text {
                "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
                "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
                _ => Err("`true` or `false`".to_owned()),
            },
            Kind::Count => match text.parse::<u32>() {
                Ok(count) => Ok(i64::from(count).into()),
                Err(_) => Err(COUNT.to_owned()),
            },
            Kind::Paths => {
                let paths = std::env::split_paths(text).filter(|path| !path.as_os_str().is_empty());
                Ok(Value::list(paths.map(|path| path.to_string_lossy().into_owned())))
            }
            _ => Ok(text.into()),
        }
    }

    /// Brings a known value into the form in which it is used; `Err` says what it should have been.
    pub(super) fn check(self, mut value: Value, environment: Environment<'_>) -> Result<Value, String> {
        let text = value.as_str().unwrap_or_default();
        match self {
            Kind::Project => fits::<Project>(text)?,
            Kind::Namespace => fits::<Namespace>(text)?,
            Kind::Strictness => fits::<Strictness>(text)?,
            Kind::Count => {
                let count = value.as_i64().and_then(|count| usize::try_from(count).ok());
                count.ok_or(COUNT)?;
            }
            Kind::Wait => {
                let on_timeout = value.get("on_timeout").and_then(Value::as_str);
                let parsed = on_timeout.map(OnTimeout::from_str).transpose();
                parsed.map_err(|()| "on_timeout: `error` or `warn`")?;
            }
            Kind::Timeouts => {
                let problems = timeouts::problems(Some(&value)).into_iter();
                let problems: Vec<_> = problems
                    .map(|(operation, error)| {
                        let text = value.get(operation).and_then(Value::as_str).unwrap_or_default();
                        format!("{operation}: {}", told(&error, text))
                    })
                    .collect();
                if !problems.is_empty() {
                    return Err(problems.join("; "));
                }
            }
            Kind::Path => value = below_home(text, environment)?.into(),
            Kind::Paths => {
                let paths = value.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
                let paths: Vec<_> = paths
                    .map(|path| below_home(path, environment))
                    .collect::<Result<_, _>>()?;
                value = Value::list(paths);
            }
            Kind::Text | Kind::Flag | Kind::Exec => {}
        }
        Ok(value)
    }
}

/// What a [`Kind::Count`] should be.
const COUNT: &str = "a whole number from 0";

fn fits<T: FromStr<Err: Display>>(text: &str) -> Result<(), String> {
    text.parse::<T>().map(drop).map_err(|error| told(&error, text))
}

/// The words of a parser, which quotes the text: what is the content of a file may be a secret.
fn told(error: &dyn Display, text: &str) -> String {
    let shown = format!("{:?}", shown_name(text));
    error.to_string().replace(&format!("{text:?}"), &shown)
}

/// The path, with the user's home in place of a leading `~`.
fn below_home(path: &str, environment: Environment<'_>) -> Result<String, &'static str> {
    match path.strip_prefix('~') {
        None => Ok(path.to_owned()),
        Some("") => environment.home(),
        Some(rest) if rest.starts_with('/') => Ok(format!("{}{rest}", environment.home()?.trim_end_matches('/'))),
        Some(_) => Err("a path; of home folders only the user's own is known, as `~/`"),
    }
}
