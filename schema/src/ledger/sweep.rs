use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// The reason of a job that was discarded unstarted.
pub const NOT_STARTED: &str = "not started by its deadline";

/// What a sweep took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Jobs that were asked to stop and came to wait again: cancelled.
    pub cancelled: usize,
    /// Requests to stop jobs that have ended.
    pub ended: usize,
    /// Jobs not started by their deadline: discarded.
    pub expired: usize,
}

impl Swept {
    /// Whether there was nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.cancelled == 0 && self.ended == 0 && self.expired == 0
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "only the number of rows counts")]
    id: i64,
}

/// Buries what nobody will run, at most `batch_max` of each sort, in a statement each: jobs called off
/// while they ran that wait again, and jobs past their deadline. Locked rows are left for the next
/// look: whoever holds the lock is moving the job just now.
pub async fn sweep(conn: &mut AsyncPgConnection, batch_max: u32) -> Result<Swept> {
    let most = i64::from(batch_max);
    let cancelled = sql_file!("sweep_cancelled.sql").bind::<BigInt, _>(most);
    let cancelled: Vec<Row> = Prepared(cancelled).load(conn).await?;
    let ended = sql_file!("sweep_ended.sql").bind::<BigInt, _>(most);
    let ended: Vec<Row> = Prepared(ended).load(conn).await?;
    let expired = sql_file!("sweep_expired.sql")
        .bind::<BigInt, _>(most)
        .bind::<Text, _>(NOT_STARTED);
    let expired: Vec<Row> = Prepared(expired).load(conn).await?;
    Ok(Swept {
        cancelled: cancelled.len(),
        ended: ended.len(),
        expired: expired.len(),
    })
}
