use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{CaseId, DatasetId};
use serde::Serialize;
use serde_json::Value;

use crate::datasets::figures::{CurrencySum, Figures, RejectCount};
use crate::datasets::load_view::{LoadView, loads, loads_of_note, of_note};
use crate::error::Result;
use crate::schema::nexus::{dataset_reject_counts, dataset_sums, datasets};

/// A dataset. Where it comes from is told of the load under way, or else of the newest.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetView {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub tenant_id: i64,
    /// The case it belongs to.
    pub case_id: i64,
    /// Its name.
    pub name: String,
    /// `transactions`, `expenses`, `bank_statements`, `parties` or `calendars`.
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
    /// When it was last loaded, or failed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A dataset with its loads, its sums and its rejects by reason.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetDetail {
    /// The dataset.
    #[serde(flatten)]
    pub dataset: DatasetView,
    /// Its loads, in the order that they were asked for.
    pub loads: Vec<LoadView>,
    /// Sums by currency.
    pub sums: Vec<CurrencySum>,
    /// Rejected rows by reason.
    pub rejects: Vec<RejectCount>,
}

/// A dataset's own row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = datasets)]
struct Row {
    id: i64,
    tenant_id: i64,
    case_id: i64,
    name: String,
    type_: String,
    state: String,
    #[diesel(embed)]
    totals: Figures,
    error: Option<String>,
    created_at: DateTime<Utc>,
    created_by: String,
    finished_at: Option<DateTime<Utc>>,
}

impl Row {
    fn with(self, load: &LoadView) -> DatasetView {
        let figures = self.totals.plus(load.under_way());
        DatasetView {
            id: self.id,
            tenant_id: self.tenant_id,
            case_id: self.case_id,
            name: self.name,
            type_: self.type_,
            state: self.state,
            source: load.source.clone(),
            profile_name: load.profile_name.clone(),
            job_id: load.job_id,
            sha256: load.sha256.clone(),
            bytes: load.bytes,
            rows_read: figures.rows_read,
            rows_loaded: figures.rows_loaded,
            rows_rejected: figures.rows_rejected,
            rows_negative: figures.rows_negative,
            rows_zero: figures.rows_zero,
            date_min: figures.date_min,
            date_max: figures.date_max,
            timing: load.timing.clone(),
            error: self.error,
            created_at: self.created_at,
            created_by: self.created_by,
            finished_at: self.finished_at,
        }
    }
}

/// One dataset.
pub async fn find(conn: &mut AsyncPgConnection, id: DatasetId) -> Result<Option<DatasetDetail>> {
    let found: Option<Row> = datasets::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .await
        .optional()?;
    let loads = loads(conn, id).await?;
    // A dataset and its first load are written together.
    let (Some(row), Some(load)) = (found, of_note(&loads)) else {
        return Ok(None);
    };
    let dataset = row.with(load);
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
        loads,
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
        .select(Row::as_select())
        .into_boxed();
    if let Some(case) = case {
        query = query.filter(datasets::case_id.eq(case.0));
    }
    let rows: Vec<Row> = query.load(conn).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let loads = loads_of_note(conn, &ids).await?;
    let loads: HashMap<i64, LoadView> = loads
        .into_iter()
        .map(|load| (load.dataset_id, load))
        .collect();
    let views = rows.into_iter().filter_map(|row| {
        let load = loads.get(&row.id)?;
        Some(row.with(load))
    });
    Ok(views.collect())
}
