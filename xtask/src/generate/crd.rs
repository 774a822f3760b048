//! The `CustomResourceDefinition`: the deep schema without what an API server does not know.
//!
//! It has no validation rules (`x-kubernetes-validations`). The specification names none, the API that it stands in for
//! stores whatever its schema allows, and a rule of ours would refuse here what is accepted there. What no Pod could be made
//! from is refused before it is sent (`datum_model::validation`).

use anyhow::Context;
use datum_model::Workload;
use kube::CustomResourceExt;
use serde_json::Value;

use super::schema;

/// The definition of Workload with `deep` as its schema.
pub(super) fn workload(deep: &Value) -> anyhow::Result<Value> {
    let mut structural = deep.clone();
    schema::walk(&mut structural, "", &mut |path, node| {
        node.retain(|keyword, _| !keyword.starts_with("x-datum-"));
        if path.is_empty()
            && let Some(Value::Object(properties)) = node.get_mut("properties")
        {
            // The API server knows these of every resource, and refuses a CRD that restricts them.
            properties.retain(|name, _| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"));
        }
    });
    let mut crd = serde_json::to_value(Workload::crd()).context("cannot write the derived CRD as JSON")?;
    *crd.pointer_mut("/spec/versions/0/schema/openAPIV3Schema")
        .context("the derived CRD has no schema")? = structural;
    Ok(schema::canonical(crd))
}

/// The definition as it is committed for `kubectl apply`.
pub(super) fn yaml(crd: &Value) -> anyhow::Result<String> {
    let yaml = serde_saphyr::to_string(crd).context("cannot write the CRD as YAML")?;
    Ok(format!(
        "# Generated from the Rust types by `make generate`: do not edit.\n{yaml}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_yaml_says_what_the_json_says() {
        let crd = workload(&schema::workload().unwrap()).unwrap();
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml(&crd).unwrap()).unwrap(), crd);
    }
}
