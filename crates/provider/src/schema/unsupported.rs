//! What the API's schema has and Terraform's has not: fields of the pod template that no Kubernetes serves any more, or never
//! served there.
//!
//! The CLI walks the whole schema several times for each workload, so that every attribute costs time for everybody, whether
//! anybody uses it or not. An unsupported field is not managed: a workload that has it keeps it.

/// A field without an attribute.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The field, in the API's spelling.
    pub field: &'static str,
    /// Why it has no attribute: a sentence that goes on after the field's name.
    pub reason: &'static str,
    /// What to do in its place: a sentence.
    pub instead: &'static str,
}

impl Unsupported {
    /// The field `field` of the objects under the API field `parent`, or of its items where it is a list, if it has no attribute.
    pub fn find(parent: &str, field: &str) -> Option<&'static Unsupported> {
        fields(parent).iter().find(|unsupported| unsupported.field == field)
    }
}

/// The fields without an attribute in the objects under the API field `parent`, or in its items where it is a list.
pub(super) fn fields(parent: &str) -> &'static [Unsupported] {
    TABLE
        .iter()
        .find(|(parents, _)| parents.contains(&parent))
        .map_or(&[], |(_, fields)| fields)
}

/// All of them, with the fields that they are under.
pub fn all() -> impl Iterator<Item = (&'static [&'static str], &'static Unsupported)> {
    TABLE
        .iter()
        .flat_map(|(parents, fields)| fields.iter().map(|field| (*parents, field)))
}

const TABLE: [(&[&str], &[Unsupported]); 4] = [
    (&["spec"], &POD),
    (&["postStart", "preStop"], &HOOK),
    (&["readinessProbe"], &READINESS),
    (&["volumes"], &VOLUME),
];

const POD: [Unsupported; 2] = [
    Unsupported {
        field: "ephemeralContainers",
        reason: "is for a pod that runs: Kubernetes refuses it in a template",
        instead: "Debug a running pod with `kubectl debug`.",
    },
    Unsupported {
        field: "serviceAccount",
        reason: "is an old name of `service_account_name`",
        instead: "Use `service_account_name`.",
    },
];

const HOOK: [Unsupported; 1] = [Unsupported {
    field: "tcpSocket",
    reason: "was never implemented for hooks: a hook that has it fails when it runs",
    instead: "Use `exec`, `http_get` or `sleep`.",
}];

const READINESS: [Unsupported; 1] = [Unsupported {
    field: "terminationGracePeriodSeconds",
    reason: "is in the type of all probes, and Kubernetes refuses it in this one",
    instead: "Set it in `liveness_probe` or `startup_probe`.",
}];

const VOLUME: [Unsupported; 17] = [
    volume(
        "awsElasticBlockStore",
        "Use `csi` or `ephemeral` with the driver ebs.csi.aws.com, or `persistent_volume_claim`.",
    ),
    volume(
        "azureDisk",
        "Use `csi` or `ephemeral` with the driver disk.csi.azure.com, or `persistent_volume_claim`.",
    ),
    volume(
        "azureFile",
        "Use `csi` or `ephemeral` with the driver file.csi.azure.com, or `persistent_volume_claim`.",
    ),
    volume(
        "cephfs",
        "Use `persistent_volume_claim` or `ephemeral` with the driver cephfs.csi.ceph.com.",
    ),
    volume(
        "cinder",
        "Use `csi` or `ephemeral` with the driver cinder.csi.openstack.org, or `persistent_volume_claim`.",
    ),
    Unsupported {
        field: "flexVolume",
        reason: "is deprecated in Kubernetes, and needs a driver on every node",
        instead: "Use `csi`.",
    },
    volume("flocker", "Use `persistent_volume_claim` or `ephemeral`."),
    volume(
        "gcePersistentDisk",
        "Use `csi` or `ephemeral` with the driver pd.csi.storage.gke.io, or `persistent_volume_claim`.",
    ),
    Unsupported {
        field: "gitRepo",
        reason: "is disabled in Kubernetes, since it could run commands on the node",
        instead: "Use `empty_dir`, and an init container that clones the repository into it.",
    },
    volume("glusterfs", "Use `nfs`, `persistent_volume_claim` or `ephemeral`."),
    volume("photonPersistentDisk", "Use `persistent_volume_claim` or `ephemeral`."),
    volume(
        "portworxVolume",
        "Use `csi` or `ephemeral` with the driver pxd.portworx.com, or `persistent_volume_claim`.",
    ),
    volume(
        "quobyte",
        "Use `persistent_volume_claim` or `ephemeral` with the driver csi.quobyte.com.",
    ),
    volume(
        "rbd",
        "Use `persistent_volume_claim` or `ephemeral` with the driver rbd.csi.ceph.com.",
    ),
    volume("scaleIO", "Use `persistent_volume_claim` or `ephemeral`."),
    volume("storageos", "Use `persistent_volume_claim` or `ephemeral`."),
    volume(
        "vsphereVolume",
        "Use `csi` or `ephemeral` with the driver csi.vsphere.vmware.com, or `persistent_volume_claim`.",
    ),
];

/// A volume whose driver is not part of Kubernetes any more.
const fn volume(field: &'static str, instead: &'static str) -> Unsupported {
    Unsupported {
        field,
        reason: "is a volume of a driver that is no part of Kubernetes any more",
        instead,
    }
}

#[cfg(test)]
mod tests {
    use datum_model::schema::{self as model, Kind, Schema};

    use super::*;

    fn parents<'s>(schema: &'s Schema, field: &str, found: &mut Vec<(String, &'s Schema)>) {
        match &schema.kind {
            Kind::Object { properties, .. } => {
                found.push((field.to_owned(), schema));
                for (field, property) in properties {
                    parents(property, field, found);
                }
            }
            Kind::Map { values: inner } | Kind::List { items: inner, .. } => parents(inner, field, found),
            _ => {}
        }
    }

    #[test]
    fn every_unsupported_field_is_a_field_of_the_api() {
        let mut objects = Vec::new();
        parents(model::workload(), "", &mut objects);
        for (under, unsupported) in all() {
            for parent in under {
                let has_it = |(field, schema): &(String, &Schema)| {
                    field == parent && schema.property(unsupported.field).is_some()
                };
                assert!(objects.iter().any(has_it), "{parent}.{}", unsupported.field);
            }
        }
    }

    #[test]
    fn what_the_api_calls_deprecated_has_no_attribute() {
        let deprecated = crate::schema::workload()
            .descendants()
            .filter(|(_, node)| node.description.contains("Deprecated"));
        assert_eq!(
            deprecated.map(|(path, _)| path).collect::<Vec<_>>(),
            Vec::<String>::new()
        );
    }
}
