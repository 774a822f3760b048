//! State that earlier versions of the provider stored.
//!
//! | Version of the schema | Written by | What is different |
//! |---|---|---|
//! | 0 | builds before the first release | It may hold attributes that no longer exist; they are dropped. |
//! | 1 | the first release | The present one. |

use std::sync::LazyLock;

use async_trait::async_trait;
use serde_json::Value as Json;
use tf_plugin_server::extension::StateUpgrade;
use tf_plugin_server::value::{Type, Value, json};
use tf_provider::Diagnostics;

use crate::{diagnostics, schema};

/// Brings stored state to [`schema::VERSION`].
#[derive(Clone, Copy, Debug)]
pub struct WorkloadUpgrade;

#[async_trait]
impl StateUpgrade for WorkloadUpgrade {
    async fn upgrade(&self, diags: &mut Diagnostics, from: i64, prior: Json) -> Option<Value> {
        /// Computed once: each resource of an old state is upgraded by a call of its own.
        static TYPE: LazyLock<Type> = LazyLock::new(|| Type::of_block(&schema::workload_block().block));
        match json::decode_stored(prior.to_string().as_bytes(), &TYPE) {
            Ok(state) => Some(state),
            Err(error) => {
                diags.add_error(diagnostics::unreadable_state(from, &error));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;
    use tf_provider::AttributePath;

    use super::*;

    async fn upgraded(prior: Json) -> Result<Value, String> {
        let mut diags = Diagnostics::default();
        let state = WorkloadUpgrade.upgrade(&mut diags, 0, prior).await;
        state.ok_or_else(|| diagnostics::shown(&diags.errors))
    }

    #[tokio::test]
    async fn what_no_longer_exists_is_dropped_and_what_is_new_is_null() {
        let prior = json!({
            "id": "project-a/web",
            "gone": true,
            "metadata": { "name": "web", "gone": "x" },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "gone": [1] }], "volumes": [
                { "name": "src", "git_repo": { "repository": "r" } },
            ] } } },
        });
        let state = upgraded(prior).await.expect("the state is read");
        assert_eq!(state.get("gone"), None);
        assert_eq!(state.get("wait"), Some(&Value::Null));
        let metadata = state.get("metadata").expect("metadata");
        assert_eq!(metadata.get("name"), Some(&Value::from("web")));
        assert_eq!(metadata.get("uid"), Some(&Value::Null));
        assert_eq!(metadata.get("gone"), None);
        let volume = state.at(&AttributePath::new("spec")
            .attribute("template")
            .attribute("spec")
            .attribute("volumes")
            .index(0));
        let volume = volume.expect("the volume is there");
        assert_eq!(volume.get("name"), Some(&Value::from("src")));
        assert_eq!(volume.get("git_repo"), None);
    }

    #[tokio::test]
    async fn what_is_no_state_is_explained() {
        let refused = upgraded(json!({ "id": "project-a/web", "metadata": "web" })).await;
        expect![[r#"
            [] The stored state of this workload cannot be read
            It says that it was written under version 0 of the schema, but it is not such a state: metadata: expected an object, found a string

            If the state file was edited, restore it from its backup. Otherwise take the workload over anew: remove it from the state (terraform state rm) and import it.
        "#]].assert_eq(&refused.expect_err("this is no state"));
    }
}
