//! What became of jobs.

use std::time::Duration;

use nexus_jobs::JobId;
use nexus_schema::jobs::{self, JobDetail};

use crate::bed::TestBed;
use crate::eventually::{SOON, eventually};

/// What a load of jobs is given to end.
const LOAD_ENDS: Duration = Duration::from_secs(90);

impl TestBed {
    /// A job as it stands, with its failed attempts.
    pub async fn job(&self, id: JobId) -> JobDetail {
        let found = jobs::find(&mut *self.conn().await, id).await;
        found.expect("a look").expect("the job")
    }

    /// Waits for a job's end.
    pub async fn end_of(&self, id: JobId) -> JobDetail {
        eventually(&format!("job {id} ends"), SOON, async || {
            let job = self.job(id).await;
            job.job.finished_at.is_some().then_some(job)
        })
        .await
    }

    /// Waits until so many jobs are completed, each once, and nothing is left of
    /// them but their history.
    pub async fn all_complete(&self, count: i64) {
        eventually(&format!("{count} jobs complete"), LOAD_ENDS, async || {
            (self.count("job_history", "true").await >= count).then_some(())
        })
        .await;
        let distinct = "(SELECT DISTINCT id FROM nexus.job_history WHERE state = 'completed') AS h";
        assert_eq!(self.count_in(distinct, "true").await, count);
        assert_eq!(self.count("job_history", "true").await, count);
        assert_eq!(self.count("jobs", "true").await, 0);
        self.nothing_is_left().await;
    }

    /// Waits until no dispatch row and no lease is left.
    pub async fn nothing_is_left(&self) {
        for table in ["dispatch", "leases"] {
            eventually(&format!("no {table} are left"), SOON, async || {
                (self.count(table, "true").await == 0).then_some(())
            })
            .await;
        }
    }
}

/// The failed attempts of a job as (run, attempt, reason, error).
pub fn errors(job: &JobDetail) -> Vec<(i32, i32, &str, &str)> {
    let errors = job.errors.iter();
    errors
        .map(|e| (e.run, e.attempt, e.reason.as_str(), e.error.as_str()))
        .collect()
}
