//! What happened: a change of a job's state, or something that a handler found.
//!
//! An event has an identity that every delivery of it shares, so whoever gets it twice can tell. To
//! the outside, and to triggers, it is a CloudEvent 1.0.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::id::{JobId, TenantId};
use crate::state::State;

/// A change of a job's state.
///
/// `scheduled` and `available` are one state here: the clock alone tells them apart. A job that is
/// parked, released or given another due time goes on waiting, so none of these is a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is there.
    Enqueued,
    /// A worker has claimed it.
    Started,
    /// Its attempt failed; it runs again.
    Retrying,
    /// Its handler asked to be called again later.
    Snoozed,
    /// Its worker ended and handed it back unspent.
    HandedBack,
    /// Its worker went silent.
    Rescued,
    /// It is done.
    Completed,
    /// It was given up.
    Discarded,
    /// It was called off.
    Cancelled,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Enqueued,
        Self::Started,
        Self::Retrying,
        Self::Snoozed,
        Self::HandedBack,
        Self::Rescued,
        Self::Completed,
        Self::Discarded,
        Self::Cancelled,
    ];

    /// Its type, as events have it.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Enqueued => "job.enqueued",
            Self::Started => "job.started",
            Self::Retrying => "job.retrying",
            Self::Snoozed => "job.snoozed",
            Self::HandedBack => "job.handed_back",
            Self::Rescued => "job.rescued",
            Self::Completed => "job.completed",
            Self::Discarded => "job.discarded",
            Self::Cancelled => "job.cancelled",
        }
    }

    /// The change of a type.
    pub fn of_type(event_type: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|change| change.event_type() == event_type)
    }

    /// Its last word: what stands at the end of an event's id.
    fn word(self) -> &'static str {
        self.event_type().trim_start_matches("job.")
    }

    /// The state that the job is in by it.
    pub const fn state(self) -> State {
        match self {
            Self::Enqueued | Self::HandedBack | Self::Rescued => State::Available,
            Self::Started => State::Running,
            Self::Retrying | Self::Snoozed => State::Retryable,
            Self::Completed => State::Completed,
            Self::Discarded => State::Discarded,
            Self::Cancelled => State::Cancelled,
        }
    }
}

/// Which change of which job: unique, since a run ends once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChangeId {
    /// The job.
    pub job: JobId,
    /// Claims so far.
    pub run: i32,
    /// What happened.
    pub change: Change,
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.job.0, self.run, self.change.word())
    }
}

/// Why a text is no [`ChangeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no id of a change of state: expected job.run.change, such as 7.1.completed")]
pub struct NotAChangeId;

impl FromStr for ChangeId {
    type Err = NotAChangeId;

    fn from_str(text: &str) -> Result<Self, NotAChangeId> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(NotAChangeId);
        let (job, run, word) = (part()?, part()?, part()?);
        let mut all = Change::ALL.into_iter();
        Ok(Self {
            job: JobId(job.parse().map_err(|_| NotAChangeId)?),
            run: run.parse().map_err(|_| NotAChangeId)?,
            change: all.find(|c| c.word() == word).ok_or(NotAChangeId)?,
        })
    }
}

/// Longest type of an event, in bytes.
pub const TYPE_BYTES_MAX: usize = 200;
/// Longest id and longest subject of what a handler emits, in bytes.
pub const ID_BYTES_MAX: usize = 400;
/// Longest source of an event, in bytes.
pub const SOURCE_BYTES_MAX: usize = 300;

/// Whether a handler may emit events of this type; the text says what is wrong.
pub fn check_emitted_type(event_type: &str) -> Result<(), String> {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    if !(1..=TYPE_BYTES_MAX).contains(&event_type.len()) || !event_type.bytes().all(allowed) {
        return Err(format!(
            "event type {event_type:?} is not allowed: use 1 to {TYPE_BYTES_MAX} characters of a-z, \
             0-9, '_', '-' and '.'"
        ));
    }
    if event_type.starts_with("job.") {
        return Err(format!(
            "event type {event_type:?} is not allowed: job.* is what the ledger says of jobs"
        ));
    }
    Ok(())
}

/// Something that a handler found, about to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// Its type, such as `dataset.loaded`.
    pub event_type: String,
    /// Its id within its type; `None`: a new one, so that telling it again is another event.
    pub id: Option<String>,
    /// What it is about, such as `dataset 7`.
    pub subject: Option<String>,
    /// What there is to tell.
    pub data: Value,
}

impl Emitted {
    /// An event of this type that tells this.
    pub fn new(event_type: impl Into<String>, data: Value) -> Self {
        Self {
            event_type: event_type.into(),
            id: None,
            subject: None,
            data,
        }
    }

    /// The same event, known by this id: told again, it is the same one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same event, about this.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Whether it can be told; the text says what is wrong. `bytes_max` bounds its data as JSON.
    pub fn check(&self, bytes_max: usize) -> Result<(), String> {
        check_emitted_type(&self.event_type)?;
        for text in [&self.id, &self.subject].into_iter().flatten() {
            if !(1..=ID_BYTES_MAX).contains(&text.len()) || text.contains(char::is_control) {
                return Err(format!(
                    "an event's id and subject have 1 to {ID_BYTES_MAX} bytes without control characters"
                ));
            }
        }
        let data = self.data.to_string();
        if data.len() > bytes_max {
            return Err(format!(
                "an event of {} bytes of data; at most {bytes_max} are allowed (events.data_bytes_max)",
                data.len()
            ));
        }
        if data.contains("\\u0000") {
            return Err("an event with a NUL character in its data".to_owned());
        }
        Ok(())
    }
}

/// An event, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unique within its source.
    pub id: String,
    /// Where it came from.
    pub source: String,
    /// What happened, such as `job.completed`.
    pub event_type: String,
    /// What it is about.
    pub subject: Option<String>,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// The job whose event it is; `None`: it came from elsewhere.
    pub job: Option<JobId>,
    /// Whose it is.
    pub tenant: TenantId,
    /// The kind of its job.
    pub kind: Option<String>,
    /// How many triggers there are between its job and the first one.
    pub depth: u16,
    /// What there is to tell.
    pub data: Value,
}

/// The `source` of the ledger's own events, unless it is set otherwise.
pub const OWN_SOURCE: &str = "/nexus/jobs";

impl Event {
    /// As a CloudEvent 1.0 in JSON: what is published, and what triggers' paths see.
    pub fn cloud_event(&self) -> Value {
        let mut all = Map::new();
        let mut put = |name: &str, value: Value| {
            all.insert(name.to_owned(), value);
        };
        put("specversion", "1.0".into());
        put("id", self.id.clone().into());
        put("source", self.source.clone().into());
        put("type", self.event_type.clone().into());
        if let Some(subject) = &self.subject {
            put("subject", subject.clone().into());
        }
        if let Some(time) = self.time {
            let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
            put("time", time.into());
        }
        put("datacontenttype", "application/json".into());
        put("nexustenant", self.tenant.0.into());
        if let Some(job) = self.job {
            put("nexusjob", job.0.to_string().into());
        }
        if let Some(kind) = &self.kind {
            put("nexuskind", kind.clone().into());
        }
        if self.depth > 0 {
            put("nexusdepth", self.depth.into());
        }
        put("data", self.data.clone());
        Value::Object(all)
    }

    /// From a CloudEvent 1.0 in JSON, as [`Event::cloud_event`] writes it, or as anybody else does.
    pub fn from_cloud_event(json: &Value) -> Result<Self, String> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        // An id of ours begins with its type.
        let id_bytes_max = TYPE_BYTES_MAX + 1 + ID_BYTES_MAX;
        let fits = |name: &str, bytes_max: usize| match text(name) {
            Some(text) if text.len() > bytes_max || text.contains(char::is_control) => Err(
                format!("{name:?}: at most {bytes_max} bytes without control characters"),
            ),
            other => Ok(other.map(str::to_owned)),
        };
        let needed = |name: &str, bytes_max: usize| {
            fits(name, bytes_max)?
                .filter(|text| !text.is_empty())
                .ok_or_else(|| format!("no CloudEvent: it has no {name:?}"))
        };
        if text("specversion") != Some("1.0") {
            return Err("no CloudEvent: its \"specversion\" is not \"1.0\"".to_owned());
        }
        let number = |name: &str| json.get(name).and_then(Value::as_i64);
        let time = match text("time") {
            None => None,
            Some(time) => Some(
                DateTime::parse_from_rfc3339(time)
                    .map_err(|error| format!("\"time\": {error}"))?
                    .to_utc(),
            ),
        };
        Ok(Self {
            id: needed("id", id_bytes_max)?,
            source: needed("source", SOURCE_BYTES_MAX)?,
            event_type: needed("type", TYPE_BYTES_MAX)?,
            subject: fits("subject", id_bytes_max)?,
            time,
            job: text("nexusjob").and_then(|id| id.parse().ok()).map(JobId),
            tenant: TenantId(number("nexustenant").unwrap_or(TenantId::DEFAULT.0)),
            kind: fits("nexuskind", TYPE_BYTES_MAX)?,
            depth: number("nexusdepth")
                .and_then(|n| n.try_into().ok())
                .unwrap_or(0),
            data: json.get("data").cloned().unwrap_or_else(|| json!({})),
        })
    }
}

#[cfg(test)]
mod tests;
