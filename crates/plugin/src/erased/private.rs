//! Private state: bytes that the CLI stores beside a resource and does not look into.
//!
//! It is encoded as tf-provider's own server does, so that state written under that server stays readable. Null is no bytes
//! at all, and no bytes are read as null or, where the type does not accept that, as an object without attributes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tf_provider::Diagnostics;

use crate::diagnostic;
use crate::value::Error;

const NIL: &[u8] = &[0xc0];
const EMPTY_MAP: &[u8] = &[0x80];

pub(crate) fn encode<P: Serialize + ?Sized>(private: &P) -> Result<Bytes, Error> {
    match rmp_serde::to_vec_named(private) {
        Ok(bytes) if bytes == NIL => Ok(Bytes::new()),
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => Err(Error::new(error.to_string())),
    }
}

pub(super) fn write<P: Serialize>(diags: &mut Diagnostics, private: &P) -> Option<Bytes> {
    match encode(private) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            diags.add_error(diagnostic::unwritable("private state", &error));
            None
        }
    }
}

pub(super) fn read<'de, P: Deserialize<'de>>(diags: &mut Diagnostics, bytes: &'de [u8]) -> Option<P> {
    let private = if bytes.is_empty() {
        rmp_serde::from_slice(NIL).or_else(|_| rmp_serde::from_slice(EMPTY_MAP))
    } else {
        rmp_serde::from_slice(bytes)
    };
    match private {
        Ok(private) => Some(private),
        Err(error) => {
            diags.add_error(diagnostic::unreadable("private state", &Error::new(error.to_string())));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use tf_provider::value::ValueEmpty;

    use super::*;
    use crate::value::Value;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Private {
        #[serde(default)]
        revisions: u64,
    }

    fn round_trip<P: Serialize + for<'de> Deserialize<'de>>(private: &P) -> (Bytes, P) {
        let mut diags = Diagnostics::default();
        let bytes = write(&mut diags, private).unwrap();
        let read = read(&mut diags, &bytes).unwrap();
        (bytes, read)
    }

    #[test]
    fn nothing_is_no_bytes() {
        assert_eq!(round_trip(&Value::Null), (Bytes::new(), Value::Null));
        assert_eq!(round_trip(&ValueEmpty::Null), (Bytes::new(), ValueEmpty::Null));
        round_trip(&());
    }

    #[test]
    fn no_bytes_are_the_default_where_the_type_has_one() {
        let mut diags = Diagnostics::default();
        assert_eq!(read(&mut diags, &[]), Some(Private::default()));
        assert_eq!(read::<u64>(&mut diags, &[]), None);
        assert_eq!(diags.errors.len(), 1);
    }

    #[test]
    fn it_is_encoded_as_tf_provider_does() {
        let private = Private { revisions: 3 };
        let (bytes, read) = round_trip(&private);
        assert_eq!(bytes, b"\x81\xa9revisions\x03"[..]);
        assert_eq!(read, private);
        let value = Value::object([("unknown", Value::Unknown), ("list", Value::list([1, 2]))]);
        assert_eq!(round_trip(&value).1, value);
    }
}
