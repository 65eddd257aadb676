//! The fence: a claim's proof, checked as a transaction's last act.

mod removal;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, Token};

use crate::error::{Error, Result};
use crate::schema::nexus::jobs;

use removal::is_removed;
#[cfg(feature = "unfenced")]
pub use removal::remove_for_tests;

/// Locks the job's row by its token until the transaction ends.
///
/// To be called inside a transaction, last before COMMIT: a claim that was
/// rescued meanwhile gives [`Error::StaleClaim`], and the caller rolls back.
pub async fn fence(conn: &mut AsyncPgConnection, job: JobId, token: Token) -> Result<()> {
    if is_removed() {
        return Ok(());
    }
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

/// The fence of a transaction whose last act settles its job by the token: where the
/// verb settled nothing, the claim is stale, and the caller rolls back.
pub fn settled(job: JobId, settled: &[JobId]) -> Result<()> {
    if settled.is_empty() && !is_removed() {
        return Err(Error::StaleClaim(job));
    }
    Ok(())
}
