use super::*;
use crate::process_dataset::input::of_text;
use crate::process_dataset::record_source::Record as _;

fn open(text: &str, style: CsvStyle) -> Result<CsvFile<&[u8]>, InputError> {
    let input = of_text(text.as_bytes(), 16, None)?;
    CsvFile::open(input, style, 16, 1 << 20)
}

/// What is found, each record's values joined by `|`, with `-` for what is missing.
fn show(text: &str, style: CsvStyle) -> Vec<String> {
    let mut file = open(text, style).unwrap();
    let mut rows = Vec::new();
    loop {
        match file.advance().unwrap() {
            Found::End => return rows,
            Found::Faulty(reason) => rows.push(format!("{} {reason}", file.current().line())),
            Found::Record => {
                let record = file.current();
                let values = (0..file.columns().len()).map(|column| match record.value(column) {
                    Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    Value::Missing => "-".to_owned(),
                    other => panic!("{other:?}"),
                });
                rows.push(values.collect::<Vec<_>>().join("|"));
            }
        }
    }
}

#[test]
fn columns_are_named_by_the_header_or_by_position() {
    let long = "n".repeat(2000);
    let header = format!(" Date ,\"Amount \"\"net\"\"\",a\0b,,{long}\n");
    let file = open(&header, CsvStyle::default()).unwrap();
    assert_eq!(
        file.columns()[..4],
        ["Date", "Amount \"net\"", "a\\x00b", ""]
    );
    assert_eq!(file.columns()[4], format!("{}…", &long[..NAME_BYTES_MAX]));

    let no_header = CsvStyle {
        header: false,
        ..CsvStyle::default()
    };
    assert_eq!(open("x,y\nz,w", no_header).unwrap().columns(), ["1", "2"]);
    assert_eq!(show("x,y\n\nz,w", no_header), ["x|y", "z|w"]);
}

#[test]
fn rows_of_another_width_go_by_the_policy() {
    let text = "a,b\n1,2\n1\n1,2,\n1,2, ,\"\t\"\n1,2,,3\n1,\"2\n";
    let short = "3 too_few_columns";
    let [blank, blanks, long] = [4, 5, 6].map(|line| format!("{line} too_many_columns"));
    let unclosed = "7 unclosed_quote";
    let style = |short_rows, long_rows| CsvStyle {
        short_rows,
        long_rows,
        ..CsvStyle::default()
    };
    assert_eq!(
        show(text, CsvStyle::default()),
        ["1|2", short, &blank, &blanks, &long, unclosed]
    );
    assert_eq!(
        show(text, style(ShortRows::Pad, LongRows::Cut)),
        ["1|2", "1|-", "1|2", "1|2", "1|2", unclosed]
    );
    assert_eq!(
        show(text, style(ShortRows::Pad, LongRows::CutBlank)),
        ["1|2", "1|-", "1|2", "1|2", &long, unclosed]
    );
}

#[test]
fn a_blank_tail_is_seen_whatever_is_wanted() {
    let style = CsvStyle {
        long_rows: LongRows::CutBlank,
        ..CsvStyle::default()
    };
    let mut file = open("a,b\n1,2,x\n1,2,\n", style).unwrap();
    file.want(&[0]).unwrap();
    let long = Found::Faulty(RejectReason::TooManyColumns);
    assert_eq!(file.advance().unwrap(), long);
    assert_eq!(file.advance().unwrap(), Found::Record);
    // Blank or not, nobody looks through more than this.
    let tail = ",".repeat(COLUMNS_MAX);
    let text = format!("a,b\n1,{tail}\n");
    let mut file = open(&text, style).unwrap();
    assert_eq!(file.advance().unwrap(), long);
}

#[test]
fn what_is_wanted_is_there() {
    let mut file = open("a,b,c\n1,2,3\n4,5,6\n7,8\n", CsvStyle::default()).unwrap();
    file.want(&[1, 0]).unwrap();
    for expected in [b"2", b"5"] {
        assert_eq!(file.advance().unwrap(), Found::Record);
        assert_eq!(file.current().value(1), Value::Text(expected));
    }
    let short = Found::Faulty(RejectReason::TooFewColumns);
    assert_eq!(file.advance().unwrap(), short);
    assert_eq!(file.advance().unwrap(), Found::End);
    file.drain().unwrap();
    assert_eq!((file.prefix().bytes, file.decoded_bytes()), (22, 22));
}

#[test]
fn files_without_a_usable_first_record() {
    let error = |text: &str, style| open(text, style).err().unwrap().to_string();
    let plain = CsvStyle::default();
    assert_eq!(error("", plain), "the file is empty");
    assert_eq!(error("\n\n", plain), "the file has no records");
    let unreadable = error("\"a,b\n1,2\n", plain);
    assert!(
        unreadable.contains("a quote that is not closed"),
        "{unreadable}"
    );
    let too_long = "x".repeat((1 << 20) + 1);
    assert!(error(&too_long, plain).contains("too long"));
    assert_eq!(
        error(&",".repeat(1_000_000), plain),
        "the first record has 1000001 columns, of at most 10000: is this the right delimiter?"
    );
    assert!(open(&",".repeat(COLUMNS_MAX - 1), plain).is_ok());
    let titled = CsvStyle {
        skip_lines: 2,
        ..plain
    };
    assert_eq!(error("title\na,b", titled), "the file has no records");
    assert_eq!(show("title\n\n a,b\n1,2", titled), ["1|2"]);
}

#[test]
fn header_only_and_lone_carriage_returns() {
    assert_eq!(show("a,b", CsvStyle::default()), [""; 0]);
    assert_eq!(show("a,b\r\n", CsvStyle::default()), [""; 0]);
    assert_eq!(show("a,b\r1,2\r\r3,4", CsvStyle::default()), ["1|2", "3|4"]);
}

#[test]
fn plain_means_ascii_without_nul() {
    let mut file = open("a\nx\n\"\0\"\né\n~\n", CsvStyle::default()).unwrap();
    for (line, plain) in [(2, true), (3, false), (4, false), (5, true)] {
        assert_eq!(file.advance().unwrap(), Found::Record);
        let record = file.current();
        assert_eq!((record.line(), record.is_plain()), (line, plain));
    }
    let mut text = String::new();
    file.current().raw_text(10, &mut text);
    assert_eq!(text, "~");
}

#[test]
fn a_header_that_no_longer_fits_is_told_as_a_change() {
    let rows = "1,2\n".repeat(30);
    let before = format!("a,b\n{rows}");
    let mut first = of_text(before.as_bytes(), 16, None).unwrap();
    first.drain().unwrap();
    let prefix = first.prefix();
    let after = format!("\"a,b{rows}");
    let opened = of_text(after.as_bytes(), 16, Some(prefix));
    let error = opened
        .and_then(|input| CsvFile::open(input, CsvStyle::default(), 16, 16))
        .err();
    assert!(
        matches!(error, Some(InputError::ChangedSince { .. })),
        "{error:?}"
    );
}
