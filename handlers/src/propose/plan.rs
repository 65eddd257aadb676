//! Everything that has been decided, before it is put into words.

use super::amounts::{Amounts, Mark};
use super::answers::{Answers, DecimalMark};
use super::facts::Facts;
use super::mapping::{self, Pair};
use super::sample::Sample;
use super::words;
use crate::process_dataset::head::ColumnType;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::{ColumnKind, DatasetType};
use crate::process_dataset::text::date::Date;
use crate::process_dataset::text::steps::Steps;

/// Everything that has been decided, before it is put into words.
pub(super) struct Plan<'s> {
    pub(super) sample: &'s Sample,
    pub(super) answers: Answers,
    pub(super) dataset_type: DatasetType,
    /// What the rows may be as well, where that is open.
    pub(super) types_open: Vec<DatasetType>,
    pub(super) facts: Vec<Facts<'s>>,
    pub(super) pairs: Vec<Pair>,
    /// Those of every column that an amount comes from.
    pub(super) amounts: Amounts,
}

impl Plan<'_> {
    pub(super) fn pair(&self, field: Field) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.field == field)
    }

    pub(super) fn facts_of(&self, field: Field) -> Option<&Facts<'_>> {
        Some(&self.facts[self.pair(field)?.column])
    }

    /// The mark before the decimals: a proof goes before an answer. `None` while it is open.
    pub(super) fn decimal_mark(&self) -> Option<DecimalMark> {
        match self.amounts.mark() {
            Mark::Any => Some(self.answers.decimal_mark.unwrap_or(DecimalMark::Point)),
            Mark::Proven(mark, _) => Some(mark),
            Mark::Open(_) | Mark::Mixed(..) => self.answers.decimal_mark,
        }
    }

    /// The column that counts days, weeks and so on, where no column has dates.
    pub(super) fn step_column(&self) -> Option<usize> {
        let wanted = self.dataset_type.by_month() && self.pair(Field::Date).is_none();
        let steps = |&column: &usize| {
            let facts = &self.facts[column];
            facts.usable
                && words::says_steps(facts.header.unwrap_or_default())
                && facts.most(facts.steps(), 100)
                && !self.pairs.iter().any(|pair| pair.column == column)
        };
        wanted.then(|| (0..self.facts.len()).find(steps)).flatten()
    }

    /// What the column of steps counts: epoch times say it themselves.
    pub(super) fn steps(&self) -> Option<Steps> {
        let facts = &self.facts[self.step_column()?];
        let epoch = || {
            let origin = Date::from_ymd(1970, 1, 1)?;
            Some(Steps {
                origin,
                unit: facts.epoch()?,
            })
        };
        self.answers.steps.or_else(epoch)
    }

    /// Columns of binary floats that some field comes from.
    pub(super) fn binary_floats(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.pairs.iter().map(|pair| pair.column).collect();
        columns.extend(self.step_column());
        columns.retain(|&column| self.facts[column].kind == ColumnType::Float);
        columns.dedup();
        columns
    }

    /// A text column whose ids a spreadsheet turned into floats.
    pub(super) fn floats(&self) -> impl Iterator<Item = (&Pair, &Facts<'_>)> {
        let text = |pair: &&Pair| {
            matches!(
                mapping::kind(pair.field),
                ColumnKind::Text | ColumnKind::RowId
            )
        };
        let pairs = self.pairs.iter().filter(text);
        pairs
            .map(|pair| (pair, &self.facts[pair.column]))
            .filter(|(_, facts)| facts.most(facts.floats(), 100))
    }

    /// Columns whose dates are read by the section of a profile that is called so.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, &Facts<'_>)> {
        let sections = [Field::Date, Field::Timestamp, Field::PostedAt];
        sections
            .into_iter()
            .filter_map(|field| Some((field.name(), self.facts_of(field)?)))
    }
}
