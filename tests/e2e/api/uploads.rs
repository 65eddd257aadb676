//! Datasets that are sent along, and what stays of them in the spool directory.

use nexus_tests::eventually::SOON;
use nexus_tests::http::Request;
use nexus_tests::loads::{CANONICAL, generated, gzip};
use nexus_tests::{ApiRun, TestBed, WorkerRun, bounded, eventually, in_bed};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::datasets::{holds, loaded};

/// The names of the files in the spool directory.
pub(super) fn spooled(bed: &TestBed) -> Vec<String> {
    let entries = std::fs::read_dir(&bed.settings().datasets.spool).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// An upload into a case.
pub(super) fn upload(case: i64, name: &str, bytes: &[u8]) -> Request {
    let fields = [("case_id", &*case.to_string()), ("profile", CANONICAL)];
    Request::form("/v1/datasets", &fields, (name, bytes))
}

/// Sends all of an upload but its last bytes, and returns once it is being written.
pub(super) async fn half_sent(bed: &TestBed, api: &ApiRun, upload: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(api.addr()).await.unwrap();
    stream.write_all(upload).await.unwrap();
    eventually("the upload is being written", SOON, async || {
        let parts = spooled(bed);
        parts
            .iter()
            .any(|name| name.contains(".part"))
            .then_some(())
    })
    .await;
    stream
}

#[tokio::test]
async fn an_upload_is_loaded_plain_and_compressed() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::start(bed));
        let api = ApiRun::beside(bed, &relay).await;
        let case = bed.open_case().await.0;
        let (bytes, expected) = generated(3_000, 11, 10);
        for (name, sent) in [("plain.csv", bytes.clone()), ("small.csv.gz", gzip(&bytes))] {
            let accepted = api.send(upload(case, name, &sent)).await.expect(202);
            let shown = loaded(bed, &api, &accepted).await;
            holds(&shown, &expected);
            assert_eq!(shown["name"], name);
        }
        worker.stop().await;
        assert_eq!(spooled(bed), Vec::<String>::new(), "what was loaded");
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_is_refused_leaves_nothing() {
    bounded(async {
        let small = "100KiB".parse().unwrap();
        let bed = TestBed::with(|settings| settings.api.upload_bytes_max = small).await;
        let api = ApiRun::start(&bed).await;
        let case = bed.open_case().await.0;
        let (bytes, _) = generated(100, 1, 0);
        let large = vec![b'x'; 3_000_000];
        api.send(upload(404, "a.csv", &bytes)).await.error(404);
        let (_, message) = api.send(upload(case, "a.csv", &large)).await.error(413);
        assert!(message.contains("api.upload_bytes_max"), "{message}");
        api.send(upload(case, "a.csv", b"")).await.error(422);
        let no_profile = [("case_id", &*case.to_string())];
        let no_profile = Request::form("/v1/datasets", &no_profile, ("a.csv", &bytes));
        let (_, message) = api.send(no_profile).await.error(422);
        assert!(message.contains("profile"), "{message}");
        assert_eq!(spooled(&bed), Vec::<String>::new());
        assert_eq!(bed.count("datasets", "true").await, 0);
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let case = bed.open_case().await.0;
        let request = upload(case, "a.csv", &generated(5_000, 1, 0).0).bytes(api.addr());
        let stream = half_sent(bed, &api, &request[..request.len() - 10]).await;
        drop(stream);
        eventually("the spool directory is empty", SOON, async || {
            spooled(bed).is_empty().then_some(())
        })
        .await;
        assert_eq!(bed.count("datasets", "true").await, 0);
        assert_eq!(bed.count("jobs", "true").await, 0);
        api.get("/healthz").await.expect(200);
    })
    .await;
}
