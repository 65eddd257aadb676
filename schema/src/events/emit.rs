use diesel::sql_types::{BigInt, Json, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Emitted, JobId, Token};

use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

/// Writes an event that a job's handler emits, for whoever listens, in whatever transaction `conn` is
/// in: it is told exactly if that commits. Its data has at most `bytes_max` bytes as JSON.
///
/// Writes nothing for a claim that holds no more: the fence of that transaction says so.
pub async fn emit(
    conn: &mut AsyncPgConnection,
    job: JobId,
    token: Token,
    event: &Emitted,
    bytes_max: usize,
) -> Result<()> {
    event.check(bytes_max).map_err(Error::Invalid)?;
    Prepared(
        sql_file!("emit.sql")
            .bind::<BigInt, _>(job.0)
            .bind::<Uuid, _>(token.0)
            .bind::<Text, _>(&event.event_type)
            .bind::<Nullable<Text>, _>(&event.id)
            .bind::<Nullable<Text>, _>(&event.subject)
            .bind::<Json, _>(&event.data),
    )
    .execute(conn)
    .await?;
    Ok(())
}
