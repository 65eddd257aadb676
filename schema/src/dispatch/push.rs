use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::Lane;

use crate::error::Result;
use crate::prepared::Prepared;
use crate::schema::nexus::dispatch;

/// A dispatch row that is due, locked by the relay's transaction.
#[derive(Clone, Debug, QueryableByName)]
pub struct DueEntry {
    /// The dispatch row.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The jobs it carries.
    #[diesel(sql_type = Array<BigInt>)]
    pub job_ids: Vec<i64>,
    /// Whether its job lost a lease before.
    #[diesel(sql_type = Bool)]
    pub suspect: bool,
}

/// Locks up to `rows_max` due rows of a lane, the earliest first; rows that
/// another relay holds are skipped. To be called inside a transaction.
pub async fn lock_due(
    conn: &mut AsyncPgConnection,
    lane: &Lane,
    rows_max: u32,
) -> Result<Vec<DueEntry>> {
    // Diesel takes an array's elements for nullable, so this one is by hand.
    Ok(Prepared(
        diesel::sql_query(
            "SELECT id, job_ids, suspect FROM nexus.dispatch \
             WHERE queue = $1 AND band = $2 AND epoch IS NULL AND due_at <= now() \
             ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        )
        .bind::<Text, _>(lane.queue.as_str())
        .bind::<SmallInt, _>(lane.band.number())
        .bind::<BigInt, _>(i64::from(rows_max)),
    )
    .load(conn)
    .await?)
}

/// Marks rows as pushed in a broker's epoch.
pub async fn mark_pushed(conn: &mut AsyncPgConnection, rows: &[i64], epoch: &str) -> Result<()> {
    diesel::update(dispatch::table.filter(dispatch::id.eq_any(rows)))
        .set(dispatch::epoch.eq(epoch))
        .execute(conn)
        .await?;
    Ok(())
}

/// Unmarks the rows of a lane that were pushed in another epoch than `epoch`:
/// what they stood for in the broker may be gone, so they are pushed again.
/// Returns how many.
pub async fn forget_other_epochs(
    conn: &mut AsyncPgConnection,
    lane: &Lane,
    epoch: &str,
) -> Result<usize> {
    Ok(diesel::update(
        dispatch::table
            .filter(dispatch::queue.eq(lane.queue.as_str()))
            .filter(dispatch::band.eq(lane.band.number()))
            .filter(dispatch::epoch.is_not_null())
            .filter(dispatch::epoch.ne(epoch)),
    )
    .set(dispatch::epoch.eq(None::<String>))
    .execute(conn)
    .await?)
}
