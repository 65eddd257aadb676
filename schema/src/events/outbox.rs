use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// A row of the outbox: the events of one statement, for one listener.
#[derive(Clone, Debug, QueryableByName)]
pub struct EventRow {
    /// Its id. Of one job they rise in the order of its life.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Whose jobs they are.
    #[diesel(sql_type = BigInt)]
    pub tenant_id: i64,
    /// What happened.
    #[diesel(sql_type = Text)]
    pub event_type: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// The jobs' kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The jobs' queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// How many triggers there are between these jobs and the first one.
    #[diesel(sql_type = SmallInt)]
    pub depth: i16,
    /// The jobs. One, for what a handler emitted.
    #[diesel(sql_type = Array<BigInt>)]
    pub job_ids: Vec<i64>,
    /// The claims of each.
    #[diesel(sql_type = Array<Integer>)]
    pub runs: Vec<i32>,
    /// Of what a handler emitted: its id.
    #[diesel(sql_type = Nullable<Text>)]
    pub event_id: Option<String>,
    /// Of what a handler emitted: what it is about.
    #[diesel(sql_type = Nullable<Text>)]
    pub subject: Option<String>,
    /// Of what a handler emitted: what there is to tell.
    #[diesel(sql_type = Nullable<Json>)]
    pub data: Option<Value>,
}

/// Most rows in one take; of these, as many as have `events_max` events.
const ROWS_MAX: i64 = 100;

/// Locks the oldest rows of a listener that nobody else has in hand: any number may take side by
/// side, and in no order. At least one row, and no more rows than have `events_max` events.
///
/// Within a transaction, which then settles them or leaves them to the next.
pub async fn take(
    conn: &mut AsyncPgConnection,
    listener: &str,
    events_max: usize,
) -> Result<Vec<EventRow>> {
    let query = sql_file!("take.sql").bind::<Text, _>(listener);
    let rows = Prepared(query.bind::<BigInt, _>(ROWS_MAX))
        .load(conn)
        .await?;
    Ok(bounded(rows, events_max))
}

/// The oldest rows of a listener, in order, for who holds the listener ([`super::hold`]).
pub async fn take_in_order(
    conn: &mut AsyncPgConnection,
    listener: &str,
    events_max: usize,
) -> Result<Vec<EventRow>> {
    let query = sql_file!("take_in_order.sql").bind::<Text, _>(listener);
    let rows = Prepared(query.bind::<BigInt, _>(ROWS_MAX))
        .load(conn)
        .await?;
    Ok(bounded(rows, events_max))
}

/// The first of the rows that have together at most so many events, but at least one row.
fn bounded(mut rows: Vec<EventRow>, events_max: usize) -> Vec<EventRow> {
    let mut events = 0;
    let fit = rows.iter().take_while(|row| {
        events += row.job_ids.len();
        events <= events_max
    });
    let fit = fit.count().max(1);
    rows.truncate(fit);
    rows
}

/// Takes rows away that were dealt with.
pub async fn settle(conn: &mut AsyncPgConnection, listener: &str, ids: &[i64]) -> Result<()> {
    let query = diesel::sql_query("DELETE FROM nexus.events WHERE listener = $1 AND id = ANY ($2)");
    let query = query.bind::<Text, _>(listener);
    Prepared(query.bind::<Array<BigInt>, _>(ids))
        .execute(conn)
        .await?;
    Ok(())
}
