//! The dispatch table as it stands.

use diesel::sql_types::{Array, BigInt, Bool, Double, Nullable, SmallInt, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// A dispatch row.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct DispatchRow {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Whose jobs.
    #[diesel(sql_type = BigInt)]
    pub tenant_id: i64,
    /// The queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// The band's number.
    #[diesel(sql_type = SmallInt)]
    pub band: i16,
    /// Seconds until it is due; negative: since then.
    #[diesel(sql_type = Double)]
    pub due_in_s: f64,
    /// Whether its job lost a lease.
    #[diesel(sql_type = Bool)]
    pub suspect: bool,
    /// The jobs.
    #[diesel(sql_type = Array<BigInt>)]
    pub job_ids: Vec<i64>,
    /// The epoch it was pushed in.
    #[diesel(sql_type = Nullable<Text>)]
    pub epoch: Option<String>,
}

/// Every dispatch row, in order of id.
pub async fn dispatch_rows(conn: &mut AsyncPgConnection) -> Vec<DispatchRow> {
    sql_query(
        "SELECT id, tenant_id, queue, band, \
         extract(epoch FROM due_at - now())::double precision AS due_in_s, \
         suspect, job_ids, epoch FROM nexus.dispatch ORDER BY id",
    )
    .load(conn)
    .await
    .expect("the dispatch rows")
}
