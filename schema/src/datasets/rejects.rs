use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::DatasetId;
use serde::Serialize;

use crate::error::Result;
use crate::schema::nexus::dataset_rejects;

/// A row that was not loaded.
#[derive(Clone, Debug, Serialize, Queryable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reject {
    /// The line of the file where it starts; the header is line 1.
    pub line_no: i64,
    /// Its place among the data rows, from 1.
    pub row_no: i64,
    /// The column at fault; `None`: the whole row.
    pub column_name: Option<String>,
    /// The reason's code.
    pub reason: String,
    /// The row's text, bounded.
    pub raw: String,
}

/// A page of rejects, in the file's order.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectPage {
    /// The rejects.
    pub rejects: Vec<Reject>,
    /// The line after which the next page starts; `None` at the end.
    pub next: Option<i64>,
}

/// Rejects of a dataset on lines above `after`, at most `size`, of one reason or of all.
pub async fn rejects(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    reason: Option<&str>,
    after: i64,
    size: u32,
) -> Result<RejectPage> {
    let mut query = dataset_rejects::table
        .filter(dataset_rejects::dataset_id.eq(dataset.0))
        .filter(dataset_rejects::line_no.gt(after))
        .order(dataset_rejects::line_no)
        .limit(i64::from(size))
        .select((
            dataset_rejects::line_no,
            dataset_rejects::row_no,
            dataset_rejects::column_name,
            dataset_rejects::reason,
            dataset_rejects::raw,
        ))
        .into_boxed();
    if let Some(reason) = reason {
        query = query.filter(dataset_rejects::reason.eq(reason.to_owned()));
    }
    let rejects: Vec<Reject> = query.load(conn).await?;
    let full = u32::try_from(rejects.len()).is_ok_and(|n| n >= size);
    let next = rejects.last().filter(|_| full).map(|reject| reject.line_no);
    Ok(RejectPage { rejects, next })
}
