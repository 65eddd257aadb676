//! What a handler may ask of the workflow that its job is part of, and submit another.

use nexus_jobs::{Actor, Workflow};
use nexus_schema::workflows::{Before, Submitted, WorkflowView};
use nexus_schema::{AsyncPgConnection, Result, workflows};

use super::Context;

impl Context {
    /// Submits a workflow in the transaction that `conn` is in, as [`Context::enqueue`] enqueues jobs there.
    ///
    /// # Errors
    ///
    /// Those of [`workflows::submit`]; the transaction is then to be rolled back.
    pub async fn submit(
        &self,
        conn: &mut AsyncPgConnection,
        workflow: &Workflow,
    ) -> Result<Submitted> {
        let mut workflow = workflow.clone();
        workflow.depth = workflow.depth.max(self.0.depth);
        let actor = Actor::named(format!("job:{}", self.0.job));
        workflows::submit(conn, &workflow, &actor, &self.0.engine.rules).await
    }

    /// The workflow that the job is part of, or that called it at its end; `None`: neither.
    pub async fn workflow(&self) -> Result<Option<WorkflowView>> {
        let mut conn = self.0.pool.get().await?;
        let Some(place) = workflows::place(&mut conn, self.0.job).await? else {
            return Ok(None);
        };
        match workflows::find(&mut conn, place.workflow()).await {
            // Its month is gone from history.
            Err(nexus_schema::Error::NotFound { .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// The jobs of the workflow that this one waited for, each with how it ended and what it answered: up to
    /// `limit` of them, behind the place of one (`None`: from the first). None, where it waited for none.
    ///
    /// ```
    /// # use nexus_jobs::Outcome;
    /// # use nexus_workers::Context;
    /// # async fn run(ctx: Context) -> anyhow::Result<Outcome> {
    /// let mut rows = 0;
    /// for before in ctx.before(None, 100).await? {
    ///     rows += before.result.and_then(|r| r["rows_loaded"].as_i64()).unwrap_or(0);
    /// }
    /// # let _ = rows;
    /// # Ok(Outcome::done())
    /// # }
    /// ```
    pub async fn before(&self, after: Option<i32>, limit: u32) -> Result<Vec<Before>> {
        let mut conn = self.0.pool.get().await?;
        let place = workflows::place(&mut conn, self.0.job).await?;
        let Some((workflow, node)) = place.and_then(|p| Some((p.workflow(), p.node()?))) else {
            return Ok(Vec::new());
        };
        workflows::before(&mut conn, workflow, node, after, limit).await
    }
}
