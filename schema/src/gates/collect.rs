use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::lock::lock;
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::gate_ends;

/// Forgets up to `most` gates that nobody uses and nobody waits at, but for those
/// named. Returns how many.
pub async fn collect(conn: &mut AsyncPgConnection, keep: &[String], most: u32) -> Result<usize> {
    count_out(conn, most).await?;
    Ok(Prepared(
        sql_file!("collect.sql")
            .bind::<Array<Text>, _>(keep)
            .bind::<BigInt, _>(i64::from(most)),
    )
    .execute(conn)
    .await?)
}

/// Takes ended jobs off gates that nobody claims through any more.
async fn count_out(conn: &mut AsyncPgConnection, most: u32) -> Result<()> {
    conn.transaction(async |conn| {
        let ended: Vec<String> = gate_ends::table
            .select(gate_ends::gate)
            .distinct()
            .limit(i64::from(most))
            .load(conn)
            .await?;
        lock(conn, ended.iter().map(String::as_str).collect()).await?;
        Ok(())
    })
    .await
}
