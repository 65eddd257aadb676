//! What runs for long, in one process or in several: the API, the relay, the rescuer, the releaser,
//! the scheduler, ingest, the workers.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use nexus_api::{Bus, Parts, Server};
use nexus_config::Settings;
use nexus_handlers::process_dataset::orphans;
use nexus_handlers::registry::registry;
use nexus_jobs::WorkerId;
use nexus_producer::events::{Keeper, Publisher};
use nexus_producer::ingest::{InboxIngest, IngestStats, RequestIngest};
use nexus_producer::relay::{Relay, RelayStats};
use nexus_producer::releaser::Releaser;
use nexus_producer::rescuer::Rescuer;
use nexus_producer::schedules::{Scheduler, SchedulerStats};
use nexus_producer::triggers::{Evaluator, TopicEvaluator};
use nexus_producer::workflows::{Advancer, AdvancerStats};
use nexus_queue::{RoutedTransport, Transport};
use nexus_schema::{Keep, Pool};
use nexus_workers::process::Quieter;
use nexus_workers::{WorkerProcess, stuck};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};
use crate::signals::Signals;
use crate::sql_callers;

/// Roles that share a ledger, a broker and an end.
#[derive(Debug)]
pub(crate) struct Roles {
    settings: Settings,
    pool: Pool,
    transport: Arc<dyn Transport>,
    stop: CancellationToken,
    quieter: Option<Quieter>,
    ingests: Vec<(&'static str, Arc<IngestStats>)>,
    scheduler: Option<Arc<SchedulerStats>>,
    advancer: Option<Arc<AdvancerStats>>,
    bus: Bus,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Roles {
    /// No roles yet. Servers that are away are no error: roles wait for them.
    pub(crate) fn new(settings: &Settings, keep: Keep) -> anyhow::Result<Self> {
        let transport =
            RoutedTransport::new(&settings.redis, &settings.kafka).context("redis.url")?;
        Ok(Self {
            settings: settings.clone(),
            pool: Pool::new(&settings.postgres, keep),
            transport: Arc::new(transport),
            stop: CancellationToken::new(),
            quieter: None,
            ingests: Vec::new(),
            scheduler: None,
            advancer: None,
            bus: Bus::default(),
            tasks: JoinSet::new(),
        })
    }

    /// Starts the relay, and beside it the rescuer, the releaser, the triggers, the scheduler and the watch
    /// for orphaned datasets.
    pub(crate) fn start_relay(&mut self) -> anyhow::Result<Arc<RelayStats>> {
        let relay = Relay::new(
            self.pool.clone(),
            Arc::clone(&self.transport),
            self.settings.relay.clone(),
        );
        let stats = relay.stats();
        let rescuer = Rescuer::new(
            self.pool.clone(),
            self.settings.rescue.clone(),
            self.settings.lease.clone(),
            self.settings.history.months_ahead,
        );
        self.start(relay.run(self.stop.clone()));
        let releaser = Releaser::new(self.pool.clone(), self.settings.limits.clone());
        self.start(rescuer.run(self.stop.clone()));
        self.start(releaser.run(self.stop.clone()));
        let advancer = Advancer::new(self.pool.clone(), &self.settings);
        self.advancer = Some(advancer.stats());
        self.start(advancer.run(self.stop.clone()));
        let evaluator = Evaluator::new(self.pool.clone(), &self.settings);
        let topics = TopicEvaluator::new(self.pool.clone(), &self.settings);
        self.bus.evaluators = vec![("ledger", evaluator.stats()), ("topics", topics.stats())];
        self.bus.readers.push(topics.reader());
        self.start(evaluator.run(self.stop.clone()));
        self.start(topics.run(self.stop.clone()));
        let scheduler = Scheduler::new(self.pool.clone(), &self.settings)
            .map_err(|mistakes| Failure::new(Exit::Usage, mistakes.join("\n")))?;
        self.scheduler = Some(scheduler.stats());
        self.start(scheduler.run(self.stop.clone()));
        if self.settings.events.publish {
            let publisher = Publisher::new(self.pool.clone(), &self.settings).context("kafka")?;
            self.bus.publisher = Some(publisher.stats());
            self.start(publisher.run(self.stop.clone()));
        }
        self.start(Keeper::new(self.pool.clone(), &self.settings.events).run(self.stop.clone()));
        self.start(orphans::watch(self.pool.clone(), self.stop.clone()));
        self.start(sql_callers::record_when_there(
            self.pool.clone(),
            self.settings.clone(),
            self.stop.clone(),
        ));
        Ok(stats)
    }

    /// Starts what takes work from other systems, where the settings name any.
    pub(crate) fn start_ingest(&mut self) -> anyhow::Result<()> {
        if !self.settings.inbox.queues.is_empty() {
            let inbox = InboxIngest::new(self.pool.clone(), &self.settings).context("inbox.url")?;
            self.ingests.push(("inbox", inbox.stats()));
            self.start(inbox.run(self.stop.clone()));
        }
        if !self.settings.requests.kinds.is_empty() {
            let requests = RequestIngest::new(self.pool.clone(), &self.settings);
            self.ingests.push(("requests", requests.stats()));
            self.bus.readers.push(requests.reader());
            self.start(requests.run(self.stop.clone()));
        }
        Ok(())
    }

    fn start(&mut self, role: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            role.await;
            Ok(())
        });
    }

    /// Stops all roles once `over` has come.
    pub(crate) fn stop_after(&mut self, over: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.start(async move {
            tokio::select! {
                () = over => stop.cancel(),
                () = stop.cancelled() => {}
            }
        });
    }

    /// Starts workers for the configured queues, as this worker of the ledger.
    pub(crate) fn start_workers(&mut self, worker: WorkerId) -> anyhow::Result<()> {
        let process = WorkerProcess::with_id(
            worker,
            &self.settings,
            self.pool.clone(),
            Arc::clone(&self.transport),
            registry(&self.settings),
        )?
        .on_stuck(stuck::start_again);
        tracing::info!(worker = %process.id(), queues = ?self.settings.workers.queues, "working");
        self.quieter = Some(process.quieter());
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let drained = process.run(stop).await?;
            tracing::info!(given_back = drained.given_back, "drained");
            Ok(())
        });
        Ok(())
    }

    /// Starts the API, and tells its address.
    pub(crate) async fn start_api(&mut self, relay: Arc<RelayStats>) -> anyhow::Result<SocketAddr> {
        let parts = Parts {
            pool: self.pool.clone(),
            transport: Arc::clone(&self.transport),
            relay: Some(relay),
            ingests: self.ingests.clone(),
            scheduler: self.scheduler.clone(),
            advancer: self.advancer.clone(),
            bus: self.bus.clone(),
        };
        let server = Server::bind(&self.settings, parts).await.map_err(|error| {
            Failure::new(Exit::Usage, error.to_string())
                .hint("choose another: --listen 127.0.0.1:PORT, where port 0 takes any free one")
        })?;
        let addr = server.addr();
        let stop = self.stop.clone();
        self.tasks.spawn(async move { Ok(server.run(stop).await?) });
        Ok(addr)
    }

    /// Says which servers are away, and what is wrong with those that answer. The roles wait.
    pub(crate) async fn say_what_is_away(&self) {
        if let Err(error) = self.look_at_ledger().await {
            let error = anyhow::Error::from(error);
            let found = crate::diagnosis::diagnose(&error);
            let hint = found.hint.unwrap_or_default();
            tracing::warn!(hint, "waiting for the ledger: {}", found.message);
        }
        if let Err(error) = self.transport.ping().await {
            tracing::warn!("waiting for the broker: {error}");
        }
    }

    /// Fails where the broker does not answer, for a command that cannot wait for it.
    pub(crate) async fn require_broker(&self) -> anyhow::Result<()> {
        Ok(self.transport.ping().await?)
    }

    async fn look_at_ledger(&self) -> nexus_schema::Result<()> {
        let mut conn = self.pool.connect().await?;
        nexus_schema::workers::list(&mut conn).await?;
        Ok(())
    }

    /// Runs until a signal, or until a role fails, and then stops them all.
    pub(crate) async fn run(self, signals: Signals) -> anyhow::Result<()> {
        let watcher = tokio::spawn(signals.watch(self.stop.clone(), self.quieter.clone()));
        let ended = self.join(false).await;
        watcher.abort();
        ended
    }

    /// Stops all roles and waits for their end.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.join(true).await
    }

    async fn join(mut self, stop: bool) -> anyhow::Result<()> {
        if stop {
            self.stop.cancel();
        }
        let mut first_error = None;
        while let Some(ended) = self.tasks.join_next().await {
            let outcome = ended.context("a role panicked").and_then(|outcome| outcome);
            if let Err(error) = outcome {
                tracing::error!("a role ended: {error:#}");
                first_error.get_or_insert(error);
                self.stop.cancel();
            }
        }
        first_error.map_or(Ok(()), Err)
    }
}
