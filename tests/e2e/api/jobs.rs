//! Jobs asked for over HTTP: run, looked at, refused.

use nexus_jobs::JobId;
use nexus_tests::http::Answer;
use nexus_tests::{ApiRun, TestBed, WorkerRun, in_bed};
use serde_json::{Value, json};

/// The ids of an accepted request.
fn ids(accepted: &Answer) -> Vec<i64> {
    let ids = accepted.expect(201)["ids"].clone();
    serde_json::from_value(ids).unwrap()
}

async fn shown_at_its_end(bed: &TestBed, api: &ApiRun, id: i64) -> Value {
    bed.end_of(JobId(id)).await;
    api.get(format!("/v1/jobs/{id}")).await.expect(200)
}

#[tokio::test]
async fn one_job_is_enqueued_run_and_shown() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let api = ApiRun::beside(bed, &relay).await;
        let job = json!({"kind": "test.task", "args": {"n": 8}, "tags": ["a"], "attempts": 3});
        let accepted = api.post("/v1/jobs", &job).await;
        let [id] = ids(&accepted)[..] else {
            panic!("{accepted:?}")
        };
        assert_eq!(
            accepted.header("location"),
            Some(&*format!("/v1/jobs/{id}"))
        );
        let job = shown_at_its_end(bed, &api, id).await;
        for (field, value) in [
            ("id", json!(id)),
            ("kind", json!("test.task")),
            ("queue", json!("default")),
            ("state", json!("completed")),
            ("args", json!({"n": 8})),
            ("result", json!({"n": 8})),
            ("run", json!(1)),
            ("attempt", json!(1)),
            ("attempts_max", json!(3)),
            ("tags", json!(["a"])),
            ("errors", json!([])),
            ("created_by", json!("api:anonymous@127.0.0.1")),
        ] {
            assert_eq!(job[field], value, "{field} of {job}");
        }
        worker.stop().await;
        api.stop().await;
    })
    .await;
}

#[tokio::test]
async fn three_jobs_are_enqueued_in_their_order_and_each_ends_as_it_must() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let api = ApiRun::beside(bed, &relay).await;
        let jobs = json!([
            {"kind": "test.task", "args": {"n": 2}},
            {"kind": "test.task", "args": {"n": 3}},
            {"kind": "test.task", "args": {"n": -1}},
        ]);
        let accepted = api.post("/v1/jobs", &jobs).await;
        assert_eq!(accepted.header("location"), None);
        let ids = ids(&accepted);
        assert!(ids.is_sorted() && ids.len() == 3, "{ids:?}");
        let mut jobs = Vec::new();
        for id in ids {
            jobs.push(shown_at_its_end(bed, &api, id).await);
        }
        let states = jobs.iter().map(|job| job["state"].as_str().unwrap());
        assert_eq!(
            states.collect::<Vec<_>>(),
            ["completed", "completed", "discarded"]
        );
        assert_eq!(jobs[1]["attempt"], 2);
        assert_eq!(jobs[1]["errors"][0]["error"], "odd at first");
        assert_eq!(jobs[1]["errors"].as_array().unwrap().len(), 1);
        assert_eq!(jobs[2]["reason"], "a number below zero");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_delayed_job_is_scheduled_and_a_band_is_kept() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let job = json!({"kind": "noop", "band": "high", "delay": "1h", "timeout": "5s"});
        let id = ids(&api.post("/v1/jobs", &job).await)[0];
        let job = api.get(format!("/v1/jobs/{id}")).await.expect(200);
        assert_eq!(job["state"], "scheduled");
        assert_eq!(job["queue"], "noop");
        assert_eq!(job["band"], "high");
        assert_eq!(job["timeout_ms"], 5000);
        let at = json!({"kind": "noop", "at": "2099-01-01T00:00:00Z"});
        let id = ids(&api.post("/v1/jobs", &at).await)[0];
        let job = api.get(format!("/v1/jobs/{id}")).await.expect(200);
        assert_eq!(job["due_at"], "2099-01-01T00:00:00Z");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_job_is_named_by_its_place_and_field_and_nothing_is_enqueued() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let good = json!({"kind": "noop"});
        let many = Value::Array(vec![good.clone(); 1001]);
        for (body, words) in [
            (json!([good, {"kind": "No Op"}]), &["job 1", "\"kind\""][..]),
            (json!([good, good, {"args": {}}]), &["job 2", "kind"]),
            (
                json!([{"kind": "process_dataset", "args": {"dataset": 1}}]),
                &["job 0", "\"args\"", "dataset_id"],
            ),
            (
                json!([good, {"kind": "noop", "queue": "a b"}]),
                &["job 1", "\"queue\""],
            ),
            (json!([{"kind": "noop", "band": "top"}]), &["job 0", "band"]),
            (
                json!([good, {"kind": "noop", "delay": "5"}]),
                &["job 1", "delay"],
            ),
            (
                json!([good, {"kind": "noop", "atempts": 2}]),
                &["job 1", "atempts"],
            ),
            (
                json!([{"kind": "No"}, good, {"kind": "noop", "attempts": 0}]),
                &["job 0", "job 2", "\"attempts\""],
            ),
            (json!({"kind": ""}), &["\"kind\""]),
            (
                json!([{"kind": "noop", "attempts": 40_000}]),
                &["job 0", "\"attempts\"", "32767"],
            ),
            (json!([]), &["0 jobs"]),
            (many, &["1001", "1000", "enqueue.batch_max"]),
            (json!("noop"), &["invalid type"]),
        ] {
            let (code, message) = api.post("/v1/jobs", &body).await.error(422);
            assert_eq!(code, "invalid");
            for word in words {
                assert!(message.contains(word), "{word}: {message}");
            }
        }
        for table in ["jobs", "dispatch"] {
            assert_eq!(bed.count(table, "true").await, 0);
        }
        let most = Value::Array(vec![good; 1000]);
        assert_eq!(ids(&api.post("/v1/jobs", &most).await).len(), 1000);
    })
    .await;
}

#[tokio::test]
async fn a_job_of_a_tenant_that_is_not_there_is_refused() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        for tenant in [0, 77] {
            let job = json!([{"kind": "noop"}, {"kind": "noop", "tenant_id": tenant}]);
            let refused = api.post("/v1/jobs", &job).await;
            assert!((400..500).contains(&refused.status), "{refused:?}");
            let (_, message) = refused.error(refused.status);
            assert!(message.contains("tenant"), "{message}");
        }
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        for (path, what) in [
            ("/v1/jobs/404", "no job 404"),
            ("/v1/cases/404", "no case 404"),
            ("/v1/datasets/404", "no dataset 404"),
            ("/v1/datasets/404/rejects", "no dataset 404"),
            ("/v1/nothing", "no route GET /v1/nothing"),
        ] {
            let (code, message) = api.get(path).await.error(404);
            assert_eq!((&*code, &*message), ("not_found", what));
        }
    })
    .await;
}

#[tokio::test]
async fn what_became_of_unique_jobs_is_told_by_index() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let unique = json!({"kind": "noop", "unique": true, "order_key": "k", "expires_in": "1h"});
        let first = api.post("/v1/jobs", &unique).await;
        let [id] = ids(&first)[..] else {
            panic!("{first:?}")
        };
        assert_eq!(first.expect(201)["outcomes"], json!(["new"]));
        let again = api.post("/v1/jobs", &unique).await;
        assert_eq!(again.header("location"), Some(&*format!("/v1/jobs/{id}")));
        let again = again.expect(200);
        assert_eq!(again, json!({"ids": [id], "outcomes": ["existing"]}));
        let reject = json!({"kind": "noop", "unique": {"on_conflict": "reject"}});
        let (code, message) = api.post("/v1/jobs", &reject).await.error(409);
        assert_eq!(code, "conflict");
        assert_eq!(message, format!("job {id} has the same unique key"));
        let replace = json!({"kind": "noop", "unique": {"by": [], "on_conflict": "replace"}});
        let batch = json!([reject, {"kind": "noop"}, replace]);
        let answer = api.post("/v1/jobs", &batch).await.expect(201);
        assert_eq!(answer["outcomes"], json!(["rejected", "new", "replaced"]));
        assert_eq!(
            (&answer["ids"][0], &answer["ids"][2]),
            (&json!(id), &json!(id))
        );
        let job = api.get(format!("/v1/jobs/{id}")).await.expect(200);
        assert_eq!(job["order_key"], "k");
        let wrong = json!({"kind": "noop", "unique": {"per": []}});
        let (_, message) = api.post("/v1/jobs", &wrong).await.error(422);
        assert!(
            message.contains("\"unique\"") && message.contains("per"),
            "{message}"
        );
    })
    .await;
}
