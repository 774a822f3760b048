//! The ways to reach an API, in the order in which they are tried.
//!
//! First comes what the provider block says, then the provider's own variables (`DATUM_*`), last those that other tools read
//! as well (`KUBE_*`, `KUBECONFIG`); within each of these the table's order counts. Nothing of it is a default: if no way is
//! named, there is no server.

use super::effective::Settings;
use super::environment::Addressee;
use super::problem::Problem;
use super::said::Said;
use super::setting::{CREDENTIALS, Setting};

/// One way to reach an API.
#[derive(Debug)]
pub struct Way {
    /// The settings of which one names it.
    pub named_by: &'static [&'static str],
    /// The settings of which one has to be there as well for the name to count.
    pub with: &'static [&'static str],
    /// For whom it is tried: what only implies an API comes after all that is said to this provider in so many words, and never
    /// from variables of other tools.
    tried_for: &'static [Addressee],
    /// What has to be known beside it.
    pub needs: &'static [Need],
    /// What else says something about it. Other settings that say where or who are excluded.
    pub beside: &'static [&'static [&'static str]],
    /// The settings that bring credentials and certificates along, so that variables of other tools are not heeded beside them:
    /// they may well be about another cluster.
    whole: &'static [&'static str],
    /// What it leads to.
    pub gives: Gives,
}

/// What a way needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A project.
    Project,
    /// A project, which the service-account key may name.
    ProjectOfKey,
    /// Credentials.
    Credentials,
}

/// What a way leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The cluster of the pod that this is.
    InCluster,
    /// The project's control plane at an endpoint of Datum.
    Project,
    /// The cluster of a kubeconfig.
    Kubeconfig,
    /// A server.
    Host,
}

const EVERYBODY: &[Addressee] = &[Addressee::Block, Addressee::Provider, Addressee::Anybody];

/// The settings that name a kubeconfig.
pub const FILES: &[&str] = &["kubeconfig", "config_path", "config_paths"];
/// The settings that take something of a kubeconfig, wherever that is.
pub const CONTEXT: &[&str] = &["config_context", "config_context_cluster", "config_context_user"];

/// The ways, best first.
pub const WAYS: &[Way] = &[
    Way {
        needs: &[],
        beside: &[],
        ..Way::whole(&["in_cluster"], Gives::InCluster)
    },
    Way {
        needs: &[Need::Project, Need::Credentials],
        ..Way::whole(&["endpoint"], Gives::Project)
    },
    Way::of_kubeconfig(&["kubeconfig"]),
    Way {
        whole: &[],
        ..Way::whole(&["host"], Gives::Host)
    },
    Way::of_kubeconfig(&["config_path"]),
    Way::of_kubeconfig(&["config_paths"]),
    // Of kubectl's own kubeconfig, where none is named.
    Way {
        beside: &[FILES, CREDENTIALS],
        whole: FILES,
        ..Way::whole(CONTEXT, Gives::Kubeconfig)
    },
    Way::implied(&["credentials_file"], &[], &[Need::ProjectOfKey]),
    Way::implied(&["credentials"], &[], &[Need::ProjectOfKey]),
    Way::implied(
        &["project"],
        &["token", "token_file", "exec", "client_certificate"],
        &[],
    ),
];

impl Way {
    /// A way that is named outright, and takes any credentials.
    const fn whole(named_by: &'static [&'static str], gives: Gives) -> Way {
        Way {
            named_by,
            with: &[],
            tried_for: EVERYBODY,
            needs: &[],
            beside: &[CREDENTIALS],
            whole: named_by,
            gives,
        }
    }

    const fn of_kubeconfig(named_by: &'static [&'static str]) -> Way {
        Way {
            beside: &[CONTEXT, CREDENTIALS],
            ..Way::whole(named_by, Gives::Kubeconfig)
        }
    }

    /// Datum's API, meant by who names a project and credentials.
    const fn implied(named_by: &'static [&'static str], with: &'static [&'static str], needs: &'static [Need]) -> Way {
        Way {
            with,
            tried_for: &[Addressee::Provider],
            needs,
            ..Way::whole(named_by, Gives::Project)
        }
    }

    /// The way that the settings name. Afterwards they hold what it leaves in force.
    pub(super) fn chosen(settings: &mut Settings, problems: &mut Vec<Problem>) -> Option<&'static Way> {
        let (addressee, way) = EVERYBODY.iter().find_map(|addressee| {
            let way = WAYS.iter().find(|way| way.is_named(settings, *addressee))?;
            Some((*addressee, way))
        })?;
        let other = settings.first_of(way.named_by)?;
        // What is not known yet contradicts nothing: it may turn out to be null.
        let is_known = |name| settings.said(name) != Said::Unknown;
        let in_block = shaping().filter(|name| settings.speaks_to(name, Addressee::Block) && is_known(name));
        let excluded = in_block.filter(|name| is_known(other) && !way.takes(name));
        problems.extend(excluded.map(|attribute| Problem::Exclusive { attribute, other }));
        let is_whole = way
            .whole
            .iter()
            .any(|name| settings.speaks_to(name, Addressee::Provider));
        let heeds_others = addressee == Addressee::Anybody || !is_whole;
        settings.retain(|name, addressee| way.takes(name) && (heeds_others || addressee < Addressee::Anybody));
        Some(way)
    }

    fn is_named(&self, settings: &Settings, addressee: Addressee) -> bool {
        let says = |names: &[&str]| names.iter().any(|name| settings.speaks_to(name, addressee));
        let is_named =
            self.tried_for.contains(&addressee) && says(self.named_by) && (self.with.is_empty() || says(self.with));
        // A variable does not name what the block excludes.
        let mut in_block = shaping().filter(|name| settings.speaks_to(name, Addressee::Block));
        is_named && (addressee == Addressee::Block || in_block.all(|name| self.takes(name)))
    }

    /// Whether a setting has something to say where this way is taken.
    fn takes(&self, name: &str) -> bool {
        let mut beside = self.beside.iter().chain([&self.named_by]);
        beside.any(|names| names.contains(&name)) || !shaping().any(|shaping| shaping == name)
    }
}

/// The settings that say where the API is or who asks, which exclude each other unless a way takes both. A project does not
/// belong to them: it names the namespace as well.
fn shaping() -> impl Iterator<Item = &'static str> {
    let named = WAYS
        .iter()
        .flat_map(|way| way.named_by)
        .filter(|name| **name != "project");
    named.chain(CREDENTIALS).copied()
}

/// The ways with what each lacks, in the order in which they were tried, for whoever has named none.
pub fn tried() -> String {
    let lines = WAYS.iter().flat_map(|way| {
        way.named_by.iter().map(|name| {
            let variables = Setting::named(name).variables.join(", ");
            let with = way.with_what();
            let with = if with.is_empty() { with } else { format!(" with {with}") };
            format!("  - {name} ({variables}){with}: not set")
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Way {
    /// What belongs beside the setting that names it, in words; empty where that is enough.
    pub(super) fn with_what(&self) -> String {
        let needs = self.needs.iter().map(|need| match need {
            Need::Project => "project".to_owned(),
            Need::ProjectOfKey => "project, unless the key names it".to_owned(),
            Need::Credentials => "credentials".to_owned(),
        });
        let with = match self.with {
            [others @ .., last] => Some(format!("{} or {last}", others.join(", "))),
            [] => None,
        };
        needs.chain(with).collect::<Vec<_>>().join(" and ")
    }
}

impl Gives {
    /// What it is, for the documentation.
    pub(super) fn description(self) -> &'static str {
        match self {
            Gives::InCluster => "the cluster of the pod that Terraform runs in",
            Gives::Project => "the project's control plane at Datum's API, or at `endpoint`",
            Gives::Kubeconfig => "the cluster of the kubeconfig; kubectl's own, if none is named",
            Gives::Host => "that server",
        }
    }
}
