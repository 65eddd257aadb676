//! Lines that are no lines.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};

use nexus_tests::{Loading, TestBed, bounded};

use super::{HEADER, PROFILE, loaded, tolerant};

const GOOD: &str = "2010-03-01,1,a\n";

/// Bytes of the line that is far too long.
const LONG_LINE_BYTES: u64 = 100 << 20;

/// What it may add to a worker's memory: its buffers, by a wide margin, and no part of the line.
const GROWTH_BYTES_MAX: u64 = 24 << 20;

#[tokio::test]
async fn nul_bytes_reject_their_rows_alone() {
    bounded(async {
        let loading = tolerant().await;
        let rows = "2010-03-01,1,a\0b\n2010-03-02,2,\0\n\0\n2010-03-03,3,c\n2010-\0\0-04,4,d\n";
        insta::assert_snapshot!(loaded(&loading, "nul.csv", [HEADER, rows].concat()).await, @r#"
        {"date": "2010-03-03", "amount": 3.0000, "row_id": "4", "row_no": 4, "party_name": "c"}
        ---
        2 nul_byte name: 2010-03-01,1,a\x00b
        3 nul_byte name: 2010-03-02,2,\x00
        4 too_few_columns -: \x00
        6 nul_byte date: 2010-\x00\x00-04,4,d
        "#);
    })
    .await;
}

#[tokio::test]
async fn junk_in_a_table_rejects_its_lines_alone() {
    bounded(async {
        let loading = tolerant().await;
        let mut file = [HEADER, &GOOD.repeat(3000)].concat().into_bytes();
        // Behind what the encoding and the format are told by.
        file.resize(66_000.max(file.len()), b'\n');
        for n in 0..2000_u32 {
            file.push(n.wrapping_mul(89).to_le_bytes()[0] | 0x80);
        }
        file.extend(b"\n2010-03-02,2,b\n");
        let ended = loading.loads("junk.csv", file, PROFILE).await;
        assert_eq!(ended.dataset.dataset.rows_loaded, 3001);
        let rejects = loading.bed().rejected(&ended).await;
        assert!(
            rejects.contains("bad_encoding") || rejects.contains("too_few_columns"),
            "{rejects}"
        );
        loading.still_loads().await;
    })
    .await;
}

#[tokio::test]
async fn ragged_rows_are_rejected_beside_the_good_ones() {
    bounded(async {
        let loading = tolerant().await;
        let rows = "2010-03-01,1\n2010-03-01,1,a,b\n2010-03-01,1,a,\n\n,,\n2010-03-02,2,b\n";
        insta::assert_snapshot!(loaded(&loading, "ragged.csv", [HEADER, rows].concat()).await, @r#"
        {"date": "2010-03-02", "amount": 2.0000, "row_id": "5", "row_no": 5, "party_name": "b"}
        ---
        2 too_few_columns -: 2010-03-01,1
        3 too_many_columns -: 2010-03-01,1,a,b
        4 too_many_columns -: 2010-03-01,1,a,
        6 missing_field date: ,,
        "#);
    })
    .await;
}

#[tokio::test]
async fn an_unclosed_quote_takes_its_own_line_only() {
    bounded(async {
        let loading = Loading::with(|settings| {
            settings.datasets.reject_share_max = 1.0;
            settings.datasets.line_bytes_max = nexus_config::Bytes::new(4096);
        })
        .await;
        let unclosed = "2010-03-02,2,\"b\n";
        // The file goes on beyond the bound of a line.
        let far = [HEADER, GOOD, unclosed, &GOOD.repeat(1000)].concat();
        let ended = loading.loads("far.csv", far, PROFILE).await;
        insta::assert_snapshot!(loading.bed().rejected(&ended).await, @r#"3 unclosed_quote -: 2010-03-02,2,"b"#);
        assert_eq!(ended.dataset.dataset.rows_loaded, 1001);
        // The file ends before.
        let near = [HEADER, GOOD, unclosed, GOOD].concat();
        insta::assert_snapshot!(loaded(&loading, "near.csv", near).await, @r#"
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "3", "row_no": 3, "party_name": "a"}
        ---
        3 unclosed_quote -: 2010-03-02,2,"b
        "#);
        let twice = [HEADER, GOOD, unclosed, GOOD, "2010-03-04,4,\"d\"\"\n", GOOD].concat();
        insta::assert_snapshot!(loaded(&loading, "twice.csv", twice).await, @r#"
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-02", "amount": 2.0000, "row_id": "2", "row_no": 2, "party_name": "b\n2010-03-01,1,a\n2010-03-04,4,d\"\""}
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "3", "row_no": 3, "party_name": "a"}
        ---
        "#);
    })
    .await;
}

#[tokio::test]
async fn a_quote_that_swallows_the_file_fails_it_unless_rejects_are_tolerated() {
    bounded(async {
        let loading = Loading::start().await;
        let swallowed = [HEADER, "2010-03-02,2,\"b\n", GOOD, GOOD].concat();
        insta::assert_snapshot!(loading.fails("in.csv", swallowed, PROFILE).await, @"1 of 3 rows were rejected, 33.3 %; at most 5.0 % may be (datasets.reject_share_max). Most: unclosed_quote 1. The rejects are kept; nothing is loaded");
    })
    .await;
}

#[tokio::test]
async fn a_million_columns_are_too_many() {
    bounded(async {
        let loading = tolerant().await;
        let commas = ",".repeat(1_000_000);
        let header = format!("date,amount,name{commas}\n{GOOD}");
        insta::assert_snapshot!(loading.fails("in.csv", header, PROFILE).await, @"the first record has 1000003 columns, of at most 10000: is this the right delimiter?");
        let row = format!("{HEADER}{GOOD}2010-03-02,2,b{}\n{GOOD}", &commas[..900_000]);
        let found = loaded(&loading, "row.csv", row).await;
        insta::assert_snapshot!(found.replace(&",".repeat(1000), ""), @r#"
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "3", "row_no": 3, "party_name": "a"}
        ---
        3 too_many_columns -: 2010-03-02,2,b,,,,,,,,,,…
        "#);
        let row = format!("{HEADER}{GOOD}2010-03-02,2,{}\n{GOOD}", "b,".repeat(1_000_000));
        let found = loaded(&loading, "long.csv", row).await;
        insta::assert_snapshot!(found.replace(&"b,".repeat(500), ""), @r#"
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "3", "row_no": 3, "party_name": "a"}
        ---
        3 line_too_long -: 2010-03-02,2,b,b,b,b,b,b…
        "#);
    })
    .await;
}

/// Writes a table of two rows with a line between them that is far too long.
fn with_a_long_line(bed: &TestBed, byte: u8) -> std::path::PathBuf {
    let path = bed.data_file("long.csv", "");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    file.write_all([HEADER, GOOD, "2010-03-02,2,"].concat().as_bytes())
        .unwrap();
    std::io::copy(&mut std::io::repeat(byte).take(LONG_LINE_BYTES), &mut file).unwrap();
    file.write_all(b"\n2010-03-03,3,c\n").unwrap();
    file.flush().unwrap();
    path
}

#[tokio::test]
async fn a_line_of_100_megabytes_is_rejected_in_bounded_memory() {
    bounded(async {
        let bed = TestBed::with(|settings| settings.datasets.reject_share_max = 1.0).await;
        let _relay = bed.relay();
        let worker = bed.spawn(&["work"]);
        let good = bed.data_file("good.csv", [HEADER, GOOD].concat());
        let first = bed.ended(bed.ask(&good, PROFILE).await).await;
        assert_eq!(first.dataset.dataset.state, "loaded");
        let before = worker.peak_memory();
        for byte in [b'x', b','] {
            let long = with_a_long_line(&bed, byte);
            let ended = bed.ended(bed.ask(&long, PROFILE).await).await;
            let about = &ended.dataset.dataset;
            assert_eq!(
                (&*about.state, about.rows_loaded),
                ("loaded", 2),
                "{ended:?}"
            );
            let rejects = bed.rejected(&ended).await;
            assert!(
                rejects.starts_with("3 line_too_long -: 2010-03-02,2,"),
                "{rejects}"
            );
            assert!(rejects.len() < 2000, "{}", rejects.len());
        }
        let growth = worker.peak_memory() - before;
        assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
        let again = bed.ended(bed.ask(&good, PROFILE).await).await;
        assert_eq!(again.dataset.dataset.state, "loaded");
        worker.kill().await;
    })
    .await;
}
