//! One JSON object, taken apart without building it: the raw texts of the values that are wanted.
//!
//! The grammar is `serde_json`'s, which is RFC 8259's. Values are passed over rather than read,
//! which needs no stack however deep they are nested.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::names::{Level, Match};

/// The text is not one object and nothing behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAnObject;

/// Gives the raw text of every value whose key is wanted, in the order of the text.
#[inline]
pub(super) fn scan<'t>(
    text: &'t str,
    level: &Level,
    found: impl FnMut(Match, &'t str),
) -> Result<(), NotAnObject> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Members { level, found })
        .and_then(|()| json.end())
        .map_err(|_| NotAnObject)
}

/// Reads a string with escapes behind what `text` holds. `None` where it is no Unicode: half a
/// surrogate pair stands alone.
pub(super) fn unescape(string: &str, text: &mut Vec<u8>) -> Option<()> {
    let mut json = serde_json::Deserializer::from_str(string);
    json.deserialize_str(Append(text)).ok()
}

struct Members<'l, F> {
    level: &'l Level,
    found: F,
}

impl<'t, F: FnMut(Match, &'t str)> Visitor<'t> for Members<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(wanted) = map.next_key_seed(Key(self.level))? {
            match wanted {
                Some(wanted) => (self.found)(wanted, map.next_value::<&RawValue>()?.get()),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Key<'l>(&'l Level);

impl<'t> DeserializeSeed<'t> for Key<'_> {
    type Value = Option<Match>;

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<Match>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.find(key))
    }
}

struct Append<'b>(&'b mut Vec<u8>);

impl Visitor<'_> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
