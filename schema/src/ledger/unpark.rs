use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "only the number of rows counts")]
    id: i64,
}

/// Releases up to `batch_max` jobs that were parked because no worker knew their
/// kind, and returns how many.
pub async fn unpark_kinds(
    conn: &mut AsyncPgConnection,
    kinds: &[String],
    batch_max: u32,
) -> Result<usize> {
    let rows: Vec<Row> = Prepared(
        sql_file!("unpark.sql")
            .bind::<Array<Text>, _>(kinds)
            .bind::<BigInt, _>(i64::from(batch_max)),
    )
    .load(conn)
    .await?;
    Ok(rows.len())
}
