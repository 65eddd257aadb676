//! The verbs of the command line and of the API.

use nexus_tests::eventually::SOON;
use nexus_tests::http::Request;
use nexus_tests::{ApiRun, TestBed, WorkerRun, eventually};
use serde_json::{Value, json};

use super::{bounded, serve};

#[tokio::test]
async fn limits_are_set_changed_and_removed_by_commands() {
    bounded(async {
        let bed = TestBed::new().await;
        let none = &["limits", "set", "gate", "--queue", "noop", "--concurrency"];
        bed.nexus_ok(&[none, &["0"][..]].concat()).await;
        let _serving = serve(&bed);
        let worker = WorkerRun::start(&bed);
        bed.enqueue_noops(5).await;
        eventually("all wait", SOON, async || {
            (bed.count("jobs", "parked_on = 'limit:gate'").await == 5).then_some(())
        })
        .await;
        let set = bed.nexus_ok(&[none, &["3"][..]].concat()).await;
        assert!(set.contains("gate") && set.contains('3'), "{set}");
        bed.all_complete(5).await;
        let listed = bed.nexus_ok(&["--json", "limits", "list"]).await;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(listed[0]["concurrency"], 3);
        assert!(listed[0]["changed_by"].as_str().unwrap().starts_with("os:"));
        for (wrong, code) in [
            (&["limits", "set", "gate"][..], 2),
            (&["limits", "set", "gate", "--rate", "often"], 2),
            (&["limits", "set", "a:b", "--concurrency", "1"], 2),
            (&["limits", "remove", "nothing"], 3),
        ] {
            assert_eq!(
                bed.nexus(wrong).await.status.code(),
                Some(code),
                "{wrong:?}"
            );
        }
        let removed = bed.nexus_ok(&["limits", "remove", "gate"]).await;
        assert!(removed.contains("removed limit gate"), "{removed}");
        assert!(
            bed.nexus_ok(&["limits", "list"])
                .await
                .contains("no limits")
        );
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn breakers_are_set_reset_and_removed_by_commands() {
    bounded(async {
        let bed = TestBed::new().await;
        let set = &["breakers", "set", "noop", "--failure-share", "0.4"];
        bed.nexus_ok(set).await;
        let listed = bed.nexus_ok(&["breakers", "list"]).await;
        assert!(
            listed.contains("noop") && listed.contains("closed"),
            "{listed}"
        );
        bed.execute("UPDATE nexus.breakers SET state = 'open'")
            .await;
        let reset = bed.nexus_ok(&["--json", "breakers", "reset", "noop"]).await;
        let reset: Value = serde_json::from_str(&reset).unwrap();
        assert_eq!(reset["state"], "closed");
        bed.nexus_ok(&["breakers", "remove", "noop"]).await;
        let gone = bed.nexus(&["breakers", "reset", "noop"]).await;
        assert_eq!(gone.status.code(), Some(3));
        let much = bed.nexus(&["breakers", "set", "noop", "--failure-share", "1.5"]);
        assert_eq!(much.await.status.code(), Some(2));
    })
    .await;
}

#[tokio::test]
async fn limits_and_breakers_are_asked_through_the_api() {
    bounded(async {
        let bed = TestBed::new().await;
        let api = ApiRun::start(&bed).await;
        let put = async |path: &str, body: Value| api.send(Request::json("PUT", path, &body)).await;
        let limit = put(
            "/v1/limits/mail",
            json!({"kind": "noop", "rate": 100, "rate_per_ms": 60_000}),
        );
        let limit = limit.await.expect(200);
        assert_eq!((&limit["burst"], &limit["per"]), (&json!(1), &json!("all")));
        assert_eq!(limit["created_by"], "api:anonymous@127.0.0.1");
        put(
            "/v1/limits/mail",
            json!({"queue": "noop", "concurrency": 1}),
        )
        .await
        .error(409);
        put("/v1/limits/mail", json!({"kind": "noop"}))
            .await
            .error(422);
        let listed = api.get("/v1/limits").await.expect(200);
        assert_eq!(listed["limits"][0]["name"], "mail");
        api.send(Request::new("DELETE", "/v1/limits/mail"))
            .await
            .expect(200);
        api.send(Request::new("DELETE", "/v1/limits/mail"))
            .await
            .error(404);

        let breaker = json!({"failure_share": 0.5, "attempts_min": 20, "window_ms": 60_000,
                             "open_ms": 30_000, "probes": 3});
        let made = put("/v1/breakers/noop", breaker.clone()).await.expect(200);
        assert_eq!(made["state"], "closed");
        let mut wrong = breaker;
        wrong["failure_share"] = json!(2.0);
        put("/v1/breakers/noop", wrong).await.error(422);
        let none = json!({});
        api.post("/v1/breakers/noop/reset", &none).await.expect(200);
        let listed = api.get("/v1/breakers").await.expect(200);
        assert_eq!(listed["breakers"][0]["kind"], "noop");
        api.send(Request::new("DELETE", "/v1/breakers/noop"))
            .await
            .expect(200);
        api.post("/v1/breakers/noop/reset", &none).await.error(404);
    })
    .await;
}
