use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Json, Nullable, SmallInt, Text, Timestamptz,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;
use serde::Serialize;
use serde_json::Value;

use super::DeadFilter;
use crate::error::Result;
use crate::jobs::band_name;
use crate::prepared::sql_file;

/// A dead letter: a job that was given up.
#[derive(Clone, Debug, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// The job's id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Whose job it was.
    #[diesel(sql_type = BigInt)]
    pub tenant_id: i64,
    /// Its kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Its priority band's number.
    #[diesel(sql_type = SmallInt)]
    #[serde(serialize_with = "band_name")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub band: i16,
    /// Claims.
    #[diesel(sql_type = Integer)]
    pub run: i32,
    /// Attempts spent.
    #[diesel(sql_type = Integer)]
    pub attempt: i32,
    /// Attempts it had.
    #[diesel(sql_type = Integer)]
    pub attempts_max: i32,
    /// Leases lost.
    #[diesel(sql_type = Integer)]
    pub lost_leases: i32,
    /// Words to find it by.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub tags: Option<Vec<String>>,
    /// Its arguments.
    #[diesel(sql_type = Json)]
    pub args: Value,
    /// Why it was given up.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When it was enqueued.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Who enqueued it.
    #[diesel(sql_type = Text)]
    pub created_by: String,
    /// When it was given up.
    #[diesel(sql_type = Timestamptz)]
    pub finished_at: DateTime<Utc>,
    /// The dead letter that it had run again.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub replay_of: Option<i64>,
    /// The job that ran it again.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub replayed_as: Option<i64>,
}

/// A page of dead letters, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadPage {
    /// The dead letters.
    pub dead: Vec<DeadLetter>,
    /// Where the next page starts; `None` at the end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>))]
    pub next: Option<JobId>,
}

/// The page of at most `size` dead letters that match and whose ids are below `before`.
pub async fn list(
    conn: &mut AsyncPgConnection,
    filter: &DeadFilter,
    before: Option<JobId>,
    size: u32,
) -> Result<DeadPage> {
    // Not kept prepared: a plan for any filter would serve none.
    let dead: Vec<DeadLetter> = filter
        .bind(sql_file!("list.sql"))
        .bind::<BigInt, _>(before.map_or(i64::MAX, |id| id.0))
        .bind::<BigInt, _>(i64::from(size))
        .load(conn)
        .await?;
    let full = u32::try_from(dead.len()).is_ok_and(|n| n >= size);
    let next = dead.last().filter(|_| full).map(|letter| JobId(letter.id));
    Ok(DeadPage { dead, next })
}

/// How many dead letters match. Looks at each: for a look now and then.
pub async fn count(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> Result<i64> {
    counted(conn, filter, true).await
}

/// How many of them a replay would take: nodes of workflows run again with their workflow only.
pub async fn replayable(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> Result<i64> {
    counted(conn, filter, false).await
}

async fn counted(
    conn: &mut AsyncPgConnection,
    filter: &DeadFilter,
    nodes_too: bool,
) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        letters: i64,
    }
    let row: Row = filter
        .bind(sql_file!("count.sql"))
        .bind::<Bool, _>(nodes_too)
        .get_result(conn)
        .await?;
    Ok(row.letters)
}
