//! What operators ask of queues: to pause, how many jobs to run at once, and which broker
//! to go through. No row means nothing is asked: the queue runs, as each process is
//! configured, through Redis.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, QueueName, TransportName};
use serde::Serialize;

use crate::dispatch;
use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};
use crate::schema::nexus::queues;

/// Most jobs of one queue that one process may be told to run at once: more is a slip of the hand.
pub const CONCURRENCY_MAX: u32 = 100_000;

/// What is asked of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Queryable, Selectable, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[diesel(table_name = queues)]
pub struct QueueAsk {
    /// Its name.
    pub name: String,
    /// Since when it is paused; null: it is not.
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    pub paused_by: Option<String>,
    /// Jobs at once in each process that serves it; null: as each is configured.
    pub concurrency: Option<i32>,
    /// The broker that carries its ids; null: `redis`.
    pub transport: Option<String>,
    /// When any of this was last changed.
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    pub changed_by: String,
}

/// Pauses queues: nobody claims their jobs until they are resumed. One that is paused already
/// stays as it is. What runs, runs on.
pub async fn pause(
    conn: &mut AsyncPgConnection,
    names: &[QueueName],
    actor: &Actor,
) -> Result<Vec<QueueAsk>> {
    Ok(Prepared(
        sql_file!("queues/pause.sql")
            .bind::<Array<Text>, _>(texts(names))
            .bind::<Text, _>(actor.as_str()),
    )
    .load(conn)
    .await?)
}

/// Resumes queues. Returns those that anything was ever asked of.
pub async fn resume(
    conn: &mut AsyncPgConnection,
    names: &[QueueName],
    actor: &Actor,
) -> Result<Vec<QueueAsk>> {
    Ok(
        diesel::update(queues::table.filter(queues::name.eq_any(texts(names))))
            .set((
                queues::paused_at.eq(None::<DateTime<Utc>>),
                queues::paused_by.eq(None::<String>),
                queues::changed_at.eq(diesel::dsl::now),
                queues::changed_by.eq(actor.as_str()),
            ))
            .returning(QueueAsk::as_returning())
            .get_results(conn)
            .await?,
    )
}

/// Sets how many jobs of each queue every process runs at once; `None`: as it is configured.
/// Fails for a number above [`CONCURRENCY_MAX`].
pub async fn scale(
    conn: &mut AsyncPgConnection,
    wanted: &[(QueueName, Option<u32>)],
    actor: &Actor,
) -> Result<Vec<QueueAsk>> {
    let mut numbers = Vec::with_capacity(wanted.len());
    for (name, wanted) in wanted {
        if wanted.is_some_and(|wanted| wanted > CONCURRENCY_MAX) {
            return Err(Error::Invalid(format!(
                "{name} cannot run more than {CONCURRENCY_MAX} jobs at once in a process"
            )));
        }
        numbers.push(wanted.and_then(|wanted| i32::try_from(wanted).ok()));
    }
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    Ok(Prepared(
        sql_file!("queues/scale.sql")
            .bind::<Array<Text>, _>(names)
            .bind::<Array<Nullable<Integer>>, _>(numbers)
            .bind::<Text, _>(actor.as_str()),
    )
    .load(conn)
    .await?)
}

/// Sends a queue's ids another way from now on. What the broker that carried them so far has not
/// delivered is sent again, so nothing waits for that one any more. Waits for relays that push
/// to the queue just now.
pub async fn switch(
    conn: &mut AsyncPgConnection,
    name: &QueueName,
    to: TransportName,
    actor: &Actor,
) -> Result<QueueAsk> {
    conn.transaction(async |conn| {
        let asked = Prepared(
            sql_file!("queues/transport.sql")
                .bind::<Text, _>(name.as_str())
                .bind::<Text, _>(to.as_str())
                .bind::<Text, _>(actor.as_str()),
        )
        .get_result(conn)
        .await?;
        dispatch::forget_other_transports(conn, name, to).await?;
        Ok(asked)
    })
    .await
}

/// What is asked of every queue that anything was ever asked of, by name.
pub async fn list(conn: &mut AsyncPgConnection) -> Result<Vec<QueueAsk>> {
    /// Far more queues than anybody names.
    const MOST: i64 = 10_000;
    Ok(queues::table
        .select(QueueAsk::as_select())
        .order(queues::name)
        .limit(MOST)
        .load(conn)
        .await?)
}

fn texts(names: &[QueueName]) -> Vec<&str> {
    names.iter().map(QueueName::as_str).collect()
}
