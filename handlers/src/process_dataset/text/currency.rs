//! Currency codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Three letters in upper case, as ISO 4217 codes are, or [`Currency::UNSTATED`].
///
/// Whether the code is on the ISO list is not asked: files hold codes that were withdrawn, and
/// ones that a company made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Neither the row nor its profile states a currency. Shown as the empty text.
    pub const UNSTATED: Self = Self([0; 3]);

    /// The code, from three letters in either case.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let &[a, b, c] = text else { return None };
        let code = [a, b, c];
        code.iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(code.map(|b| b.to_ascii_uppercase())))
    }

    /// The three letters, or the empty text where unstated.
    #[inline]
    pub fn as_str(&self) -> &str {
        if *self == Self::UNSTATED {
            return "";
        }
        // Letters of ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Not three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three letters")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        Self::parse(text.as_bytes()).ok_or(NotACurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::UNSTATED);
        }
        text.parse()
            .map_err(|error| de::Error::custom(format_args!("{error}: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_in_any_case() {
        assert_eq!(Currency::parse(b"eUr").unwrap().as_str(), "EUR");
        for bad in ["", "EU", "EURO", "E1R", "€"] {
            assert_eq!(Currency::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn json_round_trips_also_when_unstated() {
        for currency in [Currency::UNSTATED, "GBP".parse().unwrap()] {
            let json = serde_json::to_string(&currency).unwrap();
            assert_eq!(serde_json::from_str::<Currency>(&json).unwrap(), currency);
        }
    }
}
