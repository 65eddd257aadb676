use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// Forgets up to `most` gates that nobody uses and nobody waits at, but for those
/// named. Returns how many.
pub async fn collect(conn: &mut AsyncPgConnection, keep: &[String], most: u32) -> Result<usize> {
    Ok(Prepared(
        sql_file!("collect.sql")
            .bind::<Array<Text>, _>(keep)
            .bind::<BigInt, _>(i64::from(most)),
    )
    .execute(conn)
    .await?)
}
