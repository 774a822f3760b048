//! Everybody but Terraform.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use structured_merge::Conflicts;

use crate::cluster::{Cluster, content};
use crate::edit::{Edit, Reach};

/// The annotation of client-side apply.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What one of the others does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Edits the live object by hand.
    Edit(Hand, Vec<Edit>),
    /// Changes a manifest, and applies it from the client.
    ClientSide(Vec<Edit>),
    /// Changes a manifest, and applies it on the server.
    Argo { edits: Vec<Edit>, force: bool },
    /// Applies nothing any more.
    ArgoLeaves,
    /// Scales through the subresource.
    Scale(u8),
    /// Applies a number of replicas, unforced, and nothing else.
    Autoscale(u8),
    /// Injects something.
    Inject(Vec<Edit>),
}

/// Who edits by hand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hand {
    Edit,
    Patch,
}

impl Deed {
    pub(crate) fn any() -> impl Strategy<Value = Deed> {
        let edits = || prop::collection::vec(Edit::any(), 1..4);
        prop_oneof![
            4 => (prop_oneof![Just(Hand::Edit), Just(Hand::Patch)], edits()).prop_map(|(hand, edits)| Deed::Edit(hand, edits)),
            2 => edits().prop_map(Deed::ClientSide),
            3 => (edits(), prop::bool::weighted(0.3)).prop_map(|(edits, force)| Deed::Argo { edits, force }),
            1 => Just(Deed::ArgoLeaves),
            1 => (0..4u8).prop_map(Deed::Scale),
            1 => (0..4u8).prop_map(Deed::Autoscale),
            2 => prop::collection::vec(Edit::injection(), 1..3).prop_map(Deed::Inject),
        ]
    }
}

/// What the others keep.
#[derive(Clone, Debug)]
pub(crate) struct Others {
    /// What client-side apply has in its file.
    pub(crate) client_side: Json,
    /// What the other applier has in its repository.
    pub(crate) argo: Json,
}

impl Others {
    /// Does it, if the API lets them.
    pub(crate) fn act(&mut self, deed: &Deed, cluster: &mut Cluster) {
        // A refusal is theirs to deal with.
        drop(match deed {
            Deed::Edit(hand, edits) => {
                let manager = match hand {
                    Hand::Edit => "kubectl-edit",
                    Hand::Patch => "kubectl-patch",
                };
                let object = edited(cluster.live(), edits);
                cluster.update(manager, "", object)
            }
            Deed::Inject(edits) => {
                let object = edited(cluster.live(), edits);
                cluster.update("injector", "", object)
            }
            Deed::Scale(replicas) => {
                let mut object = cluster.live().clone();
                object["spec"]["replicas"] = (*replicas).into();
                cluster.update("kube-controller-manager", "scale", object)
            }
            Deed::Autoscale(replicas) => {
                let body = json!({ "spec": { "replicas": replicas } });
                cluster.apply("autoscaler", &body, Conflicts::Refuse)
            }
            Deed::Argo { edits, force } => {
                let manifest = without_empty(edited(&self.argo, edits));
                let conflicts = if *force { Conflicts::TakeOver } else { Conflicts::Refuse };
                let done = cluster.apply("argocd", &manifest, conflicts);
                if done.is_ok() {
                    self.argo = manifest;
                }
                done
            }
            Deed::ArgoLeaves => {
                let done = cluster.apply("argocd", &json!({}), Conflicts::Refuse);
                if done.is_ok() {
                    self.argo = json!({});
                }
                done
            }
            Deed::ClientSide(edits) => {
                let manifest = edited(&self.client_side, edits);
                let object = applied_by_client(cluster.live(), &manifest);
                let done = cluster.update("kubectl-client-side-apply", "", object);
                if done.is_ok() {
                    self.client_side = manifest;
                }
                done
            }
        });
    }
}

fn edited(manifest: &Json, edits: &[Edit]) -> Json {
    let mut manifest = manifest.clone();
    for edit in edits {
        edit.make(&mut manifest, Reach::Manifest);
    }
    manifest
}

/// A manifest without what is empty, which nobody writes into a repository.
fn without_empty(mut manifest: Json) -> Json {
    fn prune(value: &mut Json) {
        match value {
            Json::Object(fields) => {
                fields.values_mut().for_each(prune);
                fields.retain(|name, value| {
                    let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty)
                        || value.as_array().is_some_and(Vec::is_empty);
                    name == "emptyDir" || !is_empty
                });
            }
            Json::Array(items) => items.iter_mut().for_each(prune),
            _ => {}
        }
    }
    prune(&mut manifest);
    if manifest.is_null() {
        manifest = json!({});
    }
    manifest
}

/// The object that `kubectl apply` makes of the live one: a JSON merge patch of three, since it does not know how the lists of
/// a custom resource merge.
pub(crate) fn applied_by_client(live: &Json, manifest: &Json) -> Json {
    let given = content(manifest);
    let record = live["metadata"]["annotations"][LAST_APPLIED].as_str();
    let before = record
        .and_then(|text| serde_json::from_str::<Json>(text).ok())
        .unwrap_or_default();
    let mut object = live.clone();
    remove_dropped(&mut object, &before, &given);
    crate::cluster::merge_patch(&mut object, &given);
    object["metadata"]["annotations"][LAST_APPLIED] = given.to_string().into();
    object
}

/// Removes from `object` what `before` had and `after` does not have.
fn remove_dropped(object: &mut Json, before: &Json, after: &Json) {
    let (Some(fields), Some(before)) = (object.as_object_mut(), before.as_object()) else {
        return;
    };
    for (name, before) in before {
        match after.get(name) {
            None => drop(fields.remove(name)),
            Some(after) => {
                if let Some(value) = fields.get_mut(name) {
                    remove_dropped(value, before, after);
                }
            }
        }
    }
}
