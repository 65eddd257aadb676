//! `/v1/schedules`

use nexus_tests::http::Request;
use nexus_tests::{ApiRun, in_bed};
use serde_json::{Value, json};

const NIGHTLY: &str = "/v1/schedules/nightly";

#[tokio::test]
async fn a_schedule_lives_over_http() {
    in_bed(async |bed| {
        bed.schedule_time("2026-10-24T12:00:00Z").await;
        let api = ApiRun::start(bed).await;
        let definition = json!({
            "cron": "30 2 * * *", "zone": "Europe/Berlin",
            "enqueue": { "kind": "noop", "tags": ["nightly"] },
        });
        let put = Request::json("PUT", NIGHTLY, &definition);
        let view = api.send(put).await.expect(200);
        assert_eq!(view["next_at"], "2026-10-25T00:30:00Z");
        assert_eq!(view["definition"]["overlap"], "allow");
        let listed = api.get("/v1/schedules").await.expect(200);
        assert_eq!(listed["schedules"].as_array().unwrap().len(), 1);

        let next = api.get(format!("{NIGHTLY}/next?count=2")).await.expect(200);
        let ticks = json!([
            {
                "tick_at": "2026-10-25T00:30:00Z", "local": "2026-10-25T02:30:00+02:00",
                "note": "first of two, fires once",
            },
            { "tick_at": "2026-10-26T01:30:00Z", "local": "2026-10-26T02:30:00+01:00" },
        ]);
        assert_eq!(next["ticks"], ticks);
        api.get(format!("{NIGHTLY}/next?count=0")).await.error(400);

        let post = |verb: &str| format!("{NIGHTLY}/{verb}");
        let paused = api.post(&post("pause"), &Value::Null).await.expect(200);
        assert_eq!(paused["next_at"], Value::Null);
        assert_eq!(api.get(NIGHTLY).await.expect(200)["version"], 2);
        let run = api.post(&post("run"), &Value::Null).await.expect(200);
        assert_eq!(run["outcome"], "fired");
        let resumed = api.post(&post("resume"), &Value::Null).await.expect(200);
        assert_eq!(resumed["next_at"], "2026-10-25T00:30:00Z");

        let range = json!({ "from": "2026-10-20T00:00:00Z", "to": "2026-10-22T00:00:00Z" });
        let filled = api.post(&post("backfill"), &range).await.expect(200);
        assert_eq!(filled["fired"], 2);
        let page = api.get(format!("{NIGHTLY}/ticks?limit=2")).await;
        assert!(page.header("link").unwrap().contains("before="));
        let entries = page.expect(200)["entries"].clone();
        let first = &entries[0];
        assert_eq!(
            (&first["outcome"], &first["backfill"]),
            (&json!("fired"), &json!(true))
        );
        let versions = api.get(format!("{NIGHTLY}/versions")).await.expect(200);
        assert_eq!(versions["versions"].as_array().unwrap().len(), 3);

        api.send(Request::new("DELETE", NIGHTLY)).await.expect(200);
        api.get(NIGHTLY).await.error(404);
        assert_eq!(bed.count("jobs", "true").await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_definition_is_refused_by_its_place() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let put =
            async |definition: Value| api.send(Request::json("PUT", NIGHTLY, &definition)).await;
        let with = |name: &str, value: Value| {
            let mut definition = json!({ "cron": "@daily", "enqueue": { "kind": "noop" } });
            definition[name] = value;
            definition
        };
        for (definition, wrong) in [
            (
                with("cron", json!("0 25 * * *")),
                "cron: hour: \"25\" is not allowed",
            ),
            (with("zone", json!("Mars")), "zone: there is no time zone"),
            (with("cron", json!("0 0 0 1 1 * 2020")), "never fires again"),
            (
                with("jitter_ms", json!(1_000_000_000)),
                "jitter_ms: at most a day",
            ),
            (with("every", json!(5)), "every"),
            (with("overlap", json!("no")), "overlap"),
        ] {
            let answer = put(definition.clone()).await;
            let (_, message) = answer.error(422);
            assert!(message.contains(wrong), "{definition}: {message}");
        }
        let range = json!({ "from": "2026-10-20T00:00:00Z", "to": "2026-10-22T00:00:00Z" });
        for verb in ["pause", "resume", "run", "backfill"] {
            let answer = api.post(&format!("{NIGHTLY}/{verb}"), &range).await;
            answer.error(404);
        }
        assert_eq!(bed.count("schedules", "true").await, 0);
    })
    .await;
}
