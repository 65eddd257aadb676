//! What of a column is kept to count its distinct values together with those of a later file.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::frequent::COUNTERS_MAX;
use super::registers::Registers;

/// The hashes of all distinct values where they are few (512), else the registers of an estimate.
///
/// As bytes at most 4,097; in JSON the same in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch(Content);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// In ascending order, each once, at most [`COUNTERS_MAX`].
    Exact(Vec<u64>),
    Estimated(Registers),
}

/// The first byte of each content.
const EXACT: u8 = 1;
const ESTIMATED: u8 = 2;

/// Not the bytes that a sketch gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sketch of distinct values")]
pub struct NotASketch;

impl Sketch {
    /// Of these hashes; they are estimated if they are too many to keep.
    pub(super) fn exact(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.len() <= COUNTERS_MAX {
            return Self(Content::Exact(hashes));
        }
        Self::estimated(registers(&hashes))
    }

    pub(super) fn estimated(registers: Registers) -> Self {
        Self(Content::Estimated(registers))
    }

    /// Distinct values: their number, or an estimate with a standard error of 1.6 %.
    pub fn distinct(&self) -> u64 {
        match &self.0 {
            Content::Exact(hashes) => hashes.len() as u64,
            Content::Estimated(registers) => registers.estimate(),
        }
    }

    /// The number is exact.
    pub fn is_exact(&self) -> bool {
        matches!(self.0, Content::Exact(_))
    }

    /// The sketch of both columns' values together.
    #[must_use]
    pub fn merge(self, later: &Self) -> Self {
        match (self.0, &later.0) {
            (Content::Exact(mut hashes), Content::Exact(more)) => {
                hashes.extend(more);
                Self::exact(hashes)
            }
            (Content::Exact(few), Content::Estimated(many)) => both(registers(&few), many),
            (Content::Estimated(many), Content::Exact(few)) => both(many, &registers(few)),
            (Content::Estimated(one), Content::Estimated(other)) => both(one, other),
        }
    }

    /// As bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Content::Exact(hashes) => {
                let hashes = hashes.iter().flat_map(|hash| hash.to_be_bytes());
                std::iter::once(EXACT).chain(hashes).collect()
            }
            Content::Estimated(registers) => [&[ESTIMATED], registers.bytes()].concat(),
        }
    }

    /// The sketch that gave the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotASketch> {
        let (kind, content) = bytes.split_first().ok_or(NotASketch)?;
        match *kind {
            EXACT => {
                let (hashes, rest) = content.as_chunks();
                let hashes: Vec<u64> = hashes
                    .iter()
                    .map(|&hash| u64::from_be_bytes(hash))
                    .collect();
                let kept = rest.is_empty() && hashes.len() <= COUNTERS_MAX;
                let ascending = hashes.is_sorted_by(|a, b| a < b);
                (kept && ascending)
                    .then_some(Self(Content::Exact(hashes)))
                    .ok_or(NotASketch)
            }
            ESTIMATED => Registers::from_bytes(content)
                .map(Self::estimated)
                .ok_or(NotASketch),
            _ => Err(NotASketch),
        }
    }
}

fn both(mut one: Registers, other: &Registers) -> Sketch {
    one.merge(other);
    Sketch::estimated(one)
}

fn registers(hashes: &[u64]) -> Registers {
    let mut registers = Registers::new();
    for &hash in hashes {
        registers.add(hash);
    }
    registers
}

impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self
            .to_bytes()
            .into_iter()
            .flat_map(|byte| [byte >> 4, byte & 15]);
        let digits: String = digits
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = from_digits(&text).ok_or_else(|| de::Error::custom(NotASketch))?;
        Self::from_bytes(&bytes).map_err(de::Error::custom)
    }
}

fn from_digits(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks();
    let digit = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .map(|digit| digit.to_le_bytes()[0])
    };
    let bytes = pairs
        .iter()
        .map(|&[high, low]| Some((digit(high)? << 4) | digit(low)?));
    rest.is_empty().then(|| bytes.collect()).flatten()
}
