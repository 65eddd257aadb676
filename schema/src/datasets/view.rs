use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{CaseId, DatasetId};
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::money::Total;
use crate::schema::nexus::{dataset_reject_counts, dataset_sums, datasets};

/// A dataset.
#[derive(Clone, Debug, Serialize, Queryable, Selectable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[diesel(table_name = datasets)]
pub struct DatasetView {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub tenant_id: i64,
    /// The case it belongs to.
    pub case_id: i64,
    /// Its name.
    pub name: String,
    /// `transactions`, `expenses` or `bank_statements`.
    #[diesel(column_name = "type_")]
    #[serde(rename = "type")]
    pub type_: String,
    /// `pending`, `loading`, `loaded` or `failed`.
    pub state: String,
    /// Where its bytes come from.
    pub source: String,
    /// The profile's name.
    pub profile_name: String,
    /// The job that loads it.
    pub job_id: Option<i64>,
    /// SHA-256 of the input's bytes, in hex.
    pub sha256: Option<String>,
    /// The input's bytes.
    pub bytes: Option<i64>,
    /// Data rows read so far.
    pub rows_read: i64,
    /// Rows loaded so far.
    pub rows_loaded: i64,
    /// Rows rejected so far.
    pub rows_rejected: i64,
    /// Rows loaded with an amount below zero.
    pub rows_negative: i64,
    /// Rows loaded with an amount of exactly zero.
    pub rows_zero: i64,
    /// The earliest date.
    pub date_min: Option<NaiveDate>,
    /// The latest date.
    pub date_max: Option<NaiveDate>,
    /// Milliseconds by stage.
    pub timing: Option<Value>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Who asked.
    pub created_by: String,
    /// When it was loaded or failed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The rows and the sum of one currency.
#[derive(Clone, Debug, Serialize, Queryable)]
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
#[derive(Clone, Debug, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectCount {
    /// The reason's code.
    pub reason: String,
    /// How many rows.
    pub rows: i64,
}

/// A dataset with its sums and its rejects by reason.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetDetail {
    /// The dataset.
    #[serde(flatten)]
    pub dataset: DatasetView,
    /// Sums by currency.
    pub sums: Vec<CurrencySum>,
    /// Rejected rows by reason.
    pub rejects: Vec<RejectCount>,
}

/// One dataset.
pub async fn find(conn: &mut AsyncPgConnection, id: DatasetId) -> Result<Option<DatasetDetail>> {
    let found: Option<DatasetView> = datasets::table
        .find(id.0)
        .select(DatasetView::as_select())
        .first(conn)
        .await
        .optional()?;
    let Some(dataset) = found else {
        return Ok(None);
    };
    let sums = dataset_sums::table
        .filter(dataset_sums::dataset_id.eq(id.0))
        .order(dataset_sums::currency)
        .select((
            dataset_sums::currency,
            dataset_sums::rows,
            dataset_sums::amount_sum,
        ))
        .load(conn)
        .await?;
    let rejects = dataset_reject_counts::table
        .filter(dataset_reject_counts::dataset_id.eq(id.0))
        .order((
            dataset_reject_counts::rows.desc(),
            dataset_reject_counts::reason,
        ))
        .select((dataset_reject_counts::reason, dataset_reject_counts::rows))
        .load(conn)
        .await?;
    Ok(Some(DatasetDetail {
        dataset,
        sums,
        rejects,
    }))
}

/// Datasets, the newest first, at most `size` whose ids are below `before`.
pub async fn list(
    conn: &mut AsyncPgConnection,
    case: Option<CaseId>,
    before: Option<DatasetId>,
    size: u32,
) -> Result<Vec<DatasetView>> {
    let mut query = datasets::table
        .filter(datasets::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(datasets::id.desc())
        .limit(i64::from(size))
        .select(DatasetView::as_select())
        .into_boxed();
    if let Some(case) = case {
        query = query.filter(datasets::case_id.eq(case.0));
    }
    Ok(query.load(conn).await?)
}
