//! What the schema does not say about the values that are valid.

/// Attributes that exclude each other: an object that has the attributes of one row of `alternatives` has none of another.
pub(super) struct Union {
    /// The end of the object's path.
    pub(super) object: &'static str,
    /// The attributes that go together; empty means that each attribute beside `name` stands alone.
    pub(super) alternatives: &'static [&'static [&'static str]],
}

const HANDLER: &[&[&str]] = &[&["exec"], &["http_get"], &["tcp_socket"], &["grpc"], &["sleep"]];

/// The objects in which attributes exclude each other.
pub(super) const UNIONS: [Union; 15] = [
    Union {
        object: ".liveness_probe",
        alternatives: HANDLER,
    },
    Union {
        object: ".readiness_probe",
        alternatives: HANDLER,
    },
    Union {
        object: ".startup_probe",
        alternatives: HANDLER,
    },
    Union {
        object: ".post_start",
        alternatives: HANDLER,
    },
    Union {
        object: ".pre_stop",
        alternatives: HANDLER,
    },
    Union {
        object: ".env",
        alternatives: &[&["value"], &["value_from"]],
    },
    Union {
        object: ".value_from",
        alternatives: &[
            &["config_map_key_ref"],
            &["field_ref"],
            &["resource_field_ref"],
            &["secret_key_ref"],
        ],
    },
    Union {
        object: ".env_from",
        alternatives: &[&["config_map_ref"], &["secret_ref"]],
    },
    Union {
        object: ".volume_mounts",
        alternatives: &[&["sub_path"], &["sub_path_expr"]],
    },
    Union {
        object: ".items",
        alternatives: &[&["field_ref"], &["resource_field_ref"]],
    },
    Union {
        object: ".cluster_trust_bundle",
        alternatives: &[&["name"], &["signer_name", "label_selector"]],
    },
    Union {
        object: ".resource_claims",
        alternatives: &[&["resource_claim_name"], &["resource_claim_template_name"]],
    },
    Union {
        object: ".fc",
        alternatives: &[&["target_wwns", "lun"], &["wwids"]],
    },
    Union {
        object: ".volumes",
        alternatives: &[],
    },
    Union {
        object: ".projected.sources",
        alternatives: &[],
    },
];

/// Scalars that mean more than their type says: the end of the path, and the value. `{i}` is the position in the
/// innermost list, `{n}` a number that is used once. The longest end counts.
pub(super) const SCALARS: &[(&str, &str)] = &[
    ("name", "name-{i}"),
    ("replicas", "2"),
    ("wait.on_timeout", "error"),
    ("wait.phase", "Running"),
    ("wait.rollout", "true"),
    ("wait.conditions.type", "Available"),
    ("wait.conditions.status", "True"),
    ("wait.conditions.reason", "MinimumReplicasAvailable"),
    ("timeouts.create", "5m"),
    ("timeouts.read", "1m"),
    ("timeouts.update", "5m"),
    ("timeouts.delete", "5m"),
    ("propagation_policy", "Background"),
    // Names, and what refers to them.
    (".containers.name", "app-{i}"),
    (".init_containers.name", "init-{i}"),
    (".container_name", "app-0"),
    (".volumes.name", "volume-{i}"),
    (".volume_mounts.name", "volume-{i}"),
    (".volume_mounts.mount_path", "/mnt/{n}"),
    (".volume_mounts.sub_path", "data"),
    (".volume_mounts.sub_path_expr", "$(VARIABLE_0)"),
    (".volume_devices.device_path", "/dev/block-{i}"),
    (".env.name", "VARIABLE_{i}"),
    (".env_from.prefix", "PREFIX_{i}_"),
    (".ports.name", "port-{i}"),
    (".ports.container_port", "{port}"),
    (".ports.host_port", "{port}"),
    (".resource_claims.name", "claim-{i}"),
    (".resources.claims.name", "claim-{i}"),
    (".service_account_name", "builder"),
    (".scheduling_gates.name", "example.com/gate-{i}"),
    (".readiness_gates.condition_type", "example.com/ready"),
    (".sysctls.name", "kernel.shm_rmid_forced"),
    (".http_headers.name", "X-Sample"),
    (".dns_config.options.name", "ndots"),
    // Selectors.
    (".match_expressions.key", "tier"),
    (".match_expressions.values", "front"),
    (".match_fields.key", "metadata.name"),
    (".match_fields.values", "node-1"),
    (".match_label_keys", "pod-template-hash"),
    (".mismatch_label_keys", "tenant"),
    (".topology_key", "topology.kubernetes.io/zone"),
    (".tolerations.key", "dedicated"),
    (".tolerations.value", "web"),
    (".tolerations.effect", "NoExecute"),
    // Addresses, ports and paths.
    (".host_ip", "10.0.0.1"),
    (".host_aliases.ip", "10.0.1.{i}"),
    (".hostnames", "db.example.com"),
    (".nameservers", "10.0.0.10"),
    (".searches", "svc.example.com"),
    (".http_get.port", "8080"),
    (".tcp_socket.port", "port-0"),
    (".grpc.port", "9090"),
    (".http_get.path", "/healthz"),
    (".http_get.host", "web.example.com"),
    (".tcp_socket.host", "web.example.com"),
    (".host_path.path", "/var/data"),
    (".nfs.path", "/exports"),
    (".nfs.server", "nfs.example.com"),
    (".portals", "10.0.2.15:3260"),
    (".target_portal", "10.0.2.15:3260"),
    (".iqn", "iqn.2001-04.com.example:storage.disk"),
    (".initiator_name", "iqn.1994-05.com.example:node"),
    (".termination_message_path", "/dev/termination-log"),
    (".working_dir", "/srv"),
    (".path", "path-{n}"),
    // Images, commands and fields.
    (".image", "nginx:1.25"),
    (".image.reference", "ghcr.io/example/data:1"),
    (".command", "/bin/true"),
    (".args", "--verbose"),
    (".stop_signal", "SIGTERM"),
    (".field_path", "metadata.name"),
    (".field_ref.api_version", "v1"),
    (".resource_field_ref.resource", "limits.cpu"),
    (".resource_field_ref.divisor", "1m"),
    (".size_limit", "64Mi"),
    (".app_armor_profile.type", "Localhost"),
    (".seccomp_profile.type", "Localhost"),
    (".localhost_profile", "profiles/web.json"),
    (".capabilities.add", "NET_ADMIN"),
    (".capabilities.drop", "ALL"),
    (".medium", "Memory"),
    (".dns_config.options.value", "2"),
    (".sysctls.value", "1"),
    (".data_source.api_group", "snapshot.storage.k8s.io"),
    (".data_source.kind", "VolumeSnapshot"),
    (".data_source_ref.api_group", "snapshot.storage.k8s.io"),
    (".data_source_ref.kind", "VolumeSnapshot"),
    (".signer_name", "example.com/signer"),
    // Numbers with a range.
    (".run_as_user", "1000"),
    (".run_as_group", "1000"),
    (".fs_group", "1000"),
    (".supplemental_groups", "2000"),
    (".mode", "256"),
    (".default_mode", "420"),
    (".expiration_seconds", "3600"),
    (".active_deadline_seconds", "86400"),
    (".termination_grace_period_seconds", "30"),
    (".toleration_seconds", "300"),
    (".priority", "0"),
];

/// Maps by the end of their path; others hold one entry.
pub(super) const MAPS: &[(&str, &[(&str, &str)])] = &[
    ("template.metadata.labels", &[("app", "web"), ("tier", "front")]),
    (
        "labels",
        &[("app.kubernetes.io/name", "everything"), ("environment", "test")],
    ),
    (
        "annotations",
        &[(
            "kubernetes.io/description",
            "Every attribute, \"quoted\" and ${escaped}.\n",
        )],
    ),
    ("match_labels", &[("app", "web")]),
    ("limits", &[("cpu", "2"), ("memory", "1Gi")]),
    ("requests", &[("cpu", "0.5"), ("memory", "512Mi")]),
    ("overhead", &[("cpu", "10m"), ("memory", "16Mi")]),
    ("volume_claim_template.spec.resources.limits", &[("storage", "2Gi")]),
    ("volume_claim_template.spec.resources.requests", &[("storage", "1Gi")]),
    ("node_selector", &[("kubernetes.io/os", "linux")]),
];
