//! A record as one JSON object, for the table of rejects.

use super::super::reject;
use super::super::text::written;
use super::super::value::Value;

/// Bytes of a column's name that are kept: a file may have one of megabytes.
const NAME_BYTES_MAX: usize = 1024;

/// What a column is called, as Postgres can hold it: names end up in messages and beside rejects.
pub(super) fn name(path: &str) -> String {
    let mut name = String::new();
    reject::raw_text(path.as_bytes(), NAME_BYTES_MAX, &mut name);
    name
}

/// Writes the values, with their columns' names, until they are longer than the bound.
pub(super) fn write<'a>(
    fields: impl Iterator<Item = (&'a str, Value<'a>)>,
    bytes_max: usize,
    text: &mut String,
) {
    let mut json = Vec::with_capacity(bytes_max.min(4096));
    let mut separator = b'{';
    for (name, value) in fields {
        json.push(separator);
        separator = b',';
        quoted(name.as_bytes(), bytes_max, &mut json);
        json.push(b':');
        plain(value, bytes_max, &mut json);
        if json.len() > bytes_max.saturating_add(4) {
            break;
        }
    }
    if separator == b'{' {
        json.push(b'{');
    }
    json.push(b'}');
    // What is no UTF-8 is shown there as in every other format.
    reject::raw_text(&json, bytes_max, text);
}

fn plain(value: Value<'_>, bytes_max: usize, json: &mut Vec<u8>) {
    match value {
        Value::Missing => json.extend_from_slice(b"null"),
        Value::Number(number) => json.extend_from_slice(number),
        Value::Text(text) => quoted(text, bytes_max, json),
        Value::Day(_) | Value::Moment(_) => {
            quoted(written::text(value).as_bytes(), bytes_max, json);
        }
        Value::Unreadable(reason) => {
            quoted(format!("({reason})").as_bytes(), bytes_max, json);
        }
    }
}

fn quoted(text: &[u8], bytes_max: usize, json: &mut Vec<u8>) {
    json.push(b'"');
    for &byte in text.iter().take(bytes_max.saturating_add(4)) {
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
            b'\n' => json.extend_from_slice(b"\\n"),
            b'\r' => json.extend_from_slice(b"\\r"),
            b'\t' => json.extend_from_slice(b"\\t"),
            0..0x20 => json.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => json.push(byte),
        }
    }
    json.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::super::reject::RejectReason;
    use super::super::super::value::Moment;
    use super::*;

    fn raw(fields: &[(&str, Value<'_>)], bytes_max: usize) -> String {
        let mut text = "left over".to_owned();
        write(fields.iter().copied(), bytes_max, &mut text);
        text
    }

    #[test]
    fn every_value_can_be_read_again() {
        let fields = [
            ("id", Value::Text(b"a\"b\\c\n\0\xff\x01")),
            ("n", Value::Number(b"-12.50")),
            ("none", Value::Missing),
            (
                "at",
                Value::Moment(Moment {
                    micros: 1,
                    utc: true,
                }),
            ),
            (
                "wall",
                Value::Moment(Moment {
                    micros: 0,
                    utc: false,
                }),
            ),
            ("bad", Value::Unreadable(RejectReason::NotScalar)),
        ];
        insta::assert_snapshot!(raw(&fields, 1000), @r#"{"id":"a\"b\\c\n\u0000\xff\u0001","n":-12.50,"none":null,"at":"2000-01-01T00:00:00.000001Z","wall":"2000-01-01T00:00:00","bad":"(not_scalar)"}"#);
        assert_eq!(raw(&[], 1000), "{}");
    }

    #[test]
    fn a_name_can_stand_in_a_row() {
        assert_eq!(name("payer.account"), "payer.account");
        assert_eq!(name("row\0id"), "row\\x00id");
        assert_eq!(name(&"x".repeat(5000)).len(), 1024 + "…".len());
    }

    #[test]
    fn it_is_cut_before_it_is_long() {
        let long = vec![b'x'; 1_000_000];
        let fields = [("a", Value::Text(&long)), ("b", Value::Text(&long))];
        assert_eq!(raw(&fields, 10), "{\"a\":\"xxxx…");
    }
}
