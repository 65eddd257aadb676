//! What has been counted of a dataset.

use std::collections::BTreeMap;

use nexus_schema::money::{Money, Total};
use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::reject::RejectReason;
use super::text::currency::Currency;
use super::text::date::Date;

/// Counts and sums over the records read so far. `rows_read = loaded + rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Records, without the header and blank lines.
    pub rows_read: u64,
    /// Records that became rows.
    pub loaded: u64,
    /// Records that did not, by reason; reasons that never occurred are absent.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// The earliest date loaded.
    pub min_date: Option<Date>,
    /// The latest date loaded.
    pub max_date: Option<Date>,
    /// Rows loaded and their sum by currency; under the empty text, those that state none.
    pub currencies: BTreeMap<Currency, CurrencyTally>,
    /// Rows loaded with an amount below zero.
    pub negative: u64,
    /// Rows loaded with an amount of exactly zero.
    pub zero: u64,
}

/// Rows loaded in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyTally {
    /// How many.
    pub count: u64,
    /// Their exact sum.
    pub sum: Total,
}

impl CurrencyTally {
    /// Counts one more amount.
    #[inline]
    pub(crate) fn add(&mut self, amount: Money) {
        self.count += 1;
        self.sum += amount;
    }
}

impl Tally {
    /// All records rejected, whatever the reason.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Counts one row loaded.
    #[inline]
    pub(super) fn load(&mut self, cells: &[Cell<'_>], at: Positions) {
        self.rows_read += 1;
        self.loaded += 1;
        if let Some(Cell::Day(date)) = at.date.and_then(|at| cells.get(at)) {
            self.min_date = Some(self.min_date.map_or(*date, |min| min.min(*date)));
            self.max_date = self.max_date.max(Some(*date));
        }
        if let Some(Cell::Money(amount)) = at.amount.and_then(|at| cells.get(at)) {
            self.negative += u64::from(amount.is_negative());
            self.zero += u64::from(amount.is_zero());
            let currency = match at.currency.and_then(|at| cells.get(at)) {
                Some(Cell::Currency(currency)) => *currency,
                _ => Currency::UNSTATED,
            };
            self.currencies.entry(currency).or_default().add(*amount);
        }
    }

    /// Counts one record rejected.
    pub(super) fn reject(&mut self, reason: RejectReason) {
        self.rows_read += 1;
        *self.rejected.entry(reason).or_default() += 1;
    }
}

/// Where, among a row's cells, those are that totals are kept of; `None` in a table without.
#[derive(Clone, Copy, Debug)]
pub(super) struct Positions {
    pub(super) date: Option<usize>,
    pub(super) amount: Option<usize>,
    pub(super) currency: Option<usize>,
}
