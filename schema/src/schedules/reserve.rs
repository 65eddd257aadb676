use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::TenantId;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// What a tick of a schedule is reserved by. The names of schedules hold no space.
pub fn tick_key(schedule: &str, tick: DateTime<Utc>) -> String {
    let tick = tick.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    format!("tick:{schedule} {tick}")
}

/// Takes the keys that nobody has, for `held` from now, and returns them. Who has one in an open
/// transaction is waited for.
pub async fn reserve(
    conn: &mut AsyncPgConnection,
    keys: &[(String, TenantId)],
    held: Duration,
) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        key: String,
    }
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let millis = i64::try_from(held.as_millis()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = Prepared(
        sql_file!("../ingest/reserve.sql")
            .bind::<Array<Text>, _>(keys.iter().map(|(key, _)| &**key).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(keys.iter().map(|(_, of)| of.0).collect::<Vec<_>>())
            .bind::<BigInt, _>(millis),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}

/// Gives keys back that this transaction took, of ticks that became no job.
pub async fn release(conn: &mut AsyncPgConnection, keys: &[String]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let query = diesel::sql_query("DELETE FROM nexus.reservations WHERE key = ANY ($1)");
    Prepared(query.bind::<Array<Text>, _>(keys))
        .execute(conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_schedule_and_tick() {
        let tick = "2026-03-29T01:00:00Z".parse().unwrap();
        assert_eq!(tick_key("a.b", tick), "tick:a.b 2026-03-29T01:00:00Z");
    }
}
