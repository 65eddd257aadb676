use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Json, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Change, ChangeId, Event, JobId, TenantId};
use serde_json::{Map, Value};

use super::EventRow;
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// How much is told of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All but its arguments: for who need not see them.
    WithoutArgs,
    /// Its arguments too.
    All,
}

#[derive(Debug, Default, QueryableByName)]
struct Found {
    #[diesel(sql_type = Nullable<Integer>)]
    attempt: Option<i32>,
    #[diesel(sql_type = Nullable<Json>)]
    args: Option<Value>,
    #[diesel(sql_type = Nullable<Json>)]
    result: Option<Value>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    ended_by: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    failure: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    error: Option<String>,
}

/// The events of rows, whole and in order. What was thrown away meanwhile (history that retention
/// dropped, a dead letter that was deleted) is missing in them.
pub async fn expand(
    conn: &mut AsyncPgConnection,
    rows: &[EventRow],
    source: &str,
    detail: Detail,
) -> Result<Vec<Event>> {
    let changes: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row, Change::of_type(&row.event_type)?)))
        .collect();
    let jobs = |(row, change)| changes_of(row, change);
    let ids: Vec<ChangeId> = changes.iter().copied().flat_map(jobs).collect();
    let times = changes
        .iter()
        .flat_map(|(row, _)| row.job_ids.iter().map(|_| row.at));
    let found: Vec<Found> = if ids.is_empty() {
        Vec::new()
    } else {
        Prepared(
            sql_file!("details.sql")
                .bind::<Array<BigInt>, _>(ids.iter().map(|id| id.job.0).collect::<Vec<_>>())
                .bind::<Array<Integer>, _>(ids.iter().map(|id| id.run).collect::<Vec<_>>())
                .bind::<Array<Timestamptz>, _>(times.collect::<Vec<_>>())
                .bind::<Array<Bool>, _>(
                    ids.iter()
                        .map(|id| id.change.state().is_final())
                        .collect::<Vec<_>>(),
                )
                .bind::<Bool, _>(detail == Detail::All),
        )
        .load(conn)
        .await?
    };
    let mut found = found.into_iter();
    let mut events = Vec::with_capacity(ids.len());
    for row in rows {
        match Change::of_type(&row.event_type) {
            Some(change) => {
                for id in changes_of(row, change) {
                    let found = found.next().unwrap_or_default();
                    events.push(changed(row, id, found, source));
                }
            }
            None => events.push(emitted(row, source)),
        }
    }
    Ok(events)
}

fn changes_of(row: &EventRow, change: Change) -> impl Iterator<Item = ChangeId> {
    let jobs = row.job_ids.iter().zip(&row.runs);
    jobs.map(move |(&job, &run)| ChangeId {
        job: JobId(job),
        run,
        change,
    })
}

fn event(row: &EventRow, source: &str, id: String, subject: Option<String>, data: Value) -> Event {
    Event {
        id,
        source: source.to_owned(),
        event_type: row.event_type.clone(),
        subject,
        time: Some(row.at),
        job: row.job_ids.as_slice().first().copied().map(JobId),
        tenant: TenantId(row.tenant_id),
        kind: Some(row.kind.clone()),
        depth: u16::try_from(row.depth).unwrap_or(0),
        data,
    }
}

fn changed(row: &EventRow, id: ChangeId, found: Found, source: &str) -> Event {
    let state = id.change.state();
    let mut data = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            data.insert(name.to_owned(), value);
        }
    };
    put("job", Some(id.job.0.into()));
    put("kind", Some(row.kind.clone().into()));
    put("queue", Some(row.queue.clone().into()));
    put("tenant", Some(row.tenant_id.into()));
    put("run", Some(id.run.into()));
    put("attempt", found.attempt.map(Value::from));
    put("state", Some(state.as_str().into()));
    put("outcome", state.is_final().then(|| state.as_str().into()));
    put("args", found.args);
    put("result", found.result);
    put("reason", found.reason.map(Value::from));
    put("ended_by", found.ended_by.map(Value::from));
    put("failure", found.failure.map(Value::from));
    put("error", found.error.map(Value::from));
    let (text, subject) = (id.to_string(), id.job.0.to_string());
    let mut event = event(row, source, text, Some(subject), Value::Object(data));
    event.job = Some(id.job);
    event
}

fn emitted(row: &EventRow, source: &str) -> Event {
    // One without an id cannot be there; if it were, the row's own is as good.
    let id = row.event_id.clone().unwrap_or_else(|| row.id.to_string());
    // An id need only be unique within its type.
    let id = format!("{}/{id}", row.event_type);
    let data = row.data.clone().unwrap_or(Value::Null);
    event(row, source, id, row.subject.clone(), data)
}
