//! What the documentation says of the settings, in Markdown, from the tables that decide.

use std::fmt::Write as _;

use super::setting::{SETTINGS, Setting};
use super::way::WAYS;

/// Every setting, with its variables and what it means.
pub fn settings() -> String {
    let mut table = "| attribute | environment | meaning |\n|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let (name, variables, meaning) = (setting.name, variables(setting), setting.description);
        line(&mut table, &format!("| `{name}` | {variables} | {meaning} |"));
    }
    table
}

/// Every way to reach an API, in the order in which they are tried.
pub fn ways() -> String {
    let mut table = "| | named by | with | leads to |\n|---|---|---|---|\n".to_owned();
    for (number, way) in (1..).zip(WAYS) {
        let named_by: Vec<String> = way.named_by.iter().map(|name| format!("`{name}`")).collect();
        let (named_by, with, gives) = (named_by.join(", "), way.with_what(), way.gives.description());
        line(&mut table, &format!("| {number} | {named_by} | {with} | {gives} |"));
    }
    table
}

fn variables(setting: &Setting) -> String {
    let variables: Vec<String> = setting.variables.iter().map(|name| format!("`{name}`")).collect();
    variables.join(", ")
}

fn line(table: &mut String, text: &str) {
    writeln!(table, "{text}").expect("a text takes all that is written");
}
