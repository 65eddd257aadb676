//! What is known of a column once its rows are loaded, and after a later file too.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::TOP_VALUES;
use super::kind::ValueKind;
use super::sketch::Sketch;

/// What is recorded of one column. Counts are of rows that were loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// The field's name in profiles, and the column's in the table.
    pub field: String,
    /// What its values are.
    pub kind: ValueKind,
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// Distinct values; unless exact, an estimate with a standard error of 1.6 %.
    pub distinct: u64,
    /// `distinct` is exact: there are at most 512.
    pub distinct_is_exact: bool,
    /// Characters of the shortest text. `None` where the column holds no texts, or no value.
    pub length_min: Option<u64>,
    /// Characters of the longest text.
    pub length_max: Option<u64>,
    /// The smallest value, as text; `None` where there is none.
    pub value_min: Option<String>,
    /// The largest value.
    pub value_max: Option<String>,
    /// The most frequent values, the most frequent first: at most ten of those that occur more
    /// than once and whose count is known within a factor of two. A value that makes up 1/128 of
    /// a file's values is always known that well.
    pub top: Vec<TopValue>,
    /// No value that is not in `top` occurs more often.
    pub unlisted_at_most: u64,
    /// What a later file's values are counted together with.
    pub sketch: Sketch,
}

/// A frequent value. The two counts are the same where its count is exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopValue {
    /// As text, the first 64 bytes and then `…`.
    pub value: String,
    /// Tells values apart whose texts were cut to the same.
    pub hash: u64,
    /// It occurs so often or more.
    pub at_least: u64,
    /// It occurs so often or less.
    pub at_most: u64,
}

impl ColumnReport {
    /// The report of both files together. The later one is of the same column.
    ///
    /// Rows, nulls and ranges come out as of one file; so do distinct values, exact up to 512 and
    /// estimated from there. A top value's bounds stay true, but are wider where only one of the
    /// files lists it.
    #[must_use]
    pub fn merge(self, later: &Self) -> Self {
        let kind = self.kind;
        let sketch = self.sketch.merge(&later.sketch);
        let (rows, nulls) = (self.rows + later.rows, self.nulls + later.nulls);
        let top = together(
            (self.top, self.unlisted_at_most),
            (&later.top, later.unlisted_at_most),
        );
        let (top, unlisted_at_most) = listed(top, self.unlisted_at_most + later.unlisted_at_most);
        let smaller = |a: &String, b: &String| kind.compare(a, b);
        Self {
            field: self.field,
            kind,
            rows,
            nulls,
            distinct: sketch.distinct().min(rows.saturating_sub(nulls)),
            distinct_is_exact: sketch.is_exact(),
            length_min: first(self.length_min, later.length_min, Ord::cmp),
            length_max: self.length_max.max(later.length_max),
            value_min: first(self.value_min, later.value_min.clone(), smaller),
            value_max: first(self.value_max, later.value_max.clone(), |a, b| {
                smaller(b, a)
            }),
            top,
            unlisted_at_most,
            sketch,
        }
    }
}

/// Of two values, where both are there, the first by the order.
fn first<T>(a: Option<T>, b: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if order(&b, &a).is_lt() { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The values that either lists, with the bounds of their counts in both files. What one of them
/// does not list may be there as often as anything unlisted.
fn together(
    (mut top, unlisted): (Vec<TopValue>, u64),
    (later, later_unlisted): (&[TopValue], u64),
) -> Vec<TopValue> {
    let same = |value: &TopValue| later.iter().find(|other| other.hash == value.hash);
    let only_later: Vec<TopValue> = later
        .iter()
        .filter(|other| top.iter().all(|value| value.hash != other.hash))
        .map(|other| TopValue {
            at_most: other.at_most + unlisted,
            ..other.clone()
        })
        .collect();
    for value in &mut top {
        let (at_least, at_most) =
            same(value).map_or((0, later_unlisted), |other| (other.at_least, other.at_most));
        value.at_least += at_least;
        value.at_most += at_most;
    }
    top.extend(only_later);
    top
}

/// The values worth listing, in order, and the bound for all others; `rest` is that of values
/// which are not among the given.
pub(super) fn listed(values: Vec<TopValue>, rest: u64) -> (Vec<TopValue>, u64) {
    let (mut top, vague): (Vec<_>, Vec<_>) = values
        .into_iter()
        .partition(|value| value.at_least > 1 && value.at_most.div_ceil(2) <= value.at_least);
    top.sort_unstable_by(|a, b| {
        let by_count = (b.at_least, b.at_most).cmp(&(a.at_least, a.at_most));
        by_count.then_with(|| (&a.value, a.hash).cmp(&(&b.value, b.hash)))
    });
    let beyond = top.split_off(top.len().min(TOP_VALUES));
    let unlisted = vague.iter().chain(&beyond).map(|value| value.at_most);
    (top, unlisted.fold(rest, u64::max))
}
