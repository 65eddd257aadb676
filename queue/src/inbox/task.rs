use redis::{Value, from_redis_value};

use crate::transport::{QueueError, Result};

/// A task of stock storage, in hand. Nothing in it was judged: other services wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id: a ULID, unless whoever pushed it chose another.
    pub id: Vec<u8>,
    /// From when it may run, in seconds since 1970, as Redis writes a score; zero: at once.
    pub run_at: String,
    /// Its arguments.
    pub payload: Payload,
    /// Attempts, status, and what whoever pushed it added.
    pub meta: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A task's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// As they were pushed.
    Bytes(Vec<u8>),
    /// There is an id and no payload.
    Missing,
    /// Not read, since there are so many bytes of it.
    TooLarge {
        /// How many.
        bytes: u64,
    },
}

impl Task {
    /// One element of the answer of `take.lua`.
    pub(super) fn read(answer: Value) -> Result<Self> {
        type Fields = (Vec<u8>, String, Option<Vec<u8>>, u64, Vec<Vec<u8>>);
        let fields: std::result::Result<Fields, _> = from_redis_value(answer);
        let (id, run_at, payload, bytes, meta) =
            fields.map_err(|error| QueueError::Broker(format!("a task of the inbox: {error}")))?;
        let payload = match payload {
            Some(bytes) => Payload::Bytes(bytes),
            None if bytes > 0 => Payload::TooLarge { bytes },
            None => Payload::Missing,
        };
        let meta = meta
            .chunks_exact(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        Ok(Self {
            id,
            run_at,
            payload,
            meta: meta.collect(),
        })
    }

    /// A field of its metadata.
    pub fn meta(&self, field: &str) -> Option<&[u8]> {
        let found = self
            .meta
            .iter()
            .find(|(name, _)| name == field.as_bytes())?;
        Some(&found.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn read(payload: Value, bytes: i64, meta: Vec<Value>) -> Task {
        let fields = vec![
            bulk("01J"),
            bulk("1764000000"),
            payload,
            Value::Int(bytes),
            Value::Array(meta),
        ];
        Task::read(Value::Array(fields)).unwrap()
    }

    #[test]
    fn a_payload_is_told_from_none_and_from_too_much() {
        let meta = vec![bulk("attempts"), bulk("2"), bulk("odd")];
        let task = read(bulk("{}"), 2, meta);
        assert_eq!(task.payload, Payload::Bytes(b"{}".to_vec()));
        assert_eq!(task.meta("attempts"), Some(&b"2"[..]));
        assert_eq!(task.meta.len(), 1);
        let empty = read(bulk(""), 0, vec![]);
        assert_eq!(empty.payload, Payload::Bytes(Vec::new()));
        assert_eq!(read(Value::Nil, 0, vec![]).payload, Payload::Missing);
        let large = read(Value::Nil, 9, vec![]);
        assert_eq!(large.payload, Payload::TooLarge { bytes: 9 });
        assert!(Task::read(bulk("01J")).is_err());
    }
}
