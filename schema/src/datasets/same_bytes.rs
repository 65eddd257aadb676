use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{CaseId, LoadId};

use crate::error::{Error, Result};
use crate::schema::nexus::{dataset_loads, datasets};

/// Most loads of one size that are told, the newest first. [`finish`](super::finish) asks by digest,
/// so that a load beyond it is found all the same, if later.
const SAME_SIZE_MAX: i64 = 1000;

/// A load that ended well before.
#[derive(Clone, Debug, Queryable)]
pub struct EarlierLoad {
    /// Its dataset.
    pub dataset_id: i64,
    /// Its dataset's name.
    pub dataset_name: String,
    /// The load.
    pub load_id: i64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// When it was loaded.
    pub finished_at: DateTime<Utc>,
}

impl EarlierLoad {
    /// Why a load with its bytes is refused.
    pub fn refusal(&self) -> String {
        twice(&format!(
            "load {} of dataset {} ({}), on {}",
            self.load_id,
            self.dataset_id,
            self.dataset_name,
            self.finished_at.format("%Y-%m-%d %H:%M:%S UTC")
        ))
    }
}

pub(super) fn twice(by: &str) -> String {
    format!(
        "the case has the same bytes already, by {by}: force the load if they are to count twice"
    )
}

/// Loads of a case with so many bytes, the newest first: to be told apart by digest, which is worth
/// reading a file for only where there are any.
pub async fn same_bytes(
    conn: &mut AsyncPgConnection,
    case: CaseId,
    bytes: i64,
) -> Result<Vec<EarlierLoad>> {
    use dataset_loads as l;
    Ok(l::table
        .inner_join(datasets::table)
        .filter(l::case_id.eq(case.0))
        .filter(l::bytes.eq(bytes))
        .filter(l::state.eq("loaded"))
        .order(l::id.desc())
        .limit(SAME_SIZE_MAX)
        .select((
            datasets::id,
            datasets::name,
            l::id,
            l::sha256.assume_not_null(),
            l::finished_at.assume_not_null(),
        ))
        .load(conn)
        .await?)
}

/// [`Error::Conflict`] where the case has these bytes by another load.
pub(super) async fn refuse_same_bytes(
    conn: &mut AsyncPgConnection,
    case: i64,
    load: LoadId,
    sha256: &str,
) -> Result<()> {
    use dataset_loads as l;
    let earlier: Option<EarlierLoad> = l::table
        .inner_join(datasets::table)
        .filter(l::case_id.eq(case))
        .filter(l::sha256.eq(sha256))
        .filter(l::state.eq("loaded"))
        .filter(l::id.ne(load.0))
        .order(l::id)
        .select((
            datasets::id,
            datasets::name,
            l::id,
            l::sha256.assume_not_null(),
            l::finished_at.assume_not_null(),
        ))
        .first(conn)
        .await
        .optional()?;
    match earlier {
        Some(earlier) => Err(Error::Conflict(earlier.refusal())),
        None => Ok(()),
    }
}
