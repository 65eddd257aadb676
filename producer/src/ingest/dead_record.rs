//! The record in the topic of dead letters that stands for a request that was not taken. Pure.

use nexus_queue::kafka::topic::{Received, Record};

use super::envelope::Refusal;

/// Most bytes that a dead letter repeats of a record: with what is said beside it, it must fit
/// into a record itself, of which brokers take a megabyte.
const REPEATED_BYTES_MAX: usize = 900_000;
/// Most bytes of a header that says what is wrong.
const WRONG_BYTES_MAX: usize = 1000;
/// What a header takes beside its name and value, at most, in bytes.
const HEADER_BYTES: usize = 10;

/// A record as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    key: Option<&'a [u8]>,
    headers: &'a [(String, Vec<u8>)],
    payload: Option<&'a [u8]>,
}

impl<'a> From<&'a Received> for Came<'a> {
    fn from(record: &'a Received) -> Self {
        Self {
            topic: record.topic(),
            partition: record.partition(),
            offset: record.offset(),
            key: record.key(),
            headers: record.headers(),
            payload: record.payload(),
        }
    }
}

/// The record as it came, as far as there is room for it, and why it was not taken.
pub(super) fn dead_record(letters: &str, came: Came<'_>, refusal: &Refusal) -> Record {
    let mut room = REPEATED_BYTES_MAX;
    let mut take = |bytes: usize| {
        let fits = bytes <= room;
        room -= if fits { bytes } else { 0 };
        fits
    };
    let key = came.key.filter(|key| take(key.len()));
    let kept = came
        .headers
        .iter()
        .filter(|(name, value)| take(name.len() + value.len() + HEADER_BYTES));
    let mut headers: Vec<(String, Vec<u8>)> = kept.cloned().collect();
    let left_out = came.headers.len() - headers.len();
    let mut tell = |name: &str, value: String| headers.push((name.to_owned(), value.into_bytes()));
    tell("nexus-reason", refusal.reason.as_str().to_owned());
    tell("nexus-error", cut(&refusal.wrong).to_owned());
    tell("nexus-topic", came.topic.to_owned());
    tell("nexus-partition", came.partition.to_string());
    tell("nexus-offset", came.offset.to_string());
    if let Some(lost) = came.key.filter(|_| key.is_none()) {
        tell("nexus-cut-key-bytes", lost.len().to_string());
    }
    if left_out > 0 {
        tell("nexus-cut-headers", left_out.to_string());
    }
    if let Some(payload) = came.payload.filter(|payload| payload.len() > room) {
        tell("nexus-cut-from-bytes", payload.len().to_string());
    }
    let payload = came
        .payload
        .map(|payload| &payload[..payload.len().min(room)]);
    Record {
        topic: letters.to_owned(),
        key: key.map(<[u8]>::to_vec),
        headers,
        payload: payload.map(<[u8]>::to_vec),
        ..Record::default()
    }
}

/// At most [`WRONG_BYTES_MAX`] bytes of a text, cut on a character's border.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(WRONG_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::envelope::Reason;
    use super::*;

    fn letter(key: usize, header_sizes: &[usize], payload: usize) -> Record {
        let headers: Vec<(String, Vec<u8>)> = header_sizes
            .iter()
            .map(|bytes| ("h".to_owned(), vec![1; *bytes]))
            .collect();
        let (key, payload) = (vec![2; key], vec![3; payload]);
        let came = Came {
            topic: "nexus.requests",
            partition: 1,
            offset: 7,
            key: Some(&key),
            headers: &headers,
            payload: Some(&payload),
        };
        let refusal = Refusal {
            reason: Reason::Unreadable,
            wrong: "ä".repeat(2000),
        };
        dead_record("nexus.requests.dlq", came, &refusal)
    }

    fn told(letter: &Record, name: &str) -> Option<String> {
        let (_, value) = letter.headers.iter().find(|(told, _)| told == name)?;
        Some(String::from_utf8(value.clone()).unwrap())
    }

    #[test]
    fn what_there_is_room_for_is_repeated_whole() {
        let whole = letter(100, &[5, 5], 800_000);
        assert_eq!(whole.key.as_ref().map(Vec::len), Some(100));
        assert_eq!(whole.payload.as_ref().map(Vec::len), Some(800_000));
        assert_eq!(whole.headers.len(), 2 + 5);
        assert_eq!(told(&whole, "nexus-offset").as_deref(), Some("7"));
        assert_eq!(told(&whole, "nexus-error").unwrap().len(), 1000);
    }

    #[test]
    fn what_there_is_no_room_for_is_told() {
        let cut = letter(10, &[], 1_000_000);
        assert_eq!(cut.payload.as_ref().map(Vec::len), Some(899_990));
        assert_eq!(
            told(&cut, "nexus-cut-from-bytes").as_deref(),
            Some("1000000")
        );
        let cut = letter(950_000, &[10, 950_000, 10], 5);
        assert_eq!(cut.key, None);
        assert_eq!(cut.payload.as_ref().map(Vec::len), Some(5));
        assert_eq!(told(&cut, "nexus-cut-key-bytes").as_deref(), Some("950000"));
        assert_eq!(told(&cut, "nexus-cut-headers").as_deref(), Some("1"));
    }

    proptest! {
        #[test]
        fn a_letter_fits_into_a_record(
            key in 0..1_048_588_usize,
            headers in prop::collection::vec(0..600_000_usize, 0..4),
            payload in 0..1_048_588_usize,
        ) {
            let letter = letter(key, &headers, payload);
            let headers = letter.headers.iter().map(|(name, value)| name.len() + value.len() + HEADER_BYTES);
            let bytes = letter.key.map_or(0, |key| key.len()) + headers.sum::<usize>()
                + letter.payload.map_or(0, |payload| payload.len());
            prop_assert!(bytes < 1_000_000, "{bytes}");
        }
    }
}
