//! From entries to claimed jobs: fetch, claim as many as can start, settle the
//! entries, hand the jobs to the loop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nexus_jobs::{Band, JobId, QueueName, Token};
use nexus_queue::{Consumer, Receipt};
use nexus_schema::AsyncPgConnection;
use nexus_schema::gates;
use nexus_schema::ledger::{self, Claim, ClaimedJob};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::backend::Running;
use crate::bands::BandTurns;
use crate::engine::Engine;
use crate::health::Health;
use crate::held::{Held, Plan, entries_wanted};
use crate::served::Served;
use crate::slots::{Place, Places};

/// A job's place among those that run at once; free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _place: Place,
    _suspect: Option<OwnedSemaphorePermit>,
}

/// Feeds one worker loop of one queue.
pub(crate) struct Fetcher {
    pub(crate) engine: Arc<Engine>,
    pub(crate) queue: QueueName,
    pub(crate) name: String,
    /// Which of the queue's loops: it takes part while more jobs than this may run at once.
    pub(crate) at: usize,
    /// How many loops the queue has.
    pub(crate) loops: usize,
    pub(crate) claimed: UnboundedSender<Running>,
    pub(crate) stop: CancellationToken,
}

/// Most entries held, beyond those of one fetch, while suspects wait for one another.
const SUSPECTS_HELD_MAX: usize = 1000;

/// A server is away; said and noted already.
struct Away;

/// What a fetcher remembers between turns.
struct State {
    consumer: Option<Box<dyn Consumer>>,
    ledger: Option<AsyncPgConnection>,
    held: Held,
    turns: BandTurns,
    ids_an_entry: usize,
    took_over: Option<Instant>,
    /// A claim whose answer was lost: it may hold.
    in_doubt: Option<(Token, Vec<i64>)>,
}

impl Fetcher {
    /// Runs until `stop`, whatever servers do; then gives back what it holds.
    pub(crate) async fn run(self) {
        let Some(served) = self.engine.served.get(&self.queue) else {
            return;
        };
        let mut state = State {
            consumer: None,
            ledger: None,
            held: Held::default(),
            turns: BandTurns::new(&self.engine.settings),
            ids_an_entry: 1,
            took_over: None,
            in_doubt: None,
        };
        let mut failures = 0;
        while !self.stop.is_cancelled() {
            let turned = if served.slots.allowed() > self.at {
                self.turn(served, &mut state).await
            } else {
                self.rest(served, &mut state).await
            };
            match turned {
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
        self.leave(&mut state).await;
    }

    /// Fetches if nothing is held, then claims what can start. Stops at once, or rests,
    /// while it waits for a place or an entry, and never between a claim and its jobs.
    async fn turn(&self, served: &Served, state: &mut State) -> Result<(), Away> {
        let waited = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(()),
            () = served.slots.at_most(self.at) => return Ok(()),
            waited = self.entries_and_places(served, state) => waited?,
        };
        let Some(mut places) = waited else {
            return Ok(());
        };
        let suspect = Arc::clone(&served.suspect).try_acquire_owned().ok();
        let order = state.turns.order();
        let plan = state.held.plan(places.len(), suspect.is_some(), order);
        let Some(plan) = plan else {
            drop(places);
            // Only suspects are held, one is running, and no other work is there
            // or no more may be held: look again shortly.
            tokio::time::sleep(self.engine.settings.fetch_block.get() / 20).await;
            return Ok(());
        };
        state.turns.next();
        places.keep(plan.ids.len());
        let suspect = suspect.filter(|_| plan.suspect);
        self.claim(state, plan, places, suspect).await
    }

    /// Gives back at once what it holds, so that others need not wait for it, nor it for
    /// itself later on; then waits until it takes part again.
    async fn rest(&self, served: &Served, state: &mut State) -> Result<(), Away> {
        if state.in_doubt.is_some() {
            let cleared = self.clear_doubt(state).await;
            self.note_postgres(cleared.as_ref().err());
            if cleared.is_err() {
                state.ledger = None;
                return Err(Away);
            }
        }
        self.leave(state).await;
        state.ledger = None;
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = served.slots.more_than(self.at) => {}
        }
        Ok(())
    }

    /// Leaves the broker. Whoever looks for entries to take over next finds what was held,
    /// this loop included.
    async fn leave(&self, state: &mut State) {
        let held = std::mem::take(&mut state.held);
        state.took_over = None;
        if let Some(mut consumer) = state.consumer.take()
            && let Err(error) = consumer.leave(&held.receipts()).await
        {
            // Others take the entries over all the same, a little later.
            tracing::debug!(queue = %self.queue, %error, "leaving the broker");
        }
    }

    /// Sees to it that entries are held, waiting for a place on whose behalf to look for
    /// them, and takes the places that are free, up to this loop's share. `None`: nothing
    /// came.
    async fn entries_and_places(
        &self,
        served: &Served,
        state: &mut State,
    ) -> Result<Option<Places>, Away> {
        let share = self.share(served);
        let order = state.turns.order();
        let suspect_free = served.suspect.available_permits() > 0;
        if state.held.can_start(suspect_free) {
            let places = served.slots.take(share).await;
            // With the broker away, what is held can start all the same.
            if !self.engine.health.broker_away.load(Ordering::Relaxed) {
                let missing = places.len().saturating_sub(state.held.ready());
                let (bands, room) = match missing {
                    0 => (state.held.ahead(&order, suspect_free), places.len()),
                    missing => (&order[..], missing),
                };
                let _ = self.fetch(state, bands, room, Duration::ZERO).await;
            }
            return Ok(Some(places));
        }
        let looking = served.slots.look().await;
        // Suspects that wait for one another must not hold up other work.
        let bands = if state.held.len() < SUSPECTS_HELD_MAX {
            &order[..]
        } else {
            &[]
        };
        let wait = self.engine.settings.fetch_block.get();
        // Held suspects wait for the one that runs, which may end at any moment.
        let wait = if state.held.is_empty() {
            wait
        } else {
            wait / 20
        };
        self.fetch(state, bands, share.min(looking.room), wait)
            .await?;
        drop(looking);
        if state.held.is_empty() {
            return Ok(None);
        }
        Ok(Some(served.slots.take(share).await))
    }

    /// Most places that this loop takes at once, so that the loops of a queue overlap.
    fn share(&self, served: &Served) -> usize {
        let allowed = served.slots.allowed();
        let loops = self.loops.clamp(1, allowed.max(1));
        let most = self.engine.settings.claim_ids_max;
        allowed.div_ceil(loops).min(most).max(1)
    }

    /// Fetches entries of these bands for so many places, and takes over what others left.
    async fn fetch(
        &self,
        state: &mut State,
        bands: &[Band],
        places: usize,
        wait: Duration,
    ) -> Result<(), Away> {
        let away = &self.engine.health.broker_away;
        let fetched = self.fetch_from_broker(state, bands, places, wait).await;
        Health::note(
            away,
            "broker",
            fetched.as_ref().err().map(|error| error as _),
        );
        fetched.map_err(|_| Away)
    }

    async fn fetch_from_broker(
        &self,
        state: &mut State,
        bands: &[Band],
        places: usize,
        wait: Duration,
    ) -> nexus_queue::Result<()> {
        let consumer = match &mut state.consumer {
            Some(consumer) => consumer,
            none => none.insert(
                self.engine
                    .transport
                    .consumer(&self.queue, &self.name)
                    .await?,
            ),
        };
        let wanted = entries_wanted(places, state.ids_an_entry);
        let after = self.engine.settings.takeover_after.get();
        let mut wait = wait;
        if state.took_over.is_none_or(|at| at.elapsed() >= after) {
            let taken_over = consumer.take_over(wanted, after).await?;
            state.took_over = Some(Instant::now());
            if !taken_over.is_empty() {
                wait = Duration::ZERO;
            }
            state.held.add(taken_over);
        }
        if !bands.is_empty() {
            let entries = consumer.fetch(bands, wanted, wait).await?;
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
        places: Places,
        suspect: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Away> {
        let token = Token::random();
        let answer = self.claim_in_ledger(state, &plan, token).await;
        self.note_postgres(answer.as_ref().err());
        let Ok(claimed) = answer else {
            state.ledger = None;
            // Unless an earlier one is: then this one was not made.
            state
                .in_doubt
                .get_or_insert_with(|| (token, plan.ids.clone()));
            state.held.put_back(plan);
            return Err(Away);
        };
        self.hand_on(claimed, token, places, suspect);
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
        self.clear_doubt(state).await?;
        let conn = self.ledger(&mut state.ledger).await?;
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
        if gated.parked > 0 {
            self.engine.gates.note_locked(&self.queue);
        }
        Ok(gated.jobs)
    }

    async fn ledger<'a>(
        &self,
        kept: &'a mut Option<AsyncPgConnection>,
    ) -> nexus_schema::Result<&'a mut AsyncPgConnection> {
        Ok(match kept {
            Some(conn) => conn,
            none => none.insert(self.engine.pool.connect().await?),
        })
    }

    /// Hands back what a claim holds whose answer was lost: nobody runs its jobs.
    async fn clear_doubt(&self, state: &mut State) -> nexus_schema::Result<()> {
        let Some((token, ids)) = &state.in_doubt else {
            return Ok(());
        };
        let conn = self.ledger(&mut state.ledger).await?;
        let held: Vec<_> = ids.iter().map(|&id| (JobId(id), *token)).collect();
        ledger::give_back(conn, &held).await?;
        ledger::drop_leases(conn, &[*token]).await?;
        // Should it commit only now, its lease is prolonged no more, and runs out.
        self.engine.holdings.forget(*token);
        state.in_doubt = None;
        Ok(())
    }

    fn note_postgres(&self, error: Option<&nexus_schema::Error>) {
        let away = &self.engine.health.postgres_away;
        Health::note(away, "postgres", error.map(|error| error as _));
    }

    fn hand_on(
        &self,
        claimed: Vec<ClaimedJob>,
        token: Token,
        mut places: Places,
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
        places.keep(claimed.len());
        for (job, place) in claimed.into_iter().zip(places.start()) {
            let slot = Slot {
                _place: place,
                // A suspect is claimed alone, so it is the first and only job.
                _suspect: suspect.take(),
            };
            // The loop outlives its fetcher; were it gone, the process would drain and
            // hand the job back.
            let _ = self.claimed.send(Running { job, token, slot });
        }
    }
}
