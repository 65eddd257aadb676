use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::DatasetId;
use serde::Serialize;

use crate::error::Result;
use crate::schema::nexus::{dataset_loads, dataset_rejects};

/// A row that was not loaded.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reject {
    /// The load whose file it is of.
    pub load_id: i64,
    /// The line of the file where it starts; the header is line 1. 0 for `duplicate_key`, which is
    /// found when the row is in the table.
    pub line_no: i64,
    /// Its place among the data rows of the dataset, from 1.
    pub row_no: i64,
    /// The column at fault; `None`: the whole row.
    pub column_name: Option<String>,
    /// The reason's code.
    pub reason: String,
    /// The row's text, bounded; for `duplicate_key`, the key's.
    pub raw: String,
}

/// A page of rejects, in the order of the files and of their rows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectPage {
    /// The rejects.
    pub rejects: Vec<Reject>,
    /// The row number after which the next page starts; `None` at the end.
    pub next: Option<i64>,
}

/// Rejects of a dataset with row numbers above `after`, at most `size`, of one reason or of all.
/// Those of failed loads are among them.
pub async fn rejects(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    reason: Option<&str>,
    after: i64,
    size: u32,
) -> Result<RejectPage> {
    let mut query = dataset_rejects::table
        .filter(dataset_rejects::dataset_id.eq(dataset.0))
        .filter(dataset_rejects::row_no.gt(after))
        .order(dataset_rejects::row_no)
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
    let rows: Vec<(i64, i64, Option<String>, String, String)> = query.load(conn).await?;
    let starts = starts(conn, dataset).await?;
    let rejects: Vec<Reject> = rows
        .into_iter()
        .map(|(line_no, row_no, column_name, reason, raw)| Reject {
            load_id: load_of(&starts, row_no),
            line_no,
            row_no,
            column_name,
            reason,
            raw,
        })
        .collect();
    let full = u32::try_from(rejects.len()).is_ok_and(|n| n >= size);
    let next = rejects.last().filter(|_| full).map(|reject| reject.row_no);
    Ok(RejectPage { rejects, next })
}

/// Behind which row number each load of a dataset starts, in their order.
async fn starts(conn: &mut AsyncPgConnection, dataset: DatasetId) -> Result<Vec<(i64, i64)>> {
    use dataset_loads as l;
    Ok(l::table
        .filter(l::dataset_id.eq(dataset.0))
        .filter(l::rows_before.is_not_null())
        .order(l::id)
        .select((l::rows_before.assume_not_null(), l::id))
        .load(conn)
        .await?)
}

/// The load that a row number is of: the last that starts before it. One without rows starts where
/// the next does.
fn load_of(starts: &[(i64, i64)], row_no: i64) -> i64 {
    let at = starts.partition_point(|(rows_before, _)| *rows_before < row_no);
    starts[..at].last().map_or(0, |(_, load)| *load)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_of_the_load_that_it_was_read_by() {
        let starts = [(0, 7), (10, 8), (10, 9), (12, 11)];
        let loads = [1, 10, 11, 12, 13].map(|row_no| load_of(&starts, row_no));
        assert_eq!(loads, [7, 7, 9, 9, 11]);
    }
}
