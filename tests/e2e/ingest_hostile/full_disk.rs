//! A disk that is full: while an upload is written to it, and while an object is fetched to it.
//! Skipped where no file system may be mounted.

use std::net::SocketAddr;

use nexus_tests::binary::Running;
use nexus_tests::eventually::SOON;
use nexus_tests::http::Request;
use nexus_tests::own_store::{ALLOWED, OwnStore};
use nexus_tests::small_spool::SMALL_SPOOL_BYTES;
use nexus_tests::{TestBed, bounded, eventually, in_bed};

use super::{HEADER, PROFILE};

/// More than the disk holds.
fn large() -> Vec<u8> {
    [HEADER, &"2010-03-01,1,a\n".repeat(SMALL_SPOOL_BYTES / 10)]
        .concat()
        .into_bytes()
}

fn small() -> Vec<u8> {
    [HEADER, "2010-03-01,1,a\n"].concat().into_bytes()
}

async fn address(serve: &Running) -> SocketAddr {
    eventually("the API tells its address", SOON, async || {
        let log = serve.log();
        let (_, rest) = log.split_once("the API: http://")?;
        rest.split_once("/docs")?.0.parse().ok()
    })
    .await
}

/// Files on the disk, by name, and bytes that are free on it.
fn spooled(bed: &TestBed, running: &Running) -> (usize, u64) {
    let spool = bed.spool_of(running);
    let files = std::fs::read_dir(&spool).unwrap().count();
    let about = rustix::fs::statvfs(&spool).unwrap();
    (files, about.f_bavail * about.f_frsize)
}

#[tokio::test]
async fn an_upload_that_fills_the_disk_is_refused_and_removed() {
    in_bed(async |bed| {
        let Some(serve) = bed.spawn_on_small_spool("serve", "LANG=C") else {
            return;
        };
        let addr = address(&serve).await;
        let empty = (0, SMALL_SPOOL_BYTES as u64);
        assert_eq!(spooled(bed, &serve), empty);
        let case = bed.open_case().await.0.to_string();
        let fields = [("case_id", &*case), ("profile", PROFILE)];
        let upload = |bytes: &[u8]| Request::form("/v1/datasets", &fields, ("in.csv", bytes));
        for _ in 0..2 {
            let answer = upload(&large()).send(addr).await;
            let (code, message) = answer.error(507);
            insta::allow_duplicates! {
                insta::assert_snapshot!(format!("{code}: {message}"), @"storage_full: the disk that uploads are written to (datasets.spool) is full; nothing was kept of this one");
            }
            eventually("the disk is empty again", SOON, async || {
                (spooled(bed, &serve) == empty).then_some(())
            })
            .await;
        }
        assert!(serve.log().contains("No space left on device"), "{}", serve.log());
        assert_eq!(bed.count("datasets", "true").await, 0);
        assert_eq!(bed.count("jobs", "true").await, 0);
        upload(&small()).send(addr).await.expect(202);
        assert_eq!(spooled(bed, &serve).0, 1);
        assert_eq!(bed.count("datasets", "true").await, 1);
        serve.kill().await;
    })
    .await;
}

#[tokio::test]
async fn an_object_that_fills_the_disk_fails_its_load_alone() {
    bounded(async {
        let Some(store) = OwnStore::start().await else {
            return;
        };
        store.put("2010/large.csv", &large());
        store.put("2010/small.csv", &small());
        // A settings file would hide the key.
        let variable = format!(
            "NEXUS_DATASETS__STORES={{ evidence = {{ url = '{ALLOWED}', endpoint = 'http://{}', \
             access_key_id = 'id', secret_access_key = 'key', private = true, allow_http = true }} }}",
            store.addr()
        );
        let bed = TestBed::with(|settings| {
            let own = OwnStore::settings_at(store.addr());
            settings.datasets.stores = [("evidence".to_owned(), own)].into();
            settings.retry.attempts = 2;
        })
        .await;
        let Some(work) = bed.spawn_on_small_spool("work", &variable) else {
            return;
        };
        let _relay = bed.relay();
        let ended = async |name: &str| {
            let url = format!("{ALLOWED}{name}");
            bed.ended(bed.ask(url.as_ref(), PROFILE).await).await
        };
        let full = ended("large.csv").await;
        let (about, job) = (&full.dataset.dataset, &full.job.job);
        assert_eq!((&*about.state, &*job.state), ("failed", "discarded"));
        let error = about.error.as_ref().unwrap();
        let error = error.replace(&bed.dir().display().to_string(), "DIR");
        insta::assert_snapshot!(error, @"the object cannot be copied to datasets.spool (DIR/spool): No space left on device (os error 28)");
        assert_eq!(bed.count("transactions", "true").await, 0);
        assert_eq!(spooled(&bed, &work), (0, SMALL_SPOOL_BYTES as u64));
        let fits = ended("small.csv").await.dataset.dataset;
        assert_eq!((&*fits.state, fits.rows_loaded), ("loaded", 1), "{fits:?}");
        work.kill().await;
    })
    .await;
}
