use super::*;
use crate::process_dataset::profile::{Escape, StrayQuotes};

fn style(delimiter: &str) -> CsvStyle {
    CsvStyle {
        delimiter: Mark::new(delimiter, 8).unwrap(),
        ..CsvStyle::default()
    }
}

fn backslash(delimiter: &str) -> CsvStyle {
    CsvStyle {
        escape: Escape::Backslash,
        ..style(delimiter)
    }
}

fn literal() -> CsvStyle {
    CsvStyle {
        stray_quotes: StrayQuotes::Literal,
        ..CsvStyle::default()
    }
}

fn fields(text: &str, style: CsvStyle) -> Vec<Vec<String>> {
    let rows = rows_of(text.as_bytes(), style, 3, 200);
    rows.into_iter()
        .map(|(found, _, fields)| {
            assert_eq!(found, Found::Record, "{text:?}");
            fields
        })
        .collect()
}

#[test]
fn delimiters_of_several_bytes() {
    let text = "a||b|c||\"d||\"\"e\"||\n|||x|\n";
    let expected = [vec!["a", "b|c", "d||\"e", ""], vec!["", "|x|"]];
    assert_eq!(fields(text, style("||")), expected);
    assert_eq!(fields("a~|~b~|c¦", style("~|~")), [["a", "b~|c¦"]]);
    assert_eq!(fields("a¦\"b¦\"¦é§", style("¦")), [["a", "b¦", "é§"]]);
    assert_eq!(fields("a\tb,", style("\t")), [["a", "b,"]]);
}

#[test]
fn a_backslash_inside_quotes_takes_the_next_byte() {
    let text = r#""say \"hi\"","C:\\x","a\nb","d""e",x"#;
    let expected = [["say \"hi\"", "C:\\x", "anb", "d\"e", "x"]];
    assert_eq!(fields(text, backslash(",")), expected);
    // Without the escape, the backslash is text and the quote behind it closes.
    assert_eq!(fields(r#""a\",b"#, style(",")), [["a\\", "b"]]);
}

#[test]
fn a_backslash_outside_quotes_escapes_only_what_would_mean_something() {
    let text = "a\\,b,\\\"c\\\",C:\\temp\\\\,\\N,x\\\r\ny,z\\\n1\\";
    let expected = [["a,b", "\"c\"", "C:\\temp\\", "\\N", "x\r\ny", "z\n1\\"]];
    assert_eq!(fields(text, backslash(",")), expected);
    assert_eq!(fields("a\\||b||c\\|", backslash("||")), [["a||b", "c\\|"]]);
    let no_quote = CsvStyle {
        quote: None,
        ..backslash(",")
    };
    assert_eq!(fields("\"a\\,b\",\\\"", no_quote), [["\"a,b\"", "\\\""]]);
    // Line numbers count the lines that an escape joins.
    let rows = rows_of(b"a\\\r\nb\nc", backslash(","), 3, 200);
    assert_eq!((rows[0].1, rows[1].1), (1, 3));
}

#[test]
fn stray_quotes_can_be_text() {
    let text = "\"Joe \"The Rock\" Smith\",\"5\"\" disk\",a\"b,\"\"\n\"x\"y\nz\"";
    let expected = [
        vec!["Joe \"The Rock\" Smith", "5\" disk", "a\"b", ""],
        vec!["x\"y\nz"],
    ];
    assert_eq!(fields(text, literal()), expected);
    let as_is = ["Joe The Rock\" Smith\"", "5\" disk", "a\"b", ""];
    assert_eq!(fields(text, CsvStyle::default())[0], as_is);
}

#[test]
fn comments_and_skipped_lines_are_no_records_but_lines() {
    let style = CsvStyle {
        comment: Mark::new("##", 4),
        skip_lines: 3,
        ..CsvStyle::default()
    };
    let text = "Bank \"of X\n\n##a\r\n\r\n## c\rb,#\n#d\n##\n\"e\n##f\"\n##g\n#";
    let rows: Vec<_> = rows_of(text.as_bytes(), style, 1, 40)
        .into_iter()
        .map(|(_, line, fields)| (line, fields.join("|")))
        .collect();
    let expected = [(6, "b|#"), (7, "#d"), (9, "e\n##f"), (12, "#")];
    assert_eq!(rows, expected.map(|(line, text)| (line, text.to_owned())));
    // A title and a comment may be longer than any record.
    let long = format!("{}\n\n\n##{}\na", "t".repeat(500), "c".repeat(500));
    let rows = rows_of(long.as_bytes(), style, 1, 40);
    assert_eq!(rows, [(Found::Record, 5, vec!["a".to_owned()])]);
    // Nothing but comments is nothing.
    assert_eq!(rows_of(b"1\n2\n3\n##", style, 1, 40), []);
    assert_eq!(rows_of(b"1\n2", style, 1, 40), []);
}

#[test]
fn lines_style_knows_no_quotes() {
    let text = "{\"a\": \"b,\n\n\"c\r\n";
    let rows = rows_of(text.as_bytes(), CsvStyle::LINES, 4, 40);
    let lines: Vec<_> = rows.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(lines, [(Found::Record, 1), (Found::Record, 3)]);
}

fn styles() -> impl Strategy<Value = CsvStyle> {
    let delimiter = prop_oneof![Just(","), Just("||"), Just("~|~"), Just("¦"), Just("|~||")];
    let quote = prop_oneof![4 => Just(Some(b'"')), 1 => Just(None)];
    let escape = prop_oneof![Just(Escape::Doubled), Just(Escape::Backslash)];
    let stray_quotes = prop_oneof![Just(StrayQuotes::AsIs), Just(StrayQuotes::Literal)];
    let comment = prop_oneof![Just(""), Just("#"), Just("#a#")];
    let lines = prop_oneof![3 => Just(0), 1 => 0_u64..4];
    (delimiter, quote, escape, stray_quotes, comment, lines).prop_map(
        |(delimiter, quote, escape, stray_quotes, comment, skip_lines)| CsvStyle {
            delimiter: Mark::new(delimiter, 8).unwrap(),
            quote,
            escape,
            stray_quotes,
            comment: Mark::new(comment, 4),
            skip_lines,
            ..CsvStyle::default()
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(","), 2 => Just("|"), 2 => Just("||"), 1 => Just("~"), 2 => Just("~|~"),
        2 => Just("¦"), 1 => Just("§"), 5 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"),
        4 => Just("\""), 1 => Just("\"\""), 3 => Just("\",\""), 3 => Just("\\"), 2 => Just("#"),
        4 => Just("a"),
    ];
    proptest::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_style_agrees_with_the_reference(
        text in text(), style in styles(), block in 1_usize..60, bound in 1_usize..60,
    ) {
        let ours = rows_of(text.as_bytes(), style, block, bound);
        prop_assert_eq!(ours, reference(&text, style, bound, hopeless::LOOKS_MAX));
    }

    /// Before the bound is reached, giving up early finds what looking to the end would.
    #[test]
    fn giving_up_early_loses_nothing(text in text(), style in styles(), block in 1_usize..60) {
        let style = CsvStyle { escape: Escape::Doubled, ..style };
        let ours = rows_of(text.as_bytes(), style, block, 1000);
        prop_assert_eq!(ours, reference(&text, style, 1000, u32::MAX));
    }

    #[test]
    fn resuming_finds_the_same_records(text in text(), style in styles(), bound in 1_usize..60) {
        let Ok(input) = of_text(text.as_bytes(), 8, None) else {
            return Ok(());
        };
        let Ok(mut records) = Records::open(input, style, 8, bound) else {
            return Ok(());
        };
        for (found, line, _) in rows_of(text.as_bytes(), style, 8, bound) {
            prop_assert_eq!(records.advance(false).unwrap(), found);
            prop_assert_eq!(records.current().line, line);
        }
        prop_assert_eq!(records.advance(false).unwrap(), Found::End);
    }
}
