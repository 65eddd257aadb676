//! Tasks that services push with stock `apalis-redis`, moved into the ledger in chunks.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nexus_config::{Inbox as InboxSettings, InboxQueue, Settings};
use nexus_jobs::{Actor, QueueName, TenantId};
use nexus_queue::Inbox;
use nexus_queue::inbox::{Chunk, Taken, Task};
use nexus_queue::transport::QueueError;
use nexus_schema::ingest::{Arrival, Arrived};
use nexus_schema::ledger::Rules;
use nexus_schema::{AsyncPgConnection, Pool};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::enter::Entry;
use super::kind::Kind;
use super::stats::IngestStats;
use super::task::Rule;

/// How often it is looked what workers have recorded of a kind.
const KIND_EVERY: Duration = Duration::from_secs(10);
/// Longest wait for the word that a queue is let go.
const LET_GO_WITHIN: Duration = Duration::from_secs(1);

/// Moves the tasks of the inbox's queues until told to stop. Never ends because a server is
/// away. Any number may run: of those, one has a queue in hand.
#[derive(Debug)]
pub struct InboxIngest {
    pool: Pool,
    settings: InboxSettings,
    rules: Rules,
    queues: Vec<(String, InboxQueue, Inbox)>,
    stats: Arc<IngestStats>,
}

impl InboxIngest {
    /// An ingest of the queues of the settings. Fails on a malformed URL only. To be called on a
    /// runtime.
    pub fn new(pool: Pool, settings: &Settings) -> Result<Self, QueueError> {
        let inbox = &settings.inbox;
        let queues = inbox.queues.iter().map(|(name, queue)| {
            let taken_from = Inbox::new(name, inbox, &settings.redis)?;
            Ok((name.clone(), queue.clone(), taken_from))
        });
        Ok(Self {
            pool,
            settings: inbox.clone(),
            rules: Rules::of(settings),
            queues: queues.collect::<Result<_, QueueError>>()?,
            stats: Arc::default(),
        })
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<IngestStats> {
        Arc::clone(&self.stats)
    }

    /// Runs until `stop`: each queue by itself, so that none holds up another.
    pub async fn run(mut self, stop: CancellationToken) {
        let queues = std::mem::take(&mut self.queues);
        let shared = Arc::new(self);
        let mut movers = JoinSet::new();
        for (name, queue, inbox) in queues {
            let mover = Mover {
                actor: Actor::named(format!("inbox:{name}")),
                name,
                queue,
                inbox,
                shared: Arc::clone(&shared),
            };
            movers.spawn(mover.run(stop.clone()));
        }
        while movers.join_next().await.is_some() {}
    }
}

/// What moves one queue.
struct Mover {
    name: String,
    queue: InboxQueue,
    inbox: Inbox,
    actor: Actor,
    shared: Arc<InboxIngest>,
}

/// What a mover has while servers answer.
struct Session {
    conn: AsyncPgConnection,
    rule: Rule,
    looked: Instant,
}

/// What keeps a mover from going on.
#[derive(Debug, thiserror::Error)]
enum MoveError {
    #[error(transparent)]
    Ledger(#[from] nexus_schema::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("inbox.queues: {0}")]
    Settings(String),
}

impl Mover {
    async fn run(self, stop: CancellationToken) {
        let stats = &self.shared.stats;
        let mut failures: u32 = 0;
        loop {
            let session = tokio::select! {
                session = self.session(&mut failures) => session,
                () = stop.cancelled() => break,
            };
            let Err(error) = session;
            if failures == 0 {
                stats.failing.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%error, inbox = self.name, "the inbox cannot go on; trying again until it can");
            }
            failures = failures.saturating_add(1);
            stats.failures.fetch_add(1, Ordering::Relaxed);
            let postgres = self.shared.pool.settings();
            let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
            let wait = nexus_schema::retrying::backoff(base, cap, failures, rand::random());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => break,
            }
        }
        let _ = tokio::time::timeout(LET_GO_WITHIN, self.inbox.let_go()).await;
    }

    /// Chunk after chunk; ends only with an error. While the ledger takes one, Redis lets go of
    /// the one before it and hands out the next.
    async fn session(&self, failures: &mut u32) -> Result<Infallible, MoveError> {
        // Made at need, so that whoever stands by holds no connection.
        let mut session: Option<Session> = None;
        let mut moved: Vec<Task> = Vec::new();
        let mut tasks: Vec<Task> = Vec::new();
        loop {
            if tasks.is_empty() {
                self.inbox.settle(&moved).await?;
                moved.clear();
                tasks = self.take(&[]).await?;
                self.goes_on(failures);
            }
            if tasks.is_empty() {
                tokio::time::sleep(self.shared.settings.poll.get()).await;
                continue;
            }
            let known = match session.take() {
                Some(known) if known.looked.elapsed() < KIND_EVERY => known,
                Some(known) => self.look(known.conn).await?,
                None => self.look(self.shared.pool.connect().await?).await?,
            };
            let ahead = async {
                self.inbox.settle(&moved).await?;
                self.take(&tasks).await
            };
            let (known, next) = tokio::join!(self.move_over(known, &tasks), ahead);
            session = Some(known?);
            moved = std::mem::replace(&mut tasks, next?);
            self.goes_on(failures);
        }
    }

    /// The tasks that come next, but for those in hand; none where another holder has the queue.
    async fn take(&self, in_hand: &[Task]) -> Result<Vec<Task>, MoveError> {
        let settings = &self.shared.settings;
        let chunk = Chunk {
            tasks_max: settings.chunk_tasks,
            bytes_max: settings.chunk_bytes.as_usize(),
            payload_bytes_max: settings.payload_bytes_max.as_usize(),
        };
        Ok(match self.inbox.take(chunk, in_hand).await? {
            Taken::Tasks(tasks) => tasks,
            Taken::HeldByAnother => Vec::new(),
        })
    }

    /// Notes that servers answer.
    fn goes_on(&self, failures: &mut u32) {
        if std::mem::take(failures) > 0 {
            self.shared.stats.failing.fetch_sub(1, Ordering::Relaxed);
            tracing::info!(inbox = self.name, "the inbox goes on");
        }
    }

    /// Into the ledger; only then may they be settled.
    async fn move_over(&self, mut session: Session, tasks: &[Task]) -> Result<Session, MoveError> {
        let limits = &self.shared.rules.limits;
        let arrivals: Option<Vec<Arrival>> = tasks
            .iter()
            .map(|task| session.rule.arrival(task, limits))
            .collect();
        let arrivals = arrivals
            .ok_or_else(|| MoveError::Settings(format!("{:?} is no kind", self.queue.kind)))?;
        let entry = Entry {
            actor: &self.actor,
            rules: &self.shared.rules,
            remember: self.shared.settings.remember.get(),
            names_tenant: false,
        };
        let entered = entry.enter(&mut session.conn, &arrivals).await?;
        let mut arrived = Vec::with_capacity(tasks.len());
        let mut unfit = Vec::new();
        let mut why = None;
        for (mut arrival, outcome) in arrivals.into_iter().zip(entered) {
            match outcome {
                Ok(one) => {
                    arrived.push(one);
                    why = why.or(arrival.refused);
                }
                Err(error) => {
                    arrival.refused = Some(error.to_string());
                    unfit.push(arrival);
                }
            }
        }
        for outcome in entry.enter(&mut session.conn, &unfit).await? {
            arrived.push(outcome?);
        }
        self.shared.stats.count(&arrived);
        let refused = arrived
            .iter()
            .filter(|arrived| matches!(arrived, Arrived::Refused(_)))
            .count();
        if refused > 0 {
            tracing::warn!(inbox = self.name, refused, why, "tasks became dead letters");
        }
        Ok(session)
    }

    /// Looks what is known of the kind.
    async fn look(&self, mut conn: AsyncPgConnection) -> Result<Session, MoveError> {
        let queue = &self.queue;
        let named = |text: String| MoveError::Settings(format!("{:?}: {text}", self.name));
        let rule = Rule {
            inbox: self.name.clone(),
            kind: Kind::named(&mut conn, &queue.kind).await?,
            queue: match &queue.queue {
                Some(name) => {
                    Some(QueueName::new(name.clone()).map_err(|error| named(error.to_string()))?)
                }
                None => None,
            },
            band: match &queue.band {
                Some(band) => Some(band.parse().map_err(named)?),
                None => None,
            },
            tenant: TenantId(queue.tenant),
            codec: queue.codec,
        };
        Ok(Session {
            conn,
            rule,
            looked: Instant::now(),
        })
    }
}
