use bytes::Bytes;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::properties::{WriterProperties, WriterVersion};

use super::super::value::Moment;
use super::*;

mod generated;
mod hostile;
mod make;
mod types;

use make::{Data, file, texts};

fn open(bytes: &[u8], doubles: Doubles) -> Result<ParquetFile, InputError> {
    let stored = Stored::Bytes(Bytes::copy_from_slice(bytes));
    ParquetFile::open(stored, &ParquetBounds::default(), doubles, None)
}

/// Every row of these columns.
fn rows<T>(
    file: &mut ParquetFile,
    used: &[usize],
    mut row: impl FnMut(Row<'_>) -> T,
) -> Result<Vec<T>, InputError> {
    file.want(used)?;
    let mut rows = Vec::new();
    while file.advance()? == Found::Record {
        rows.push(row(file.current()));
    }
    assert_eq!(file.advance()?, Found::End);
    file.drain()?;
    assert_eq!(file.meter.held(), 0, "memory given back");
    Ok(rows)
}

fn shown(value: Value<'_>) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    match value {
        Value::Missing => "-".to_owned(),
        Value::Text(bytes) => format!("'{}'", text(bytes)),
        Value::Number(bytes) => text(bytes),
        Value::Day(day) => day.to_string(),
        Value::Moment(Moment { micros, utc }) => format!("{micros} {utc}"),
        Value::Unreadable(reason) => format!("({reason})"),
    }
}

#[test]
fn nulls_groups_and_lists_are_where_they_belong() {
    let schema = "message m {
        OPTIONAL INT32 n;
        OPTIONAL group deep { OPTIONAL BYTE_ARRAY text (STRING); REQUIRED INT32 id; }
        REPEATED INT32 many;
    }";
    let group = |base: i32| {
        vec![
            (Data::I32(vec![base, base + 1]), Some(vec![1, 0, 1])),
            (Data::Texts(texts(&["t"])), Some(vec![0, 1, 2])),
            (Data::I32(vec![7, 8]), Some(vec![0, 1, 1])),
            (Data::I32(vec![]), Some(vec![0, 0, 0])),
        ]
    };
    let bytes = file(schema, WriterProperties::new(), &[group(10), group(20)]);
    let mut file = open(&bytes, Doubles::Refuse).unwrap();
    assert_eq!(file.columns(), ["n", "deep.text", "deep.id", "many"]);
    let found = rows(&mut file, &[3, 1, 2, 0], |row| {
        let values = [0, 1, 2, 3, 9].map(|column| shown(row.value(column)));
        (row.line(), values.join(" "))
    });
    let expected = [
        "10 - - (not_scalar) -",
        "- - 7 (not_scalar) -",
        "11 't' 8 (not_scalar) -",
        "20 - - (not_scalar) -",
        "- - 7 (not_scalar) -",
        "21 't' 8 (not_scalar) -",
    ];
    let found = found.unwrap();
    assert_eq!(
        found.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6]
    );
    assert_eq!(
        found
            .iter()
            .map(|(_, row)| row.as_str())
            .collect::<Vec<_>>(),
        expected
    );
}

/// More rows than a batch has, in groups that end within one, with pages that do too.
#[test]
fn every_codec_version_and_encoding_gives_the_same_rows() {
    const ROWS: usize = 9000;
    let schema = "message m { REQUIRED BYTE_ARRAY id (STRING); OPTIONAL BYTE_ARRAY word (STRING);
        OPTIONAL INT64 n; REQUIRED FIXED_LEN_BYTE_ARRAY(2) f (DECIMAL(4, 1)); }";
    let group = |from: usize, to: usize| {
        let present = |row: &usize| !row.is_multiple_of(3);
        let levels: Vec<i16> = (from..to).map(|row| i16::from(present(&row))).collect();
        let rows = || (from..to).filter(present);
        let made = |text: String| ByteArray::from(text.into_bytes());
        vec![
            (
                Data::Texts((from..to).map(|row| made(format!("row {row}"))).collect()),
                None,
            ),
            (
                Data::Texts(
                    rows()
                        .map(|row| made(format!("word {}", row % 7)))
                        .collect(),
                ),
                Some(levels.clone()),
            ),
            (
                Data::I64(rows().map(|row| i64::try_from(row).unwrap() - 50).collect()),
                Some(levels),
            ),
            (
                Data::Fixed(
                    (from..to)
                        .map(|row| {
                            let value = i16::try_from(row % 100).unwrap();
                            ByteArray::from(value.to_be_bytes().to_vec()).into()
                        })
                        .collect(),
                ),
                None,
            ),
        ]
    };
    let groups = [group(0, 4100), group(4100, 4100), group(4100, ROWS)];
    let expected: Vec<String> = (0..ROWS)
        .map(|row| {
            let fixed = format!("{}.{}", row % 100 / 10, row % 10);
            let fixed = fixed.trim_end_matches(".0");
            if row.is_multiple_of(3) {
                format!("'row {row}' - - {fixed}")
            } else {
                format!(
                    "'row {row}' 'word {}' {} {fixed}",
                    row % 7,
                    i64::try_from(row).unwrap() - 50
                )
            }
        })
        .collect();
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ];
    let mut variants = Vec::new();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        variants.extend(codecs.map(|codec| (version, codec, true, None)));
        // Without a dictionary the second version has texts in DELTA_BYTE_ARRAY.
        variants.push((version, Compression::SNAPPY, false, None));
        let encoding = Some(Encoding::DELTA_LENGTH_BYTE_ARRAY);
        variants.push((version, Compression::UNCOMPRESSED, false, encoding));
    }
    for (version, codec, dictionary, encoding) in variants {
        let mut properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_compression(codec)
            .set_dictionary_enabled(dictionary)
            .set_data_page_row_count_limit(1000)
            .set_write_batch_size(100);
        if let Some(encoding) = encoding {
            for name in ["id", "word"] {
                properties = properties.set_column_encoding(name.into(), encoding);
            }
        }
        let bytes = file(schema, properties.build(), &groups);
        let mut file = open(&bytes, Doubles::Refuse).unwrap();
        let found = rows(&mut file, &[0, 1, 2, 3], |row| {
            assert!(row.is_plain());
            [0, 1, 2, 3]
                .map(|column| shown(row.value(column)))
                .join(" ")
        });
        let found = found.unwrap();
        assert!(
            found == expected,
            "{version:?} {codec:?} {dictionary} {encoding:?}"
        );
        assert!(file.decoded_bytes() > 10_000);
    }
}

#[test]
fn texts_are_plain_only_if_they_are() {
    for (text, plain) in [
        ("é\u{1}"[..].as_bytes(), true),
        (b"a\0", false),
        (b"\xff", false),
    ] {
        let data = vec![
            ByteArray::from(b"good".to_vec()),
            ByteArray::from(text.to_vec()),
        ];
        let schema = "message m { REQUIRED BYTE_ARRAY a; }";
        let bytes = file(
            schema,
            WriterProperties::new(),
            &[vec![(Data::Texts(data), None)]],
        );
        let mut file = open(&bytes, Doubles::Refuse).unwrap();
        assert_eq!(
            rows(&mut file, &[0], |row| row.is_plain()).unwrap(),
            [plain; 2]
        );
    }
}

#[test]
fn floats_are_refused_by_name_unless_allowed_or_not_asked_for() {
    let schema = "message m { REQUIRED DOUBLE amount; REQUIRED INT32 n; }";
    let data = || vec![(Data::F64(vec![0.5]), None), (Data::I32(vec![1]), None)];
    let bytes = file(schema, WriterProperties::new(), &[data()]);
    let mut refusing = open(&bytes, Doubles::Refuse).unwrap();
    assert!(refusing.refused(&[1]).is_none());
    assert!(refusing.refused(&[1, 0]).is_some());
    let error = rows(&mut refusing, &[0], |_| ()).unwrap_err().to_string();
    assert!(
        error.contains("column amount") && error.contains("doubles = \"shortest\""),
        "{error}"
    );
    let mut other = open(&bytes, Doubles::Refuse).unwrap();
    assert_eq!(
        rows(&mut other, &[1], |row| shown(row.value(1))).unwrap(),
        ["1"]
    );
}

#[test]
fn a_file_is_resumed_only_whole_and_unchanged() {
    let schema = "message m { REQUIRED INT32 n; }";
    let data = |n| vec![vec![(Data::I32(vec![n]), None)]];
    let [first, second] = [1, 2].map(|n| file(schema, WriterProperties::new(), &data(n)));
    let prefix = open(&first, Doubles::Refuse).unwrap().prefix();
    assert_eq!(prefix.bytes, first.len() as u64);
    assert_eq!(prefix.sha256.as_bytes()[..], Sha256::digest(&first)[..]);
    let again = |bytes: &[u8]| {
        let stored = Stored::Bytes(Bytes::copy_from_slice(bytes));
        ParquetFile::open(
            stored,
            &ParquetBounds::default(),
            Doubles::Refuse,
            Some(prefix),
        )
    };
    assert!(again(&first).is_ok());
    for other in [&second[..], &first[..first.len() - 1], b""] {
        let error = again(other).err().unwrap();
        assert!(matches!(error, InputError::ChangedSince { .. }), "{error}");
    }
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_noticed() {
    let path = std::env::temp_dir().join(format!("nexus-parquet-{}", std::process::id()));
    let schema = "message m { REQUIRED INT32 n; }";
    let bytes = file(
        schema,
        WriterProperties::new(),
        &[vec![(Data::I32(vec![1]), None)]],
    );
    std::fs::write(&path, &bytes).unwrap();
    let stored = Stored::File(std::fs::File::open(&path).unwrap());
    let mut opened =
        ParquetFile::open(stored, &ParquetBounds::default(), Doubles::Refuse, None).unwrap();
    assert_eq!(
        rows(&mut opened, &[0], |row| shown(row.value(0))).unwrap(),
        ["1"]
    );
    std::fs::write(&path, [bytes, vec![0]].concat()).unwrap();
    assert!(matches!(
        opened.drain(),
        Err(InputError::ChangedWhileRead { .. })
    ));
    std::fs::remove_file(path).unwrap();
}
