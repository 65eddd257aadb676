//! Whether a load found exactly what was seeded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use nexus_schema::datasets::DatasetDetail;

use crate::commands::generate::Generated;
use crate::output::number::grouped;

/// Every difference between what was seeded and what a load found; none if they match exactly.
pub(super) fn differences(seeded: &Generated, found: &DatasetDetail) -> Vec<String> {
    let mut differences = Vec::new();
    let dataset = &found.dataset;
    if dataset.state != "loaded" {
        let why = dataset.error.as_deref().unwrap_or("no error is recorded");
        differences.push(format!("the dataset is {}: {why}", dataset.state));
    }
    let mut compare = |what: &str, seeded: &dyn Display, found: &dyn Display| {
        let (seeded, found) = (seeded.to_string(), found.to_string());
        if seeded != found {
            let (seeded, found) = (grouped(seeded), grouped(found));
            differences.push(format!("{what}: {found} instead of {seeded}"));
        }
    };
    compare("rows read", &seeded.rows, &dataset.rows_read);
    compare("rows loaded", &seeded.loaded, &dataset.rows_loaded);
    let rejected: u64 = seeded.rejected.values().sum();
    compare("rows rejected", &rejected, &dataset.rows_rejected);
    for (reason, seeded, found) in reasons(seeded, found) {
        compare(&format!("rejected as {reason}"), &seeded, &found);
    }
    for (currency, wanted, got) in currencies(seeded, found) {
        let currency = if currency.is_empty() {
            "no currency"
        } else {
            &currency
        };
        compare(&format!("{currency}, rows"), &wanted.0, &got.0);
        compare(&format!("{currency}, sum"), &wanted.1, &got.1);
    }
    differences
}

/// The rows of every reason that was seeded or found: seeded, found.
pub(super) fn reasons(seeded: &Generated, found: &DatasetDetail) -> Vec<(String, i64, i64)> {
    let wanted: BTreeMap<&str, i64> = seeded
        .rejected
        .iter()
        .map(|(reason, rows)| (reason.as_str(), i64::try_from(*rows).unwrap_or(i64::MAX)))
        .collect();
    let got: BTreeMap<&str, i64> = found
        .rejects
        .iter()
        .map(|count| (count.reason.as_str(), count.rows))
        .collect();
    let all: BTreeSet<&str> = wanted.keys().chain(got.keys()).copied().collect();
    let rows = |of: &BTreeMap<&str, i64>, reason| of.get(reason).copied().unwrap_or_default();
    all.into_iter()
        .map(|reason| (reason.to_owned(), rows(&wanted, reason), rows(&got, reason)))
        .collect()
}

/// How many rows, and their sum, as text: numbers of two sources print alike.
type RowsAndSum = (String, String);

/// Rows and sum of every currency that was seeded or found, as text: seeded, found.
fn currencies(seeded: &Generated, found: &DatasetDetail) -> Vec<(String, RowsAndSum, RowsAndSum)> {
    let wanted: BTreeMap<String, RowsAndSum> = seeded
        .currencies
        .iter()
        .map(|(currency, of)| {
            (
                currency.to_string(),
                (of.count.to_string(), of.sum.to_string()),
            )
        })
        .collect();
    let got: BTreeMap<String, RowsAndSum> = found
        .sums
        .iter()
        .map(|sum| {
            (
                sum.currency.clone(),
                (sum.rows.to_string(), sum.amount_sum.to_string()),
            )
        })
        .collect();
    let none = || ("0".to_owned(), "0.0000".to_owned());
    let of = |sums: &BTreeMap<String, RowsAndSum>, currency| {
        sums.get(currency).cloned().unwrap_or_else(none)
    };
    let all: BTreeSet<&String> = wanted.keys().chain(got.keys()).collect();
    all.into_iter()
        .map(|currency| (currency.clone(), of(&wanted, currency), of(&got, currency)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{found, seeded};
    use super::*;

    #[test]
    fn a_load_of_what_was_seeded_has_no_difference() {
        assert_eq!(differences(&seeded(), &found()), Vec::<String>::new());
    }

    #[test]
    fn one_row_or_one_cent_is_a_difference() {
        let mut wrong = found();
        wrong.dataset.rows_loaded -= 1;
        wrong.rejects[0].rows += 1;
        wrong.sums.remove(0);
        insta::assert_snapshot!(differences(&seeded(), &wrong).join("\n"), @r"
        rows loaded: 989,999 instead of 990,000
        rejected as bad_date: 6,001 instead of 6,000
        no currency, rows: 0 instead of 10
        no currency, sum: 0.0000 instead of -100.0000
        ");
    }
}
