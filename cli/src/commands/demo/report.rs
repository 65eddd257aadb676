//! The summary at the demonstration's end.

use std::time::Duration;

use nexus_schema::datasets::DatasetDetail;
use nexus_schema::jobs::JobDetail;
use serde::Serialize;

use super::check::reasons;
use super::engine::Engine;
use crate::commands::datasets::sums;
use crate::commands::generate::Generated;
use crate::commands::jobs::history;
use crate::output::Look;
use crate::output::number::{bytes, grouped, per_second};
use crate::output::page::Page;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{between, span};

/// The load, as the ledger recorded it.
#[derive(Debug, Serialize)]
pub(super) struct Load {
    pub(super) dataset: DatasetDetail,
    pub(super) job: JobDetail,
}

/// All that the demonstration found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) seeded: Generated,
    pub(super) load: Load,
    /// Where the load differs from what was seeded; none if all is well.
    pub(super) differences: Vec<String>,
    pub(super) engine: Engine,
}

impl Report {
    /// The summary for people.
    pub(super) fn render(&self, look: &Look) -> String {
        let dataset = &self.load.dataset.dataset;
        let title = format!("dataset {} · {}", dataset.id, dataset.name);
        let mut page = Page::new(look, &title).state(&dataset.state);
        page.field("rows read", &grouped(dataset.rows_read));
        page.field("rows loaded", &grouped(dataset.rows_loaded));
        page.field("rows rejected", &grouped(dataset.rows_rejected));
        page.field("speed", &self.speed());
        page.section("rejected, beside what was seeded");
        page.table(&self.rejected());
        page.section("sums by currency");
        page.table(&sums(&self.load.dataset.sums));
        page.section(&format!("job {} (UTC)", self.load.job.job.id));
        page.table(&history(&self.load.job));
        page.section("the engine");
        page.line(&format!(
            "{} no-op jobs enqueued, carried, run and recorded in {}: {} jobs/s",
            grouped(self.engine.jobs),
            span(Duration::from_millis(self.engine.took_ms)),
            grouped(self.engine.jobs_per_s)
        ));
        page.section("next");
        page.field(
            "nexus dev",
            "all of it in one process; the API at http://127.0.0.1:8080/docs",
        );
        page.field(
            "nexus --help",
            "every command: jobs, datasets, queues, workers, …",
        );
        let mut text = format!("{}\n", page.finish());
        text.push_str(&self.verdict(look));
        text
    }

    fn speed(&self) -> String {
        let job = &self.load.job.job;
        let (Some(started), Some(finished)) = (job.started_at, job.finished_at) else {
            return "the load did not end".to_owned();
        };
        let took = between(started, finished);
        let rows = u64::try_from(self.load.dataset.dataset.rows_read).unwrap_or_default();
        format!(
            "{} rows/s ({} in {})",
            grouped(per_second(rows, took)),
            bytes(self.seeded.bytes),
            span(took)
        )
    }

    fn rejected(&self) -> Table {
        let mut table = Table::new([
            Column::new("REASON"),
            Column::number("SEEDED"),
            Column::number("REJECTED"),
        ]);
        for (reason, seeded, found) in reasons(&self.seeded, &self.load.dataset) {
            let cells = [reason, grouped(seeded), grouped(found)];
            if seeded == found {
                table.row(cells);
            } else {
                table.styled(2, Style::Bad, cells);
            }
        }
        table
    }

    fn verdict(&self, look: &Look) -> String {
        if self.differences.is_empty() {
            let text = "every row, every reject and every sum is exactly what was seeded";
            return format!("{}\n", look.paint(Style::Good, text));
        }
        let text = "the load is not what was seeded:";
        let mut lines = vec![look.paint(Style::Bad, text)];
        lines.extend(self.differences.iter().map(|line| format!("  {line}")));
        lines.join("\n")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::commands::{datasets, jobs};

    /// What a load finds.
    pub(in super::super) fn found() -> DatasetDetail {
        datasets::sample()
    }

    /// What was seeded into that load's file.
    pub(in super::super) fn seeded() -> Generated {
        use nexus_handlers::process_dataset::reject::RejectReason;
        use nexus_handlers::process_dataset::tally::CurrencyTally;

        let found = found();
        let rows = |rows: i64| u64::try_from(rows).unwrap();
        let sums = found.sums.iter().map(|sum| {
            let tally = CurrencyTally {
                count: rows(sum.rows),
                sum: sum.amount_sum,
            };
            let json = format!("{:?}", sum.currency);
            (serde_json::from_str(&json).unwrap(), tally)
        });
        Generated {
            file: Some("data/march.csv".into()),
            bytes: 131_437_999,
            rows: 1_000_000,
            loaded: 990_000,
            rejected: [
                (RejectReason::BadDate, 6_000),
                (RejectReason::MissingField, 4_000),
            ]
            .into(),
            currencies: sums.collect(),
        }
    }

    #[test]
    fn the_summary_fits_a_screen() {
        let report = Report {
            seeded: seeded(),
            load: Load {
                dataset: found(),
                job: jobs::sample(),
            },
            differences: Vec::new(),
            engine: Engine {
                jobs: 20_000,
                took_ms: 1_250,
                jobs_per_s: 16_000,
            },
        };
        insta::assert_snapshot!(report.render(&Look::fixed()), @r"
        dataset 7 · march.csv · loaded
          rows read     1,000,000
          rows loaded   990,000
          rows rejected 10,000
          speed         140,845 rows/s (131.4 MB in 7.1 s)

        rejected, beside what was seeded
          REASON         SEEDED  REJECTED
          bad_date        6,000     6,000
          missing_field   4,000     4,000

        sums by currency
          CURRENCY       ROWS             SUM
          not stated       10         -100.00
          EUR         700,000  490,277,624.90
          USD         289,990    123,456.7891

        job 42 (UTC)
          TIME                         AFTER  WHAT
          2027-01-15 07:58:20.000 UTC    0 s  enqueued by os:anna
          2027-01-15 07:58:20.012 UTC  12 ms  run 1 failed (error): reading /data/march…
          2027-01-15 07:58:21.302 UTC  1.3 s  claimed by a worker, run 2
          2027-01-15 07:58:28.402 UTC  8.4 s  completed after running for 7.1 s

        the engine
          20,000 no-op jobs enqueued, carried, run and recorded in 1.2 s: 16,000 jobs/s

        next
          nexus dev     all of it in one process; the API at http://127.0.0.1:8080/docs
          nexus --help  every command: jobs, datasets, queues, workers, …

        every row, every reject and every sum is exactly what was seeded
        ");
    }
}
