//! The specification's examples, there and back.

use serde_json::{Value as Json, json};
use structured_merge::FieldSet;
use terraform_provider_datum::schema;
use terraform_provider_datum::value::{Provenance, expand, flatten, flatten_all, import, planned};
use tf_plugin_server::value::Value;

const WEB_APP: &str = include_str!("../../../config/samples/web-app.yaml");
const API_SERVER: &str = include_str!("../../../config/samples/api-server.yaml");
const APP_WITH_SIDECAR: &str = include_str!("../../../config/samples/app-with-sidecar.yaml");

/// Each example without `apiVersion` and `kind`, which a configuration does not spell.
fn examples() -> impl Iterator<Item = Json> {
    [WEB_APP, API_SERVER, APP_WITH_SIDECAR].into_iter().map(|text| {
        let mut manifest: Json = serde_saphyr::from_str(text).expect("the example is YAML");
        let fields = manifest.as_object_mut().expect("the example is an object");
        fields.retain(|field, _| ["metadata", "spec"].contains(&field.as_str()));
        manifest
    })
}

/// The example as the API holds it, with defaults and with what the server decides.
fn stored(manifest: &Json) -> Json {
    let mut object = manifest.clone();
    object["metadata"]["uid"] = "u".into();
    object["metadata"]["generation"] = 1.into();
    object["metadata"]["managedFields"] = json!([]);
    object["status"] = json!({ "phase": "Running" });
    for container in object["spec"]["template"]["spec"]["containers"]
        .as_array_mut()
        .expect("an example has containers")
    {
        for port in container
            .get_mut("ports")
            .and_then(Json::as_array_mut)
            .into_iter()
            .flatten()
        {
            port["protocol"] = "TCP".into();
        }
    }
    object
}

#[test]
fn an_example_is_sent_as_it_is_written() {
    for manifest in examples() {
        let config = flatten_all(&manifest, schema::workload());
        assert_eq!(expand(&config, schema::workload()), Ok(manifest));
    }
}

#[test]
fn after_an_example_is_applied_the_plan_is_empty() {
    for manifest in examples() {
        let config = flatten_all(&manifest, schema::workload());
        let state = flatten(&stored(&manifest), &config, schema::workload());
        assert_eq!(planned(&config, &state, schema::workload(), None), state);
    }
}

#[test]
fn an_imported_example_plans_empty_with_its_configuration() {
    for manifest in examples() {
        let config = flatten_all(&manifest, schema::workload());
        let nobody = FieldSet::default();
        let provenance = Provenance {
            specified: &nobody,
            foreign: &nobody,
        };
        let imported = import(&stored(&manifest), schema::workload(), provenance);
        let refreshed = flatten(&stored(&manifest), &imported, schema::workload());
        assert_eq!(refreshed, imported);
        assert_eq!(planned(&config, &refreshed, schema::workload(), None), refreshed);
    }
}

#[test]
fn a_change_outside_is_shown_and_nothing_else() {
    for manifest in examples() {
        let config = flatten_all(&manifest, schema::workload());
        let mut object = stored(&manifest);
        object["spec"]["template"]["spec"]["containers"][0]["image"] = "changed:1".into();
        let mut expected = flatten(&stored(&manifest), &config, schema::workload());
        let spec = expected
            .get_mut("spec")
            .and_then(|spec| spec.get_mut("template")?.get_mut("spec"));
        let containers = spec
            .and_then(|spec| spec.get_mut("containers")?.as_list_mut())
            .expect("containers");
        *containers[0].get_mut("image").expect("a container has an image") = Value::from("changed:1");
        assert_eq!(flatten(&object, &config, schema::workload()), expected);
    }
}
