use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::LoadId;

use crate::datasets::finish::fail;
use crate::error::{Error, Result};
use crate::prepared::Prepared;

#[derive(QueryableByName)]
struct Orphan {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    reason: String,
}

/// Fails loads whose jobs were given up by somebody else than their handler, as
/// after too many lost leases, and removes what they had loaded. All in one
/// transaction; those whose datasets another call holds are left to it. Returns which.
pub async fn fail_orphans(conn: &mut AsyncPgConnection, most: u32) -> Result<Vec<LoadId>> {
    conn.transaction::<_, Error, _>(async |conn| {
        let orphans: Vec<Orphan> = Prepared(
            diesel::sql_query(
                "SELECT l.id, coalesce(h.reason, 'its job was ' || h.state) AS reason \
                 FROM nexus.dataset_loads AS l JOIN nexus.datasets AS d ON d.id = l.dataset_id \
                 JOIN nexus.job_history AS h ON h.id = l.job_id \
                 WHERE l.state IN ('pending', 'loading') AND h.state <> 'completed' \
                 ORDER BY l.id LIMIT $1 FOR NO KEY UPDATE OF d SKIP LOCKED",
            )
            .bind::<BigInt, _>(i64::from(most)),
        )
        .load(conn)
        .await?;
        for orphan in &orphans {
            fail(conn, LoadId(orphan.id), None, &orphan.reason).await?;
        }
        Ok(orphans.iter().map(|orphan| LoadId(orphan.id)).collect())
    })
    .await
}
