//! Who makes a request, and what they may do.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::status::Status;

/// The group that may do everything.
const MASTERS: &str = "system:masters";
/// The group of everybody who is somebody.
const AUTHENTICATED: &str = "system:authenticated";

/// Where everybody may read who is somebody.
const PUBLIC_PATHS: [&str; 4] = ["/api", "/apis", "/openapi", "/version"];

/// Somebody with credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The name, as 403 answers print it.
    pub name: String,
    /// The groups.
    pub groups: Vec<String>,
}

/// The users that every control plane has, and what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Read.
    Reader,
    /// Everything but delete.
    NoDelete,
    /// Nothing but discovery.
    Nobody,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Admin, Role::Reader, Role::NoDelete, Role::Nobody];

    /// The name of the user, and of the context in the kubeconfig.
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Reader => "reader",
            Role::NoDelete => "no-delete",
            Role::Nobody => "nobody",
        }
    }

    /// The user who has this role and no other.
    pub fn user(self) -> User {
        let mut groups = vec![AUTHENTICATED.to_owned()];
        if self == Role::Admin {
            groups.insert(0, MASTERS.to_owned());
        }
        User {
            name: self.name().to_owned(),
            groups,
        }
    }

    /// The verbs, where it is not all of them.
    fn verbs(self) -> Option<&'static [&'static str]> {
        match self {
            Role::Admin => None,
            Role::Reader => Some(&["get", "list", "watch"]),
            Role::NoDelete => Some(&["get", "list", "watch", "create", "update", "patch"]),
            Role::Nobody => Some(&[]),
        }
    }
}

impl User {
    /// The user of a client certificate: the common name, and the organizations as groups.
    pub fn from_certificate(der: &[u8]) -> Option<User> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let subject = certificate.subject();
        let name = subject.iter_common_name().next()?.as_str().ok()?.to_owned();
        let mut groups: Vec<String> = subject
            .iter_organization()
            .filter_map(|organization| organization.as_str().ok().map(str::to_owned))
            .collect();
        groups.push(AUTHENTICATED.to_owned());
        Some(User { name, groups })
    }

    /// The user of this name, as an administrator acts for them.
    pub fn acting_for(name: &str, mut groups: Vec<String>) -> User {
        if !groups.iter().any(|group| group == AUTHENTICATED) {
            groups.push(AUTHENTICATED.to_owned());
        }
        User {
            name: name.to_owned(),
            groups,
        }
    }

    /// Refuses what the user may not do with a path that is no object's, in the API server's words.
    pub fn authorize_path(&self, method: &str, path: &str) -> Result<(), Status> {
        let verb = method.to_lowercase();
        let below = |public: &str| {
            path.strip_prefix(public)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.is_admin() || (verb == "get" && PUBLIC_PATHS.into_iter().any(below)) {
            return Ok(());
        }
        let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", self.name);
        Err(Status::new(403, "Forbidden", message).about("", "", ""))
    }

    fn role(&self) -> Role {
        if self.groups.iter().any(|group| group == MASTERS) {
            return Role::Admin;
        }
        Role::ALL
            .into_iter()
            .find(|role| *role != Role::Admin && role.name() == self.name)
            .unwrap_or(Role::Nobody)
    }

    /// Whether the user may do everything.
    pub fn is_admin(&self) -> bool {
        self.role() == Role::Admin
    }

    /// The rules as the status of a `SelfSubjectRulesReview` lists them.
    pub fn rules(&self) -> Value {
        let reviews = |group: &str, resources: &[&str]| json!({"verbs": ["create"], "apiGroups": [group], "resources": resources});
        let mut of_resources = vec![
            reviews(
                "authorization.k8s.io",
                &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
            ),
            reviews("authentication.k8s.io", &["selfsubjectreviews"]),
        ];
        let verbs = match self.role().verbs() {
            None => Some(json!(["*"])),
            Some([]) => None,
            Some(verbs) => Some(json!(verbs)),
        };
        of_resources.extend(verbs.map(|verbs| json!({"verbs": verbs, "apiGroups": ["*"], "resources": ["*"]})));
        let below = PUBLIC_PATHS
            .into_iter()
            .flat_map(|path| [path.to_owned(), format!("{path}/*")]);
        let public: Vec<String> = ["/healthz", "/livez", "/readyz"]
            .map(str::to_owned)
            .into_iter()
            .chain(below)
            .collect();
        let mut of_paths = vec![json!({"verbs": ["get"], "nonResourceURLs": public})];
        if self.is_admin() {
            of_paths.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
        }
        json!({"resourceRules": of_resources, "nonResourceRules": of_paths, "incomplete": false})
    }
}

/// The tokens and whose they are.
#[derive(Clone, Debug, Default)]
pub struct Tokens(HashMap<String, User>);

impl Tokens {
    /// Makes `token` the user's.
    pub fn insert(&mut self, token: String, user: User) {
        self.0.insert(token, user);
    }

    /// Whose token the `Authorization` header carries.
    pub fn user(&self, authorization: &str) -> Option<&User> {
        let (scheme, token) = authorization.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        self.owner(token.trim())
    }

    /// Whose token it is.
    pub fn owner(&self, token: &str) -> Option<&User> {
        self.0.get(token)
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    /// `get`, `list`, `deletecollection`, ...
    pub verb: &'a str,
    /// The API group.
    pub group: &'a str,
    /// The resource.
    pub resource: &'a str,
    /// The subresource, or empty.
    pub subresource: &'a str,
    /// The namespace, or empty.
    pub namespace: &'a str,
    /// The name, or empty.
    pub name: &'a str,
}

impl Attributes<'_> {
    /// Whether the user may do it. Reviews of oneself are everybody's.
    pub fn allowed(&self, user: &User) -> bool {
        let self_review = matches!(self.group, "authorization.k8s.io" | "authentication.k8s.io")
            && self.resource.starts_with("selfsubject")
            && self.verb == "create";
        self_review || user.role().verbs().is_none_or(|verbs| verbs.contains(&self.verb))
    }

    /// Refuses what the user may not do, in the API server's words.
    pub fn authorize(&self, user: &User) -> Result<(), Status> {
        if self.allowed(user) {
            return Ok(());
        }
        let Attributes {
            verb,
            group,
            namespace,
            name,
            ..
        } = self;
        let qualified = if group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{group}", self.resource)
        };
        let subject = if name.is_empty() {
            qualified
        } else {
            format!("{qualified} \"{name}\"")
        };
        let resource = if self.subresource.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        };
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{namespace}\"")
        };
        let message = format!(
            "{subject} is forbidden: User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}",
            user.name
        );
        Err(Status::new(403, "Forbidden", message).about(name, group, self.resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Attributes<'static> = Attributes {
        verb: "list",
        group: "compute.miloapis.com",
        resource: "workloads",
        subresource: "",
        namespace: "project-a",
        name: "",
    };

    #[test]
    fn a_refusal_says_who_may_not_do_what_where() {
        let nobody = Role::Nobody.user();
        for (attributes, message) in [
            (
                LIST,
                "workloads.compute.miloapis.com is forbidden: User \"nobody\" cannot list resource \"workloads\" in API group \"compute.miloapis.com\" in the namespace \"project-a\"",
            ),
            (
                Attributes {
                    verb: "patch",
                    name: "web",
                    subresource: "status",
                    ..LIST
                },
                "workloads.compute.miloapis.com \"web\" is forbidden: User \"nobody\" cannot patch resource \"workloads/status\" in API group \"compute.miloapis.com\" in the namespace \"project-a\"",
            ),
            (
                Attributes {
                    group: "",
                    resource: "namespaces",
                    namespace: "",
                    ..LIST
                },
                "namespaces is forbidden: User \"nobody\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope",
            ),
        ] {
            let status = attributes.authorize(&nobody).unwrap_err();
            assert_eq!((status.code, status.message.as_str()), (403, message));
        }
    }

    #[test]
    fn roles_allow_their_verbs_only() {
        let verb = |verb| Attributes { verb, ..LIST };
        for (role, allowed, refused) in [
            (Role::Reader, ["get", "watch"], ["create", "delete"]),
            (Role::NoDelete, ["patch", "create"], ["delete", "deletecollection"]),
        ] {
            let user = role.user();
            assert!(allowed.iter().all(|allowed| verb(allowed).allowed(&user)), "{role:?}");
            assert!(!refused.iter().any(|refused| verb(refused).allowed(&user)), "{role:?}");
        }
    }
}
