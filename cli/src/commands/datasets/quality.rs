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
