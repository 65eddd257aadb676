//! The dry run: what would fire, on a given event or on one that is recorded.

use nexus_schema::ledger;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{ApiRun, Claimant, in_bed};
use serde_json::{Value, json};

use super::set;

async fn test(bed: &nexus_tests::TestBed, args: &[&str]) -> Value {
    let told = bed
        .nexus_ok(&[&["triggers", "test", "--json"], args].concat())
        .await;
    serde_json::from_str(&told).unwrap()
}

#[tokio::test]
async fn a_given_event_shows_what_would_fire_and_why_not() {
    in_bed(async |bed| {
        set(
            bed,
            "rows",
            json!({
                "on": { "type": "dataset.loaded" },
                "when": [{ "path": "$.data.rows", "above": 10 }],
                "enqueue": { "kind": "noop", "args": { "padding": "{{ $.data.rows }} rows" } },
            }),
        )
        .await;
        set(
            bed,
            "theirs",
            json!({
                "on": { "type": "paid", "topic": "bank" }, "enqueue": { "kind": "noop" },
            }),
        )
        .await;
        let loaded = r#"{"type": "dataset.loaded", "data": {"rows": 12}}"#;
        let judged = test(bed, &["--event", loaded]).await;
        assert_eq!(judged.as_array().unwrap().len(), 1);
        assert_eq!(judged[0]["verdict"], "fires");
        assert_eq!(judged[0]["job"]["args"]["padding"], "12 rows");
        let few = r#"{"type": "dataset.loaded", "data": {"rows": 1}}"#;
        let judged = test(bed, &["rows", "--event", few]).await;
        assert_eq!(judged[0]["why"], "condition 0 does not hold: $.data.rows");
        let judged = test(bed, &["--event", r#"{"type": "paid"}"#, "--topic", "bank"]).await;
        assert_eq!(
            (&judged[0]["trigger"], &judged[0]["verdict"]),
            (&json!("theirs"), &json!("fires"))
        );
        assert_eq!(bed.count("jobs", "true").await, 0);
        let human = bed.nexus_ok(&["triggers", "test", "--event", few]).await;
        assert!(human.contains("no match"), "{human}");
        for wrong in [
            &["--event", "7"][..],
            &["--event", "{}"],
            &["none", "--event", few],
            &[],
        ] {
            let told = bed.nexus(&[&["triggers", "test"], wrong].concat()).await;
            assert!(!told.status.success(), "{wrong:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_recorded_event_is_taken_from_what_is_kept_of_its_job() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        bed.enqueue(&many(1, |n| Task { n: n + 7 })).await;
        let conn = &mut *bed.conn().await;
        let claimant = Claimant {
            kinds: vec!["test.task".to_owned()],
            ..Claimant::default()
        };
        let claimed = claimant.claim_all(conn).await;
        let done = claimed.settled(&Some(r#"{"n": 8}"#.to_owned()));
        ledger::complete(conn, &done, &[claimed.token])
            .await
            .unwrap();

        let definition = json!({
            "on": { "type": "job.completed", "kind": "test.task" },
            "enqueue": { "kind": "other", "args": {
                "was": "{{ $.data.args.n }}", "is": "{{ $.data.result.n }}", "id": "{{ $.id }}",
            } },
        });
        let ask = |recorded: &str| json!({ "recorded": recorded, "definition": definition });
        let judged = api
            .post("/v1/triggers/test", &ask("1.1.completed"))
            .await
            .expect(200);
        let job = &judged["judgements"][0]["job"];
        assert_eq!(
            job["args"],
            json!({ "was": 7, "is": 8, "id": "1.1.completed" })
        );
        let judged = api
            .post("/v1/triggers/test", &ask("1.1.started"))
            .await
            .expect(200);
        assert_eq!(judged["judgements"][0]["verdict"], "no match");
        for unknown in [
            "1.2.completed",
            "1.1.snoozed",
            "2.1.completed",
            "dataset.loaded/7",
        ] {
            api.post("/v1/triggers/test", &ask(unknown))
                .await
                .error(404);
        }
        api.post("/v1/triggers/test", &json!({})).await.error(422);
    })
    .await;
}
