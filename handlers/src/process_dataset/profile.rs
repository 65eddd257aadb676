//! A profile: how one kind of file says what it says. Read from TOML, checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::text::amount::AmountStyle;
use super::text::blank::Blanks;
use super::text::clean::Cleaning;
use super::text::currency::Currency;
use super::text::date::Date;
use super::text::instant::{DayStyle, InstantStyle};

mod amount;
mod clean;
mod columns;
mod csv;
mod dates;
mod field;
mod mistakes;
mod shape;
#[cfg(test)]
mod tests;

pub use super::table::DatasetType;
pub use csv::{CsvStyle, Escape, LongRows, Mark, ShortRows, StrayQuotes};
pub use field::{Field, Source};

use mistakes::Mistakes;
use shape::ProfileShape;

/// A profile whose every part has been checked.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What the rows are.
    pub dataset_type: DatasetType,
    /// What the profile is for, in its author's words; may be empty.
    pub description: String,
    /// How records and fields are told apart.
    pub csv: CsvStyle,
    /// Where each canonical field is found.
    pub columns: BTreeMap<Field, Source>,
    /// Fields of `columns` that a file may lack as a whole.
    pub optional_columns: BTreeSet<Field>,
    /// How amounts are written.
    pub amount: AmountStyle,
    /// How dates are written.
    pub date: DayStyle,
    /// Dates outside are rejected as implausible.
    pub date_bounds: RangeInclusive<Date>,
    /// How timestamps are written.
    pub timestamp: InstantStyle,
    /// How posting times are written.
    pub posted_at: InstantStyle,
    /// The currency of rows that state none.
    pub default_currency: Option<Currency>,
    /// Texts that mean nothing is there.
    pub blanks: Blanks,
    /// What is done to texts before they are stored.
    pub clean: Cleaning,
}

/// Why a text is no usable profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, or with a key that profiles do not have, or of the wrong type. Says where.
    #[error("profile cannot be read: {0}")]
    Syntax(String),
    /// Readable but wrong; every mistake is listed.
    #[error("profile has {} mistake(s):\n  {}", .0.len(), .0.join("\n  "))]
    Mistakes(Vec<String>),
}

impl Profile {
    /// Reads and checks a profile. All mistakes beyond syntax are reported at once.
    pub fn parse(toml: &str) -> Result<Self, ProfileError> {
        let shape: ProfileShape =
            toml::from_str(toml).map_err(|error| ProfileError::Syntax(error.to_string()))?;
        let mut mistakes = Mistakes::default();
        let profile = check(&shape, &mut mistakes);
        match profile {
            Some(profile) if mistakes.is_empty() => Ok(profile),
            _ => Err(ProfileError::Mistakes(mistakes.into_lines())),
        }
    }
}

/// `None` only after a mistake; every part is looked at even so.
fn check(shape: &ProfileShape, mistakes: &mut Mistakes) -> Option<Profile> {
    let types = DatasetType::ALL;
    let dataset_type = mistakes.named("type", &shape.dataset_type, &types, DatasetType::as_str);
    let csv = csv::check(&shape.csv, mistakes);
    let columns = columns::check(shape, mistakes);
    let amount = amount::check(&shape.amount, mistakes);
    let date = dates::day("date", &shape.date, mistakes);
    let date_bounds = dates::bounds(&shape.date, mistakes);
    let timestamp = dates::instant("timestamp", &shape.timestamp, mistakes);
    let posted_at = dates::instant("posted_at", &shape.posted_at, mistakes);
    let clean = clean::check(shape, mistakes);
    let default_currency =
        shape.defaults.currency.as_ref().and_then(|text| {
            mistakes.parsed("defaults.currency", text, "three letters, like \"EUR\"")
        });
    let (columns, optional_columns) = columns;
    Some(Profile {
        dataset_type: dataset_type?,
        description: shape.description.trim().to_owned(),
        csv: csv?,
        columns,
        optional_columns,
        amount: amount?,
        date: date?,
        date_bounds: date_bounds?,
        timestamp: timestamp?,
        posted_at: posted_at?,
        default_currency,
        blanks: Blanks::new(&shape.blanks),
        clean: clean?,
    })
}
