//! The rows as they are, for formats that are not lines of CSV.

use std::io::{self, Write};

use nexus_schema::money::Money;

use super::rng::Rng;
use super::transaction::{Transaction, Transactions};
use super::world::{CURRENCIES, OWN_ACCOUNTS, World};
use super::{CurrencyTally, Expected, Generator, by_currency};

/// 2024-01-01, the day from which transactions count theirs, in days since 1970.
pub(super) const FIRST_DAY: usize = 19_723;

impl Generator {
    /// Draws every row, with its number from 1, and says what a load of them must find. Faults
    /// are texts that no type can hold, so they are refused.
    pub(super) fn each_row(
        &self,
        world: &World,
        rng: Rng,
        mut take: impl FnMut(&Transaction, u64) -> io::Result<()>,
    ) -> io::Result<Expected> {
        if self.faults_per_mille > 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "faulty rows can be written as CSV only: ask for none in a thousand",
            ));
        }
        let mut transactions = Transactions::new(rng, self.rows);
        let mut sums = [CurrencyTally::default(); CURRENCIES.len()];
        for index in 0..self.rows {
            let transaction = transactions.draw(world, index);
            let amount = Money::from_cents(transaction.cents).unwrap_or_default();
            sums[transaction.currency].add(amount);
            take(&transaction, index + 1)?;
        }
        Ok(Expected {
            rows: self.rows,
            loaded: self.rows,
            currencies: by_currency(sums),
            ..Expected::default()
        })
    }
}

/// The accounts that a transaction's money leaves and goes to.
pub(super) fn accounts<'a>(transaction: &Transaction, world: &'a World) -> [&'a str; 2] {
    let own = OWN_ACCOUNTS[transaction.currency];
    let other = world.parties[transaction.party].account.as_str();
    if transaction.cents < 0 {
        [other, own]
    } else {
        [own, other]
    }
}

/// A field of CSV as the text that it means.
pub(super) fn unquoted(field: &str) -> String {
    field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'))
        .map_or_else(|| field.to_owned(), |field| field.replace("\"\"", "\""))
}

/// Counts what passes.
pub(super) struct Counted<W> {
    pub(super) inner: W,
    pub(super) bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
