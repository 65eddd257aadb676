//! `nexus datasets quality`

use clap::Args;
use nexus_jobs::DatasetId;
use nexus_schema::datasets::{
    self, ColumnStatistics, DatasetQuality, DuplicatePolicy, Duplicates, LoadView,
};
use serde::Deserialize;

use super::{count, no_dataset, show};
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::{bytes, grouped, percent};
use crate::output::page::Page;
use crate::output::table::{Column, Table};

/// Frequent values shown of a column; `--json` has all that were kept.
const TOP_SHOWN: usize = 3;

/// Which dataset.
#[derive(Debug, Args)]
pub(crate) struct QualityArgs {
    /// The dataset's id
    id: DatasetId,
}

/// A frequent value, as the statistics have it.
#[derive(Debug, Deserialize)]
struct Frequent {
    value: String,
    at_least: i64,
    at_most: i64,
}

pub(super) async fn run(args: &QualityArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let found = datasets::quality(&mut conn, args.id).await?;
    let quality = found.ok_or_else(|| no_dataset(args.id))?;
    invocation.output.show(&quality, render)?;
    Ok(Exit::Ok)
}

/// How good a dataset is, on a page.
fn render(quality: &DatasetQuality, look: &Look) -> String {
    let dataset = &quality.dataset;
    let title = format!("quality of dataset {} · {}", dataset.id, dataset.name);
    let mut page = Page::new(look, &title).state(&dataset.state);
    page.optional("error", dataset.error.as_deref());
    page.field("type", &dataset.type_);
    page.field("rows", &rows(quality));
    if let (Some(first), Some(last)) = (dataset.date_min, dataset.date_max) {
        page.field("dates", &format!("{first} to {last}"));
    }
    for load in &quality.loads {
        page.section(&format!("load {} · {}", load.id, load.state));
        of_load(&mut page, load);
    }
    if !quality.rejects.is_empty() {
        page.section("rejected, by reason");
        page.table(&show::reasons(&quality.rejects, count(dataset.rows_read)));
        page.line(&format!("the rows: nexus datasets rejects {}", dataset.id));
    }
    if !quality.sums.is_empty() {
        page.section("sums by currency");
        page.table(&show::sums(&quality.sums));
    }
    if !quality.columns.is_empty() {
        page.section("columns of the rows loaded");
        page.table(&columns(&quality.columns));
        page.line("~ is an estimate, most likely within 2 % and rarely off by 5 %");
        let frequent = frequent(&quality.columns);
        page.section("most frequent values");
        page.table(&frequent);
        page.line("~ is the least that it can be; all that were kept: --json");
    }
    page.finish()
}

fn rows(quality: &DatasetQuality) -> String {
    let dataset = &quality.dataset;
    let read = count(dataset.rows_read);
    format!(
        "{} read, {} loaded ({}), {} rejected ({})",
        grouped(dataset.rows_read),
        grouped(dataset.rows_loaded),
        percent(count(dataset.rows_loaded), read),
        grouped(dataset.rows_rejected),
        percent(count(dataset.rows_rejected), read),
    )
}

fn of_load(page: &mut Page<'_>, load: &LoadView) {
    page.optional("error", load.error.as_deref());
    page.field("file", &load.source);
    page.field("profile", &load.profile_name);
    page.optional("read as", read_as(load).as_deref());
    page.optional("sha256", load.sha256.as_deref());
    page.optional(
        "duplicates",
        load.duplicates.as_ref().map(repeated).as_deref(),
    );
}

/// `csv, gzip, windows-1252 (detected), 131.4 MB`
fn read_as(load: &LoadView) -> Option<String> {
    let mut parts = vec![load.format.clone()?];
    parts.extend(load.compression.clone().filter(|name| name != "none"));
    if let Some(encoding) = &load.encoding {
        let basis = load.encoding_basis.as_deref().unwrap_or("unknown");
        parts.push(format!("{encoding} ({basis})"));
    }
    parts.extend(load.bytes.map(|size| bytes(count(size))));
    Some(parts.join(", "))
}

/// `2,482 rows repeat the key of another (party_id, date): kept`
fn repeated(duplicates: &Duplicates) -> String {
    let key = duplicates.key.join(", ");
    if duplicates.rows == 0 {
        return format!("none by {key}");
    }
    let fate = match duplicates.policy {
        DuplicatePolicy::Keep => "kept",
        DuplicatePolicy::Reject => "rejected",
        DuplicatePolicy::Replace => "replaced by the last of each",
    };
    format!(
        "{} rows repeat {} keys by {key}: {fate}",
        grouped(duplicates.rows),
        grouped(duplicates.keys),
    )
}

fn columns(columns: &[ColumnStatistics]) -> Table {
    let mut table = Table::new([
        Column::new("COLUMN"),
        Column::number("EMPTY"),
        Column::number("DIFFERENT"),
        Column::new("LENGTH"),
        Column::cut("FROM … TO"),
    ]);
    for column in columns {
        table.row([
            column.field.clone(),
            percent(count(column.nulls), count(column.rows)),
            about(column.distinct_estimate, column.distinct_is_exact),
            length(column),
            range(column),
        ]);
    }
    table
}

fn about(number: i64, exact: bool) -> String {
    let mark = if exact { "" } else { "~" };
    format!("{mark}{}", grouped(number))
}

fn length(column: &ColumnStatistics) -> String {
    match (column.length_min, column.length_max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (Some(min), Some(max)) => format!("{min}–{max}"),
        _ => String::new(),
    }
}

fn range(column: &ColumnStatistics) -> String {
    match (&column.value_min, &column.value_max) {
        (Some(min), Some(max)) if min == max => min.clone(),
        (Some(min), Some(max)) => format!("{min} … {max}"),
        _ => String::new(),
    }
}

fn frequent(columns: &[ColumnStatistics]) -> Table {
    let mut table = Table::new([
        Column::new("COLUMN"),
        Column::number("ROWS"),
        Column::number("SHARE"),
        Column::cut("VALUE"),
    ]);
    for column in columns {
        // What an older version wrote and this one cannot read is left out, not guessed.
        let top: Vec<Frequent> = serde_json::from_value(column.top.clone()).unwrap_or_default();
        for (at, value) in top.into_iter().take(TOP_SHOWN).enumerate() {
            let name = if at == 0 { column.field.as_str() } else { "" };
            table.row([
                name.to_owned(),
                about(value.at_least, value.at_least == value.at_most),
                percent(count(value.at_least), count(column.rows)),
                value.value,
            ]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::commands::datasets::sample;

    fn column(field: &str, top: serde_json::Value) -> ColumnStatistics {
        ColumnStatistics {
            field: field.into(),
            position: 0,
            rows: 990_000,
            nulls: 99_000,
            distinct_estimate: 157_872,
            distinct_is_exact: false,
            length_min: Some(3),
            length_max: Some(3),
            value_min: Some("A B".into()),
            value_max: Some("ZZ TOP AND A NAME THAT IS LONGER THAN ANY TERMINAL IS WIDE".into()),
            top,
            sketch: Vec::new(),
        }
    }

    fn quality() -> DatasetQuality {
        let sample = sample();
        let mut load = sample.loads[0].clone();
        load.compression = Some("gzip".into());
        load.encoding = Some("windows-1252".into());
        load.encoding_basis = Some("detected".into());
        load.duplicates = Some(Duplicates {
            policy: DuplicatePolicy::Keep,
            key: vec!["party_id".into(), "date".into()],
            rows: 2482,
            keys: 2431,
        });
        let dates = ColumnStatistics {
            nulls: 0,
            distinct_estimate: 364,
            distinct_is_exact: true,
            length_min: None,
            length_max: None,
            value_min: Some("2024-01-01".into()),
            value_max: Some("2024-12-30".into()),
            ..column(
                "date",
                json!([{"value": "2024-02-14", "at_least": 5446, "at_most": 5446}]),
            )
        };
        DatasetQuality {
            dataset: sample.dataset,
            loads: vec![load],
            columns: vec![
                dates,
                column(
                    "party_name",
                    json!([{"value": "ACME", "at_least": 13_694, "at_most": 14_431}]),
                ),
            ],
            rejects: sample.rejects,
            sums: sample.sums,
        }
    }

    #[test]
    fn a_page_says_what_each_file_was_and_how_good_each_column_is() {
        insta::assert_snapshot!(render(&quality(), &Look::fixed()), @"
        quality of dataset 7 · march.csv · loaded
          type          transactions
          rows          1,000,000 read, 990,000 loaded (99.0 %), 10,000 rejected (1.0 %)
          dates         2024-01-01 to 2025-12-31

        load 9 · loaded
          file          /srv/data/march.csv
          profile       canonical-transactions
          read as       csv, gzip, windows-1252 (detected), 131.4 MB
          duplicates    2,482 rows repeat 2,431 keys by party_id, date: kept

        rejected, by reason
          REASON          ROWS  SHARE
          bad_date       6,000  0.6 %
          missing_field  4,000  0.4 %
          the rows: nexus datasets rejects 7

        sums by currency
          CURRENCY       ROWS             SUM
          not stated       10         -100.00
          EUR         700,000  490,277,624.90
          USD         289,990    123,456.7891

        columns of the rows loaded
          COLUMN       EMPTY  DIFFERENT  LENGTH  FROM … TO
          date         0.0 %        364          2024-01-01 … 2024-12-30
          party_name  10.0 %   ~157,872  3       A B … ZZ TOP AND A NAME THAT IS LONGER…
          ~ is an estimate, most likely within 2 % and rarely off by 5 %

        most frequent values
          COLUMN         ROWS  SHARE  VALUE
          date          5,446  0.5 %  2024-02-14
          party_name  ~13,694  1.3 %  ACME
          ~ is the least that it can be; all that were kept: --json
        ");
    }

    #[test]
    fn rows_that_repeat_a_key_are_told_with_what_became_of_them() {
        let told = |policy, rows| {
            repeated(&Duplicates {
                policy,
                key: vec!["row_id".into()],
                rows,
                keys: 3,
            })
        };
        assert_eq!(told(DuplicatePolicy::Keep, 0), "none by row_id");
        insta::assert_snapshot!(told(DuplicatePolicy::Reject, 4), @"4 rows repeat 3 keys by row_id: rejected");
        insta::assert_snapshot!(told(DuplicatePolicy::Replace, 4), @"4 rows repeat 3 keys by row_id: replaced by the last of each");
    }
}
