//! What a kind does beside what every kind does.
//!
//! Follows the strategies of `k8s.io/apiserver/pkg/registry/rest` and their implementations in `pkg/registry/core` and
//! `apiextensions-apiserver/pkg/registry/customresource`. The pipeline calls them at the moments that the API server does,
//! and knows no kind itself.

use serde_json::Value;
use structured_merge::FieldSet;

use crate::admission::{self, Decoder, FieldError, NameRule, Part};
use crate::resource::Subresource;
use crate::status::Status;

/// The strategy of a kind. What most kinds do is the default.
pub(super) trait Strategy: Sync {
    /// What the names may look like.
    fn names(&self) -> NameRule {
        NameRule::Subdomain
    }

    /// Whether changes of the spec are counted (`metadata.generation`).
    fn counts_generations(&self) -> bool {
        false
    }

    /// Whether an update has to say which version it is meant for.
    fn insists_on_a_version(&self) -> bool {
        false
    }

    /// Which of Go's decoders reads the objects.
    fn decoder(&self) -> Decoder {
        Decoder::Object
    }

    /// Whether a patched object has to say its version.
    fn requires_api_version(&self) -> bool {
        false
    }

    /// The fields that a write through this subresource (empty: the object itself) cannot own, where the kind has a status.
    fn reset_fields(&self, subresource: &str) -> FieldSet {
        match subresource {
            // A built-in kind does not say that its metadata cannot be changed through `status`, and records who tried.
            "status" => FieldSet::of([["spec"].as_slice()]),
            subresource => structured_merge::reset_fields(subresource),
        }
    }

    /// Whether an update makes an object that is not there.
    fn creates_on_update(&self) -> bool {
        false
    }

    /// Turns what a client sent, or what an apply made of it, into what is kept.
    fn read(&self, _object: &mut Value) {}

    /// Adds to a new object what counts as the client's own.
    fn prepare(&self, _object: &mut Value) {}

    /// Gives a new object what the server alone gives.
    fn start(&self, _object: &mut Value) {}

    /// Keeps, in an update, what this endpoint does not change.
    fn keep(&self, _live: &Value, _object: &mut Value, _subresource: Option<Subresource>) {}

    /// Corrects what was found wrong with a new object.
    fn check_new(&self, _object: &Value, _errors: &mut Vec<FieldError>) {}

    /// Adds what is wrong with the finalizers of an object, beside what is wrong with them in any kind.
    fn check_finalizers(&self, object: &Value, errors: &mut Vec<FieldError>) {
        errors.extend(admission::validate_finalizer_domains(object));
    }

    /// What to warn of in an object that is accepted.
    fn warnings(&self, _object: &Value, _live: Option<&Value>) -> Vec<String> {
        Vec::new()
    }

    /// Whether the metadata of a changed object are checked as those of a new one, too.
    fn checks_metadata_of_updates_as_new(&self) -> bool {
        false
    }

    /// Adds what is wrong with a changed object.
    fn check_update(&self, _object: &Value, _live: &Value, _part: Part, _errors: &mut Vec<FieldError>) {}

    /// Refuses the deletion of an object that is always there.
    fn check_deletion(&self, _name: &str) -> Result<(), Status> {
        Ok(())
    }

    /// Whether an object can own others, which a deletion then is about, too.
    fn can_own(&self) -> bool {
        true
    }

    /// How an object goes.
    fn deletion(&self) -> Deletion {
        Deletion::AtOnce
    }

    /// Whether something of the kind's own, beside the finalizers of its metadata, holds an object that is being deleted.
    fn is_held(&self, _object: &Value) -> bool {
        false
    }
}

/// How an object goes when somebody deletes it and no finalizer holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// At once, and the answer says that it is gone.
    AtOnce,
    /// At once, and the answer is what it was.
    AtOnceWithLast,
    /// Only after what it holds is gone, too.
    AfterItsContent,
}
