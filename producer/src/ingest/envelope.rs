//! A record of the topic of requests, and the job that it asks for. Pure.
//!
//! Three forms are read: an envelope of our own (`id`, `source`, and what the HTTP API takes), a
//! CloudEvent 1.0 in structured mode, and one in binary mode. Of an event, the type says the
//! kind (`nexus.request.KIND`, whose data are the arguments), or that its data say it
//! (`nexus.request`).

use std::collections::BTreeMap;

use nexus_config::Requests;
use nexus_jobs::NewJob;
use nexus_schema::ingest::Arrival;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::known_by::known_by;
use crate::request::{Unreadable, read_job};

/// Longest source and longest id, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Names of headers of CloudEvents in binary mode begin so.
const CE: &str = "ce_";
/// The type of an event whose data are a job as the HTTP API takes it.
const REQUEST: &str = "nexus.request";
/// Most metadata, in bytes.
const METADATA_BYTES_MAX: usize = 16 * 1024;

/// Why a record is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is no JSON, or neither an envelope nor an event.
    Unreadable,
    /// It has no source or no id by which to know it.
    Unnamed,
    /// Its kind may not be asked for.
    Kind,
    /// Its tenant may not be asked for, or is not there.
    Tenant,
    /// The job cannot be: its arguments do not fit, or it is told what it cannot be.
    Job,
}

impl Reason {
    /// The word in the dead letter's header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unnamed => "unnamed",
            Self::Kind => "kind",
            Self::Tenant => "tenant",
            Self::Job => "job",
        }
    }
}

/// Why a record is not taken, in a word and in detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    pub(super) wrong: String,
}

fn refusal<T>(reason: Reason, wrong: impl Into<String>) -> Result<T, Refusal> {
    let wrong = wrong.into();
    Err(Refusal { reason, wrong })
}

/// A record, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) headers: &'a [(String, Vec<u8>)],
    pub(super) payload: Option<&'a [u8]>,
}

type Fields = BTreeMap<String, Box<RawValue>>;

/// What a record asks for: who, which, what, and what was said beside it.
struct Asked {
    source: String,
    id: String,
    job: Box<RawValue>,
    metadata: Map<String, Value>,
}

impl Message<'_> {
    /// The job that it asks for.
    pub(super) fn arrival(self, allowed: &Requests) -> Result<Arrival, Refusal> {
        let asked = match self.header("ce_specversion") {
            Some(version) => self.binary(&version)?,
            None => self.structured()?,
        };
        for (what, name) in [("source", &asked.source), ("id", &asked.id)] {
            let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
            if !fits || name.contains(char::is_control) {
                let wrong = format!(
                    "its {what} is not 1 to {NAME_BYTES_MAX} bytes without control characters"
                );
                return refusal(Reason::Unnamed, wrong);
            }
        }
        let job = match read_job(asked.job.get().as_bytes()) {
            Ok(job) => job,
            Err(Unreadable::NotJson(wrong) | Unreadable::Wrong(wrong)) => {
                return refusal(Reason::Job, wrong);
            }
        };
        allow(&job, allowed)?;
        let metadata = Value::Object(asked.metadata);
        let has_any = metadata.as_object().is_some_and(|told| !told.is_empty());
        if has_any && metadata.to_string().len() > METADATA_BYTES_MAX {
            let wrong = format!("more than {METADATA_BYTES_MAX} bytes beside the job");
            return refusal(Reason::Job, wrong);
        }
        Ok(Arrival {
            key: known_by("request", &asked.source, asked.id.as_bytes()),
            source: format!("requests:{}", asked.source),
            source_id: asked.id,
            metadata: has_any.then(|| without_nul(metadata)),
            job,
            spent: 0,
            refused: None,
        })
    }

    fn header(self, name: &str) -> Option<String> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        // Two ids that are no text must not become the same one.
        String::from_utf8(value.clone()).ok()
    }

    /// An event whose attributes are headers and whose payload is its data.
    fn binary(self, version: &str) -> Result<Asked, Refusal> {
        is_version_1(version)?;
        let named = |name: &str| self.header(&format!("{CE}{name}"));
        let data: Box<RawValue> = match self.payload {
            Some(payload) if !payload.is_empty() => json(payload)?,
            _ => RawValue::NULL.to_owned(),
        };
        let metadata = self.headers.iter().filter_map(|(key, value)| {
            let name = key.to_ascii_lowercase();
            let name = name.strip_prefix(CE)?;
            let text = String::from_utf8_lossy(value).into_owned();
            (!IS_READ.contains(&name)).then(|| (name.to_owned(), Value::String(text)))
        });
        Ok(Asked {
            source: named("source").unwrap_or_default(),
            id: named("id").unwrap_or_default(),
            job: of_event(&named("type").unwrap_or_default(), data)?,
            metadata: metadata.collect(),
        })
    }

    /// An event that is an object, or an envelope of ours.
    fn structured(self) -> Result<Asked, Refusal> {
        let payload = self.payload.unwrap_or_default();
        let mut fields: Fields = serde_json::from_slice(payload).or_else(|error| {
            refusal(Reason::Unreadable, format!("it is no JSON object: {error}"))
        })?;
        let mut take = |name: &str| text(fields.remove(name));
        let (source, id) = (take("source"), take("id"));
        let (source, id) = (source.unwrap_or_default(), id.unwrap_or_default());
        if !fields.contains_key("specversion") {
            return envelope(source, id, fields);
        }
        is_version_1(&text(fields.remove("specversion")).unwrap_or_default())?;
        let of_type = text(fields.remove("type")).unwrap_or_default();
        if fields.contains_key("data_base64") {
            return refusal(Reason::Unreadable, "its data are binary, and must be JSON");
        }
        let data = fields.remove("data");
        let job = of_event(&of_type, data.unwrap_or_else(|| RawValue::NULL.to_owned()))?;
        fields.remove("datacontenttype");
        Ok(Asked {
            source,
            id,
            job,
            metadata: values(&fields),
        })
    }
}

/// Attributes of an event that are read, or say how to.
const IS_READ: [&str; 5] = ["specversion", "id", "source", "type", "datacontenttype"];

/// What is left of an envelope of ours is the job.
fn envelope(source: String, id: String, mut fields: Fields) -> Result<Asked, Refusal> {
    let metadata = match fields.remove("metadata") {
        None => Map::new(),
        Some(told) => match serde_json::from_str(told.get()) {
            Ok(Value::Object(told)) => told,
            _ => return refusal(Reason::Job, "field \"metadata\": it must be an object"),
        },
    };
    Ok(Asked {
        source,
        id,
        job: raw(&fields)?,
        metadata,
    })
}

/// The job that an event of a type asks for with its data.
fn of_event(of_type: &str, data: Box<RawValue>) -> Result<Box<RawValue>, Refusal> {
    if of_type == REQUEST {
        return Ok(data);
    }
    let kind = of_type
        .strip_prefix(REQUEST)
        .and_then(|rest| rest.strip_prefix('.'));
    let Some(kind) = kind else {
        let wrong = format!("its type is {of_type:?}, not {REQUEST} or {REQUEST}.KIND");
        return refusal(Reason::Unreadable, wrong);
    };
    let mut fields = Fields::new();
    fields.insert("kind".to_owned(), raw(&kind)?);
    // Data that were left out are no arguments, which is not null.
    if data.get() != "null" {
        fields.insert("args".to_owned(), data);
    }
    raw(&fields)
}

fn is_version_1(version: &str) -> Result<(), Refusal> {
    if version == "1.0" {
        return Ok(());
    }
    refusal(
        Reason::Unreadable,
        format!("CloudEvents of version {version:?} are not read, only 1.0"),
    )
}

fn json(bytes: &[u8]) -> Result<Box<RawValue>, Refusal> {
    serde_json::from_slice(bytes)
        .or_else(|error| refusal(Reason::Unreadable, format!("its data are no JSON: {error}")))
}

fn raw(value: &impl serde::Serialize) -> Result<Box<RawValue>, Refusal> {
    to_raw_value(value).or_else(|error| refusal(Reason::Unreadable, error.to_string()))
}

fn text(field: Option<Box<RawValue>>) -> Option<String> {
    serde_json::from_str(field?.get()).ok()
}

fn values(fields: &Fields) -> Map<String, Value> {
    let read = fields.iter().filter_map(|(name, value)| {
        let value = serde_json::from_str(value.get()).ok()?;
        Some((name.clone(), value))
    });
    read.collect()
}

/// Postgres could not hand it out.
fn without_nul(value: Value) -> Value {
    let clean = |text: String| text.replace('\0', "\u{fffd}");
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(values) => values.into_iter().map(without_nul).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (clean(name), without_nul(value)))
            .collect(),
        other => other,
    }
}

fn allow(job: &NewJob, allowed: &Requests) -> Result<(), Refusal> {
    if !allowed.kinds.contains(&job.kind) {
        let wrong = format!("kind {:?} is not among requests.kinds", job.kind);
        return refusal(Reason::Kind, wrong);
    }
    if !allowed.tenants.contains(&job.tenant.0) {
        let wrong = format!("tenant {} is not among requests.tenants", job.tenant);
        return refusal(Reason::Tenant, wrong);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
