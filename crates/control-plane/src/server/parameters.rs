//! Query parameters, with the conversions and complaints of the API server.

use crate::admission::FieldValidation;
use crate::status::{Cause, Status};

/// The parameters of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string.
    pub(super) fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The first value of this name; empty counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a switch is on: named without a value, or with any but `false` and `0`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .is_some_and(|(_, value)| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Status> {
        self.get(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))
            })
            .transpose()
    }

    /// Whether to answer as if and store nothing; `kind` is the options kind that complaints name.
    pub(super) fn dry_run(&self, kind: &str) -> Result<bool, Status> {
        let values: Vec<&str> = self
            .0
            .iter()
            .filter(|(key, value)| key == "dryRun" && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect();
        check_dry_run(kind, &values)
    }

    /// What to do about unknown fields. Built-in clients ask for it; the default is to warn.
    pub(super) fn field_validation(&self, kind: &str) -> Result<FieldValidation, Status> {
        let given = self.get("fieldValidation").unwrap_or_default();
        given.parse().map_err(|()| {
            let supported = ["", "Ignore", "Strict", "Warn"];
            let cause = Cause::not_supported("fieldValidation", format!("{given:?}"), &supported);
            Status::invalid_options(kind, cause)
        })
    }

    /// The field manager: named, or guessed from the user agent.
    pub(super) fn manager(&self, kind: &str, user_agent: &str) -> Result<String, Status> {
        let Some(manager) = self.get("fieldManager") else {
            let product = user_agent.split('/').next().unwrap_or_default().trim();
            let product: String = product.chars().filter(|c| !c.is_control()).take(128).collect();
            return Ok(if product.is_empty() {
                "unknown".to_owned()
            } else {
                product
            });
        };
        if manager.len() > 128 {
            let cause = Cause {
                reason: "FieldValueTooLong",
                message: "Too long: may not be more than 128 bytes".to_owned(),
                field: "fieldManager".to_owned(),
            };
            return Err(Status::invalid_options(kind, cause));
        }
        if let Some((at, character)) = manager.char_indices().find(|(_, character)| character.is_control()) {
            let why = format!("invalid character U+{:04X} (at position {at})", u32::from(character));
            let cause = Cause::invalid("fieldManager", format!("{manager:?}"), why);
            return Err(Status::invalid_options(kind, cause));
        }
        Ok(manager.to_owned())
    }
}

/// Whether the values of `dryRun` ask for a dry run: `All` does, anything else is refused.
pub(super) fn check_dry_run(kind: &str, values: &[&str]) -> Result<bool, Status> {
    if values.iter().any(|value| *value != "All") {
        let given: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        let cause = Cause::not_supported("dryRun", format!("[{}]", given.join(",")), &["All"]);
        return Err(Status::invalid_options(kind, cause));
    }
    Ok(!values.is_empty())
}
