//! The software bill of materials of a program, in `CycloneDX` 1.5: every package that is linked into it, its licence, and
//! what needs what. It is made of what cargo resolves, so that it takes no tool beside cargo.

use cargo_metadata::Package;
use serde_json::{Value, json};

use crate::dist::dependencies::Closure;

/// The document.
pub(super) fn document(closure: &Closure<'_>) -> String {
    let libraries = closure
        .packages
        .iter()
        .filter(|(package, _)| package.id != closure.root.id);
    let components: Vec<_> = libraries.map(|(package, _)| component(package, "library")).collect();
    let dependencies = closure.packages.iter().map(|(package, needs)| {
        let needs: Vec<_> = needs.iter().map(|need| reference(need)).collect();
        json!({ "ref": reference(package), "dependsOn": needs })
    });
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component(closure.root, "application") },
        "components": components,
        "dependencies": dependencies.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn component(package: &Package, ty: &str) -> Value {
    let mut component = json!({
        "type": ty,
        "bom-ref": reference(package),
        "name": package.name.as_str(),
        "version": package.version.to_string(),
    });
    if let Some(licence) = &package.license {
        component["licenses"] = json!([{ "expression": expression(licence) }]);
    }
    // What is of this repository is in no registry.
    if package.source.is_some() {
        component["purl"] = json!(format!("pkg:cargo/{}", reference(package)));
    }
    component
}

/// What a package is called within the document.
fn reference(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

/// A licence as SPDX has it: some older packages write `/` for `OR`.
fn expression(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_expressions_of_spdx() {
        for (licence, expected) in [
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("Apache-2.0 / MIT", "Apache-2.0 OR MIT"),
            (
                "(MIT OR Apache-2.0) AND Unicode-3.0",
                "(MIT OR Apache-2.0) AND Unicode-3.0",
            ),
        ] {
            assert_eq!(expression(licence), expected);
        }
    }
}
