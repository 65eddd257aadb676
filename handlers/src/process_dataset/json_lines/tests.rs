use crate::process_dataset::input::of_text;
use std::io::Cursor;

use super::*;

mod properties;

const RECORD_BYTES_MAX: usize = 200;

fn open<R: Read>(reader: R, keys: &[&str], block_bytes: usize) -> JsonLines<R> {
    let input = of_text(reader, block_bytes, None).unwrap();
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    JsonLines::open(input, keys, block_bytes, RECORD_BYTES_MAX).unwrap()
}

/// A value as text: `~` where nothing is there, `#` before numbers, `!` before reasons.
fn show(value: Value<'_>) -> String {
    match value {
        Value::Missing => "~".to_owned(),
        Value::Text(text) => str::from_utf8(text).unwrap().to_owned(),
        Value::Number(text) => format!("#{}", str::from_utf8(text).unwrap()),
        Value::Unreadable(reason) => format!("!{reason}"),
        Value::Day(_) | Value::Moment(_) => panic!("JSON has no {value:?}"),
    }
}

/// A line a record: its line in the file, then its values, or why it has none.
fn rows(text: &[u8], keys: &[&str], block_bytes: usize) -> String {
    let mut source = open(text, keys, block_bytes);
    let mut rows = String::new();
    loop {
        let found = source.advance().unwrap();
        let record = source.current();
        let values = match found {
            Found::End => return rows,
            Found::Faulty(reason) => format!("faulty: {reason}"),
            Found::Record => (0..source.columns().len())
                .map(|column| show(record.value(column)))
                .collect::<Vec<_>>()
                .join(" | "),
        };
        rows.push_str(&format!("{} {values}\n", record.line()));
    }
}

fn one(line: &str, keys: &[&str]) -> String {
    rows(line.as_bytes(), keys, 16)
        .trim_end()
        .replacen("1 ", "", 1)
}

#[test]
fn every_type_has_its_value() {
    let text = concat!(
        "\u{feff}{\"a\":\"x\",\"b\":-12.50,\"c\":true,\"d\":null}\r\n",
        "\r\n",
        " { \"d\" : \"\\u00e9\\ud834\\udd1e\\n\\\"\\/\" , \"c\" : false , \"unwanted\" : [{}] } \n",
        "   \t\n",
        "{\"a\":{},\"b\":[1],\"c\":\"\",\"d\":1e400}\n",
        "{}\r",
        "{\"a\":-0,\"b\":0,\"c\":1E+2,\"d\":123456789012345678901234567890.10}",
    );
    insta::assert_snapshot!(rows(text.as_bytes(), &["a", "b", "c", "d"], 16), @r#"
        1 x | #-12.50 | true | ~
        3 ~ | ~ | false | é𝄞
        "/
        5 !not_scalar | !not_scalar |  | #1e400
        6 ~ | ~ | ~ | ~
        7 #-0 | #0 | #1E+2 | #123456789012345678901234567890.10
        "#);
}

#[test]
fn what_is_not_one_object_is_faulty_and_costs_no_other_line() {
    let bad = [
        "[1]",
        "1",
        "\"a\"",
        "null",
        "{",
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\":1} {\"a\":2}",
        "{\"a\":1},",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":00}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":0x1}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\t\"}",
        "{\"\t\":1}",
        "{\"a\":\"x}",
        "{\"a\":tru}",
        "{\"z\":[1,]}",
        "{\"z\":00}",
        "/* */ {}",
        "{\"\\ud800\":1}",
        "a,b",
    ];
    for line in bad {
        let text = format!("{line}\n{{\"a\":1}}\n");
        assert_eq!(
            rows(text.as_bytes(), &["a"], 16),
            "1 faulty: bad_json\n2 #1\n",
            "{line}"
        );
    }
    let text = b"{\"a\":\"\xff\"}\n{\"z\":\"\xc3\"}\n{\"a\":1}";
    insta::assert_snapshot!(rows(text, &["a"], 16), @r"
        1 faulty: bad_encoding
        2 faulty: bad_encoding
        3 #1
        ");
}

#[test]
fn surrogates_stand_in_pairs() {
    let a = |text: &str| one(&format!("{{\"a\":\"{text}\",\"b\":1}}"), &["a", "b"]);
    assert_eq!(a("\\ud83d\\ude00"), "😀 | #1");
    for lone in [
        "\\ud83d",
        "\\ude00",
        "\\ud83dx",
        "\\ud83d\\n",
        "\\ude00\\ud83d",
    ] {
        assert_eq!(a(lone), "!bad_encoding | #1", "{lone}");
    }
    // Nobody asks for it.
    assert_eq!(one("{\"z\":\"\\ud83d\",\"b\":1}", &["b"]), "#1");
}

#[test]
fn a_nul_is_seen() {
    let mut source = open(
        &b"{\"a\":\"x\\u0000y\"}\n{\"a\":\"\\u0001\"}\n{\"z\":\"\\u0000\"}"[..],
        &["a"],
        16,
    );
    let mut found = Vec::new();
    while source.advance().unwrap() == Found::Record {
        let record = source.current();
        found.push((record.is_plain(), show(record.value(0))));
    }
    assert_eq!(
        found,
        [
            (false, "x\0y".to_owned()),
            (true, "\u{1}".to_owned()),
            (true, "~".to_owned())
        ]
    );
}

#[test]
fn a_wanted_key_stands_once() {
    let faulty = "faulty: repeated_field";
    assert_eq!(one(r#"{"a":1,"a":1}"#, &["a"]), faulty);
    assert_eq!(one(r#"{"a":1,"\u0061":2}"#, &["a"]), faulty);
    assert_eq!(one(r#"{"a":null,"b":1,"a":2}"#, &["a"]), faulty);
    assert_eq!(one(r#"{"z":1,"z":2,"a":3}"#, &["a"]), "#3");
    assert_eq!(one(r#"{"p":{"a":1,"a":2}}"#, &["p.a"]), faulty);
    assert_eq!(one(r#"{"p":{"a":1},"p":{"b":2}}"#, &["p.a"]), faulty);
    assert_eq!(
        one(r#"{"p":{"z":1,"z":2,"a":3},"q":{"a":1,"a":2}}"#, &["p.a"]),
        "#3"
    );
}

#[test]
fn an_exact_key_wins_over_one_in_other_case() {
    assert_eq!(one(r#"{"DATE":1}"#, &["Date"]), "#1");
    assert_eq!(one(r#"{"DATE":1,"Date":2,"date":3}"#, &["Date"]), "#2");
    assert_eq!(
        one(r#"{"DATE":1,"date":2}"#, &["Date"]),
        "faulty: repeated_field"
    );
    assert_eq!(one(r#"{"DATE":1,"date":2}"#, &["Date", "date"]), "~ | #2");
    // Only ASCII letters: what else is the same without case is a question of language.
    assert_eq!(one(r#"{"É":1}"#, &["é"]), "~");
}

#[test]
fn a_dot_leads_into_an_object_unless_the_key_has_it() {
    let keys = ["payer.account", "payer.bank.bic", "payer"];
    let shown = |line| one(line, &keys);
    assert_eq!(
        shown(r#"{"payer":{"account":"DE1","bank":{"bic":"X"}}}"#),
        "DE1 | X | !not_scalar"
    );
    assert_eq!(
        shown(r#"{"payer":{"account":"DE1"},"payer.account":"DE2"}"#),
        "DE2 | ~ | !not_scalar"
    );
    assert_eq!(
        shown(r#"{"payer.account":null,"payer":{"account":"DE1"}}"#),
        "~ | ~ | !not_scalar"
    );
    assert_eq!(shown(r#"{"payer":"Meyer"}"#), "~ | ~ | Meyer");
    assert_eq!(shown(r#"{"payer":null}"#), "~ | ~ | ~");
    assert_eq!(
        shown(r#"{"payer":[{"account":"DE1"}]}"#),
        "!not_scalar | !not_scalar | !not_scalar"
    );
    assert_eq!(
        shown(r#"{"PAYER":{"Account":"\u0044E1","bank":[]}}"#),
        "DE1 | !not_scalar | !not_scalar"
    );
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let mut source = open(
        &b"{\"a\":1,\"b\":2,\"b\":3,\"c\":4}"[..],
        &["a", "b", "c"],
        16,
    );
    source.want(&[2, 0]).unwrap();
    assert_eq!(source.advance().unwrap(), Found::Record);
    let record = source.current();
    let values: Vec<_> = (0..4).map(|column| show(record.value(column))).collect();
    assert_eq!(values, ["#1", "~", "#4", "~"]);
}

#[test]
fn deep_nesting_needs_no_stack() {
    const LEVELS: usize = 10_000;
    let (lists, objects) = ("[".repeat(LEVELS), "{\"p\":".repeat(LEVELS));
    let (lists_end, objects_end) = ("]".repeat(LEVELS), "}".repeat(LEVELS));
    let deep = [
        format!("{{\"z\":{lists}{lists_end},\"a\":1}}"),
        format!("{{\"z\":{objects}0{objects_end},\"a\":1}}"),
        format!("{{\"a\":{lists}{lists_end}}}"),
        format!("{{\"a\":{objects}0{objects_end}}}"),
        format!("{{\"a\":{lists}{objects}"),
        format!("{objects}0{objects_end}"),
        format!("{lists}{lists_end}"),
    ];
    let input = deep.join("\n");
    let keys = vec!["a".to_owned(), "p.p.p.p".to_owned()];
    let input = of_text(input.as_bytes(), 1024, None).unwrap();
    let mut source = JsonLines::open(input, keys, 1024, 1 << 20).unwrap();
    let mut shown = Vec::new();
    loop {
        match source.advance().unwrap() {
            Found::End => break,
            Found::Faulty(reason) => shown.push(format!("faulty: {reason}")),
            Found::Record => {
                let record = source.current();
                shown.push([0, 1].map(|column| show(record.value(column))).join(" | "));
            }
        }
    }
    insta::assert_snapshot!(shown.join("\n"), @r"
        #1 | ~
        #1 | ~
        !not_scalar | ~
        !not_scalar | ~
        faulty: bad_json
        ~ | !not_scalar
        faulty: bad_json
        ");
}

#[test]
fn a_line_of_100_megabytes_is_one_reject() {
    let long = Cursor::new("{\"a\":\"").chain(std::io::repeat(b'x').take(100_000_000));
    let mut source = open(long.chain(Cursor::new("\"}\n{\"a\":1}\n")), &["a"], 1 << 16);
    assert_eq!(
        source.advance().unwrap(),
        Found::Faulty(RejectReason::LineTooLong)
    );
    let mut text = String::new();
    source.current().raw_text(8, &mut text);
    assert_eq!(text, "{\"a\":\"xx…");
    assert_eq!(source.advance().unwrap(), Found::Record);
    assert_eq!(source.current().line(), 2);
    assert_eq!(source.advance().unwrap(), Found::End);
}

#[test]
fn the_whole_file_is_hashed() {
    let text = b"{\"a\":1}\n{\"a\":2}\n\n\n";
    let mut source = open(&text[..], &["a"], 16);
    while source.advance().unwrap() != Found::End {}
    source.drain().unwrap();
    assert_eq!(source.prefix().bytes, text.len() as u64);
    assert_eq!(source.decoded_bytes(), text.len() as u64);
}
