//! `[inbox]`: tasks that other services push with stock `apalis-redis`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::secret::secret_text;
use crate::secret_url::{NotAUrl, SecretUrl};
use crate::span::Span;

const KEY: &str = "inbox.queues";
const SCHEMES: [&str; 3] = ["redis", "unix", "redis+unix"];

/// Tasks that other services push with stock `apalis-redis`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Inbox {
    /// The Redis that they push into; `None`: that of `[redis]`.
    #[serde(deserialize_with = "url_or_empty", serialize_with = "empty_or_url")]
    pub url: Option<SecretUrl>,
    /// Their queues that are taken, by the name that `RedisStorage` has.
    pub queues: BTreeMap<String, InboxQueue>,
    /// Pause between looks at a queue that was empty.
    pub poll: Span,
    /// Tasks moved in one transaction.
    pub chunk_tasks: usize,
    /// Payloads read in one answer of Redis.
    pub chunk_bytes: Bytes,
    /// Size of one task's payload.
    pub payload_bytes_max: Bytes,
    /// Time for which a task's id is known after it was taken.
    pub remember: Span,
    /// Time without a look after which another process takes a queue over.
    pub takeover_after: Span,
}

/// What becomes of the tasks of one of their queues.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InboxQueue {
    /// The kind of job.
    pub kind: String,
    /// The queue; `None`: the kind's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The priority band; `None`: the kind's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<String>,
    /// Whose jobs they are.
    #[serde(default = "tenant_default")]
    pub tenant: i64,
    /// How the arguments are written.
    #[serde(default)]
    pub codec: Codec,
}

/// How a task's arguments are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// What `RedisStorage` does unless it is told otherwise.
    #[default]
    Json,
    /// `with_codec(MsgPackCodec)`.
    Msgpack,
}

const fn tenant_default() -> i64 {
    1
}

impl Inbox {
    pub(super) fn check(&self, checks: &mut Checks) {
        if let Some(url) = &self.url {
            checks.scheme("inbox.url", url, &SCHEMES);
        }
        for (name, queue) in &self.queues {
            queue.check(name, checks);
        }
        checks.lasting("inbox.poll", self.poll);
        checks.at_least("inbox.chunk_tasks", self.chunk_tasks, 1);
        checks.at_least("inbox.payload_bytes_max", self.payload_bytes_max.get(), 1);
        checks.not_above(
            ("inbox.payload_bytes_max", self.payload_bytes_max.get()),
            ("inbox.chunk_bytes", self.chunk_bytes.get()),
        );
        checks.lasting("inbox.remember", self.remember);
        checks.not_above(
            ("inbox.poll", self.poll),
            ("inbox.takeover_after", self.takeover_after),
        );
    }
}

impl InboxQueue {
    fn check(&self, name: &str, checks: &mut Checks) {
        let mut require = |holds, wrong: &str, expected: &str| {
            checks.require(holds, &[KEY], format_args!("{name:?}: {wrong}"), expected);
        };
        require(
            !name.is_empty() && !name.contains(char::is_control),
            "that is no name of a queue",
            "the name that RedisStorage has, such as \"my_service::Letter\"",
        );
        require(
            is_name(&self.kind, "_-.", 100),
            "its kind is not allowed",
            "1 to 100 characters of a-z, 0-9, _, - and .",
        );
        require(
            self.queue
                .as_ref()
                .is_none_or(|queue| is_name(queue, "_-", 64)),
            "its queue is not allowed",
            "1 to 64 characters of a-z, 0-9, _ and -",
        );
        require(
            self.band
                .as_deref()
                .is_none_or(|band| ["critical", "high", "normal", "low"].contains(&band)),
            "its band is not one",
            "critical, high, normal or low",
        );
        require(self.tenant >= 1, "its tenant is not one", "1 or more");
    }
}

fn is_name(text: &str, marks: &str, bytes_max: usize) -> bool {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || marks.contains(c);
    (1..=bytes_max).contains(&text.len()) && text.chars().all(fit)
}

fn url_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretUrl>, D::Error> {
    let text = secret_text(deserializer, "a URL, or \"\"")?;
    if text.is_empty() {
        return Ok(None);
    }
    let url = text.parse();
    url.map(Some)
        .map_err(|error: NotAUrl| serde::de::Error::custom(error))
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn empty_or_url<S: Serializer>(url: &Option<SecretUrl>, serializer: S) -> Result<S::Ok, S::Error> {
    match url {
        Some(url) => url.serialize(serializer),
        None => serializer.serialize_str(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str, queue: &str) -> Vec<String> {
        let queue: InboxQueue = toml::from_str(queue).unwrap();
        let mut checks = Checks::default();
        queue.check(name, &mut checks);
        checks.findings.into_iter().map(|f| f.wrong).collect()
    }

    #[test]
    fn a_queue_needs_only_a_kind() {
        let none: [String; 0] = [];
        assert_eq!(wrong("my_service::Letter", "kind = 'send_letter'"), none);
        let all = "kind = 'a'\nqueue = 'b'\nband = 'high'\ntenant = 7\ncodec = 'msgpack'";
        assert_eq!(wrong("a", all), none);
        let bad = "kind = 'A B'\nqueue = 'ü'\nband = 'urgent'\ntenant = 0";
        assert_eq!(wrong("", bad).len(), 5);
    }

    #[test]
    fn no_url_is_that_of_redis() {
        let inbox = crate::Settings::defaults().inbox;
        assert_eq!(inbox.url, None);
        let mut own = inbox;
        own.url = Some("redis://:secret@other:6379/2".parse().unwrap());
        let text = toml::to_string(&own).unwrap();
        assert!(text.contains("redis://:***@other:6379/2"), "{text}");
    }
}
