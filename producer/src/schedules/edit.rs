use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use nexus_jobs::Actor;
use nexus_jobs::schedule::{Definition, Schedule};
use nexus_schema::schedules::{self, Held, Origin, ScheduleView};
use nexus_schema::{AsyncPgConnection, Error, Result};

/// Makes a schedule, or changes one, which stays paused if it is. It ticks from now on; where only its
/// job is changed, a tick that is due already is not lost.
///
/// # Errors
///
/// [`Error::Invalid`] with the place in the definition that is wrong, [`Error::Conflict`] where a
/// settings file says what it is.
pub async fn set(
    conn: &mut AsyncPgConnection,
    name: &str,
    definition: Definition,
    actor: &Actor,
) -> Result<ScheduleView> {
    set_as(conn, name, definition, Origin::Operator, actor).await
}

pub(super) async fn set_as(
    conn: &mut AsyncPgConnection,
    name: &str,
    definition: Definition,
    origin: Origin,
    actor: &Actor,
) -> Result<ScheduleView> {
    let schedule = Schedule::new(name, 0, definition).map_err(Error::Invalid)?;
    let json = serde_json::to_value(&schedule.definition)
        .map_err(|error| Error::Invalid(error.to_string()))?;
    conn.transaction(async |conn| {
        let held = schedules::hold(conn, name).await?;
        if let Some(held) = &held {
            check_owner(name, held, origin)?;
        }
        let clock = schedules::clock(conn).await?;
        let kept = held.and_then(|held| still_due(&held, &schedule.definition));
        let next = kept.or(match origin {
            Origin::Operator => Some(schedule.check_fires(clock).map_err(Error::Invalid)?),
            // A settings file may say for long what is over.
            Origin::Config => schedule.tick_after(clock),
        });
        schedules::set(conn, name, &json, origin, next, actor).await?;
        schedules::find(conn, name).await
    })
    .await
}

/// The tick that is undecided, where the new definition ticks as the one that is held does.
fn still_due(held: &Held, new: &Definition) -> Option<DateTime<Utc>> {
    let old: Definition = serde_json::from_value(held.definition.clone()).ok()?;
    let when = |of: &Definition| (of.cron.clone(), of.zone.clone(), of.start, of.end);
    held.next_at.filter(|_| when(&old) == when(new))
}

fn check_owner(name: &str, held: &Held, origin: Origin) -> Result<()> {
    if held.origin == origin.as_str() {
        return Ok(());
    }
    Err(Error::Conflict(match origin {
        Origin::Operator => format!(
            "schedule {name} is what the settings say (schedules.jobs.{name}): change it there, and start \
             nexus serve anew; pause, resume, run and backfill go on working"
        ),
        Origin::Config => format!("schedule {name} was set by an operator"),
    }))
}

/// Removes a schedule; its versions, its log and its jobs stay.
pub async fn remove(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<ScheduleView> {
    conn.transaction(async |conn| {
        if let Some(held) = schedules::hold(conn, name).await? {
            check_owner(name, &held, Origin::Operator)?;
        }
        let view = schedules::find(conn, name).await?;
        schedules::remove(conn, name, actor).await?;
        Ok(view)
    })
    .await
}

/// Pauses a schedule: its ticks pass, and nobody missed them.
pub async fn pause(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<ScheduleView> {
    conn.transaction(async |conn| {
        schedules::pause(conn, name, actor).await?;
        schedules::find(conn, name).await
    })
    .await
}

/// Resumes a schedule, from its next tick on.
pub async fn resume(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<ScheduleView> {
    conn.transaction(async |conn| {
        if let Some(held) = schedules::hold(conn, name).await? {
            let schedule = stored(name, &held)?;
            let next = schedule.tick_after(schedules::clock(conn).await?);
            schedules::resume(conn, name, next, actor).await?;
        }
        schedules::find(conn, name).await
    })
    .await
}

/// A schedule that is held, ready to tick.
pub(super) fn stored(name: &str, held: &Held) -> Result<Schedule> {
    let definition = serde_json::from_value(held.definition.clone());
    let schedule = definition
        .map_err(|error| error.to_string())
        .and_then(|definition| Schedule::new(name, held.version, definition));
    schedule.map_err(|wrong| Error::Conflict(format!("schedule {name} cannot be read: {wrong}")))
}
