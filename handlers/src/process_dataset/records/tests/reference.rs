//! The rules once more, a byte at a time and with the whole file at hand: slow, and plain to see.

use super::*;
use crate::process_dataset::profile::{Escape, StrayQuotes};

/// What is found in `text`. After `looks_max` records for which all `bound` bytes were looked at
/// in vain, records get their first line only, up to where the first of those looks ended.
pub(super) fn reference(text: &str, style: CsvStyle, bound: usize, looks_max: u32) -> Vec<Row> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
    let mut rows = Vec::new();
    let (mut at, mut line) = (0, 1);
    let (mut until, mut looks) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if is_line_end(rest) {
            at += if rest.starts_with(b"\r\n") { 2 } else { 1 };
            line += 1;
            continue;
        }
        let first_line = (0..rest.len())
            .find(|&end| is_line_end(&rest[end..]))
            .unwrap_or(rest.len());
        let is_comment = style
            .comment
            .is_some_and(|comment| rest.starts_with(comment.as_bytes()));
        if line <= style.skip_lines || is_comment {
            at += first_line;
            continue;
        }
        let too_long = first_line > bound;
        let hopeless = looks >= looks_max && at < until && first_line < rest.len() && !too_long;
        let longest = if hopeless { first_line } else { bound };
        if let Some((bytes, fields)) = record(rest, &style).filter(|(bytes, _)| *bytes <= longest) {
            rows.push((Found::Record, line, fields));
            line += line_ends(&rest[..bytes]);
            at += bytes;
            continue;
        }
        let looked_at = &rest[..rest.len().min(longest + 1)];
        let quoted = style.quote.is_some_and(|quote| looked_at.contains(&quote));
        let found = if too_long || !quoted {
            Found::LineTooLong
        } else {
            Found::UnclosedQuote
        };
        let kept = &rest[..first_line.min(bound + 1)];
        rows.push((found, line, vec![show(kept)]));
        if !too_long && !hopeless {
            if at >= until {
                (until, looks) = (at + looked_at.len(), 0);
            }
            looks += 1;
        }
        at += first_line;
    }
    rows
}

/// The record at the start of `text`: its length without the line end, and its fields; `None`
/// where a quote is not closed.
fn record(text: &[u8], style: &CsvStyle) -> Option<(usize, Vec<String>)> {
    let delimiter = style.delimiter.as_bytes();
    let is_quote = |byte: Option<&u8>| style.quote.is_some() && byte.copied() == style.quote;
    let ends_field =
        |rest: &[u8]| rest.is_empty() || is_line_end(rest) || rest.starts_with(delimiter);
    let (mut at, mut fields) = (0, Vec::new());
    loop {
        let mut field = Vec::new();
        let mut quoted = is_quote(text.get(at));
        at += usize::from(quoted);
        loop {
            let rest = &text[at..];
            let escaped = match rest {
                [b'\\', _, ..] if style.escape == Escape::Doubled => 0,
                [b'\\', _, ..] if quoted => 1,
                [b'\\', then @ ..] if then.starts_with(delimiter) => delimiter.len(),
                [b'\\', b'\r', b'\n', ..] => 2,
                [b'\\', b'\r' | b'\n' | b'\\', ..] => 1,
                [b'\\', byte, ..] if is_quote(Some(byte)) => 1,
                _ => 0,
            };
            if escaped > 0 {
                field.extend_from_slice(&rest[1..=escaped]);
                at += 1 + escaped;
            } else if !quoted && ends_field(rest) {
                break;
            } else if quoted && is_quote(rest.first()) {
                if is_quote(rest.get(1)) {
                    field.push(rest[0]);
                    at += 2;
                } else if style.stray_quotes == StrayQuotes::AsIs || ends_field(&rest[1..]) {
                    quoted = false;
                    at += 1;
                } else {
                    field.push(rest[0]);
                    at += 1;
                }
            } else {
                field.push(*rest.first()?);
                at += 1;
            }
        }
        fields.push(show(&field));
        if !text[at..].starts_with(delimiter) {
            return Some((at, fields));
        }
        at += delimiter.len();
    }
}

fn is_line_end(rest: &[u8]) -> bool {
    rest.starts_with(b"\n") || rest.starts_with(b"\r")
}

fn line_ends(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.matches(['\n', '\r']).count() as u64
}
