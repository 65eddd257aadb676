//! The releaser: jobs that wait at gates go on as soon as the gates let them.
//!
//! Any number may run: gates are locked while one decides, so they let in no more than
//! they may. A release lets in, gives the slots, and writes the dispatch rows, in one
//! transaction; from there the relay carries on.

mod pace;

use std::time::{Duration, Instant};

use nexus_config::Limits;
use nexus_jobs::admission::{Asks, room};
use nexus_jobs::gcra::Rate;
use nexus_jobs::limit::{Bound, Per, Rules, breaker_gate};
use nexus_schema::gates::{self, Released, WaitingGate};
use nexus_schema::{AsyncPgConnection, Pool};
use tokio_util::sync::CancellationToken;

use pace::{Look, Pace};

/// Gates looked at in one query.
const GATES_MAX: u32 = 500;
/// Gates forgotten in one transaction.
const COLLECT_MAX: u32 = 1000;

/// Lets waiting jobs through gates until told to stop. Never ends because a server is away.
#[derive(Debug)]
pub struct Releaser {
    pool: Pool,
    settings: Limits,
    reopened: Rate,
}

/// What a releaser remembers between rounds, all of it rebuilt at will.
#[derive(Debug, Default)]
struct Memory {
    rules: Rules,
    looked: Option<Instant>,
    collected: Option<Instant>,
}

impl Releaser {
    /// A releaser over a ledger.
    pub fn new(pool: Pool, settings: Limits) -> Self {
        let count = settings.reopened_per_s;
        let reopened = Rate {
            count,
            per_us: 1_000_000,
            // A tenth of a second's worth at once, since releases are batches.
            burst: count.div_ceil(10),
        };
        Self {
            pool,
            settings,
            reopened,
        }
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let session = tokio::select! {
                session = self.session(&mut failures) => session,
                () = stop.cancelled() => return,
            };
            let Err(error) = session;
            failures += 1;
            tracing::debug!(%error, failures, "the releaser cannot go on; trying again until it can");
            let postgres = self.pool.settings();
            let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
            let wait = nexus_schema::retrying::backoff(base, cap, failures, rand::random());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One connection's worth of rounds; ends only with an error.
    async fn session(
        &self,
        failures: &mut u32,
    ) -> Result<std::convert::Infallible, nexus_schema::Error> {
        let mut conn = self.pool.connect().await?;
        let mut memory = Memory::default();
        let mut pace = Pace::default();
        loop {
            self.keep_house(&mut conn, &mut memory).await?;
            let began = Instant::now();
            let look = self.round(&mut conn, &memory.rules).await?;
            *failures = 0;
            let wait = pace.next(&look, began.elapsed(), &self.settings);
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Looks at limits and breakers every `poll`, and for gates to forget every
    /// `collect_every`.
    async fn keep_house(
        &self,
        conn: &mut AsyncPgConnection,
        memory: &mut Memory,
    ) -> nexus_schema::Result<()> {
        let is_due =
            |at: Option<Instant>, every: Duration| at.is_none_or(|at| at.elapsed() >= every);
        if is_due(memory.looked, self.settings.poll.get()) {
            if !memory.rules.breakers.is_empty() {
                gates::pass_time(conn).await?;
            }
            memory.rules = gates::rules(conn).await?;
            memory.looked = Some(Instant::now());
        }
        if is_due(memory.collected, self.settings.collect_every.get()) {
            let keep = lasting(&memory.rules);
            while gates::collect(conn, &keep, COLLECT_MAX).await? == COLLECT_MAX as usize {}
            memory.collected = Some(Instant::now());
        }
        Ok(())
    }

    /// Looks at every gate at which jobs wait, and lets in who may go.
    async fn round(
        &self,
        conn: &mut AsyncPgConnection,
        rules: &Rules,
    ) -> nexus_schema::Result<Look> {
        let mut look = Look::default();
        let mut after = String::new();
        loop {
            let waiting = gates::waiting_gates(conn, &after, GATES_MAX).await?;
            let Some(last) = waiting.last() else { break };
            after.clone_from(&last.gate);
            let is_last = waiting.len() < GATES_MAX as usize;
            look.waiting = true;
            let mut open: Vec<(String, u32)> = Vec::new();
            for waits in waiting {
                let room = self.room(&waits, rules);
                if room > 0 {
                    open.push((waits.gate, room));
                } else if let Some(wait) = self.wait(&waits, rules) {
                    look.soonest = Some(look.soonest.map_or(wait, |known| known.min(wait)));
                }
            }
            // An even share for each, so that one with a large backlog holds up no other.
            let gates = u32::try_from(open.len()).unwrap_or(u32::MAX).max(1);
            let share = (self.settings.release_batch_max / gates).max(1);
            for (_, most) in &mut open {
                *most = share.min(*most);
            }
            if !open.is_empty() {
                let released = gates::release(conn, &open, rules, self.reopened).await?;
                look.released |= released != Released::default();
            }
            if is_last {
                break;
            }
        }
        Ok(look)
    }

    /// How many jobs may leave a gate now, as far as it alone decides.
    fn room(&self, waits: &WaitingGate, rules: &Rules) -> u32 {
        match rules.bound(&waits.gate) {
            Some(bound) => room(bound, waits.state, Asks::Releaser),
            None if Rules::is_breakers(&waits.gate) => self.reopened.room(waits.state.ahead_us),
            None => u32::MAX,
        }
    }

    /// Until a gate's rate lets one more in, where a rate is what keeps it shut.
    fn wait(&self, waits: &WaitingGate, rules: &Rules) -> Option<Duration> {
        let ahead_us = waits.state.ahead_us;
        match rules.bound(&waits.gate) {
            Some(Bound::Limit { concurrency, rate }) => {
                let has_place = concurrency.is_none_or(|most| waits.state.in_use < most);
                rate.filter(|_| has_place).map(|rate| rate.wait(ahead_us))
            }
            Some(_) => None,
            None => Some(self.reopened.wait(ahead_us)),
        }
    }
}

/// Gates that are kept while nobody uses them: one a limit or breaker, and so few. Those
/// of tenants and keys are many.
fn lasting(rules: &Rules) -> Vec<String> {
    let limits = rules.limits.iter().filter(|limit| limit.per == Per::All);
    let breakers = rules.breakers.keys().map(|kind| breaker_gate(kind));
    limits
        .map(|limit| format!("limit:{}", limit.name))
        .chain(breakers)
        .collect()
}
