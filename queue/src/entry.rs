//! What travels through a broker.

use std::fmt;

use nexus_jobs::Band;

/// A dispatch row on its way: which row, and the jobs it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The dispatch row's id.
    pub dispatch_id: i64,
    /// The jobs' ids, ascending.
    pub job_ids: Vec<i64>,
    /// Whether its job lost a lease before and is to be claimed alone.
    pub suspect: bool,
}

/// Most ids one entry may name: a malformed entry must not exhaust memory.
pub(crate) const ENTRY_IDS_MAX: usize = 100_000;

/// An entry as a consumer got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it carries.
    pub entry: Entry,
    /// What settles it.
    pub receipt: Receipt,
}

/// Names a delivery to the broker that made it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// The band it came from.
    pub band: Band,
    /// The broker's own id for it.
    pub id: String,
}

/// One life of what a broker holds for a lane. What was pushed in another epoch
/// may be gone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Epoch(pub String);

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({})", self.0)
    }
}

/// Ids as text, runs folded: `7,100-199`. Ids drawn in one enqueue are adjacent,
/// so a hundred of them fit in a dozen bytes, and `redis-cli` shows them readably.
pub(crate) fn write_ids(ids: &[i64]) -> String {
    use std::fmt::Write;

    let mut text = String::with_capacity(24);
    let mut rest = ids;
    while let Some(&first) = rest.first() {
        let run = rest
            .iter()
            .enumerate()
            .take_while(|&(n, &id)| {
                i64::try_from(n).is_ok_and(|n| first.checked_add(n) == Some(id))
            })
            .count();
        if !text.is_empty() {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = match run {
            1 => write!(text, "{first}"),
            _ => write!(text, "{first}-{}", rest[run - 1]),
        };
        rest = &rest[run..];
    }
    text
}

/// The ids of [`write_ids`]; `None` where the text is not of that form or names
/// more than `ids_max` ids.
pub(crate) fn read_ids(text: &str, ids_max: usize) -> Option<Vec<i64>> {
    let mut ids = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
        let count = usize::try_from(last.checked_sub(first)?)
            .ok()?
            .checked_add(1)?;
        if first < 1 || count > ids_max.saturating_sub(ids.len()) {
            return None;
        }
        ids.extend(first..=last);
    }
    Some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_are_folded() {
        assert_eq!(write_ids(&[7, 100, 101, 102, 200]), "7,100-102,200");
        assert_eq!(write_ids(&[1]), "1");
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        for bad in ["", "x", "5-3", "1-99999999999", "-4", "0", "1,,2"] {
            assert_eq!(read_ids(bad, 1000), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn ids_survive(ids in prop::collection::btree_set(1_i64.., 1..200)) {
            let ids: Vec<i64> = ids.into_iter().collect();
            prop_assert_eq!(read_ids(&write_ids(&ids), 200), Some(ids));
        }
    }
}
