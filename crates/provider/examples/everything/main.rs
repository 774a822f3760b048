//! Prints the HCL of a `datum_workload` that sets every attribute of the schema to some valid value.
//!
//! ```text
//! cargo run -p terraform-provider-datum --example everything [--null] [NAMESPACE [NAME]]
//! ```
//!
//! Where attributes exclude each other, as the sources of a volume do, a list holds an item for each alternative. Paired
//! with the acceptance test that applies it, this shows that no field is lost on the way to the API and back. With
//! `--null` it prints a workload with one container and null for everything that is optional, which plans like one
//! without those lines.

mod hcl;
mod sample;

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let (options, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let mut names = names.into_iter();
    let namespace = names.next().unwrap_or_else(|| "project-myproject".to_owned());
    let name = names.next().unwrap_or_else(|| "everything".to_owned());
    let text = match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => hcl::resource("everything", &sample::everything(&namespace, &name), hcl::Nulls::Hidden),
        ["--null"] => hcl::resource("everything", &sample::nothing(&namespace, &name), hcl::Nulls::Shown),
        _ => {
            return Err(io::Error::other(format!(
                "unknown options {options:?}; --null is the only one"
            )));
        }
    };
    io::stdout().write_all(text.as_bytes())
}
