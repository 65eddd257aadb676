use std::collections::BTreeMap;

use nexus_schema::copy::encode::{HEADER, TRAILER};

use super::*;
use crate::process_dataset::profiles;
use crate::process_dataset::reject::RejectReason;

mod encodings;
mod resume;

const SCOPE: RowScope = RowScope {
    tenant_id: 7,
    case_id: 8,
    dataset_id: 9,
    rows_before: 0,
};

fn profile(name: &str) -> Arc<Profile> {
    Arc::new(Profile::parse(profiles::shipped(name).unwrap()).unwrap())
}

fn settings(chunk_rows: u64, block_bytes: usize) -> DecodeSettings {
    DecodeSettings {
        block_bytes,
        record_bytes_max: 200,
        raw_text_bytes_max: 40,
        chunk_rows,
        ..DecodeSettings::default()
    }
}

/// All that a file came to: the rows of every month and the rejects, without stream ends.
#[derive(Debug, Default, PartialEq, Eq)]
struct Output {
    months: BTreeMap<String, Vec<u8>>,
    rejects: Vec<u8>,
    counts: (u64, u64),
}

fn stored(bytes: &[u8]) -> Stored {
    Stored::Bytes(bytes::Bytes::copy_from_slice(bytes))
}

fn body(payload: &[u8]) -> &[u8] {
    payload
        .strip_prefix(&HEADER)
        .unwrap()
        .strip_suffix(&TRAILER)
        .unwrap()
}

impl Output {
    fn add(&mut self, chunk: &Chunk) {
        for rows in &chunk.months {
            let all = self
                .months
                .entry(
                    rows.month
                        .map(|month| month.to_string())
                        .unwrap_or_default(),
                )
                .or_default();
            all.extend_from_slice(body(&rows.payload));
            self.counts.0 += rows.rows;
        }
        self.rejects.extend_from_slice(body(&chunk.rejects));
        self.counts.1 += chunk.rejected;
    }
}

fn decode(
    csv: &[u8],
    profile: &Arc<Profile>,
    settings: DecodeSettings,
) -> Result<(Output, Summary), InputError> {
    let mut output = Output::default();
    let mut decoder = Decoder::start(stored(csv), Arc::clone(profile), SCOPE, settings)?;
    while let Some(chunk) = decoder.next_chunk()? {
        output.add(&chunk);
        decoder.recycle(chunk);
    }
    Ok((output, decoder.finish()?))
}

/// One row as text: a column a word, `~` for null. Knows the types by position.
fn show(payload: &[u8], types: &str) -> Vec<String> {
    let mut rest = payload;
    let mut take = |count: usize| {
        let (head, tail) = rest.split_at(count);
        rest = tail;
        (head.to_vec(), tail.is_empty())
    };
    let mut rows = Vec::new();
    loop {
        let mut row = Vec::new();
        let (count, mut end) = take(2);
        assert_eq!(count, u16::try_from(types.len()).unwrap().to_be_bytes());
        for kind in types.chars() {
            let (len, now) = take(4);
            end = now;
            let len = i32::from_be_bytes(len.try_into().unwrap());
            let Ok(len) = usize::try_from(len) else {
                row.push("~".to_owned());
                continue;
            };
            let (value, now) = take(len);
            end = now;
            row.push(match kind {
                'i' => i64::from_be_bytes(value.try_into().unwrap()).to_string(),
                'd' => i32::from_be_bytes(value.try_into().unwrap()).to_string(),
                'n' => format!("{value:02x?}").replace(['[', ']', ',', ' '], ""),
                _ => String::from_utf8(value).unwrap(),
            });
        }
        rows.push(row.join(" "));
        if end {
            return rows;
        }
    }
}

const ROW: &str = "iiiitdiinttttttttttt";
const REJECT: &str = "iiiiittt";

const CANONICAL: &str = "\u{feff}row_id, DATE ,amount,currency,posted_at,party_name\r\n\
    a1,2024-01-31,-12.50,eur,2024-02-01T00:00:00+01:00,\"Meyer, \"\"K\"\"\"\r\n\
    a2,2024-02-30,1,,,\r\n\
    \r\n\
    a3,2024-02-29,1.00009,,,\r\n\
    a4,2024-02-29,7,,,  \r\n\
    a5,2024-02-29,1\r\n\
    a6,2024-02-29,1,€,,\r\n\
    a7,2024-02-29,1,,yesterday,\r\n\
    ,2024-02-29,1,,,";

#[test]
fn rows_and_rejects_are_encoded_as_the_tables_want() {
    let canonical = profile("canonical-transactions");
    let (output, summary) = decode(CANONICAL.as_bytes(), &canonical, settings(100, 64)).unwrap();
    insta::assert_snapshot!(show(&output.months["y2024m01"], ROW).join("\n"), @r#"7 8 9 1 a1 8796 ~ 760057200000000 0002000040000004000c1388 EUR ~ ~ ~ Meyer, "K" ~ ~ ~ ~ ~ ~"#);
    insta::assert_snapshot!(show(&output.months["y2024m02"], ROW).join("\n"), @"7 8 9 4 a4 8825 ~ ~ 00010000000000040007 ~ ~ ~ ~ ~ ~ ~ ~ ~ ~ ~");
    insta::assert_snapshot!(show(&output.rejects, REJECT).join("\n"), @r#"
        7 8 9 3 2 DATE bad_date a2,2024-02-30,1,,,
        7 8 9 5 3 amount bad_amount a3,2024-02-29,1.00009,,,
        7 8 9 7 5 ~ too_few_columns a5,2024-02-29,1
        7 8 9 8 6 currency bad_currency a6,2024-02-29,1,€,,
        7 8 9 9 7 posted_at bad_timestamp a7,2024-02-29,1,,yesterday,
        7 8 9 10 8 row_id missing_field ,2024-02-29,1,,,
        "#);
    insta::assert_snapshot!(serde_json::to_string_pretty(&summary.tally).unwrap(), @r#"
        {
          "rows_read": 8,
          "loaded": 2,
          "rejected": {
            "missing_field": 1,
            "bad_date": 1,
            "bad_amount": 1,
            "bad_timestamp": 1,
            "bad_currency": 1,
            "too_few_columns": 1
          },
          "min_date": "2024-01-31",
          "max_date": "2024-02-29",
          "currencies": {
            "": {
              "count": 1,
              "sum": "7.0000"
            },
            "EUR": {
              "count": 1,
              "sum": "-12.5000"
            }
          },
          "negative": 1,
          "zero": 0
        }
        "#);
    assert_eq!(summary.raw_bytes, CANONICAL.len() as u64);
    assert_eq!(summary.decoded_bytes, CANONICAL.len() as u64);
}

#[test]
fn debit_and_credit_make_the_amount() {
    let csv = "Date;Debit;Credit;Counterparty\n\
        31.12.2023;1.234,56;;A\n\
        01.01.2024;;-1.234,5;B\n\
        01.01.2024;0,00;7;C\n\
        01.01.2024;1;7;D\n\
        01.01.2024;-;-;E\n";
    let (output, summary) = decode(
        csv.as_bytes(),
        &profile("generic-bank-statement"),
        settings(100, 64),
    )
    .unwrap();
    let euro = &summary.tally.currencies[&"EUR".parse().unwrap()];
    assert_eq!(
        (euro.count, euro.sum.to_string()),
        (3, "-2462.0600".to_owned())
    );
    insta::assert_snapshot!(show(&output.rejects, REJECT).join("\n"), @r#"
        7 8 9 5 4 Credit bad_amount 01.01.2024;1;7;D
        7 8 9 6 5 Debit missing_field 01.01.2024;-;-;E
        "#);
}

#[test]
fn without_a_header_columns_are_positions() {
    let profile = Profile::parse(
        "type = \"expenses\"\n[csv]\nheader = false\n[columns]\nrow_id = \"@row\"\ndate = 2\namount = 1\n",
    )
    .unwrap();
    let profile = Arc::new(profile);
    let (output, summary) = decode(
        b"1,2024-01-01\n2,2024-01-02\n3\n",
        &profile,
        settings(1, 64),
    )
    .unwrap();
    assert_eq!((summary.tally.rows_read, summary.tally.loaded), (3, 2));
    assert_eq!(
        show(&output.months["y2024m01"], ROW)[1].split(' ').nth(4),
        Some("2")
    );
    let error = decode(b"1;2024-01-01\n", &profile, settings(1, 64)).unwrap_err();
    insta::assert_snapshot!(error, @"the header does not fit the profile; missing column 2 (date); the file has 1");
}

#[test]
fn files_that_cannot_be_loaded_say_why() {
    let canonical = profile("canonical-transactions");
    let error = |csv: &[u8]| {
        decode(csv, &canonical, settings(10, 64))
            .unwrap_err()
            .to_string()
    };
    let all = [
        error(b""),
        error(b"\xef\xbb\xbf"),
        error(b"\n\n"),
        error(b"row_id,date,amount\n"),
        error(b"Row ID,day,amount,party_name,Party_Name\n1,2,3\n"),
        error(b"\"row_id,date\n"),
        error(b"PK\x03\x04..."),
        error(&[b'x'; 1000]),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
        the file is empty
        the file is empty
        the file has no records
        the file has no records, only a header
        the header does not fit the profile; missing "row_id" (row_id), "date" (date); more than one column is called "party_name" (party_name); the file has Row ID, day, amount, party_name, Party_Name
        the header does not fit the profile: its first line is too long, or has a quote that is not closed
        the file is neither CSV nor JSON Lines but looks like a ZIP archive (which an .xlsx workbook is, too): convert it to one of them first
        the header does not fit the profile: its first line is too long, or has a quote that is not closed
        "#);
}

#[test]
fn long_lines_and_open_quotes_are_rejected_alone() {
    let long = "x".repeat(1000);
    let csv =
        format!("row_id,date,amount\n{long},2024-01-01,1\n\"b,2024-01-01,1\nc,2024-01-01,1\n");
    let canonical = profile("canonical-transactions");
    let (output, summary) = decode(csv.as_bytes(), &canonical, settings(10, 64)).unwrap();
    assert_eq!((summary.tally.rows_read, summary.tally.loaded), (3, 1));
    insta::assert_snapshot!(show(&output.rejects, REJECT).join("\n"), @r#"
        7 8 9 2 1 ~ line_too_long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
        7 8 9 3 2 ~ unclosed_quote "b,2024-01-01,1
        "#);
}

#[test]
fn bytes_of_columns_that_are_not_loaded_do_not_matter() {
    let csv = b"row_id,date,amount,note\na,2024-01-01,1,\xff\xc3\xbc\xc3\xa9\xc3\xa4\nb\xff,2024-01-01,1,\nc,2024-01-01,1,\0\nd\0,2024-01-01,1,\n";
    let canonical = profile("canonical-transactions");
    let (_, summary) = decode(csv, &canonical, settings(10, 64)).unwrap();
    let rejected = BTreeMap::from([(RejectReason::BadEncoding, 1), (RejectReason::NulByte, 1)]);
    assert_eq!(
        (summary.tally.loaded, summary.tally.rejected),
        (2, rejected)
    );
}

#[test]
fn chunks_end_at_the_bound_of_bytes_too() {
    let csv = format!("row_id,date,amount\n{}", "a,2024-01-01,1\n".repeat(100));
    let settings = DecodeSettings {
        chunk_bytes_max: 1000,
        ..settings(1_000_000, 64)
    };
    let canonical = profile("canonical-transactions");
    let mut decoder = Decoder::start(stored(csv.as_bytes()), canonical, SCOPE, settings).unwrap();
    while let Some(chunk) = decoder.next_chunk().unwrap() {
        assert!(chunk.months[0].payload.len() < 1300);
        decoder.recycle(chunk);
    }
    assert_eq!(decoder.tally().loaded, 100);
}

#[test]
fn dates_in_more_months_than_a_file_may_have_stop_it() {
    let row = |number: u32| format!("a,{}-{:02}-01,1\n", 2000 + number / 12, number % 12 + 1);
    let months = |count: u32| (0..count).map(row).collect::<String>();
    let few = DecodeSettings {
        months_max: 6,
        ..settings(3, 64)
    };
    let run = |csv: &str| {
        let text = format!("row_id,date,amount\n{csv}");
        decode(
            text.as_bytes(),
            &profile("canonical-transactions"),
            few.clone(),
        )
    };
    // As often as they like, in whatever chunk.
    assert_eq!(run(&months(6).repeat(5)).unwrap().1.tally.loaded, 30);
    insta::assert_snapshot!(
        run(&(months(6) + &months(7))).unwrap_err(),
        @"the file's dates fall into more than 6 months, which is all that datasets.months_max allows: are the dates read rightly?"
    );
    // What an earlier attempt loaded counts, too.
    let text = format!("row_id,date,amount\n{}", months(7));
    let file = stored(text.as_bytes());
    let canonical = profile("canonical-transactions");
    let mut decoder = Decoder::start(file, Arc::clone(&canonical), SCOPE, few.clone()).unwrap();
    let checkpoint = decoder.next_chunk().unwrap().unwrap().checkpoint;
    let file = stored(text.as_bytes());
    let mut resumed = Decoder::resume(file, canonical, SCOPE, few, &checkpoint).unwrap();
    resumed.next_chunk().unwrap();
    assert!(matches!(
        resumed.next_chunk(),
        Err(InputError::TooManyMonths { months_max: 6 })
    ));
}

#[test]
fn reference_data_has_no_months() {
    let csv = "role,party_id,party_name\nVendor,v1,A\nowner,v2,B\nemployee,,C\nemployee,e1,\n";
    let (output, summary) = decode(
        csv.as_bytes(),
        &profile("canonical-parties"),
        settings(10, 64),
    )
    .unwrap();
    insta::assert_snapshot!(show(&output.months[""], "iiiitttttttt").join("\n"), @"
    7 8 9 1 1 vendor v1 A ~ ~ ~ ~
    7 8 9 4 4 employee e1 ~ ~ ~ ~ ~
    ");
    insta::assert_snapshot!(show(&output.rejects, REJECT).join("\n"), @"
    7 8 9 3 2 role unknown_value owner,v2,B
    7 8 9 4 3 party_id missing_field employee,,C
    ");
    assert_eq!(summary.keys.unwrap().rows, 2);
}
