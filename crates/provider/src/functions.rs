//! Functions: `provider::datum::manifest_decode` and `provider::datum::manifest_encode`.

mod decode;
mod encode;

pub use self::decode::ManifestDecode;
pub use self::encode::ManifestEncode;
