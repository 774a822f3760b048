//! What of a workload the configuration or the provider does not manage.

use datum_model::field::Path;
use datum_model::id::WorkloadId;
use tf_provider::{AttributePath, Diagnostic};

use super::text::{diagnostic, hcl, root};
use crate::schema::Unsupported;

/// What an imported workload has and its configuration leaves out, when the plan shows that as removed.
pub fn left_out(id: &str, attributes: &[AttributePath]) -> Option<Diagnostic> {
    let attributes: Vec<String> = attributes.iter().map(hcl).collect();
    (!attributes.is_empty()).then(|| {
        diagnostic(
            format!("The configuration leaves out a part of the imported workload {id}"),
            format!(
                "What it leaves out is not managed. The plan shows it as removed because it leaves the state; in the \
                 workload it stays as it is: {}.\n\n\
                 To manage it, write it into the configuration before this is applied.",
                attributes.join(", ")
            ),
            root(),
        )
    })
}

/// What an imported workload has and no attribute stands for.
pub fn unsupported(id: &WorkloadId, fields: &[(Path, &Unsupported)]) -> Option<Diagnostic> {
    let field = |(path, field): &(Path, &Unsupported)| format!("- {path} {}. {}", field.reason, field.instead);
    let fields: Vec<String> = fields.iter().map(field).collect();
    (!fields.is_empty()).then(|| {
        diagnostic(
            format!("Workload {id} has fields that the provider does not manage"),
            format!(
                "They stay as they are, and the state does not show them:\n{}\n\n\
                 To see or change them: kubectl edit workload {} -n {}",
                fields.join("\n"),
                id.name,
                id.namespace
            ),
            root(),
        )
    })
}

/// What is ours and this version of the provider has no attribute for.
pub fn unknown_to_schema(id: &str, fields: &[Path]) -> Option<Diagnostic> {
    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
    (!fields.is_empty()).then(|| {
        diagnostic(
            format!("Workload {id} has fields that this version of the provider does not know"),
            format!(
                "Another version of the provider set them: {}. They are kept as they are, whatever the configuration says. To \
                 remove them: kubectl edit workload",
                fields.join(", ")
            ),
            root(),
        )
    })
}

/// Two keys of an object of the API that are one to Terraform.
pub fn ambiguous_keys(id: &WorkloadId, object: &Path, keys: &[String]) -> Diagnostic {
    let keys: Vec<String> = keys.iter().map(|key| key.escape_unicode().to_string()).collect();
    diagnostic(
        format!("Workload {id} has keys that Terraform cannot tell apart"),
        format!(
            "{object} has the keys {}, which are the same text in two Unicode forms. Terraform holds all text in the composed \
             form (NFC), so that the two would be one.\n\n\
             Remove or rename one of them: kubectl edit workload {} -n {}",
            keys.join(" and "),
            id.name,
            id.namespace
        ),
        root(),
    )
}
