//! Objects of JSON as rows: nested ones by their paths, as a profile names them.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::sample::{SAMPLE_RECORDS_MAX, Sample, SampleFormat};
use super::SampleError;
use crate::process_dataset::head::ColumnType;
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
        encoding: Some(encoding),
        columns: Vec::new(),
        types: Vec::new(),
        rows: Vec::new(),
        odd_records: 0,
    };
    let mut places = Places::default();
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
    sample.types = places.types(&sample.columns);
    Ok(sample)
}

/// Where each key's values stand, and of which types they are.
#[derive(Default)]
struct Places {
    columns: HashMap<String, usize>,
    seen: Vec<Seen>,
    /// Keys that hold an object somewhere, and such that hold a list.
    objects: HashSet<String>,
    lists: HashSet<String>,
}

/// Which types a column's values have.
#[derive(Clone, Copy, Default)]
struct Seen {
    text: bool,
    number: bool,
    /// One record has it twice, which leaves open what counts.
    twice: bool,
}

impl Places {
    /// One text among numbers makes texts of all: they are then read as texts are.
    fn types(&self, columns: &[String]) -> Vec<ColumnType> {
        let type_of = |(key, seen): (&String, &Seen)| match seen {
            _ if self.objects.contains(key) || self.lists.contains(key) => ColumnType::Unusable,
            // With a list on its way, a path leads to many values.
            _ if key
                .match_indices('.')
                .any(|(dot, _)| self.lists.contains(&key[..dot])) =>
            {
                ColumnType::Unusable
            }
            Seen { twice: true, .. } => ColumnType::Unusable,
            Seen {
                number: true,
                text: false,
                ..
            } => ColumnType::Number,
            _ => ColumnType::Text,
        };
        columns.iter().zip(&self.seen).map(type_of).collect()
    }
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

fn row(members: Members<'_>, sample: &mut Sample, places: &mut Places) {
    let mut row: Vec<Option<String>> = vec![None; sample.columns.len()];
    // Last in, first out: reversed, so that columns stand in the order of the file.
    let mut left: Vec<(String, usize, &RawValue)> = members
        .0
        .into_iter()
        .rev()
        .map(|(key, value)| (key, 1, value))
        .collect();
    let mut given: Vec<usize> = Vec::new();
    while let Some((key, steps, value)) = left.pop() {
        let raw = value.get();
        if raw.starts_with('{') {
            if steps < PATH_STEPS_MAX
                && let Ok(Members(inner)) = serde_json::from_str(raw)
            {
                let inner = inner.into_iter().rev();
                left.extend(inner.map(|(step, value)| (format!("{key}.{step}"), steps + 1, value)));
            }
            if places.objects.len() < COLUMNS_MAX {
                places.objects.insert(key);
            }
            continue;
        }
        let place = match places.columns.get(&key) {
            Some(&place) => place,
            None if sample.columns.len() == COLUMNS_MAX => continue,
            None => {
                places.columns.insert(key.clone(), sample.columns.len());
                places.seen.push(Seen::default());
                sample.columns.push(key);
                row.push(None);
                sample.columns.len() - 1
            }
        };
        let seen = &mut places.seen[place];
        seen.twice |= given.contains(&place);
        given.push(place);
        row[place] = match raw.as_bytes().first() {
            Some(b'n') => None,
            Some(b'"') => {
                seen.text = true;
                serde_json::from_str(raw).ok()
            }
            Some(b'[') => {
                places.lists.insert(sample.columns[place].clone());
                Some(raw.to_owned())
            }
            first => {
                let word = matches!(first, Some(b't' | b'f'));
                seen.text |= word;
                seen.number |= !word;
                Some(raw.to_owned())
            }
        };
    }
    sample.rows.push(row);
}
