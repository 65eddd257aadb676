use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::DatasetId;
use serde::Serialize;
use serde_json::Value;

use crate::datasets::duplicates::Duplicates;
use crate::datasets::figures::Figures;
use crate::error::Result;
use crate::schema::nexus::dataset_loads;

/// Most loads of a dataset that are shown: the newest.
const LOADS_SHOWN_MAX: i64 = 1000;

/// A load: one file of a dataset.
#[derive(Clone, Debug, Serialize, Queryable, Selectable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[diesel(table_name = dataset_loads)]
pub struct LoadView {
    /// Its id.
    pub id: i64,
    /// Its dataset.
    pub dataset_id: i64,
    /// `pending`, `loading`, `loaded` or `failed`.
    pub state: String,
    /// Where its bytes come from.
    pub source: String,
    /// The profile's name.
    pub profile_name: String,
    /// The job that runs it.
    pub job_id: Option<i64>,
    /// Whether the case may have the same bytes already.
    pub forced: bool,
    /// SHA-256 of the input's bytes, in hex.
    pub sha256: Option<String>,
    /// The input's bytes.
    pub bytes: Option<i64>,
    /// The format, such as `csv`.
    pub format: Option<String>,
    /// The compression, such as `gzip`.
    pub compression: Option<String>,
    /// The encoding, such as `windows-1252`.
    pub encoding: Option<String>,
    /// How the encoding is known.
    pub encoding_basis: Option<String>,
    /// Its row numbers start behind this one; null until it starts.
    pub rows_before: Option<i64>,
    /// Data rows read so far.
    pub rows_read: i64,
    /// Rows loaded so far. Once it has ended, those that stood then: a later load may have replaced
    /// some.
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
    /// Rows that repeat the natural key; null where there is none, or the load has not ended.
    pub duplicates: Option<Duplicates>,
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

impl LoadView {
    /// What it has so far, if it is loading: its dataset's totals do not yet have it.
    pub(super) fn under_way(&self) -> Figures {
        if self.state != "loading" {
            return Figures::default();
        }
        Figures {
            rows_read: self.rows_read,
            rows_loaded: self.rows_loaded,
            rows_rejected: self.rows_rejected,
            rows_negative: self.rows_negative,
            rows_zero: self.rows_zero,
            date_min: self.date_min,
            date_max: self.date_max,
        }
    }
}

/// A dataset's loads, in the order that they were asked for.
pub(super) async fn loads(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
) -> Result<Vec<LoadView>> {
    let mut loads: Vec<LoadView> = dataset_loads::table
        .filter(dataset_loads::dataset_id.eq(dataset.0))
        .order(dataset_loads::id.desc())
        .limit(LOADS_SHOWN_MAX)
        .select(LoadView::as_select())
        .load(conn)
        .await?;
    loads.reverse();
    Ok(loads)
}

/// The load that stands for its dataset: the one under way, or else the newest.
pub(super) fn of_note(loads: &[LoadView]) -> Option<&LoadView> {
    let under_way = loads.iter().find(|load| load.state == "loading");
    under_way.or(loads.last())
}

/// The load of note of each of some datasets.
pub(super) async fn loads_of_note(
    conn: &mut AsyncPgConnection,
    datasets: &[i64],
) -> Result<Vec<LoadView>> {
    use dataset_loads as l;
    Ok(l::table
        .filter(l::dataset_id.eq_any(datasets))
        .distinct_on(l::dataset_id)
        .order((l::dataset_id, l::state.eq("loading").desc(), l::id.desc()))
        .select(LoadView::as_select())
        .load(conn)
        .await?)
}
