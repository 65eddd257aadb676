//! Supervisors of worker processes: how many each shall run, and what became of it.

use std::collections::HashSet;
use std::hash::BuildHasher;

use chrono::{DateTime, Utc};
use diesel::dsl::{self, IntervalDsl, now};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, WorkerId};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::schema::nexus::{leases, supervisors, workers};

/// Seconds without a sign of life after which a supervisor counts as gone.
const SILENT_S: i32 = 10;

/// Supervisors that one look lists at most.
const LIST_MAX: i64 = 1000;

/// One run of a supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupervisorRecord {
    /// Under which name its successors find what was asked for.
    pub name: String,
    /// The machine's name.
    pub host: String,
    /// The process's id.
    pub pid: i32,
}

/// What the operator asked of a supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Orders {
    /// Worker processes that it shall run.
    pub processes_desired: i32,
    /// When that was asked for; `None`: the command line said it.
    pub scaled_at: Option<DateTime<Utc>>,
    /// A change of it asks for a rolling restart.
    pub restart_asked_at: Option<DateTime<Utc>>,
}

/// A supervisor.
#[derive(Clone, Debug, Serialize, Queryable)]
pub struct SupervisorView {
    /// Its name.
    pub name: String,
    /// The machine's name.
    pub host: String,
    /// The process's id.
    pub pid: i32,
    /// Worker processes that it shall run.
    pub processes_desired: i32,
    /// Worker processes that work.
    pub processes: i32,
    /// When the operator last asked for a number.
    pub scaled_at: Option<DateTime<Utc>>,
    /// Who asked for it.
    pub scaled_by: Option<String>,
    /// When a rolling restart was last asked for.
    pub restart_asked_at: Option<DateTime<Utc>>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it was last seen.
    pub seen_at: DateTime<Utc>,
    /// What it says of itself and of its processes.
    pub health: Value,
    /// Whether it was seen a moment ago, by Postgres's clock.
    pub alive: bool,
}

fn is_alive() -> Box<dyn BoxableExpression<supervisors::table, Pg, SqlType = Bool>> {
    let silent_since = now.into_sql::<Timestamptz>() - SILENT_S.seconds();
    Box::new(supervisors::seen_at.gt(silent_since))
}

type OrdersColumns = (
    supervisors::processes_desired,
    supervisors::scaled_at,
    supervisors::restart_asked_at,
);

const ORDERS: OrdersColumns = (
    supervisors::processes_desired,
    supervisors::scaled_at,
    supervisors::restart_asked_at,
);

/// Supervisors by name, whether they run or not.
pub async fn list(conn: &mut AsyncPgConnection) -> Result<Vec<SupervisorView>> {
    Ok(supervisors::table
        .select((
            supervisors::name,
            supervisors::host,
            supervisors::pid,
            supervisors::processes_desired,
            supervisors::processes,
            supervisors::scaled_at,
            supervisors::scaled_by,
            supervisors::restart_asked_at,
            supervisors::started_at,
            supervisors::seen_at,
            supervisors::health,
            is_alive(),
        ))
        .order(supervisors::name)
        .limit(LIST_MAX)
        .load(conn)
        .await?)
}

/// Who holds a name, if it was seen a moment ago: its host and process id.
pub async fn holder(conn: &mut AsyncPgConnection, name: &str) -> Result<Option<(String, i32)>> {
    Ok(supervisors::table
        .filter(supervisors::name.eq(name).and(is_alive()))
        .select((supervisors::host, supervisors::pid))
        .first(conn)
        .await
        .optional()?)
}

/// Takes a name for this run. Whoever held it before finds that out at its next
/// [`report`]. `processes` is wanted where the operator asked for no number yet.
pub async fn take(
    conn: &mut AsyncPgConnection,
    run: &SupervisorRecord,
    processes: u16,
) -> Result<Orders> {
    let desired = i32::from(processes);
    let as_asked = dsl::case_when::<_, _, Integer>(supervisors::scaled_at.is_null(), desired)
        .otherwise(supervisors::processes_desired);
    Ok(diesel::insert_into(supervisors::table)
        .values((
            supervisors::name.eq(&run.name),
            supervisors::host.eq(&run.host),
            supervisors::pid.eq(run.pid),
            supervisors::processes_desired.eq(desired),
        ))
        .on_conflict(supervisors::name)
        .do_update()
        .set((
            supervisors::host.eq(&run.host),
            supervisors::pid.eq(run.pid),
            supervisors::processes_desired.eq(as_asked),
            supervisors::processes.eq(0),
            supervisors::started_at.eq(now),
            supervisors::seen_at.eq(now),
        ))
        .returning(ORDERS)
        .get_result(conn)
        .await?)
}

/// Writes how a supervisor is, and reads what is asked of it. `None`: another run
/// has taken its name, or somebody has forgotten it.
pub async fn report(
    conn: &mut AsyncPgConnection,
    run: &SupervisorRecord,
    processes: usize,
    health: &Value,
) -> Result<Option<Orders>> {
    let mine = supervisors::name
        .eq(&run.name)
        .and(supervisors::host.eq(&run.host))
        .and(supervisors::pid.eq(run.pid));
    Ok(diesel::update(supervisors::table.filter(mine))
        .set((
            supervisors::processes.eq(i32::try_from(processes).unwrap_or(i32::MAX)),
            supervisors::health.eq(health),
            supervisors::seen_at.eq(now),
        ))
        .returning(ORDERS)
        .get_result(conn)
        .await
        .optional()?)
}

/// Asks a supervisor for a number of processes.
pub async fn scale(
    conn: &mut AsyncPgConnection,
    name: &str,
    processes: u16,
    actor: &Actor,
) -> Result<()> {
    let changed = diesel::update(supervisors::table.filter(supervisors::name.eq(name)))
        .set((
            supervisors::processes_desired.eq(i32::from(processes)),
            supervisors::scaled_at.eq(now),
            supervisors::scaled_by.eq(actor.as_str()),
        ))
        .execute(conn)
        .await?;
    found(changed, name)
}

/// Asks a supervisor to replace its processes one after another.
pub async fn restart(conn: &mut AsyncPgConnection, name: &str) -> Result<()> {
    let changed = diesel::update(supervisors::table.filter(supervisors::name.eq(name)))
        .set(supervisors::restart_asked_at.eq(now))
        .execute(conn)
        .await?;
    found(changed, name)
}

/// Forgets a supervisor that is gone, and what was asked of it.
pub async fn forget(conn: &mut AsyncPgConnection, name: &str) -> Result<()> {
    let gone = supervisors::name.eq(name).and(dsl::not(is_alive()));
    let changed = diesel::delete(supervisors::table.filter(gone))
        .execute(conn)
        .await?;
    found(changed, name)
}

fn found(changed: usize, name: &str) -> Result<()> {
    if changed == 0 {
        return Err(Error::NotFound {
            what: "supervisor",
            id: name.to_owned(),
        });
    }
    Ok(())
}

/// Those of some worker processes that have begun to work: their rows are there.
pub async fn working<S: BuildHasher + Default>(
    conn: &mut AsyncPgConnection,
    ids: &[WorkerId],
) -> Result<HashSet<WorkerId, S>> {
    let ids = ids.iter().map(|id| id.0);
    let seen: Vec<uuid::Uuid> = workers::table
        .filter(workers::id.eq_any(ids))
        .select(workers::id)
        .load(conn)
        .await?;
    Ok(seen.into_iter().map(WorkerId).collect())
}

/// Notes that worker processes are dead, as only their parent can know: their
/// leases run out now, so that their jobs are rescued at once and not a lease
/// later, and their rows go.
pub async fn bury(conn: &mut AsyncPgConnection, dead: &[WorkerId]) -> Result<()> {
    let ids: Vec<_> = dead.iter().map(|id| id.0).collect();
    let held = leases::worker_id
        .eq_any(&ids)
        .and(leases::expires_at.gt(now.into_sql::<Timestamptz>()));
    diesel::update(leases::table.filter(held))
        .set(leases::expires_at.eq(now))
        .execute(conn)
        .await?;
    diesel::delete(workers::table.filter(workers::id.eq_any(&ids)))
        .execute(conn)
        .await?;
    Ok(())
}
