//! A task of stock storage as it enters the ledger. Pure.

use chrono::DateTime;
use nexus_config::{Codec, Enqueue};
use nexus_jobs::{Band, Due, NewJob, QueueName, TenantId};
use nexus_queue::inbox::{Payload, Task};
use nexus_schema::ingest::Arrival;
use nexus_schema::ledger::check_job;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::known_by::known_by;
use super::{codec, letter};

/// Attempts that the ledger can count.
const ATTEMPTS_MAX: u32 = 32_767;
/// Seconds since 1970 of the year 10000.
const SECONDS_MAX: i64 = 253_402_300_800;
/// Longest id that is shown whole, in bytes.
const ID_SHOWN_MAX: usize = 200;
/// What stock storage itself writes into a task's metadata.
const STOCK_FIELDS: [&str; 7] = [
    "attempts",
    "max_attempts",
    "status",
    "locked_by",
    "locked_at",
    "done_at",
    "result",
];

/// What becomes of the tasks of a queue.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// What `RedisStorage` calls the queue.
    pub(super) inbox: String,
    pub(super) kind: Kind,
    /// The queue, instead of the kind's.
    pub(super) queue: Option<QueueName>,
    /// The band, instead of the kind's.
    pub(super) band: Option<Band>,
    pub(super) tenant: TenantId,
    pub(super) codec: Codec,
}

impl Rule {
    /// What a task becomes: a job, or a dead letter that says why it is none.
    pub(super) fn arrival(&self, task: &Task, limits: &Enqueue) -> Option<Arrival> {
        let (job, refused) = match self.fit_job(task, limits) {
            Ok(job) => (job, None),
            Err(wrong) => (self.job(self.letter(task, limits))?, Some(wrong)),
        };
        Some(Arrival {
            key: known_by("inbox", &self.inbox, &task.id),
            source: format!("inbox:{}", self.inbox),
            source_id: shown(&task.id),
            metadata: metadata(task),
            job,
            spent: number(task, "attempts").unwrap_or(0),
            refused,
        })
    }

    /// The job; the text says why there can be none.
    fn fit_job(&self, task: &Task, limits: &Enqueue) -> Result<NewJob, String> {
        let payload = match &task.payload {
            Payload::Bytes(bytes) => bytes,
            Payload::Missing => return Err("there is no payload of it".to_owned()),
            Payload::TooLarge { bytes } => {
                return Err(format!(
                    "its payload has {bytes} bytes, more than inbox.payload_bytes_max; it is still in Redis"
                ));
            }
        };
        let args = codec::args(payload, self.codec)
            .map_err(|wrong| format!("its payload cannot be read: {wrong}"))?;
        self.kind
            .check(args.get())
            .map_err(|wrong| format!("its arguments do not fit: {wrong}"))?;
        let mut job = self
            .job(args)
            .ok_or_else(|| "its kind is no name of one".to_owned())?;
        job.due = due(&task.run_at)
            .ok_or_else(|| format!("it is to run at second {}, which is no time", task.run_at))?;
        job.attempts = number(task, "max_attempts").map(|attempts| attempts.clamp(1, ATTEMPTS_MAX));
        check_job(&job, limits)?;
        Ok(job)
    }

    fn job(&self, args: Box<RawValue>) -> Option<NewJob> {
        let mut job = self.kind.job(args).ok()?;
        job.queue = self.queue.clone().unwrap_or(job.queue);
        job.band = self.band.unwrap_or(job.band);
        Some(job.tenant(self.tenant))
    }

    fn letter(&self, task: &Task, limits: &Enqueue) -> Box<RawValue> {
        match &task.payload {
            Payload::Bytes(bytes) => letter::of_bytes(bytes, limits),
            Payload::Missing => letter::raw(&json!({ "payload": null })),
            Payload::TooLarge { bytes } => letter::raw(&json!({
                "payload_bytes": bytes,
                "payload_at": format!("HGET {}:data {}", self.inbox, shown(&task.id)),
            })),
        }
    }
}

/// An id as text.
fn shown(id: &[u8]) -> String {
    let text = match std::str::from_utf8(id) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => id
            .iter()
            .take(ID_SHOWN_MAX)
            .fold(String::new(), |text, byte| text + &format!("\\x{byte:02x}")),
    };
    text.chars().take(ID_SHOWN_MAX).collect()
}

/// When it is due; `None` where that is no time. What ran late is due since then.
fn due(run_at: &str) -> Option<Due> {
    let whole = run_at.split_once('.').map_or(run_at, |(whole, _)| whole);
    match whole.parse::<i64>().ok()? {
        ..=0 => Some(Due::Now),
        SECONDS_MAX.. => None,
        seconds => DateTime::from_timestamp(seconds, 0).map(Due::At),
    }
}

fn number(task: &Task, field: &str) -> Option<u32> {
    std::str::from_utf8(task.meta(field)?).ok()?.parse().ok()
}

/// What whoever pushed it said beside the arguments; `None` for nothing.
fn metadata(task: &Task) -> Option<Value> {
    let told = task.meta.iter().filter(|(field, text)| {
        // The stock script writes an empty idempotency key where there is none.
        let is_empty_key = field == b"idempotency_key" && text.is_empty();
        !is_empty_key && !STOCK_FIELDS.iter().any(|stock| field == stock.as_bytes())
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    let told: Map<String, Value> = told
        .map(|(field, told)| (text(field), Value::String(text(told))))
        .collect();
    (!told.is_empty()).then_some(Value::Object(told))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(kind: &str, codec: Codec) -> Rule {
        Rule {
            inbox: "my_service::Letter".to_owned(),
            kind: Kind::recorded(kind, None).unwrap(),
            queue: None,
            band: Some(Band::High),
            tenant: TenantId(7),
            codec,
        }
    }

    fn task(payload: &[u8]) -> Task {
        let meta = [
            ("attempts", "2"),
            ("max_attempts", "9"),
            ("status", "Pending"),
            ("idempotency_key", ""),
            ("traceparent", "00-a-b-01"),
        ];
        Task {
            id: b"01JTASK".to_vec(),
            run_at: "1764000000".to_owned(),
            payload: Payload::Bytes(payload.to_vec()),
            meta: meta
                .map(|(name, text)| (name.as_bytes().to_vec(), text.as_bytes().to_vec()))
                .into(),
        }
    }

    fn arrival(task: &Task) -> Arrival {
        let limits = nexus_config::Settings::defaults().enqueue;
        rule("letter", Codec::Json).arrival(task, &limits).unwrap()
    }

    #[test]
    fn all_that_was_said_of_a_task_is_carried_over() {
        let arrived = arrival(&task(br#"{"to": "a"}"#));
        assert_eq!(arrived.refused, None);
        assert_eq!(arrived.source, "inbox:my_service::Letter");
        assert_eq!(arrived.source_id, "01JTASK");
        assert_eq!(arrived.spent, 2);
        assert_eq!(arrived.metadata, Some(json!({"traceparent": "00-a-b-01"})));
        let job = arrived.job;
        assert_eq!(
            (job.kind.as_str(), job.args.get()),
            ("letter", r#"{"to": "a"}"#)
        );
        assert_eq!(
            (job.band, job.tenant, job.attempts),
            (Band::High, TenantId(7), Some(9))
        );
        let due = DateTime::from_timestamp(1_764_000_000, 0).unwrap();
        assert_eq!(job.due, Due::At(due));
    }

    #[test]
    fn what_is_not_fit_says_why_and_keeps_its_bytes() {
        let refused = |task: &Task| {
            let arrived = arrival(task);
            (arrived.refused.unwrap(), arrived.job.args.get().to_owned())
        };
        let (why, kept) = refused(&task(b"{\"to\":"));
        assert!(
            why.starts_with("its payload cannot be read: it is no JSON"),
            "{why}"
        );
        assert_eq!(kept, r#"{"payload":"{\"to\":"}"#);
        let no_time = Task {
            run_at: "1e+20".to_owned(),
            ..task(b"{}")
        };
        assert!(refused(&no_time).0.contains("no time"));
        let missing = Task {
            payload: Payload::Missing,
            ..task(b"")
        };
        assert_eq!(refused(&missing).1, r#"{"payload":null}"#);
        let large = Task {
            payload: Payload::TooLarge { bytes: 9 },
            ..task(b"")
        };
        let (_, kept) = refused(&large);
        assert!(
            kept.contains("HGET my_service::Letter:data 01JTASK"),
            "{kept}"
        );
        let long = format!("\"{}\"", "x".repeat(70_000));
        assert!(
            refused(&task(long.as_bytes()))
                .0
                .contains("enqueue.args_bytes_max")
        );
    }

    #[test]
    fn a_score_is_a_time() {
        assert_eq!(due("0"), Some(Due::Now));
        assert_eq!(due("-5"), Some(Due::Now));
        assert_eq!(due("1764000000.75"), due("1764000000"));
        for bad in ["inf", "nan", "", "253402300800", "1e+300"] {
            assert_eq!(due(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_task_becomes_a_job_or_a_letter(
            id in prop::collection::vec(any::<u8>(), 0..300),
            run_at in ".{0,20}",
            payload in prop::collection::vec(any::<u8>(), 0..300),
            meta in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20),
                                           prop::collection::vec(any::<u8>(), 0..20)), 0..5),
            msgpack in any::<bool>(),
        ) {
            let limits = nexus_config::Settings::defaults().enqueue;
            let codec = if msgpack { Codec::Msgpack } else { Codec::Json };
            let task = Task { id, run_at, payload: Payload::Bytes(payload), meta };
            let arrived = rule("letter", codec).arrival(&task, &limits).unwrap();
            prop_assert!(check_job(&arrived.job, &limits).is_ok());
            prop_assert!(!arrived.source_id.contains('\0'));
            prop_assert!(arrived.key.len() <= 400);
        }
    }
}
