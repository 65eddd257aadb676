use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What a look for lost leases did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Jobs sent back to wait.
    pub again: Vec<JobId>,
    /// Jobs given up, since they lost leases in all their attempts.
    pub discarded: Vec<JobId>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Bool)]
    discarded: bool,
}

/// Takes up to `batch_max` leases that ran out and sends their jobs on.
///
/// The caller sees to it that it has reached Postgres without a gap for one
/// whole lease: after an outage of the server every lease looks expired.
pub async fn rescue(conn: &mut AsyncPgConnection, batch_max: u32) -> Result<Rescued> {
    const ERROR: &str = "the worker went silent for longer than its lease";
    let rows: Vec<Row> = Prepared(
        sql_file!("rescue.sql")
            .bind::<BigInt, _>(i64::from(batch_max))
            .bind::<Text, _>(ERROR),
    )
    .load(conn)
    .await?;
    let mut rescued = Rescued::default();
    for row in rows {
        let jobs = if row.discarded {
            &mut rescued.discarded
        } else {
            &mut rescued.again
        };
        jobs.push(JobId(row.id));
    }
    Ok(rescued)
}
