//! Identities in answers.

use tf_provider::Diagnostics;

use super::registered::Resource;
use crate::diagnostic;
use crate::panic::caught_at_once;
use crate::proto::ResourceIdentityData;
use crate::to_proto;
use crate::value::Value;

impl Resource<'_> {
    /// The identity of the resource in this state, when it has one that is wholly known.
    pub(super) fn identity(&self, diags: &mut Diagnostics, state: &Value) -> Option<ResourceIdentityData> {
        let (_, ty) = self.described.identity.as_ref()?;
        if state.is_null() {
            return None;
        }
        let identity = self.extensions.identity.as_ref()?;
        // The state is still to be answered: a panic here must not take it along.
        let identity = match caught_at_once(|| identity.identity(state)) {
            Ok(identity) => identity?,
            Err(panic) => {
                diags.add_error(diagnostic::panicked(&format!("identifying {}", self.name), &panic));
                return None;
            }
        };
        if !identity.is_wholly_known() {
            return None;
        }
        to_proto::identity(diags, &identity, ty)
    }
}
