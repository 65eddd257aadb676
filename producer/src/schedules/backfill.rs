use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use nexus_config::Settings;
use nexus_jobs::Actor;
use nexus_jobs::schedule::{Overlap, Schedule};
use nexus_schema::ledger::Rules;
use nexus_schema::schedules::{self, Outcome, Ticked, tick_key};
use nexus_schema::triggers::KnownKind;
use nexus_schema::{AsyncPgConnection, Error, Result};
use serde::Serialize;

use super::Filled;
use super::asked::{advance, became, held, logged};
use super::whole::{Became, enqueue_all, known_kind, whole};

/// Which ticks of the past are to be filled in.
#[derive(Clone, Copy, Debug)]
pub struct Backfill {
    /// From this time on.
    pub from: DateTime<Utc>,
    /// Through this time, at most through now.
    pub to: DateTime<Utc>,
    /// Also those that became a job before.
    pub again: bool,
    /// Only tell what would be done.
    pub dry_run: bool,
}

/// What was filled in, or would be.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backfilled {
    /// The ticks of the range, the oldest first; those that became a job before have no outcome.
    pub ticks: Vec<Filled>,
    /// Jobs enqueued, or that would be.
    pub fired: u64,
    /// Ticks passed over by the unique key.
    pub skipped: u64,
    /// Ticks whose job the ledger refused.
    pub failed: u64,
    /// Ticks that became a job before.
    pub known: u64,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// Fills in the ticks of a range that did not become jobs, in one transaction; at most
/// `schedules.backfill_max`. Where its overlap policy is not `allow`, they run one after another.
///
/// # Errors
///
/// [`Error::Invalid`] for a range of no length or of too many ticks, [`Error::Conflict`] where no worker
/// knows its kind.
pub async fn backfill(
    conn: &mut AsyncPgConnection,
    name: &str,
    range: Backfill,
    actor: &Actor,
    settings: &Settings,
) -> Result<Backfilled> {
    conn.transaction(async |conn| {
        let (held, schedule) = held(conn, name).await?;
        let kind = known_kind(conn, &schedule).await?;
        let clock = schedules::clock(conn).await?;
        let most = settings.schedules.backfill_max;
        let ticks = ticks(&schedule, range, clock, most).map_err(Error::Invalid)?;
        let candidates = candidates(conn, &schedule, &ticks, range.again).await?;
        let all = if range.dry_run {
            judge(conn, &schedule, &ticks, &candidates, range.again).await?
        } else {
            let filling = Filling {
                schedule: &schedule,
                kind: kind.as_ref(),
                actor,
                settings,
            };
            let all = filling.fill(conn, &ticks, &candidates, range.again).await?;
            // A tick that may not overlap asks for them; in the other orders they queue up anyway.
            let is_open = schedule.definition.overlap == Overlap::Skip;
            let moved = advance(&schedule, held, &all, is_open);
            schedules::advance(conn, &[moved]).await?;
            all
        };
        Ok(Backfilled::of(all, range.dry_run))
    })
    .await
}

/// The ticks of the range, the oldest first; the text says what is wrong with it. Pure.
fn ticks(
    schedule: &Schedule,
    range: Backfill,
    clock: DateTime<Utc>,
    most: usize,
) -> Result<Vec<DateTime<Utc>>, String> {
    if range.from > range.to {
        return Err("the range ends before it begins".to_owned());
    }
    if range.from > clock {
        return Err("the range is yet to come".to_owned());
    }
    let before = range
        .from
        .checked_sub_signed(TimeDelta::microseconds(1))
        .ok_or("the range begins before all time")?;
    let through = range.to.min(clock);
    let ticks: Vec<_> = schedule.ticks(before, through).take(most + 1).collect();
    if ticks.len() > most {
        return Err(format!(
            "the range has more than {most} ticks; at most {most} are filled in by one call \
             (schedules.backfill_max)"
        ));
    }
    Ok(ticks)
}

/// Those that did not become jobs, by the log; or all, where they are to run again.
async fn candidates(
    conn: &mut AsyncPgConnection,
    schedule: &Schedule,
    ticks: &[DateTime<Utc>],
    again: bool,
) -> Result<Vec<DateTime<Utc>>> {
    let (Some(&first), Some(&last), false) = (ticks.first(), ticks.last(), again) else {
        return Ok(ticks.to_vec());
    };
    let fired = schedules::fired_between(conn, &schedule.name, (first, last)).await?;
    let ticks = ticks.iter().copied();
    Ok(ticks.filter(|tick| !fired.contains(tick)).collect())
}

/// What would become of them.
async fn judge(
    conn: &mut AsyncPgConnection,
    schedule: &Schedule,
    ticks: &[DateTime<Utc>],
    candidates: &[DateTime<Utc>],
    again: bool,
) -> Result<Vec<Filled>> {
    let keys: Vec<String> = candidates
        .iter()
        .map(|tick| tick_key(&schedule.name, *tick))
        .collect();
    let reserved = schedules::reserved(conn, &keys).await?;
    let fires: HashSet<DateTime<Utc>> = candidates
        .iter()
        .copied()
        .filter(|tick| again || !reserved.contains(&tick_key(&schedule.name, *tick)))
        .collect();
    let judged = ticks.iter().map(|&tick_at| Filled {
        tick_at,
        outcome: fires.contains(&tick_at).then_some(Outcome::Fired),
        job_id: None,
        reason: None,
    });
    Ok(judged.collect())
}

/// A schedule whose ticks are filled in.
struct Filling<'a> {
    schedule: &'a Schedule,
    kind: Option<&'a KnownKind>,
    actor: &'a Actor,
    settings: &'a Settings,
}

impl Filling<'_> {
    async fn fill(
        &self,
        conn: &mut AsyncPgConnection,
        ticks: &[DateTime<Utc>],
        candidates: &[DateTime<Utc>],
        again: bool,
    ) -> Result<Vec<Filled>> {
        let tenant = self.schedule.definition.enqueue.tenant();
        let key = |tick: &DateTime<Utc>| tick_key(&self.schedule.name, *tick);
        let keys: Vec<_> = candidates.iter().map(|tick| (key(tick), tenant)).collect();
        let once_for = self.settings.schedules.once_for.get();
        let taken = schedules::reserve(conn, &keys, once_for).await?;
        let (mut jobs, mut wrong) = (HashMap::new(), HashMap::new());
        for tick in candidates {
            if again || taken.contains(&key(tick)) {
                match whole(self.schedule, *tick, self.kind) {
                    Ok(job) => drop(jobs.insert(*tick, job)),
                    Err(why) => drop(wrong.insert(*tick, Became::Failed(why))),
                }
            }
        }
        let rules = Rules::of(self.settings);
        let mut met = enqueue_all(conn, jobs, self.actor, &rules).await?;
        met.extend(wrong);
        let all: Vec<Filled> = ticks
            .iter()
            .map(|&tick_at| match met.remove(&tick_at) {
                Some(met) => became(tick_at, met),
                None => Filled {
                    tick_at,
                    outcome: None,
                    job_id: None,
                    reason: None,
                },
            })
            .collect();
        let without_job = all
            .iter()
            .filter(|one| one.outcome.is_some() && one.job_id.is_none());
        let unused: Vec<String> = without_job.map(|one| key(&one.tick_at)).collect();
        let unused: Vec<String> = unused
            .into_iter()
            .filter(|key| taken.contains(key))
            .collect();
        schedules::release(conn, &unused).await?;
        let log = all
            .iter()
            .filter_map(|one| logged(self.schedule, one, self.actor, true));
        schedules::write_ticks(conn, &log.collect::<Vec<Ticked>>()).await?;
        Ok(all)
    }
}

impl Backfilled {
    fn of(ticks: Vec<Filled>, dry_run: bool) -> Self {
        let count = |outcome| ticks.iter().filter(|one| one.outcome == outcome).count() as u64;
        Self {
            fired: count(Some(Outcome::Fired)),
            skipped: count(Some(Outcome::Skipped)),
            failed: count(Some(Outcome::Failed)),
            known: count(None),
            dry_run,
            ticks,
        }
    }
}
