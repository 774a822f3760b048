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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Holds a table of the documentation to what it should be; `make generate` writes it.
    #[track_caller]
    fn check(document: &str, name: &str, table: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(document);
        let text = std::fs::read_to_string(&path).expect("the document is there");
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (before, rest) = text.split_once(&begin).expect("the document has a place for the table");
        let (written, after) = rest.split_once(&end).expect("the table ends");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let updated = format!("{before}{begin}{table}{end}{after}");
            std::fs::write(path, updated).expect("the document is written");
        } else {
            assert_eq!(written, table, "{document} is stale: make generate");
        }
    }

    #[test]
    fn the_documentation_has_every_setting_and_every_way() {
        check("index.md", "settings", &settings());
        check("guides/authentication.md", "ways", &ways());
    }
}
