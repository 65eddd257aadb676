//! What was generated: what a load of it must find.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nexus_handlers::process_dataset::reject::RejectReason;
use nexus_handlers::process_dataset::tally::CurrencyTally;
use nexus_handlers::process_dataset::text::currency::Currency;
use serde::Serialize;

use crate::output::Look;
use crate::output::number::{bytes, grouped, percent};
use crate::output::page::Page;
use crate::output::table::{Column, Table};

/// What was seeded: what a load of the file must find.
#[derive(Debug, Serialize)]
pub(crate) struct Generated {
    /// The file; none on standard output.
    pub(crate) file: Option<PathBuf>,
    /// Size of the rows before compression.
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) loaded: u64,
    pub(crate) rejected: BTreeMap<RejectReason, u64>,
    pub(crate) currencies: BTreeMap<Currency, CurrencyTally>,
}

impl Generated {
    /// What was seeded, for people.
    pub(crate) fn render(&self, look: &Look) -> String {
        let place = self.file.as_ref().map(|path| path.display().to_string());
        let mut page = Page::new(look, place.as_deref().unwrap_or("standard output"));
        page.field("size", &bytes(self.bytes));
        page.field("rows", &grouped(self.rows));
        page.field("good", &grouped(self.loaded));
        page.section("faulty on purpose");
        let mut faults = Table::new([
            Column::new("REASON"),
            Column::number("ROWS"),
            Column::number("SHARE"),
        ]);
        for (reason, rows) in &self.rejected {
            faults.row([reason.to_string(), grouped(rows), percent(*rows, self.rows)]);
        }
        page.table(&faults);
        page.section("sums of the good rows");
        let mut sums = Table::new([
            Column::new("CURRENCY"),
            Column::number("ROWS"),
            Column::number("SUM"),
        ]);
        for (currency, tally) in &self.currencies {
            let sum = grouped(tally.sum.short());
            sums.row([currency.to_string(), grouped(tally.count), sum]);
        }
        page.table(&sums);
        if let Some(place) = place {
            page.section("load it");
            page.line("nexus cases open NAME --examiner WHO");
            page.line(&format!("nexus datasets load {place} \\"));
            page.line("--case NAME --profile canonical-transactions --wait");
        }
        page.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seeded_fits_a_page() {
        let generated = Generated {
            file: Some("data/generated-1000-1.csv".into()),
            bytes: 131_437,
            rows: 1000,
            loaded: 990,
            rejected: [(RejectReason::BadDate, 6), (RejectReason::MissingField, 4)].into(),
            currencies: [(
                Currency::parse(b"EUR").unwrap(),
                CurrencyTally {
                    count: 990,
                    sum: nexus_schema::money::Total::from_ten_thousandths(12_345_678_900),
                },
            )]
            .into(),
        };
        insta::assert_snapshot!(generated.render(&Look::fixed()), @r"
        data/generated-1000-1.csv
          size          131.4 kB
          rows          1,000
          good          990

        faulty on purpose
          REASON         ROWS  SHARE
          missing_field     4  0.4 %
          bad_date          6  0.6 %

        sums of the good rows
          CURRENCY  ROWS           SUM
          EUR        990  1,234,567.89

        load it
          nexus cases open NAME --examiner WHO
          nexus datasets load data/generated-1000-1.csv \
          --case NAME --profile canonical-transactions --wait
        ");
    }
}
