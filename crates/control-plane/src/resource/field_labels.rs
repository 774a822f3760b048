//! The fields that a field selector may name: a label that clients use, and the path in the stored object.

/// A label and the path of its field.
type Labels = &'static [(&'static str, &'static str)];

/// The fields that a field selector may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldLabels {
    /// The name and the namespace, as for every kind that declares nothing.
    Metadata,
    /// The name, the namespace if there is one, and these.
    Declared(Labels),
}

/// The labels of events of core/v1.
pub const CORE_EVENTS: Labels = &[
    ("reason", "reason"),
    ("reportingComponent", "reportingComponent"),
    ("source", "source.component"),
    ("type", "type"),
    ("involvedObject.apiVersion", "involvedObject.apiVersion"),
    ("involvedObject.fieldPath", "involvedObject.fieldPath"),
    ("involvedObject.kind", "involvedObject.kind"),
    ("involvedObject.name", "involvedObject.name"),
    ("involvedObject.namespace", "involvedObject.namespace"),
    ("involvedObject.resourceVersion", "involvedObject.resourceVersion"),
    ("involvedObject.uid", "involvedObject.uid"),
];

/// The labels of events of events.k8s.io/v1.
pub const NEW_EVENTS: Labels = &[
    ("reason", "reason"),
    ("reportingController", "reportingComponent"),
    ("type", "type"),
    ("regarding.apiVersion", "involvedObject.apiVersion"),
    ("regarding.fieldPath", "involvedObject.fieldPath"),
    ("regarding.kind", "involvedObject.kind"),
    ("regarding.name", "involvedObject.name"),
    ("regarding.namespace", "involvedObject.namespace"),
    ("regarding.resourceVersion", "involvedObject.resourceVersion"),
    ("regarding.uid", "involvedObject.uid"),
];

impl FieldLabels {
    /// The path of the field with this label, or why it cannot be selected by.
    pub(super) fn path(self, label: &str, namespaced: bool) -> Result<String, String> {
        let declared = match (self, label) {
            (_, "metadata.name") | (FieldLabels::Metadata, "metadata.namespace") => return Ok(label.to_owned()),
            (FieldLabels::Declared(_), "metadata.namespace") if namespaced => return Ok(label.to_owned()),
            (FieldLabels::Metadata, _) => {
                return Err(format!(
                    "{label:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                ));
            }
            (FieldLabels::Declared(declared), _) => declared,
        };
        let found = declared.iter().find(|(name, _)| *name == label);
        found
            .map(|(_, path)| (*path).to_owned())
            .ok_or_else(|| format!("field label not supported: {label}"))
    }
}
