//! What is read, in its three forms, and what is not.

use nexus_queue::kafka::topic::{Received, Record};
use nexus_tests::RequestsRun;
use serde_json::json;

use super::{counts, jobs_are, letters, record, request, send, with_requests};

#[tokio::test]
async fn each_form_of_a_request_is_a_job() {
    with_requests(async |bed| {
        let run = RequestsRun::start(bed);
        let envelope = json!({"source": "billing", "id": "1", "kind": "noop", "band": "high",
            "args": {"padding": "a"}, "tags": ["x"], "metadata": {"trace": "t"}});
        let structured = json!({"specversion": "1.0", "source": "/billing", "id": "2",
            "type": "nexus.request.noop", "subject": "s", "data": {"padding": "b"}});
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let binary = Record {
            headers: vec![
                header("ce_specversion", "1.0"),
                header("ce_source", "/billing"),
                header("ce_id", "3"),
                header("ce_type", "nexus.request.noop"),
                header("content-type", "application/json"),
            ],
            ..record(bed, r#"{"padding": "c"}"#)
        };
        let structured = record(bed, structured.to_string());
        send(
            bed,
            &[record(bed, envelope.to_string()), structured, binary],
        )
        .await;
        jobs_are(bed, 3).await;
        counts(&run, 3, 0, 0).await;
        let from = |source: &str, id: &str| format!("source = '{source}' AND source_id = '{id}'");
        let with_trace = format!(
            "{} AND metadata ->> 'trace' = 't'",
            from("requests:billing", "1")
        );
        assert_eq!(bed.count("job_origins", &with_trace).await, 1);
        for id in ["2", "3"] {
            let there = from("requests:/billing", id);
            assert_eq!(bed.count("job_origins", &there).await, 1, "{id}");
        }
        let told =
            "args ->> 'padding' = 'a' AND band = 1 AND tags = '{x}' AND created_by = 'requests'";
        assert_eq!(bed.count("jobs", told).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_taken_once_by_its_source_and_id() {
    with_requests(async |bed| {
        let run = RequestsRun::start(bed);
        let same = request(bed, 7);
        send(bed, &[same.clone(), same.clone(), request(bed, 8)]).await;
        jobs_are(bed, 2).await;
        send(bed, std::slice::from_ref(&same)).await;
        counts(&run, 2, 2, 0).await;
        let other =
            json!({"source": "another", "id": "7", "kind": "noop", "args": {"padding": "o"}});
        send(bed, &[record(bed, other.to_string())]).await;
        jobs_are(bed, 3).await;
    })
    .await;
}

fn header(letter: &Received, name: &str) -> String {
    String::from_utf8(letter.header(name).unwrap_or_default().to_vec()).unwrap()
}

#[tokio::test]
async fn what_cannot_be_taken_is_a_dead_letter_with_its_reason() {
    with_requests(async |bed| {
        let run = RequestsRun::start(bed);
        let named = |rest: &str, id: &str| {
            record(
                bed,
                format!(r#"{{"source": "a", "id": "{id}", "kind": "noop"{rest}}}"#),
            )
        };
        let mut records: Vec<Record> = (0..20).map(|n| request(bed, n)).collect();
        let cut = Record {
            key: Some(b"its key".to_vec()),
            headers: vec![("mine".to_owned(), b"kept".to_vec())],
            ..record(bed, &b"{\"kind\xff"[..])
        };
        records.insert(3, cut.clone());
        records.push(record(bed, r#"{"kind": "noop"}"#));
        let other = r#"{"source": "a", "id": "x", "kind": "process_dataset",
            "args": {"dataset_id": 1, "load_id": 1}}"#;
        records.push(record(bed, other));
        records.push(named(r#", "tenant_id": 99"#, "tenant"));
        records.push(named(r#", "args": {"padding": 7}"#, "args"));
        // Only the ledger can tell.
        let late = r#", "expires_at": "2001-01-01T00:00:00Z""#;
        records.push(named(late, "late"));
        send(bed, &records).await;
        let dead = letters(bed, 6).await;
        jobs_are(bed, 20).await;
        counts(&run, 20, 0, 6).await;
        let mut reasons: Vec<String> = dead.iter().map(|l| header(l, "nexus-reason")).collect();
        reasons.sort();
        assert_eq!(
            reasons,
            ["job", "job", "kind", "tenant", "unnamed", "unreadable"]
        );
        let unreadable = dead
            .iter()
            .find(|l| header(l, "nexus-reason") == "unreadable")
            .unwrap();
        assert_eq!(unreadable.payload(), cut.payload.as_deref());
        assert_eq!(unreadable.key(), cut.key.as_deref());
        assert_eq!(header(unreadable, "mine"), "kept");
        assert_eq!(header(unreadable, "nexus-topic"), cut.topic);
        assert!(header(unreadable, "nexus-offset").parse::<i64>().is_ok());
        let errors: Vec<String> = dead.iter().map(|l| header(l, "nexus-error")).collect();
        for word in ["process_dataset", "tenant 99", "args", "deadline", "source"] {
            assert!(
                errors.iter().any(|error| error.contains(word)),
                "{word}: {errors:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_tenant_that_may_be_named_and_is_not_there_is_refused_alone() {
    with_requests(async |bed| {
        let mut settings = bed.settings().clone();
        settings.requests.tenants = vec![1, 99];
        let ingest = nexus_producer::ingest::RequestIngest::new(bed.pool().clone(), &settings);
        let stop = tokio_util::sync::CancellationToken::new();
        let running = tokio::spawn(ingest.run(stop.clone()));
        let lost = r#"{"source": "a", "id": "lost", "kind": "noop", "tenant_id": 99}"#;
        let mut records: Vec<Record> = (0..10).map(|n| request(bed, n)).collect();
        records.push(record(bed, lost));
        send(bed, &records).await;
        let dead = letters(bed, 1).await;
        assert_eq!(header(&dead[0], "nexus-reason"), "tenant");
        jobs_are(bed, 10).await;
        stop.cancel();
        running.await.unwrap();
    })
    .await;
}
