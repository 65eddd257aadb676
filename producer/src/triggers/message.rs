//! A Kafka record as an event. Pure.

use chrono::DateTime;
use nexus_jobs::{Event, TenantId};
use serde_json::{Map, Value};

/// What of a record says which event it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) headers: &'a [(String, Vec<u8>)],
    pub(super) payload: Option<&'a [u8]>,
    pub(super) timestamp_ms: Option<i64>,
}

impl Message<'_> {
    /// A CloudEvent, in its structured or its binary mode; any other record is an event of its topic's
    /// name, known by its place, with its payload as data: JSON, or else text.
    ///
    /// Whose it is, is not for a sender to say: it is the default tenant's, unless the trigger knows better.
    pub(super) fn event(&self) -> Event {
        let structured = self.payload.and_then(json).filter(|json| {
            self.is_structured() || (json.is_object() && json.get("specversion").is_some())
        });
        let told = self.binary().or(structured);
        let told = told.and_then(|event| Event::from_cloud_event(&event).ok());
        let mut event = told.unwrap_or_else(|| self.plain());
        event.tenant = TenantId::DEFAULT;
        event
    }

    fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        String::from_utf8(value.clone()).ok()
    }

    fn is_structured(&self) -> bool {
        let content_type = self.header("content-type").unwrap_or_default();
        content_type.starts_with("application/cloudevents+json")
    }

    /// The binary mode: attributes in headers that begin with `ce_`.
    fn binary(&self) -> Option<Value> {
        self.header("ce_specversion")?;
        let mut event = Map::new();
        for (key, value) in self.headers {
            let Some(name) = key.strip_prefix("ce_") else {
                continue;
            };
            let Ok(text) = std::str::from_utf8(value) else {
                continue;
            };
            // Attributes that are numbers are written as text there.
            let number = text.parse::<i64>().ok().filter(|_| name == "nexusdepth");
            event.insert(
                name.to_owned(),
                number.map_or_else(|| text.into(), Value::from),
            );
        }
        event.insert("data".to_owned(), self.data());
        Some(Value::Object(event))
    }

    fn data(&self) -> Value {
        let payload = self.payload.unwrap_or_default();
        if payload.is_empty() {
            return Value::Null;
        }
        json(payload).unwrap_or_else(|| String::from_utf8_lossy(payload).into_owned().into())
    }

    fn plain(&self) -> Event {
        Event {
            id: format!("{}/{}/{}", self.topic, self.partition, self.offset),
            source: format!("kafka:{}", self.topic),
            event_type: self.topic.to_owned(),
            subject: None,
            time: self.timestamp_ms.and_then(DateTime::from_timestamp_millis),
            job: None,
            tenant: TenantId::DEFAULT,
            kind: None,
            depth: 0,
            data: self.data(),
        }
    }
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message<'a>(headers: &'a [(String, Vec<u8>)], payload: &'a [u8]) -> Message<'a> {
        Message {
            topic: "bank.payments",
            partition: 2,
            offset: 71,
            headers,
            payload: Some(payload),
            timestamp_ms: Some(0),
        }
    }

    fn headers(all: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        let owned = all
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        owned.collect()
    }

    #[test]
    fn cloud_events_come_in_two_modes() {
        let structured = json!({
            "specversion": "1.0", "id": "a", "source": "/bank", "type": "paid",
            "nexustenant": 7, "nexusdepth": 3, "data": { "sum": 5 },
        });
        let structured = structured.to_string();
        let binary = headers(&[
            ("ce_specversion", "1.0"),
            ("ce_id", "a"),
            ("ce_source", "/bank"),
            ("ce_type", "paid"),
            ("ce_nexusdepth", "3"),
            ("content-type", "application/json"),
        ]);
        for event in [
            message(&[], structured.as_bytes()).event(),
            message(&binary, br#"{"sum":5}"#).event(),
        ] {
            assert_eq!(
                (&*event.id, &*event.source, &*event.event_type),
                ("a", "/bank", "paid")
            );
            assert_eq!((event.depth, event.tenant), (3, TenantId::DEFAULT));
            assert_eq!(event.data, json!({ "sum": 5 }));
        }
    }

    #[test]
    fn any_other_record_is_known_by_its_place() {
        let event = message(&[], br#"{"sum":5}"#).event();
        assert_eq!(event.id, "bank.payments/2/71");
        assert_eq!(event.event_type, "bank.payments");
        assert_eq!(event.data["sum"], 5);
        assert_eq!(message(&[], b"not json").event().data, "not json");
        assert_eq!(message(&[], b"").event().data, Value::Null);
        // What claims to be a CloudEvent and is none.
        let half = br#"{"specversion":"1.0","id":"a"}"#;
        assert_eq!(message(&[], half).event().id, "bank.payments/2/71");
    }

    #[test]
    fn no_bytes_panic() {
        for seed in 0_u64..2000 {
            let bytes: Vec<u8> = (0..seed % 50)
                .map(|n| (seed.wrapping_mul(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
                .collect();
            let odd = [("ce_specversion".to_owned(), bytes.clone())];
            let _ = message(&odd, &bytes).event();
        }
    }
}
