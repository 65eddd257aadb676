//! A job about to be enqueued.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::id::{JobId, TenantId};
use crate::job::{Job, Weight};
use crate::lane::{Band, QueueName};
use crate::retry::Backoff;
use crate::unique::Unique;
use crate::workflow::InWorkflow;

/// When a job may first run. The ledger's clock decides when that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// As soon as a worker is free.
    Now,
    /// After this long, counted from the enqueue.
    In(Duration),
    /// At this time.
    At(DateTime<Utc>),
}

/// When it is too late to start a job: one that has not started by then is discarded. The
/// ledger's clock decides when that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// After this long, counted from the enqueue.
    In(Duration),
    /// At this time.
    At(DateTime<Utc>),
}

/// A job about to be enqueued: a kind, its arguments, and what it wants otherwise
/// than its kind's defaults.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The kind's name.
    pub kind: String,
    /// The arguments, as JSON text, kept verbatim.
    pub args: Box<RawValue>,
    /// The queue.
    pub queue: QueueName,
    /// The priority band.
    pub band: Band,
    /// How many of it travel in one broker entry.
    pub weight: Weight,
    /// Whose job it is.
    pub tenant: TenantId,
    /// When it may first run.
    pub due: Due,
    /// Attempts in all; `None` takes what is set for its kind, then the kind's own, then the default.
    pub attempts: Option<u32>,
    /// The attempts that its kind says.
    pub kind_attempts: Option<u32>,
    /// Longest time one attempt may take; `None` leaves it to the worker: what its settings say
    /// for the kind, then the kind's own, then the default.
    pub timeout: Option<Duration>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// When it is too late to start it; `None`: never.
    pub deadline: Option<Deadline>,
    /// What it may not be there twice by.
    pub unique: Option<Unique>,
    /// Of the jobs of a tenant with one such key, only the oldest unfinished one runs.
    pub order_key: Option<String>,
    /// What limits per key count it under.
    pub limit_key: Option<String>,
    /// How it waits between attempts; `None` takes the kind's policy.
    pub backoff: Option<Backoff>,
    /// The dead letter that it runs again.
    pub replay_of: Option<JobId>,
    /// How many triggers there are between it and the first job; 0: none.
    pub depth: u16,
    /// Where it stands in the workflow that it is a part of.
    pub workflow: Option<InWorkflow>,
}

/// Most tags of one job.
pub const TAGS_MAX: usize = 20;
/// Longest tag, in bytes.
pub const TAG_BYTES_MAX: usize = 100;

/// Whether a job may have these tags; the text says what is wrong.
pub fn check_tags(tags: &[String]) -> Result<(), String> {
    if tags.len() > TAGS_MAX {
        return Err(format!(
            "{} tags; at most {TAGS_MAX} are allowed",
            tags.len()
        ));
    }
    let fits =
        |tag: &String| (1..=TAG_BYTES_MAX).contains(&tag.len()) && !tag.contains(char::is_control);
    match tags.iter().position(|tag| !fits(tag)) {
        Some(place) => Err(format!(
            "tag {place} is not 1 to {TAG_BYTES_MAX} bytes without control characters"
        )),
        None => Ok(()),
    }
}

/// Longest ordering or limit key, in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// Whether a job may have this ordering or limit key; the text says what is wrong.
pub fn check_key(key: &str) -> Result<(), String> {
    if (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.contains(char::is_control) {
        return Ok(());
    }
    Err(format!(
        "a key must be 1 to {KEY_BYTES_MAX} bytes without control characters"
    ))
}

/// Why a job cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NewJobError {
    /// The arguments do not serialise.
    #[error("the arguments of kind {kind:?} cannot be written as JSON: {source}")]
    Args {
        /// The kind.
        kind: String,
        /// What `serde_json` said.
        source: serde_json::Error,
    },
    /// The kind's name is not allowed.
    #[error("kind {0:?} is not allowed: use 1 to 100 characters of a-z, 0-9, '_', '-' and '.'")]
    Kind(String),
    /// The kind's queue is not a queue's name.
    #[error(transparent)]
    Queue(#[from] crate::lane::BadQueueName),
}

impl NewJob {
    /// A job of a kind known at compile time, with the kind's defaults.
    pub fn of<J: Job>(job: &J) -> Result<Self, NewJobError> {
        let args = serde_json::value::to_raw_value(job).map_err(|source| NewJobError::Args {
            kind: J::KIND.to_owned(),
            source,
        })?;
        let mut new = Self::raw(J::KIND, args)?;
        new.queue = QueueName::new(J::QUEUE)?;
        new.band = J::BAND;
        new.weight = J::WEIGHT;
        new.kind_attempts = J::retry().map(|policy| policy.attempts);
        Ok(new)
    }

    /// A job of a kind known only by name, in the `default` queue.
    pub fn raw(kind: impl Into<String>, args: Box<RawValue>) -> Result<Self, NewJobError> {
        let kind = kind.into();
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        if kind.is_empty() || kind.len() > 100 || !kind.bytes().all(allowed) {
            return Err(NewJobError::Kind(kind));
        }
        Ok(Self {
            kind,
            args,
            queue: QueueName::new("default")?,
            band: Band::Normal,
            weight: Weight::Light,
            tenant: TenantId::DEFAULT,
            due: Due::Now,
            attempts: None,
            kind_attempts: None,
            timeout: None,
            tags: Vec::new(),
            deadline: None,
            unique: None,
            order_key: None,
            limit_key: None,
            backoff: None,
            replay_of: None,
            depth: 0,
            workflow: None,
        })
    }

    /// The same job, first due after `wait`.
    pub fn after(mut self, wait: Duration) -> Self {
        self.due = Due::In(wait);
        self
    }

    /// The same job, first due at `time`.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.due = Due::At(time);
        self
    }

    /// The same job, in another band.
    pub fn band(mut self, band: Band) -> Self {
        self.band = band;
        self
    }

    /// The same job, in another queue.
    pub fn queue(mut self, queue: QueueName) -> Self {
        self.queue = queue;
        self
    }

    /// The same job, of another tenant.
    pub fn tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = tenant;
        self
    }

    /// The same job, with so many attempts in all.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// The same job, with so much time for each attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The same job, with words to find it by.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// The same job, discarded unless it has started `wait` from the enqueue.
    pub fn expires_in(mut self, wait: Duration) -> Self {
        self.deadline = Some(Deadline::In(wait));
        self
    }

    /// The same job, discarded unless it has started by `time`.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.deadline = Some(Deadline::At(time));
        self
    }

    /// The same job, enqueued only if no other has its key.
    pub fn unique(mut self, unique: Unique) -> Self {
        self.unique = Some(unique);
        self
    }

    /// The same job, run after those of its tenant that were enqueued with this key before.
    pub fn order_key(mut self, key: impl Into<String>) -> Self {
        self.order_key = Some(key.into());
        self
    }

    /// The same job, counted under this key by limits per key.
    pub fn limit_key(mut self, key: impl Into<String>) -> Self {
        self.limit_key = Some(key.into());
        self
    }

    /// The same job, waiting so between attempts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// The same job, so many triggers away from the first one.
    pub fn depth(mut self, depth: u16) -> Self {
        self.depth = depth;
        self
    }

    /// The same job, known to run a dead letter again.
    pub fn replay_of(mut self, job: JobId) -> Self {
        self.replay_of = Some(job);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_few_short_and_printable() {
        let tags = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        assert!(check_tags(&tags(&["a", "case 7, part 2"])).is_ok());
        for bad in ["", "a\0", "a\n", &"x".repeat(101)] {
            assert!(
                check_tags(&tags(&["fine", bad]))
                    .unwrap_err()
                    .starts_with("tag 1")
            );
        }
        assert!(check_tags(&vec!["a".to_owned(); 21]).is_err());
    }
}
