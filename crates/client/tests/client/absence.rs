//! What this crate does not do, read from its own source.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

#[test]
fn no_environment_is_read_and_nothing_global_is_installed() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20, "the sources were found");
    let absent = [
        "env::var",
        "install_default",
        "set_global_default",
        "terraform::",
        "tf_provider",
        "tf_plugin_server",
    ];
    for (path, text) in &found {
        for word in absent {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}
