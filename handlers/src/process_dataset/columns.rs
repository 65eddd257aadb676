//! What is known of a dataset's columns, over all its files.

use nexus_schema::datasets::ColumnStatistics;

use super::statistics::ColumnReport;
use super::table::Column;

/// A file's columns, with those of the dataset's earlier files merged in.
///
/// # Errors
///
/// What an earlier version wrote cannot be read.
pub(super) fn merged(
    table: &[Column],
    earlier: &[ColumnStatistics],
    reports: &[ColumnReport],
) -> serde_json::Result<Vec<ColumnStatistics>> {
    let mut merged = Vec::new();
    for (position, column) in (0..).zip(table) {
        let name = column.field.name();
        let before = earlier.iter().find(|before| before.field == name);
        let before = before.map(|before| serde_json::from_slice(&before.sketch));
        let before: Option<ColumnReport> = before.transpose()?;
        let report = reports.iter().find(|report| report.field == name);
        let whole = match (before, report) {
            (Some(before), Some(report)) => before.merge(report),
            (Some(only), None) => only,
            (None, Some(only)) => only.clone(),
            (None, None) => continue,
        };
        merged.push(statistics(position, &whole)?);
    }
    Ok(merged)
}

/// As the ledger keeps them: what people read, and the whole report to merge with.
fn statistics(position: i32, report: &ColumnReport) -> serde_json::Result<ColumnStatistics> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let length = |length: u64| i32::try_from(length).unwrap_or(i32::MAX);
    let top = report.top.iter().map(|top| {
        serde_json::json!({
            "value": top.value,
            "at_least": top.at_least,
            "at_most": top.at_most,
        })
    });
    Ok(ColumnStatistics {
        field: report.field.clone(),
        position,
        rows: count(report.rows),
        nulls: count(report.nulls),
        distinct_estimate: count(report.distinct),
        distinct_is_exact: report.distinct_is_exact,
        length_min: report.length_min.map(length),
        length_max: report.length_max.map(length),
        value_min: report.value_min.clone(),
        value_max: report.value_max.clone(),
        top: top.collect(),
        sketch: serde_json::to_vec(report)?,
    })
}
