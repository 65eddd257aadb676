use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::workflow::{Ended, WorkflowState};
use nexus_jobs::{Actor, Enqueued, JobId, TenantId, WorkflowId};

use super::callback;
use crate::error::{Error, Result};
use crate::ledger::{self, Rules};
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct Ending {
    #[diesel(sql_type = BigInt)]
    tenant_id: i64,
    #[diesel(sql_type = Integer)]
    jobs: i32,
    #[diesel(sql_type = Integer)]
    completed: i32,
    #[diesel(sql_type = Bool)]
    called_off: bool,
    #[diesel(sql_type = Nullable<Text>)]
    on_success: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    on_failure: Option<String>,
    #[diesel(sql_type = SmallInt)]
    depth: i16,
}

impl Ending {
    fn state(&self) -> WorkflowState {
        WorkflowState::at_end(Ended {
            missed: u32::try_from(self.jobs - self.completed).unwrap_or(0),
            called_off: self.called_off,
        })
    }

    fn callback(&self) -> Option<&str> {
        match self.state() {
            WorkflowState::Completed => self.on_success.as_deref(),
            WorkflowState::Failed => self.on_failure.as_deref(),
            WorkflowState::Cancelled | WorkflowState::Running => None,
        }
    }
}

/// Ends a workflow whose jobs have all ended, and enqueues what it calls then: in the transaction that
/// counted the last one, so once a round.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    id: WorkflowId,
    rules: &Rules,
) -> Result<()> {
    let query = sql_file!("ending.sql").bind::<BigInt, _>(id.0);
    let ending: Ending = Prepared(query).get_result(conn).await?;
    let (called, wrong) = match ending.callback() {
        None => (Vec::new(), None),
        Some(stored) => match call(conn, stored, id, &ending, rules).await {
            Ok(job) => (vec![job.0], None),
            // What was well at its submission may be refused by settings of today. The workflow has
            // ended all the same.
            Err(error @ (Error::Invalid(_) | Error::NotFound { .. })) => {
                tracing::warn!(workflow = %id, %error, "a workflow's callback was refused");
                (
                    Vec::new(),
                    Some(format!("its callback was refused: {error}")),
                )
            }
            Err(error) => return Err(error),
        },
    };
    Prepared(
        sql_file!("finish.sql")
            .bind::<BigInt, _>(id.0)
            .bind::<Text, _>(ending.state().as_str())
            .bind::<Array<BigInt>, _>(called)
            .bind::<Nullable<Text>, _>(wrong),
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn call(
    conn: &mut AsyncPgConnection,
    stored: &str,
    id: WorkflowId,
    ending: &Ending,
    rules: &Rules,
) -> Result<JobId> {
    let depth = u16::try_from(ending.depth).unwrap_or(0);
    let job = callback::job(stored, id, TenantId(ending.tenant_id), depth)?;
    let actor = Actor::named(format!("workflow:{id}"));
    // In a savepoint: what is refused leaves the transaction usable.
    let made = conn
        .transaction(async |conn| ledger::enqueue(conn, &[job], &actor, rules).await)
        .await?;
    let made = made.into_iter().next().map(Enqueued::id);
    made.ok_or_else(|| Error::Database("no id for a callback".into()))
}
