//! Objects of JSON as rows: nested ones by their paths, as a profile names them.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::sample::{SAMPLE_RECORDS_MAX, Sample, SampleFormat};
use super::SampleError;
use crate::process_dataset::input::{Encoding, EncodingBasis};

/// Keys of one file that are looked at.
const COLUMNS_MAX: usize = 500;

/// Steps of the longest path.
const PATH_STEPS_MAX: usize = 8;

/// Takes a sample of JSON Lines.
pub(super) fn sample(
    bytes: &[u8],
    name: &str,
    encoding: (Encoding, EncodingBasis),
) -> Result<Sample, SampleError> {
    let mut sample = Sample {
        name: name.to_owned(),
        format: SampleFormat::JsonLines,
        encoding,
        columns: Vec::new(),
        numbers: Vec::new(),
        rows: Vec::new(),
        odd_records: 0,
    };
    let mut places = HashMap::new();
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    for line in lines
        .filter(|line| !line.trim_ascii().is_empty())
        .take(SAMPLE_RECORDS_MAX)
    {
        match serde_json::from_slice::<Members<'_>>(line) {
            Ok(members) => row(members, &mut sample, &mut places),
            Err(_) => sample.odd_records += 1,
        }
    }
    if sample.rows.is_empty() && sample.odd_records > 0 {
        return Err(SampleError::JsonDocument);
    }
    let columns = sample.columns.len();
    for row in &mut sample.rows {
        row.resize(columns, None);
    }
    Ok(sample)
}

/// The members of an object, in its order.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'j> Deserialize<'j> for Members<'j> {
    fn deserialize<D: Deserializer<'j>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Collect)
    }
}

struct Collect;

impl<'j> Visitor<'j> for Collect {
    type Value = Members<'j>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

fn row(members: Members<'_>, sample: &mut Sample, places: &mut HashMap<String, usize>) {
    let mut row: Vec<Option<String>> = vec![None; sample.columns.len()];
    // Last in, first out: reversed, so that columns stand in the order of the file.
    let mut left: Vec<(String, usize, &RawValue)> = members
        .0
        .into_iter()
        .rev()
        .map(|(key, value)| (key, 1, value))
        .collect();
    while let Some((key, steps, value)) = left.pop() {
        let raw = value.get();
        if raw.starts_with('{') {
            if steps < PATH_STEPS_MAX
                && let Ok(Members(inner)) = serde_json::from_str(raw)
            {
                let inner = inner.into_iter().rev();
                left.extend(inner.map(|(step, value)| (format!("{key}.{step}"), steps + 1, value)));
            }
            continue;
        }
        let place = match places.get(&key) {
            Some(&place) => place,
            None if sample.columns.len() == COLUMNS_MAX => continue,
            None => {
                places.insert(key.clone(), sample.columns.len());
                sample.columns.push(key);
                sample.numbers.push(true);
                row.push(None);
                sample.columns.len() - 1
            }
        };
        let text = match raw.as_bytes().first() {
            Some(b'n') => None,
            Some(b'"') => serde_json::from_str(raw).ok(),
            _ => Some(raw.to_owned()),
        };
        let number = raw.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if text.is_some() {
            sample.numbers[place] &= number;
        }
        row[place] = text;
    }
    sample.rows.push(row);
}
