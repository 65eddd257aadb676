use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// Takes away up to `rows_max` reservations of unique keys that ran out; returns how many.
///
/// Nothing waits for it: one that ran out holds no longer, whether it is there or not.
pub async fn sweep_reservations(conn: &mut AsyncPgConnection, rows_max: u32) -> Result<usize> {
    Ok(
        Prepared(sql_file!("sweep_reservations.sql").bind::<BigInt, _>(i64::from(rows_max)))
            .execute(conn)
            .await?,
    )
}
