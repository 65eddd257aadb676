use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::Lane;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::dispatch;

/// A dispatch row that is due, locked by the relay's transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueEntry {
    /// The dispatch row.
    pub id: i64,
    /// The jobs it carries.
    pub job_ids: Vec<i64>,
    /// Whether its job lost a lease before.
    pub suspect: bool,
}

/// A tenant of a lane, and its earliest due rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantsDue {
    /// The tenant.
    pub tenant: i64,
    /// Its rows that are due, the earliest first; none, if all are due later or held.
    pub rows: Vec<DueEntry>,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = BigInt)]
    tenant_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    job_ids: Option<Vec<i64>>,
    #[diesel(sql_type = Nullable<Bool>)]
    suspect: Option<bool>,
}

/// Locks up to `rows_max` due rows of a lane, shared evenly among up to `tenants_max`
/// tenants with ids above `after`; rows that another relay holds are skipped. To be
/// called inside a transaction. Fewer tenants than asked for: there are no more.
pub async fn lock_due(
    conn: &mut AsyncPgConnection,
    lane: &Lane,
    after: i64,
    tenants_max: u32,
    rows_max: u32,
) -> Result<Vec<TenantsDue>> {
    let rows: Vec<DueRow> = Prepared(
        sql_file!("due_in_turn.sql")
            .bind::<Text, _>(lane.queue.as_str())
            .bind::<SmallInt, _>(lane.band.number())
            .bind::<BigInt, _>(after)
            .bind::<BigInt, _>(i64::from(tenants_max))
            .bind::<BigInt, _>(i64::from(rows_max)),
    )
    .load(conn)
    .await?;
    let mut tenants: Vec<TenantsDue> = Vec::new();
    for row in rows {
        if tenants
            .last()
            .is_none_or(|last| last.tenant != row.tenant_id)
        {
            tenants.push(TenantsDue {
                tenant: row.tenant_id,
                rows: Vec::new(),
            });
        }
        if let (Some(last), Some(id), Some(job_ids)) = (tenants.last_mut(), row.id, row.job_ids) {
            last.rows.push(DueEntry {
                id,
                job_ids,
                suspect: row.suspect.unwrap_or(false),
            });
        }
    }
    Ok(tenants)
}

/// Marks rows as pushed in a broker's epoch.
pub async fn mark_pushed(conn: &mut AsyncPgConnection, rows: &[i64], epoch: &str) -> Result<()> {
    diesel::update(dispatch::table.filter(dispatch::id.eq_any(rows)))
        .set(dispatch::epoch.eq(epoch))
        .execute(conn)
        .await?;
    Ok(())
}

/// Rows of a lane that were pushed and that no claim has settled, up to `rows_max` of them.
pub async fn pushed_rows(
    conn: &mut AsyncPgConnection,
    lane: &Lane,
    rows_max: u32,
) -> Result<Vec<i64>> {
    Ok(dispatch::table
        .filter(dispatch::queue.eq(lane.queue.as_str()))
        .filter(dispatch::band.eq(lane.band.number()))
        .filter(dispatch::epoch.is_not_null())
        .select(dispatch::id)
        .limit(i64::from(rows_max))
        .load(conn)
        .await?)
}

/// Unmarks those of these rows that are still there: they are pushed again. Returns how many.
pub async fn forget_rows(conn: &mut AsyncPgConnection, rows: &[i64]) -> Result<usize> {
    Ok(
        diesel::update(dispatch::table.filter(dispatch::id.eq_any(rows)))
            .filter(dispatch::epoch.is_not_null())
            .set(dispatch::epoch.eq(None::<String>))
            .execute(conn)
            .await?,
    )
}

/// Unmarks the rows of a lane that were pushed in another epoch than `epoch`:
/// what they stood for in the broker may be gone, so they are pushed again.
/// Returns how many.
pub async fn forget_other_epochs(
    conn: &mut AsyncPgConnection,
    lane: &Lane,
    epoch: &str,
) -> Result<usize> {
    Ok(diesel::update(
        dispatch::table
            .filter(dispatch::queue.eq(lane.queue.as_str()))
            .filter(dispatch::band.eq(lane.band.number()))
            .filter(dispatch::epoch.is_not_null())
            .filter(dispatch::epoch.ne(epoch)),
    )
    .set(dispatch::epoch.eq(None::<String>))
    .execute(conn)
    .await?)
}
