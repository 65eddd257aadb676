//! Schedules of a run: some that tick every second, and what became of their ticks.

use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::schedule::Definition;
use nexus_jobs::{Actor, Job, Outcome};
use nexus_producer::schedules;
use nexus_workers::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How many there are.
const SCHEDULES: usize = 5;

/// Furthest that the last tick may lie behind the end of the schedules, in seconds: what an outage of
/// Postgres that ends just then leaves undecided.
pub const BEHIND_MAX_S: i64 = 30;

/// What a tick enqueues.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tick {
    /// Of which schedule.
    schedule: String,
    /// Which tick of it, in seconds since 1970.
    unix: i64,
}

impl Job for Tick {
    const KIND: &'static str = "chaos.tick";
    const QUEUE: &'static str = "quick";
}

/// Notes the tick, in the transaction that completes it.
pub async fn play(tick: Tick, ctx: Context) -> anyhow::Result<Outcome> {
    let done = ctx.complete(None, move |conn| {
        Box::pin(async move {
            let insert = "INSERT INTO chaos.ticks (schedule, unix) VALUES ($1, $2)";
            let insert = sql_query(insert).bind::<Text, _>(tick.schedule);
            insert.bind::<BigInt, _>(tick.unix).execute(conn).await?;
            Ok(())
        })
    });
    Ok(done.await?)
}

/// Sets them. They tick once a worker has said that it knows their jobs.
pub async fn set(conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    for n in 0..SCHEDULES {
        let definition = json!({
            "cron": "* * * * * *",
            "missed": "catch_up",
            "catch_up_max": 1000,
            "enqueue": {
                "kind": Tick::KIND,
                "queue": Tick::QUEUE,
                "attempts": 200,
                "args": { "schedule": "{{name}}", "unix": "{{unix}}" },
            },
        });
        let definition: Definition = serde_json::from_value(definition)?;
        let name = format!("every-second-{n}");
        schedules::set(conn, &name, definition, &Actor::named("chaos")).await?;
    }
    Ok(())
}

/// Pauses them: what is due by now and not decided is not fired any more.
pub async fn pause(conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    for n in 0..SCHEDULES {
        let name = format!("every-second-{n}");
        schedules::pause(conn, &name, &Actor::named("chaos")).await?;
    }
    Ok(())
}

/// What became of a schedule's ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Ticked {
    /// The first tick that a job noted, in seconds since 1970.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub first: Option<i64>,
    /// The last one.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last: Option<i64>,
    /// Ticks between these, both included, each counted once.
    #[diesel(sql_type = BigInt)]
    pub distinct: i64,
    /// Notes of them.
    #[diesel(sql_type = BigInt)]
    pub notes: i64,
    /// When the schedule was paused, in seconds since 1970.
    #[diesel(sql_type = BigInt)]
    pub paused: i64,
}

/// Reads it, a row a schedule.
pub async fn read(conn: &mut AsyncPgConnection) -> anyhow::Result<Vec<Ticked>> {
    let read = "SELECT min(t.unix) AS first, max(t.unix) AS last, count(DISTINCT t.unix) AS distinct, \
                count(t.unix) AS notes, extract(epoch FROM s.paused_at)::bigint AS paused \
                FROM nexus.schedules AS s LEFT JOIN chaos.ticks AS t ON t.schedule = s.name \
                WHERE s.name LIKE 'every-second-%' GROUP BY s.name, s.paused_at ORDER BY s.name";
    Ok(sql_query(read).load(conn).await?)
}

impl Ticked {
    /// Ticks that are not there exactly once: those between the first and the last that are missing, those
    /// that are there twice, and those before the pause that nobody decided in time.
    pub fn wrong(&self) -> i64 {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return 1;
        };
        let missing = last - first + 1 - self.distinct;
        let twice = self.notes - self.distinct;
        let behind = (self.paused - last - BEHIND_MAX_S).max(0);
        missing + twice + behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_that_is_missing_there_twice_or_late_is_found() {
        let good = Ticked {
            first: Some(100),
            last: Some(199),
            distinct: 100,
            notes: 100,
            paused: 200,
        };
        assert_eq!(good.wrong(), 0);
        let wrong = |change: fn(&mut Ticked)| {
            let mut ticked = good.clone();
            change(&mut ticked);
            ticked.wrong()
        };
        assert_eq!(wrong(|t| (t.distinct, t.notes) = (98, 98)), 2);
        assert_eq!(wrong(|t| t.notes = 101), 1);
        assert_eq!(wrong(|t| t.paused = 300), 71);
        assert_eq!(wrong(|t| (t.first, t.last) = (None, None)), 1);
    }
}
