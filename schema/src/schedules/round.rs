use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Json, Nullable, SmallInt, Text, Timestamptz,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;
use serde_json::Value;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};
use crate::triggers::KnownKind;

/// The advisory lock of whoever decides about ticks: "nxschedu" as a number.
const LEADER: i64 = 0x6e78_7363_6865_6475;

/// A schedule with a tick that is due, held until the transaction ends.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: i32,
    /// When it ticks, and which job each tick enqueues.
    pub definition: Value,
    /// Its first tick that is not decided.
    pub next_at: DateTime<Utc>,
    /// Its jobs that have not ended, as far as they are known.
    pub open_jobs: Vec<JobId>,
    /// What workers recorded of its kind.
    pub kind: Option<KnownKind>,
}

/// What a round makes of a schedule.
#[derive(Clone, Debug, Default)]
pub struct Advance {
    /// Its name.
    pub name: String,
    /// Its first tick that is not decided; `None`: there is none, ever.
    pub next_at: Option<DateTime<Utc>>,
    /// Its jobs that have not ended.
    pub open_jobs: Vec<JobId>,
    /// Jobs that it enqueued.
    pub fired: u64,
    /// Ticks passed over by overlap policy or unique key.
    pub skipped: u64,
    /// Ticks passed over since they were missed.
    pub missed: u64,
    /// Ticks whose job was refused.
    pub failed: u64,
    /// The last tick that became a job, and that job.
    pub last: Option<(DateTime<Utc>, JobId)>,
    /// Why a tick became none; of several, the last.
    pub why: Option<String>,
}

/// How long it is until a tick is due, by the clock of schedules; `None`: none will be.
pub async fn wait(conn: &mut AsyncPgConnection, without: &[String]) -> Result<Option<Duration>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<BigInt>)]
        wait_us: Option<i64>,
    }
    let query = sql_file!("wait.sql").bind::<Array<Text>, _>(without);
    let row: Row = Prepared(query).get_result(conn).await?;
    let wait = row.wait_us.map(|us| u64::try_from(us).unwrap_or(0));
    Ok(wait.map(Duration::from_micros))
}

/// Leads until the transaction ends, and tells the time of schedules; `None`: somebody else leads. Once
/// this process has been silent for `silence`, the server ends the transaction, and another may lead.
pub async fn lead(
    conn: &mut AsyncPgConnection,
    silence: Duration,
) -> Result<Option<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        leads: bool,
        #[diesel(sql_type = Timestamptz)]
        clock: DateTime<Utc>,
    }
    let query = sql_file!("lead.sql")
        .bind::<BigInt, _>(LEADER)
        .bind::<Text, _>(silence.as_millis().max(1).to_string());
    let row: Row = Prepared(query).get_result(conn).await?;
    Ok(row.leads.then_some(row.clock))
}

/// Holds at most `most` schedules that have a tick at or before `clock`, the longest due first, but for
/// those that somebody else has in hand, and those named.
pub async fn due(
    conn: &mut AsyncPgConnection,
    clock: DateTime<Utc>,
    most: usize,
    without: &[String],
) -> Result<Vec<Due>> {
    let rows: Vec<Row> = Prepared(
        sql_file!("due.sql")
            .bind::<Timestamptz, _>(clock)
            .bind::<BigInt, _>(i64::try_from(most).unwrap_or(i64::MAX))
            .bind::<Array<Text>, _>(without),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Row::due).collect())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Json)]
    definition: Value,
    #[diesel(sql_type = Timestamptz)]
    next_at: DateTime<Utc>,
    #[diesel(sql_type = Array<BigInt>)]
    open_jobs: Vec<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    queue: Option<String>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    band: Option<i16>,
    #[diesel(sql_type = Nullable<Integer>)]
    entry_ids: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    attempts_max: Option<i32>,
}

impl Row {
    fn due(self) -> Due {
        let (entry_ids, attempts_max) = (self.entry_ids, self.attempts_max);
        let known = self.kind.zip(self.queue).zip(self.band);
        Due {
            name: self.name,
            version: self.version,
            definition: self.definition,
            next_at: self.next_at,
            open_jobs: self.open_jobs.into_iter().map(JobId).collect(),
            kind: known.map(|((kind, queue), band)| KnownKind {
                kind,
                queue,
                band,
                entry_ids,
                attempts_max,
            }),
        }
    }
}

/// Moves schedules on, which this transaction holds.
pub async fn advance(conn: &mut AsyncPgConnection, all: &[Advance]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let counts = |of: fn(&Advance) -> u64| {
        let counts = all.iter().map(of);
        counts
            .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
            .collect::<Vec<i64>>()
    };
    let nexts: Vec<Option<DateTime<Utc>>> = all.iter().map(|one| one.next_at).collect();
    let last_ticks: Vec<Option<DateTime<Utc>>> = all.iter().map(|one| Some(one.last?.0)).collect();
    let last_jobs: Vec<Option<i64>> = all.iter().map(|one| Some(one.last?.1.0)).collect();
    let whys = all
        .iter()
        .map(|one| Some(one.why.as_ref()?.replace('\0', "")));
    Prepared(
        sql_file!("advance.sql")
            .bind::<Array<Text>, _>(all.iter().map(|one| &*one.name).collect::<Vec<_>>())
            .bind::<Array<Nullable<Timestamptz>>, _>(nexts)
            .bind::<Array<Text>, _>(all.iter().map(open_literal).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(counts(|one| one.fired))
            .bind::<Array<BigInt>, _>(counts(|one| one.skipped))
            .bind::<Array<BigInt>, _>(counts(|one| one.missed))
            .bind::<Array<BigInt>, _>(counts(|one| one.failed))
            .bind::<Array<Nullable<Timestamptz>>, _>(last_ticks)
            .bind::<Array<Nullable<BigInt>>, _>(last_jobs)
            .bind::<Array<Nullable<Text>>, _>(whys.collect::<Vec<_>>()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ids as a Postgres array literal: arrays of arrays must be rectangular.
fn open_literal(of: &Advance) -> String {
    let ids: Vec<String> = of.open_jobs.iter().map(|job| job.0.to_string()).collect();
    format!("{{{}}}", ids.join(","))
}
