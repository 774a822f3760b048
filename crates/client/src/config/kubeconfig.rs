//! What kubeconfig files say: read and merged by kube, selected here.
//!
//! kube's own selection is not used: it reads proxy variables from the environment, matches `NO_PROXY` against the
//! proxy's own address, and takes a user that does not exist for an anonymous one. Its file format and merging are.

use std::collections::HashMap;
use std::io;

use kube::config::{AuthInfo, Cluster, Kubeconfig as File, KubeconfigError};

use super::content;
use super::problem::{ConfigError, Setting};
use super::target::Kubeconfig;

mod entry;
mod file;

pub(crate) use entry::Entry;

/// One cluster and one user.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub(crate) cluster: Cluster,
    pub(crate) cluster_entry: Entry,
    pub(crate) user: AuthInfo,
    /// None for a user that no file has.
    pub(crate) user_entry: Option<Entry>,
    /// What the context is called.
    pub(crate) context: Option<String>,
    pub(crate) namespace: Option<String>,
}

/// Whether the user that the context names has to be in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserEntry {
    Required,
    /// Something else says who asks.
    Optional,
}

/// Reads the files and takes what was asked for.
pub(crate) fn select(wanted: &Kubeconfig, entry: UserEntry) -> Result<Selected, ConfigError> {
    pick(&merged(wanted)?, wanted, entry)
}

/// What several files say together, and which of them has which entry.
#[derive(Default)]
struct Merged {
    content: File,
    clusters: HashMap<String, Entry>,
    users: HashMap<String, Entry>,
}

impl Merged {
    /// Adds a file. The first to name something wins.
    fn add(&mut self, file: File, shown: &str) -> Result<(), KubeconfigError> {
        for cluster in &file.clusters {
            let entry = || Entry::cluster(&cluster.name, shown);
            self.clusters.entry(cluster.name.clone()).or_insert_with(entry);
        }
        for user in &file.auth_infos {
            let entry = || Entry::user(&user.name, shown);
            self.users.entry(user.name.clone()).or_insert_with(entry);
        }
        self.content = File::merge(std::mem::take(&mut self.content), file)?;
        Ok(())
    }
}

fn merged(wanted: &Kubeconfig) -> Result<Merged, ConfigError> {
    // The list of a variable is cut at its colons: if one part is content, so are the others.
    let shown: Result<Vec<_>, _> = wanted.paths.iter().map(|path| content::shown(path)).collect();
    let shown = shown.map_err(|misplaced| {
        ConfigError::new(
            Setting::Kubeconfig,
            format!("{misplaced}: write the kubeconfig into a file, and name that"),
        )
    })?;
    let mut merged = None;
    for (path, shown_path) in wanted.paths.iter().zip(&shown) {
        // A single file that was asked for must exist; of a list, kubectl skips those that do not.
        if wanted.paths.len() > 1 && !path.exists() {
            continue;
        }
        let file = file::read(path).map_err(|error| unreadable(shown_path, &error))?;
        merged
            .get_or_insert_with(Merged::default)
            .add(file, shown_path)
            .map_err(|error| unreadable(&shown.join(", "), &error))?;
    }
    merged.ok_or_else(|| {
        let message = match shown.as_slice() {
            [] => "no kubeconfig file is named".to_owned(),
            _ => format!("none of the kubeconfig files exists: {}", shown.join(", ")),
        };
        ConfigError::unread(Setting::Kubeconfig, message, &io::ErrorKind::NotFound.into())
    })
}

fn unreadable(path: &str, error: &KubeconfigError) -> ConfigError {
    let why = match error {
        KubeconfigError::ReadConfig(source, _) => source.to_string(),
        // A YAML error quotes the line it stumbled over, which may be a token: only its place is told.
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!("it is not a kubeconfig (line {}, column {})", at.line(), at.column()),
            None => "it is not a kubeconfig".to_owned(),
        },
        other => other.to_string(),
    };
    let message = format!("cannot read kubeconfig {path}: {why}");
    match error {
        KubeconfigError::ReadConfig(source, _) => ConfigError::unread(Setting::Kubeconfig, message, source),
        _ => ConfigError::new(Setting::Kubeconfig, message),
    }
}

fn pick(merged: &Merged, wanted: &Kubeconfig, entry: UserEntry) -> Result<Selected, ConfigError> {
    let file = &merged.content;
    let name = wanted
        .context
        .as_ref()
        .or(file.current_context.as_ref())
        .filter(|name| !name.is_empty());
    let context_name = name.cloned();
    let context = match name {
        Some(name) => {
            let found = file.contexts.iter().find(|context| &context.name == name);
            let found = found.and_then(|context| context.context.clone());
            let known = file.contexts.iter().map(|context| context.name.as_str());
            Some(found.ok_or_else(|| missing(Setting::Context, "context", name, known))?)
        }
        None if wanted.cluster.is_some() => None,
        None => {
            let known = listed(file.contexts.iter().map(|context| context.name.as_str()));
            return Err(ConfigError::new(
                Setting::Context,
                format!("the kubeconfig has no current context and none was chosen; it has {known}"),
            ));
        }
    };

    let name = wanted
        .cluster
        .clone()
        .or_else(|| context.as_ref().map(|context| context.cluster.clone()));
    let name = name.unwrap_or_default();
    let cluster = file
        .clusters
        .iter()
        .find(|cluster| cluster.name == name)
        .and_then(|found| found.cluster.clone())
        .zip(merged.clusters.get(&name).cloned());
    let (cluster, cluster_entry) = cluster.ok_or_else(|| {
        let known = file.clusters.iter().map(|cluster| cluster.name.as_str());
        missing(Setting::Cluster, "cluster", &name, known)
    })?;

    let name = wanted
        .user
        .clone()
        .or_else(|| context.as_ref().and_then(|context| context.user.clone()));
    let name = name.filter(|name| !name.is_empty());
    let user_entry = name.as_ref().and_then(|name| merged.users.get(name)).cloned();
    let user = match &name {
        Some(name) => {
            let found = file.auth_infos.iter().find(|user| user.name == *name);
            // A user that says nothing of itself is there all the same.
            let found = found.map(|user| user.auth_info.clone().unwrap_or_default());
            let known = file.auth_infos.iter().map(|user| user.name.as_str());
            match found {
                None if entry == UserEntry::Optional => AuthInfo::default(),
                found => found.ok_or_else(|| missing(Setting::User, "user", name, known))?,
            }
        }
        None => AuthInfo::default(),
    };
    let namespace = context
        .and_then(|context| context.namespace)
        .filter(|namespace| !namespace.is_empty());
    Ok(Selected {
        cluster,
        cluster_entry,
        user,
        user_entry,
        context: context_name,
        namespace,
    })
}

fn missing<'a>(setting: Setting, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> ConfigError {
    ConfigError::new(
        setting,
        format!(
            "the kubeconfig has no {what} {:?}; it has {}",
            content::shown_name(name),
            listed(known)
        ),
    )
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("{:?}", content::shown_name(name))).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
apiVersion: v1
kind: Config
current-context: work
contexts:
- { name: work, context: { cluster: datum, user: me, namespace: project-shop } }
- { name: other, context: { cluster: lab, user: ghost } }
clusters:
- { name: datum, cluster: { server: "api.datum.net/prefix" } }
- { name: lab, cluster: { server: "http://127.0.0.1:1" } }
users:
- { name: me, user: { token: t0p } }
"#;

    fn pick_from(wanted: &Kubeconfig) -> Result<Selected, ConfigError> {
        let mut merged = Merged::default();
        merged.add(File::from_yaml(FILE).unwrap(), "/kubeconfig").unwrap();
        pick(&merged, wanted, UserEntry::Required)
    }

    #[test]
    fn the_current_context_is_taken_unless_another_is_chosen() {
        let selected = pick_from(&Kubeconfig::default()).unwrap();
        assert_eq!(selected.cluster.server.as_deref(), Some("api.datum.net/prefix"));
        assert_eq!(selected.namespace.as_deref(), Some("project-shop"));
        assert!(selected.user.token.is_some());

        let wanted = Kubeconfig {
            context: Some("other".into()),
            user: Some("me".into()),
            ..Kubeconfig::default()
        };
        assert_eq!(
            pick_from(&wanted).unwrap().cluster.server.as_deref(),
            Some("http://127.0.0.1:1")
        );
        let wanted = Kubeconfig {
            cluster: Some("lab".into()),
            ..Kubeconfig::default()
        };
        assert!(pick_from(&wanted).unwrap().user.token.is_some());
    }

    #[test]
    fn a_name_that_is_not_there_lists_those_that_are() {
        let wanted = |context: Option<&str>, cluster: Option<&str>, user: Option<&str>| Kubeconfig {
            paths: Vec::new(),
            context: context.map(str::to_owned),
            cluster: cluster.map(str::to_owned),
            user: user.map(str::to_owned),
        };
        let cases = [
            (
                wanted(Some("x"), None, None),
                Setting::Context,
                r#"the kubeconfig has no context "x"; it has "work", "other""#,
            ),
            (
                wanted(None, Some("x"), None),
                Setting::Cluster,
                r#"the kubeconfig has no cluster "x"; it has "datum", "lab""#,
            ),
            (
                wanted(None, None, Some("x")),
                Setting::User,
                r#"the kubeconfig has no user "x"; it has "me""#,
            ),
            (
                wanted(Some("other"), None, None),
                Setting::User,
                r#"the kubeconfig has no user "ghost"; it has "me""#,
            ),
        ];
        for (wanted, setting, message) in cases {
            let error = pick_from(&wanted).unwrap_err();
            assert_eq!((error.setting(), error.to_string().as_str()), (setting, message));
        }
    }

    #[test]
    fn files_merge_the_first_wins_and_a_missing_one_of_several_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        std::fs::write(
            &first,
            "current-context: work\nusers: [{ name: me, user: { tokenFile: token } }]\n",
        )
        .unwrap();
        std::fs::write(&second, FILE).unwrap();
        let missing = folder.path().join("missing");
        let wanted = Kubeconfig {
            paths: vec![first, missing.clone(), second],
            ..Kubeconfig::default()
        };
        let selected = select(&wanted, UserEntry::Required).unwrap();
        assert!(selected.user.token.is_none(), "the first file's user wins whole");
        let token_file = folder.path().join("token");
        assert_eq!(
            selected.user.token_file.as_deref(),
            token_file.to_str(),
            "paths are relative to their file"
        );
        let told = (
            selected.cluster_entry.to_string(),
            selected.user_entry.unwrap().to_string(),
        );
        let file = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(
            told,
            (
                format!("cluster \"datum\" in {}", file("second")),
                format!("user \"me\" in {}", file("first"))
            )
        );

        let error = select(
            &Kubeconfig {
                paths: vec![missing],
                ..Kubeconfig::default()
            },
            UserEntry::Required,
        )
        .unwrap_err();
        assert!(error.to_string().contains("No such file"), "{error}");
    }

    #[test]
    fn a_broken_file_is_named_but_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, "users:\n- name: me\n  user: { token: [s3cret-token }\n").unwrap();
        let error = select(
            &Kubeconfig {
                paths: vec![path],
                ..Kubeconfig::default()
            },
            UserEntry::Required,
        )
        .unwrap_err();
        assert!(error.to_string().contains("it is not a kubeconfig"), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
