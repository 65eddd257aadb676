//! What has been counted of a dataset.

use std::collections::BTreeMap;

use nexus_schema::money::{Money, Total};
use serde::{Deserialize, Serialize};

use super::reject::RejectReason;
use super::standardise::Row;
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
    pub(super) fn load(&mut self, row: &Row<'_>) {
        self.rows_read += 1;
        self.loaded += 1;
        self.min_date = Some(self.min_date.map_or(row.date, |min| min.min(row.date)));
        self.max_date = self.max_date.max(Some(row.date));
        self.negative += u64::from(row.amount.is_negative());
        self.zero += u64::from(row.amount.is_zero());
        let currency = row.currency.unwrap_or(Currency::UNSTATED);
        self.currencies.entry(currency).or_default().add(row.amount);
    }

    /// Counts one record rejected.
    pub(super) fn reject(&mut self, reason: RejectReason) {
        self.rows_read += 1;
        *self.rejected.entry(reason).or_default() += 1;
    }
}
