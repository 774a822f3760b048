//! YAML as the API server's library reads and writes it (`sigs.k8s.io/yaml` on `go.yaml.in/yaml/v2`).

mod decode;
mod encode;

pub(super) use decode::{decode, repeated_key};
pub(super) use encode::encode;
