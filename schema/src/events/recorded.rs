use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Json, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::ChangeId;
use serde_json::Value;

use super::EventRow;
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// A change of a job's state as the ledger still has it: its end, its enqueue, its last start, an
/// attempt that failed. `None`: it was not so, or is not recorded (a snooze, a hand-back).
pub async fn change(conn: &mut AsyncPgConnection, id: ChangeId) -> Result<Option<EventRow>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        tenant_id: i64,
        #[diesel(sql_type = Timestamptz)]
        at: DateTime<Utc>,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        queue: String,
        #[diesel(sql_type = SmallInt)]
        depth: i16,
    }
    let event_type = id.change.event_type();
    let rows: Vec<Row> = Prepared(
        sql_file!("change.sql")
            .bind::<BigInt, _>(id.job.0)
            .bind::<Integer, _>(id.run)
            .bind::<Text, _>(event_type),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().next().map(|row| EventRow {
        id: 0,
        tenant_id: row.tenant_id,
        event_type: event_type.to_owned(),
        at: row.at,
        kind: row.kind,
        queue: row.queue,
        depth: row.depth,
        job_ids: vec![id.job.0],
        runs: vec![id.run],
        event_id: None,
        subject: None,
        data: None,
    }))
}

/// An event that some trigger's log has, as a CloudEvent; the newest of this id.
pub async fn logged(conn: &mut AsyncPgConnection, event_id: &str) -> Result<Option<Value>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Json)]
        event: Value,
    }
    let query = diesel::sql_query(
        "SELECT event FROM nexus.trigger_log WHERE event_id = $1 ORDER BY at DESC LIMIT 1",
    );
    let rows: Vec<Row> = query.bind::<Text, _>(event_id).load(conn).await?;
    Ok(rows.into_iter().next().map(|row| row.event))
}
