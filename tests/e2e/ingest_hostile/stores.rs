//! Whole loads from a store that is slow, breaks off, or has something else than it had. Skipped
//! where there is no server to be a store.

use std::time::Duration;

use nexus_config::{Bytes, Span, Store};
use nexus_handlers::load_request::Requested;
use nexus_tests::loads::{CANONICAL, Ended, generated};
use nexus_tests::own_store::{ALLOWED, OwnStore};
use nexus_tests::{HeldLine, Loading, bounded};

const KEY: &str = "2010/may.csv";

/// Bytes that a line carries before it is held: in the middle of the object.
const CARRIED: u64 = 500_000;

const ATTEMPTS: u16 = 2;

fn url() -> String {
    format!("{ALLOWED}may.csv")
}

/// More than a busy machine ever takes to answer.
const PATIENT: Duration = Duration::from_secs(30);

/// A worker that may load from one store, and waits so long for a byte.
async fn beside(own: Store, timeout: Duration) -> Loading {
    Loading::with(|settings| {
        settings.datasets.stores = [("evidence".to_owned(), own)].into();
        settings.datasets.fetch_attempts = 2;
        settings.datasets.fetch_timeout = Span::new(timeout);
        settings.datasets.fetch_retry_base = Span::new(Duration::from_millis(1));
        settings.datasets.fetch_bytes_max = Bytes::new(16 << 20);
        settings.retry.attempts = ATTEMPTS;
    })
    .await
}

async fn ask(loading: &Loading, url: &str) -> Requested {
    loading.bed().ask(url.as_ref(), CANONICAL).await
}

/// Nothing is left in the spool.
fn is_spotless(loading: &Loading) {
    let spool = std::fs::read_dir(&loading.bed().settings().datasets.spool).unwrap();
    assert_eq!(spool.count(), 0);
}

#[tokio::test]
async fn an_object_whose_connection_is_cut_loads_whole() {
    bounded(async {
        let Some(store) = OwnStore::start().await else {
            return;
        };
        let (bytes, expected) = generated(10_000, 1, 10);
        store.put(KEY, &bytes);
        let line = HeldLine::to(store.addr(), CARRIED).await;
        let loading = beside(OwnStore::settings_at(line.addr()), PATIENT).await;
        let from_store = ask(&loading, &url()).await;
        line.is_held().await;
        line.cut();
        let Ended { dataset, job } = loading.bed().ended(from_store).await;
        assert_eq!((&*dataset.dataset.state, job.job.run), ("loaded", 1));
        assert_eq!(
            dataset.dataset.rows_loaded,
            i64::try_from(expected.loaded).unwrap()
        );
        let from_file = loading.loads("may.csv", &bytes, CANONICAL).await;
        let digest = async |id| {
            loading
                .bed()
                .digest("transactions", nexus_jobs::DatasetId(id))
                .await
        };
        assert_eq!(
            digest(dataset.dataset.id).await,
            digest(from_file.dataset.dataset.id).await
        );
        is_spotless(&loading);
    })
    .await;
}

#[tokio::test]
async fn a_store_that_stands_still_fails_the_load_after_its_attempts() {
    bounded(async {
        let Some(store) = OwnStore::start().await else {
            return;
        };
        store.put(KEY, &generated(10_000, 1, 10).0);
        let line = HeldLine::to(store.addr(), CARRIED).await;
        let loading = beside(OwnStore::settings_at(line.addr()), Duration::from_millis(200)).await;
        let ended = loading.bed().ended(ask(&loading, &url()).await).await;
        loading.nothing_is_left(&ended).await;
        assert_eq!(ended.job.errors.len(), usize::from(ATTEMPTS));
        insta::assert_snapshot!(ended.dataset.dataset.error.as_ref().unwrap(), @"s3://evidence/2010/may.csv: the store sent nothing for 200ms (datasets.fetch_timeout)");
        is_spotless(&loading);
        loading.still_loads().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_store_no_longer_has_fails_at_once() {
    bounded(async {
        let Some(store) = OwnStore::start().await else {
            return;
        };
        let (mut bytes, _) = generated(10_000, 1, 10);
        store.put(KEY, &bytes);
        let line = HeldLine::to(store.addr(), CARRIED).await;
        let loading = beside(OwnStore::settings_at(line.addr()), PATIENT).await;
        let replaced = ask(&loading, &url()).await;
        line.is_held().await;
        bytes.push(b'\n');
        store.put(KEY, &bytes);
        line.cut();
        let missing = ask(&loading, &format!("{ALLOWED}none.csv")).await;
        store.put("2010/large.csv", &vec![b'x'; (16 << 20) + 1]);
        let large = ask(&loading, &format!("{ALLOWED}large.csv")).await;
        store.put("2010/cut.csv.gz", &nexus_tests::loads::gzip(&bytes)[..100_000]);
        let cut = ask(&loading, &format!("{ALLOWED}cut.csv.gz")).await;
        let mut errors = Vec::new();
        for load in [replaced, missing, large, cut] {
            errors.push(loading.has_failed(load).await);
        }
        insta::assert_snapshot!(errors.join("\n"), @"
        s3://evidence/2010/may.csv changed while it was fetched: load it again
        s3://evidence/2010/none.csv: there is no such object
        s3://evidence/2010/large.csv has 16777217 bytes; at most 16777216 are fetched (datasets.fetch_bytes_max)
        the gzip file is truncated: it ends in the middle of its data after 100000 bytes
        ");
        is_spotless(&loading);
    })
    .await;
}
