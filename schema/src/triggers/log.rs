use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What a trigger did with an event, about to be written.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The trigger.
    pub trigger: String,
    /// Its version.
    pub version: i32,
    /// Whose event it was.
    pub tenant_id: i64,
    /// `fired`, `skipped` or `failed`.
    pub outcome: &'static str,
    /// Why not fired.
    pub reason: Option<String>,
    /// The job.
    pub job: Option<JobId>,
    /// The event's id.
    pub event_id: String,
    /// The event.
    pub event: Value,
}

/// What a trigger did with an event.
#[derive(Clone, Debug, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriggerLogEntry {
    /// The entry's id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The trigger's version by then.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// `fired`, `skipped` or `failed`.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// Why it was passed over, or made no job.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The job that it enqueued.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub job_id: Option<i64>,
    /// The event's id.
    #[diesel(sql_type = Text)]
    pub event_id: String,
    /// The event.
    #[diesel(sql_type = Json)]
    pub event: Value,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// A page of a trigger's log, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriggerLogPage {
    /// The entries.
    pub entries: Vec<TriggerLogEntry>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<i64>,
}

/// Writes what triggers did.
pub async fn write_log(conn: &mut AsyncPgConnection, logged: &[Logged]) -> Result<()> {
    if logged.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&Logged) -> &str| logged.iter().map(of).collect::<Vec<_>>();
    let versions: Vec<i32> = logged.iter().map(|one| one.version).collect();
    let tenants: Vec<i64> = logged.iter().map(|one| one.tenant_id).collect();
    let reasons: Vec<Option<&str>> = logged.iter().map(|one| one.reason.as_deref()).collect();
    let jobs: Vec<Option<i64>> = logged.iter().map(|one| one.job.map(|job| job.0)).collect();
    let events: Vec<String> = logged.iter().map(|one| one.event.to_string()).collect();
    Prepared(
        sql_file!("write_log.sql")
            .bind::<Array<Text>, _>(texts(|one| &one.trigger))
            .bind::<Array<Integer>, _>(versions)
            .bind::<Array<BigInt>, _>(tenants)
            .bind::<Array<Text>, _>(texts(|one| one.outcome))
            .bind::<Array<Nullable<Text>>, _>(reasons)
            .bind::<Array<Nullable<BigInt>>, _>(jobs)
            .bind::<Array<Text>, _>(texts(|one| &one.event_id))
            .bind::<Array<Text>, _>(events),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The page of at most `size` entries of a trigger whose ids are below `before`.
pub async fn log(
    conn: &mut AsyncPgConnection,
    trigger: &str,
    before: Option<i64>,
    size: u32,
) -> Result<TriggerLogPage> {
    let entries: Vec<TriggerLogEntry> = Prepared(
        sql_file!("log.sql")
            .bind::<Text, _>(trigger)
            .bind::<BigInt, _>(before.unwrap_or(i64::MAX))
            .bind::<BigInt, _>(i64::from(size)),
    )
    .load(conn)
    .await?;
    let full = u32::try_from(entries.len()).is_ok_and(|rows| rows >= size);
    let next = entries.last().filter(|_| full).map(|entry| entry.id);
    Ok(TriggerLogPage { entries, next })
}
