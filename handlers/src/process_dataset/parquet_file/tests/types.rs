//! What each type becomes.

use parquet::data_type::Int96;

use super::super::super::reject::RejectReason;
use super::*;

/// One column of a file of one column and one row group, all of whose rows are there.
fn column(declared: &str, data: Data) -> Vec<String> {
    let schema = format!("message m {{ REQUIRED {declared}; }}");
    let bytes = file(&schema, WriterProperties::new(), &[vec![(data, None)]]);
    let mut file = open(&bytes, Doubles::Shortest).unwrap();
    rows(&mut file, &[0], |row| shown(row.value(0))).unwrap()
}

#[test]
fn every_type_becomes_its_value() {
    let longs = || Data::I64(vec![0, -1, i64::MAX]);
    let ints = || Data::I32(vec![0, -1, i32::MAX]);
    for (declared, data, expected) in [
        (
            "BOOLEAN a",
            Data::Bool(vec![true, false, true]),
            ["'true'", "'false'", "'true'"],
        ),
        ("INT32 a", ints(), ["0", "-1", "2147483647"]),
        ("INT64 a", longs(), ["0", "-1", "9223372036854775807"]),
        (
            "INT32 a (INTEGER(32, false))",
            ints(),
            ["0", "4294967295", "2147483647"],
        ),
        (
            "INT64 a (UINT_64)",
            longs(),
            ["0", "18446744073709551615", "9223372036854775807"],
        ),
        (
            "INT32 a (DATE)",
            Data::I32(vec![0, 19_782, i32::MAX]),
            ["1970-01-01", "2024-02-29", "(bad_date)"],
        ),
        (
            "INT64 a (TIMESTAMP(MILLIS, true))",
            Data::I64(vec![946_684_800_001, 946_684_799_999, i64::MAX]),
            ["1000 true", "-1000 true", "(bad_timestamp)"],
        ),
        (
            "INT64 a (TIMESTAMP(MICROS, false))",
            Data::I64(vec![946_684_800_000_001, 0, i64::MIN]),
            ["1 false", "-946684800000000 false", "(bad_timestamp)"],
        ),
        (
            "INT64 a (TIMESTAMP(NANOS, true))",
            Data::I64(vec![946_684_800_000_001_999, 946_684_799_999_999_999, 0]),
            ["1 true", "-1 true", "-946684800000000 true"],
        ),
        (
            "INT64 a (TIMESTAMP_MICROS)",
            Data::I64(vec![946_684_800_000_000; 3]),
            ["0 true"; 3],
        ),
        (
            "INT32 a (TIME(MILLIS, true))",
            Data::I32(vec![1000, 86_400_000, -1]),
            ["'00:00:01'", "(bad_timestamp)", "(bad_timestamp)"],
        ),
        (
            "INT64 a (TIME(NANOS, true))",
            Data::I64(vec![1000, 3_600_000_000_000, 1]),
            ["'00:00:00.000001'", "'01:00:00'", "'00:00:00'"],
        ),
        (
            "INT32 a (DECIMAL(9, 2))",
            Data::I32(vec![1250, -5, 0]),
            ["12.5", "-0.05", "0"],
        ),
        (
            "INT64 a (DECIMAL(18, 4))",
            Data::I64(vec![10_000, -1, 123_456]),
            ["1", "-0.0001", "12.3456"],
        ),
        (
            "BYTE_ARRAY a (DECIMAL(38, 3))",
            Data::Texts(texts(&["\x01", "", "\x7f\x7f"])),
            ["0.001", "(bad_amount)", "32.639"],
        ),
        (
            "BYTE_ARRAY a (STRING)",
            Data::Texts(texts(&["", "é", "b"])),
            ["''", "'é'", "'b'"],
        ),
        (
            "BYTE_ARRAY a",
            Data::Texts(texts(&["x", "y", "z"])),
            ["'x'", "'y'", "'z'"],
        ),
        (
            "FLOAT a",
            Data::F32(vec![0.1, f32::NAN, -2.0]),
            ["0.1", "'NaN'", "-2"],
        ),
        (
            "DOUBLE a",
            Data::F64(vec![5_142_124_791.0, 0.3, f64::INFINITY]),
            ["5142124791", "0.3", "'inf'"],
        ),
    ] {
        assert_eq!(column(declared, data), expected, "{declared}");
    }
}

#[test]
fn fixed_lengths_and_the_old_moment() {
    let fixed = |bytes: &[u8]| FixedLenByteArray::from(ByteArray::from(bytes.to_vec()));
    let amounts = vec![fixed(&(-125_000_i128).to_be_bytes()[7..]), fixed(&[0; 9])];
    assert_eq!(
        column(
            "FIXED_LEN_BYTE_ARRAY(9) a (DECIMAL(19, 4))",
            Data::Fixed(amounts)
        ),
        ["-12.5", "0"]
    );
    assert_eq!(
        column(
            "FIXED_LEN_BYTE_ARRAY(16) a (UUID)",
            Data::Fixed(vec![fixed(&[0x1f; 16])])
        ),
        ["'1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f'"]
    );
    assert_eq!(
        column(
            "FIXED_LEN_BYTE_ARRAY(3) a",
            Data::Fixed(vec![fixed(b"EUR")])
        ),
        ["'EUR'"]
    );
    let moment = Int96::from(vec![2000, 0, 2_451_545]);
    assert_eq!(column("INT96 a", Data::I96(vec![moment])), ["2 true"]);
}

#[test]
fn columns_that_are_no_values_are_unreadable_and_do_no_harm() {
    let interval = "message m { REQUIRED FIXED_LEN_BYTE_ARRAY(12) a (INTERVAL); }";
    let data = vec![ByteArray::from(vec![0; 12]).into()];
    let bytes = file(
        interval,
        WriterProperties::new(),
        &[vec![(Data::Fixed(data), None)]],
    );
    let mut opened = open(&bytes, Doubles::Refuse).unwrap();
    let values = rows(&mut opened, &[0], |row| {
        row.value(0) == Value::Unreadable(RejectReason::NotScalar)
    });
    assert_eq!(values.unwrap(), [true]);
}
