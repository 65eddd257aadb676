//! Monthly partitions, made where they are missing.

use chrono::{Datelike, Months, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::{Error, Result};
use crate::prepared::Prepared;

/// The tables of the ledger that time partitions and that are written through
/// their parents, so that their partitions must be there in advance.
const LEDGER_PARENTS: [&str; 7] = [
    "job_history",
    "attempt_errors",
    "job_logs",
    "job_origins",
    "trigger_log",
    "ticks",
    "workflow_history",
];

#[derive(QueryableByName)]
struct Leaf {
    #[diesel(sql_type = Text)]
    leaf: String,
}

/// Makes this month's partitions of the ledger's history and those of the next
/// `months_ahead` months.
pub async fn make_ahead(conn: &mut AsyncPgConnection, months_ahead: u32) -> Result<()> {
    let today = Utc::now().date_naive();
    for parent in LEDGER_PARENTS {
        for ahead in 0..=months_ahead {
            let month = today
                .with_day(1)
                .and_then(|first| first.checked_add_months(Months::new(ahead)))
                .ok_or_else(|| Error::Invalid(format!("no month {ahead} ahead of {today}")))?;
            make(conn, parent, month).await?;
        }
    }
    Ok(())
}

/// Makes the partition of `parent` that holds `month`, and names it.
pub async fn make(conn: &mut AsyncPgConnection, parent: &str, month: NaiveDate) -> Result<String> {
    let row: Leaf = Prepared(
        diesel::sql_query("SELECT nexus.month_leaf($1, $2) AS leaf")
            .bind::<Text, _>(parent)
            .bind::<Date, _>(month),
    )
    .get_result(conn)
    .await?;
    Ok(row.leaf)
}
