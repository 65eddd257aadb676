use chrono::{DateTime, Utc};
use nexus_jobs::schedule::Schedule;
use nexus_schema::schedules;
use nexus_schema::{AsyncPgConnection, Error, Result};

/// The ticks of a schedule that are to come.
#[derive(Clone, Debug)]
pub struct Upcoming {
    /// The schedule, which knows its own clocks.
    pub schedule: Schedule,
    /// What time it is for schedules.
    pub clock: DateTime<Utc>,
    /// The ticks after that, the next one first; also of one that is paused, as if it were not.
    pub ticks: Vec<DateTime<Utc>>,
}

/// The next so many ticks of a schedule.
pub async fn next(conn: &mut AsyncPgConnection, name: &str, count: usize) -> Result<Upcoming> {
    let view = schedules::find(conn, name).await?;
    let clock = schedules::clock(conn).await?;
    let definition = serde_json::from_value(view.definition).map_err(|error| error.to_string());
    let schedule = definition
        .and_then(|definition| Schedule::new(name, view.version, definition))
        .map_err(|wrong| Error::Conflict(format!("schedule {name} cannot be read: {wrong}")))?;
    let ticks = std::iter::successors(schedule.tick_after(clock), |tick| {
        schedule.tick_after(*tick)
    });
    let ticks = ticks.take(count).collect();
    Ok(Upcoming {
        schedule,
        clock,
        ticks,
    })
}
