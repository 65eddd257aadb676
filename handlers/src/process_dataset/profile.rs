//! A profile: how one kind of file says what it says. Read from TOML, checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::cell::Cell;
use super::format::FormatChoice;
use super::input::Encoding;
use super::parquet_file::Doubles;
use super::text::amount::AmountStyle;
use super::text::blank::Blanks;
use super::text::clean::Cleaning;
use super::text::date::Date;
use super::text::instant::{DayStyle, InstantStyle};

mod amount;
mod clean;
mod columns;
mod csv;
mod dates;
mod defaults;
mod duplicates;
mod field;
mod format;
mod mistakes;
mod shape;
#[cfg(test)]
mod tests;

pub use super::table::DatasetType;
pub use csv::{CsvStyle, Escape, LongRows, Mark, ShortRows, StrayQuotes};
pub use defaults::Defaults;
pub use duplicates::Duplicates;
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
    /// What rows that say nothing have.
    pub defaults: Defaults,
    /// The format, or that the file's bytes tell it.
    pub format: FormatChoice,
    /// The encoding; `None`: the file's bytes tell it.
    pub encoding: Option<Encoding>,
    /// What becomes of binary floating-point columns of Parquet.
    pub doubles: Doubles,
    /// Rows with the same natural key, and what becomes of them.
    pub duplicates: Duplicates,
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
    /// What a row that says nothing of the field has.
    pub fn default_of(&self, field: Field) -> Cell<'static> {
        self.defaults.of(field)
    }

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
    let defaults = defaults::check(&shape.defaults, dataset_type, mistakes);
    let columns = columns::check(shape, dataset_type, &defaults, mistakes);
    let amount = amount::check(&shape.amount, mistakes);
    let date = dates::day("date", &shape.date, mistakes);
    let date_bounds = dates::bounds(&shape.date, mistakes);
    let timestamp = dates::instant("timestamp", &shape.timestamp, mistakes);
    let posted_at = dates::instant("posted_at", &shape.posted_at, mistakes);
    let clean = clean::check(shape, mistakes);
    let format = format::format(shape.format.as_deref(), mistakes);
    let encoding = format::encoding(shape.encoding.as_deref(), mistakes);
    let doubles = format::doubles(shape.parquet.doubles.as_deref(), mistakes);
    let duplicates = duplicates::check(shape, dataset_type, &columns.0, mistakes);
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
        defaults,
        format: format?,
        encoding,
        doubles: doubles?,
        duplicates,
        blanks: Blanks::new(&shape.blanks),
        clean: clean?,
    })
}
