//! A worker's part, played at the ledger: it claims, and nothing runs.

use std::time::Duration;

use nexus_jobs::kinds::{Noop, ProcessDataset};
use nexus_jobs::{Job, JobId, Token, WorkerId};
use nexus_schema::AsyncPgConnection;
use nexus_schema::ledger::{Claim, ClaimedJob, Settled, claim};

use crate::dispatch_rows::DispatchRow;

/// Somebody who claims.
#[derive(Clone, Debug)]
pub struct Claimant {
    /// Who.
    pub worker: WorkerId,
    /// The kinds it knows.
    pub kinds: Vec<String>,
    /// Its leases' length.
    pub lease: Duration,
}

/// Jobs claimed together.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Their token.
    pub token: Token,
    /// The jobs, in order of id.
    pub jobs: Vec<ClaimedJob>,
}

impl Claimed {
    /// Their ids.
    pub fn ids(&self) -> Vec<i64> {
        self.jobs.iter().map(|job| job.id).collect()
    }

    /// One end of an attempt for each job.
    pub fn settled<T: Clone>(&self, with: &T) -> Vec<Settled<T>> {
        self.jobs
            .iter()
            .map(|job| Settled {
                job: job.job_id(),
                token: self.token,
                with: with.clone(),
            })
            .collect()
    }

    /// The jobs with their token.
    pub fn held(&self) -> Vec<(JobId, Token)> {
        let held = self.jobs.iter().map(|job| (job.job_id(), self.token));
        held.collect()
    }
}

impl Default for Claimant {
    fn default() -> Self {
        Self {
            worker: WorkerId::random(),
            kinds: [Noop::KIND, ProcessDataset::KIND].map(Into::into).into(),
            lease: Duration::from_mins(1),
        }
    }
}

impl Claimant {
    /// One that knows the built-in kinds.
    pub fn new() -> Self {
        Self::default()
    }

    /// One whose leases run out as they are made.
    pub fn fleeting() -> Self {
        Self {
            lease: Duration::ZERO,
            ..Self::default()
        }
    }

    /// A claim of ids, with no dispatch row yet.
    pub fn claim_of(&self, ids: Vec<i64>) -> Claim<'_> {
        Claim {
            worker: self.worker,
            token: Token::random(),
            kinds: &self.kinds,
            lease: self.lease,
            ids,
            whole: Vec::new(),
            part: None,
            suspect: false,
        }
    }

    /// Makes a claim.
    pub async fn make(&self, conn: &mut AsyncPgConnection, wanted: Claim<'_>) -> Claimed {
        let token = wanted.token;
        let jobs = claim(conn, wanted).await.expect("a claim");
        Claimed { token, jobs }
    }

    /// Claims whole dispatch rows, as suspects if any is of one.
    pub async fn claim(&self, conn: &mut AsyncPgConnection, rows: &[DispatchRow]) -> Claimed {
        let ids = rows.iter().flat_map(|row| row.job_ids.clone()).collect();
        let mut wanted = self.claim_of(ids);
        wanted.whole = rows.iter().map(|row| row.id).collect();
        wanted.suspect = rows.iter().any(|row| row.suspect);
        self.make(conn, wanted).await
    }

    /// Claims everything that the dispatch table holds.
    pub async fn claim_all(&self, conn: &mut AsyncPgConnection) -> Claimed {
        let rows = crate::dispatch_rows(conn).await;
        self.claim(conn, &rows).await
    }
}
