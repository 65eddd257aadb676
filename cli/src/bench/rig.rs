//! What the measurements share: servers, a relay, worker processes.

use std::sync::Arc;

use anyhow::Context as _;
use nexus_config::Settings;
use nexus_jobs::{Actor, JobId, NewJob};
use nexus_producer::Producer;
use nexus_producer::relay::Relay;
use nexus_producer::releaser::Releaser;
use nexus_queue::{RedisTransport, Transport};
use nexus_schema::{Keep, Pool, measure, migrate};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Servers, and settings of the measurements' own.
pub(super) struct Rig {
    pub(super) settings: Settings,
    pub(super) pool: Pool,
    pub(super) producer: Producer,
    pub(super) transport: Arc<dyn Transport>,
    /// Where generated files go; under the one allowed root.
    pub(super) directory: tempfile::TempDir,
}

/// A relay in this process, stopped when asked to.
pub(super) struct RunningRelay {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl RunningRelay {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

impl Rig {
    /// Migrates, and refuses a ledger with unfinished jobs: they would be counted in.
    pub(super) async fn new(mut settings: Settings) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("nexus-bench-").tempdir()?;
        settings.redis.prefix = format!("nexus-bench-{}", std::process::id());
        settings.datasets.roots = vec![directory.path().to_owned()];
        settings.datasets.spool = directory.path().join("spool");
        migrate::run(&settings.postgres)
            .await
            .context("migrating")?;
        let pool = Pool::new(&settings.postgres, Keep::None);
        let unfinished = measure::unfinished(&mut *pool.get().await?).await?;
        anyhow::ensure!(
            unfinished == 0,
            "{unfinished} unfinished jobs in this ledger: measure in a database of its own, \
             for example by `make bench`"
        );
        let transport = Arc::new(RedisTransport::new(&settings.redis)?);
        transport.ping().await.context("Redis does not answer")?;
        let producer = Producer::new(pool.clone(), &settings);
        Ok(Self {
            settings,
            pool,
            producer,
            transport,
            directory,
        })
    }

    pub(super) fn actor() -> Actor {
        Actor::system("bench")
    }

    pub(super) fn start_relay(&self) -> RunningRelay {
        let stop = CancellationToken::new();
        let relay = Relay::new(
            self.pool.clone(),
            Arc::clone(&self.transport),
            self.settings.relay.clone(),
        );
        RunningRelay {
            task: tokio::spawn(relay.run(stop.clone())),
            stop,
        }
    }

    /// A releaser in this process, until the guard is dropped.
    pub(super) fn start_releaser(&self) -> tokio_util::sync::DropGuard {
        let stop = CancellationToken::new();
        let releaser = Releaser::new(self.pool.clone(), self.settings.limits.clone());
        tokio::spawn(releaser.run(stop.clone()));
        stop.drop_guard()
    }

    /// A no-op job with about 200 bytes of arguments.
    pub(super) fn noop() -> anyhow::Result<NewJob> {
        let padding = "x".repeat(186);
        Ok(NewJob::of(&nexus_jobs::kinds::Noop { padding })?)
    }

    /// Enqueues so many no-op jobs in batches; returns the first id and the last.
    pub(super) async fn enqueue_noops(&self, count: usize) -> anyhow::Result<(JobId, JobId)> {
        let batch = vec![Self::noop()?; self.settings.enqueue.batch_max];
        self.enqueue_in_batches(&batch, count).await
    }

    /// Enqueues so many jobs, a batch again and again; returns the first id and the last.
    pub(super) async fn enqueue_in_batches(
        &self,
        batch: &[NewJob],
        count: usize,
    ) -> anyhow::Result<(JobId, JobId)> {
        let (mut first, mut last) = (None, JobId(0));
        let mut left = count;
        while left > 0 {
            let jobs = &batch[..left.min(batch.len())];
            let ids = self.producer.enqueue_many(jobs, &Self::actor()).await?;
            first = first.or_else(|| ids.first().map(|job| job.id()));
            last = ids.last().map_or(last, |job| job.id());
            left -= jobs.len();
        }
        Ok((first.unwrap_or(last), last))
    }

    /// Waits until a range of jobs is completed; returns jobs a second, from the
    /// first claim to the last settlement, by the ledger's clock.
    pub(super) async fn drained(&self, first: JobId, last: JobId) -> anyhow::Result<f64> {
        const LOOK: std::time::Duration = std::time::Duration::from_millis(100);
        let jobs = last.0 - first.0 + 1;
        let mut conn = self.pool.get().await?;
        while !(measure::is_drained(&mut conn).await? && measure::unfinished(&mut conn).await? == 0)
        {
            tokio::time::sleep(LOOK).await;
        }
        let window = measure::window(&mut conn, first, last).await?;
        anyhow::ensure!(
            window.completed == jobs,
            "{} of {jobs} jobs completed: each was to, once",
            window.completed
        );
        let (from, to) = window
            .first_started
            .zip(window.last_finished)
            .context("no jobs ran")?;
        Ok(per_second(jobs, (to - from).to_std()?))
    }

    /// Empties the ledger's live tables after a ceiling.
    pub(super) async fn clear(&self) -> anyhow::Result<()> {
        Ok(measure::clear(&mut *self.pool.get().await?).await?)
    }
}

/// So many in such a time.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than 53 bits"
)]
pub(super) fn per_second(count: i64, time: std::time::Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}
