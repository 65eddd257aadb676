//! Datasets from file to table: what is found in the tables is what the file holds.

use std::path::{Path, PathBuf};

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use nexus_handlers::generate::Expected;
use nexus_handlers::load_request::LoadInto;
use nexus_jobs::{CaseId, DatasetId};
use nexus_schema::datasets::{DatasetDetail, Reject, rejects};
use nexus_tests::loads::{CANONICAL, Ended, generated, gzip, whole_sum};
use nexus_tests::{TestBed, WorkerRun, bounded};
use sha2::{Digest, Sha256};

/// A chunk small enough that the files of these tests have many.
const CHUNK_ROWS: usize = 1500;

/// The folder of real files, which lies outside the repository.
fn shared_data() -> PathBuf {
    std::env::var_os("NEXUS_TEST_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

/// A real file; `None`, with a note, where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn shared(name: &str) -> Option<PathBuf> {
    let path = shared_data().join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "skipped: {} is not there (NEXUS_TEST_SHARED_DATA names its folder)",
        path.display()
    );
    None
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}

async fn bed() -> TestBed {
    TestBed::with(|settings| {
        settings.datasets.roots.push(shared_data());
        settings.datasets.chunk_rows = CHUNK_ROWS;
    })
    .await
}

/// Loads one file, which must succeed at the first attempt.
async fn loaded(bed: &TestBed, path: &Path, profile: &str) -> (DatasetId, Ended) {
    let _relay = bed.relay();
    let worker = WorkerRun::start(bed);
    let requested = bed.ask(path, profile).await;
    let ended = bed.ended(requested).await;
    assert_eq!(ended.dataset.dataset.state, "loaded", "{ended:?}");
    assert_eq!((ended.job.job.run, ended.job.errors.len()), (1, 0));
    worker.stop().await;
    (requested.dataset_id, ended)
}

/// Rows and sum by currency, as the dataset's report has them.
fn sums(dataset: &DatasetDetail) -> Vec<(&str, i64, String)> {
    let sums = dataset.sums.iter();
    sums.map(|sum| (&*sum.currency, sum.rows, sum.amount_sum.short().to_string()))
        .collect()
}

/// The report's own figures agree with the rows of the table, and each row lies
/// in the partition of its month.
async fn the_report_agrees_with_the_table(bed: &TestBed, dataset: &DatasetDetail) {
    let (about, of) = (
        &dataset.dataset,
        format!("dataset_id = {}", dataset.dataset.id),
    );
    let rows = bed.rows(DatasetId(about.id)).await;
    assert_eq!(
        (rows.rows, rows.row_numbers),
        (about.rows_loaded, about.rows_loaded)
    );
    let mut sum = nexus_schema::money::Total::default();
    for of_currency in &dataset.sums {
        sum += of_currency.amount_sum;
    }
    assert_eq!(rows.sum, sum);
    for (condition, count) in [
        ("amount < 0", about.rows_negative),
        ("amount = 0", about.rows_zero),
        (
            &*format!("case_id <> {} OR tenant_id <> 1", about.case_id),
            0,
        ),
        (
            "tableoid::regclass::text <> to_char(date, '\"nexus.transactions_y\"YYYY\"m\"MM')",
            0,
        ),
    ] {
        let found = bed
            .count("transactions", &format!("{of} AND ({condition})"))
            .await;
        assert_eq!(found, count, "{condition}");
    }
    let (min, max) = (about.date_min.unwrap(), about.date_max.unwrap());
    for outside in [format!("date < '{min}'"), format!("date > '{max}'")] {
        let condition = format!("{of} AND {outside}");
        assert_eq!(bed.count("transactions", &condition).await, 0);
    }
    for edge in [min, max] {
        let condition = format!("{of} AND date = '{edge}'");
        assert!(bed.count("transactions", &condition).await > 0);
    }
}

#[tokio::test]
async fn a_companys_payments_are_what_is_known_of_them() {
    let Some(path) = shared("corporate_payments_2010.csv.gz") else {
        return;
    };
    bounded(async {
        let bed = bed().await;
        let (id, Ended { dataset, .. }) = loaded(&bed, &path, "corporate-payments").await;
        assert_eq!(
            sums(&dataset),
            [("USD", 189_470, "490277624.90".to_owned())]
        );
        let about = &dataset.dataset;
        assert_eq!((about.rows_negative, about.rows_zero), (4264, 123));
        assert_eq!((about.rows_read, about.rows_rejected), (189_470, 0));
        assert_eq!(about.source, path.canonicalize().unwrap().to_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(about.sha256, Some(sha256(&bytes)));
        assert_eq!(about.bytes, Some(i64::try_from(bytes.len()).unwrap()));
        the_report_agrees_with_the_table(&bed, &dataset).await;
        // Rows that say the same are rows all the same: 2,482 beyond the first of each.
        let different = format!(
            "(SELECT DISTINCT party_id, date, document_number, amount FROM nexus.transactions \
             WHERE dataset_id = {id}) AS d"
        );
        assert_eq!(bed.count_in(&different, "true").await, 189_470 - 2482);
        let leaves = "(SELECT DISTINCT tableoid FROM nexus.transactions) AS t";
        assert_eq!(bed.count_in(leaves, "true").await, 12);
    })
    .await;
}

#[tokio::test]
async fn simulated_transfers_load_whole() {
    let Some(path) = shared("amlsim_20k_fanin200_transactions.csv.gz") else {
        return;
    };
    bounded(async {
        let bed = bed().await;
        let (_, Ended { dataset, .. }) = loaded(&bed, &path, "amlsim-transfers").await;
        let about = &dataset.dataset;
        assert_eq!((about.rows_read, about.rows_loaded), (118_250, 118_250));
        the_report_agrees_with_the_table(&bed, &dataset).await;
    })
    .await;
}

#[tokio::test]
async fn a_generated_file_loads_exactly_as_generated() {
    bounded(async {
        let bed = bed().await;
        let (bytes, expected) = generated(20_000, 11, 10);
        let path = bed.data_file("plain.csv", &bytes);
        let (id, ended) = loaded(&bed, &path, CANONICAL).await;
        is_as_generated(&bed, id, &ended, &expected, &bytes).await;
        assert_eq!(ended.dataset.dataset.sha256, Some(sha256(&bytes)));
    })
    .await;
}

#[tokio::test]
async fn the_same_compressed_loads_the_same() {
    bounded(async {
        let bed = bed().await;
        let (bytes, expected) = generated(20_000, 11, 10);
        let compressed = gzip(&bytes);
        // Told by its bytes, not by its name.
        let path = bed.data_file("compressed.csv", &compressed);
        let (id, ended) = loaded(&bed, &path, CANONICAL).await;
        is_as_generated(&bed, id, &ended, &expected, &bytes).await;
        assert_eq!(ended.dataset.dataset.sha256, Some(sha256(&compressed)));
        let plain = bed.data_file("plain.csv", &bytes);
        let (other, _) = loaded(&bed, &plain, CANONICAL).await;
        assert_eq!(bed.rows(id).await, bed.rows(other).await);
    })
    .await;
}

/// The dataset's row, its sums, its counts of rejects, the rejects themselves and
/// the rows all say what the generator says.
async fn is_as_generated(
    bed: &TestBed,
    id: DatasetId,
    ended: &Ended,
    expected: &Expected,
    csv: &[u8],
) {
    let about = &ended.dataset.dataset;
    let signed = |count: u64| i64::try_from(count).unwrap();
    let rejected: u64 = expected.rejected.values().sum();
    assert_eq!(
        (about.rows_read, about.rows_loaded, about.rows_rejected),
        (
            signed(expected.rows),
            signed(expected.loaded),
            signed(rejected)
        )
    );
    let result = ended.job.job.result.as_ref().unwrap();
    assert_eq!(result["rows_loaded"], expected.loaded);
    let wanted: Vec<_> = expected.currencies.iter().collect();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(currency, of)| {
            let sum = of.sum.short().to_string();
            (currency.as_str(), signed(of.count), sum)
        })
        .collect();
    assert_eq!(sums(&ended.dataset), wanted);
    let counts = ended.dataset.rejects.iter();
    let mut counts: Vec<_> = counts.map(|of| (&*of.reason, of.rows)).collect();
    counts.sort_unstable();
    let wanted = expected.rejected.iter();
    let mut wanted: Vec<_> = wanted
        .map(|(r, rows)| (r.as_str(), signed(*rows)))
        .collect();
    wanted.sort_unstable();
    assert_eq!(counts, wanted);
    the_report_agrees_with_the_table(bed, &ended.dataset).await;
    assert_eq!(bed.rows(id).await.sum, whole_sum(expected));
    the_rejects_are_the_spoilt_lines(bed, id, csv).await;
}

/// What the generator spoils, in turn: the reason, and the column where it is one's fault.
const SPOILT: [(&str, Option<&str>); 16] = [
    ("bad_date", Some("date")),
    ("missing_field", Some("amount")),
    ("bad_currency", Some("currency")),
    ("bad_amount", Some("amount")),
    ("too_few_columns", None),
    ("bad_encoding", Some("party_name")),
    ("bad_amount", Some("amount")),
    ("date_out_of_range", Some("date")),
    ("too_many_columns", None),
    ("bad_timestamp", Some("posted_at")),
    ("amount_overflow", Some("amount")),
    ("missing_field", Some("row_id")),
    ("nul_byte", Some("description")),
    ("missing_field", Some("date")),
    ("bad_amount", Some("amount")),
    ("bad_date", Some("date")),
];

/// Every hundredth row is spoilt; a row is a line, and the header is the first.
async fn the_rejects_are_the_spoilt_lines(bed: &TestBed, id: DatasetId, csv: &[u8]) {
    let lines: Vec<&[u8]> = csv.split(|&byte| byte == b'\n').collect();
    let wanted: Vec<_> = (1..=200_usize)
        .map(|n| {
            let (reason, column) = SPOILT[(n - 1) % SPOILT.len()];
            let raw = String::from_utf8_lossy(lines[n * 100]);
            let raw = raw.replace('\u{fffd}', "\\xfc").replace('\0', "\\x00");
            let row_no = i64::try_from(n * 100).unwrap();
            (
                row_no + 1,
                row_no,
                column.map(str::to_owned),
                reason.to_owned(),
                raw,
            )
        })
        .collect();
    let found = pages(bed, id, None, 7).await;
    assert_eq!(found.len(), 200);
    for (found, wanted) in found.into_iter().zip(&wanted) {
        let Reject {
            load_id: _,
            line_no,
            row_no,
            column_name,
            reason,
            raw,
        } = found;
        assert_eq!(&(line_no, row_no, column_name, reason, raw), wanted);
    }
    let bad_dates = pages(bed, id, Some("bad_date"), 5).await;
    let wanted = wanted.iter().filter(|reject| reject.3 == "bad_date");
    assert!(
        bad_dates
            .iter()
            .map(|reject| reject.line_no)
            .eq(wanted.map(|w| w.0))
    );
    assert_eq!(pages(bed, id, Some("unclosed_quote"), 5).await.len(), 0);
}

/// All rejects, page by page.
async fn pages(bed: &TestBed, id: DatasetId, reason: Option<&str>, size: u32) -> Vec<Reject> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = rejects(&mut *bed.conn().await, id, reason, after, size).await;
        let page = page.unwrap();
        assert!(page.rejects.len() <= size as usize);
        all.extend(page.rejects);
        match page.next {
            Some(next) => after = next,
            None => return all,
        }
    }
}

/// More loads at once than threads or loader connections, all into months that
/// have no partition yet.
#[tokio::test]
async fn loads_at_once_into_new_months_do_not_wait_for_each_other() {
    const LOADS: u64 = 5;
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.datasets.chunk_rows = 500;
            settings.postgres.loader_connections = 2;
            settings.workers.blocking_threads = 2;
            let queues = &mut settings.workers.queues;
            queues.insert("datasets".into(), usize::try_from(LOADS).unwrap());
        })
        .await;
        let mut loads = Vec::new();
        for seed in 1..=LOADS {
            let (bytes, expected) = generated(6000, seed, 10);
            let path = bed.data_file(&format!("{seed}.csv"), bytes);
            loads.push((bed.ask(&path, CANONICAL).await, expected));
        }
        let _relay = bed.relay();
        let _worker = WorkerRun::start(&bed);
        for (requested, expected) in loads {
            let ended = bed.ended(requested).await;
            assert_eq!(ended.dataset.dataset.state, "loaded");
            assert_eq!((ended.job.job.run, ended.job.errors.len()), (1, 0));
            let rows = bed.rows(requested.dataset_id).await;
            assert_eq!(rows.sum, whole_sum(&expected));
        }
    })
    .await;
}

#[tokio::test]
async fn two_loads_of_one_file_are_two_datasets() {
    bounded(async {
        let bed = bed().await;
        let (bytes, _) = generated(3000, 5, 0);
        let path = bed.data_file("twice.csv", bytes);
        let (first, ended) = loaded(&bed, &path, CANONICAL).await;
        let into = LoadInto::New {
            case: CaseId(ended.dataset.dataset.case_id),
            name: None,
        };
        let forced = bed.request_into(into, &path, CANONICAL, true).await;
        let forced = forced.unwrap();
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        bed.ended(forced).await;
        worker.stop().await;
        let second = forced.dataset_id;
        assert_ne!(first, second);
        assert_eq!(bed.rows(first).await, bed.rows(second).await);
        let mut conn = bed.conn().await;
        let deleted = sql_query("DELETE FROM nexus.transactions WHERE dataset_id = $1")
            .bind::<BigInt, _>(first.0)
            .execute(&mut *conn)
            .await;
        assert_eq!(deleted.unwrap(), 3000);
        assert_eq!(bed.rows(second).await.rows, 3000);
    })
    .await;
}
