//! What cannot be run is a dead letter with what was sent, and holds up nothing.

use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::TaskId;
use nexus_jobs::kinds::Noop;
use nexus_schema::dead::{DeadFilter, DeadLetter};
use nexus_tests::eventually::SOON;
use nexus_tests::inbox_run::inbox_name;
use nexus_tests::{InboxRun, TestBed, WorkerRun, bounded, eventually};
use serde_json::{Value, json};

use super::{counted, inbox_bed, inbox_is_empty, jobs_are, keys, push, push_task};

/// Pushes a task with the stock crate, and then puts other bytes in the place of its payload.
async fn push_bytes(bed: &TestBed, id: &str, bytes: &[u8]) {
    let task = TaskBuilder::new(Noop::default()).task_id(TaskId::from_string(id));
    push_task(bed, task.build()).await;
    let () = redis::cmd("HSET")
        .arg(format!("{}:data", inbox_name(bed.settings())))
        .arg(id)
        .arg(bytes)
        .query_async(&mut bed.redis().connection().await)
        .await
        .unwrap();
}

/// The dead letters, once there are so many, the oldest first.
async fn letters(bed: &TestBed, count: usize) -> Vec<DeadLetter> {
    let mut letters = eventually("the dead letters are there", SOON, async || {
        let filter = DeadFilter::default();
        let page = nexus_schema::dead::list(&mut *bed.conn().await, &filter, None, 50).await;
        let letters = page.unwrap().dead;
        (letters.len() == count).then_some(letters)
    })
    .await;
    letters.reverse();
    letters
}

#[tokio::test]
async fn a_malformed_task_is_a_dead_letter_with_its_bytes() {
    bounded(async {
        let bed = inbox_bed().await;
        push(&bed, 0, 3).await;
        push_bytes(&bed, "cut", b"{\"padding\":").await;
        push_bytes(&bed, "binary", &[0xff, 0x00, 0x01]).await;
        push_bytes(&bed, "other", br#"{"padding": 7}"#).await;
        push_bytes(&bed, "nul", br#"{"padding": "\u0000"}"#).await;
        push(&bed, 3, 6).await;
        let ingest = InboxRun::start(&bed);
        jobs_are(&bed, 6).await;
        let dead = letters(&bed, 4).await;
        let mut told: Vec<(String, Value)> = dead
            .iter()
            .map(|letter| (letter.reason.clone().unwrap(), letter.args.clone()))
            .collect();
        told.sort_by_key(|(reason, _)| reason.clone());
        let reasons: Vec<&str> = told.iter().map(|(reason, _)| reason.as_str()).collect();
        assert!(reasons[0].contains("NUL"), "{reasons:?}");
        assert!(
            reasons[1].starts_with("its arguments do not fit: "),
            "{reasons:?}"
        );
        assert!(
            reasons[2].starts_with("its payload cannot be read: "),
            "{reasons:?}"
        );
        assert!(
            reasons[3].starts_with("its payload cannot be read: "),
            "{reasons:?}"
        );
        let mut kept: Vec<String> = told.iter().map(|(_, args)| args.to_string()).collect();
        kept.sort();
        let mut expected = [
            json!({"padding": 7}),
            json!({"payload": "{\"padding\":"}),
            json!({"payload": "{\"padding\": \"\\u0000\"}"}),
            json!({"payload_base64": "/wAB"}),
        ]
        .map(|args| args.to_string());
        expected.sort();
        assert_eq!(kept, expected);
        inbox_is_empty(&bed).await;
        assert_eq!(counted(ingest.stats()), (6, 0, 4));

        let listed = bed.nexus_ok(&["dead", "list"]).await;
        assert!(listed.contains("its arguments do not fit"), "{listed}");
        let shown = bed
            .nexus_ok(&["jobs", "show", &dead[0].id.to_string()])
            .await;
        assert!(shown.contains("undecodable"), "{shown}");
        for id in ["cut", "binary", "other", "nul"] {
            let there = format!("source_id = '{id}'");
            assert_eq!(bed.count("job_origins", &there).await, 1, "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn dispatch_rows_of_dead_letters_go_with_the_next_claim() {
    bounded(async {
        let bed = inbox_bed().await;
        push_bytes(&bed, "cut", b"{").await;
        push(&bed, 0, 3).await;
        let _ingest = InboxRun::start(&bed);
        let _relay = bed.relay();
        let _worker = WorkerRun::start(&bed);
        letters(&bed, 1).await;
        eventually("the others complete", SOON, async || {
            (bed.count("job_history", "state = 'completed'").await == 3).then_some(())
        })
        .await;
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_payload_that_is_too_large_stays_where_it_is() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            nexus_tests::inbox_run::take_inbox(settings, "noop");
            settings.inbox.payload_bytes_max = "1KiB".parse().unwrap();
            settings.inbox.chunk_bytes = "2KiB".parse().unwrap();
        })
        .await;
        let large = format!("\"{}\"", "x".repeat(2000));
        push_bytes(&bed, "large", large.as_bytes()).await;
        push(&bed, 0, 3).await;
        let ingest = InboxRun::start(&bed);
        jobs_are(&bed, 3).await;
        let dead = letters(&bed, 1).await;
        let name = inbox_name(bed.settings());
        let at = json!({"payload_bytes": 2002, "payload_at": format!("HGET {name}:data large")});
        assert_eq!(dead[0].args, at);
        eventually("the ids are gone", SOON, async || {
            let left = keys(&bed).await;
            (left == [format!("{name}:data"), format!("{name}:meta:large")]).then_some(())
        })
        .await;
        let kept: String = redis::cmd("HGET")
            .arg(format!("{name}:data"))
            .arg("large")
            .query_async(&mut bed.redis().connection().await)
            .await
            .unwrap();
        assert_eq!(kept, large);
        assert_eq!(counted(ingest.stats()), (3, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn an_id_without_a_payload_is_told_and_let_go() {
    bounded(async {
        let bed = inbox_bed().await;
        push(&bed, 0, 1).await;
        let name = inbox_name(bed.settings());
        let () = redis::cmd("ZADD")
            .arg(format!("{name}:scheduled"))
            .arg(5)
            .arg(&b"\xff\x00odd"[..])
            .query_async(&mut bed.redis().connection().await)
            .await
            .unwrap();
        let _ingest = InboxRun::start(&bed);
        jobs_are(&bed, 1).await;
        let dead = letters(&bed, 1).await;
        assert_eq!(dead[0].reason.as_deref(), Some("there is no payload of it"));
        inbox_is_empty(&bed).await;
    })
    .await;
}
