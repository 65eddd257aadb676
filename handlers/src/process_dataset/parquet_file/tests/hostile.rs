//! Files that are damaged, or that lie.

use parquet::file::metadata::{
    FileMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::SchemaDescriptor;

use super::*;

/// Small enough that a mutation that lies about sizes is caught at once.
const BOUNDS: ParquetBounds = ParquetBounds {
    footer_bytes_max: 1024 * 1024,
    held_bytes_max: 4 * 1024 * 1024,
    decoded_bytes_max: 1024 * 1024,
    decoded_ratio_max: 1000,
};

fn read(bytes: &[u8]) -> Result<usize, InputError> {
    let stored = Stored::Bytes(Bytes::copy_from_slice(bytes));
    let mut file = ParquetFile::open(stored, &BOUNDS, Doubles::Shortest, None)?;
    let used: Vec<usize> = (0..file.columns().len()).collect();
    let mut text = String::new();
    let found = rows(&mut file, &used, |row| row.raw_text(200, &mut text))?;
    Ok(found.len())
}

fn sample(version: WriterVersion, codec: Compression, dictionary: bool) -> Vec<u8> {
    let schema = "message m { REQUIRED BYTE_ARRAY id (STRING); OPTIONAL INT64 n;
        OPTIONAL group g { REQUIRED FIXED_LEN_BYTE_ARRAY(2) f (DECIMAL(4, 1)); } }";
    let properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_compression(codec)
        .set_dictionary_enabled(dictionary)
        .build();
    let fixed = |value: u8| FixedLenByteArray::from(ByteArray::from(vec![0, value]));
    let group = vec![
        (Data::Texts(texts(&["ab", "abc", "ab", "b"])), None),
        (Data::I64(vec![5, -6]), Some(vec![1, 0, 1, 0])),
        (
            Data::Fixed(vec![fixed(1), fixed(2), fixed(1)]),
            Some(vec![0, 1, 1, 1]),
        ),
    ];
    file(schema, properties, &[group.clone(), group])
}

fn samples() -> Vec<Vec<u8>> {
    let mut samples = Vec::new();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        samples.push(sample(version, Compression::UNCOMPRESSED, true));
        samples.push(sample(version, Compression::UNCOMPRESSED, false));
        samples.push(sample(version, Compression::SNAPPY, true));
        samples.push(sample(
            version,
            Compression::GZIP(GzipLevel::default()),
            false,
        ));
    }
    samples
}

/// Rows or an error, whichever byte is another: no panic, and nothing beyond the bounds.
#[test]
fn any_byte_may_be_wrong() {
    let mut seen = [0; 2];
    for sample in samples() {
        assert_eq!(read(&sample).unwrap(), 8);
        for at in 0..sample.len() {
            for flip in [0xff, 0x01, 0x80] {
                let mut bytes = sample.clone();
                bytes[at] ^= flip;
                seen[usize::from(read(&bytes).is_ok())] += 1;
            }
        }
    }
    assert!(seen[0] > 1000 && seen[1] > 1000, "{seen:?}");
}

#[test]
fn many_bytes_may_be_wrong_or_missing() {
    let samples = samples();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..4000 {
        let mut bytes = samples[random(samples.len())].clone();
        for _ in 0..=random(6) {
            let at = random(bytes.len());
            bytes[at] = u8::try_from(random(256)).unwrap();
        }
        let _ = read(&bytes);
    }
    let sample = &samples[0];
    for cut in 0..sample.len() {
        read(&sample[..cut]).unwrap_err();
    }
}

#[test]
fn each_lie_of_the_frame_has_its_words() {
    let sample = &samples()[0];
    let end = sample.len();
    let changed = |range: std::ops::Range<usize>, to: &[u8]| {
        let mut bytes = sample.clone();
        bytes.splice(range, to.iter().copied());
        read(&bytes).unwrap_err().to_string()
    };
    assert_eq!(read(b"").unwrap_err().to_string(), "the file is empty");
    for (error, words) in [
        (changed(4..end, b""), "shorter than an empty one"),
        (changed(0..4, b"PARE"), "encrypted"),
        (changed(end - 4..end, b"PARE"), "encrypted"),
        (changed(0..4, b"PK\x03\x04"), "does not begin with PAR1"),
        (
            changed(end - 4..end, b"PK\x03\x04"),
            "does not end with PAR1",
        ),
        (
            changed(end - 8..end - 4, &[0xff; 4]),
            "said to have 4294967295 bytes",
        ),
        (
            changed(end - 8..end - 4, &[3, 0, 0, 0]),
            "version is missing",
        ),
        (
            changed(4..end - 8, &vec![0; 3_000_000]),
            "version is missing",
        ),
    ] {
        assert!(error.contains(words), "{error:?} should say {words:?}");
    }
    let mut large = b"PAR1".to_vec();
    large.resize(3_000_004, 0);
    large.extend_from_slice(&3_000_000_u32.to_le_bytes());
    large.extend_from_slice(b"PAR1");
    let error = read(&large).unwrap_err();
    assert!(
        matches!(error, InputError::ParquetTooLarge { .. }),
        "{error}"
    );
}

/// A file of nothing but this schema.
fn with_schema(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    footer.extend(varint(elements.len() as u64));
    footer.extend(elements.concat());
    footer.push(0);
    let mut bytes = b"PAR1".to_vec();
    bytes.extend(&footer);
    bytes.extend(u32::try_from(footer.len()).unwrap().to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

fn group(children: i32) -> Vec<u8> {
    let mut element = vec![0x35, 0, 0x18, 1, b'g', 0x15];
    element.extend(zigzag(children));
    element.push(0);
    element
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn zigzag(value: i32) -> Vec<u8> {
    varint(u64::from(((value << 1) ^ (value >> 31)).cast_unsigned()))
}

#[test]
fn a_schema_that_would_end_the_process_is_refused() {
    let bottomless = vec![group(1); 100_000];
    for (elements, bounded) in [
        (vec![group(i32::MAX), group(0)], "cannot be read"),
        (vec![group(-1), group(0)], "cannot be read"),
        (bottomless, "cannot be read"),
        (vec![group(1), group(0), group(0)], "cannot be read"),
        (vec![group(2), group(0)], "cannot be read"),
        // The schema is well; that there are no rows is left to the crate to say.
        (vec![group(1), group(0)], "num_rows"),
    ] {
        let error = read(&with_schema(&elements)).unwrap_err().to_string();
        assert!(error.contains(bounded), "{error}");
    }
}

/// The sample with other metadata.
fn relabelled(sample: &[u8], edit: impl Fn(RowGroupMetaData) -> RowGroupMetaData) -> Vec<u8> {
    let end = sample.len() - 8;
    let length = u32::from_le_bytes(sample[end..end + 4].try_into().unwrap());
    let start = end - length as usize;
    let metadata = ParquetMetaDataReader::decode_metadata(&sample[start..end]).unwrap();
    let of_file = metadata.file_metadata();
    let of_file = FileMetaData::new(
        of_file.version(),
        of_file.num_rows(),
        None,
        None,
        of_file.schema_descr_ptr(),
        None,
    );
    let groups = metadata.row_groups().iter().cloned().map(edit).collect();
    let mut bytes = sample[..start].to_vec();
    let metadata = ParquetMetaData::new(of_file, groups);
    ParquetMetaDataWriter::new(&mut bytes, &metadata)
        .finish()
        .unwrap();
    bytes
}

#[test]
fn rows_that_are_not_there_and_columns_outside_the_file_are_noticed() {
    let sample = sample(WriterVersion::PARQUET_1_0, Compression::SNAPPY, true);
    let with_rows = |group_rows: i64| {
        relabelled(&sample, |group| {
            group
                .into_builder()
                .set_num_rows(group_rows)
                .build()
                .unwrap()
        })
    };
    assert_eq!(read(&with_rows(4)).unwrap(), 8);
    // The file's rows stand between the schema and the row groups: 8, made 9.
    let mut nine = sample.clone();
    let at = nine.windows(3).rposition(|bytes| bytes == [0x16, 16, 0x19]);
    nine[at.unwrap() + 1] = 18;
    let chunk = |offset: i64, bytes: i64| {
        relabelled(&sample, |group| {
            let mut group = group.into_builder();
            let columns = group.take_columns().into_iter().map(|column| {
                column
                    .into_builder()
                    .set_dictionary_page_offset(None)
                    .set_data_page_offset(offset)
                    .set_total_compressed_size(bytes)
                    .build()
                    .unwrap()
            });
            let columns = columns.collect();
            group.set_column_metadata(columns).build().unwrap()
        })
    };
    for (bytes, words) in [
        (with_rows(3), "column id has more rows than its row group"),
        (with_rows(5), "ends 1 rows or more before its row group"),
        (nine, "said to have 9 rows, but its row groups have 8"),
        (with_rows(-1), "said to have -1 rows"),
        (with_rows(1 << 61), "ends"),
        (chunk(-1, 10), "outside the file"),
        (chunk(4, -10), "outside the file"),
        (chunk(4, i64::MAX / 8), "outside the file"),
        (chunk(i64::MAX, i64::MAX / 8), "outside the file"),
        (chunk(4, 0), "ends 4 rows or more"),
        (chunk(4, 5), "page"),
    ] {
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.contains(words), "{error:?} should say {words:?}");
    }
}

/// What becomes of pages that the crate's writer would not write, in a column of optional texts.
fn pages(pages: &[(Vec<u8>, Vec<u8>)], codec: Compression, rows: usize) -> InputError {
    let chunk: Vec<u8> = pages
        .iter()
        .flat_map(|(header, body)| [header.as_slice(), body].concat())
        .collect();
    let schema = parse_message_type("message m { OPTIONAL BYTE_ARRAY a; }").unwrap();
    let schema = SchemaDescriptor::new(Arc::new(schema));
    let metadata = parquet::file::metadata::ColumnChunkMetaData::builder(schema.column(0))
        .set_compression(codec)
        .set_data_page_offset(0)
        .set_total_compressed_size(i64::try_from(chunk.len()).unwrap())
        .build()
        .unwrap();
    let bytes = chunk.len() as u64;
    let stored = Arc::new(Stored::Bytes(chunk.into()));
    let meter = Arc::new(Meter::new(&BOUNDS, bytes));
    let pages = Pages::open(&stored, &meter, &metadata, bytes).unwrap();
    let mut reader = get_column_reader(schema.column(0), Box::new(pages));
    let mut leaf = Leaf::new(&schema.column(0));
    guarded(|| leaf.read(&mut reader, rows, &mut Scratch::default())).unwrap_err()
}

fn header(page_type: i32, bytes: i32, stored: i32, field: u8, inner: &[i32]) -> Vec<u8> {
    let mut header = vec![];
    for number in [page_type, bytes, stored] {
        header.push(0x15);
        header.extend(zigzag(number));
    }
    header.push((field - 3) << 4 | 0x0c);
    for number in inner {
        header.push(0x15);
        header.extend(zigzag(*number));
    }
    header.extend([0, 0]);
    header
}

/// A page of texts that are all there, in an encoding.
fn data(values: i32, encoding: i32, body: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // One run of ones.
    let mut levels = varint(u64::from(values.cast_unsigned()) << 1);
    levels.push(1);
    let mut page = u32::try_from(levels.len()).unwrap().to_le_bytes().to_vec();
    page.extend(levels);
    page.extend_from_slice(body);
    let size = i32::try_from(page.len()).unwrap();
    (header(0, size, size, 5, &[values, encoding, 3, 3]), page)
}

#[test]
fn pages_that_lie_take_no_memory() {
    let plain = Compression::UNCOMPRESSED;
    let said = |error: InputError| error.to_string();
    let small = vec![0; 10];
    let two_gigabytes = header(0, i32::MAX, 10, 5, &[4, 0, 3, 3]);
    let error = said(pages(
        &[(two_gigabytes, small.clone())],
        Compression::SNAPPY,
        1,
    ));
    assert!(error.contains("of memory at once"), "{error}");
    let longer = header(0, 10, i32::MAX, 5, &[4, 0, 3, 3]);
    let error = said(pages(&[(longer, small.clone())], plain, 1));
    assert!(
        error.contains("column a has a page that is longer"),
        "{error}"
    );
    let negative = header(0, -1, 10, 5, &[4, 0, 3, 3]);
    let error = said(pages(&[(negative, small.clone())], plain, 1));
    assert!(error.contains("header cannot be read"), "{error}");
    let entries = header(2, 10, 10, 7, &[i32::MAX, 0]);
    let error = said(pages(&[(entries, small.clone())], plain, 1));
    assert!(error.contains("of memory at once"), "{error}");
    // Lengths: blocks of 128 in 4 parts, and a billion of them.
    let lengths = [&[0x80, 1, 4][..], &varint(1 << 30), &[0, 0]].concat();
    for encoding in [6, 7] {
        let error = said(pages(&[data(4, encoding, &lengths)], plain, 1));
        assert!(error.contains("impossible lengths"), "{error}");
    }
    // A text of 100 KB that 10,000 others repeat as a whole: shared lengths, then none of their own.
    let values = 10_000;
    let blocks = vec![0; 5 * 79];
    let shared = [
        &[0x80, 1, 4][..],
        &varint(values),
        &zigzag(100_000),
        &blocks,
    ]
    .concat();
    let own = [&[0x80, 1, 4][..], &varint(values), &[0], &blocks].concat();
    let repeated = [shared, own].concat();
    let count = i32::try_from(values).unwrap();
    let error = said(pages(&[data(count, 7, &repeated)], plain, 1));
    assert!(error.contains("of memory at once"), "{error}");
}

#[test]
fn what_the_decoders_trip_over_is_an_error() {
    let plain = Compression::UNCOMPRESSED;
    let lost = pages(&[data(2, 8, &[1, 4, 0])], plain, 2);
    assert!(matches!(lost, InputError::Parquet { .. }), "{lost}");
    // A dictionary of one entry, and a run of entry 9.
    let dictionary = (header(2, 5, 5, 7, &[1, 0]), vec![1, 0, 0, 0, b'x']);
    let beyond = pages(&[dictionary.clone(), data(2, 8, &[8, 4, 9])], plain, 2);
    assert!(matches!(beyond, InputError::Parquet { .. }), "{beyond}");
    let twice = pages(&[dictionary.clone(), dictionary], plain, 2);
    assert!(matches!(twice, InputError::Parquet { .. }), "{twice}");
    // A text that is longer than its page.
    let long = pages(&[data(1, 0, &[255, 255, 255, 127])], plain, 1);
    assert!(matches!(long, InputError::Parquet { .. }), "{long}");
}

#[test]
fn a_file_that_becomes_too_much_is_stopped() {
    // A number two million times: a few bytes in the file.
    let schema = "message m { REQUIRED INT32 n; }";
    let zeros = Data::I32(vec![0; 2_000_000]);
    let bytes = file(schema, WriterProperties::new(), &[vec![(zeros, None)]]);
    assert!(bytes.len() < 10_000);
    let error = read(&bytes).unwrap_err();
    assert!(
        matches!(error, InputError::ParquetTooLarge { .. }),
        "{error}"
    );
}
