//! Query parameters, with the conversions and complaints of the API server.

use std::num::{IntErrorKind, ParseIntError};

use crate::admission::{self, FieldValidation};
use crate::go;
use crate::registry::WriteOptions;
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

    /// A switch that may be left alone.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        self.0.iter().any(|(key, _)| key == name).then(|| self.flag(name))
    }

    /// Every value of this name.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Status> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map(|(_, text)| {
                text.parse().map_err(|error: ParseIntError| {
                    let why = match error.kind() {
                        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                        _ => "invalid syntax",
                    };
                    Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: {why}"))
                })
            })
            .transpose()
    }

    /// What a write is done with. `kind` is the options kind that complaints name, and `causes` what is wrong with the
    /// request already: a client is told everything at once.
    pub(super) fn write_options(
        &self,
        kind: &str,
        user_agent: &str,
        mut causes: Vec<Cause>,
    ) -> Result<WriteOptions, Status> {
        let manager = match self.get("fieldManager") {
            Some(manager) => manager.to_owned(),
            None => admission::manager_of_user_agent(user_agent),
        };
        causes.extend(
            admission::validate_manager("fieldManager", &manager)
                .into_iter()
                .map(Cause::from),
        );
        let dry_run = self.all("dryRun");
        causes.extend(check_dry_run(&dry_run));
        // Built-in clients ask for a mode; the default is to warn.
        let given = self.get("fieldValidation").unwrap_or_default();
        let field_validation = given.parse::<FieldValidation>();
        if field_validation.is_err() {
            let supported = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::not_supported("fieldValidation", go::Quoted(given), &supported));
        }
        match field_validation {
            Ok(field_validation) if causes.is_empty() => Ok(WriteOptions {
                manager,
                dry_run: !dry_run.is_empty(),
                field_validation,
            }),
            _ => Err(Status::invalid_options(kind, causes)),
        }
    }
}

/// What is wrong with the values of `dryRun`: `All` asks for a dry run, and there is no other.
pub(super) fn check_dry_run(values: &[&str]) -> Option<Cause> {
    let is_supported = values.iter().all(|value| *value == "All");
    let given = go::json(&values.into());
    (!is_supported).then(|| Cause::not_supported("dryRun", given, &["All"]))
}
