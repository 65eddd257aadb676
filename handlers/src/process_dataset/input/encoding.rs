//! Which characters the bytes of a file stand for, and how that is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How characters are written as bytes. The names are stable: stored, and stated in profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first, as spreadsheets write "Unicode text".
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// ISO 8859-1 as the standard has it: 80 to 9F are control characters.
    #[serde(rename = "latin-1")]
    Latin1,
    /// Windows-1252: as Latin-1, but 80 to 9F are `€`, dashes, curly quotes and the like, and five
    /// of them nothing.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// How a file's encoding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncodingBasis {
    /// The file begins with a mark that says so.
    ByteOrderMark,
    /// The profile says so.
    Stated,
    /// Its first bytes look so.
    Detected,
}

/// Not the name of an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an encoding is one of utf-8, utf-16le, utf-16be, latin-1, windows-1252")]
pub struct NotAnEncoding;

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 5] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Latin1,
        Self::Windows1252,
    ];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Latin1 => "latin-1",
            Self::Windows1252 => "windows-1252",
        }
    }
}

impl FromStr for Encoding {
    type Err = NotAnEncoding;

    fn from_str(text: &str) -> Result<Self, NotAnEncoding> {
        let mut all = Self::ALL.into_iter();
        all.find(|encoding| encoding.as_str() == text)
            .ok_or(NotAnEncoding)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for EncodingBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "byte order mark",
            Self::Stated => "stated by the profile",
            Self::Detected => "detected",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_those_of_serde() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.as_str().parse(), Ok(encoding));
            let json = serde_json::to_string(&encoding).unwrap();
            assert_eq!(json, format!("\"{encoding}\""));
        }
        assert_eq!("utf-16".parse::<Encoding>(), Err(NotAnEncoding));
        let message = NotAnEncoding.to_string();
        assert!(
            Encoding::ALL
                .iter()
                .all(|name| message.contains(name.as_str()))
        );
    }
}
