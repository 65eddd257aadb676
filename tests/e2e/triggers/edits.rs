//! Triggers are changed while everything runs, and each change is kept.

use nexus_tests::http::Request;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{ApiRun, bounded, in_bed};
use serde_json::{Value, json};

use super::{EvaluatorRun, bed, met, set, trigger};

fn task_to(kind: &str) -> Value {
    json!({ "on": { "type": "job.enqueued", "kind": "test.task" }, "enqueue": { "kind": kind } })
}

#[tokio::test]
async fn each_change_is_a_version_with_who_and_when() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let put = |body: &Value| Request::json("PUT", "/v1/triggers/a", body);
        let made = api.send(put(&task_to("noop"))).await.expect(200);
        assert_eq!(
            (&made["version"], &made["enabled"]),
            (&json!(1), &json!(true))
        );
        let file = bed.data_file("a.json", task_to("other").to_string());
        let at = format!("@{}", file.display());
        bed.nexus_ok(&["triggers", "set", "a", "--definition", &at])
            .await;
        bed.nexus_ok(&["triggers", "disable", "a"]).await;
        // To disable what is disabled is no change.
        api.send(Request::json("POST", "/v1/triggers/a/disable", &json!({})))
            .await
            .expect(200);
        api.send(Request::json("POST", "/v1/triggers/a/enable", &json!({})))
            .await
            .expect(200);
        api.send(Request::new("DELETE", "/v1/triggers/a"))
            .await
            .expect(200);
        api.get("/v1/triggers/a").await.error(404);
        bed.nexus_ok(&["triggers", "set", "a", "--definition", &at])
            .await;

        let versions = api.get("/v1/triggers/a/versions").await.expect(200);
        let versions = versions["versions"].as_array().unwrap().clone();
        let changes: Vec<_> = versions
            .iter()
            .map(|one| {
                let by = one["changed_by"]
                    .as_str()
                    .unwrap()
                    .split(':')
                    .next()
                    .unwrap();
                format!(
                    "{} {} {by}",
                    one["version"],
                    one["change"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(
            changes,
            [
                "6 set os",
                "5 removed api",
                "4 enabled api",
                "3 disabled os",
                "2 set os",
                "1 set api"
            ]
        );
        assert_eq!(versions[5]["definition"]["enqueue"]["kind"], "noop");
        assert_eq!(versions[4]["definition"]["enqueue"]["kind"], "other");
        assert_eq!(
            api.get("/v1/triggers").await.expect(200)["triggers"][0]["version"],
            6
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_its_place() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let put =
            |name: &str, body: &Value| Request::json("PUT", format!("/v1/triggers/{name}"), body);
        let mut wrong = task_to("noop");
        wrong["when"] = json!([{ "path": "$.a", "above": [] }]);
        let (_, said) = api.send(put("a", &wrong)).await.error(422);
        assert!(said.starts_with("when, condition 0"), "{said}");
        let (_, said) = api.send(put("No", &task_to("noop"))).await.error(422);
        assert!(said.starts_with("trigger name"), "{said}");
        api.send(put("a", &json!({ "on": { "type": "a" } })))
            .await
            .error(422);
        for path in ["enable", "disable"] {
            let path = format!("/v1/triggers/none/{path}");
            api.send(Request::json("POST", path, &json!({})))
                .await
                .error(404);
        }
        let told = bed
            .nexus(&["triggers", "set", "a", "--definition", "{}"])
            .await;
        assert_eq!(told.status.code(), Some(2));
        assert_eq!(bed.count("triggers", "true").await, 0);
        assert_eq!(bed.count("trigger_versions", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_change_counts_for_what_happens_from_then_on() {
    bounded(async {
        let bed = bed().await;
        bed.enqueue(&many(1, |n| Task { n })).await;
        set(&bed, "a", task_to("first")).await;
        let _evaluator = EvaluatorRun::start(&bed);
        bed.enqueue(&many(2, |n| Task { n })).await;
        met(&bed, "a", 2).await;
        set(&bed, "a", task_to("second")).await;
        bed.enqueue(&many(1, |n| Task { n })).await;
        met(&bed, "a", 3).await;
        bed.nexus_ok(&["triggers", "disable", "a"]).await;
        bed.enqueue(&many(1, |n| Task { n })).await;
        assert_eq!(bed.count("events", "true").await, 0);
        bed.nexus_ok(&["triggers", "enable", "a"]).await;
        bed.enqueue(&many(1, |n| Task { n })).await;
        met(&bed, "a", 4).await;
        assert_eq!(bed.count("jobs", "kind = 'first'").await, 2);
        assert_eq!(bed.count("jobs", "kind = 'second'").await, 2);
        assert_eq!(trigger(&bed, "a").await.version, 4);
        assert_eq!(bed.count("trigger_log", "version = 1").await, 2);
    })
    .await;
}
