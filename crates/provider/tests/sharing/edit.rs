//! Edits of a manifest: the one vocabulary in which every actor changes something.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

/// One edit of a manifest or of a live object.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Of a map.
    Map(MapPlace, MapEdit),
    /// Of a list.
    List(ListPlace, ListEdit),
    /// Of a single value.
    Leaf(LeafPlace, Option<u8>),
}

/// A map.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MapPlace {
    Labels,
    Annotations,
    PodAnnotations,
    NodeSelector,
    Provider,
    /// An object within the value of free form.
    ProviderZone,
    /// Of the container at this position.
    Limits(u8),
    Requests(u8),
}

/// An edit of a map; keys and values are numbers of a few.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MapEdit {
    Put(u8, u8),
    Drop(u8),
    /// Sets an entry to null, which only HCL can.
    Null(u8),
    DropAll,
    Empty,
}

/// A list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListPlace {
    Containers,
    InitContainers,
    Volumes,
    /// Of the container at this position.
    Env(u8),
    Ports(u8),
    Mounts(u8),
}

/// An edit of a list that merges by key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListEdit {
    /// Adds the item with a key, or makes another of it.
    Put(u8, u8),
    /// Drops the item at a position.
    Drop(u8),
    /// Gives the item at a position another key.
    Rename(u8, u8),
    /// Moves the item at a position to the front.
    First(u8),
    DropAll,
    Empty,
}

/// A single value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LeafPlace {
    Replicas,
    GracePeriod,
    ServiceAccount,
    /// Of the container at this position.
    Image(u8),
    /// A list with one owner.
    Args(u8),
    WorkingDir(u8),
    RunAsUser(u8),
    /// Of the container at this position, of its first variable.
    EnvValue(u8),
}

/// What an edit may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A configuration in HCL, in which a null or something empty has a meaning of its own.
    Hcl,
    /// A manifest or an object of the API.
    Manifest,
}

impl Edit {
    pub(crate) fn any() -> impl Strategy<Value = Edit> {
        prop_oneof![
            3 => (map_place(), map_edit()).prop_map(|(place, edit)| Edit::Map(place, edit)),
            5 => (list_place(), list_edit()).prop_map(|(place, edit)| Edit::List(place, edit)),
            2 => (leaf_place(), prop::option::weighted(0.75, 0..3u8)).prop_map(|(place, value)| Edit::Leaf(place, value)),
        ]
    }

    /// What a controller injects: additions only.
    pub(crate) fn injection() -> impl Strategy<Value = Edit> {
        prop_oneof![
            (map_place(), 0..3u8, 0..3u8).prop_map(|(place, key, value)| Edit::Map(place, MapEdit::Put(key, value))),
            (list_place(), 0..4u8, 0..4u8).prop_map(|(place, key, value)| Edit::List(place, ListEdit::Put(key, value))),
        ]
    }

    /// Makes the edit; what does not apply to the manifest is left out.
    pub(crate) fn make(&self, manifest: &mut Json, reach: Reach) {
        match *self {
            Edit::Map(place, edit) => edit_map(manifest, place, edit, reach),
            Edit::List(place, edit) => edit_list(manifest, place, edit, reach),
            Edit::Leaf(place, value) => edit_leaf(manifest, place, value),
        }
    }
}

fn map_place() -> impl Strategy<Value = MapPlace> {
    prop_oneof![
        4 => select(vec![MapPlace::Labels, MapPlace::Annotations, MapPlace::PodAnnotations]),
        3 => select(vec![MapPlace::NodeSelector, MapPlace::Provider, MapPlace::ProviderZone]),
        3 => (0..2u8).prop_map(MapPlace::Limits),
        1 => (0..2u8).prop_map(MapPlace::Requests),
    ]
}

fn map_edit() -> impl Strategy<Value = MapEdit> {
    prop_oneof![
        6 => (0..3u8, 0..3u8).prop_map(|(key, value)| MapEdit::Put(key, value)),
        3 => (0..3u8).prop_map(MapEdit::Drop),
        1 => (0..3u8).prop_map(MapEdit::Null),
        2 => Just(MapEdit::DropAll),
        1 => Just(MapEdit::Empty),
    ]
}

fn list_place() -> impl Strategy<Value = ListPlace> {
    prop_oneof![
        2 => Just(ListPlace::Containers),
        1 => Just(ListPlace::InitContainers),
        2 => Just(ListPlace::Volumes),
        4 => (0..2u8).prop_map(ListPlace::Env),
        3 => (0..2u8).prop_map(ListPlace::Ports),
        1 => (0..2u8).prop_map(ListPlace::Mounts),
    ]
}

fn list_edit() -> impl Strategy<Value = ListEdit> {
    prop_oneof![
        6 => (0..4u8, 0..4u8).prop_map(|(key, value)| ListEdit::Put(key, value)),
        3 => (0..3u8).prop_map(ListEdit::Drop),
        3 => (0..3u8, 0..4u8).prop_map(|(position, key)| ListEdit::Rename(position, key)),
        1 => (1..3u8).prop_map(ListEdit::First),
        2 => Just(ListEdit::DropAll),
        1 => Just(ListEdit::Empty),
    ]
}

fn leaf_place() -> impl Strategy<Value = LeafPlace> {
    prop_oneof![
        2 => Just(LeafPlace::Replicas),
        2 => select(vec![LeafPlace::GracePeriod, LeafPlace::ServiceAccount]),
        2 => (0..2u8).prop_map(LeafPlace::Image),
        1 => (0..2u8).prop_map(LeafPlace::Args),
        1 => (0..2u8).prop_map(LeafPlace::WorkingDir),
        1 => (0..2u8).prop_map(LeafPlace::RunAsUser),
        2 => (0..2u8).prop_map(LeafPlace::EnvValue),
    ]
}

/// The object at a path of names, made where it is not there.
fn object<'m>(value: &'m mut Json, path: &[&str]) -> &'m mut Map<String, Json> {
    let mut place = value;
    for name in path {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[*name];
    }
    if !place.is_object() {
        *place = json!({});
    }
    place.as_object_mut().expect("an object was put there")
}

/// The container at a position, counted around; none where there is none.
fn container(manifest: &mut Json, position: u8) -> Option<&mut Json> {
    let list = manifest.pointer_mut("/spec/template/spec/containers")?.as_array_mut()?;
    let index = usize::from(position) % list.len().max(1);
    list.get_mut(index)
}

fn edit_map(manifest: &mut Json, place: MapPlace, edit: MapEdit, reach: Reach) {
    let (holder, path): (Option<&mut Json>, &[&str]) = match place {
        MapPlace::Labels => (Some(manifest), &["metadata", "labels"]),
        MapPlace::Annotations => (Some(manifest), &["metadata", "annotations"]),
        MapPlace::PodAnnotations => (Some(manifest), &["spec", "template", "metadata", "annotations"]),
        MapPlace::NodeSelector => (Some(manifest), &["spec", "template", "spec", "nodeSelector"]),
        MapPlace::Provider => (Some(manifest), &["spec", "provider"]),
        MapPlace::ProviderZone => (Some(manifest), &["spec", "provider", "zone"]),
        MapPlace::Limits(at) => (container(manifest, at), &["resources", "limits"]),
        MapPlace::Requests(at) => (container(manifest, at), &["resources", "requests"]),
    };
    let Some(holder) = holder else { return };
    let key = |key: u8| match place {
        MapPlace::Limits(_) | MapPlace::Requests(_) => ["cpu", "memory", "ephemeral-storage"][usize::from(key) % 3],
        _ => ["a", "b", "example.com/c"][usize::from(key) % 3],
    };
    let value = |value: u8| match place {
        MapPlace::Limits(_) => [json!("2"), json!("2000m"), json!(3)][usize::from(value) % 3].clone(),
        MapPlace::Requests(_) => [json!("1"), json!("1000m"), json!(1)][usize::from(value) % 3].clone(),
        MapPlace::Provider | MapPlace::ProviderZone => {
            [json!("x"), json!(1), json!(["x", 1])][usize::from(value) % 3].clone()
        }
        MapPlace::Annotations | MapPlace::PodAnnotations => {
            // The CLI composes what it reads; kubectl keeps it.
            let accent = if reach == Reach::Hcl { "\u{e9}" } else { "e\u{301}" };
            json!(["x", accent, "z"][usize::from(value) % 3])
        }
        _ => json!(["x", "y", "z"][usize::from(value) % 3]),
    };
    // HCL has no number where the schema says a quantity.
    let value = |number: u8| match value(number) {
        Json::Number(number) if reach == Reach::Hcl && matches!(place, MapPlace::Limits(_) | MapPlace::Requests(_)) => {
            json!(number.to_string())
        }
        value => value,
    };
    let (last, above) = path.split_last().expect("no path is empty");
    match edit {
        MapEdit::Put(name, new) => drop(object(holder, path).insert(key(name).to_owned(), value(new))),
        MapEdit::Drop(name) => {
            if let Some(map) = at(holder, path).and_then(Json::as_object_mut) {
                map.remove(key(name));
            }
        }
        MapEdit::Null(name) if reach == Reach::Hcl => {
            drop(object(holder, path).insert(key(name).to_owned(), Json::Null));
        }
        MapEdit::Empty if reach == Reach::Hcl => drop(object(holder, above).insert((*last).to_owned(), json!({}))),
        MapEdit::DropAll => {
            if let Some(map) = at(holder, above).and_then(Json::as_object_mut) {
                map.remove(*last);
            }
        }
        MapEdit::Null(_) | MapEdit::Empty => {}
    }
}

fn at<'m>(value: &'m mut Json, path: &[&str]) -> Option<&'m mut Json> {
    path.iter().try_fold(value, |value, name| value.get_mut(*name))
}

fn edit_list(manifest: &mut Json, place: ListPlace, edit: ListEdit, reach: Reach) {
    if matches!(place, ListPlace::Env(_) | ListPlace::Ports(_) | ListPlace::Mounts(_))
        && matches!(edit, ListEdit::Put(..))
        && reach == Reach::Manifest
        && container(manifest, 0).is_none()
    {
        // Whoever says something of a container, and nothing else of it, names it alone.
        object(manifest, &["spec", "template", "spec"]).insert("containers".to_owned(), json!([{ "name": "c0" }]));
    }
    let (holder, path): (Option<&mut Json>, &[&str]) = match place {
        ListPlace::Containers => (Some(manifest), &["spec", "template", "spec", "containers"]),
        ListPlace::InitContainers => (Some(manifest), &["spec", "template", "spec", "initContainers"]),
        ListPlace::Volumes => (Some(manifest), &["spec", "template", "spec", "volumes"]),
        ListPlace::Env(at) => (container(manifest, at), &["env"]),
        ListPlace::Ports(at) => (container(manifest, at), &["ports"]),
        ListPlace::Mounts(at) => (container(manifest, at), &["volumeMounts"]),
    };
    let Some(holder) = holder else { return };
    let (last, above) = path.split_last().expect("no path is empty");
    match edit {
        ListEdit::DropAll => {
            if let Some(map) = at(holder, above).and_then(Json::as_object_mut) {
                map.remove(*last);
            }
            return;
        }
        ListEdit::Empty if reach == Reach::Hcl => drop(object(holder, above).insert((*last).to_owned(), json!([]))),
        ListEdit::Put(..) if at(holder, path).is_none_or(|items| !items.is_array()) => {
            object(holder, above).insert((*last).to_owned(), json!([]));
        }
        _ => {}
    }
    let Some(items) = at(holder, path).and_then(Json::as_array_mut) else {
        return;
    };
    let index = |position: u8| usize::from(position) % items.len().max(1);
    match edit {
        ListEdit::Put(name, variant) => {
            let item = item(place, name, variant);
            let same = items.iter_mut().find(|other| key(place, other) == key(place, &item));
            match same {
                Some(other) => *other = changed(place, other, &item),
                None => items.push(item),
            }
        }
        ListEdit::Drop(position) if !items.is_empty() => drop(items.remove(index(position))),
        ListEdit::First(position) if !items.is_empty() => {
            let index = index(position);
            items[..=index].rotate_right(1);
        }
        ListEdit::Rename(position, name) if !items.is_empty() => {
            let index = index(position);
            let named = item(place, name, 0);
            for field in keys(place) {
                match named.get(*field) {
                    Some(value) => items[index][*field] = value.clone(),
                    None => drop(items[index].as_object_mut().and_then(|item| item.remove(*field))),
                }
            }
        }
        _ => {}
    }
}

/// An item with more of it than its own: what is in a container already stays.
fn changed(place: ListPlace, before: &Json, item: &Json) -> Json {
    match place {
        ListPlace::Containers | ListPlace::InitContainers => {
            let mut container = before.clone();
            container["image"] = item["image"].clone();
            container
        }
        _ => item.clone(),
    }
}

fn keys(place: ListPlace) -> &'static [&'static str] {
    match place {
        ListPlace::Ports(_) => &["containerPort", "protocol"],
        ListPlace::Mounts(_) => &["mountPath"],
        _ => &["name"],
    }
}

fn key(place: ListPlace, item: &Json) -> Vec<Json> {
    let value = |field: &&str| match item.get(*field) {
        None if *field == "protocol" => json!("TCP"),
        value => value.cloned().unwrap_or_default(),
    };
    keys(place).iter().map(value).collect()
}

fn item(place: ListPlace, name: u8, variant: u8) -> Json {
    let (name, variant) = (name % 4, variant % 4);
    match place {
        ListPlace::Containers => json!({ "name": format!("c{name}"), "image": format!("image:{variant}") }),
        ListPlace::InitContainers => json!({ "name": format!("i{name}"), "image": format!("image:{variant}") }),
        ListPlace::Volumes => {
            let mut volume = json!({ "name": format!("v{name}") });
            match variant {
                0 => volume["emptyDir"] = json!({}),
                1 => volume["emptyDir"] = json!({ "medium": "Memory" }),
                2 => volume["configMap"] = json!({ "name": "settings" }),
                _ => volume["secret"] = json!({ "secretName": "keys", "optional": true }),
            }
            volume
        }
        ListPlace::Env(_) => {
            let mut variable = json!({ "name": (["A", "B", "C", "D"][usize::from(name)]) });
            match variant {
                0 => variable["value"] = "1".into(),
                1 => variable["value"] = "2".into(),
                2 => variable["valueFrom"] = json!({ "configMapKeyRef": { "name": "settings", "key": "k" } }),
                _ => variable["valueFrom"] = json!({ "fieldRef": { "fieldPath": "metadata.name" } }),
            }
            variable
        }
        ListPlace::Ports(_) => {
            let mut port = json!({ "containerPort": ([80, 81, 82, 80][usize::from(name)]) });
            match (name, variant) {
                (3, _) => port["protocol"] = "UDP".into(),
                (_, 0) => port["protocol"] = "TCP".into(),
                _ => {}
            }
            match variant {
                1 => port["name"] = "http".into(),
                2 => port["hostPort"] = json!(8080 + u32::from(name)),
                _ => {}
            }
            port
        }
        ListPlace::Mounts(_) => {
            let mut mount = json!({ "mountPath": format!("/m{name}"), "name": format!("v{}", variant % 2) });
            if variant > 1 {
                mount["readOnly"] = true.into();
            }
            mount
        }
    }
}

fn edit_leaf(manifest: &mut Json, place: LeafPlace, value: Option<u8>) {
    let (holder, path): (Option<&mut Json>, &[&str]) = match place {
        LeafPlace::Replicas => (Some(manifest), &["spec", "replicas"]),
        LeafPlace::GracePeriod => (
            Some(manifest),
            &["spec", "template", "spec", "terminationGracePeriodSeconds"],
        ),
        LeafPlace::ServiceAccount => (Some(manifest), &["spec", "template", "spec", "serviceAccountName"]),
        LeafPlace::Image(at) => (container(manifest, at), &["image"]),
        LeafPlace::Args(at) => (container(manifest, at), &["args"]),
        LeafPlace::WorkingDir(at) => (container(manifest, at), &["workingDir"]),
        LeafPlace::RunAsUser(at) => (container(manifest, at), &["securityContext", "runAsUser"]),
        LeafPlace::EnvValue(at) => {
            let item = container(manifest, at).and_then(|container| container.get_mut("env")?.get_mut(0));
            (item, &["value"])
        }
    };
    let Some(holder) = holder else { return };
    let (last, above) = path.split_last().expect("no path is empty");
    let Some(value) = value else {
        if let Some(map) = at(holder, above).and_then(Json::as_object_mut) {
            map.remove(*last);
        }
        return;
    };
    let value = match place {
        LeafPlace::Replicas => json!(value + 2),
        LeafPlace::GracePeriod => json!(30 + u32::from(value)),
        LeafPlace::RunAsUser(_) => json!(1000 + u32::from(value)),
        LeafPlace::ServiceAccount => json!(format!("account-{value}")),
        LeafPlace::Image(_) => json!(format!("image:{value}")),
        LeafPlace::Args(_) => json!(["-v", value.to_string()]),
        LeafPlace::WorkingDir(_) => json!(format!("/{value}")),
        LeafPlace::EnvValue(_) => json!(value.to_string()),
    };
    object(holder, above).insert((*last).to_owned(), value);
}
