use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json_path::JsonPath;

/// A JSON path (RFC 9535) into an event, such as `$.data.result.rows`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPath {
    text: String,
    path: JsonPath,
}

/// Longest path, in bytes.
const PATH_BYTES_MAX: usize = 1000;

impl EventPath {
    /// What it selects, in the order of the document.
    pub fn select<'e>(&self, event: &'e Value) -> Vec<&'e Value> {
        self.path.query(event).all()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for EventPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > PATH_BYTES_MAX {
            return Err(format!("a path of more than {PATH_BYTES_MAX} bytes"));
        }
        let path = JsonPath::parse(text).map_err(|error| {
            format!("{text:?} is no JSON path such as $.data.result.rows: {error}")
        })?;
        Ok(Self {
            text: text.to_owned(),
            path,
        })
    }
}

impl fmt::Display for EventPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for EventPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for EventPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
