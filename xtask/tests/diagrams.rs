//! The diagrams of the guides, held against the code that they draw.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variants of an enum, by the source that declares it.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let (_, body) = source
        .split_once(&format!("pub enum {name} {{\n"))
        .unwrap_or_else(|| panic!("there is no enum {name}"));
    let (body, _) = body.split_once("\n}\n").expect("the enum ends");
    // A variant is indented once; its fields and its documentation are not names at that place.
    let names = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = names.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_ending_of_a_wait_is_drawn() {
    let guide = read("docs/guides/waiting-and-failures.md");
    let drawn: BTreeSet<String> = guide
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Waiting --> "))
        .filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
        .filter(|state| state != "Waiting")
        .collect();
    assert_eq!(drawn, variants(&read("crates/client/src/wait/outcome.rs"), "Ending"));
    for state in drawn {
        assert!(
            guide.contains(&format!("{state} --> [*]: ")),
            "the diagram does not say what comes of {state}"
        );
    }
}
