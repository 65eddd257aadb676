//! What this process knows of limits and breakers, and what it tells breakers of its
//! attempts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nexus_jobs::limit::Rules;
use nexus_jobs::{Attempted, Outcome, QueueName};
use nexus_schema::AsyncPgConnection;
use nexus_schema::gates::{self, Way};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

/// How long claims lock the gates of a queue first, after they once had to: hoping in
/// vain costs a claim that is undone.
const LOCKING_FOR: Duration = Duration::from_secs(1);

/// Limits and breakers, as of the last look.
#[derive(Debug)]
pub(crate) struct Gates {
    rules: watch::Sender<Option<Arc<Rules>>>,
    /// Attempts that ended since breakers were last told: how many, and how many failed.
    ended: Mutex<BTreeMap<String, (u64, u64)>>,
    /// When a claim from a queue last had to lock its gates.
    locked: Mutex<HashMap<QueueName, Instant>>,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            rules: watch::Sender::new(None),
            ended: Mutex::default(),
            locked: Mutex::default(),
        }
    }
}

impl Gates {
    /// The rules that claims from a queue must heed, if there are any. Waits for the
    /// first look: nothing is claimed past a limit since it was not known yet.
    pub(crate) async fn of(&self, queue: &QueueName, kinds: &[String]) -> Option<Arc<Rules>> {
        let mut rules = self.rules.subscribe();
        let known = rules.wait_for(Option::is_some).await.ok()?.clone()?;
        known.concern(queue.as_str(), kinds).then_some(known)
    }

    /// How a claim from a queue is to go about its gates.
    pub(crate) fn way(&self, queue: &QueueName) -> Way {
        let locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        match locked.get(queue) {
            Some(at) if at.elapsed() < LOCKING_FOR => Way::Locking,
            _ => Way::Hopeful,
        }
    }

    /// Notes that jobs of a queue were refused, or hope was in vain.
    pub(crate) fn note_locked(&self, queue: &QueueName) {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.insert(queue.clone(), Instant::now());
    }

    /// Counts an attempt's end for its kind's breaker, if it has one. What the handler
    /// decided (a snooze, a discard, a cancellation) says nothing of its health.
    pub(crate) fn note_end(&self, kind: &str, attempted: &Attempted) {
        let failed = match attempted {
            Attempted::Answered(Outcome::Done(_) | Outcome::Settled) => false,
            Attempted::Answered(Outcome::Retry { .. }) | Attempted::Failed { .. } => true,
            Attempted::Answered(_) => return,
        };
        let has_breaker = |rules: &Arc<Rules>| rules.breakers.contains_key(kind);
        if !self.rules.borrow().as_ref().is_some_and(has_breaker) {
            return;
        }
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let (attempts, failures) = ended.entry(kind.to_owned()).or_default();
        *attempts += 1;
        *failures += u64::from(failed);
    }
}

/// Looks for limits and breakers every `limits.poll`, and tells breakers what has ended,
/// until `stop`. Servers that are away cost the news, and nothing else.
pub(crate) async fn watch(engine: Arc<Engine>, stop: CancellationToken) {
    let mut ledger = None;
    let mut failures = 0;
    loop {
        let wait = match look(&engine, &mut ledger).await {
            Ok(()) => {
                failures = 0;
                engine.limits.poll.get()
            }
            Err(error) => {
                ledger = None;
                failures += 1;
                tracing::debug!(%error, failures, "no look at limits and breakers");
                engine.wait(failures)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn look(engine: &Engine, ledger: &mut Option<AsyncPgConnection>) -> nexus_schema::Result<()> {
    let conn = match ledger {
        Some(conn) => conn,
        none => none.insert(engine.pool.connect().await?),
    };
    let known = &engine.gates;
    let ended = std::mem::take(&mut *known.ended.lock().unwrap_or_else(PoisonError::into_inner));
    if !ended.is_empty() {
        gates::tell_breakers(conn, &ended).await?;
    }
    let rules = Arc::new(gates::rules(conn).await?);
    known.rules.send_replace(Some(rules));
    Ok(())
}
