//! Values that are used and never shown.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

/// What is shown in place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// A password, token or key. Its `Debug`, `Display` and `Serialize` show `***`; of an empty one,
/// which is none, `Serialize` shows that.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0.is_empty() { "" } else { HIDDEN })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        secret_text(deserializer, "a text").map(Self)
    }
}

/// Reads a text whose content no error may repeat, which serde's own would.
pub(crate) fn secret_text<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<String, D::Error> {
    String::deserialize(deserializer).map_err(|_| refused(expected))
}

/// The error for a secret that is not what was expected; it does not repeat the value.
pub(crate) fn refused<E: de::Error>(expected: &'static str) -> E {
    E::invalid_value(
        de::Unexpected::Other("something else (not shown)"),
        &expected,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_used_and_not_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(
            toml::Value::try_from(&secret).unwrap().as_str(),
            Some("***")
        );
    }

    #[test]
    fn an_error_does_not_repeat_it() {
        let error = Secret::deserialize(toml::Value::Integer(4711)).unwrap_err();
        assert!(!error.to_string().contains("4711"), "{error}");
    }
}
