//! Which format a file is in: stated by the profile, or told by its first bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::input::{Compression, Encoding, EncodingBasis, InputError};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Fields between delimiters, a record a line.
    Csv,
    /// One JSON object a line.
    #[serde(rename = "jsonl")]
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::JsonLines, Self::Parquet];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a profile says of the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormatChoice {
    /// The file's first bytes tell.
    #[default]
    Auto,
    /// This one, whatever the bytes look like.
    Stated(Format),
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its format.
    pub format: Format,
    /// How it is compressed as a whole.
    pub compression: Compression,
    /// How its text is encoded, and how that is known; `None` in formats that are no text.
    pub encoding: Option<(Encoding, EncodingBasis)>,
}

impl About {
    pub(super) const fn parquet() -> Self {
        Self {
            format: Format::Parquet,
            compression: Compression::None,
            encoding: None,
        }
    }
}

/// The format of a text that begins with `head`: JSON Lines if its first character opens an
/// object, else CSV. A list that begins with an object is refused: it is one JSON document.
pub(super) fn format_of(choice: FormatChoice, head: &[u8]) -> Result<Format, InputError> {
    if let FormatChoice::Stated(format @ (Format::Csv | Format::JsonLines)) = choice {
        return Ok(format);
    }
    match head.trim_ascii_start() {
        [b'{', ..] => Ok(Format::JsonLines),
        [b'[', rest @ ..] if matches!(rest.trim_ascii_start(), [b'{' | b']', ..]) => {
            Err(InputError::JsonArray)
        }
        _ => Ok(Format::Csv),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_tells_unless_the_profile_does() {
        let auto = |head: &[u8]| format_of(FormatChoice::Auto, head).ok();
        assert_eq!(auto(b"\r\n {\"a\":1}"), Some(Format::JsonLines));
        assert_eq!(auto(b"[id],date"), Some(Format::Csv));
        assert_eq!(auto(b"[\n  {\"a\":1}]"), None);
        assert_eq!(auto(b""), Some(Format::Csv));
        let stated = FormatChoice::Stated(Format::Csv);
        assert_eq!(format_of(stated, b"{a},b").ok(), Some(Format::Csv));
    }
}
