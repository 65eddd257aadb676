//! A task's arguments as JSON, whichever codec its storage was given. Pure.

use std::io::Cursor;

use nexus_config::Codec;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// Nesting of arguments written as `MessagePack`; that of JSON has the same bound.
const DEPTH_MAX: usize = 128;

/// The arguments; the text says what is wrong with the payload.
///
/// `MessagePack` of structs is an array of their fields, in order, which serde's derived
/// implementations read from JSON as well.
pub(super) fn args(payload: &[u8], codec: Codec) -> Result<Box<RawValue>, String> {
    match codec {
        Codec::Json => {
            serde_json::from_slice(payload).map_err(|error| format!("it is no JSON: {error}"))
        }
        Codec::Msgpack => {
            let value =
                msgpack(payload).map_err(|error| format!("it is no MessagePack: {error}"))?;
            to_raw_value(&value).map_err(|error| format!("it cannot be written as JSON: {error}"))
        }
    }
}

fn msgpack(payload: &[u8]) -> Result<Value, String> {
    let mut reader = rmp_serde::Deserializer::new(Cursor::new(payload));
    reader.set_max_depth(DEPTH_MAX);
    let value = Value::deserialize(&mut reader).map_err(|error| error.to_string())?;
    match (payload.len() as u64).saturating_sub(reader.position()) {
        0 => Ok(value),
        rest => Err(format!("{rest} bytes follow its end")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_stays_as_it_is() {
        let args = args(br#"{"b": 1.10, "a": "x"}"#, Codec::Json).unwrap();
        assert_eq!(args.get(), r#"{"b": 1.10, "a": "x"}"#);
        for bad in [&b"{"[..], b"", b"\xff", b"{} {}"] {
            assert!(super::args(bad, Codec::Json).is_err());
        }
    }

    #[test]
    fn msgpack_becomes_json() {
        // {"n": 7, "who": ["a", null]}
        let bytes = b"\x82\xa1n\x07\xa3who\x92\xa1a\xc0";
        let read = args(bytes, Codec::Msgpack).unwrap();
        assert_eq!(read.get(), r#"{"n":7,"who":["a",null]}"#);
        assert!(args(b"\x82\xa1n", Codec::Msgpack).is_err());
        assert!(
            args(b"\x07\x07", Codec::Msgpack)
                .unwrap_err()
                .contains("1 bytes")
        );
        assert!(
            args(&[0x91; 1000], Codec::Msgpack).is_err(),
            "nested too deep"
        );
    }

    proptest! {
        #[test]
        fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = args(&payload, Codec::Json);
            let _ = args(&payload, Codec::Msgpack);
        }
    }
}
