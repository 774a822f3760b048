//! The built-in kinds as Go declares them (`k8s.io/api/core/v1`, `k8s.io/api/events/v1`), without their metadata.

use super::go_type::GoType::{Bool, Bytes, Int32, Keyed, List, Map, MicroTime, Opaque, Quantity, Text, Time};
use super::go_type::{GoType, Struct};

const STRING: GoType = Text("string");

pub(super) static CONFIG_MAP: Struct = Struct {
    name: "ConfigMap",
    atomic: false,
    fields: &[
        ("binaryData", Map("map[string][]uint8", &Bytes)),
        ("data", Map("map[string]string", &STRING)),
        ("immutable", Bool),
    ],
};

pub(super) static SECRET: Struct = Struct {
    name: "Secret",
    atomic: false,
    fields: &[
        ("data", Map("map[string][]uint8", &Bytes)),
        ("immutable", Bool),
        ("stringData", Map("map[string]string", &STRING)),
        ("type", Text("v1.SecretType")),
    ],
};

pub(super) static SERVICE_ACCOUNT: Struct = Struct {
    name: "ServiceAccount",
    atomic: false,
    fields: &[
        ("automountServiceAccountToken", Bool),
        (
            "imagePullSecrets",
            List("[]v1.LocalObjectReference", &GoType::Struct(&LOCAL_OBJECT_REFERENCE)),
        ),
        (
            "secrets",
            List("[]v1.ObjectReference", &GoType::Struct(&OBJECT_REFERENCE)),
        ),
    ],
};

pub(super) static RESOURCE_QUOTA: Struct = Struct {
    name: "ResourceQuota",
    atomic: false,
    fields: &[
        ("spec", GoType::Struct(&RESOURCE_QUOTA_SPEC)),
        ("status", GoType::Struct(&RESOURCE_QUOTA_STATUS)),
    ],
};

static RESOURCE_QUOTA_SPEC: Struct = Struct {
    name: "ResourceQuotaSpec",
    atomic: false,
    fields: &[
        ("hard", RESOURCE_LIST),
        ("scopeSelector", Opaque("v1.ScopeSelector")),
        (
            "scopes",
            List("[]v1.ResourceQuotaScope", &Text("v1.ResourceQuotaScope")),
        ),
    ],
};

static RESOURCE_QUOTA_STATUS: Struct = Struct {
    name: "ResourceQuotaStatus",
    atomic: false,
    fields: &[("hard", RESOURCE_LIST), ("used", RESOURCE_LIST)],
};

const RESOURCE_LIST: GoType = Map("v1.ResourceList", &Quantity);

pub(super) static NAMESPACE: Struct = Struct {
    name: "Namespace",
    atomic: false,
    fields: &[
        ("spec", GoType::Struct(&NAMESPACE_SPEC)),
        ("status", GoType::Struct(&NAMESPACE_STATUS)),
    ],
};

static NAMESPACE_SPEC: Struct = Struct {
    name: "NamespaceSpec",
    atomic: false,
    fields: &[("finalizers", List("[]v1.FinalizerName", &Text("v1.FinalizerName")))],
};

static NAMESPACE_STATUS: Struct = Struct {
    name: "NamespaceStatus",
    atomic: false,
    fields: &[
        (
            "conditions",
            Keyed("[]v1.NamespaceCondition", "type", &NAMESPACE_CONDITION),
        ),
        ("phase", Text("v1.NamespacePhase")),
    ],
};

static NAMESPACE_CONDITION: Struct = Struct {
    name: "NamespaceCondition",
    atomic: false,
    fields: &[
        ("lastTransitionTime", Time),
        ("message", STRING),
        ("reason", STRING),
        ("status", Text("v1.ConditionStatus")),
        ("type", Text("v1.NamespaceConditionType")),
    ],
};

pub(super) static EVENT: Struct = Struct {
    name: "Event",
    atomic: false,
    fields: &[
        ("action", STRING),
        ("count", Int32),
        ("eventTime", MicroTime),
        ("firstTimestamp", Time),
        ("involvedObject", GoType::Struct(&OBJECT_REFERENCE)),
        ("lastTimestamp", Time),
        ("message", STRING),
        ("reason", STRING),
        ("related", GoType::Struct(&OBJECT_REFERENCE)),
        ("reportingComponent", STRING),
        ("reportingInstance", STRING),
        ("series", GoType::Struct(&EVENT_SERIES)),
        ("source", GoType::Struct(&EVENT_SOURCE)),
        ("type", STRING),
    ],
};

/// The events of events.k8s.io/v1.
pub(super) static NEWER_EVENT: Struct = Struct {
    name: "Event",
    atomic: false,
    fields: &[
        ("action", STRING),
        ("deprecatedCount", Int32),
        ("deprecatedFirstTimestamp", Time),
        ("deprecatedLastTimestamp", Time),
        ("deprecatedSource", GoType::Struct(&EVENT_SOURCE)),
        ("eventTime", MicroTime),
        ("note", STRING),
        ("reason", STRING),
        ("regarding", GoType::Struct(&OBJECT_REFERENCE)),
        ("related", GoType::Struct(&OBJECT_REFERENCE)),
        ("reportingController", STRING),
        ("reportingInstance", STRING),
        ("series", GoType::Struct(&EVENT_SERIES)),
        ("type", STRING),
    ],
};

static EVENT_SERIES: Struct = Struct {
    name: "EventSeries",
    atomic: false,
    fields: &[("count", Int32), ("lastObservedTime", MicroTime)],
};

static EVENT_SOURCE: Struct = Struct {
    name: "EventSource",
    atomic: false,
    fields: &[("component", STRING), ("host", STRING)],
};

static OBJECT_REFERENCE: Struct = Struct {
    name: "ObjectReference",
    atomic: true,
    fields: &[
        ("apiVersion", STRING),
        ("fieldPath", STRING),
        ("kind", STRING),
        ("name", STRING),
        ("namespace", STRING),
        ("resourceVersion", STRING),
        ("uid", Text("types.UID")),
    ],
};

static LOCAL_OBJECT_REFERENCE: Struct = Struct {
    name: "LocalObjectReference",
    atomic: true,
    fields: &[("name", STRING)],
};

/// A kind that nothing here is ever made of.
pub(super) static ABSENT: Struct = Struct {
    name: "",
    atomic: false,
    fields: &[],
};
