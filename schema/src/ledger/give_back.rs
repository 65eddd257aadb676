use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, Token};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Hands running jobs back to the ledger without spending their attempt: what a
/// worker does with the rest when its grace is over. Returns what it still held.
pub async fn give_back(
    conn: &mut AsyncPgConnection,
    jobs: &[(JobId, Token)],
) -> Result<Vec<JobId>> {
    let (ids, tokens): (Vec<i64>, Vec<uuid::Uuid>) =
        jobs.iter().map(|(job, token)| (job.0, token.0)).unzip();
    let rows: Vec<Row> = Prepared(
        sql_file!("give_back.sql")
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Uuid>, _>(tokens),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| JobId(row.id)).collect())
}
