//! The verbs of the command line and of the API.

use nexus_tests::eventually::SOON;
use nexus_tests::http::Request;
use nexus_tests::{ApiRun, WorkerRun, eventually, in_bed};
use serde_json::{Value, json};

use super::{PAUSED, so_many_say};

#[tokio::test]
async fn queues_are_paused_scaled_and_resumed_by_commands() {
    in_bed(async |bed| {
        let paused = bed.nexus_ok(&["queues", "pause", "default", "noop"]).await;
        assert_eq!(paused.matches("paused").count(), 2, "{paused}");
        let again = bed.nexus_ok(&["--json", "queues", "pause", "noop"]).await;
        let again: Value = serde_json::from_str(&again).unwrap();
        assert!(again[0]["paused_by"].as_str().unwrap().starts_with("os:"));
        let scaled = bed.nexus_ok(&["scale", "default=8", "noop=0"]).await;
        assert!(scaled.contains('8'), "{scaled}");
        let worker = WorkerRun::start(bed);
        so_many_say(bed, 1, &format!("{PAUSED} AND q->>'desired' = '8'")).await;
        let listed = bed.nexus_ok(&["queues"]).await;
        assert!(listed.contains("PAUSED 8"), "{listed}");
        let workers = bed.nexus_ok(&["--json", "workers"]).await;
        let workers: Value = serde_json::from_str(&workers).unwrap();
        let stands = &workers["workers"][0]["health"]["queues"]["noop"];
        assert_eq!(stands, &json!({"desired": 0, "running": 0, "paused": true}));
        bed.nexus_ok(&["queues", "resume", "default", "noop"]).await;
        bed.nexus_ok(&["scale", "default=default", "noop=default"])
            .await;
        so_many_say(bed, 1, "q->>'paused' = 'false' AND q->>'desired' = '64'").await;
        assert_eq!(bed.nexus_ok(&["queues"]).await, "no unfinished jobs\n");
        for wrong in [
            &["scale", "default"][..],
            &["scale", "default=1000000"],
            &["queues", "pause", "No Queue"],
            &["workers", "quiet"],
        ] {
            assert_eq!(bed.nexus(wrong).await.status.code(), Some(2), "{wrong:?}");
        }
        let nobody = bed.nexus(&["workers", "quiet", "nobody:1"]).await;
        assert_eq!(nobody.status.code(), Some(3));
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn queues_and_workers_are_asked_through_the_api() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let none = json!({});
        let paused = api.post("/v1/queues/noop/pause", &none).await.expect(200);
        assert_eq!(paused["paused_by"], "api:anonymous@127.0.0.1");
        let eight = json!({"concurrency": 8});
        let scaled = api
            .send(Request::json("PUT", "/v1/queues/noop", &eight))
            .await;
        assert_eq!(scaled.expect(200)["concurrency"], 8);
        let listed = api.get("/v1/queues").await.expect(200);
        assert_eq!(listed["queues"][0]["name"], "noop");
        assert_eq!(listed["queues"][0]["asked"]["concurrency"], 8);
        let resumed = api.post("/v1/queues/noop/resume", &none).await.expect(200);
        assert_eq!(resumed["paused_at"], Value::Null);
        api.post("/v1/queues/other/resume", &none).await.error(404);
        api.post("/v1/queues/No/pause", &none).await.error(400);
        let many = json!({"concurrency": 1_000_000});
        api.send(Request::json("PUT", "/v1/queues/noop", &many))
            .await
            .error(422);

        let worker = WorkerRun::start(bed);
        let id = eventually("the worker is listed", SOON, async || {
            let listed = api.get("/v1/workers").await.expect(200);
            listed["workers"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
        let says = async |quiet: &str| {
            let what = format!("health->>'quiet' = '{quiet}'");
            eventually(&what, SOON, async || {
                (bed.count("workers", &what).await == 1).then_some(())
            })
            .await;
        };
        api.post(&format!("/v1/workers/{id}/quiet"), &none)
            .await
            .expect(202);
        says("true").await;
        api.post(&format!("/v1/workers/{id}/resume"), &none)
            .await
            .expect(202);
        says("false").await;
        api.post(&format!("/v1/workers/{id}/drain"), &none)
            .await
            .expect(202);
        eventually("it is gone", SOON, async || {
            (bed.count("workers", "true").await == 0).then_some(())
        })
        .await;
        api.post(&format!("/v1/workers/{id}/quiet"), &none)
            .await
            .error(404);
        api.post("/v1/workers/me/quiet", &none).await.error(400);
        worker.stop().await;
    })
    .await;
}
