use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What was thrown away of a listener's events.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Swept {
    /// The listener; it may be none any more.
    #[diesel(sql_type = Text)]
    pub listener: String,
    /// Rows of the outbox.
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    /// Events in them.
    #[diesel(sql_type = BigInt)]
    pub events: i64,
}

/// Throws away events that waited for longer than `keep`, and those that nobody waits for any more:
/// at most `rows_max` rows a listener. Counts them at the listener. One that reads in order just now
/// is left for the next time.
pub async fn sweep(
    conn: &mut AsyncPgConnection,
    keep: Duration,
    rows_max: u32,
) -> Result<Vec<Swept>> {
    let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    Ok(Prepared(
        sql_file!("sweep.sql")
            .bind::<BigInt, _>(keep_ms)
            .bind::<BigInt, _>(i64::from(rows_max)),
    )
    .load(conn)
    .await?)
}
