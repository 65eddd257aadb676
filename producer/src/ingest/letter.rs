//! What a dead letter holds of a message that could not be taken. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nexus_config::Enqueue;
use nexus_jobs::NewJob;
use nexus_schema::ledger::check_job;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

/// The arguments of a dead letter. JSON that could be a job's arguments stands there as it is,
/// so that a replay runs it once its kind can; other text stands in `payload`, other bytes in
/// `payload_base64`.
pub(super) fn of_bytes(bytes: &[u8], limits: &Enqueue) -> Box<RawValue> {
    if let Ok(args) = serde_json::from_slice::<Box<RawValue>>(bytes)
        && fits(&args, limits)
    {
        return args;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => raw(&json!({ "payload": text })),
        _ => raw(&json!({ "payload_base64": STANDARD.encode(bytes) })),
    }
}

/// The arguments of a dead letter whose message is elsewhere, or nowhere.
pub(super) fn raw(told: &Value) -> Box<RawValue> {
    to_raw_value(told).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn fits(args: &RawValue, limits: &Enqueue) -> bool {
    NewJob::raw("letter", args.to_owned()).is_ok_and(|job| check_job(&job, limits).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letter(bytes: &[u8]) -> String {
        let limits = nexus_config::Settings::defaults().enqueue;
        of_bytes(bytes, &limits).get().to_owned()
    }

    #[test]
    fn what_was_sent_can_be_read_from_it() {
        assert_eq!(letter(br#"{"a": 1}"#), r#"{"a": 1}"#);
        assert_eq!(letter(b"{\"a\":"), r#"{"payload":"{\"a\":"}"#);
        assert_eq!(letter(b""), r#"{"payload":""}"#);
        assert_eq!(letter(&[0xff, 0]), r#"{"payload_base64":"/wA="}"#);
        assert_eq!(letter(b"a\0"), r#"{"payload_base64":"YQA="}"#);
        // Postgres could not hand it out.
        assert_eq!(letter(br#""\u0000""#), r#"{"payload":"\"\\u0000\""}"#);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let letter: Value = serde_json::from_str(&letter(&bytes)).unwrap();
            let kept = match (&letter["payload"], &letter["payload_base64"]) {
                (Value::String(text), _) => text.clone().into_bytes(),
                (_, Value::String(text)) => STANDARD.decode(text).unwrap(),
                _ => {
                    let same: Value = serde_json::from_slice(&bytes).unwrap();
                    prop_assert_eq!(same, letter);
                    return Ok(());
                }
            };
            prop_assert_eq!(kept, bytes);
        }
    }
}
