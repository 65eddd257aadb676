use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::DatasetId;
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::schema::nexus::{dataset_columns, datasets};

/// What is known of one column of a dataset, over all its loads.
///
/// Statistics are of rows as they were loaded: rows that a later load replaced, or that were rejected
/// for their key, are in them.
#[derive(Clone, Debug, PartialEq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = dataset_columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColumnStatistics {
    /// The canonical field, such as `party_id`.
    pub field: String,
    /// Its place in the table, from 0.
    pub position: i32,
    /// Rows.
    pub rows: i64,
    /// Rows where it is null.
    pub nulls: i64,
    /// Different values.
    pub distinct_estimate: i64,
    /// Whether that was counted, and is no estimate.
    pub distinct_is_exact: bool,
    /// The shortest value's characters.
    pub length_min: Option<i32>,
    /// The longest value's characters.
    pub length_max: Option<i32>,
    /// The least value, as text.
    pub value_min: Option<String>,
    /// The greatest value, as text.
    pub value_max: Option<String>,
    /// The most frequent values.
    pub top: Value,
    /// From which these are merged with another load's. Not for people.
    #[serde(skip)]
    pub sketch: Vec<u8>,
}

/// The columns of a dataset, in the table's order.
pub async fn columns(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
) -> Result<Vec<ColumnStatistics>> {
    Ok(dataset_columns::table
        .filter(dataset_columns::dataset_id.eq(dataset.0))
        .order(dataset_columns::position)
        .select(ColumnStatistics::as_select())
        .load(conn)
        .await?)
}

/// Writes the columns of a dataset in the place of those that are there. None leave it as it is.
pub async fn write_columns(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    columns: &[ColumnStatistics],
) -> Result<()> {
    use dataset_columns as c;
    if columns.is_empty() {
        return Ok(());
    }
    diesel::delete(c::table.filter(c::dataset_id.eq(dataset.0)))
        .execute(conn)
        .await?;
    let (tenant, case): (i64, i64) = datasets::table
        .find(dataset.0)
        .select((datasets::tenant_id, datasets::case_id))
        .first(conn)
        .await?;
    let rows: Vec<_> = columns
        .iter()
        .map(|column| {
            (
                c::tenant_id.eq(tenant),
                c::case_id.eq(case),
                c::dataset_id.eq(dataset.0),
                column,
            )
        })
        .collect();
    diesel::insert_into(c::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}
