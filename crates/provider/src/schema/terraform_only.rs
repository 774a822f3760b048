//! The attributes that only Terraform has: nothing of them reaches the API. What their values may be is in `workload::validate`.

use std::sync::Arc;

use super::node::{Attribute, Constraint, Kind, ListType, Node, Order, Origin};

/// A text of any content.
pub(super) const STRING: Kind = Kind::String { values: &[] };

/// The attributes that only Terraform knows.
pub(super) fn attributes() -> Vec<(String, Attribute)> {
    let optional = |name, kind, description| terraform(name, Constraint::Optional, leaf(kind, description));
    let duration = |name, description| optional(name, STRING, description);
    let condition = object(
        "",
        vec![
            terraform(
                "type",
                Constraint::Required,
                leaf(STRING, "Type of the condition, such as `Available`."),
            ),
            terraform(
                "status",
                Constraint::Required,
                leaf(STRING, "Status to wait for: `True`, `False` or `Unknown`."),
            ),
            optional("reason", STRING, "Reason to wait for. Default: any."),
        ],
    );
    let wait = object(
        "What create and update wait for. Default: the rollout of the generation just written.",
        vec![
            optional(
                "rollout",
                Kind::Boolean,
                "Whether to wait for the rollout: the phase `Running`, every replica ready, `Available` true. \
                 Default: `true`, unless another attribute of `wait` is set. `false` alone waits for nothing.",
            ),
            terraform(
                "conditions",
                Constraint::Optional,
                list(condition, "Conditions that must all hold."),
            ),
            optional("phase", STRING, "Phase to wait for, such as `Running`."),
            optional("replicas", Kind::Integer, "Number of ready replicas to wait for."),
            optional(
                "on_timeout",
                STRING,
                "What a wait that fails or runs out of time is: `error`, which taints a workload just created, or `warn`. \
                 Default: `error`.",
            ),
        ],
    );
    let timeouts = object(
        "How long each operation may take, waits included: `30s`, `10m`, `1h30m`.",
        vec![
            duration("create", "Time to create and wait. Default: `20m`."),
            duration("read", "Time to read. Default: `2m`."),
            duration("update", "Time to update and wait. Default: `20m`."),
            duration(
                "delete",
                "Time to delete and wait until the workload is gone. Default: `20m`.",
            ),
        ],
    );
    vec![
        id(),
        terraform("wait", Constraint::Optional, wait),
        terraform("timeouts", Constraint::Optional, timeouts),
        optional(
            "force_conflicts",
            Kind::Boolean,
            "Whether to take over fields that another field manager owns. Default: the provider's.",
        ),
        optional(
            "deletion_protection",
            Kind::Boolean,
            "Whether to refuse to delete or replace the workload. Default: `false`.",
        ),
        optional(
            "propagation_policy",
            STRING,
            "How dependents are deleted: `Foreground`, `Background` or `Orphan`. Default: the API's.",
        ),
    ]
}

/// `id`, which every tree has.
pub(super) fn id() -> (String, Attribute) {
    terraform(
        "id",
        Constraint::Computed,
        leaf(STRING, "`<namespace>/<name>`, which is also the import ID."),
    )
}

/// An attribute that is not of the API.
pub(super) fn terraform(name: &str, constraint: Constraint, node: Node) -> (String, Attribute) {
    (
        name.to_owned(),
        Attribute {
            node: Arc::new(node),
            origin: Origin::Terraform,
            constraint,
        },
    )
}

/// A node of which nothing is special.
pub(super) fn leaf(kind: Kind, description: &'static str) -> Node {
    Node {
        kind,
        description: description.into(),
        default: None,
        order: Order::default(),
        union: &[],
        bookkeeping: &[],
        unsupported: &[],
    }
}

/// An object of these attributes.
pub(super) fn object(description: &'static str, attributes: Vec<(String, Attribute)>) -> Node {
    leaf(Kind::Object(attributes.into_iter().collect()), description)
}

fn list(items: Node, description: &'static str) -> Node {
    leaf(
        Kind::List {
            items: Arc::new(items),
            list_type: ListType::Atomic,
        },
        description,
    )
}
