//! Names, labels and annotations (`k8s.io/apimachinery/pkg/api/validation`).

use super::node::Node;
use crate::format;

/// The most bytes that the keys and values of an object's annotations may have together.
const ANNOTATIONS_SIZE: usize = 256 * 1024;

/// Checks the metadata of the Workload itself.
pub(super) fn check(metadata: &Node<'_>) {
    let (name, generate_name) = (metadata.at("name"), metadata.at("generateName"));
    if name.is_blank() && generate_name.is_blank() {
        name.error("Required value: name or generateName is required".into());
    }
    name.check_text(format::dns_subdomain);
    generate_name.check_text(|prefix| match prefix.strip_suffix('-') {
        // The API server appends letters, so that a name may go on after a hyphen.
        Some(start) if !start.is_empty() => format::dns_subdomain(start),
        _ => format::dns_subdomain(prefix),
    });
    metadata.at("namespace").check_text(format::dns_label);
    for finalizer in metadata.at("finalizers").items() {
        finalizer.check_text(format::qualified_name);
    }
    check_labels_and_annotations(metadata);
}

/// Checks the parts of metadata that a template has too.
pub(super) fn check_labels_and_annotations(metadata: &Node<'_>) {
    check_labels(&metadata.at("labels"));
    let annotations = metadata.at("annotations");
    let (mut size, mut largest) = (0, (0, ""));
    for (key, value) in annotations.entries() {
        check_key(&value, key, &format::qualified_name(&key.to_lowercase()));
        let entry = key.len() + value.text().map_or(0, str::len);
        size += entry;
        largest = largest.max((entry, key));
    }
    if size > ANNOTATIONS_SIZE {
        let (most, key) = largest;
        annotations.error(format!(
            "Too long: may not be more than {ANNOTATIONS_SIZE} bytes, and has {size}, {most} of them in {key:?}"
        ));
    }
}

/// Checks a map of labels.
pub(super) fn check_labels(labels: &Node<'_>) {
    for (key, value) in labels.entries() {
        check_key(&value, key, &format::qualified_name(key));
        value.check_text(format::label_value);
    }
}

fn check_key(entry: &Node<'_>, key: &str, complaints: &[String]) {
    for complaint in complaints {
        entry.error(format!("Invalid value: {key:?}: {complaint}"));
    }
}
