//! The verbs of the command line and of the API.

use nexus_jobs::{Job, JobId, NewJob};
use nexus_tests::tasks::Task;
use nexus_tests::{ApiRun, WorkerRun, in_bed};
use serde_json::json;

use super::{discarded, kind};

#[tokio::test]
async fn the_command_line_lists_replays_and_deletes() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let jobs: Vec<NewJob> = (1..=4)
            .map(|n| NewJob::of(&Task { n: -n }).unwrap())
            .collect();
        for id in bed.enqueue(&jobs).await {
            bed.end_of(id).await;
        }
        let list = bed.nexus_ok(&["dead", "list"]).await;
        assert_eq!(list.lines().count(), 5, "{list}");
        assert!(list.contains("a number below zero"), "{list}");
        let shown = bed.nexus_ok(&["dead", "show", "1"]).await;
        assert!(
            shown.starts_with("job 1 · test.task · discarded"),
            "{shown}"
        );

        let edited = bed
            .nexus_ok(&["dead", "replay", "1", "--args", "{\"n\": 8}"])
            .await;
        assert_eq!(edited, "dead letter 1 runs again as job 5\n");
        assert_eq!(
            bed.end_of(JobId(5)).await.job.result,
            Some(json!({ "n": 8 }))
        );
        let twice = bed.nexus_ok(&["dead", "replay", "1"]).await;
        assert!(twice.starts_with("nothing to replay"), "{twice}");
        let counted = bed
            .nexus_ok(&["dead", "replay", "--error", "below zero", "--dry-run"])
            .await;
        assert_eq!(counted, "3 dead letters match; nothing was changed\n");
        let some = bed
            .nexus_ok(&[
                "dead",
                "replay",
                "--kind",
                Task::KIND,
                "--rate",
                "1000/s",
                "--max",
                "2",
            ])
            .await;
        assert_eq!(some, "2 dead letters run again\n");
        for id in [6, 7] {
            let ended = bed.end_of(JobId(id)).await.job;
            assert_eq!(
                (ended.state.as_str(), ended.replay_of.is_some()),
                ("discarded", true)
            );
        }
        let gone = bed.nexus_ok(&["dead", "delete", "4", "6"]).await;
        assert_eq!(gone, "2 dead letters deleted\n");
        let all = bed
            .nexus_ok(&["dead", "delete", "--all", "--dry-run"])
            .await;
        assert_eq!(all, "4 dead letters match; nothing was changed\n");
        for (wrong, code) in [
            (&["dead", "replay"][..], 2),
            (&["dead", "delete"], 2),
            (&["dead", "replay", "5"], 1),
            (&["dead", "replay", "404"], 3),
            (&["dead", "replay", "2", "3", "--args", "{}"], 2),
        ] {
            assert_eq!(
                bed.nexus(wrong).await.status.code(),
                Some(code),
                "{wrong:?}"
            );
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_api_lists_replays_and_deletes() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let ids = discarded(bed, &vec![kind("a"); 5]).await;
        let page = api.get("/v1/dead?kind=a&error=disk&limit=2").await;
        assert!(page.header("link").unwrap().contains("before=4"));
        assert_eq!(page.expect(200)["dead"][0]["reason"], "Disk 4 is full");
        assert_eq!(
            api.get("/v1/dead/1").await.expect(200)["errors"][0]["reason"],
            "error"
        );
        let again = api
            .post("/v1/dead/1/replay", &json!({"args": {"x": 1}}))
            .await
            .expect(201);
        assert_eq!(again, json!({"dead": 1, "job": 6}));
        assert_eq!(bed.job(JobId(6)).await.job.args, json!({"x": 1}));
        api.post("/v1/dead/1/replay", &json!({})).await.error(409);
        api.post("/v1/dead/6/replay", &json!({})).await.error(404);
        api.post("/v1/dead/replay", &json!({"where": {}}))
            .await
            .error(422);
        api.post(
            "/v1/dead/replay",
            &json!({"where": {"kind": "a"}, "rate": 0}),
        )
        .await
        .error(422);
        let asked = json!({"where": {"kind": "a"}, "rate": 10, "max": 2});
        let many = api.post("/v1/dead/replay", &asked).await.expect(200);
        assert_eq!(
            (
                &many["matching"],
                many["replayed"].as_array().unwrap().len()
            ),
            (&json!(4), 2)
        );
        assert!(many["next_due"].is_string());
        let gone = nexus_tests::http::Request::new("DELETE", format!("/v1/dead/{}", ids[0]));
        assert_eq!(api.send(gone.clone()).await.status, 204);
        api.send(gone).await.error(404);
        let rest = json!({"where": {"all": true}, "dry_run": true});
        let counted = api.post("/v1/dead/delete", &rest).await.expect(200);
        assert_eq!(counted, json!({"matching": 2, "deleted": 0}));
        let every = json!({"where": {"all": true}, "replayed": true});
        let done = api.post("/v1/dead/delete", &every);
        assert_eq!(done.await.expect(200)["deleted"], 4);
    })
    .await;
}
