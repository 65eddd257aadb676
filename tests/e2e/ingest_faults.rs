//! Files that are at fault: a clear error, nothing half-loaded, no second attempt.

use std::os::unix::fs::symlink;

use nexus_handlers::load_request::Requested;
use nexus_tests::loads::{CANONICAL, Ended, generated, gzip};
use nexus_tests::{TestBed, WorkerRun, bounded};

/// A chunk so small that what is at fault far into a file comes after many commits.
const CHUNK_ROWS: usize = 500;

/// Records of a good file, in the layout of the shipped profile `corporate-payments`.
const PAYMENTS: &str = "VendorNum,Date,InvNum,Amount\n7,2010-03-01,A1,12.50\n";

async fn bed() -> TestBed {
    TestBed::with(|settings| settings.datasets.chunk_rows = CHUNK_ROWS).await
}

/// A text without what differs from run to run.
fn shown(bed: &TestBed, text: &str) -> String {
    text.replace(bed.dir().to_str().unwrap(), "DIR")
}

/// Runs a load, which must fail at its first attempt with its dataset and leave no
/// row, and returns the error beside what stands of it.
async fn failed(bed: &TestBed, requested: Requested) -> (String, Ended) {
    let _relay = bed.relay();
    let worker = WorkerRun::start(bed);
    let ended = bed.ended(requested).await;
    let (about, job) = (&ended.dataset.dataset, &ended.job.job);
    assert_eq!((&*about.state, &*job.state), ("failed", "discarded"));
    assert_eq!((job.run, job.attempt, ended.job.errors.len()), (1, 1, 1));
    assert_eq!(
        about.error, job.reason,
        "the dataset and its job say the same"
    );
    assert_eq!(about.error.as_deref(), Some(&*ended.job.errors[0].error));
    assert!(about.finished_at.is_some());
    assert_eq!(about.rows_loaded, 0);
    for table in ["transactions", "expenses", "bank_statements", "jobs"] {
        assert_eq!(bed.count(table, "true").await, 0, "{table}");
    }
    let error = shown(bed, about.error.as_deref().unwrap());
    // The same worker is unharmed.
    let good = bed.data_file("good.csv", PAYMENTS);
    let good = bed.ended(bed.ask(&good, "corporate-payments").await).await;
    assert_eq!(good.dataset.dataset.state, "loaded");
    worker.stop().await;
    assert_eq!(bed.count("leases", "true").await, 0);
    (error, ended)
}

/// Loads bytes that are at fault as a whole, before any row of them is read.
async fn failed_file(bytes: &[u8]) -> String {
    let bed = bed().await;
    let path = bed.data_file("in.csv", bytes);
    let requested = bed.ask(&path, "corporate-payments").await;
    let (error, Ended { dataset, .. }) = failed(&bed, requested).await;
    assert_eq!(
        (dataset.dataset.rows_read, dataset.dataset.rows_rejected),
        (0, 0)
    );
    assert_eq!(bed.count("dataset_rejects", "true").await, 0);
    error
}

#[tokio::test]
async fn a_file_swapped_for_a_link_out_of_the_root_is_not_read() {
    bounded(async {
        let bed = bed().await;
        let path = bed.data_file("in.csv", PAYMENTS);
        let secret = bed.dir().join("secret.csv");
        std::fs::write(&secret, PAYMENTS).unwrap();
        let requested = bed.ask(&path, "corporate-payments").await;
        std::fs::remove_file(&path).unwrap();
        symlink(&secret, &path).unwrap();
        let (error, _) = failed(&bed, requested).await;
        insta::assert_snapshot!(
            error,
            @"DIR/data/in.csv: it does not lie under an allowed directory; allowed (datasets.roots): DIR/data, DIR/spool"
        );
    })
    .await;
}

#[tokio::test]
async fn a_folder_swapped_for_a_link_out_of_the_root_is_not_followed() {
    bounded(async {
        let bed = bed().await;
        let folder = bed.dir().join("data/in");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("in.csv"), PAYMENTS).unwrap();
        let requested = bed.ask(&folder.join("in.csv"), "corporate-payments").await;
        std::fs::rename(&folder, bed.dir().join("outside")).unwrap();
        symlink(bed.dir().join("outside"), &folder).unwrap();
        let (error, _) = failed(&bed, requested).await;
        insta::assert_snapshot!(
            error,
            @"DIR/data/in/in.csv: it does not lie under an allowed directory; allowed (datasets.roots): DIR/data, DIR/spool"
        );
    })
    .await;
}

#[tokio::test]
async fn a_file_gone_since_the_request_fails() {
    bounded(async {
        let bed = bed().await;
        let path = bed.data_file("in.csv", PAYMENTS);
        let requested = bed.ask(&path, "corporate-payments").await;
        std::fs::remove_file(&path).unwrap();
        let (error, _) = failed(&bed, requested).await;
        insta::assert_snapshot!(
            error,
            @"DIR/data/in.csv: there is no such file; allowed (datasets.roots): DIR/data, DIR/spool"
        );
    })
    .await;
}

#[tokio::test]
async fn a_file_swapped_for_a_folder_fails() {
    bounded(async {
        let bed = bed().await;
        let path = bed.data_file("in.csv", PAYMENTS);
        let requested = bed.ask(&path, "corporate-payments").await;
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let (error, _) = failed(&bed, requested).await;
        insta::assert_snapshot!(
            error,
            @"DIR/data/in.csv: it is not a regular file; allowed (datasets.roots): DIR/data, DIR/spool"
        );
    })
    .await;
}

#[tokio::test]
async fn a_file_without_records_fails() {
    bounded(async {
        insta::assert_snapshot!(failed_file(b"").await, @"the file is empty");
        insta::assert_snapshot!(
            failed_file(b"VendorNum,Date,InvNum,Amount\r\n").await,
            @"the file has no records, only a header"
        );
        insta::assert_snapshot!(failed_file(&gzip(b"")).await, @"the file is empty");
    })
    .await;
}

#[tokio::test]
async fn a_header_that_does_not_fit_fails() {
    bounded(async {
        let wrong = b"Vendor,Day,InvNum,Amount,Amount\n7,2010-03-01,A1,12.50,1\n";
        insta::assert_snapshot!(
            failed_file(wrong).await,
            @r#"the header does not fit the profile; missing "Date" (date), "VendorNum" (party_id); more than one column is called "Amount" (amount); the file has Vendor, Day, InvNum, Amount, Amount"#
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_not_csv_fails() {
    bounded(async {
        insta::assert_snapshot!(
            failed_file(b"PK\x03\x04\x14\0\x06\0\x08\0rest").await,
            @"the file is neither CSV nor JSON Lines but looks like a ZIP archive (which an .xlsx workbook is, too): convert it to one of them first"
        );
        insta::assert_snapshot!(
            failed_file(b"%PDF-1.7\n%\xe2\xe3").await,
            @"the file is neither CSV nor JSON Lines but looks like a PDF: convert it to one of them first"
        );
        insta::assert_snapshot!(
            failed_file(&[0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6]).await,
            @"the gzip file is truncated: it ends in the middle of its data after 10 bytes"
        );
        let noise: Vec<u8> = (0..5000_u32).map(|n| n.wrapping_mul(89).to_le_bytes()[0]).collect();
        insta::assert_snapshot!(
            failed_file(&noise).await,
            @"the file is not text: read as windows-1252, its beginning is full of control characters"
        );
    })
    .await;
}

#[tokio::test]
async fn a_truncated_gzip_takes_its_committed_rows_with_it() {
    bounded(async {
        let bed = bed().await;
        let (bytes, _) = generated(40_000, 1, 10);
        let whole = gzip(&bytes);
        let cut = whole.len() * 3 / 5;
        let path = bed.data_file("cut.csv.gz", &whole[..cut]);
        let requested = bed.ask(&path, CANONICAL).await;
        let (error, Ended { dataset, .. }) = failed(&bed, requested).await;
        let read = dataset.dataset.rows_read;
        assert!(read > 5000, "chunks were committed before: {read}");
        // Their rejects stay, and are counted by reason.
        let counted: i64 = dataset.rejects.iter().map(|of| of.rows).sum();
        assert_eq!(
            (counted, dataset.dataset.rows_rejected),
            (read / 100, read / 100)
        );
        insta::assert_snapshot!(
            error.replace(&cut.to_string(), "CUT"),
            @"the gzip file is truncated: it ends in the middle of its data after CUT bytes"
        );
    })
    .await;
}

#[tokio::test]
async fn a_damaged_gzip_takes_its_committed_rows_with_it() {
    bounded(async {
        let bed = bed().await;
        let (bytes, _) = generated(20_000, 1, 10);
        let mut damaged = gzip(&bytes);
        // The length that gzip ends with.
        *damaged.last_mut().unwrap() ^= 1;
        let path = bed.data_file("damaged.csv.gz", &damaged);
        let requested = bed.ask(&path, CANONICAL).await;
        let (error, Ended { dataset, .. }) = failed(&bed, requested).await;
        assert!(dataset.dataset.rows_read > 5000);
        let size = damaged.len().to_string();
        insta::assert_snapshot!(
            error.replace(&size, "SIZE"),
            @"the gzip file is damaged within its first SIZE bytes: corrupt gzip stream does not have a matching checksum"
        );
    })
    .await;
}

#[tokio::test]
async fn too_many_rejects_fail_and_their_report_is_kept() {
    bounded(async {
        let bed = bed().await;
        let (bytes, expected) = generated(10_000, 1, 60);
        let path = bed.data_file("bad.csv", bytes);
        let requested = bed.ask(&path, CANONICAL).await;
        let (error, Ended { dataset, .. }) = failed(&bed, requested).await;
        insta::assert_snapshot!(
            error,
            @"600 of 10000 rows were rejected, 6.0 %; at most 5.0 % may be (datasets.reject_share_max). Most: bad_amount 113, missing_field 112, bad_date 75. The rejects are kept; nothing is loaded"
        );
        let about = &dataset.dataset;
        assert_eq!((about.rows_read, about.rows_rejected), (10_000, 600));
        assert!(about.sha256.is_some() && about.timing.is_some());
        let counted: i64 = dataset.rejects.iter().map(|of| of.rows).sum();
        assert_eq!((counted, dataset.rejects.len()), (600, expected.rejected.len()));
        assert_eq!(bed.count("dataset_rejects", "true").await, 600);
    })
    .await;
}

#[tokio::test]
async fn more_rejects_than_are_kept_end_a_load_early() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.datasets.chunk_rows = CHUNK_ROWS;
            settings.datasets.rejects_kept_max = 1000;
        })
        .await;
        let (bytes, _) = generated(10_000, 1, 900);
        let path = bed.data_file("bad.csv", bytes);
        let requested = bed.ask(&path, CANONICAL).await;
        let (error, Ended { dataset, .. }) = failed(&bed, requested).await;
        insta::assert_snapshot!(
            error,
            @"more than 1000 rows were rejected, which is the most that are kept (datasets.rejects_kept_max): is this the right profile?"
        );
        let kept = bed.count("dataset_rejects", "true").await;
        assert!((1..=1000).contains(&kept), "{kept}");
        assert_eq!(dataset.dataset.rows_rejected, kept);
        let counted: i64 = dataset.rejects.iter().map(|of| of.rows).sum();
        assert_eq!(counted, kept);
    })
    .await;
}
