use std::io::{self, Read as _};

use super::*;
use crate::process_dataset::profile::Escape;

/// What was found, by kind: records, lines too long, unclosed quotes; and the bytes looked at.
fn work(text: &[u8], style: CsvStyle, bound: usize) -> ([u64; 3], u64) {
    let input = of_text(text, 4096, None).unwrap();
    let mut records = Records::open(input, style, 4096, bound).unwrap();
    let mut counts = [0; 3];
    loop {
        match records.advance(true).unwrap() {
            Found::Record => counts[0] += 1,
            Found::LineTooLong => counts[1] += 1,
            Found::UnclosedQuote => counts[2] += 1,
            Found::End => return (counts, records.scanned),
        }
    }
}

#[test]
fn unclosed_quotes_on_every_line_cost_a_fixed_number_of_looks() {
    let backslash = CsvStyle {
        escape: Escape::Backslash,
        ..CsvStyle::default()
    };
    let bound = 8 * 1024;
    for (line, style) in [
        ("x\",\"y\n", CsvStyle::default()),
        ("\"a\n", CsvStyle::default()),
        ("\"\"\"\r\n", CsvStyle::default()),
        ("x\",\"y\r", backslash),
        ("a\\\n", backslash),
        ("\"a\\\n", backslash),
        ("x\",\"\\\"y\\\n", backslash),
    ] {
        let text = line.repeat(300_000 / line.len());
        let (counts, scanned) = work(text.as_bytes(), style, bound);
        // Each look may be repeated once, when the buffer did not yet hold enough for it.
        let most = 2 * (u64::from(hopeless::LOOKS_MAX) + 1) * text.len() as u64;
        assert!(scanned <= most, "{line:?}: {scanned} of {most}");
        assert!(counts.iter().sum::<u64>() > 0);
    }
    // Every line of the first is one that nothing closes. Its lines times the bound would be a
    // hundred times as much as is allowed above.
    let text = "x\",\"y\n".repeat(100_000);
    let (counts, _) = work(text.as_bytes(), CsvStyle::default(), bound);
    assert_eq!(counts, [0, 0, 100_000]);
}

#[test]
fn records_behind_an_unclosed_quote_are_read() {
    let bad = "1,\"x\n".to_owned() + &"x\",\"y\n".repeat(20);
    let good = "2,\"y\nz\"\n".repeat(3) + "3,z\n";
    let text = bad + &"4,w\n".repeat(30) + &good;
    let (counts, _) = work(text.as_bytes(), CsvStyle::default(), 64);
    // The last bad one is closed by the first good one's opening quote, and takes its line.
    let expected = counts_of(&reference(&text, CsvStyle::default(), 64, u32::MAX));
    assert_eq!(counts, expected);
}

fn counts_of(rows: &[Row]) -> [u64; 3] {
    let count = |found| rows.iter().filter(|row| row.0 == found).count() as u64;
    let kinds = [Found::Record, Found::LineTooLong, Found::UnclosedQuote];
    kinds.map(count)
}

#[test]
fn a_line_of_a_hundred_megabytes_is_skipped_in_a_small_buffer() {
    for byte in [b'x', b',', b'"', b'\\'] {
        let line_bytes = if byte == b'x' { 100 << 20 } else { 1 << 20 };
        let text = (&b"a,b\n"[..])
            .chain(io::repeat(byte).take(line_bytes))
            .chain(&b"\n1,2\n"[..]);
        let input = of_text(text, 4096, None).unwrap();
        let mut records = Records::open(input, CsvStyle::default(), 4096, 4096).unwrap();
        let found = [(); 4].map(|()| records.advance(true).unwrap());
        let expected = [Found::Record, Found::LineTooLong, Found::Record, Found::End];
        assert_eq!(found, expected, "{byte}");
        assert_eq!(records.current().line, 3);
        assert!(records.buffer.len() <= 2 * 4097);
    }
}

#[test]
fn a_million_columns_are_counted_but_not_kept() {
    let backslash = CsvStyle {
        escape: Escape::Backslash,
        ..CsvStyle::default()
    };
    let plain = "1,".repeat(1_000_000);
    let quoted = "\"1\",".repeat(1_000_000);
    for (text, style) in [
        (&plain, CsvStyle::default()),
        (&quoted, CsvStyle::default()),
        (&quoted, backslash),
    ] {
        let input = of_text(text.as_bytes(), 4096, None).unwrap();
        let mut records = Records::open(input, style, 4096, 4 << 20).unwrap();
        assert_eq!(records.advance(true).unwrap(), Found::Record);
        let record = records.current();
        assert_eq!(record.width(), 1_000_001);
        assert_eq!(record.field(COLUMNS_MAX - 1), b"1");
        assert_eq!(record.field(COLUMNS_MAX), b"");
    }
}

#[test]
fn only_fields_asked_for_are_kept_and_all_are_counted() {
    let text = "a,b,c,d\n\"a\"\"\",b,c,\"d\"\"\"\na\na,b\na,b,c\n";
    let input = of_text(text.as_bytes(), 8, None).unwrap();
    let mut records = Records::open(input, CsvStyle::default(), 8, 40).unwrap();
    records.keep_fields(2);
    let mut found = Vec::new();
    while records.advance(true).unwrap() == Found::Record {
        let record = records.current();
        let fields: Vec<_> = (0..4).map(|at| show(record.field(at))).collect();
        found.push((record.width(), fields.join("|")));
    }
    let expected = [
        (4, "a|b||"),
        (4, "a\"|b||"),
        (1, "a|||"),
        (2, "a|b||"),
        (3, "a|b||"),
    ];
    assert_eq!(
        found,
        expected.map(|(width, text)| (width, text.to_owned()))
    );
}

#[test]
fn nul_bytes_are_bytes() {
    assert_eq!(
        fields("a\0,\0\n\"\0\"\0\n"),
        [vec!["a\0", "\0"], vec!["\0\0"]]
    );
}
