//! Rows that repeat the natural key of a row before them, within a file and from file to file.
//!
//! A key whose columns are all null is no key; otherwise NULL = NULL.

mod recount;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::{BigInt, Integer, Json};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_jobs::DatasetId;
use serde::{Deserialize, Serialize};

use crate::datasets::rows::{BY_INDEX, BY_INDEX_BACK, DatasetTable, take_the_time};
use crate::error::{Error, Result};
pub(super) use recount::Recounted;
use recount::recount;

/// For the statement that groups a dataset's rows by their keys: what is beyond this memory (twice as
/// much for hashing) goes to disk, and a nested loop over keys is out of the question, whatever the
/// statistics say, which after a load are those of before.
const SETTINGS: &str = "SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off";
const SETTINGS_BACK: &str = "RESET work_mem; RESET enable_nestloop";

/// Characters of a rejected row's key that are kept.
const RAW_CHARS_MAX: i32 = 1024;

/// What becomes of rows that repeat a natural key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DuplicatePolicy {
    /// All stay, and are counted.
    #[default]
    Keep,
    /// The first stays; later ones are rejected as `duplicate_key`.
    Reject,
    /// The last stays; earlier ones are deleted.
    Replace,
}

/// A natural key, and what becomes of rows that repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateRule {
    /// The policy.
    pub policy: DuplicatePolicy,
    /// The key's columns, by their canonical names ([`DatasetTable::columns`]).
    pub key: Vec<String>,
}

/// Rows that repeat a natural key, as they were found at a load's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromSqlRow)]
#[diesel(sql_type = Json)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Duplicates {
    /// What became of them.
    pub policy: DuplicatePolicy,
    /// The key's columns.
    pub key: Vec<String>,
    /// By `keep`, rows of the load whose key an earlier row has. By `reject`, those that were
    /// rejected. By `replace`, those that were deleted, of this load or an earlier one.
    pub rows: i64,
    /// Keys that those rows have.
    pub keys: i64,
}

/// What a finished load says of duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DuplicateCheck {
    /// They were counted while the file was read, which is enough to keep those of a first load.
    Counted(Duplicates),
    /// They are to be looked for in the table.
    Look(DuplicateRule),
}

impl DuplicatePolicy {
    /// The word in profiles, JSON and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Reject => "reject",
            Self::Replace => "replace",
        }
    }

    const fn statement(self) -> &'static str {
        match self {
            Self::Keep => include_str!("duplicates/keep.sql"),
            Self::Reject => include_str!("duplicates/reject.sql"),
            Self::Replace => include_str!("duplicates/replace.sql"),
        }
    }
}

impl DuplicateRule {
    /// Its statement over a table, whose columns are the only names that may stand in it.
    fn statement(&self, table: DatasetTable) -> Result<String> {
        let known = table.columns();
        if self.key.is_empty() {
            return Err(Error::Invalid("a natural key needs a column".into()));
        }
        if let Some(wrong) = self.key.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(Error::Invalid(format!(
                "{} has no column {wrong:?} for a natural key",
                table.name()
            )));
        }
        let key: Vec<String> = self
            .key
            .iter()
            .map(|name| format!("t.\"{name}\""))
            .collect();
        let text = self.policy.statement().replace("{table}", table.name());
        Ok(text.replace("{key}", &key.join(", ")))
    }
}

impl FromSql<Json, Pg> for Duplicates {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let json = <serde_json::Value as FromSql<Json, Pg>>::from_sql(value)?;
        Ok(serde_json::from_value(json)?)
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    keys: i64,
}

/// Does with the rows of the load behind `rows_before` what the rule says, in the transaction that
/// finishes it. What stands then is counted anew, if anything went.
pub(super) async fn settle(
    conn: &mut AsyncPgConnection,
    table: DatasetTable,
    dataset: DatasetId,
    rows_before: i64,
    rule: &DuplicateRule,
) -> Result<(Duplicates, Option<Recounted>)> {
    let statement = rule.statement(table)?;
    take_the_time(conn).await?;
    if rule.policy == DuplicatePolicy::Reject {
        make_room_for_rejects(conn).await?;
    }
    conn.batch_execute(SETTINGS).await?;
    conn.batch_execute(BY_INDEX).await?;
    let statement = sql_query(statement)
        .bind::<BigInt, _>(dataset.0)
        .bind::<BigInt, _>(rows_before);
    let Found { rows, keys } = match rule.policy {
        DuplicatePolicy::Reject => {
            let statement = statement.bind::<Integer, _>(RAW_CHARS_MAX);
            statement.get_result(conn).await?
        }
        DuplicatePolicy::Keep | DuplicatePolicy::Replace => statement.get_result(conn).await?,
    };
    let recounted = match rule.policy {
        DuplicatePolicy::Reject | DuplicatePolicy::Replace if rows > 0 => {
            Some(recount(conn, table, dataset, rows_before).await?)
        }
        _ => None,
    };
    conn.batch_execute(BY_INDEX_BACK).await?;
    conn.batch_execute(SETTINGS_BACK).await?;
    let found = Duplicates {
        policy: rule.policy,
        key: rule.key.clone(),
        rows,
        keys,
    };
    Ok((found, recounted))
}

/// Makes this month's partition of the rejects, by the transaction's own clock.
async fn make_room_for_rejects(conn: &mut AsyncPgConnection) -> Result<()> {
    sql_query("SELECT nexus.month_leaf('dataset_rejects', (now() AT TIME ZONE 'UTC')::date)")
        .execute(conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(key: &[&str]) -> DuplicateRule {
        DuplicateRule {
            policy: DuplicatePolicy::Keep,
            key: key.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn only_a_tables_own_columns_reach_its_statement() {
        let text = rule(&["party_id", "date"]).statement(DatasetTable::Expenses);
        let text = text.unwrap();
        assert!(
            text.contains(r#"GROUP BY ROW(t."party_id", t."date")::text"#),
            "{text}"
        );
        assert!(text.contains("FROM nexus.expenses AS t"), "{text}");
        assert!(!text.contains(['{', '}']), "{text}");
        for (wrong, table) in [
            (&["entry"][..], DatasetTable::Transactions),
            (&["party_id", "dataset_id"], DatasetTable::Transactions),
            (
                &["date\"; DROP TABLE nexus.jobs; --"],
                DatasetTable::Calendars,
            ),
            (&[], DatasetTable::Parties),
        ] {
            let refused = rule(wrong).statement(table);
            assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        }
    }
}
