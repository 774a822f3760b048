//! Conversion as a command.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::convert::{Conversion, Imports, convert};
use super::tidy::tidy;

/// Converts the manifests in files; of standard input, where there are none or where one is called `-`.
pub fn convert_files(files: &[PathBuf], imports: Imports) -> Conversion {
    let mut texts = Vec::new();
    let mut failures = Vec::new();
    let standard_input = [PathBuf::from("-")];
    for file in if files.is_empty() { &standard_input } else { files } {
        match text(file) {
            Ok(text) => texts.push((name(file), text)),
            Err(error) => failures.push(format!("{}: {error}", name(file))),
        }
    }
    let mut conversion = convert(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())), imports);
    failures.append(&mut conversion.failures);
    Conversion { failures, ..conversion }
}

/// The HCL in a file, tidied; why it cannot be, else.
pub fn tidy_file(file: &Path) -> Result<String, String> {
    let text = text(file).map_err(|error| format!("{}: {error}", name(file)))?;
    tidy(&text).map_err(|error| format!("{}:{error}", name(file)))
}

fn text(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file)
}

fn name(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}
