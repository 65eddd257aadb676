use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// The ticks of a schedule from the first through the last that became jobs, by its log.
pub async fn fired_between(
    conn: &mut AsyncPgConnection,
    schedule: &str,
    (first, last): (DateTime<Utc>, DateTime<Utc>),
) -> Result<HashSet<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Timestamptz)]
        tick_at: DateTime<Utc>,
    }
    let rows: Vec<Row> = Prepared(
        sql_file!("fired_between.sql")
            .bind::<Text, _>(schedule)
            .bind::<Timestamptz, _>(first)
            .bind::<Timestamptz, _>(last),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.tick_at).collect())
}

/// Those of the keys that somebody has.
pub async fn reserved(conn: &mut AsyncPgConnection, keys: &[String]) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        key: String,
    }
    let query = diesel::sql_query(
        "SELECT key FROM nexus.reservations WHERE key = ANY ($1) AND (until IS NULL OR until > now())",
    );
    let rows: Vec<Row> = Prepared(query.bind::<Array<Text>, _>(keys))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}
