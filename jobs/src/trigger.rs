//! Triggers: when an event matches, a job is enqueued with arguments taken from it.
//!
//! All of it is decided here, from an event and a definition; nothing is looked up.

mod argument;
mod condition;
mod path;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{Event, TYPE_BYTES_MAX};
use crate::gcra::Rate;
use crate::id::TenantId;
use crate::job::Weight;
use crate::kinds::built_in;
use crate::lane::{Band, QueueName};
use crate::new_job::{NewJob, check_key, check_tags};

pub use argument::Mapping;
pub use condition::Condition;
pub use path::EventPath;

/// A trigger, as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Which events.
    pub on: On,
    /// What must hold of the event besides; all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
    /// The job.
    pub enqueue: Enqueue,
    /// Jobs a minute from which it is taken for a loop, and disabled; `None`: as set for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_minute: Option<u32>,
    /// Triggers in a row, this one included, from which it is taken for a loop, and passed over;
    /// `None`: as set for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth_max: Option<u16>,
}

/// Which events a trigger looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct On {
    /// A type, such as `job.completed` or `dataset.loaded`; one that ends in `*` is any that begins so.
    pub r#type: String,
    /// Of jobs of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of jobs that ended so: `completed`, `discarded` or `cancelled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// From this Kafka topic, instead of the ledger's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// The job that a trigger enqueues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enqueue {
    /// Its kind.
    pub kind: String,
    /// Its arguments: JSON, in which `{{ PATH }}` stands for what the path selects of the event.
    #[serde(default = "no_args")]
    pub args: Value,
    /// Its queue, if not its kind's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// Its priority band, if not its kind's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
    /// How long it waits first, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Attempts in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whose it is, if not its event's. An event from a Kafka topic is the default tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<i64>,
    /// Its ordering key, in which `{{ PATH }}` stands for what the path selects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_key: Option<String>,
}

fn no_args() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Most conditions of one trigger.
const CONDITIONS_MAX: usize = 50;
/// Longest delay: a year, in milliseconds.
const DELAY_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

/// What a trigger makes of an event.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Nothing: it does not match.
    No(Mismatch),
    /// This job.
    Fires(Box<NewJob>),
    /// It matches, and is passed over: so many triggers in a row are a loop.
    TooDeep {
        /// How deep the job would be.
        depth: u16,
        /// How deep it may be.
        max: u16,
    },
    /// It matches, but makes no job; says why.
    Fails(String),
}

/// Why an event does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is of another type.
    Type,
    /// Its job is of another kind.
    Kind,
    /// Its job ended otherwise.
    Outcome,
    /// This condition, counted from 0, does not hold.
    Condition(usize),
}

/// A trigger ready to judge events.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The version of its definition.
    pub version: i32,
    /// As it is written down.
    pub definition: Definition,
    args: Mapping,
    order_key: Option<Mapping>,
}

/// Whether a trigger may have this name. `test` is a route of the HTTP interface beside them.
pub fn is_trigger_name(name: &str) -> bool {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(allowed) && name != "test"
}

impl Trigger {
    /// A trigger by its definition; the text says what is wrong with it.
    pub fn new(name: &str, version: i32, definition: Definition) -> Result<Self, String> {
        if !is_trigger_name(name) {
            return Err(format!(
                "trigger name {name:?} is not allowed: use 1 to 100 characters of a-z, 0-9, '_', '-' and '.', and not \"test\""
            ));
        }
        definition.on.check()?;
        if definition.when.len() > CONDITIONS_MAX {
            return Err(format!("when: at most {CONDITIONS_MAX} conditions"));
        }
        for (nth, condition) in definition.when.iter().enumerate() {
            condition
                .check()
                .map_err(|wrong| format!("when, condition {nth}: {wrong}"))?;
        }
        let enqueue = &definition.enqueue;
        let args = Mapping::new(&enqueue.args).map_err(|wrong| format!("enqueue.args: {wrong}"))?;
        let order_key = enqueue.order_key.clone().map(Value::String);
        let order_key = order_key
            .as_ref()
            .map(Mapping::new)
            .transpose()
            .map_err(|wrong| format!("enqueue.order_key: {wrong}"))?;
        enqueue.check()?;
        if definition.rate_per_minute == Some(0) || definition.depth_max == Some(0) {
            return Err("rate_per_minute and depth_max are 1 or more".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            version,
            args,
            order_key,
            definition,
        })
    }

    /// What it makes of an event from its source. `depth_max` counts where the definition says nothing.
    pub fn judge(&self, event: &Event, depth_max: u16) -> Verdict {
        self.judge_json(event, &event.cloud_event(), depth_max)
    }

    /// The same, with the event's JSON at hand.
    pub fn judge_json(&self, event: &Event, json: &Value, depth_max: u16) -> Verdict {
        if let Err(mismatch) = self.matches(event, json) {
            return Verdict::No(mismatch);
        }
        let depth = event.depth.saturating_add(1);
        let max = self.definition.depth_max.unwrap_or(depth_max);
        if depth > max {
            return Verdict::TooDeep { depth, max };
        }
        match self.job(event, json, depth) {
            Ok(job) => Verdict::Fires(Box::new(job)),
            Err(wrong) => Verdict::Fails(wrong),
        }
    }

    fn matches(&self, event: &Event, json: &Value) -> Result<(), Mismatch> {
        let on = &self.definition.on;
        if !on.is_type(&event.event_type) {
            return Err(Mismatch::Type);
        }
        if on.kind.is_some() && on.kind != event.kind {
            return Err(Mismatch::Kind);
        }
        if let Some(outcome) = &on.outcome
            && event.data.get("outcome").and_then(Value::as_str) != Some(outcome)
        {
            return Err(Mismatch::Outcome);
        }
        let mut conditions = self.definition.when.iter();
        match conditions.position(|condition| !condition.holds(json)) {
            Some(nth) => Err(Mismatch::Condition(nth)),
            None => Ok(()),
        }
    }

    fn job(&self, event: &Event, json: &Value, depth: u16) -> Result<NewJob, String> {
        let enqueue = &self.definition.enqueue;
        let args = self.args.apply(json)?;
        let args = serde_json::value::to_raw_value(&args).map_err(|error| error.to_string())?;
        let mut job = NewJob::raw(&*enqueue.kind, args).map_err(|error| error.to_string())?;
        if let Some(kind) = built_in(&enqueue.kind) {
            (kind.check)(job.args.get()).map_err(|wrong| format!("its arguments: {wrong}"))?;
            job.queue = QueueName::new(kind.queue).map_err(|error| error.to_string())?;
            job.band = kind.band;
            job.weight = kind.weight;
            job.kind_attempts = (kind.attempts)();
        }
        job.queue = enqueue.queue.clone().unwrap_or(job.queue);
        job.band = enqueue.band.unwrap_or(job.band);
        if let Some(delay) = enqueue.delay_ms {
            job = job.after(Duration::from_millis(delay));
        }
        job.attempts = enqueue.attempts;
        job.tags.clone_from(&enqueue.tags);
        if let Some(key) = &self.order_key {
            let key = match key.apply(json)? {
                Value::String(key) => key,
                other => other.to_string(),
            };
            check_key(&key).map_err(|wrong| format!("enqueue.order_key: {wrong}"))?;
            job.order_key = Some(key);
        }
        let tenant = enqueue.tenant_id.map_or(event.tenant, TenantId);
        Ok(job.tenant(tenant).depth(depth))
    }

    /// How many jobs it may enqueue, where its definition says nothing `per_minute`; all of a minute's
    /// may come at once.
    pub fn rate(&self, per_minute: u32) -> Rate {
        let count = self.definition.rate_per_minute.unwrap_or(per_minute).max(1);
        Rate {
            count,
            per_us: 60_000_000,
            burst: count,
        }
    }

    /// The key under which an event fires it once.
    pub fn unique_key(&self, event: &Event) -> String {
        format!("trigger {}\n{}\n{}", self.name, event.source, event.id)
    }
}

impl On {
    fn check(&self) -> Result<(), String> {
        let stem = self.r#type.strip_suffix('*').unwrap_or(&self.r#type);
        if self.r#type.is_empty() || self.r#type.len() > TYPE_BYTES_MAX || stem.contains('*') {
            return Err(format!(
                "on.type: 1 to {TYPE_BYTES_MAX} bytes, with a * at most at the end"
            ));
        }
        let outcomes = ["completed", "discarded", "cancelled"];
        if let Some(outcome) = &self.outcome
            && !outcomes.contains(&&**outcome)
        {
            return Err(format!("on.outcome: use {}", outcomes.join(", ")));
        }
        let topic_fits = |topic: &String| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            (1..=249).contains(&topic.len()) && topic.bytes().all(allowed)
        };
        if self.topic.as_ref().is_some_and(|topic| !topic_fits(topic)) {
            return Err("on.topic: a Kafka topic has 1 to 249 characters of A-Z, a-z, 0-9, '.', '_' and '-'".to_owned());
        }
        Ok(())
    }

    /// Whether an event's type is one of those.
    pub fn is_type(&self, event_type: &str) -> bool {
        match self.r#type.strip_suffix('*') {
            Some(stem) => event_type.starts_with(stem),
            None => event_type == self.r#type,
        }
    }
}

impl Enqueue {
    fn check(&self) -> Result<(), String> {
        let args = serde_json::value::to_raw_value(&Value::Null).map_err(|e| e.to_string())?;
        NewJob::raw(&*self.kind, args).map_err(|error| format!("enqueue.kind: {error}"))?;
        check_tags(&self.tags).map_err(|wrong| format!("enqueue.tags: {wrong}"))?;
        if self.attempts == Some(0) {
            return Err("enqueue.attempts: 1 or more".to_owned());
        }
        if self
            .tenant_id
            .is_some_and(|tenant| tenant < TenantId::DEFAULT.0)
        {
            return Err("enqueue.tenant_id: there is no such tenant".to_owned());
        }
        if self.delay_ms.is_some_and(|delay| delay > DELAY_MS_MAX) {
            return Err("enqueue.delay_ms: at most a year".to_owned());
        }
        Ok(())
    }

    /// Whether what its kind says is known here; otherwise the ledger may know more.
    pub fn is_built_in(&self) -> bool {
        built_in(&self.kind).is_some()
    }

    /// Fills in what a kind's jobs have, where this says nothing, of a kind known by name alone.
    pub fn fill_in(&self, job: &mut NewJob, queue: QueueName, band: Band, weight: Weight) {
        job.queue = self.queue.clone().unwrap_or(queue);
        job.band = self.band.unwrap_or(band);
        job.weight = weight;
    }
}

#[cfg(test)]
mod tests;
