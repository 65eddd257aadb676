use diesel_async::AsyncPgConnection;
use nexus_jobs::DatasetId;
use serde::Serialize;

use crate::datasets::columns::{ColumnStatistics, columns};
use crate::datasets::figures::{CurrencySum, RejectCount};
use crate::datasets::load_view::LoadView;
use crate::datasets::view::{DatasetDetail, DatasetView, find};
use crate::error::Result;

/// How good a dataset is: everything that was found while it was loaded.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetQuality {
    /// The dataset.
    pub dataset: DatasetView,
    /// Its loads, in the order that they were asked for.
    pub loads: Vec<LoadView>,
    /// Its columns, in the table's order; none where nothing was loaded.
    pub columns: Vec<ColumnStatistics>,
    /// Rejected rows by reason, the most frequent first.
    pub rejects: Vec<RejectCount>,
    /// Sums by currency.
    pub sums: Vec<CurrencySum>,
}

/// How good a dataset is; `None` where there is none.
pub async fn quality(
    conn: &mut AsyncPgConnection,
    id: DatasetId,
) -> Result<Option<DatasetQuality>> {
    let Some(DatasetDetail {
        dataset,
        loads,
        sums,
        rejects,
    }) = find(conn, id).await?
    else {
        return Ok(None);
    };
    Ok(Some(DatasetQuality {
        dataset,
        loads,
        columns: columns(conn, id).await?,
        rejects,
        sums,
    }))
}
