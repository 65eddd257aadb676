use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, TenantId};
use serde::Serialize;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What became of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A job.
    Fired,
    /// None, by the overlap policy or the unique key.
    Skipped,
    /// None, by the policy for ticks that no scheduler was there for.
    Missed,
    /// None: the ledger refused it.
    Failed,
}

impl Outcome {
    /// The name used in SQL, API and CLI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
            Self::Failed => "failed",
        }
    }
}

/// What became of a tick, or of several in a row, about to be written.
#[derive(Clone, Debug)]
pub struct Ticked {
    /// The schedule.
    pub schedule: String,
    /// Its version.
    pub version: i32,
    /// Whose job it is, or would be.
    pub tenant: TenantId,
    /// The tick; of several, the first.
    pub tick_at: DateTime<Utc>,
    /// Of several, the last.
    pub through_at: Option<DateTime<Utc>>,
    /// How many they are.
    pub ticks: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why not fired.
    pub reason: Option<String>,
    /// The job.
    pub job: Option<JobId>,
    /// Who asked for it, where it was not the clock.
    pub asked_by: Option<String>,
    /// Whether it was filled in afterwards.
    pub backfill: bool,
}

/// What became of a tick, or of several in a row.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TickView {
    /// The entry's id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The schedule's version by then.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// The tick; of several, the first.
    #[diesel(sql_type = Timestamptz)]
    pub tick_at: DateTime<Utc>,
    /// Of several, the last.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through_at: Option<DateTime<Utc>>,
    /// How many they are, at least; counting ends at 10,000.
    #[diesel(sql_type = BigInt)]
    pub ticks: i64,
    /// `fired`, `skipped`, `missed` or `failed`.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// Why it made no job.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The job that it enqueued.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub job_id: Option<i64>,
    /// Who asked for it, where it was not the clock.
    #[diesel(sql_type = Nullable<Text>)]
    pub asked_by: Option<String>,
    /// Whether it was filled in afterwards.
    #[diesel(sql_type = Bool)]
    pub backfill: bool,
    /// When that was decided.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// A page of what became of a schedule's ticks, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TickPage {
    /// The entries.
    pub entries: Vec<TickView>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<i64>,
}

/// Writes what became of ticks.
pub async fn write_ticks(conn: &mut AsyncPgConnection, ticked: &[Ticked]) -> Result<()> {
    if ticked.is_empty() {
        return Ok(());
    }
    let firsts: Vec<DateTime<Utc>> = ticked.iter().map(|one| one.tick_at).collect();
    let lasts: Vec<Option<DateTime<Utc>>> = ticked.iter().map(|one| one.through_at).collect();
    let counts = ticked.iter().map(|one| one.ticks);
    let counts: Vec<i64> = counts
        .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
        .collect();
    // Postgres's text holds no NUL, and what a schedule makes of its arguments may.
    let reasons = ticked
        .iter()
        .map(|one| Some(one.reason.as_ref()?.replace('\0', "")));
    let backfills: Vec<bool> = ticked.iter().map(|one| one.backfill).collect();
    Prepared(
        sql_file!("write_ticks.sql")
            .bind::<Array<Text>, _>(ticked.iter().map(|one| &*one.schedule).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(ticked.iter().map(|one| one.version).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(ticked.iter().map(|one| one.tenant.0).collect::<Vec<_>>())
            .bind::<Array<Timestamptz>, _>(firsts)
            .bind::<Array<Nullable<Timestamptz>>, _>(lasts)
            .bind::<Array<BigInt>, _>(counts)
            .bind::<Array<Text>, _>(
                ticked
                    .iter()
                    .map(|one| one.outcome.as_str())
                    .collect::<Vec<_>>(),
            )
            .bind::<Array<Nullable<Text>>, _>(reasons.collect::<Vec<_>>())
            .bind::<Array<Nullable<BigInt>>, _>(
                ticked
                    .iter()
                    .map(|one| one.job.map(|job| job.0))
                    .collect::<Vec<_>>(),
            )
            .bind::<Array<Nullable<Text>>, _>(
                ticked
                    .iter()
                    .map(|one| one.asked_by.as_deref())
                    .collect::<Vec<_>>(),
            )
            .bind::<Array<Bool>, _>(backfills),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The page of at most `size` entries of a schedule whose ids are below `before`; also of one that
/// was removed.
pub async fn ticks(
    conn: &mut AsyncPgConnection,
    schedule: &str,
    before: Option<i64>,
    size: u32,
) -> Result<TickPage> {
    let entries: Vec<TickView> = Prepared(
        sql_file!("ticks.sql")
            .bind::<Text, _>(schedule)
            .bind::<BigInt, _>(before.unwrap_or(i64::MAX))
            .bind::<BigInt, _>(i64::from(size)),
    )
    .load(conn)
    .await?;
    let full = u32::try_from(entries.len()).is_ok_and(|rows| rows >= size);
    let next = entries.last().filter(|_| full).map(|entry| entry.id);
    Ok(TickPage { entries, next })
}
