//! A worker process: every part of it, and its drain.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use apalis::layers::WorkerBuilderExt;
use apalis::prelude::{Monitor, WorkerBuilder};
use nexus_config::Settings;
use nexus_jobs::{QueueName, WorkerId};
use nexus_queue::Transport;
use nexus_schema::Pool;
use nexus_schema::ledger::{Rules, WorkerRecord};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::backend::LedgerBackend;
use crate::blocking::BlockingPool;
use crate::cancellations::Cancellations;
use crate::engine::Engine;
use crate::fetcher::Fetcher;
use crate::gates::{self, Gates};
use crate::health::Health;
use crate::holdings::Holdings;
use crate::policy::default_backoff;
use crate::polls::Polls;
use crate::registry::Registry;
use crate::run::RunService;
use crate::served::Served;
use crate::settling::{Decided, SettleLayer};
use crate::stuck::{self, OnStuck, Stuck};
use crate::telling::{self, Telling};
use crate::watchdog::Watchdog;
use crate::{completer, heartbeat};

/// Least time that settlements get to be written at a drain's end: a short grace is
/// for running jobs, and must not lose what has ended.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// A worker process, ready to run.
pub struct WorkerProcess {
    engine: Arc<Engine>,
    queues: BTreeMap<QueueName, usize>,
    loops: usize,
    on_stuck: OnStuck,
}

impl fmt::Debug for WorkerProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerProcess")
            .field("worker", &self.engine.worker)
            .field("queues", &self.queues)
            .finish_non_exhaustive()
    }
}

/// How a worker process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Jobs handed back, since they did not end within the grace.
    pub given_back: usize,
}

/// Makes a worker process quiet.
#[derive(Clone, Debug)]
pub struct Quieter(Arc<Engine>);

impl Quieter {
    /// Asks for it.
    pub fn quieten(&self) {
        self.0.quiet_here.store(true, Ordering::Relaxed);
        self.0.asked_here.notify_one();
    }
}

impl WorkerProcess {
    /// A process that runs the registry's kinds from the configured queues.
    pub fn new(
        settings: &Settings,
        pool: Pool,
        transport: Arc<dyn Transport>,
        registry: Registry,
    ) -> anyhow::Result<Self> {
        Self::with_id(WorkerId::random(), settings, pool, transport, registry)
    }

    /// The same under an id that somebody else has chosen, to know its row in the ledger by.
    /// An id is one run's: it must never be used again.
    pub fn with_id(
        worker: WorkerId,
        settings: &Settings,
        pool: Pool,
        transport: Arc<dyn Transport>,
        registry: Registry,
    ) -> anyhow::Result<Self> {
        let mut queues = BTreeMap::new();
        let mut served = BTreeMap::new();
        for (name, &concurrency) in &settings.workers.queues {
            let name = QueueName::new(name.clone()).context("workers.queues")?;
            served.insert(name.clone(), Served::new(concurrency));
            queues.insert(name, concurrency);
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let loops = if settings.workers.loops == 0 {
            cores
        } else {
            settings.workers.loops
        };
        let engine = Engine {
            worker,
            pool,
            transport,
            kinds: registry.kinds(),
            kinds_set: settings.kinds.clone(),
            registry: registry.configured(&settings.kinds),
            settings: settings.workers.clone(),
            lease: settings.lease.clone(),
            limits: settings.limits.clone(),
            gates: Gates::default(),
            backoff: default_backoff(&settings.retry),
            blocking: BlockingPool::new(settings.workers.blocking_threads),
            holdings: Holdings::default(),
            served,
            cancellations: Arc::default(),
            quiet_here: AtomicBool::new(false),
            asked_here: Notify::new(),
            health: Arc::default(),
            telling: Arc::new(Telling::new(&settings.workers)),
            rules: Rules::of(settings),
            event_bytes_max: settings.events.data_bytes_max.as_usize(),
            polls: Polls::new(),
            start_again: AtomicBool::new(false),
        };
        Ok(Self {
            engine: Arc::new(engine),
            queues,
            loops,
            on_stuck: Arc::new(stuck::end),
        })
    }

    /// Its counters.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.engine.health)
    }

    /// What makes it quiet: it claims nothing, runs on what it runs, and stays. An operator takes
    /// it back, as if one had asked for it.
    pub fn quieter(&self) -> Quieter {
        Quieter(Arc::clone(&self.engine))
    }

    /// Its id in the ledger.
    pub fn id(&self) -> WorkerId {
        self.engine.worker
    }

    /// Asks its running jobs to end.
    pub fn cancellations(&self) -> Arc<Cancellations> {
        Arc::clone(&self.engine.cancellations)
    }

    /// The same process, which does `act` once a thread of it is lost for good and its
    /// jobs are settled or handed back. `act` is not to return: the lost thread's loop
    /// does no more work. By default, [`stuck::end`]; a program that is to live on by
    /// itself takes [`stuck::start_again`].
    pub fn on_stuck(mut self, act: impl Fn(Stuck) + Send + Sync + 'static) -> Self {
        self.on_stuck = Arc::new(act);
        self
    }

    /// Runs until `stop`, whatever servers do. Then drains: fetches no more, lets
    /// jobs end within `workers.grace`, and hands the rest back unspent.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<Drained> {
        let stop = stop.child_token();
        let hearts = CancellationToken::new();
        // Should this future be dropped, the leases must not be kept alive for ever.
        let _hearts_end = hearts.clone().drop_guard();
        let watchdog = Watchdog {
            engine: Arc::clone(&self.engine),
            stop: stop.clone(),
            on_stuck: Arc::clone(&self.on_stuck),
        };
        let engine = Arc::clone(&self.engine);
        let heart = heartbeat::start(
            engine,
            self.record(),
            watchdog,
            stop.clone(),
            hearts.clone(),
        )
        .context("starting the heartbeat's thread")?;
        let flusher = telling::start(Arc::clone(&self.engine));
        tokio::spawn(gates::watch(Arc::clone(&self.engine), hearts.clone()));
        let mut completers = JoinSet::new();
        let senders = self.start_completers(&mut completers);
        let mut loops = JoinSet::new();
        let lost_loops = Arc::new(AtomicUsize::new(0));
        self.start_loops(&mut loops, &senders, &stop, &lost_loops);
        // Completers end with the last sender: from here on, the loops hold them all.
        drop(senders);
        stop.cancelled().await;
        self.engine.health.draining.store(true, Ordering::Relaxed);
        tracing::info!(grace = %self.engine.settings.grace, "draining");
        let grace = self.engine.settings.grace.get();
        if tokio::time::timeout(grace, join_all(&mut loops))
            .await
            .is_err()
        {
            // What holds its thread cannot be aborted, and must not hold up the end.
            let _ = tokio::time::timeout(WRITTEN_WITHIN, loops.shutdown()).await;
        }
        // The loops are gone, and with them every sender: completers write what they
        // have and end.
        if tokio::time::timeout(grace.max(WRITTEN_WITHIN), join_all(&mut completers))
            .await
            .is_err()
        {
            tracing::warn!("Postgres is away: some settlements are not written");
        }
        let given_back = self.engine.give_back().await;
        flusher.end().await;
        hearts.cancel();
        let joined = tokio::task::spawn_blocking(move || heart.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::warn!("the heartbeat's thread did not end well");
        }
        if self.engine.start_again.load(Ordering::Acquire) {
            (self.on_stuck)(Stuck::Working);
        }
        let lost = lost_loops.load(Ordering::Relaxed);
        anyhow::ensure!(
            lost == 0,
            "{lost} worker loops ended before they were told to"
        );
        Ok(Drained { given_back })
    }

    fn record(&self) -> WorkerRecord {
        let queues = self
            .queues
            .iter()
            .map(|(name, n)| (name.to_string(), (*n).into()))
            .collect();
        WorkerRecord {
            id: self.engine.worker,
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            pid: i32::try_from(std::process::id()).unwrap_or(0),
            queues: serde_json::Value::Object(queues),
            kinds: self.engine.kinds.clone(),
        }
    }

    fn start_completers(&self, tasks: &mut JoinSet<()>) -> Vec<mpsc::Sender<Decided>> {
        (0..self.loops)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(self.engine.settings.complete_buffer);
                tasks.spawn(completer::run(Arc::clone(&self.engine), receiver));
                sender
            })
            .collect()
    }

    fn start_loops(
        &self,
        tasks: &mut JoinSet<()>,
        completers: &[mpsc::Sender<Decided>],
        stop: &CancellationToken,
        lost_loops: &Arc<AtomicUsize>,
    ) {
        for queue in self.queues.keys() {
            for (at, completer) in completers.iter().enumerate() {
                let name = format!("{}-{at}", self.engine.worker);
                let (sender, receiver) = mpsc::unbounded_channel();
                let layer = SettleLayer::new(Arc::clone(&self.engine), completer.clone());
                let backend = LedgerBackend::new(receiver, layer);
                let working = work(format!("{queue}-{at}"), backend, Arc::clone(&self.engine));
                let (stop_all, lost_loops) = (stop.clone(), Arc::clone(lost_loops));
                tasks.spawn(async move {
                    working.await;
                    if !stop_all.is_cancelled() {
                        // What it held would stay leased and never run: drain, so that
                        // it is handed back.
                        lost_loops.fetch_add(1, Ordering::Relaxed);
                        stop_all.cancel();
                    }
                });
                let fetcher = Fetcher {
                    engine: Arc::clone(&self.engine),
                    queue: queue.clone(),
                    name,
                    at,
                    loops: self.loops,
                    claimed: sender,
                    stop: stop.clone(),
                };
                tasks.spawn(fetcher.run());
            }
        }
    }
}

/// One worker loop: an apalis worker under a monitor, which starts it again
/// should one of its layers panic.
async fn work(name: String, backend: LedgerBackend, engine: Arc<Engine>) {
    let monitor = Monitor::new()
        .should_restart(|_, _| true)
        .register(move |_| {
            WorkerBuilder::new(name.as_str())
                .backend(backend.clone())
                .catch_panic()
                .build(RunService::new(Arc::clone(&engine)))
        });
    if let Err(error) = monitor.run().await {
        tracing::error!(%error, "a worker loop ended");
    }
}

async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
