//! Prints the HCL of a `datum_workload` that sets every attribute of the schema to some valid value.
//!
//! ```text
//! cargo run -p terraform-provider-datum --example everything [NAMESPACE [NAME]]
//! ```
//!
//! Where attributes exclude each other, as the sources of a volume do, a list holds an item for each alternative. Paired
//! with the acceptance test that applies it, this shows that no field is lost on the way to the API and back.

mod hcl;
mod sample;

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let namespace = arguments.next().unwrap_or_else(|| "project-myproject".to_owned());
    let name = arguments.next().unwrap_or_else(|| "everything".to_owned());
    let workload = sample::everything(&namespace, &name);
    io::stdout().write_all(hcl::resource("everything", &workload).as_bytes())
}
