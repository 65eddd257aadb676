//! Datasets of several files: each behind the rows of those before it, one after another.

use nexus_config::Settings;
use nexus_handlers::generate::Expected;
use nexus_handlers::load_request::{LoadInto, LoadRequestError, Requested};
use nexus_jobs::kinds::ProcessDataset;
use nexus_jobs::{CaseId, DatasetId, NewJob};
use nexus_schema::Error as LedgerError;
use nexus_schema::datasets::{LoadView, quality, rejects};
use nexus_schema::money::Total;
use nexus_tests::eventually::SOON;
use nexus_tests::held_month::Held;
use nexus_tests::loads::{CANONICAL, generated, whole_sum};
use nexus_tests::{TestBed, WorkerRun, bounded, eventually, in_bed};

/// Rows of a file, so that it has many chunks.
const ROWS: u64 = 6000;

fn small_chunks(settings: &mut Settings) {
    settings.datasets.chunk_rows = 500;
    settings.workers.queues.insert("datasets".into(), 2);
}

/// Asks for a generated file as a new dataset, or behind the rows of one.
async fn ask(bed: &TestBed, into: Option<DatasetId>, seed: u64) -> (Requested, Expected) {
    let (bytes, expected) = generated(ROWS, seed, 10);
    let path = bed.data_file(&format!("{seed}.csv"), bytes);
    let requested = match into {
        Some(dataset) => bed.append(dataset, &path).await,
        None => bed.ask(&path, CANONICAL).await,
    };
    (requested, expected)
}

/// What stands of a load.
async fn load(bed: &TestBed, requested: Requested) -> LoadView {
    let loads = bed.dataset(requested.dataset_id).await.loads;
    let mut loads = loads.into_iter();
    let found = loads.find(|load| load.id == requested.load_id.0);
    found.unwrap()
}

/// A dataset's report and its rows say what its files hold together.
async fn holds(bed: &TestBed, dataset: DatasetId, files: &[&Expected]) {
    let found = bed.dataset(dataset).await;
    let about = &found.dataset;
    assert_eq!((&*about.state, &about.error), ("loaded", &None));
    let signed = |count: u64| i64::try_from(count).unwrap();
    let read: u64 = files.iter().map(|file| file.rows).sum();
    let loaded: u64 = files.iter().map(|file| file.loaded).sum();
    assert_eq!(
        (about.rows_read, about.rows_loaded, about.rows_rejected),
        (signed(read), signed(loaded), signed(read - loaded))
    );
    let rows = bed.rows(dataset).await;
    assert_eq!(
        (rows.rows, rows.row_numbers),
        (signed(loaded), signed(loaded))
    );
    let mut wanted = Total::default();
    for file in files {
        wanted += whole_sum(file);
    }
    let mut told = Total::default();
    for sum in &found.sums {
        told += sum.amount_sum;
    }
    assert_eq!((rows.sum, told), (wanted, wanted));
    let of = format!("dataset_id = {dataset}");
    let negative = format!("{of} AND amount < 0");
    let negative = bed.count("transactions", &negative).await;
    assert_eq!(about.rows_negative, negative);
    let edges = format!(
        "{of} AND (date < '{}' OR date > '{}')",
        about.date_min.unwrap(),
        about.date_max.unwrap()
    );
    assert_eq!(bed.count("transactions", &edges).await, 0);
    let counted: i64 = found.rejects.iter().map(|reject| reject.rows).sum();
    assert_eq!(counted, about.rows_rejected);
}

#[tokio::test]
async fn an_append_goes_on_where_the_rows_before_it_end() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        let (first, a) = ask(&bed, None, 1).await;
        bed.ended(first).await;
        let before = bed.rows(first.dataset_id).await;
        let (second, b) = ask(&bed, Some(first.dataset_id), 2).await;
        let ended = bed.ended(second).await;
        worker.stop().await;
        holds(&bed, first.dataset_id, &[&a, &b]).await;

        let loads = ended.dataset.loads;
        let starts: Vec<_> = loads.iter().map(|load| load.rows_before).collect();
        assert_eq!(starts, [Some(0), Some(6000)]);
        assert_eq!(loads[1].rows_loaded, i64::try_from(b.loaded).unwrap());
        assert_eq!(ended.dataset.dataset.source, loads[1].source);
        let of_first = format!("dataset_id = {} AND row_no <= 6000", first.dataset_id);
        assert_eq!(bed.count("transactions", &of_first).await, before.rows);

        let mut conn = bed.conn().await;
        let page = rejects(&mut conn, first.dataset_id, None, 0, 1000).await;
        let page = page.unwrap().rejects;
        assert!(page.is_sorted_by_key(|reject| reject.row_no));
        for reject in page {
            let (load, line) = if reject.row_no <= 6000 {
                (first.load_id, reject.row_no + 1)
            } else {
                (second.load_id, reject.row_no - 6000 + 1)
            };
            assert_eq!((reject.load_id, reject.line_no), (load.0, line));
        }
        let quality = quality(&mut conn, first.dataset_id).await.unwrap().unwrap();
        assert_eq!(quality.loads.len(), 2);
        assert_eq!(quality.dataset.rows_read, 12_000);
    })
    .await;
}

#[tokio::test]
async fn a_failed_append_leaves_the_dataset_as_it_was() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        let (first, a) = ask(&bed, None, 1).await;
        bed.ended(first).await;
        let rows = bed.rows(first.dataset_id).await;

        // Far more rejects than may be, which shows only at the end.
        let (bytes, _) = generated(ROWS, 2, 100);
        let path = bed.data_file("bad.csv", bytes);
        let spoilt = bed.append(first.dataset_id, &path).await;
        let ended = bed.ended(spoilt).await;
        assert_eq!(ended.job.job.state, "discarded");
        let failed = load(&bed, spoilt).await;
        assert_eq!((&*failed.state, failed.rows_loaded), ("failed", 0));
        assert_eq!((failed.rows_read, failed.rows_rejected), (6000, 600));
        assert!(failed.error.unwrap().contains("600 of 6000 rows"));
        assert_eq!(bed.rows(first.dataset_id).await, rows);
        holds(&bed, first.dataset_id, &[&a]).await;

        // Its row numbers are not used again: its rejects are kept.
        let (third, c) = ask(&bed, Some(first.dataset_id), 3).await;
        bed.ended(third).await;
        worker.stop().await;
        assert_eq!(load(&bed, third).await.rows_before, Some(12_000));
        holds(&bed, first.dataset_id, &[&a, &c]).await;
    })
    .await;
}

#[tokio::test]
async fn appends_asked_for_at_once_run_one_after_another() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        let (first, a) = ask(&bed, None, 1).await;
        bed.ended(first).await;
        let held = Held::at(&bed).await;
        let (second, b) = ask(&bed, Some(first.dataset_id), 2).await;
        let (third, c) = ask(&bed, Some(first.dataset_id), 3).await;
        held.stops(&bed, 1).await;
        eventually("the other waits its turn", SOON, async || {
            let job = nexus_schema::jobs::find(&mut *bed.conn().await, third.job_id).await;
            let job = job.unwrap().unwrap().job;
            (job.run > 0 && job.state == "retryable").then_some(())
        })
        .await;
        assert_eq!(load(&bed, second).await.state, "loading");
        assert_eq!(load(&bed, third).await.state, "pending");
        let about = bed.dataset(first.dataset_id).await.dataset;
        assert_eq!(about.state, "loading");
        assert!(about.rows_read > 6000, "{about:?}");
        held.release().await;
        for append in [second, third] {
            let job = bed.ended(append).await.job.job;
            assert_eq!((&*job.state, job.attempt), ("completed", 1));
        }
        worker.stop().await;
        assert_eq!(load(&bed, second).await.rows_before, Some(6000));
        assert_eq!(load(&bed, third).await.rows_before, Some(12_000));
        holds(&bed, first.dataset_id, &[&a, &b, &c]).await;
    })
    .await;
}

#[tokio::test]
async fn an_append_to_a_dataset_that_fails_meanwhile_fails_with_it() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let path = bed.data_file("in.csv", "Vendor,Day\n1,2\n");
        let first = bed.ask(&path, CANONICAL).await;
        let (second, _) = ask(&bed, Some(first.dataset_id), 2).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        bed.ended(first).await;
        let ended = bed.ended(second).await;
        worker.stop().await;
        assert_eq!(ended.job.job.state, "discarded");
        let about = ended.dataset.dataset;
        assert_eq!((&*about.state, about.rows_read), ("failed", 0));
        assert!(about.error.unwrap().contains("header"));
        let error = load(&bed, second).await.error.unwrap();
        assert!(
            error.contains("has failed and takes no more files"),
            "{error}"
        );
        assert_eq!(bed.rows(first.dataset_id).await.rows, 0);

        let path = bed.data_file("3.csv", generated(10, 3, 0).0);
        let refused = refused(&bed, first.dataset_id, &path, CANONICAL).await;
        assert!(refused.contains("has failed and takes no more files"));
    })
    .await;
}

/// Asks for an append that must be refused as one that does not go with what is there.
async fn refused(
    bed: &TestBed,
    dataset: DatasetId,
    path: &std::path::Path,
    profile: &str,
) -> String {
    let into = LoadInto::Append(dataset);
    let answer = bed.request_into(into, path, profile, false).await;
    match answer {
        Err(LoadRequestError::Ledger(LedgerError::Conflict(text))) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_appended_is_refused_without_a_trace() {
    in_bed(async |bed| {
        let (first, _) = ask(bed, None, 1).await;
        let path = bed.data_file("2.csv", generated(10, 2, 0).0);
        let dataset = first.dataset_id;
        let other = refused(bed, dataset, &path, "generic-expenses").await;
        let wanted =
            format!("dataset {dataset} holds transactions, and the profile is for expenses");
        assert_eq!(other, wanted);
        bed.execute("UPDATE nexus.cases SET state = 'closed'").await;
        let closed = refused(bed, dataset, &path, CANONICAL).await;
        assert!(closed.contains("is closed: reopen it first"), "{closed}");
        let into = LoadInto::Append(DatasetId(404));
        let unknown = bed.request_into(into, &path, CANONICAL, false).await;
        assert_eq!(unknown.unwrap_err().to_string(), "no dataset 404");
        assert_eq!(bed.count("dataset_loads", "true").await, 1);
        assert_eq!(bed.count("jobs", "true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_load_is_run_by_no_job_but_its_own() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        let held = Held::at(&bed).await;
        let (first, a) = ask(&bed, None, 1).await;
        held.stops(&bed, 1).await;
        let second = NewJob::of(&ProcessDataset {
            dataset_id: first.dataset_id,
            load_id: first.load_id,
        });
        let second = bed.enqueue(&[second.unwrap()]).await[0];
        eventually("the second job gives up", SOON, async || {
            (bed.state(second).await == "discarded").then_some(())
        })
        .await;
        assert_eq!(load(&bed, first).await.state, "loading");
        held.release().await;
        bed.ended(first).await;
        worker.stop().await;
        holds(&bed, first.dataset_id, &[&a]).await;
    })
    .await;
}

/// Loads the same file again, as a new dataset or behind the rows of one.
async fn again(bed: &TestBed, first: Requested, append: bool, force: bool) -> Requested {
    let about = bed.dataset(first.dataset_id).await.dataset;
    let into = if append {
        LoadInto::Append(first.dataset_id)
    } else {
        LoadInto::New {
            case: CaseId(about.case_id),
            name: None,
        }
    };
    let requested = bed.request_into(into, about.source.as_ref(), CANONICAL, force);
    let requested = requested.await.unwrap();
    bed.ended(requested).await;
    requested
}

#[tokio::test]
async fn the_same_bytes_count_twice_only_if_forced() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        let (first, a) = ask(&bed, None, 1).await;
        bed.ended(first).await;
        let rows = bed.rows(first.dataset_id).await;
        for append in [false, true] {
            let refused = load(&bed, again(&bed, first, append, false).await).await;
            assert_eq!(refused.state, "failed");
            let error = refused.error.unwrap();
            let by = format!(
                "the same bytes already, by load {} of dataset {}",
                first.load_id, first.dataset_id
            );
            assert!(error.contains(&by), "{error}");
        }
        assert_eq!(bed.count("transactions", "true").await, rows.rows);
        let forced = again(&bed, first, false, true).await;
        assert_eq!(bed.rows(forced.dataset_id).await, rows);
        again(&bed, first, true, true).await;
        holds(&bed, first.dataset_id, &[&a, &a]).await;
        // Another case has not seen them.
        let path = bed.dataset(first.dataset_id).await.dataset.source;
        let elsewhere = bed.ask(path.as_ref(), CANONICAL).await;
        let ended = bed.ended(elsewhere).await;
        assert_eq!(ended.dataset.dataset.state, "loaded");
        worker.stop().await;
    })
    .await;
}
