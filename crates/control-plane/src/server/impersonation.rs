//! Impersonation: an administrator acts for somebody else (`Impersonate-User`).

use http::{HeaderName, Request};
use hyper::body::Incoming;

use super::call::header;
use crate::auth::{Attributes, User};
use crate::status::Status;

/// Who the request is made as: an administrator may act for anybody (`Impersonate-User`).
pub(super) fn acting_user(request: &Request<Incoming>, user: User) -> Result<User, Status> {
    let name = header(request, HeaderName::from_static("impersonate-user"));
    let groups = request.headers().get_all("impersonate-group").iter();
    let groups: Vec<String> = groups
        .filter_map(|group| group.to_str().ok())
        .map(str::to_owned)
        .collect();
    let uid = header(request, HeaderName::from_static("impersonate-uid"));
    if name.is_empty() {
        if groups.is_empty() && uid.is_empty() {
            return Ok(user);
        }
        let groups = match groups.as_slice() {
            [] => "(nil)".to_owned(),
            groups => format!(
                "{{{}}}",
                groups
                    .iter()
                    .map(|group| format!("{group:?}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        return Err(Status::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:[]string{groups}, Extra:map[string][]string(nil)}} \
             without impersonating a user name"
        )));
    }
    let attributes = Attributes {
        verb: "impersonate",
        group: "",
        resource: "users",
        subresource: "",
        namespace: "",
        name: &name,
    };
    attributes.authorize(&user)?;
    Ok(User::acting_for(&name, groups))
}
