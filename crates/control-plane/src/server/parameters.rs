//! Query parameters, with the conversions and complaints of the API server.

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
        check_dry_run(kind, &self.dry_run_values())
    }

    fn dry_run_values(&self) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, value)| key == "dryRun" && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
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
        let dry_run = self.dry_run_values();
        causes.extend(unsupported_dry_run(&dry_run));
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
            _ => Err(Status::invalid("meta.k8s.io", kind, "", causes)),
        }
    }
}

/// Whether the values of `dryRun` ask for a dry run: `All` does, anything else is refused.
pub(super) fn check_dry_run(kind: &str, values: &[&str]) -> Result<bool, Status> {
    match unsupported_dry_run(values) {
        Some(cause) => Err(Status::invalid_options(kind, cause)),
        None => Ok(!values.is_empty()),
    }
}

fn unsupported_dry_run(values: &[&str]) -> Option<Cause> {
    let is_supported = values.iter().all(|value| *value == "All");
    let given = go::json(&values.into());
    (!is_supported).then(|| Cause::not_supported("dryRun", given, &["All"]))
}
