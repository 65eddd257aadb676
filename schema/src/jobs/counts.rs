use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::error::Result;
use crate::prepared::Prepared;

/// How many live jobs a queue has in a state.
#[derive(Clone, Debug, Serialize, QueryableByName)]
pub struct LaneCount {
    /// The queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// The state.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub jobs: i64,
}

/// How many dispatch rows a queue has, and how old the oldest due one is.
#[derive(Clone, Debug, Serialize, QueryableByName)]
pub struct LaneDepth {
    /// The queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Ids that wait in the ledger for their time or for room in the broker.
    #[diesel(sql_type = BigInt)]
    pub waiting_ids: i64,
    /// Ids in the broker that no claim has settled yet.
    #[diesel(sql_type = BigInt)]
    pub pushed_ids: i64,
    /// Seconds since the oldest due row was due; 0 where none is.
    #[diesel(sql_type = Double)]
    pub oldest_due_s: f64,
}

/// Live jobs by queue and state. Reads the whole live table: for a look now and
/// then, not for a loop.
pub async fn counts(conn: &mut AsyncPgConnection) -> Result<Vec<LaneCount>> {
    Ok(Prepared(diesel::sql_query(
        "SELECT queue, CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' \
         ELSE state END AS state, count(*) AS jobs FROM nexus.jobs GROUP BY 1, 2 ORDER BY 1, 2",
    ))
    .load(conn)
    .await?)
}

/// Dispatch rows by queue. Reads the whole dispatch table, a hundredth of the
/// jobs where these are light.
pub async fn depths(conn: &mut AsyncPgConnection) -> Result<Vec<LaneDepth>> {
    Ok(Prepared(diesel::sql_query(
        "SELECT queue, \
         coalesce(sum(cardinality(job_ids)) FILTER (WHERE epoch IS NULL), 0)::bigint AS waiting_ids, \
         coalesce(sum(cardinality(job_ids)) FILTER (WHERE epoch IS NOT NULL), 0)::bigint AS pushed_ids, \
         greatest(extract(epoch FROM now() - min(due_at)), 0)::double precision AS oldest_due_s \
         FROM nexus.dispatch GROUP BY 1 ORDER BY 1",
    ))
    .load(conn)
    .await?)
}
