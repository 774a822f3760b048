//! The one table of what the Rust types do not say about the fields of a Workload.

use serde_json::{Map, Value, json};

/// What is special about a field.
enum Special {
    /// Kubernetes has added the field since the Workload API took over its Pod template.
    Absent,
    /// What helps more than Kubernetes' own description.
    Described(&'static str),
    /// Null is no value of its own, although the Rust field is an `Option`.
    NotNullable,
    /// A quantity, which the OpenAPI types do not tell from a port.
    Quantity,
    /// What the API server fills in.
    Default(&'static str),
    /// The fields that identify an item of a list, as in the core API (`x-kubernetes-list-map-keys`).
    Keys(&'static [&'static str]),
    /// The values that Kubernetes knows. The API stores any other, but no Pod can be made from it, so that the CRD stays
    /// silent and offline validation speaks.
    Known(&'static [&'static str]),
}

use Special::{Absent, Default, Described, Keys, Known, NotNullable, Quantity};

/// Each row names a field by the end of its path, in the notation of `datum_model::schema::Schema::at`.
const TABLE: &[(&str, Special)] = &[
    ("status", NotNullable),
    ("env[].valueFrom.fileKeyRef", Absent),
    ("ephemeralContainers[].restartPolicyRules", Absent),
    ("initContainers[].restartPolicyRules", Absent),
    ("containers[].restartPolicyRules", Absent),
    ("projected.sources[].podCertificate", Absent),
    ("template.spec.hostnameOverride", Absent),
    ("template.spec.workloadRef", Absent),
    (
        "spec.template.metadata",
        Described("The labels and annotations of each Pod."),
    ),
    (
        "spec.template.spec",
        Described("The containers of each Pod, their volumes, and where they may run."),
    ),
    ("configMapKeyRef.name", Described("The name of the ConfigMap.")),
    ("configMapRef.name", Described("The name of the ConfigMap.")),
    ("secretKeyRef.name", Described("The name of the Secret.")),
    (
        "env[].value",
        Described(
            "The value of the variable. `$(NAME)` stands for another variable of the container, `$$(NAME)` for the text itself.",
        ),
    ),
    (
        // Its second sentence names a feature gate, and with it goes what to use instead.
        "volumes[].portworxVolume",
        Described(
            "Represents a portworx volume attached and mounted on kubelets host machine. Deprecated: PortworxVolume is deprecated. All operations for the in-tree portworxVolume type are redirected to the pxd.portworx.com CSI driver.",
        ),
    ),
    ("divisor", Quantity),
    ("emptyDir.sizeLimit", Quantity),
    ("limits{}", Quantity),
    ("overhead{}", Quantity),
    ("requests{}", Quantity),
    ("imagePullSecrets[].name", Default("")),
    ("ports[].protocol", Default("TCP")),
    ("containers", Keys(&["name"])),
    ("ephemeralContainers", Keys(&["name"])),
    ("initContainers", Keys(&["name"])),
    ("env", Keys(&["name"])),
    ("hostAliases", Keys(&["ip"])),
    ("imagePullSecrets", Keys(&["name"])),
    ("ports", Keys(&["containerPort", "protocol"])),
    ("resourceClaims", Keys(&["name"])),
    ("containers[].resources.claims", Keys(&["name"])),
    ("ephemeralContainers[].resources.claims", Keys(&["name"])),
    ("initContainers[].resources.claims", Keys(&["name"])),
    ("schedulingGates", Keys(&["name"])),
    ("status.conditions", Keys(&["type"])),
    ("topologySpreadConstraints", Keys(&["topologyKey", "whenUnsatisfiable"])),
    ("volumeDevices", Keys(&["devicePath"])),
    ("volumeMounts", Keys(&["mountPath"])),
    ("volumes", Keys(&["name"])),
    (
        "accessModes[]",
        Known(&["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]),
    ),
    (
        "appArmorProfile.type",
        Known(&["RuntimeDefault", "Localhost", "Unconfined"]),
    ),
    ("azureDisk.cachingMode", Known(&["None", "ReadOnly", "ReadWrite"])),
    ("azureDisk.kind", Known(&["Shared", "Dedicated", "Managed"])),
    (
        "dnsPolicy",
        Known(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ),
    ("fsGroupChangePolicy", Known(&["OnRootMismatch", "Always"])),
    (
        "hostPath.type",
        Known(&[
            "",
            "DirectoryOrCreate",
            "Directory",
            "FileOrCreate",
            "File",
            "Socket",
            "CharDevice",
            "BlockDevice",
        ]),
    ),
    ("httpGet.scheme", Known(&["HTTP", "HTTPS"])),
    ("imagePullPolicy", Known(&["Always", "IfNotPresent", "Never"])),
    ("labelSelector.matchExpressions[].operator", Known(LABEL_OPERATORS)),
    ("mountPropagation", Known(&["None", "HostToContainer", "Bidirectional"])),
    ("namespaceSelector.matchExpressions[].operator", Known(LABEL_OPERATORS)),
    ("nodeAffinityPolicy", Known(&["Honor", "Ignore"])),
    ("nodeSelectorTerms[].matchExpressions[].operator", Known(NODE_OPERATORS)),
    ("nodeSelectorTerms[].matchFields[].operator", Known(NODE_OPERATORS)),
    ("nodeTaintsPolicy", Known(&["Honor", "Ignore"])),
    ("os.name", Known(&["linux", "windows"])),
    ("ports[].protocol", Known(&["TCP", "UDP", "SCTP"])),
    ("preemptionPolicy", Known(&["PreemptLowerPriority", "Never"])),
    ("preference.matchExpressions[].operator", Known(NODE_OPERATORS)),
    ("preference.matchFields[].operator", Known(NODE_OPERATORS)),
    ("procMount", Known(&["Default", "Unmasked"])),
    ("pullPolicy", Known(&["Always", "IfNotPresent", "Never"])),
    ("recursiveReadOnly", Known(&["Disabled", "IfPossible", "Enabled"])),
    ("resizePolicy[].resourceName", Known(&["cpu", "memory"])),
    (
        "resizePolicy[].restartPolicy",
        Known(&["NotRequired", "RestartContainer"]),
    ),
    ("containers[].restartPolicy", Known(RESTART_POLICIES)),
    ("initContainers[].restartPolicy", Known(RESTART_POLICIES)),
    ("seLinuxChangePolicy", Known(&["MountOption", "Recursive"])),
    (
        "seccompProfile.type",
        Known(&["RuntimeDefault", "Localhost", "Unconfined"]),
    ),
    ("selector.matchExpressions[].operator", Known(LABEL_OPERATORS)),
    ("status.conditions[].status", Known(&["True", "False", "Unknown"])),
    ("supplementalGroupsPolicy", Known(&["Merge", "Strict"])),
    ("template.spec.restartPolicy", Known(RESTART_POLICIES)),
    ("terminationMessagePolicy", Known(&["File", "FallbackToLogsOnError"])),
    (
        "tolerations[].effect",
        Known(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ),
    ("tolerations[].operator", Known(&["Equal", "Exists", "Lt", "Gt"])),
    ("volumeMode", Known(&["Filesystem", "Block"])),
    ("whenUnsatisfiable", Known(&["DoNotSchedule", "ScheduleAnyway"])),
];

const LABEL_OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist"];
const NODE_OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
const RESTART_POLICIES: &[&str] = &["Always", "OnFailure", "Never"];

/// Writes into the schema node at `path` what the table says of it.
pub(super) fn apply(path: &str, node: &mut Map<String, Value>) {
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        let dot = if path.is_empty() { "" } else { "." };
        properties.retain(|name, _| {
            let path = format!("{path}{dot}{name}");
            !rows(&path).any(|special| matches!(special, Absent))
        });
    }
    for special in rows(path) {
        let (keyword, value) = match special {
            Absent => continue,
            NotNullable => {
                node.remove("nullable");
                continue;
            }
            Described(text) => ("description", json!(text)),
            Quantity => ("x-datum-quantity", json!(true)),
            Default(value) => ("default", json!(value)),
            Keys(keys) => {
                node.insert("x-kubernetes-list-type".into(), "map".into());
                ("x-kubernetes-list-map-keys", json!(keys))
            }
            Known(values) => ("x-datum-known-values", json!(values)),
        };
        node.insert(keyword.into(), value);
    }
}

fn rows(path: &str) -> impl Iterator<Item = &'static Special> {
    TABLE
        .iter()
        .filter(move |(end, _)| {
            path.strip_suffix(end)
                .is_some_and(|start| start.is_empty() || start.ends_with('.'))
        })
        .map(|(_, special)| special)
}

#[cfg(test)]
mod tests {
    use datum_model::Workload;
    use kube::CustomResourceExt;

    use super::*;
    use crate::generate::schema;

    #[test]
    fn every_row_names_a_field() {
        let crd = serde_json::to_value(Workload::crd()).unwrap();
        let mut derived = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
        let mut paths = Vec::new();
        schema::walk(&mut derived, "", &mut |path, _| paths.push(path.to_owned()));
        for (end, _) in TABLE {
            let named = |path: &String| path == end || path.ends_with(&format!(".{end}"));
            assert!(paths.iter().any(named), "no field's path ends in {end}");
        }
    }
}
