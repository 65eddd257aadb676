//! `nexus datasets`

mod follow;
mod list;
mod load;
mod profile;
mod quality;
mod rejects;
mod show;

use clap::Subcommand;
use nexus_jobs::DatasetId;

use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
pub(crate) use follow::follow;
pub(crate) use show::sums;

/// What to do with datasets.
#[derive(Debug, Subcommand)]
pub(crate) enum DatasetsCommand {
    /// Load files, each as a job and a new dataset, or appended to one
    Load(load::LoadArgs),
    /// List datasets, the newest first
    List(list::ListArgs),
    /// Show one dataset: rows, rejects, sums, times
    Show(show::ShowArgs),
    /// Propose a profile for a file from its beginning
    Profile(profile::ProfileArgs),
    /// Show how good a dataset is: its files, rejects, repeated keys, and each column
    Quality(quality::QualityArgs),
    /// Show the rows that were not loaded, and why
    Rejects(rejects::RejectsArgs),
}

pub(super) async fn run(
    command: &DatasetsCommand,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    match command {
        DatasetsCommand::Load(args) => load::run(args, invocation).await,
        DatasetsCommand::List(args) => list::run(args, invocation).await,
        DatasetsCommand::Show(args) => show::run(args, invocation).await,
        DatasetsCommand::Profile(args) => profile::run(args, invocation).await,
        DatasetsCommand::Quality(args) => quality::run(args, invocation).await,
        DatasetsCommand::Rejects(args) => rejects::run(args, invocation).await,
    }
}

/// There is no such dataset.
fn no_dataset(id: DatasetId) -> Failure {
    Failure::new(Exit::NotFound, format!("no dataset {id}"))
        .hint("`nexus datasets list` shows them")
}

/// A count for arithmetic: the ledger holds none below zero.
fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

/// A dataset for tests.
#[cfg(test)]
pub(crate) fn sample() -> nexus_schema::datasets::DatasetDetail {
    use nexus_schema::datasets::{CurrencySum, DatasetDetail, DatasetView, LoadView, RejectCount};
    use nexus_schema::money::Total;
    use serde_json::json;

    let created = crate::output::Look::fixed().now - chrono::TimeDelta::hours(2);
    let sum = |currency: &str, rows, ten_thousandths| CurrencySum {
        currency: currency.into(),
        rows,
        amount_sum: Total::from_ten_thousandths(ten_thousandths),
    };
    let rejects = [("bad_date", 6_000), ("missing_field", 4_000)];
    let load = LoadView {
        id: 9,
        dataset_id: 7,
        state: "loaded".into(),
        source: "/srv/data/march.csv".into(),
        profile_name: "canonical-transactions".into(),
        job_id: Some(42),
        forced: false,
        sha256: None,
        bytes: Some(131_437_999),
        format: Some("csv".into()),
        compression: None,
        encoding: None,
        encoding_basis: None,
        rows_before: Some(0),
        rows_read: 1_000_000,
        rows_loaded: 990_000,
        rows_rejected: 10_000,
        rows_negative: 4_264,
        rows_zero: 123,
        date_min: None,
        date_max: None,
        duplicates: None,
        timing: None,
        error: None,
        created_at: created,
        created_by: "os:anna".into(),
        finished_at: Some(created + chrono::TimeDelta::milliseconds(4400)),
    };
    DatasetDetail {
        dataset: DatasetView {
            id: 7,
            tenant_id: 1,
            case_id: 12,
            name: "march.csv".into(),
            type_: "transactions".into(),
            state: "loaded".into(),
            source: "/srv/data/march.csv".into(),
            profile_name: "canonical-transactions".into(),
            job_id: Some(42),
            sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
            bytes: Some(131_437_999),
            rows_read: 1_000_000,
            rows_loaded: 990_000,
            rows_rejected: 10_000,
            rows_negative: 4_264,
            rows_zero: 123,
            date_min: chrono::NaiveDate::from_ymd_opt(2024, 1, 1),
            date_max: chrono::NaiveDate::from_ymd_opt(2025, 12, 31),
            timing: Some(json!({
                "read_ms": 310, "parse_ms": 1480, "send_ms": 4020, "total_ms": 4310,
                "decoded_bytes": 131_437_999,
            })),
            error: None,
            created_at: created,
            created_by: "os:anna".into(),
            finished_at: Some(created + chrono::TimeDelta::milliseconds(4400)),
        },
        loads: vec![load],
        sums: vec![
            sum("", 10, -1_000_000),
            sum("EUR", 700_000, 4_902_776_249_000),
            sum("USD", 289_990, 1_234_567_891),
        ],
        rejects: rejects
            .map(|(reason, rows)| RejectCount {
                reason: reason.into(),
                rows,
            })
            .into(),
    }
}
