//! Formats with types of their own: JSON Lines and Parquet.

use ::parquet::basic::Compression;
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn sample_of(bytes: &[u8]) -> Sample {
    read_file(Bytes::copy_from_slice(bytes), "file").unwrap()
}

/// Two payments whose amounts are doubles.
fn doubles() -> Vec<u8> {
    const SCHEMA: &str = "message m {
        REQUIRED INT32 date (DATE);
        REQUIRED INT64 booked_at (TIMESTAMP(MICROS, true));
        REQUIRED DOUBLE amount;
        REQUIRED BYTE_ARRAY payer (STRING);
        REQUIRED BYTE_ARRAY checksum;
    }";
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut place = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let texts = ["DE1", "DE2"].map(ByteArray::from);
        match place {
            0 => column
                .typed::<Int32Type>()
                .write_batch(&[19_753, 19_782], None, None),
            1 => column
                .typed::<Int64Type>()
                .write_batch(&[1_706_695_200_000_000; 2], None, None),
            2 => column
                .typed::<DoubleType>()
                .write_batch(&[12.1, -7.25], None, None),
            _ => column
                .typed::<ByteArrayType>()
                .write_batch(&texts, None, None),
        }
        .unwrap();
        column.close().unwrap();
        place += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn doubles_are_asked_about() {
    let bytes = doubles();
    let open = propose(&sample_of(&bytes), &Answers::default());
    insta::assert_snapshot!(show(&open), @r#"
        transactions likely: its columns speak of 'payer'
        date → date | days | sure | 2 of 2 values are days by their type; header says 'date'
        booked_at → posted_at | moments in UTC | sure | 2 of 2 values are moments in UTC by their type; header says 'booked_at'
        amount → amount | binary floats | asked | 2 of 2 values are amounts like -7.25; header says 'amount'; as binary floats they cannot say exactly what was meant, and are refused unless the profile has doubles = "shortest"
        payer → payer_account | . | sure | 2 of 2 values are there; header says 'payer'
        checksum →  | . | not loaded | neither its name nor its values tell a field
        ? May the floats in "amount" be read as the shortest decimals that name them? (binary floats cannot say exactly what an amount was, and are refused unless the profile allows it)
          --doubles shortest: yes: what was meant, if it had 15 digits or fewer
        "#);
    insta::assert_snapshot!(open.toml, @r#"
        # Proposed from the first 2 records of "file".
        # Open: May the floats in "amount" be read as the shortest decimals that name
        # them? (binary floats cannot say exactly what an amount was, and are refused
        # unless the profile allows it)
        type = "transactions"
        description = "As in file"
        format = "parquet"

        [columns]
        row_id = "@row"
        date = "date"
        posted_at = "booked_at"
        amount = "amount"
        payer_account = "payer"
        # Not loaded: "checksum"

        [parquet]
        # The shortest decimal that names a float is what was meant, if that had 15
        # digits or fewer.
        # doubles = "shortest"  # open: may they be read so?

        # The same row again? None of 2 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "payer_account"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    // Unanswered, a load refuses the file.
    let profile = Profile::parse(&open.toml).unwrap();
    assert_eq!(profile.doubles, Doubles::Refuse);
    let mut answers = Answers::default();
    answers.give(open.questions[0].choices[0].answer.unwrap());
    let answered = propose(&sample_of(&bytes), &answers);
    assert_eq!(answered.questions, []);
    assert_eq!(load_bytes(&bytes, &answered), (2, 2), "{}", answered.toml);
}

#[test]
fn generated_parquet_is_recognised_whole() {
    let generator = Generator {
        rows: 300,
        faults_per_mille: 0,
        ..Generator::default()
    };
    let mut bytes = Vec::new();
    generator.write_parquet(&mut bytes).unwrap();
    let proposal = propose(&sample_of(&bytes), &Answers::default());
    assert_eq!(proposal.questions, []);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 300 records of "file".
        type = "transactions"
        description = "As in file"
        format = "parquet"

        [columns]
        row_id = "row_id"
        date = "date"
        posted_at = "posted_at"
        amount = "amount"
        currency = "currency"
        payer_account = "payer_account"
        payee_account = "payee_account"
        party_id = "party_id"
        party_name = "party_name"
        employee = "employee"
        approver = "approver"
        document_number = "document_number"
        category = "category"
        description = "description"

        # The same row again? 2 of 300 in the sample repeat these fields of an earlier
        # one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "party_id", "document_number"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert_eq!(load_bytes(&bytes, &proposal), (300, 300));
}

#[test]
fn generated_json_lines_are_recognised_whole() {
    let generator = Generator {
        rows: 300,
        faults_per_mille: 0,
        ..Generator::default()
    };
    let mut bytes = Vec::new();
    generator.write_json_lines(&mut bytes).unwrap();
    let proposal = propose(&sample_of(&bytes), &Answers::default());
    assert_eq!(proposal.questions, []);
    assert_eq!(
        (proposal.format, proposal.encoding),
        ("jsonl", Some("utf-8"))
    );
    assert_eq!(load_bytes(&bytes, &proposal), (300, 300));
}

#[test]
fn keys_that_no_profile_can_use_are_left_out() {
    let json = "{\"id\":1,\"date\":20240131,\" amount\":1,\"amount\":\"1,50\",\"name\":[1],\"payer\":[],\"x\":1}\n\
        {\"id\":2,\"date\":20240229,\"amount\":\"2,50\",\"name\":\"a\",\"payer\":{\"account\":\"DE1\"},\"x\":1,\"x\":2}\n";
    let proposal = proposal(json);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions likely: its columns speak of 'payer'
        id → row_id | . | sure | 2 of 2 values are there once only; header says 'id'
        date → date | %Y%m%d | sure | 2 of 2 values are days as %Y%m%d; header says 'date'
         amount →  | . | not loaded | its name is none that a profile can give
        amount → amount | decimals after "," | sure | 2 of 2 values are amounts like 2,50; header says 'amount'; 1,50 proves the "," before the decimals
        name →  | . | not loaded | it has lists or objects, or is there twice in a record, which no field can have
        payer →  | . | not loaded | it has lists or objects, or is there twice in a record, which no field can have
        x →  | . | not loaded | it has lists or objects, or is there twice in a record, which no field can have
        payer.account →  | . | not loaded | it has lists or objects, or is there twice in a record, which no field can have
        "#);
    assert_eq!(load(json, &proposal), (2, 2), "{}", proposal.toml);
}

/// A value of JSON as a payment may have it, and as it should not.
fn json_value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        [
            "\"2024-01-31\"",
            "\"2024-02-01T10:00:00Z\"",
            "20240131",
            "12.50",
            "-7",
            "1e2",
            "\"1.234,56\"",
            "\"EUR\"",
            "\"DE02120300000000202051\"",
            "\"vendor\"",
            "\"\"",
            "null",
            "true",
            "[1]",
            "{\"id\":\"x\",\"name\":\"y\"}",
            "\"\\u00e9\\n\"",
        ]
        .as_slice(),
    )
}

proptest! {
    #[test]
    fn what_is_proposed_for_json_is_a_profile(
        rows in prop::collection::vec(prop::collection::vec(json_value(), 5), 1..6),
    ) {
        const KEYS: [&str; 5] = ["id", "date", "amount", "payer", "payer.name"];
        let line = |row: &Vec<&str>| {
            let members = KEYS.iter().zip(row).map(|(key, value)| format!("\"{key}\":{value}"));
            format!("{{{}}}\n", members.collect::<Vec<_>>().join(","))
        };
        let json: String = rows.iter().map(line).collect();
        let proposal = proposal(&json);
        let parsed = ::toml::from_str::<::toml::Table>(&proposal.toml);
        prop_assert!(parsed.is_ok(), "{}", proposal.toml);
        if proposal.questions.is_empty() {
            // What every column is sure to be is loaded, but for rows said to lack something.
            let sure = proposal.columns.iter().all(|column| column.fits == column.of);
            let whole = !proposal.toml.contains("would be rejected")
                && proposal.columns.iter().all(|column| !column.why.contains("rejected"));
            let rows = rows.len() as u64;
            let (read, loaded) = load(&json, &proposal);
            prop_assert_eq!(read, rows);
            prop_assert!(!(sure && whole) || loaded == rows, "{json}{}", proposal.toml);
        }
    }
}
