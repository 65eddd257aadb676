//! Made-up transactions: the same rows and seed give the same bytes, on every machine and with
//! every version of every crate.
//!
//! Two years of a company's payments in the layout of the shipped profile
//! `canonical-transactions`: log-normal-like amounts, credit notes, round amounts, amounts just
//! below an approval limit, payments made twice, postings at night. A known share of the rows is
//! faulty in a known way, so that what a load must find is known beforehand.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use nexus_schema::money::Money;

use crate::process_dataset::reject::RejectReason;
use crate::process_dataset::tally::{CurrencyTally, Tally};
use crate::process_dataset::text::currency::Currency;

mod faults;
mod json_lines;
mod line;
mod parquet;
mod plain;
mod rng;
#[cfg(test)]
mod tests;
mod transaction;
mod world;

use faults::{FAULTS, Fault};
use line::Line;
use rng::Rng;
use transaction::Transactions;
use world::World;

/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generator {
    /// Rows, the faulty ones included; the header comes on top.
    pub rows: u64,
    /// Another seed, another company.
    pub seed: u64,
    /// Faulty rows in a thousand, evenly spread; 0 to 1000.
    pub faults_per_mille: u32,
}

impl Default for Generator {
    fn default() -> Self {
        Self {
            rows: 1_000_000,
            seed: 1,
            faults_per_mille: 10,
        }
    }
}

/// What a load of the generated file must find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Records, without the header.
    pub rows: u64,
    /// Records that become rows.
    pub loaded: u64,
    /// Records that do not, by reason.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// Rows and their sum by currency.
    pub currencies: BTreeMap<Currency, CurrencyTally>,
    /// Bytes written, the header included.
    pub bytes: u64,
}

impl Generator {
    /// Writes the file and says what a load of it must find.
    pub fn write(&self, mut out: impl Write) -> io::Result<Expected> {
        let mut rng = Rng::new(self.seed);
        let world = World::new(&mut rng);
        let mut transactions = Transactions::new(rng, self.rows);
        let mut line = Line::new(BUFFER_BYTES);
        let mut expected = Expected {
            rows: self.rows,
            ..Expected::default()
        };
        let mut sums = [CurrencyTally::default(); world::CURRENCIES.len()];
        let mut faults = FAULTS.iter().cycle();
        line.header();
        for index in 0..self.rows {
            let transaction = transactions.draw(&world, index);
            line.write(&transaction, &world, index + 1);
            if self.is_faulty(index)
                && let Some(fault) = faults.next()
            {
                line.spoil(fault);
                *expected.rejected.entry(fault.reason()).or_default() += 1;
            } else {
                let amount = Money::from_cents(transaction.cents).unwrap_or_default();
                sums[transaction.currency].add(amount);
                expected.loaded += 1;
            }
            if line.bytes().len() >= BUFFER_BYTES {
                expected.bytes += line.bytes().len() as u64;
                out.write_all(line.bytes())?;
                line.clear();
            }
        }
        expected.bytes += line.bytes().len() as u64;
        out.write_all(line.bytes())?;
        out.flush()?;
        expected.currencies = by_currency(sums);
        Ok(expected)
    }

    /// The faulty rows lie evenly: one wherever the share, summed up, passes a whole number.
    fn is_faulty(&self, index: u64) -> bool {
        let share = u128::from(self.faults_per_mille.min(1000));
        let whole = |rows: u64| u128::from(rows) * share / 1000;
        whole(index) != whole(index + 1)
    }
}

/// The sums of the currencies that were drawn.
fn by_currency(
    sums: [CurrencyTally; world::CURRENCIES.len()],
) -> BTreeMap<Currency, CurrencyTally> {
    world::CURRENCIES
        .iter()
        .zip(sums)
        .filter(|(_, sum)| sum.count > 0)
        .filter_map(|(code, sum)| Some((Currency::parse(code.as_bytes())?, sum)))
        .collect()
}

/// Where a load differs from what the file is known to hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the load is not what was generated: {}", .0.join("; "))]
pub struct Differs(Vec<String>);

impl Expected {
    /// Compares with what a load counted; every difference is listed.
    pub fn check(&self, tally: &Tally) -> Result<(), Differs> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, found: &dyn fmt::Debug, wanted: &dyn fmt::Debug| {
            let [found, wanted] = [found, wanted].map(|value| format!("{value:?}"));
            if found != wanted {
                differences.push(format!("{what}: {found} instead of {wanted}"));
            }
        };
        compare("rows", &tally.rows_read, &self.rows);
        compare("loaded", &tally.loaded, &self.loaded);
        compare("rejected", &tally.rejected, &self.rejected);
        compare("sums", &tally.currencies, &self.currencies);
        if differences.is_empty() {
            Ok(())
        } else {
            Err(Differs(differences))
        }
    }
}
