//! Brokers by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which broker carries a queue's ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportName {
    /// Redis streams.
    #[default]
    Redis,
    /// Kafka topics.
    Kafka,
}

impl TransportName {
    /// Every transport.
    pub const ALL: [Self; 2] = [Self::Redis, Self::Kafka];

    /// As settings, the ledger and epochs have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Kafka => "kafka",
        }
    }
}

impl fmt::Display for TransportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text names no transport.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no transport {0:?}: use redis or kafka")]
pub struct NoSuchTransport(String);

impl FromStr for TransportName {
    type Err = NoSuchTransport;

    fn from_str(text: &str) -> Result<Self, NoSuchTransport> {
        let found = Self::ALL.into_iter().find(|name| name.as_str() == text);
        found.ok_or_else(|| NoSuchTransport(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_it_is_written() {
        for name in TransportName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert!("rabbit".parse::<TransportName>().is_err());
    }
}
