//! `[events]`: what happened, for whoever listens.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::span::Span;

/// Longest source, in bytes: it is part of the key by which an event fires a trigger once.
const SOURCE_BYTES_MAX: usize = 300;

/// What happened to jobs, and what their handlers found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Whether they are published to Kafka.
    pub publish: bool,
    /// The types that are published; `*` is all.
    pub types: Vec<String>,
    /// The topic that they are published to.
    pub topic: String,
    /// Their `source`, as CloudEvents have it.
    pub source: String,
    /// Events read and published at once.
    pub batch_max: usize,
    /// Pause between looks while there is nothing to publish.
    pub poll: Span,
    /// How long an event waits for a listener that does not come.
    pub keep: Span,
    /// Size of the data of what a handler emits.
    pub data_bytes_max: Bytes,
}

impl Events {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.require(
            !self.types.is_empty() && self.types.iter().all(|one| !one.is_empty()),
            &["events.types"],
            "it names no type",
            "a list of types of events, such as [\"*\"]",
        );
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        checks.require(
            (1..=249).contains(&self.topic.len()) && self.topic.bytes().all(allowed),
            &["events.topic"],
            format_args!("{:?} is no topic", self.topic),
            "1 to 249 characters of A-Z, a-z, 0-9, '.', '_' and '-'",
        );
        checks.require(
            (1..=SOURCE_BYTES_MAX).contains(&self.source.len())
                && !self
                    .source
                    .contains(|c: char| c.is_whitespace() || c.is_control()),
            &["events.source"],
            format_args!("{:?} is no source", self.source),
            format_args!(
                "a URI reference such as /nexus/jobs, of at most {SOURCE_BYTES_MAX} bytes"
            ),
        );
        checks.at_least("events.batch_max", self.batch_max, 1);
        checks.lasting("events.poll", self.poll);
        checks.lasting("events.keep", self.keep);
        checks.at_least("events.data_bytes_max", self.data_bytes_max.get(), 1);
    }
}
