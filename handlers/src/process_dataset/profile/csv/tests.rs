use super::super::{Profile, ProfileError};
use super::*;

fn parse(csv: &str) -> Result<CsvStyle, String> {
    let toml =
        format!("type = \"expenses\"\n[csv]\n{csv}\n[columns]\nrow_id = 1\ndate = 2\namount = 3\n");
    match Profile::parse(&toml) {
        Ok(profile) => Ok(profile.csv),
        Err(ProfileError::Mistakes(lines)) => Err(lines.join("\n")),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_setting_is_read() {
    let style = parse(
        r#"
delimiter = "\t"
quote = "'"
escape = "backslash"
stray_quotes = "literal"
comment = "--"
skip_lines = 1000
header = false
short_rows = "pad"
long_rows = "cut_blank"
"#,
    );
    let expected = CsvStyle {
        delimiter: Mark::byte(b'\t'),
        quote: Some(b'\''),
        escape: Escape::Backslash,
        stray_quotes: StrayQuotes::Literal,
        comment: Mark::new("--", 4),
        skip_lines: 1000,
        header: false,
        short_rows: ShortRows::Pad,
        long_rows: LongRows::CutBlank,
    };
    assert_eq!(style, Ok(expected));
    assert_eq!(parse(""), Ok(CsvStyle::default()));
}

#[test]
fn delimiters_are_any_text_that_fits() {
    for text in [",", "||", "~|~", "¦", " ", "x|", "12345.78", "\u{1}"] {
        let style = parse(&format!("delimiter = {text:?}").replace("\\u{1}", "\\u0001"));
        assert_eq!(style.unwrap().delimiter.as_bytes(), text.as_bytes());
    }
    for text in ["", "a", "12", "123456.89", "\\n", "|\\r", "\\u0000"] {
        let error = parse(&format!("delimiter = \"{text}\"")).unwrap_err();
        assert!(error.starts_with("csv.delimiter: "), "{text:?} {error}");
    }
}

#[test]
fn mistakes_are_listed() {
    let error = parse(
        r#"
delimiter = "abc"
quote = "xx"
escape = "slash"
stray_quotes = "drop"
comment = "-----"
skip_lines = 1001
short_rows = "cut"
long_rows = "pad"
"#,
    );
    insta::assert_snapshot!(error.unwrap_err(), @r##"
    csv.delimiter: "abc" should be 1 to 8 bytes, like "," or "||", without line ends, and not all letters or digits
    csv.quote: "xx" should be one ASCII character, or "" for none
    csv.escape: "slash" is not one of doubled, backslash
    csv.stray_quotes: "drop" is not one of as_is, literal
    csv.comment: "-----" should be 1 to 4 bytes without line ends, like "#", or "" for none
    csv.skip_lines: 1001 should be a number of lines from 0 to 1000
    csv.short_rows: "cut" is not one of reject, pad
    csv.long_rows: "pad" is not one of reject, cut, cut_blank
    "##);
}

#[test]
fn contradictions_are_refused() {
    for (csv, setting) in [
        (r#"delimiter = '|"|'"#, "csv.quote"),
        (r#"delimiter = "'" "#, ""),
        ("quote = ','", "csv.quote"),
        ("quote = ''\nstray_quotes = 'literal'", "csv.stray_quotes"),
        ("comment = ','", "csv.comment"),
        ("comment = '\"!'", "csv.comment"),
        ("delimiter = '##'\ncomment = '#'", "csv.comment"),
        ("delimiter = '#'\ncomment = '##'", "csv.comment"),
        ("escape = 'backslash'\nquote = '\\'", "csv.escape"),
        ("escape = 'backslash'\ndelimiter = '|\\'", "csv.escape"),
        ("escape = 'backslash'\ncomment = '\\#'", "csv.escape"),
        ("escape = 'backslash'\nquote = ''", ""),
        ("delimiter = '|\\'", ""),
        ("skip_lines = -1", "csv.skip_lines"),
    ] {
        let lines = parse(csv).err().unwrap_or_default();
        let settings: Vec<_> = lines
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        let expected: Vec<_> = [setting].into_iter().filter(|s| !s.is_empty()).collect();
        assert_eq!(settings, expected, "{csv}");
    }
}
