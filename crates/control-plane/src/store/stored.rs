//! One version of one object.

use std::io;
use std::sync::OnceLock;
use std::time::Instant;

use bytes::Bytes;
use serde_json::Value;

use crate::go;

/// One object as it was at one version; immutable, and encoded at most once however many read it.
#[derive(Debug)]
pub struct Stored {
    /// The object, `metadata.resourceVersion` included.
    pub value: Value,
    /// The version as a number.
    pub version: u64,
    /// When it was written, or read from the disk.
    pub since: Instant,
    /// How many bytes it has as JSON.
    pub size: usize,
    json: OnceLock<Bytes>,
}

impl Stored {
    /// The object `value` as the change with this version made it.
    pub(super) fn new(mut value: Value, version: u64) -> Self {
        value["metadata"]["resourceVersion"] = version.to_string().into();
        let size = size(&value);
        Self {
            value,
            version,
            since: Instant::now(),
            size,
            json: OnceLock::new(),
        }
    }

    /// The object as JSON.
    pub fn json(&self) -> Bytes {
        self.json.get_or_init(|| go::json(&self.value).into()).clone()
    }
}

/// How many bytes a value has as JSON, counted without keeping them.
fn size(value: &Value) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Neither the writer nor a value can fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}
