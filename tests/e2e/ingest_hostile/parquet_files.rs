//! Parquet that says something untrue about itself, or holds amounts that are not exact.

use std::sync::Arc;

use nexus_handlers::generate::Generator;
use nexus_tests::loads::CANONICAL;
use nexus_tests::{Loading, bounded};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::{PROFILE, loaded_by, tolerant, unnumbered};

const SCHEMA: &str = "message rows {
    required byte_array date (string);
    required double amount;
}";

/// Dates as texts and amounts as doubles.
fn of_doubles(rows: &[(&str, f64)]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = Arc::new(WriterProperties::default());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(to) => {
                let dates: Vec<_> = rows.iter().map(|row| ByteArray::from(row.0)).collect();
                to.write_batch(&dates, None, None).unwrap();
            }
            ColumnWriter::DoubleColumnWriter(to) => {
                let amounts: Vec<_> = rows.iter().map(|row| row.1).collect();
                to.write_batch(&amounts, None, None).unwrap();
            }
            _ => panic!("a column of another type"),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[tokio::test]
async fn doubles_are_no_amounts_unless_the_profile_takes_them() {
    bounded(async {
        let loading = tolerant().await;
        let rows = [
            ("2010-03-01", 0.1),
            ("2010-03-02", 1234.56),
            ("2010-03-03", f64::NAN),
            ("2010-03-04", f64::INFINITY),
            ("2010-03-05", 1e20),
            ("2010-03-06", 0.1 + 0.2),
            ("2010-02-30", 7.0),
        ];
        let file = of_doubles(&rows);
        insta::assert_snapshot!(loading.fails("in.parquet", &file, PROFILE).await, @r#"the Parquet file cannot be loaded: column amount holds binary floats, which cannot say exactly what an amount was: set `doubles = "shortest"` under [parquet] in the profile to take the shortest decimal that names each"#);
        let taken = format!("{PROFILE}\n[parquet]\ndoubles = \"shortest\"\n");
        insta::assert_snapshot!(loaded_by(&loading, "in.parquet", &file, &taken).await, @r#"
        {"date": "2010-03-01", "amount": 0.1000, "row_id": "1", "row_no": 1}
        {"date": "2010-03-02", "amount": 1234.5600, "row_id": "2", "row_no": 2}
        ---
        3 bad_amount amount: {"date":"2010-03-03","amount":"NaN"}
        4 bad_amount amount: {"date":"2010-03-04","amount":"inf"}
        5 amount_overflow amount: {"date":"2010-03-05","amount":100000000000000000000}
        6 bad_amount amount: {"date":"2010-03-06","amount":0.30000000000000004}
        7 bad_date date: {"date":"2010-02-30","amount":7}
        "#);
    })
    .await;
}

fn generated() -> Vec<u8> {
    let generator = Generator {
        rows: 2000,
        seed: 3,
        faults_per_mille: 0,
    };
    let mut bytes = Vec::new();
    generator.write_parquet(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_footer_that_lies_is_an_error_and_no_more() {
    bounded(async {
        let loading = Loading::start().await;
        let whole = generated();
        let size = whole.len();
        let fails = async |change: &dyn Fn(&mut Vec<u8>)| {
            let mut file = whole.clone();
            change(&mut file);
            unnumbered(&loading.fails("in.parquet", file, CANONICAL).await)
        };
        let length_at = size - 8;
        let footer_length = |length: u32| {
            move |file: &mut Vec<u8>| file[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes())
        };
        let errors = [
            // It ends in the middle, with no footer at all.
            fails(&|file| file.truncate(size / 2)).await,
            fails(&|file| file.truncate(size - 1)).await,
            fails(&|file| file.truncate(4)).await,
            // A footer of no bytes, of more than there are, of all that 32 bits say.
            fails(&footer_length(0)).await,
            fails(&footer_length(u32::try_from(size).unwrap())).await,
            fails(&footer_length(u32::MAX)).await,
            // A footer of other bytes.
            fails(&|file| file[length_at - 300..length_at].fill(0xff)).await,
            // Pages of other bytes, under a footer that is whole.
            fails(&|file| file[100..2000].fill(0xff)).await,
            // A footer of another file: its columns lie elsewhere.
            fails(&|file| {
                file.drain(1000..2000);
            })
            .await,
        ];
        insta::assert_snapshot!(errors.join("\n"), @"
        the Parquet file is damaged: it does not end with PAR1: most likely it was cut
        the Parquet file is damaged: it does not end with PAR1: most likely it was cut
        the Parquet file is damaged: it is shorter than an empty one
        the Parquet file is damaged: its metadata ends in the middle
        the Parquet file is damaged: its metadata is said to have N bytes, but the file has N
        the Parquet file is damaged: its metadata is said to have N bytes, but the file has N
        the Parquet file is damaged: its metadata cannot be read
        the Parquet file is damaged: column row_id has a page that cannot be decompressed: snappy: corrupt input (expected valid offset but got offset N; dst position: 195)
        the Parquet file is damaged: column row_id has a page that cannot be decompressed: snappy: corrupt input (expected valid offset but got offset N; dst position: N)
        ");
    })
    .await;
}
