//! What handlers leave behind: rows of a table of the test's own.

use diesel::sql_types::{BigInt, Integer, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Job, Outcome};
use nexus_schema::{Error, Result};
use nexus_workers::{Context, Registry};
use serde::{Deserialize, Serialize};

use crate::bed::TestBed;
use crate::eventually::{SOON, eventually};
use crate::tasks::Task;

/// A job that notes `started`, waits until the gate is as far open as its run
/// counts, and then leaves its one effect, `done`. A claim that no longer holds
/// is noted as `stale`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Gated {
    /// Whether it completes through its context, or by its answer.
    pub fenced: bool,
}

impl Job for Gated {
    const KIND: &'static str = "test.gated";
}

/// Does [`Gated`].
pub async fn gated(job: Gated, ctx: Context) -> anyhow::Result<Outcome> {
    note_now(&ctx, "started").await?;
    pass_gate(&ctx).await?;
    if !job.fenced {
        note_now(&ctx, "answered").await?;
        return Ok(Outcome::done());
    }
    let done = complete_with_effect(&ctx).await;
    if let Err(Error::StaleClaim(_)) = done {
        note_now(&ctx, "stale").await?;
    }
    Ok(done?)
}

/// Waits until the gate is as far open as the job's run counts.
pub async fn pass_gate(ctx: &Context) -> Result<()> {
    while gate(&mut *ctx.pool().get().await?).await? < i64::from(ctx.run()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Ok(())
}

/// A registry whose [`Task`] leaves one effect, `done`, as it completes.
pub fn effect_tasks() -> Registry {
    Registry::new().with::<Task, _>(|_: Task, ctx: Context| async move {
        Ok(complete_with_effect(&ctx).await?)
    })
}

/// Completes a job in the transaction that leaves its effect, `done`.
pub async fn complete_with_effect(ctx: &Context) -> Result<Outcome> {
    let attempt = ctx.clone();
    ctx.complete(None, move |conn| {
        Box::pin(async move { note(conn, &attempt, "done").await })
    })
    .await
}

/// Leaves a row in the transaction that `conn` is in.
pub async fn note(conn: &mut AsyncPgConnection, ctx: &Context, what: &str) -> Result<()> {
    sql_query("INSERT INTO public.effects (job, run, what) VALUES ($1, $2, $3)")
        .bind::<BigInt, _>(ctx.job().0)
        .bind::<Integer, _>(i32::try_from(ctx.run()).unwrap_or(i32::MAX))
        .bind::<Text, _>(what)
        .execute(conn)
        .await?;
    Ok(())
}

/// Leaves a row at once, fenced by nothing.
pub async fn note_now(ctx: &Context, what: &str) -> Result<()> {
    note(&mut *ctx.pool().get().await?, ctx, what).await
}

async fn gate(conn: &mut AsyncPgConnection) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        open: i64,
    }
    let row: Row = sql_query("SELECT open FROM public.gate")
        .get_result(conn)
        .await?;
    Ok(row.open)
}

impl TestBed {
    /// Makes the tables, with the gate shut.
    pub async fn with_effects(&self) {
        self.execute(
            "CREATE TABLE public.effects (job bigint NOT NULL, run integer NOT NULL, \
             what text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()); \
             CREATE TABLE public.gate (open bigint NOT NULL); INSERT INTO public.gate VALUES (0); \
             GRANT ALL ON public.effects, public.gate TO nexus_app",
        )
        .await;
    }

    /// Opens the gate for runs up to `run`.
    pub async fn open_gate(&self, run: u32) {
        self.execute(&format!("UPDATE public.gate SET open = {run}"))
            .await;
    }

    /// How many rows handlers left under a name.
    pub async fn effects(&self, what: &str) -> i64 {
        let named = format!("what = '{what}'");
        self.count_in("public.effects", &named).await
    }

    /// Waits until handlers left at least so many rows under a name.
    pub async fn effects_reach(&self, what: &str, count: i64) {
        eventually(&format!("{count} of {what}"), SOON, async || {
            (self.effects(what).await >= count).then_some(())
        })
        .await;
    }

    /// Asserts that so many jobs left their effect `done`, each once.
    pub async fn assert_each_effect_once(&self, count: i64) {
        let distinct = "(SELECT DISTINCT job FROM public.effects WHERE what = 'done') AS e";
        assert_eq!(self.effects("done").await, count);
        assert_eq!(self.count_in(distinct, "true").await, count);
    }
}
