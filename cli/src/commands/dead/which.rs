//! Which dead letters a command is about.

use clap::Args;
use nexus_jobs::{JobId, TenantId};
use nexus_schema::AsyncPgConnection;
use nexus_schema::dead::{self, DeadFilter};
use nexus_schema::jobs;

use crate::arguments::moment::Moment;
use crate::exit::{Exit, Failure};
use crate::waiting::no_job;

/// What dead letters have in common.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Whose reason holds this text, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// From this queue
    #[arg(long)]
    queue: Option<String>,
    /// Of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// Discarded at this time or later
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Discarded before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

impl WhichArgs {
    /// The filter; with ids, only these.
    pub(super) fn filter(&self, ids: &[JobId]) -> DeadFilter {
        DeadFilter {
            ids: (!ids.is_empty()).then(|| ids.to_vec()),
            kind: self.kind.clone(),
            error: self.error.clone(),
            queue: self.queue.clone(),
            tenant: self.tenant,
            since: self.since.map(|time| time.0),
            until: self.until.map(|time| time.0),
            replayed_too: false,
        }
    }
}

/// Refuses a filter that nothing narrows down, unless all are meant.
pub(super) fn narrowed(filter: &DeadFilter, all: bool) -> Result<(), Failure> {
    if all || !filter.is_open() {
        return Ok(());
    }
    let wrong = Failure::new(Exit::Usage, "nothing says which dead letters");
    Err(wrong.hint("give ids, or --kind, --error, --queue, --tenant, --since, --until, or --all"))
}

/// Refuses ids that are no dead letters.
pub(super) async fn are_dead(conn: &mut AsyncPgConnection, ids: &[JobId]) -> anyhow::Result<()> {
    for &id in ids {
        if dead::count(conn, &DeadFilter::of(id)).await? == 0 {
            let found = jobs::find(conn, id).await?.ok_or_else(|| no_job(id))?;
            let wrong = format!("job {id} is {}: no dead letter", found.job.state);
            return Err(Failure::new(Exit::Failed, wrong).into());
        }
    }
    Ok(())
}
