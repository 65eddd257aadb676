use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::datasets::held::Owner;
use crate::error::Result;
use crate::money::Total;
use crate::schema::nexus::{dataset_reject_counts, dataset_sums, datasets};

/// Sums written at once. A file may have 17,576 currencies, and a statement 65,535 parameters.
const SUMS_AT_ONCE: usize = 1000;

/// What is counted of a load, and over its loads of a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = datasets, treat_none_as_null = true)]
pub struct Figures {
    /// Data rows read.
    pub rows_read: i64,
    /// Rows loaded.
    pub rows_loaded: i64,
    /// Rows rejected.
    pub rows_rejected: i64,
    /// Rows loaded with an amount below zero.
    pub rows_negative: i64,
    /// Rows loaded with an amount of exactly zero.
    pub rows_zero: i64,
    /// The earliest date.
    pub date_min: Option<NaiveDate>,
    /// The latest date.
    pub date_max: Option<NaiveDate>,
}

/// The rows and the sum of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurrencySum {
    /// The currency; empty where the rows state none.
    pub currency: String,
    /// How many rows.
    pub rows: i64,
    /// Their sum.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub amount_sum: Total,
}

/// How many rows were rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectCount {
    /// The reason's code.
    pub reason: String,
    /// How many rows.
    pub rows: i64,
}

impl Figures {
    /// Those of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows_read: self.rows_read + other.rows_read,
            rows_loaded: self.rows_loaded + other.rows_loaded,
            rows_rejected: self.rows_rejected + other.rows_rejected,
            rows_negative: self.rows_negative + other.rows_negative,
            rows_zero: self.rows_zero + other.rows_zero,
            date_min: [self.date_min, other.date_min].into_iter().flatten().min(),
            date_max: self.date_max.max(other.date_max),
        }
    }
}

/// Adds a load's sums to its dataset's.
pub(super) async fn add_sums(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    sums: &[CurrencySum],
) -> Result<()> {
    for sums in sums.chunks(SUMS_AT_ONCE) {
        add_few_sums(conn, owner, sums).await?;
    }
    Ok(())
}

async fn add_few_sums(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    sums: &[CurrencySum],
) -> Result<()> {
    use dataset_sums as s;
    let rows: Vec<_> = sums
        .iter()
        .map(|sum| {
            (
                s::tenant_id.eq(owner.tenant),
                s::case_id.eq(owner.case),
                s::dataset_id.eq(owner.dataset),
                s::currency.eq(&sum.currency),
                s::rows.eq(sum.rows),
                s::amount_sum.eq(sum.amount_sum),
            )
        })
        .collect();
    diesel::insert_into(s::table)
        .values(rows)
        .on_conflict((s::dataset_id, s::currency))
        .do_update()
        .set((
            s::rows.eq(s::rows + excluded(s::rows)),
            s::amount_sum.eq(s::amount_sum + excluded(s::amount_sum)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sums that were counted anew take the place of a dataset's.
pub(super) async fn replace_sums(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    sums: &[CurrencySum],
) -> Result<()> {
    diesel::delete(dataset_sums::table.filter(dataset_sums::dataset_id.eq(owner.dataset)))
        .execute(conn)
        .await?;
    add_sums(conn, owner, sums).await
}

/// Adds a load's rejects to its dataset's counts.
pub(super) async fn add_rejects(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    counts: &[RejectCount],
) -> Result<()> {
    use dataset_reject_counts as r;
    let rows: Vec<_> = counts
        .iter()
        .map(|count| {
            (
                r::tenant_id.eq(owner.tenant),
                r::case_id.eq(owner.case),
                r::dataset_id.eq(owner.dataset),
                r::reason.eq(&count.reason),
                r::rows.eq(count.rows),
            )
        })
        .collect();
    diesel::insert_into(r::table)
        .values(rows)
        .on_conflict((r::dataset_id, r::reason))
        .do_update()
        .set(r::rows.eq(r::rows + excluded(r::rows)))
        .execute(conn)
        .await?;
    Ok(())
}
