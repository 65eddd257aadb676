use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use nexus_schema::money::Money;
use proptest::prelude::*;

use super::*;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::DatasetType;
use crate::process_dataset::text::currency::Currency;
use crate::process_dataset::text::date::Date;

fn column(field: Field) -> &'static [Column] {
    let columns = DatasetType::Transactions.columns();
    let at = columns.iter().position(|column| column.field == field);
    std::slice::from_ref(&columns[at.unwrap()])
}

fn observed(field: Field, cells: &[Cell<'_>]) -> ColumnReport {
    let mut statistics = Statistics::new(column(field));
    for cell in cells {
        statistics.observe(std::slice::from_ref(cell));
    }
    statistics.reports().remove(0)
}

fn texts(values: &[Option<String>]) -> Vec<Cell<'_>> {
    let cell = |value: &str| Cell::Text(Cow::Owned(value.as_bytes().to_vec()));
    values
        .iter()
        .map(|value| value.as_deref().map_or(Cell::Null, cell))
        .collect()
}

fn shown(text: &str) -> String {
    match text.len() {
        0..=64 => text.to_owned(),
        _ => format!("{}…", &text[..text.floor_char_boundary(64)]),
    }
}

/// The values by how often they occur, and then by the text.
fn counted(values: &[Option<String>]) -> Vec<(&str, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for value in values.iter().flatten() {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| u64::MAX - count);
    counts
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "[abé]{0,2}".prop_map(Some),
        "(sixteen letters.){0,5}[a-cé€]{0,3}".prop_map(Some),
        ".{0,80}".prop_map(|text| Some(text.replace('\0', ""))),
    ]
}

/// Values of which one in two is among the first few.
fn skewed(seed: u64, length: u64, distinct: u64) -> Vec<Option<String>> {
    let value = |row: u64| {
        let random = xxhash_rust::xxh3::xxh3_64_with_seed(&row.to_le_bytes(), seed);
        let bound = [distinct, 20, 3, 1][usize::try_from(random & 3).unwrap()];
        (random & 0xf0 != 0).then(|| format!("value {}", (random >> 8) % bound))
    };
    (0..length).map(value).collect()
}

fn check_top(report: &ColumnReport, values: &[Option<String>]) -> Result<(), TestCaseError> {
    let truth = counted(values);
    prop_assert!(report.top.len() <= TOP_VALUES);
    prop_assert!(report.top.is_sorted_by(|a, b| a.at_least >= b.at_least));
    for (value, count) in truth {
        match report.top.iter().find(|top| top.value == value) {
            Some(top) => prop_assert!((top.at_least..=top.at_most).contains(&count), "{:?}", top),
            None => prop_assert!(count <= report.unlisted_at_most, "{value} {count}"),
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn few_texts_are_recorded_exactly(values in prop::collection::vec(some_text(), 0..300)) {
        let report = observed(Field::Description, &texts(&values));
        let there: Vec<&String> = values.iter().flatten().collect();
        let distinct: BTreeSet<&String> = there.iter().copied().collect();
        let lengths = || there.iter().map(|text| text.chars().count() as u64);
        prop_assert_eq!(report.rows, values.len() as u64);
        prop_assert_eq!(report.nulls, (values.len() - there.len()) as u64);
        prop_assert_eq!(report.distinct, distinct.len() as u64);
        prop_assert!(report.distinct_is_exact);
        prop_assert_eq!(report.length_min, lengths().min());
        prop_assert_eq!(report.length_max, lengths().max());
        prop_assert_eq!(report.value_min, distinct.first().map(|text| shown(text)));
        prop_assert_eq!(report.value_max, distinct.last().map(|text| shown(text)));
        let repeated = counted(&values).into_iter().filter(|&(_, count)| count > 1);
        let expected: Vec<_> = repeated.map(|(value, count)| (shown(value), count, count)).collect();
        let top = report.top.into_iter().map(|top| (top.value, top.at_least, top.at_most));
        prop_assert_eq!(top.collect::<Vec<_>>(), &expected[..expected.len().min(TOP_VALUES)]);
    }

    #[test]
    fn ranges_are_by_value(
        amounts in prop::collection::vec(-10_i64.pow(18)..10_i64.pow(18), 1..40),
        days in prop::collection::vec(-730_119_i32..2_921_940, 1..40),
    ) {
        let amounts = amounts.iter().map(|&n| Money::from_ten_thousandths(n.into()).unwrap());
        let cells: Vec<_> = amounts.clone().map(Cell::Money).collect();
        let report = observed(Field::Amount, &cells);
        prop_assert_eq!(report.value_min, amounts.clone().min().map(|amount| amount.to_string()));
        prop_assert_eq!(report.value_max, amounts.max().map(|amount| amount.to_string()));
        prop_assert_eq!(report.length_max, None);
        let days = days.iter().map(|&n| Date::from_days(n).unwrap());
        let report = observed(Field::Date, &days.clone().map(Cell::Day).collect::<Vec<_>>());
        prop_assert_eq!(report.value_min, days.clone().min().map(|day| day.to_string()));
        prop_assert_eq!(report.value_max, days.max().map(|day| day.to_string()));
    }

    #[test]
    fn a_later_file_merges_to_what_one_file_gives(
        one in prop::collection::vec(some_text(), 0..80),
        other in prop::collection::vec(some_text(), 0..80),
        third in prop::collection::vec(some_text(), 0..80),
    ) {
        let [a, b, c] = [&one, &other, &third].map(|v| observed(Field::Reference, &texts(v)));
        let merged = a.clone().merge(&b);
        let all: Vec<_> = one.into_iter().chain(other).collect();
        let whole = observed(Field::Reference, &texts(&all));
        let expected = ColumnReport {
            top: merged.top.clone(),
            unlisted_at_most: merged.unlisted_at_most,
            ..whole
        };
        prop_assert_eq!(&merged, &expected);
        let ahead = merged.merge(&c);
        let behind = a.merge(&b.merge(&c));
        let expected = ColumnReport {
            top: behind.top.clone(),
            unlisted_at_most: behind.unlisted_at_most,
            ..ahead
        };
        prop_assert_eq!(behind, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn bounds_of_top_values_are_true_after_one_file_and_two(
        seed: u64,
        lengths in [0_u64..15_000, 0_u64..15_000],
        distinct in 1_u64..4_000,
    ) {
        let values = lengths.map(|length| skewed(seed ^ length, length, distinct));
        let reports = values.each_ref().map(|v| observed(Field::PartyName, &texts(v)));
        for (report, values) in reports.iter().zip(&values) {
            check_top(report, values)?;
            let total = report.rows - report.nulls;
            for (value, count) in counted(values).into_iter().take(TOP_VALUES) {
                let frequent = count > 1 && count >= total.div_ceil(128);
                let unique_count = report.top.iter().any(|top| top.value == value);
                let tied = report.top.len() == TOP_VALUES;
                prop_assert!(!frequent || unique_count || tied, "{value}");
            }
        }
        let merged = reports[0].clone().merge(&reports[1]);
        let all = values.concat();
        check_top(&merged, &all)?;
        // Hashes and registers alike lose nothing by coming in two parts.
        let whole = observed(Field::PartyName, &texts(&all));
        prop_assert_eq!(merged.sketch, whole.sketch);
        prop_assert_eq!(merged.distinct, whole.distinct);
    }
}

#[test]
fn amounts_of_two_files_compare_as_amounts() {
    let report = |amounts: &[&str]| {
        let cells: Vec<_> = amounts
            .iter()
            .map(|text| Cell::Money(text.parse().unwrap()))
            .collect();
        observed(Field::Amount, &cells)
    };
    let merged = report(&["9", "-5"]).merge(&report(&["10", "-40"]));
    assert_eq!(merged.value_min.unwrap(), "-40.0000");
    assert_eq!(merged.value_max.unwrap(), "10.0000");
}

#[test]
fn values_that_are_cut_alike_stay_apart() {
    let long = |end: &str| Some("x".repeat(70) + end);
    let one = observed(
        Field::Description,
        &texts(&[long("a"), long("a"), long("b"), long("b")]),
    );
    let merged = one.clone().merge(&one);
    let counts: Vec<_> = merged
        .top
        .iter()
        .map(|top| (top.at_least, top.at_most))
        .collect();
    assert_eq!(counts, [(4, 4), (4, 4)]);
    assert!(
        merged
            .top
            .iter()
            .all(|top| top.value == shown(&long("a").unwrap()))
    );
    assert_eq!(merged.distinct, 2);
}

#[test]
fn numbers_of_records_are_not_reported() {
    let mut statistics = Statistics::new(DatasetType::Calendars.columns());
    let mut row = vec![Cell::Null; 7];
    row[0] = Cell::Ordinal;
    statistics.observe(&row);
    let reports = statistics.reports();
    assert_eq!(reports.len(), 6);
    assert_eq!(reports[0].field, "entry");
    assert_eq!((reports[0].rows, reports[0].nulls), (1, 1));
}

#[test]
fn the_same_rows_give_the_same_report_everywhere() {
    let values = skewed(1, 30_000, 20_000);
    let report = observed(Field::Description, &texts(&values));
    assert_eq!(report, observed(Field::Description, &texts(&values)));
    assert_eq!(counted(&values).len(), 5941);
    insta::assert_snapshot!(line(&report), @"description (Text): 30000 rows, 1858 null, 5810 distinct, value 0 to value 9993; value 0 9780 to 9794, value 1 2735 to 2749, value 2 2661 to 2675");
}

#[test]
fn a_report_is_stored_and_read_back() {
    for distinct in [1, 512, 513] {
        let values: Vec<_> = (0..distinct).map(|n| Some(format!("{n}"))).collect();
        let report = observed(Field::Description, &texts(&values));
        assert_eq!(report.distinct_is_exact, distinct <= 512);
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<ColumnReport>(&json).unwrap(), report);
        let bytes = report.sketch.to_bytes();
        assert!(bytes.len() <= 4097);
        assert_eq!(Sketch::from_bytes(&bytes), Ok(report.sketch));
        for damaged in [&bytes[1..], &bytes[..bytes.len() - 1], &[], &[3]] {
            assert_eq!(Sketch::from_bytes(damaged), Err(NotASketch), "{distinct}");
        }
    }
    for text in ["\"01\"", "\"1\"", "\"0x\"", "\"é\"", "7"] {
        assert_eq!(
            serde_json::from_str::<Sketch>(text).is_ok(),
            text == "\"01\"",
            "{text}"
        );
    }
}

#[test]
fn a_report_of_every_kind() {
    let mut statistics = Statistics::new(DatasetType::Transactions.columns());
    for (id, day, amount) in [("T1", 0, "12.5"), ("T2", 1, "-3"), ("T3", 1, "12.5")] {
        let mut row = vec![Cell::Null; 16];
        row[0] = Cell::Text(Cow::Borrowed(id.as_bytes()));
        row[1] = Cell::Day(Date::from_days(day).unwrap());
        row[2] = Cell::Micros(i64::from(day) * 1_500_000);
        row[4] = Cell::Money(amount.parse().unwrap());
        row[5] = Cell::Currency(Currency::parse(b"EUR").unwrap());
        statistics.observe(&row);
    }
    let lines: Vec<String> = statistics.reports().iter().map(line).collect();
    insta::assert_snapshot!(lines[..7].join("\n"), @r"
    row_id (Text): 3 rows, 0 null, 3 distinct, T1 to T3; -
    date (Day): 3 rows, 0 null, 2 distinct, 2000-01-01 to 2000-01-02; 2000-01-02 2 to 2
    timestamp (Moment): 3 rows, 0 null, 2 distinct, 2000-01-01T00:00:00Z to 2000-01-01T00:00:01.500Z; 2000-01-01T00:00:01.500Z 2 to 2
    posted_at (Moment): 3 rows, 3 null, 0 distinct, -; -
    amount (Money): 3 rows, 0 null, 2 distinct, -3.0000 to 12.5000; 12.5000 2 to 2
    currency (Currency): 3 rows, 0 null, 1 distinct, EUR to EUR; EUR 3 to 3
    payer_account (Text): 3 rows, 3 null, 0 distinct, -; -
    ");
}

fn line(report: &ColumnReport) -> String {
    let range = report.value_min.iter().chain(&report.value_max);
    let range = range.cloned().collect::<Vec<_>>().join(" to ");
    let top = report
        .top
        .iter()
        .take(3)
        .map(|top| format!("{} {} to {}", top.value, top.at_least, top.at_most));
    let top = top.collect::<Vec<_>>().join(", ");
    let or_dash = |text: String| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    };
    format!(
        "{} ({:?}): {} rows, {} null, {} distinct, {}; {}",
        report.field,
        report.kind,
        report.rows,
        report.nulls,
        report.distinct,
        or_dash(range),
        or_dash(top),
    )
}
