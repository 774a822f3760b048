//! Text that is not shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A token, a password, or other text that must never be shown: its `Debug` form, and so its form in a log, is `[REDACTED]`,
/// and it has no `Display`.
///
/// It is read and written as the string that it is, so that a provider's `Config` and `State` can have fields of it, which
/// tf-provider requires to be serialisable. A secret that stays in memory is better off in a `secrecy::SecretString`.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value as Field;

    use super::*;
    use crate::value::{Value, from_value, to_value};

    #[test]
    fn it_is_read_and_written_but_not_shown() {
        let value = Value::from("hunter2");
        let secret: Field<Secret> = from_value(&value).unwrap();
        assert_eq!(secret, Field::Value("hunter2".into()));
        assert_eq!(to_value(&secret).unwrap(), value);
        assert_eq!(format!("{secret:?}"), "[REDACTED]");
        assert_eq!(from_value::<Field<Secret>>(&Value::Unknown).unwrap(), Field::Unknown);
    }
}
