use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::Actor;
use nexus_jobs::kinds::BUILT_IN;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

/// Who says what a schedule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A settings file, and nobody else.
    Config,
    /// Whoever set it last.
    Operator,
}

impl Origin {
    /// The name used in SQL, API and CLI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Operator => "operator",
        }
    }
}

/// A schedule, and what it did so far.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleView {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Which change of it this is; from 1.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// When it ticks, and which job each tick enqueues.
    #[diesel(sql_type = Json)]
    pub definition: Value,
    /// `config`: a settings file says what it is, and nobody else may; or `operator`.
    #[diesel(sql_type = Text)]
    pub origin: String,
    /// Since when it is paused.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    #[diesel(sql_type = Nullable<Text>)]
    pub paused_by: Option<String>,
    /// Why its ticks pass without a job, where they do though it is not paused.
    #[diesel(sql_type = Nullable<Text>)]
    pub inactive: Option<String>,
    /// Its next tick; none while it is paused, and none once it is over.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next_at: Option<DateTime<Utc>>,
    /// Its jobs that had not ended when a tick last asked; of one whose jobs may overlap, none.
    #[diesel(sql_type = Array<BigInt>)]
    pub open_jobs: Vec<i64>,
    /// Jobs that it enqueued.
    #[diesel(sql_type = BigInt)]
    pub fired: i64,
    /// Ticks passed over by its overlap policy or its unique key.
    #[diesel(sql_type = BigInt)]
    pub skipped: i64,
    /// Ticks that no scheduler was there for, and that its policy passed over.
    #[diesel(sql_type = BigInt)]
    pub missed: i64,
    /// Ticks whose job the ledger refused.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// The last tick that became a job.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_tick_at: Option<DateTime<Utc>>,
    /// That job.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last_job: Option<i64>,
    /// Why a tick became none, the last time.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_why: Option<String>,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Who made it.
    #[diesel(sql_type = Text)]
    pub created_by: String,
    /// When it was last changed.
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    #[diesel(sql_type = Text)]
    pub changed_by: String,
}

/// A schedule that is held until the transaction ends.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct Held {
    /// Its version.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// When it ticks, and which job each tick enqueues.
    #[diesel(sql_type = Json)]
    pub definition: Value,
    /// `config` or `operator`.
    #[diesel(sql_type = Text)]
    pub origin: String,
    /// Since when it is paused.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paused_at: Option<DateTime<Utc>>,
    /// The first tick that is not decided.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next_at: Option<DateTime<Utc>>,
    /// Its jobs that have not ended, as far as they are known.
    #[diesel(sql_type = Array<BigInt>)]
    pub open_jobs: Vec<i64>,
}

fn no_schedule(name: &str) -> Error {
    Error::NotFound {
        what: "schedule",
        id: name.to_owned(),
    }
}

fn built_in() -> Vec<&'static str> {
    BUILT_IN.iter().map(|kind| kind.kind).collect()
}

/// What time it is for schedules.
pub async fn clock(conn: &mut AsyncPgConnection) -> Result<DateTime<Utc>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Timestamptz)]
        clock: DateTime<Utc>,
    }
    let query = diesel::sql_query("SELECT nexus.schedule_clock() AS clock");
    let row: Row = Prepared(query).get_result(conn).await?;
    Ok(row.clock)
}

/// Every schedule, by name.
pub async fn list(conn: &mut AsyncPgConnection) -> Result<Vec<ScheduleView>> {
    views(conn, None).await
}

/// A schedule.
pub async fn find(conn: &mut AsyncPgConnection, name: &str) -> Result<ScheduleView> {
    let found = views(conn, Some(name)).await?;
    found.into_iter().next().ok_or_else(|| no_schedule(name))
}

async fn views(conn: &mut AsyncPgConnection, name: Option<&str>) -> Result<Vec<ScheduleView>> {
    let query = sql_file!("views.sql")
        .bind::<Array<Text>, _>(built_in())
        .bind::<Nullable<Text>, _>(name);
    Ok(Prepared(query).load(conn).await?)
}

/// The schedules that a settings file says, by name.
pub async fn of_config(conn: &mut AsyncPgConnection) -> Result<Vec<ScheduleView>> {
    let mut all = list(conn).await?;
    all.retain(|view| view.origin == Origin::Config.as_str());
    Ok(all)
}

/// Holds a schedule, so that it neither ticks nor changes meanwhile; `None`: there is none.
pub async fn hold(conn: &mut AsyncPgConnection, name: &str) -> Result<Option<Held>> {
    // Locked by a statement before, so that the next one sees the jobs of whoever held it until now.
    let lock = "SELECT FROM nexus.schedules WHERE name = $1 FOR NO KEY UPDATE";
    let lock = diesel::sql_query(lock).bind::<Text, _>(name);
    Prepared(lock).execute(conn).await?;
    let query = sql_file!("hold.sql").bind::<Text, _>(name);
    let held: Vec<Held> = Prepared(query).load(conn).await?;
    Ok(held.into_iter().next())
}

/// Makes a schedule or changes one. One that is paused stays so, whatever `next_at` says.
pub async fn set(
    conn: &mut AsyncPgConnection,
    name: &str,
    definition: &Value,
    origin: Origin,
    next_at: Option<DateTime<Utc>>,
    actor: &Actor,
) -> Result<()> {
    let query = sql_file!("set.sql")
        .bind::<Text, _>(name)
        .bind::<Json, _>(definition)
        .bind::<Text, _>(origin.as_str())
        .bind::<Nullable<Timestamptz>, _>(next_at)
        .bind::<Text, _>(actor.as_str());
    Prepared(query).execute(conn).await?;
    Ok(())
}

/// Pauses a schedule that is not paused yet.
pub async fn pause(conn: &mut AsyncPgConnection, name: &str, actor: &Actor) -> Result<()> {
    let query = sql_file!("pause.sql")
        .bind::<Text, _>(name)
        .bind::<Text, _>(actor.as_str());
    Prepared(query).execute(conn).await?;
    Ok(())
}

/// Resumes a schedule that is paused, from this tick on.
pub async fn resume(
    conn: &mut AsyncPgConnection,
    name: &str,
    next_at: Option<DateTime<Utc>>,
    actor: &Actor,
) -> Result<()> {
    let query = sql_file!("resume.sql")
        .bind::<Text, _>(name)
        .bind::<Nullable<Timestamptz>, _>(next_at)
        .bind::<Text, _>(actor.as_str());
    Prepared(query).execute(conn).await?;
    Ok(())
}

/// Removes a schedule; its versions and its log stay.
pub async fn remove(conn: &mut AsyncPgConnection, name: &str, actor: &Actor) -> Result<()> {
    let query = sql_file!("remove.sql")
        .bind::<Text, _>(name)
        .bind::<Text, _>(actor.as_str());
    match Prepared(query).execute(conn).await? {
        0 => Err(no_schedule(name)),
        _ => Ok(()),
    }
}
