//! The fence: a claim's proof, checked as a transaction's last act.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, Token};

use crate::error::{Error, Result};
use crate::schema::nexus::jobs;

/// Locks the job's row by its token until the transaction ends.
///
/// To be called inside a transaction, last before COMMIT: a claim that was
/// rescued meanwhile gives [`Error::StaleClaim`], and the caller rolls back.
pub async fn fence(conn: &mut AsyncPgConnection, job: JobId, token: Token) -> Result<()> {
    let held: Option<i64> = jobs::table
        .select(jobs::id)
        .filter(jobs::id.eq(job.0))
        .filter(jobs::token.eq(token.0))
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    held.map(drop).ok_or(Error::StaleClaim(job))
}
