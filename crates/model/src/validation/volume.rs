//! Volumes and their mounts (`ValidateVolumes`, `ValidateVolumeMounts`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::container;
use super::node::Node;
use super::{resources, selector};
use crate::format;
use crate::union::{projections, volume_sources};

/// Checks the volumes of a Pod, the mounts of its containers, and that each has the other.
pub(super) fn check(pod: &Node<'_>) {
    let volumes = pod.at("volumes");
    volumes.items().for_each(|volume| check_volume(&volume));
    let names = names(&volumes);
    let mut used = BTreeSet::new();
    let mut every_use_known = true;
    for list in container::LISTS {
        let containers = pod.at(list);
        every_use_known &= !containers.is_unknown();
        for container in containers.items() {
            for uses in [container.at("volumeMounts"), container.at("volumeDevices")] {
                every_use_known &= !uses.is_unknown();
                for mount in uses.items() {
                    let name = mount.at("name");
                    every_use_known &= !name.is_unknown();
                    check_found(&name, names.as_ref());
                    used.extend(name.text());
                }
            }
            container
                .at("volumeMounts")
                .items()
                .for_each(|mount| check_mount(&mount));
        }
    }
    if every_use_known {
        warn_of_unused(&volumes, &used);
    }
}

/// The names of the volumes, once all are known.
fn names<'a>(volumes: &Node<'a>) -> Option<BTreeSet<&'a str>> {
    if volumes.is_unknown() || volumes.items().any(|volume| volume.at("name").is_unknown()) {
        return None;
    }
    Some(volumes.items().filter_map(|volume| volume.at("name").text()).collect())
}

fn check_found(name: &Node<'_>, names: Option<&BTreeSet<&str>>) {
    if let (Some(text), Some(names)) = (name.text(), names)
        && !names.contains(text)
    {
        name.error(format!("Not found: {}", Value::from(text)));
    }
}

fn warn_of_unused(volumes: &Node<'_>, used: &BTreeSet<&str>) {
    for volume in volumes.items() {
        if let Some(name) = volume.at("name").text()
            && !used.contains(name)
        {
            volume.warn(format!("volume {name:?} is not mounted by any container"));
        }
    }
}

fn check_mount(mount: &Node<'_>) {
    let path = mount.at("mountPath");
    if path.text() == Some("") {
        path.require();
    }
    let (sub_path, expression) = (mount.at("subPath"), mount.at("subPathExpr"));
    check_relative(&sub_path);
    check_relative(&expression);
    if sub_path.filled().is_some() && expression.filled().is_some() {
        expression.invalid("subPathExpr and subPath are mutually exclusive");
    }
}

fn check_volume(volume: &Node<'_>) {
    let name = volume.at("name");
    name.require();
    name.check_text(format::dns_label);
    let given = volume.given(volume_sources());
    if given.is_empty() && volume.value().is_some() {
        // Kubernetes fills in `emptyDir` for want of another.
        volume.warn("no volume type is given: Kubernetes takes it for an emptyDir".into());
    }
    for source in given.iter().filter(|source| !source.is_unknown()).skip(1) {
        source.forbidden("may not specify more than 1 volume type");
    }
    if volume.at("secret").value().is_some() {
        volume.at("secret.secretName").require();
    }
    if volume.at("configMap").value().is_some() {
        volume.at("configMap.name").require();
    }
    for source in ["secret", "configMap", "downwardAPI"] {
        check_files(&volume.at(source));
    }
    let size = volume.at("emptyDir.sizeLimit");
    if size.quantity().is_some_and(|size| size.is_negative()) {
        size.invalid("must be greater than or equal to 0");
    }
    check_projected(&volume.at("projected"));
    let claim = volume.at("ephemeral.volumeClaimTemplate.spec");
    resources::check(&claim.at("resources"));
    selector::check(&claim.at("selector"));
}

fn check_projected(projected: &Node<'_>) {
    check_mode(&projected.at("defaultMode"));
    for source in projected.at("sources").items() {
        let given = source.given(projections());
        for more in given.iter().filter(|kind| !kind.is_unknown()).skip(1) {
            more.forbidden("may not specify more than 1 volume type");
        }
        for kind in ["secret", "configMap"] {
            if source.at(kind).value().is_some() {
                source.at(kind).at("name").require();
            }
        }
        for kind in ["secret", "configMap", "downwardAPI"] {
            check_files(&source.at(kind));
        }
        check_relative(&source.at("serviceAccountToken.path"));
        selector::check(&source.at("clusterTrustBundle.labelSelector"));
    }
}

/// Checks the files that a volume's source is made of.
fn check_files(source: &Node<'_>) {
    check_mode(&source.at("defaultMode"));
    for file in source.at("items").items() {
        check_mode(&file.at("mode"));
        check_relative(&file.at("path"));
        file.at("key").check_text(format::config_map_key);
    }
}

fn check_mode(mode: &Node<'_>) {
    if mode.integer().is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        mode.invalid("must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn check_relative(path: &Node<'_>) {
    let Some(text) = path.filled() else { return };
    if text.starts_with('/') {
        path.invalid("must be a relative path");
    }
    if text.split('/').any(|part| part == "..") {
        path.invalid("must not contain '..'");
    }
}
