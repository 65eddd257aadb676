//! Objects of a store: fetched whole and of one version, or a clear error. Skipped where there is
//! no server to be a store.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use nexus_config::{Bytes, Datasets, Settings, Span, Store};
use nexus_handlers::source::{OpenError, Sources};
use nexus_tests::eventually::SOON;
use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::own_store::{ALLOWED, OwnStore};
use nexus_tests::{HeldLine, TestBed, WorkerRun, bounded, eventually};
use tempfile::TempDir;

const URL: &str = "s3://evidence/2010/may.csv";
const KEY: &str = "2010/may.csv";

/// Bytes of an object that a line is held in the middle of.
const OBJECT_BYTES: usize = 1 << 20;

/// Settings with one store, a spool of their own, and waits for tests.
fn settings(spool: &Path, store: Store) -> Datasets {
    let mut settings = Settings::defaults().datasets;
    settings.roots.clear();
    spool.clone_into(&mut settings.spool);
    settings.fetch_attempts = 2;
    settings.fetch_retry_base = Span::new(Duration::from_millis(1));
    settings.stores = [("evidence".to_owned(), store)].into();
    settings
}

/// Opens an object of a store by these settings and reads it.
async fn read(settings: &Datasets, url: &str) -> Result<Vec<u8>, OpenError> {
    let mut opened = Sources::new(settings).open(url).await?;
    assert!(opened.fetched);
    let mut bytes = Vec::new();
    opened.file.read_to_end(&mut bytes).unwrap();
    Ok(bytes)
}

async fn at_fault(settings: &Datasets, url: &str) -> String {
    match read(settings, url).await {
        Err(OpenError::AtFault(text)) => text,
        other => panic!("{other:?}"),
    }
}

async fn passing(settings: &Datasets, url: &str) -> String {
    match read(settings, url).await {
        Err(OpenError::Passing(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn object() -> Vec<u8> {
    (0..=250).cycle().take(OBJECT_BYTES).collect()
}

/// A store with an object, and a spool.
async fn house() -> Option<(OwnStore, TempDir)> {
    let store = OwnStore::start().await?;
    store.put(KEY, &object());
    store.put("2011/june.csv", b"not allowed");
    Some((store, TempDir::new().unwrap()))
}

#[tokio::test]
async fn an_object_is_fetched_and_leaves_nothing_in_the_spool() {
    bounded(async {
        let Some((store, spool)) = house().await else {
            return;
        };
        let spool = spool.path().join("made/when/needed");
        let settings = settings(&spool, OwnStore::settings_at(store.addr()));
        assert!(read(&settings, URL).await.unwrap() == object());
        store.put("2010/May & #1 ä%.csv", b"awkward");
        let awkward = "s3://evidence/2010/May & %231 ä%25.csv";
        assert_eq!(read(&settings, awkward).await.unwrap(), b"awkward");
        store.put("2010/empty.csv", b"");
        let empty = format!("{ALLOWED}empty.csv");
        assert_eq!(read(&settings, &empty).await.unwrap(), b"");
        let opened = Sources::new(&settings).open(URL).await.unwrap();
        assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 0);
        drop(opened);
    })
    .await;
}

#[tokio::test]
async fn a_cut_connection_is_resumed_where_it_was_cut() {
    bounded(async {
        let Some((store, spool)) = house().await else {
            return;
        };
        let half = OBJECT_BYTES as u64 / 2;
        let line = HeldLine::to(store.addr(), half).await;
        let settings = settings(spool.path(), OwnStore::settings_at(line.addr()));
        let cutting = async {
            line.is_held().await;
            line.cut();
        };
        let (bytes, ()) = tokio::join!(read(&settings, URL), cutting);
        assert!(bytes.unwrap() == object());
        assert!(line.connections() > 1);
    })
    .await;
}

#[tokio::test]
async fn an_object_replaced_while_it_is_fetched_is_at_fault() {
    bounded(async {
        let Some((store, spool)) = house().await else { return };
        let line = HeldLine::to(store.addr(), OBJECT_BYTES as u64 / 2).await;
        let settings = settings(spool.path(), OwnStore::settings_at(line.addr()));
        let replacing = async {
            line.is_held().await;
            let mut other = object();
            other[OBJECT_BYTES - 1] ^= 1;
            store.put(KEY, &other);
            line.cut();
        };
        let (error, ()) = tokio::join!(at_fault(&settings, URL), replacing);
        insta::assert_snapshot!(error, @"s3://evidence/2010/may.csv changed while it was fetched: load it again");
    })
    .await;
}

#[tokio::test]
async fn a_store_that_stands_still_or_is_away_may_pass() {
    bounded(async {
        let Some((store, spool)) = house().await else {
            return;
        };
        for carried in [0, OBJECT_BYTES as u64 / 2] {
            let line = HeldLine::to(store.addr(), carried).await;
            let mut settings = settings(spool.path(), OwnStore::settings_at(line.addr()));
            settings.fetch_timeout = Span::new(Duration::from_millis(100));
            assert_eq!(
                passing(&settings, URL).await,
                format!("{URL}: the store sent nothing for 100ms (datasets.fetch_timeout)")
            );
            assert!(line.connections() >= 2, "it was tried again");
        }
        let addr = store.addr();
        drop(store);
        let settings = settings(spool.path(), OwnStore::settings_at(addr));
        insta::assert_snapshot!(
            passing(&settings, URL).await,
            @"s3://evidence/2010/may.csv: Connection refused (os error 111)"
        );
    })
    .await;
}

#[tokio::test]
async fn what_the_store_or_the_settings_refuse_is_at_fault() {
    bounded(async {
        let Some((store, spool)) = house().await else {
            return;
        };
        let addr = store.addr();
        let error = async |change: fn(&mut Datasets, &mut Store), url: &str| {
            let mut own = OwnStore::settings_at(&addr);
            let mut settings = settings(spool.path(), own.clone());
            change(&mut settings, &mut own);
            settings.stores = [("evidence".to_owned(), own)].into();
            at_fault(&settings, url).await
        };
        let none = |_: &mut Datasets, _: &mut Store| {};
        let errors = [
            error(none, "s3://evidence/2010/none.csv").await,
            error(none, "s3://evidence/2011/june.csv").await,
            error(none, "s3://evidence/2010/../2011/june.csv").await,
            error(none, "s3://evidence/2010/%2e%2e/2011/june.csv").await,
            error(none, "s3://another/may.csv").await,
            error(
                |_, own| own.secret_access_key = Some(nexus_config::Secret::new("x")),
                URL,
            )
            .await,
            error(
                |_, own| {
                    own.anonymous = true;
                    (own.access_key_id, own.secret_access_key) = (None, None);
                },
                URL,
            )
            .await,
            error(|_, own| own.private = false, URL).await,
            error(
                |settings, _| settings.fetch_bytes_max = Bytes::new(1024),
                URL,
            )
            .await,
        ];
        insta::assert_snapshot!(errors.join("\n"), @"
        s3://evidence/2010/none.csv: there is no such object
        s3://evidence/2011/june.csv: no store covers it; allowed (datasets.stores): s3://evidence/2010/
        s3://evidence/2010/../2011/june.csv: its path holds . or ..; allowed (datasets.stores): s3://evidence/2010/
        s3://evidence/2010/%2e%2e/2011/june.csv: its path holds . or ..; allowed (datasets.stores): s3://evidence/2010/
        s3://another/may.csv: no store covers it; allowed (datasets.stores): s3://evidence/2010/
        s3://evidence/2010/may.csv: the store refuses access; its keys stand in datasets.stores.evidence
        s3://evidence/2010/may.csv: the store refuses access; its keys stand in datasets.stores.evidence
        s3://evidence/2010/may.csv: its endpoint is 127.0.0.1, which is not a public address; private = true in datasets.stores.evidence allows it
        s3://evidence/2010/may.csv has 1048576 bytes; at most 1024 are fetched (datasets.fetch_bytes_max)
        ");
    })
    .await;
}

#[tokio::test]
async fn an_object_loads_like_the_file_after_an_attempt_on_a_stalled_store() {
    bounded(async {
        let Some(store) = OwnStore::start().await else {
            return;
        };
        let (bytes, expected) = generated(5_000, 1, 10);
        store.put(KEY, &bytes);
        let line = HeldLine::to(store.addr(), 10_000).await;
        let bed = TestBed::with(|settings| {
            settings.datasets.stores =
                [("evidence".to_owned(), OwnStore::settings_at(line.addr()))].into();
            settings.datasets.fetch_attempts = 1;
            settings.datasets.fetch_timeout = Span::new(Duration::from_millis(100));
        })
        .await;
        let from_store = bed.ask(URL.as_ref(), CANONICAL).await;
        let from_file = bed.ask(&bed.data_file("may.csv", &bytes), CANONICAL).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        eventually("an attempt fails", SOON, async || {
            let failed = !bed.job(from_store.job_id).await.errors.is_empty();
            failed.then_some(())
        })
        .await;
        line.cut();
        let ended = bed.ended(from_store).await;
        bed.ended(from_file).await;
        worker.stop().await;
        let (about, job) = (&ended.dataset.dataset, &ended.job);
        assert_eq!((&*about.state, &*job.job.state), ("loaded", "completed"));
        assert!(job.errors[0].error.contains("datasets.fetch_timeout"));
        assert_eq!(about.rows_loaded, i64::try_from(expected.loaded).unwrap());
        let of_file = bed.rows(from_file.dataset_id).await;
        assert_eq!(bed.rows(from_store.dataset_id).await, of_file);
        assert_eq!(
            std::fs::read_dir(bed.dir().join("spool")).unwrap().count(),
            0
        );
    })
    .await;
}
