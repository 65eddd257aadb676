//! A stop: what is under way is answered, and nothing new is taken.

use nexus_tests::eventually::SOON;
use nexus_tests::http::Answer;
use nexus_tests::loads::generated;
use nexus_tests::{ApiRun, eventually, in_bed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::uploads::{half_sent, spooled, upload};

#[tokio::test]
async fn an_upload_under_way_is_answered_and_then_it_ends() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let case = bed.open_case().await.0;
        let request = upload(case, "a.csv", &generated(5_000, 1, 0).0).bytes(api.addr());
        let (most, rest) = request.split_at(request.len() - 10);
        let mut stream = half_sent(bed, &api, most).await;
        api.ask_to_stop();
        eventually("it takes no more connections", SOON, async || {
            TcpStream::connect(api.addr()).await.is_err().then_some(())
        })
        .await;
        stream.write_all(rest).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Answer::read(&answer).unwrap().expect(202);
        api.stop().await;
        assert_eq!(bed.count("datasets", "state = 'pending'").await, 1);
        assert_eq!(spooled(bed).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_does_not_hold_it_up() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let _idle = TcpStream::connect(api.addr()).await.unwrap();
        api.get("/healthz").await.expect(200);
        api.stop().await;
    })
    .await;
}
