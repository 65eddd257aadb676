//! `nexus datasets show`

use std::cmp::Reverse;
use std::time::Duration;

use clap::Args;
use nexus_jobs::DatasetId;
use nexus_schema::datasets::{
    self, CurrencySum, DatasetDetail, DatasetView, LoadView, RejectCount,
};
use serde_json::{Map, Value};

use super::{count, no_dataset};
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::{bytes, grouped, per_second, percent};
use crate::output::page::Page;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{instant, span};

/// Which dataset.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The dataset's id
    id: DatasetId,
}

pub(super) async fn run(args: &ShowArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let found = datasets::find(&mut conn, args.id).await?;
    let detail = found.ok_or_else(|| no_dataset(args.id))?;
    invocation.output.show(&detail, render)?;
    Ok(Exit::Ok)
}

/// Everything about a dataset.
pub(super) fn render(detail: &DatasetDetail, look: &Look) -> String {
    let dataset = &detail.dataset;
    let title = format!("dataset {} · {}", dataset.id, dataset.name);
    let mut page = Page::new(look, &title).state(&dataset.state);
    page.optional("error", dataset.error.as_deref());
    page.field("case", &dataset.case_id.to_string());
    page.field("type", &dataset.type_);
    page.field("profile", &dataset.profile_name);
    page.field("file", &dataset.source);
    page.optional(
        "size",
        dataset.bytes.map(|size| bytes(count(size))).as_deref(),
    );
    page.optional("sha256", dataset.sha256.as_deref());
    page.optional("job", dataset.job_id.map(|job| job.to_string()).as_deref());
    let asked = format!(
        "{} UTC by {}",
        instant(dataset.created_at),
        dataset.created_by
    );
    page.field("asked for", &asked);
    let finished = dataset
        .finished_at
        .map(|time| format!("{} UTC", instant(time)));
    page.optional("finished", finished.as_deref());

    if detail.loads.len() > 1 {
        page.section("loads");
        page.table(&loads(&detail.loads));
        for load in &detail.loads {
            page.optional(&format!("load {}", load.id), load.error.as_deref());
        }
    }
    page.section("rows");
    page.table(&rows(dataset));
    if let (Some(first), Some(last)) = (dataset.date_min, dataset.date_max) {
        page.field("dates", &format!("{first} to {last}"));
    }
    if !detail.rejects.is_empty() {
        page.section("rejected, by reason");
        page.table(&reasons(&detail.rejects, count(dataset.rows_read)));
        page.line(&format!("the rows: nexus datasets rejects {}", dataset.id));
    }
    if !detail.sums.is_empty() {
        page.section("sums by currency");
        page.table(&sums(&detail.sums));
    }
    if let Some(Value::Object(timing)) = &dataset.timing {
        page.section("time by stage (stages run side by side)");
        page.table(&stages(timing, count(dataset.rows_read)));
        for (what, size) in with_unit(timing, "_bytes") {
            page.field(what, &bytes(size));
        }
    }
    page.finish()
}

/// The files of a dataset, in the order that they were asked for.
fn loads(loads: &[LoadView]) -> Table {
    let mut table = Table::new([
        Column::number("LOAD"),
        Column::cut("FILE"),
        Column::new("STATE"),
        Column::number("ROWS LOADED"),
        Column::number("REJECTED"),
        Column::number("JOB"),
    ]);
    for load in loads {
        table.styled(
            2,
            Style::of_state(&load.state),
            [
                load.id.to_string(),
                load.source.clone(),
                load.state.clone(),
                grouped(load.rows_loaded),
                grouped(load.rows_rejected),
                load.job_id.map(|job| job.to_string()).unwrap_or_default(),
            ],
        );
    }
    table
}

fn rows(dataset: &DatasetView) -> Table {
    let mut table = Table::new([
        Column::new("ROWS"),
        Column::number("COUNT"),
        Column::number("SHARE"),
    ]);
    let read = count(dataset.rows_read);
    for (what, rows) in [
        ("read", dataset.rows_read),
        ("loaded", dataset.rows_loaded),
        ("loaded, below zero", dataset.rows_negative),
        ("loaded, zero", dataset.rows_zero),
        ("rejected", dataset.rows_rejected),
    ] {
        table.row([what.to_owned(), grouped(rows), percent(count(rows), read)]);
    }
    table
}

pub(super) fn reasons(rejects: &[RejectCount], read: u64) -> Table {
    let mut table = Table::new([
        Column::new("REASON"),
        Column::number("ROWS"),
        Column::number("SHARE"),
    ]);
    for reject in rejects {
        let share = percent(count(reject.rows), read);
        table.row([reject.reason.clone(), grouped(reject.rows), share]);
    }
    table
}

/// The sums of a dataset, a line a currency.
pub(crate) fn sums(sums: &[CurrencySum]) -> Table {
    let mut table = Table::new([
        Column::new("CURRENCY"),
        Column::number("ROWS"),
        Column::number("SUM"),
    ]);
    for sum in sums {
        let currency = if sum.currency.is_empty() {
            "not stated"
        } else {
            &sum.currency
        };
        table.row([
            currency.to_owned(),
            grouped(sum.rows),
            grouped(sum.amount_sum.short()),
        ]);
    }
    table
}

/// Times of stages under whatever names the load gave them, the slowest first.
fn stages(timing: &Map<String, Value>, rows: u64) -> Table {
    let mut table = Table::new([
        Column::new("STAGE"),
        Column::number("TIME"),
        Column::number("ROWS/S"),
    ]);
    let mut stages: Vec<(&str, u64)> = with_unit(timing, "_ms").collect();
    stages.sort_by_key(|(_, millis)| Reverse(*millis));
    for (stage, millis) in stages {
        let took = Duration::from_millis(millis);
        let rate = grouped(per_second(rows, took));
        table.row([stage.to_owned(), span(took), rate]);
    }
    table
}

/// What was measured in a unit, which its name ends in: `parse_ms`, `decoded_bytes`.
fn with_unit<'a>(
    timing: &'a Map<String, Value>,
    unit: &'a str,
) -> impl Iterator<Item = (&'a str, u64)> {
    timing
        .iter()
        .filter_map(move |(name, value)| Some((name.strip_suffix(unit)?, value.as_u64()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::datasets::sample;

    #[test]
    fn a_page_tells_all_that_was_found() {
        insta::assert_snapshot!(render(&sample(), &Look::fixed()), @r"
        dataset 7 · march.csv · loaded
          case          12
          type          transactions
          profile       canonical-transactions
          file          /srv/data/march.csv
          size          131.4 MB
          sha256        9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          job           42
          asked for     2027-01-15 06:00:00 UTC by os:anna
          finished      2027-01-15 06:00:04 UTC

        rows
          ROWS                    COUNT    SHARE
          read                1,000,000  100.0 %
          loaded                990,000   99.0 %
          loaded, below zero      4,264    0.4 %
          loaded, zero              123  < 0.1 %
          rejected               10,000    1.0 %
          dates         2024-01-01 to 2025-12-31

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

        time by stage (stages run side by side)
          STAGE    TIME     ROWS/S
          total   4.3 s    232,018
          send    4.0 s    248,756
          parse   1.4 s    675,675
          read   310 ms  3,225,806
          decoded       131.4 MB
        ");
    }

    #[test]
    fn several_loads_are_listed() {
        let mut detail = sample();
        let mut append = detail.loads[0].clone();
        append.id = 12;
        append.source = "/srv/data/april.csv".into();
        append.state = "failed".into();
        append.rows_loaded = 0;
        append.error = Some("the header has no column Amount".into());
        detail.loads.push(append);
        let page = render(&detail, &Look::fixed());
        let section = page.split("\n\n").find(|part| part.starts_with("loads"));
        insta::assert_snapshot!(section.unwrap(), @r"
        loads
          LOAD  FILE                 STATE   ROWS LOADED  REJECTED  JOB
             9  /srv/data/march.csv  loaded      990,000    10,000   42
            12  /srv/data/april.csv  failed            0    10,000   42
          load 12       the header has no column Amount
        ");
    }

    #[test]
    fn a_pending_dataset_shows_what_is_known() {
        let mut detail = sample();
        detail.rejects.clear();
        detail.sums.clear();
        let dataset = &mut detail.dataset;
        dataset.state = "pending".into();
        (
            dataset.rows_read,
            dataset.rows_loaded,
            dataset.rows_rejected,
        ) = (0, 0, 0);
        (dataset.rows_negative, dataset.rows_zero) = (0, 0);
        (dataset.sha256, dataset.bytes, dataset.timing) = (None, None, None);
        (dataset.date_min, dataset.date_max, dataset.finished_at) = (None, None, None);
        insta::assert_snapshot!(render(&detail, &Look::fixed()), @r"
        dataset 7 · march.csv · pending
          case          12
          type          transactions
          profile       canonical-transactions
          file          /srv/data/march.csv
          job           42
          asked for     2027-01-15 06:00:00 UTC by os:anna

        rows
          ROWS                COUNT  SHARE
          read                    0  0.0 %
          loaded                  0  0.0 %
          loaded, below zero      0  0.0 %
          loaded, zero            0  0.0 %
          rejected                0  0.0 %
        ");
    }
}
