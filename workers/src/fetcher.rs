//! From entries to claimed jobs: fetch, claim as many as can start, settle the
//! entries, hand the jobs to the loop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use nexus_jobs::{JobId, QueueName, Token};
use nexus_queue::{Consumer, Receipt, Transport};
use nexus_schema::AsyncPgConnection;
use nexus_schema::gates::{self, Way};
use nexus_schema::ledger::{self, Claim, ClaimedJob};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::backend::Running;
use crate::engine::Engine;
use crate::health::Health;
use crate::held::{Held, Plan, entries_wanted};

/// What the loops of one queue share.
#[derive(Debug)]
pub(crate) struct QueueSlots {
    /// One permit a job that may run at once.
    pub(crate) slots: Arc<Semaphore>,
    /// The permit of the one suspect that may run: one a queue in a process.
    suspect: Arc<Semaphore>,
}

impl QueueSlots {
    pub(crate) fn new(concurrency: usize) -> Arc<Self> {
        Arc::new(Self {
            slots: Arc::new(Semaphore::new(concurrency)),
            suspect: Arc::new(Semaphore::new(1)),
        })
    }
}

/// A job's place among those that run at once; free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    _suspect: Option<OwnedSemaphorePermit>,
}

/// Feeds one worker loop of one queue.
pub(crate) struct Fetcher {
    pub(crate) engine: Arc<Engine>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) queue: QueueName,
    pub(crate) name: String,
    pub(crate) slots: Arc<QueueSlots>,
    /// Most slots this loop takes at once, so that the loops of a queue overlap.
    pub(crate) share: usize,
    pub(crate) claimed: UnboundedSender<Running>,
    pub(crate) stop: CancellationToken,
}

/// Most entries held, beyond those of one fetch, while suspects wait for one another.
const SUSPECTS_HELD_MAX: usize = 1000;

/// A server is away; said and noted already.
struct Away;

/// What a fetcher remembers between turns.
#[derive(Default)]
struct State {
    consumer: Option<Box<dyn Consumer>>,
    ledger: Option<AsyncPgConnection>,
    held: Held,
    ids_an_entry: usize,
    took_over: Option<Instant>,
    /// A claim whose answer was lost: it may hold.
    in_doubt: Option<(Token, Vec<i64>)>,
}

impl Fetcher {
    /// Runs until `stop`, whatever servers do; then gives back what it holds.
    pub(crate) async fn run(self) {
        let mut state = State {
            ids_an_entry: 1,
            ..State::default()
        };
        let mut failures = 0;
        while !self.stop.is_cancelled() {
            match self.turn(&mut state).await {
                Ok(()) => failures = 0,
                Err(Away) => {
                    failures += 1;
                    tokio::select! {
                        () = tokio::time::sleep(self.engine.wait(failures)) => {}
                        () = self.stop.cancelled() => {}
                    }
                }
            }
        }
        if let Some(mut consumer) = state.consumer
            && let Err(error) = consumer.leave(&state.held.receipts()).await
        {
            // Others take the entries over all the same, a little later.
            tracing::debug!(queue = %self.queue, %error, "leaving the broker");
        }
    }

    /// Fetches if nothing is held, then claims what can start. Stops at once while
    /// it waits for a slot or an entry, and never between a claim and its jobs.
    async fn turn(&self, state: &mut State) -> Result<(), Away> {
        let waited = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(()),
            waited = self.slots_and_entries(state) => waited?,
        };
        let Some(mut permits) = waited else {
            return Ok(());
        };
        let suspect = Arc::clone(&self.slots.suspect).try_acquire_owned().ok();
        let plan = state.held.plan(permits.num_permits(), suspect.is_some());
        let Some(plan) = plan else {
            drop(permits);
            if !state.held.is_empty() {
                // Only suspects are held, one is running, and no other work is there
                // or no more may be held: look again shortly.
                tokio::time::sleep(self.engine.settings.fetch_block.get() / 20).await;
            }
            return Ok(());
        };
        let permits: Vec<_> = plan.ids.iter().filter_map(|_| permits.split(1)).collect();
        let suspect = suspect.filter(|_| plan.suspect);
        self.claim(state, plan, permits, suspect).await
    }

    /// Waits for at least one free slot, sees to it that entries are held, and
    /// takes the slots that are free, up to this loop's share.
    async fn slots_and_entries(
        &self,
        state: &mut State,
    ) -> Result<Option<OwnedSemaphorePermit>, Away> {
        let slots = &self.slots.slots;
        let Ok(mut permits) = Arc::clone(slots).acquire_owned().await else {
            return Ok(None);
        };
        let share = self.share.min(self.engine.settings.claim_ids_max).max(1);
        self.fetch(state, share.min(1 + slots.available_permits()))
            .await?;
        let more = slots.available_permits().min(share - 1);
        if let Ok(more) = u32::try_from(more)
            && let Ok(more) = Arc::clone(slots).try_acquire_many_owned(more)
        {
            permits.merge(more);
        }
        Ok(Some(permits))
    }

    async fn fetch(&self, state: &mut State, slots: usize) -> Result<(), Away> {
        let away = &self.engine.health.broker_away;
        let fetched = self.fetch_from_broker(state, slots).await;
        Health::note(
            away,
            "broker",
            fetched.as_ref().err().map(|error| error as _),
        );
        fetched.map_err(|_| Away)
    }

    async fn fetch_from_broker(&self, state: &mut State, slots: usize) -> nexus_queue::Result<()> {
        let consumer = match &mut state.consumer {
            Some(consumer) => consumer,
            none => none.insert(self.transport.consumer(&self.queue, &self.name).await?),
        };
        let wanted = entries_wanted(slots, state.ids_an_entry);
        let after = self.engine.settings.takeover_after.get();
        if state.took_over.is_none_or(|at| at.elapsed() >= after) {
            state.held.add(consumer.take_over(wanted, after).await?);
            state.took_over = Some(Instant::now());
        }
        // Suspects that wait for one another must not hold up other work.
        let suspect_free = self.slots.suspect.available_permits() > 0;
        if !state.held.can_start(suspect_free) && state.held.len() < SUSPECTS_HELD_MAX {
            let wait = self.engine.settings.fetch_block.get();
            // Held suspects wait for the one that runs, which may end at any moment.
            let wait = if state.held.is_empty() {
                wait
            } else {
                wait / 20
            };
            let entries = consumer.fetch(wanted, wait).await?;
            if !entries.is_empty() {
                let ids: usize = entries.iter().map(|held| held.entry.job_ids.len()).sum();
                state.ids_an_entry = ids.div_ceil(entries.len());
            }
            state.held.add(entries);
        }
        Ok(())
    }

    async fn claim(
        &self,
        state: &mut State,
        plan: Plan,
        permits: Vec<OwnedSemaphorePermit>,
        suspect: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Away> {
        let token = Token::random();
        let answer = self.claim_in_ledger(state, &plan, token).await;
        let away = &self.engine.health.postgres_away;
        Health::note(
            away,
            "postgres",
            answer.as_ref().err().map(|error| error as _),
        );
        let Ok(claimed) = answer else {
            state.ledger = None;
            // Unless an earlier one is: then this one was not made.
            state
                .in_doubt
                .get_or_insert_with(|| (token, plan.ids.clone()));
            state.held.put_back(plan);
            return Err(Away);
        };
        self.hand_on(claimed, token, permits, suspect);
        let receipts: Vec<Receipt> = plan.whole.into_iter().map(|held| held.receipt).collect();
        if let Some(consumer) = &mut state.consumer
            && !receipts.is_empty()
            && let Err(error) = consumer.settle(&receipts).await
        {
            // They come again, and their claims find nothing.
            tracing::debug!(queue = %self.queue, %error, "settling entries");
        }
        Ok(())
    }

    async fn claim_in_ledger(
        &self,
        state: &mut State,
        plan: &Plan,
        token: Token,
    ) -> nexus_schema::Result<Vec<ClaimedJob>> {
        let conn = match &mut state.ledger {
            Some(conn) => conn,
            none => none.insert(self.engine.pool.connect().await?),
        };
        if let Some((token, ids)) = &state.in_doubt {
            // If it holds, nobody runs its jobs, and the heartbeat keeps its lease.
            let held: Vec<_> = ids.iter().map(|&id| (JobId(id), *token)).collect();
            ledger::give_back(conn, &held).await?;
            ledger::drop_leases(conn, &[*token]).await?;
            self.engine.holdings.forget(*token);
            state.in_doubt = None;
        }
        // Before it is made: should the drain's end cut in, it is handed back.
        let ids = plan.ids.iter().map(|&id| JobId(id));
        self.engine.holdings.add(token, ids);
        let claim = Claim {
            worker: self.engine.worker,
            token,
            kinds: &self.engine.kinds,
            lease: self.engine.lease.ttl.get(),
            ids: plan.ids.clone(),
            whole: plan
                .whole
                .iter()
                .map(|held| held.entry.dispatch_id)
                .collect(),
            part: plan.part.clone(),
            suspect: plan.suspect,
        };
        let Some(rules) = self.engine.gates.of(&self.queue, &self.engine.kinds).await else {
            return ledger::claim(conn, claim).await;
        };
        let way = self.engine.gates.way(&self.queue);
        let gated = gates::claim_gated(conn, claim, &rules, way).await?;
        if gated.parked > 0 || way == Way::Hopeful && gated.locked {
            self.engine.gates.note_locked(&self.queue);
        }
        Ok(gated.jobs)
    }

    fn hand_on(
        &self,
        claimed: Vec<ClaimedJob>,
        token: Token,
        permits: Vec<OwnedSemaphorePermit>,
        mut suspect: Option<OwnedSemaphorePermit>,
    ) {
        if claimed.is_empty() {
            self.engine.holdings.forget(token);
            return;
        }
        self.engine
            .health
            .claimed
            .fetch_add(claimed.len() as u64, Ordering::Relaxed);
        self.engine
            .holdings
            .add(token, claimed.iter().map(ClaimedJob::job_id));
        for (job, permit) in claimed.into_iter().zip(permits) {
            let slot = Slot {
                _permit: permit,
                // A suspect is claimed alone, so it is the first and only job.
                _suspect: suspect.take(),
            };
            // The loop outlives its fetcher; were it gone, the process would drain and
            // hand the job back.
            let _ = self.claimed.send(Running { job, token, slot });
        }
    }
}
