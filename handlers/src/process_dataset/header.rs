//! The header against the profile: which column of the file holds which field.

use std::collections::BTreeMap;
use std::fmt;

use super::profile::{Field, Profile, Source};
use super::records::Record;
use super::reject::raw_text;
use super::text::blank::trim;

/// Bytes of a column's name that are kept for messages and rejects.
const NAME_BYTES_MAX: usize = 100;
/// Columns of the file that an error message lists.
const NAMES_SHOWN_MAX: usize = 30;

/// Where the fields are in this file's records. Columns are counted from 0.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Fields that every record must have.
    pub(super) width: usize,
    /// `None`: the record's ordinal is its id.
    pub(super) row_id: Option<usize>,
    pub(super) date: usize,
    pub(super) timestamp: Option<usize>,
    pub(super) posted_at: Option<usize>,
    pub(super) amount: AmountColumns,
    pub(super) currency: Option<usize>,
    pub(super) texts: [Option<usize>; Field::TEXTS.len()],
    /// The columns that any field comes from.
    pub(super) used: Vec<usize>,
    /// What the columns are called: their header, or their position counted from 1.
    pub(super) names: Vec<String>,
}

/// Where the amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AmountColumns {
    Single(usize),
    /// The amount is credit less debit.
    Pair {
        debit: usize,
        credit: usize,
    },
}

/// The header does not have what the profile asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// Columns that the profile names and the file lacks, each as `field = "column"`.
    pub missing: Vec<String>,
    /// Columns that the profile names and the file has more than once.
    pub ambiguous: Vec<String>,
    /// The columns that the file has.
    pub found: Vec<String>,
    /// The header was not even readable as a record.
    pub unreadable: bool,
}

impl std::error::Error for HeaderError {}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header does not fit the profile")?;
        if self.unreadable {
            return f.write_str(": its first line is too long, or has a quote that is not closed");
        }
        if !self.missing.is_empty() {
            write!(f, "; missing {}", self.missing.join(", "))?;
        }
        if !self.ambiguous.is_empty() {
            write!(
                f,
                "; more than one column is called {}",
                self.ambiguous.join(", ")
            )?;
        }
        let shown = self.found.len().min(NAMES_SHOWN_MAX);
        write!(f, "; the file has {}", self.found[..shown].join(", "))?;
        match self.found.len() - shown {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl HeaderError {
    pub(super) fn unreadable() -> Self {
        Self {
            missing: Vec::new(),
            ambiguous: Vec::new(),
            found: Vec::new(),
            unreadable: true,
        }
    }
}

impl Layout {
    /// Fits the first record, which is the header if the profile says that there is one. Without
    /// a header, the first record's width is every record's.
    pub(super) fn resolve(profile: &Profile, first: Record<'_>) -> Result<Self, HeaderError> {
        let names = names(profile.csv.header, first);
        let mut missing = Vec::new();
        let mut ambiguous = Vec::new();
        let mut columns = BTreeMap::new();
        for (field, source) in &profile.columns {
            match locate(source, &names) {
                Located::At(column) => {
                    columns.insert(*field, column);
                }
                Located::Ordinal => {}
                Located::Nowhere if profile.optional_columns.contains(field) => {}
                Located::Nowhere => missing.push(wanted(*field, source)),
                Located::Ambiguous => ambiguous.push(wanted(*field, source)),
            }
        }
        if !missing.is_empty() || !ambiguous.is_empty() {
            return Err(HeaderError {
                missing,
                ambiguous,
                found: names,
                unreadable: false,
            });
        }
        let column = |field| columns.get(&field).copied();
        let pair = column(Field::Debit).zip(column(Field::Credit));
        let single = column(Field::Amount).map(AmountColumns::Single);
        let amount = single.or(pair.map(|(debit, credit)| AmountColumns::Pair { debit, credit }));
        // A checked profile has both; the check is repeated rather than trusted.
        let (Some(date), Some(amount)) = (column(Field::Date), amount) else {
            let missing = vec!["date and amount".to_owned()];
            return Err(HeaderError {
                missing,
                ambiguous,
                found: names,
                unreadable: false,
            });
        };
        let mut used: Vec<usize> = columns.values().copied().collect();
        used.sort_unstable();
        used.dedup();
        Ok(Self {
            width: names.len(),
            row_id: column(Field::RowId),
            date,
            timestamp: column(Field::Timestamp),
            posted_at: column(Field::PostedAt),
            amount,
            currency: column(Field::Currency),
            texts: Field::TEXTS.map(column),
            used,
            names,
        })
    }
}

fn names(header: bool, first: Record<'_>) -> Vec<String> {
    let name = |index| {
        if !header {
            return format!("{}", index + 1);
        }
        let mut name = String::new();
        raw_text(trim(first.field(index)), NAME_BYTES_MAX, &mut name);
        name
    };
    (0..first.width()).map(name).collect()
}

enum Located {
    At(usize),
    Ordinal,
    Nowhere,
    Ambiguous,
}

fn locate(source: &Source, names: &[String]) -> Located {
    match source {
        Source::Ordinal => Located::Ordinal,
        Source::Position(position) if *position <= names.len() => Located::At(position - 1),
        Source::Position(_) => Located::Nowhere,
        Source::Name(wanted) => {
            let wanted = wanted.to_lowercase();
            let mut found = (0..)
                .zip(names)
                .filter(|(_, name)| name.to_lowercase() == wanted);
            match (found.next(), found.next()) {
                (Some((index, _)), None) => Located::At(index),
                (Some(_), Some(_)) => Located::Ambiguous,
                (None, _) => Located::Nowhere,
            }
        }
    }
}

fn wanted(field: Field, source: &Source) -> String {
    match source {
        Source::Name(name) => format!("{name:?} ({})", field.name()),
        Source::Position(position) => format!("column {position} ({})", field.name()),
        Source::Ordinal => field.name().to_owned(),
    }
}
