//! One round: the ticks that are due become jobs, in one transaction, by whoever leads.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use nexus_config::Schedules as Settings;
use nexus_jobs::schedule::{Missed, Overlap, Plan, Schedule};
use nexus_jobs::{Actor, JobId, TenantId};
use nexus_schema::ledger::{self, Rules};
use nexus_schema::schedules::{self, Advance, Due, Outcome, Ticked, tick_key};
use nexus_schema::{AsyncPgConnection, Error, Result};

use super::choice::{Choice, choose};
use super::known::Known;
use super::whole::{Became, enqueue, whole};

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    /// Schedules that were due.
    pub(super) schedules: usize,
    pub(super) fired: u64,
    pub(super) skipped: u64,
    pub(super) missed: u64,
    pub(super) failed: u64,
    /// Schedules that stay due, since something is in the way of their jobs.
    pub(super) put_off: usize,
    /// How late the latest tick fired, in microseconds.
    pub(super) late_us: u64,
}

/// A schedule that is due, and what becomes of its ticks.
struct One {
    due: Due,
    schedule: Arc<Schedule>,
    plan: Plan,
    choice: Choice,
    ticked: Vec<Ticked>,
    /// Ticks that stay undecided: something was in the way of the first of them.
    put_off: Vec<DateTime<Utc>>,
    advance: Advance,
}

/// Decides what is due, in one transaction; `None`: somebody else leads.
pub(super) async fn round(
    conn: &mut AsyncPgConnection,
    known: &mut Known,
    settings: &Settings,
    rules: &Rules,
) -> Result<Option<Met>> {
    conn.transaction::<_, Error, _>(async |conn| {
        let Some(clock) = schedules::lead(conn, settings.silence.get()).await? else {
            return Ok(None);
        };
        let most = settings.ticks_max;
        let due = schedules::due(conn, clock, most, known.unreadable()).await?;
        // Each its share, so that none that catches up delays the others.
        let share = (most / due.len().max(1)).max(1);
        let mut all: Vec<One> = due
            .into_iter()
            .filter_map(|due| One::planned(due, known, clock, settings, share))
            .collect();
        decide(conn, &mut all, settings, rules).await?;
        Ok(Some(met(&all, clock)))
    })
    .await
}

/// Locks are taken in the order of the house: reservations of all ticks, then the jobs that are called
/// off, then what each enqueue takes.
async fn decide(
    conn: &mut AsyncPgConnection,
    all: &mut [One],
    settings: &Settings,
    rules: &Rules,
) -> Result<()> {
    let keys: Vec<(String, TenantId)> = all.iter().flat_map(One::keys).collect();
    let taken = schedules::reserve(conn, &keys, settings.once_for.get()).await?;
    for one in all.iter_mut() {
        one.choose(&taken);
    }
    call_off(conn, all).await?;
    let mut unused = Vec::new();
    for one in all.iter_mut() {
        one.fire(conn, rules).await?;
        let without_job = one.ticked.iter().filter(|ticked| ticked.job.is_none());
        let keys = without_job.map(|ticked| tick_key(&ticked.schedule, ticked.tick_at));
        let put_off = one
            .put_off
            .iter()
            .map(|&tick| tick_key(&one.due.name, tick));
        unused.extend(keys.chain(put_off).filter(|key| taken.contains(key)));
        one.pass_over();
    }
    schedules::release(conn, &unused).await?;
    let ticked: Vec<Ticked> = all.iter().flat_map(|one| one.ticked.clone()).collect();
    schedules::write_ticks(conn, &ticked).await?;
    let advances: Vec<Advance> = all.iter().map(|one| one.advance.clone()).collect();
    schedules::advance(conn, &advances).await
}

async fn call_off(conn: &mut AsyncPgConnection, all: &[One]) -> Result<()> {
    let mut jobs: Vec<JobId> = all
        .iter()
        .flat_map(|one| one.choice.cancel.clone())
        .collect();
    if jobs.is_empty() {
        return Ok(());
    }
    jobs.sort_unstable();
    let reason = "the next tick of its schedule has come";
    let by = Actor::system("scheduler");
    ledger::cancel_jobs(conn, &jobs, reason, &by).await?;
    Ok(())
}

impl One {
    /// Plans what is due; `None`: it cannot be read here.
    fn planned(
        due: Due,
        known: &mut Known,
        clock: DateTime<Utc>,
        settings: &Settings,
        share: usize,
    ) -> Option<Self> {
        let schedule = known.schedule(&due)?;
        let is_known = schedule.definition.enqueue.is_built_in() || due.kind.is_some();
        let plan = if is_known {
            schedule.plan(due.next_at, clock, settings.misfire_after.get(), share)
        } else {
            // Nobody would run it: its ticks pass.
            Plan {
                next: schedule.tick_after(clock),
                ..Plan::default()
            }
        };
        let advance = Advance {
            name: due.name.clone(),
            next_at: plan.next,
            ..Advance::default()
        };
        Some(Self {
            due,
            schedule,
            plan,
            choice: Choice::default(),
            ticked: Vec::new(),
            put_off: Vec::new(),
            advance,
        })
    }

    fn tenant(&self) -> TenantId {
        self.schedule.definition.enqueue.tenant()
    }

    /// What its ticks are reserved by.
    fn keys(&self) -> impl Iterator<Item = (String, TenantId)> {
        let ticks = self.plan.fire.iter();
        ticks.map(|&tick| (tick_key(&self.due.name, tick), self.tenant()))
    }

    /// Chooses among the ticks that nobody else has decided.
    fn choose(&mut self, taken: &HashSet<String>) {
        let name = &self.due.name;
        let ticks = self.plan.fire.iter().copied();
        let ticks: Vec<_> = ticks
            .filter(|tick| taken.contains(&tick_key(name, *tick)))
            .collect();
        let overlap = self.schedule.definition.overlap;
        self.choice = choose(overlap, &ticks, &self.due.open_jobs);
        if overlap != Overlap::Allow {
            self.advance.open_jobs.clone_from(&self.due.open_jobs);
        }
        for (tick, why) in std::mem::take(&mut self.choice.skip) {
            self.note(tick, Became::Skipped(why));
        }
    }

    async fn fire(&mut self, conn: &mut AsyncPgConnection, rules: &Rules) -> Result<()> {
        let actor = Actor::named(format!("schedule:{}", self.due.name));
        let ticks = std::mem::take(&mut self.choice.fire);
        for (nth, &tick) in ticks.iter().enumerate() {
            let job = whole(&self.schedule, tick, self.due.kind.as_ref());
            match enqueue(conn, job, &actor, rules).await {
                Ok(became) => self.note(tick, became),
                // Its savepoint is undone. It is this schedule's trouble, and nobody else's.
                Err(error @ (Error::Contended(_) | Error::Database(_))) => {
                    tracing::warn!(schedule = self.due.name, %tick, %error, "a tick is put off");
                    self.advance.next_at = Some(tick);
                    self.put_off = ticks[nth..].to_vec();
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn note(&mut self, tick: DateTime<Utc>, became: Became) {
        let (outcome, job, reason) = match became {
            Became::Job(job) => {
                self.advance.fired += 1;
                self.advance.last = self.advance.last.max(Some((tick, job)));
                if self.schedule.definition.overlap != Overlap::Allow {
                    self.advance.open_jobs.push(job);
                }
                (Outcome::Fired, Some(job), None)
            }
            Became::Skipped(why) => {
                self.advance.skipped += 1;
                (Outcome::Skipped, None, Some(why))
            }
            Became::Failed(why) => {
                self.advance.failed += 1;
                (Outcome::Failed, None, Some(why))
            }
        };
        self.advance.why = reason.clone().or(self.advance.why.take());
        let ticked = self.ticked(tick, outcome, reason);
        self.ticked.push(Ticked { job, ..ticked });
    }

    /// Notes the ticks that the policy for missed ones passes over.
    fn pass_over(&mut self) {
        for missed in std::mem::take(&mut self.plan.missed) {
            self.advance.missed += missed.count;
            let why = too_late(&missed);
            let ticked = self.ticked(missed.first, Outcome::Missed, Some(why.clone()));
            self.ticked.push(Ticked {
                through_at: (missed.last != missed.first).then_some(missed.last),
                ticks: missed.count,
                ..ticked
            });
            self.advance.why = Some(why);
        }
        self.ticked.sort_by_key(|ticked| ticked.tick_at);
    }

    fn ticked(&self, tick: DateTime<Utc>, outcome: Outcome, reason: Option<String>) -> Ticked {
        Ticked {
            schedule: self.due.name.clone(),
            version: self.due.version,
            tenant: self.tenant(),
            tick_at: tick,
            through_at: None,
            ticks: 1,
            outcome,
            reason,
            job: None,
            asked_by: None,
            backfill: false,
        }
    }
}

fn too_late(missed: &Missed) -> String {
    let more = if missed.exact {
        ""
    } else {
        "; more were not counted"
    };
    format!("missed: no scheduler was there in time{more}")
}

fn met(all: &[One], clock: DateTime<Utc>) -> Met {
    let mut met = Met {
        schedules: all.len(),
        ..Met::default()
    };
    for one in all {
        met.fired += one.advance.fired;
        met.skipped += one.advance.skipped;
        met.missed += one.advance.missed;
        met.failed += one.advance.failed;
        met.put_off += usize::from(!one.put_off.is_empty());
        for ticked in one.ticked.iter().filter(|ticked| ticked.job.is_some()) {
            let late = (clock - ticked.tick_at).num_microseconds();
            let late = late.and_then(|us| u64::try_from(us).ok()).unwrap_or(0);
            met.late_us = met.late_us.max(late);
        }
    }
    met
}
