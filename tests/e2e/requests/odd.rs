//! Records that nobody should send: each ends as a job or as a dead letter, and holds up none.

use std::collections::BTreeMap;

use nexus_queue::kafka::topic::{Received, Record};
use nexus_tests::eventually::SOON;
use nexus_tests::{RequestsRun, TestBed, eventually, raw_record};
use serde_json::{Value, json};

use super::{counted, counts, letters, record, request, send, with_requests};

/// What becomes of a record: a dead letter for this reason, or a job.
type Becomes = Option<&'static str>;

/// A record that is known by its name, which its dead letter repeats.
fn named(name: &str, becomes: Becomes, record: Record) -> (String, Becomes, Record) {
    let mut record = record;
    let case = ("case".to_owned(), name.as_bytes().to_vec());
    record.headers.push(case);
    (name.to_owned(), becomes, record)
}

/// An envelope with these fields beside what it needs.
fn told(bed: &TestBed, name: &str, fields: &str) -> Record {
    let comma = if fields.is_empty() { "" } else { ", " };
    let text = format!(
        r#"{{"source": "odd", "id": {}, "kind": "noop"{comma}{fields}}}"#,
        json!(name)
    );
    record(bed, text)
}

fn header(name: &str, value: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), value.to_vec())
}

/// A CloudEvent in binary mode, with other headers before its own.
fn binary(bed: &TestBed, first: &[(&str, &[u8])], id: &[u8], data: &str) -> Record {
    let mut headers: Vec<_> = first
        .iter()
        .map(|(name, value)| header(name, value))
        .collect();
    headers.extend([
        header("ce_specversion", b"1.0"),
        header("ce_source", b"odd"),
        header("ce_id", id),
        header("ce_type", b"nexus.request.noop"),
    ]);
    Record {
        headers,
        ..record(bed, data)
    }
}

fn event(bed: &TestBed, fields: &Value) -> Record {
    let mut event = json!({"specversion": "1.0", "source": "odd", "type": "nexus.request.noop"});
    for (name, value) in fields.as_object().unwrap() {
        event[name] = value.clone();
    }
    record(bed, event.to_string())
}

fn shapes(bed: &TestBed) -> Vec<(String, Becomes, Record)> {
    let deep = "[".repeat(100_000);
    let deeper = format!(r#""args": {deep}{}"#, "]".repeat(100_000));
    let tombstone = Record {
        payload: None,
        key: Some(b"gone".to_vec()),
        ..record(bed, "")
    };
    let long_key = Record {
        key: Some(vec![b'k'; 600_000]),
        ..record(bed, "x".repeat(380_000))
    };
    let many_headers = Record {
        headers: (0..10_000).map(|n| header(&n.to_string(), b"x")).collect(),
        ..told(bed, "many headers", "")
    };
    vec![
        named("tombstone", Some("unreadable"), tombstone),
        named("empty", Some("unreadable"), record(bed, "")),
        named(
            "no UTF-8",
            Some("unreadable"),
            record(bed, &b"\xff\xfe{\0}\0"[..]),
        ),
        named(
            "byte order mark",
            Some("unreadable"),
            record(bed, "\u{feff}{}"),
        ),
        named(
            "a list",
            Some("unreadable"),
            record(bed, r#"[{"specversion": "1.0"}]"#),
        ),
        named("brackets", Some("unreadable"), record(bed, deep.as_str())),
        named("deep arguments", Some("job"), told(bed, "deep", &deeper)),
        named(
            "deep metadata",
            Some("job"),
            told(bed, "deep too", &deeper.replace("args", "metadata")),
        ),
        named("long key", Some("unreadable"), long_key),
        named(
            "a megabyte",
            Some("job"),
            told(
                bed,
                "large",
                &format!(r#""args": {{"padding": "{}"}}"#, "x".repeat(980_000)),
            ),
        ),
        named(
            "metadata of 20 kB",
            Some("job"),
            told(
                bed,
                "meta",
                &format!(r#""metadata": {{"a": "{}"}}"#, "x".repeat(20_000)),
            ),
        ),
        named("many headers", None, many_headers),
        named(
            "the same field twice",
            None,
            record(
                bed,
                r#"{"source": "odd", "id": "x", "id": "twice", "kind": "nop", "kind": "noop"}"#,
            ),
        ),
    ]
}

fn names(bed: &TestBed) -> Vec<(String, Becomes, Record)> {
    let with_id = |id: &str| {
        record(
            bed,
            format!(r#"{{"source": "odd", "id": {id}, "kind": "noop"}}"#),
        )
    };
    vec![
        named("id of NUL", Some("unnamed"), with_id(r#""a\u0000b""#)),
        named("id of half a pair", Some("unnamed"), with_id(r#""\ud800""#)),
        named("id that is a number", Some("unnamed"), with_id("7")),
        named("empty id", Some("unnamed"), with_id(r#""""#)),
        named(
            "long id",
            Some("unnamed"),
            with_id(&json!("i".repeat(201)).to_string()),
        ),
        named(
            "longest id",
            None,
            with_id(&json!("i".repeat(200)).to_string()),
        ),
        named("id in another script", None, with_id(r#""заявка ٧ 🧾""#)),
        named(
            "NUL in metadata",
            None,
            told(bed, "nul", r#""metadata": {"a\u0000": ["\u0000"]}"#),
        ),
        named(
            "id that is no text",
            Some("unnamed"),
            binary(bed, &[], b"\xff", "{}"),
        ),
        named(
            "another that is none",
            Some("unnamed"),
            binary(bed, &[], b"\xfe", "{}"),
        ),
    ]
}

fn options(bed: &TestBed) -> Vec<(String, Becomes, Record)> {
    let mut options = Vec::new();
    for (nth, (becomes, fields)) in [
        (Some("job"), r#""at": "-9999-01-01T00:00:00Z""#),
        (Some("job"), r#""at": "+200000-01-01T00:00:00Z""#),
        (Some("job"), r#""expires_at": "+200000-01-01T00:00:00Z""#),
        (None, r#""at": "9999-12-31T23:59:59Z""#),
        (Some("job"), r#""delay": "99999999999999999 years""#),
        (Some("job"), r#""delay": -1"#),
        (Some("job"), r#""attempts": 0"#),
        (Some("job"), r#""attempts": 4000000000"#),
        (Some("job"), r#""timeout": "0s""#),
        (Some("job"), r#""tenant_id": -5"#),
        (Some("tenant"), r#""tenant_id": 9223372036854775807"#),
        (Some("job"), r#""tenant_id": 1e99"#),
        (Some("job"), r#""args": {"padding": "\u0000"}"#),
        (Some("job"), r#""args": {"padding": "\ud800"}"#),
        (None, r#""args": null"#),
        (Some("job"), r#""queue": "a b""#),
        (Some("job"), r#""tags": ["\u0000"]"#),
        (Some("job"), r#""order_key": """#),
        (Some("job"), r#""unique": {"by": ["nothing"]}"#),
        (Some("job"), r#""metadata": 7"#),
        (Some("job"), r#""depth": 0"#),
        (
            Some("job"),
            r#""backoff": {"strategy": "linear", "base_ms": -1, "cap_ms": 5}"#,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("option {nth}");
        options.push(named(fields, becomes, told(bed, &id, fields)));
    }
    options
}

fn events(bed: &TestBed) -> Vec<(String, Becomes, Record)> {
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    let structured: (&str, &[u8]) = ("content-type", b"application/cloudevents+json");
    let batch: (&str, &[u8]) = ("content-type", b"application/cloudevents-batch+json");
    let inner = json!({"specversion": "1.0", "source": "odd", "id": "inner",
        "type": "nexus.request.noop", "data": {}});
    let with = |headers: &[(&str, &[u8])], record: Record| Record {
        headers: headers
            .iter()
            .map(|(name, value)| header(name, value))
            .collect(),
        ..record
    };
    vec![
        named(
            "an event within one",
            None,
            binary(bed, &[], b"outer", &inner.to_string()),
        ),
        named(
            "an id twice",
            None,
            binary(bed, &[("ce_id", b"first")], b"second", "{}"),
        ),
        named(
            "attributes in capitals",
            None,
            binary(bed, &[("CE_ID", b"capitals")], b"x", "{}"),
        ),
        named(
            "data that are no JSON",
            Some("unreadable"),
            binary(bed, &[json], b"no json", "<a/>"),
        ),
        named("no data", None, binary(bed, &[], b"no data", "")),
        named(
            "said to be an event",
            None,
            with(&[structured], told(bed, "content", "")),
        ),
        named(
            "said to be text",
            None,
            with(
                &[("content-type", b"text/plain")],
                event(bed, &json!({"id": "text"})),
            ),
        ),
        named(
            "a batch",
            Some("unreadable"),
            with(&[batch], record(bed, "[]")),
        ),
        named(
            "base64",
            Some("unreadable"),
            event(bed, &json!({"id": "64", "data_base64": "e30="})),
        ),
        named(
            "of another version",
            Some("unreadable"),
            event(bed, &json!({"id": "v", "specversion": "0.3"})),
        ),
        named(
            "of another type",
            Some("unreadable"),
            event(bed, &json!({"id": "t", "type": "com.other"})),
        ),
        named(
            "of no kind",
            Some("job"),
            event(bed, &json!({"id": "k", "type": "nexus.request."})),
        ),
        named(
            "of another kind",
            Some("kind"),
            event(bed, &json!({"id": "o", "type": "nexus.request.other"})),
        ),
    ]
}

fn case_of(letter: &Received) -> (String, String) {
    let text = |name: &str| String::from_utf8(letter.header(name).unwrap().to_vec()).unwrap();
    (text("case"), text("nexus-reason"))
}

#[tokio::test]
async fn whatever_is_sent_is_a_job_or_a_dead_letter_and_holds_up_nothing() {
    with_requests(async |bed| {
        let run = RequestsRun::start(bed);
        let mut all = shapes(bed);
        all.extend(names(bed));
        all.extend(options(bed));
        all.extend(events(bed));
        let refused: BTreeMap<String, String> = all
            .iter()
            .filter_map(|(name, becomes, _)| Some((name.clone(), (*becomes)?.to_owned())))
            .collect();
        let mut records: Vec<Record> = all.iter().map(|(_, _, record)| record.clone()).collect();
        records.extend((0..30).map(|n| request(bed, n)));
        send(bed, &records).await;
        eventually("nothing is held up", SOON, async || {
            let (jobs, known, dead) = counted(run.stats());
            (jobs + known + dead >= records.len() as u64).then_some(())
        })
        .await;
        let dead = letters(bed, usize::try_from(counted(run.stats()).2).unwrap()).await;
        let dead: BTreeMap<String, String> = dead.iter().map(case_of).collect();
        assert_eq!(dead, refused);
        assert_eq!(counted(run.stats()).1, 0, "two were taken for one");
    })
    .await;
}

/// Such a name ends the client library's reader; no client of ours would send it.
#[tokio::test]
async fn a_header_whose_name_is_no_text_ends_nobody() {
    with_requests(async |bed| {
        let run = RequestsRun::start(bed);
        send(bed, &[request(bed, 0)]).await;
        counts(&run, 1, 0, 0).await;
        let odd = request(bed, 1);
        let brokers = &bed.settings().kafka.brokers;
        raw_record::send(
            brokers,
            &odd.topic,
            odd.payload.as_deref().unwrap(),
            b"\xff\xfe",
        )
        .await;
        send(bed, &[request(bed, 2)]).await;
        counts(&run, 3, 0, 0).await;
    })
    .await;
}
