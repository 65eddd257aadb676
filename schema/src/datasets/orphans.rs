use diesel::sql_types::{BigInt, Text};
use diesel::{OptionalExtension, QueryableByName};
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
/// after too many lost leases, and removes what they had loaded. Each in a transaction
/// of its own, so that one that cannot be failed holds up no other for ever; those whose
/// datasets another call holds are left to it. Returns which, at most `most`.
///
/// # Errors
///
/// The first one's that could not be failed, after all others have been.
pub async fn fail_orphans(conn: &mut AsyncPgConnection, most: u32) -> Result<Vec<LoadId>> {
    let (mut failed, mut after, mut first_error) = (Vec::new(), 0, None);
    for _ in 0..most {
        match fail_next(conn, after).await {
            Ok(None) => break,
            Ok(Some(load)) => {
                failed.push(load);
                after = load.0;
            }
            Err((load, error)) => {
                first_error.get_or_insert(error);
                match load {
                    Some(load) => after = load.0,
                    None => break,
                }
            }
        }
    }
    match first_error {
        Some(error) if failed.is_empty() => Err(error),
        _ => Ok(failed),
    }
}

/// The first orphan behind a load, failed; or what went wrong, and with which.
async fn fail_next(
    conn: &mut AsyncPgConnection,
    after: i64,
) -> Result<Option<LoadId>, (Option<LoadId>, Error)> {
    let mut found = None;
    let failed = conn.transaction::<_, Error, _>(async |conn| {
        let orphan: Option<Orphan> = Prepared(
            diesel::sql_query(
                "SELECT l.id, coalesce(h.reason, 'its job was ' || h.state) AS reason \
                 FROM nexus.dataset_loads AS l JOIN nexus.datasets AS d ON d.id = l.dataset_id \
                 JOIN nexus.job_history AS h ON h.id = l.job_id \
                 WHERE l.state IN ('pending', 'loading') AND h.state <> 'completed' AND l.id > $1 \
                 ORDER BY l.id LIMIT 1 FOR NO KEY UPDATE OF d SKIP LOCKED",
            )
            .bind::<BigInt, _>(after),
        )
        .get_result(conn)
        .await
        .optional()?;
        if let Some(orphan) = &orphan {
            found = Some(LoadId(orphan.id));
            fail(conn, LoadId(orphan.id), None, &orphan.reason).await?;
        }
        Ok(())
    });
    match failed.await {
        Ok(()) => Ok(found),
        Err(error) => Err((found, error)),
    }
}
