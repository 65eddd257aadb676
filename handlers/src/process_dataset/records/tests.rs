use proptest::prelude::*;

use super::*;
use crate::process_dataset::input::of_text;

mod hostile;
mod reference;
mod styles;

use reference::reference;

/// What was found, the line that it starts on, and its fields (raw bytes where it is faulty).
type Row = (Found, u64, Vec<String>);

fn rows(text: &[u8], block_bytes: usize, record_bytes_max: usize) -> Vec<Row> {
    rows_of(text, CsvStyle::default(), block_bytes, record_bytes_max)
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn rows_of(text: &[u8], style: CsvStyle, block_bytes: usize, record_bytes_max: usize) -> Vec<Row> {
    let input = match of_text(text, block_bytes, None) {
        Ok(input) => input,
        Err(InputError::Empty) => return Vec::new(),
        Err(error) => panic!("{error}"),
    };
    let mut records = Records::open(input, style, block_bytes, record_bytes_max).unwrap();
    let mut rows = Vec::new();
    loop {
        let found = records.advance(true).unwrap();
        let record = records.current();
        let fields = match found {
            Found::End => return rows,
            Found::Record => (0..record.width()).map(|i| show(record.field(i))).collect(),
            Found::LineTooLong | Found::UnclosedQuote => vec![show(record.raw)],
        };
        rows.push((found, record.line, fields));
    }
}

fn fields(text: &str) -> Vec<Vec<String>> {
    rows(text.as_bytes(), 16, 64)
        .into_iter()
        .map(|(_, _, fields)| fields)
        .collect()
}

/// The same by csv-core: the reference.
fn by_csv_core(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let mut output = [0; 4096];
    let mut ends = [0; 512];
    let mut position = 0;
    let mut rows = Vec::new();
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, wrote, finished) = reader.read_record(
            &text[position..],
            &mut output[written..],
            &mut ends[ended..],
        );
        position += read;
        written += wrote;
        ended += finished;
        match result {
            csv_core::ReadRecordResult::InputEmpty => {}
            csv_core::ReadRecordResult::Record => {
                let mut start = 0;
                rows.push(
                    ends[..ended]
                        .iter()
                        .map(|&end| {
                            let field = String::from_utf8_lossy(&output[start..end]).into_owned();
                            start = end;
                            field
                        })
                        .collect(),
                );
                (written, ended) = (0, 0);
            }
            csv_core::ReadRecordResult::End => return rows,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn quotes_line_ends_and_blank_lines() {
    let text = "\u{feff}a,b\r\n\r\n\"1,\"\"x\"\"\",\"2\r\n3\"\n\n4,\"5\"6\r7,";
    assert_eq!(
        rows(text.as_bytes(), 8, 64),
        [
            (Found::Record, 1, vec!["a".to_owned(), "b".to_owned()]),
            (
                Found::Record,
                3,
                vec!["1,\"x\"".to_owned(), "2\r\n3".to_owned()]
            ),
            (Found::Record, 6, vec!["4".to_owned(), "56".to_owned()]),
            (Found::Record, 7, vec!["7".to_owned(), String::new()]),
        ]
    );
    assert_eq!(fields("\u{feff}"), Vec::<Vec<String>>::new());
    assert_eq!(fields("\n\r\n"), Vec::<Vec<String>>::new());
    assert_eq!(fields("a\"b\",c"), [["a\"b\"", "c"]]);
}

#[test]
fn unclosed_quote_costs_one_line() {
    let text = "a,b\n1,\"x\n2,y\n3,z\n";
    let found: Vec<_> = rows(text.as_bytes(), 8, 64)
        .into_iter()
        .map(|row| (row.0, row.1))
        .collect();
    let expected = [
        (Found::Record, 1),
        (Found::UnclosedQuote, 2),
        (Found::Record, 3),
        (Found::Record, 4),
    ];
    assert_eq!(found, expected);
    // The same where the file goes on beyond the bound.
    let long = format!("{text}{}", "4,w\n".repeat(100));
    let found = rows(long.as_bytes(), 8, 64);
    assert_eq!(
        found[1],
        (Found::UnclosedQuote, 2, vec!["1,\"x".to_owned()])
    );
    assert_eq!(found.len(), 104);
}

#[test]
fn long_line_is_skipped_whole() {
    for line_end in ["\n", "\r\n", "\r"] {
        let long = "x".repeat(1000);
        let text = ["a,b", &long, "1,2", &long].join(line_end);
        let found = rows(text.as_bytes(), 8, 64);
        let kinds: Vec<_> = found.iter().map(|row| (row.0, row.1)).collect();
        let expected = [
            (Found::Record, 1),
            (Found::LineTooLong, 2),
            (Found::Record, 3),
            (Found::LineTooLong, 4),
        ];
        assert_eq!(kinds, expected, "{line_end:?}");
        assert!(found[1].2[0].len() <= 65);
    }
}

#[test]
fn bound_is_exact() {
    for (len, found) in [(64, Found::Record), (65, Found::LineTooLong)] {
        for tail in ["", "\n", "\r\n", "\na", "\r\na"] {
            let text = format!("{}{tail}", "x".repeat(len));
            let rows = rows(text.as_bytes(), 8, 64);
            assert_eq!(rows[0].0, found, "{len} {tail:?}");
            assert_eq!(
                rows.len(),
                1 + usize::from(tail.ends_with('a')),
                "{len} {tail:?}"
            );
        }
    }
}

fn csv_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(","), 3 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"),
        3 => Just("\""), 2 => Just("\"\""), 1 => Just("\",\""), 4 => Just("a"), 1 => Just("é"),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_csv_core(text in csv_text(), block in 1_usize..40) {
        let ours = rows(text.as_bytes(), block, 200);
        let reference = by_csv_core(text.as_bytes());
        // csv-core takes a quote that is open at the end of the file for closed; from there on
        // the two differ by intention.
        let closed = ours.iter().take_while(|row| row.0 == Found::Record).count();
        if closed == ours.len() {
            prop_assert_eq!(closed, reference.len());
        }
        for (row, expected) in ours[..closed].iter().zip(&reference) {
            prop_assert_eq!(&row.2, expected);
        }
    }

    #[test]
    fn blocks_make_no_difference(text in csv_text(), block in 1_usize..60, bound in 1_usize..30) {
        prop_assert_eq!(rows(text.as_bytes(), block, bound), rows(text.as_bytes(), 4096, bound));
    }

    #[test]
    fn lines_are_counted_as_an_editor_does(text in "([a,]|\n|\r\n|\r){0,40}") {
        let unix = text.replace("\r\n", "\n").replace('\r', "\n");
        let expected: Vec<u64> =
            (1..).zip(unix.split('\n')).filter(|(_, line)| !line.is_empty()).map(|l| l.0).collect();
        let found: Vec<u64> = rows(text.as_bytes(), 8, 100).iter().map(|row| row.1).collect();
        prop_assert_eq!(found, expected);
    }
}
