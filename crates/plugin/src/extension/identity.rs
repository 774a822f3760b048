//! What makes a resource the one it is.

use async_trait::async_trait;
use tf_provider::Diagnostics;

use crate::diagnostic;
use crate::value::{Type, Value};

/// The data that tells one object of a type from every other, for good.
///
/// With an identity, Terraform (from 1.12 on) imports by attributes in place of an ID string, notices when an object behind
/// an address became another one, and can list resources.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The attributes of the identity.
    fn schema(&self) -> IdentitySchema;

    /// The identity of the resource in this state; `None` where the state does not tell (yet).
    ///
    /// Called after each read, plan, apply and import. Of a planned state, an identity that is not wholly known is not sent.
    fn identity(&self, state: &Value) -> Option<Value>;

    /// The import ID of the resource with this identity, for an import by identity.
    ///
    /// `None` refuses the import, with the reason in `diags`.
    async fn import_id(&self, diags: &mut Diagnostics, identity: &Value) -> Option<String>;

    /// The identity that `prior`, stored under version `from` of the identity's schema, is now.
    ///
    /// An identity of the present version is read without. The default refuses.
    async fn upgrade(&self, diags: &mut Diagnostics, from: i64, prior: serde_json::Value) -> Option<Value> {
        drop(prior);
        diags.add_error(diagnostic::general(
            "Cannot read the resource's identity",
            format!("It was stored under version {from} of the identity's schema, which this provider cannot read."),
        ));
        None
    }
}

/// The attributes of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySchema {
    /// Counted up from 0 with each incompatible change; independent of the resource schema's version.
    pub version: i64,
    /// The attributes, of primitive types or lists of such.
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether the user gives it to import a resource.
    pub import: ImportRole,
    /// What it means, in Markdown.
    pub description: String,
}

/// Whether an identity's attribute is given to import a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportRole {
    /// It must be given.
    Required,
    /// It may be given; the provider knows it otherwise.
    Optional,
}

impl IdentitySchema {
    pub(crate) fn ty(&self) -> Type {
        Type::object(
            self.attributes
                .iter()
                .map(|attribute| (&attribute.name, attribute.ty.clone())),
        )
    }
}
