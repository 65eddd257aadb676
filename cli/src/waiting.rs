//! Looking at the ledger until something has happened.

use std::time::{Duration, Instant};

use nexus_jobs::{JobId, State};
use nexus_schema::jobs::{self, JobDetail};
use nexus_schema::{AsyncPgConnection, Pool, retrying};

use crate::exit::{Exit, Failure};
use crate::output::note;

/// Pause between the first two looks; it grows by half each time.
const LOOK_FIRST: Duration = Duration::from_millis(10);

/// Longest pause between looks.
const LOOK_LONGEST: Duration = Duration::from_millis(500);

/// Looks at the ledger again and again, also while Postgres is away for a time.
pub(crate) struct Watch {
    pool: Pool,
    conn: Option<AsyncPgConnection>,
    deadline: Option<Instant>,
    pause: Duration,
    failures: u32,
    hint: &'static str,
}

impl Watch {
    /// A watch that gives up after `timeout`, if there is one.
    pub(crate) fn new(pool: Pool, timeout: Option<Duration>) -> Self {
        Self {
            pool,
            conn: None,
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            pause: LOOK_FIRST,
            failures: 0,
            hint: "the job goes on; `nexus jobs wait ID` waits for its end",
        }
    }

    /// Says something else where the time ran out.
    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// One look; a server that is away is waited for. The first look must succeed, since a wrong URL
    /// would otherwise be waited for too.
    pub(crate) async fn look<T>(
        &mut self,
        query: impl AsyncFn(&mut AsyncPgConnection) -> nexus_schema::Result<T>,
    ) -> anyhow::Result<T> {
        let first = self.conn.is_none() && self.failures == 0;
        loop {
            match self.try_look(&query).await {
                Ok(found) => {
                    if std::mem::take(&mut self.failures) > 0 {
                        note("Postgres is back");
                    }
                    return Ok(found);
                }
                Err(error) if error.is_transient() && !first => {
                    self.conn = None;
                    self.failures += 1;
                    if self.failures == 1 {
                        note(&format!("{error}; still waiting"));
                    }
                    self.backoff().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn try_look<T>(
        &mut self,
        query: &impl AsyncFn(&mut AsyncPgConnection) -> nexus_schema::Result<T>,
    ) -> nexus_schema::Result<T> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(self.pool.connect().await?),
        };
        query(conn).await
    }

    async fn backoff(&mut self) -> anyhow::Result<()> {
        let postgres = self.pool.settings();
        let wait = retrying::backoff(
            postgres.retry_base.get(),
            postgres.retry_cap.get(),
            self.failures,
            rand::random(),
        );
        self.sleep(wait).await
    }

    /// A pause before the next look. Past the deadline it is an error.
    pub(crate) async fn pause(&mut self) -> anyhow::Result<()> {
        let pause = self.pause;
        self.pause = (pause + pause / 2).min(LOOK_LONGEST);
        self.sleep(pause).await
    }

    async fn sleep(&self, wait: Duration) -> anyhow::Result<()> {
        let left = self.deadline.map_or(wait, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        });
        if left.is_zero() {
            let late = Failure::new(Exit::TimedOut, "the time to wait ran out").hint(self.hint);
            return Err(late.into());
        }
        tokio::time::sleep(wait.min(left)).await;
        Ok(())
    }

    /// A job as it stands.
    pub(crate) async fn job(&mut self, id: JobId) -> anyhow::Result<JobDetail> {
        let found = self.look(async |conn| jobs::find(conn, id).await).await?;
        found.ok_or_else(|| no_job(id).into())
    }

    /// A job once it has ended.
    pub(crate) async fn job_end(&mut self, id: JobId) -> anyhow::Result<JobDetail> {
        loop {
            let detail = self.job(id).await?;
            if has_ended(&detail) {
                return Ok(detail);
            }
            self.pause().await?;
        }
    }
}

/// There is no such job.
pub(crate) fn no_job(id: JobId) -> Failure {
    Failure::new(Exit::NotFound, format!("no job {id}"))
        .hint("`nexus jobs list` shows the newest; finished ones are kept for a time only")
}

/// Whether nothing can happen to a job any more.
pub(crate) fn has_ended(detail: &JobDetail) -> bool {
    detail.job.state.parse().is_ok_and(State::is_final)
}

/// How a command ends that waited for this job.
pub(crate) fn exit_of(detail: &JobDetail) -> Exit {
    if detail.job.state == State::Completed.as_str() {
        Exit::Ok
    } else {
        Exit::Failed
    }
}
