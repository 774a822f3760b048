//! Times as the API writes them.

use jiff::Timestamp;

/// `time` in whole seconds: `2026-01-01T00:00:00Z`.
pub(crate) fn timestamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
