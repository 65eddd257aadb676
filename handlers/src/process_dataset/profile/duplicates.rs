//! How a profile says which rows are the same row again, and what becomes of them.

use std::collections::BTreeMap;

use nexus_schema::datasets::DuplicatePolicy;

use super::super::table::DatasetType;
use super::field::{Field, Source};
use super::mistakes::Mistakes;
use super::shape::ProfileShape;

/// Rows with the same natural key, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// What becomes of them.
    pub policy: DuplicatePolicy,
    /// The fields that make the key; empty: no row is another's duplicate.
    pub key: Vec<Field>,
}

const POLICIES: [DuplicatePolicy; 3] = [
    DuplicatePolicy::Keep,
    DuplicatePolicy::Reject,
    DuplicatePolicy::Replace,
];

pub(super) fn check(
    shape: &ProfileShape,
    dataset_type: Option<DatasetType>,
    columns: &BTreeMap<Field, Source>,
    mistakes: &mut Mistakes,
) -> Duplicates {
    let duplicates = &shape.duplicates;
    let policy = match &duplicates.policy {
        None => Some(DuplicatePolicy::Keep),
        Some(name) => mistakes.named(
            "duplicates.policy",
            name,
            &POLICIES,
            DuplicatePolicy::as_str,
        ),
    };
    let policy = policy.unwrap_or(DuplicatePolicy::Keep);
    let key = match &duplicates.key {
        None => usual_key(dataset_type, columns),
        Some(names) => stated_key(names, columns, mistakes),
    };
    if key.is_empty() && policy != DuplicatePolicy::Keep {
        let what = "a policy needs a key; the row id is none where it is \"@row\"";
        mistakes.add("duplicates.key", what);
    }
    Duplicates { policy, key }
}

/// A party's own id, or the row's where the file has one.
fn usual_key(dataset_type: Option<DatasetType>, columns: &BTreeMap<Field, Source>) -> Vec<Field> {
    if dataset_type == Some(DatasetType::Parties) {
        return vec![Field::Role, Field::PartyId];
    }
    match columns.get(&Field::RowId) {
        Some(Source::Ordinal) | None => Vec::new(),
        Some(_) => vec![Field::RowId],
    }
}

fn stated_key(
    names: &[String],
    columns: &BTreeMap<Field, Source>,
    mistakes: &mut Mistakes,
) -> Vec<Field> {
    let mut key = Vec::new();
    for name in names {
        let Some(field) = mistakes.named("duplicates.key", name, &Field::ALL, Field::name) else {
            continue;
        };
        let amount_pair = field == Field::Amount && columns.contains_key(&Field::Debit);
        if matches!(columns.get(&field), Some(Source::Ordinal)) {
            mistakes.add(
                "duplicates.key",
                format_args!("{name} is \"@row\", which is never twice"),
            );
        } else if !columns.contains_key(&field) && !amount_pair {
            mistakes.add(
                "duplicates.key",
                format_args!("{name} is not among the columns"),
            );
        } else if key.contains(&field) {
            mistakes.add("duplicates.key", format_args!("{name} is there twice"));
        } else {
            key.push(field);
        }
    }
    key
}
