//! How long an operation may take: the `timeouts` attribute and its durations.

use std::time::Duration;

use tf_plugin_server::value::Value;
use thiserror::Error;

/// The operations that have a timeout, by the name of their attribute.
pub const OPERATIONS: &[&str] = &["create", "read", "update", "delete"];

/// How long each operation may take, waits included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Creating a workload.
    pub create: Duration,
    /// Reading a workload.
    pub read: Duration,
    /// Updating a workload.
    pub update: Duration,
    /// Deleting a workload.
    pub delete: Duration,
}

impl Timeouts {
    /// What holds where nobody says otherwise.
    pub const DEFAULT: Timeouts = Timeouts {
        create: Duration::from_mins(20),
        read: Duration::from_mins(2),
        update: Duration::from_mins(20),
        delete: Duration::from_mins(20),
    };

    /// These timeouts, with what a `timeouts` attribute says in their place. What is null, unknown or malformed stays;
    /// [`problems`] reports the malformed.
    #[must_use]
    pub fn overridden(self, attribute: Option<&Value>) -> Timeouts {
        let given = |operation| {
            let text = attribute?.get(operation)?.as_str()?;
            parse(text).ok()
        };
        Timeouts {
            create: given("create").unwrap_or(self.create),
            read: given("read").unwrap_or(self.read),
            update: given("update").unwrap_or(self.update),
            delete: given("delete").unwrap_or(self.delete),
        }
    }
}

/// What is wrong with a `timeouts` attribute, by operation.
pub fn problems(attribute: Option<&Value>) -> Vec<(&'static str, ParseError)> {
    let text = |operation| attribute?.get(operation)?.as_str();
    OPERATIONS
        .iter()
        .filter_map(|operation| Some((*operation, parse(text(operation)?).err()?)))
        .collect()
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// A number without a unit, an unknown unit, or no number at all.
    #[error("{0:?} is not a duration; write numbers with a unit each, such as \"90s\", \"10m\" or \"1h30m\"")]
    Malformed(String),
    /// Time does not run backwards, and no operation is done in no time.
    #[error("{0:?} is not a time that an operation could take; it must be greater than zero")]
    NotPositive(String),
    /// More than [`LONGEST`].
    #[error("{0:?} is longer than anything is waited for; the most is \"8760h\", a year")]
    TooLong(String),
}

/// The longest timeout: whoever writes more has mistaken the unit, and far beyond it clocks overflow.
pub const LONGEST: Duration = Duration::from_hours(8760);

/// Reads a duration as Go writes it (`time.ParseDuration`), which is what Terraform's users know: `1h30m`, `1.5h`, `90s`.
///
/// jiff's format for people is another: it refuses `.5s`, `1.5h30m`, `30m1h` and `1μs`, which Go reads, and takes `1 hour`,
/// `PT1H` and `2 minutes ago`, which Go does not.
pub fn parse(text: &str) -> Result<Duration, ParseError> {
    let malformed = || ParseError::Malformed(text.to_owned());
    if text == "0" || text.starts_with('-') {
        return Err(ParseError::NotPositive(text.to_owned()));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(malformed());
    }
    while !rest.is_empty() {
        let number_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(malformed)?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let seconds_in_unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(malformed()),
        };
        let number: f64 = number.parse().map_err(|_| malformed())?;
        let part = Duration::try_from_secs_f64(number * seconds_in_unit).unwrap_or(Duration::MAX);
        total = total.saturating_add(part);
        rest = tail;
    }
    if total.is_zero() {
        return Err(ParseError::NotPositive(text.to_owned()));
    }
    if total > LONGEST {
        return Err(ParseError::TooLong(text.to_owned()));
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, seconds) in [
            ("90s", 90.0),
            ("10m", 600.0),
            ("1h30m", 5400.0),
            ("1.5h", 5400.0),
            ("500ms", 0.5),
            ("1m0s", 60.0),
            ("+5s", 5.0),
            (".5s", 0.5),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "10", "m", "ten minutes", "1d", "1h 30m", "1..5s", "s10"] {
            assert_eq!(parse(text), Err(ParseError::Malformed(text.to_owned())), "{text}");
        }
        for text in ["0", "0s", "-1s", "0h0m"] {
            assert_eq!(parse(text), Err(ParseError::NotPositive(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_no_clock_could_wait_for_is_refused() {
        for text in ["8760h1ns", "9999999h", "99999999999999999999h", "4000000000000000h"] {
            assert_eq!(parse(text), Err(ParseError::TooLong(text.to_owned())), "{text}");
        }
        assert_eq!(parse("8760h"), Ok(LONGEST));
    }

    #[test]
    fn an_attribute_overrides_only_what_it_names() {
        let attribute = Value::Map([("create".to_owned(), Value::String("30s".to_owned()))].into());
        let timeouts = Timeouts::DEFAULT.overridden(Some(&attribute));
        assert_eq!(
            timeouts,
            Timeouts {
                create: Duration::from_secs(30),
                ..Timeouts::DEFAULT
            }
        );
        assert_eq!(Timeouts::DEFAULT.overridden(Some(&Value::Null)), Timeouts::DEFAULT);
    }
}
