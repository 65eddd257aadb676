//! Where a job waits: a named queue, and one of its four priority bands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A queue's name: 1 to 64 characters of `a-z`, `0-9`, `_` and `-`, so that it
/// can stand unescaped in a Redis key, a Kafka topic and a metric's label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct QueueName(String);

/// Why a text is not a queue's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "queue name {0:?} is not allowed: use 1 to 64 characters of a-z, 0-9, '_' and '-', for example \"reports\""
)]
pub struct BadQueueName(String);

impl QueueName {
    /// Longest name, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Checks and takes a name.
    pub fn new(name: impl Into<String>) -> Result<Self, BadQueueName> {
        let name = name.into();
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        if name.is_empty() || name.len() > Self::BYTES_MAX || !name.bytes().all(allowed) {
            return Err(BadQueueName(name));
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for QueueName {
    type Err = BadQueueName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for QueueName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// Priority band. Lower bands are fetched first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Before everything else.
    Critical,
    /// Before normal work.
    High,
    /// What a job has unless it says otherwise.
    #[default]
    Normal,
    /// When nothing else waits.
    Low,
}

impl Band {
    /// Every band, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Normal, Self::Low];

    /// The number stored in the ledger: 0 for critical to 3 for low.
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// The band of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.number() == number)
    }

    /// The name used in keys, topics, API and CLI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Band {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|band| band.as_str() == text)
            .ok_or_else(|| format!("no band {text:?}: use critical, high, normal or low"))
    }
}

/// One band of one queue: what a broker keeps in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane {
    /// The queue.
    pub queue: QueueName,
    /// The priority band.
    pub band: Band,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.queue, self.band)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_name_can_stand_in_a_key_or_a_topic() {
        assert!(QueueName::new("reports-2_b").is_ok());
        for bad in ["", "Reports", "a b", "a:b", "{a}", "ü", &"x".repeat(65)] {
            assert!(QueueName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_band_survives_its_number_and_its_name() {
        for band in Band::ALL {
            assert_eq!(Band::from_number(band.number()), Some(band));
            assert_eq!(band.as_str().parse(), Ok(band));
        }
        assert_eq!(Band::from_number(4), None);
    }
}
