//! The enqueue client: the one way onto a queue.

use nexus_config::Settings;
use nexus_jobs::{Actor, Enqueued, NewJob, Workflow};
use nexus_schema::ledger::{self, Rules};
use nexus_schema::workflows::{self, Submitted};
use nexus_schema::{AsyncPgConnection, Pool, Result, retrying};

/// Enqueues jobs. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Producer {
    pool: Pool,
    rules: Rules,
}

impl Producer {
    /// A producer over a pool.
    pub fn new(pool: Pool, settings: &Settings) -> Self {
        Self {
            pool,
            rules: Rules::of(settings),
        }
    }

    /// Enqueues one job in a transaction of its own.
    ///
    /// A connection that breaks while the server commits leaves it open whether
    /// the job was written; the call is then tried again, so such a job may be
    /// there twice, unless it is unique.
    pub async fn enqueue(&self, job: &NewJob, actor: &Actor) -> Result<Enqueued> {
        let enqueued = self.enqueue_many(std::slice::from_ref(job), actor).await?;
        enqueued.into_iter().next().ok_or_else(|| {
            nexus_schema::Error::Database("the ledger returned no id for a job".into())
        })
    }

    /// Enqueues up to `enqueue.batch_max` jobs, all or none but for those whose unique
    /// key another job has, and returns what became of each, in order.
    pub async fn enqueue_many(&self, jobs: &[NewJob], actor: &Actor) -> Result<Vec<Enqueued>> {
        retrying(self.pool.settings(), async || {
            let mut conn = self.pool.get().await?;
            ledger::enqueue(&mut conn, jobs, actor, &self.rules).await
        })
        .await
    }

    /// Enqueues inside the caller's own transaction: the jobs are there exactly if
    /// it commits.
    pub async fn enqueue_in(
        &self,
        conn: &mut AsyncPgConnection,
        jobs: &[NewJob],
        actor: &Actor,
    ) -> Result<Vec<Enqueued>> {
        ledger::enqueue(conn, jobs, actor, &self.rules).await
    }

    /// Submits a workflow, all of it or nothing, in a transaction of its own. Tried again as
    /// [`Producer::enqueue`] is; one with a key is there once.
    pub async fn submit(&self, workflow: &Workflow, actor: &Actor) -> Result<Submitted> {
        retrying(self.pool.settings(), async || {
            let mut conn = self.pool.get().await?;
            workflows::submit(&mut conn, workflow, actor, &self.rules).await
        })
        .await
    }

    /// Whether a workflow is fit to be submitted, as far as it alone decides.
    ///
    /// # Errors
    ///
    /// [`nexus_schema::Error::Invalid`] with what is wrong.
    pub fn check_workflow(&self, workflow: &Workflow) -> Result<()> {
        workflows::check(workflow, &self.rules).map(|_| ())
    }

    /// Submits a workflow inside the caller's own transaction: it is there exactly if that commits.
    pub async fn submit_in(
        &self,
        conn: &mut AsyncPgConnection,
        workflow: &Workflow,
        actor: &Actor,
    ) -> Result<Submitted> {
        workflows::submit(conn, workflow, actor, &self.rules).await
    }

    /// The pool it enqueues through.
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }
}

/// Enqueues inside the caller's own transaction, on any diesel-async connection
/// to the ledger's database, without a [`Producer`].
pub async fn enqueue_in(
    conn: &mut AsyncPgConnection,
    jobs: &[NewJob],
    actor: &Actor,
    settings: &Settings,
) -> Result<Vec<Enqueued>> {
    ledger::enqueue(conn, jobs, actor, &Rules::of(settings)).await
}
