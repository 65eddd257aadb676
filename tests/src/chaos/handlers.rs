//! How the jobs of a run are done.

use std::sync::Arc;

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use nexus_jobs::Outcome;
use nexus_schema::{Error, Result};
use nexus_workers::{Context, Registry};

use super::kinds::{Lasting, Part, Quick, work};
use super::run_log::RunLog;
use super::ticking::{self, Tick};

/// The kinds of a run; what their handlers do is noted in `log`.
pub fn registry(log: RunLog) -> Registry {
    let quick = Arc::new(log);
    let lasting = Arc::clone(&quick);
    Registry::new()
        .with::<Quick, _>(move |job: Quick, ctx| play(Arc::clone(&quick), job.n, ctx))
        .with::<Tick, _>(ticking::play)
        .with::<Lasting, _>(move |job: Lasting, ctx| play(Arc::clone(&lasting), job.n, ctx))
}

async fn play(log: Arc<RunLog>, n: u64, ctx: Context) -> anyhow::Result<Outcome> {
    log.run(&ctx)?;
    let first = ctx.attempt() == 1;
    match Part::of(n) {
        Part::Answers => Ok(Outcome::done()),
        Part::Step => {
            step(&log, &ctx, n).await?;
            Ok(Outcome::done())
        }
        Part::Lasts => {
            step(&log, &ctx, n).await?;
            effect(&log, &ctx).await
        }
        Part::Fails if first => anyhow::bail!("fails at first"),
        Part::Panics if first => panics(),
        Part::Snoozes if ctx.run() == 1 => {
            log.snooze(&ctx)?;
            Ok(Outcome::Snooze(std::time::Duration::from_millis(100)))
        }
        Part::Effect | Part::Fails | Part::Panics | Part::Snoozes => effect(&log, &ctx).await,
        Part::Doomed => anyhow::bail!("fails always"),
        Part::Refused => Ok(Outcome::Discard("refused".to_owned())),
    }
}

#[expect(clippy::panic, reason = "that is the part it plays")]
fn panics() -> ! {
    panic!("panics at first")
}

/// Completes the job in the transaction that leaves its effect. A second one does not
/// fail: it counts.
async fn effect(log: &RunLog, ctx: &Context) -> anyhow::Result<Outcome> {
    const EFFECT: &str = "INSERT INTO chaos.effects (job, times) VALUES ($1, 1) \
        ON CONFLICT (job) DO UPDATE SET times = effects.times + 1";
    let job = ctx.job().0;
    let done = ctx
        .complete(None, move |conn| {
            Box::pin(async move {
                let insert = sql_query(EFFECT).bind::<BigInt, _>(job);
                insert.execute(conn).await?;
                Ok(())
            })
        })
        .await;
    noted(log, ctx, done)
}

/// Works and then takes the job's step, unless an earlier run has. Nothing but the fence
/// keeps a zombie from taking it too.
async fn step(log: &RunLog, ctx: &Context, n: u64) -> anyhow::Result<()> {
    let job = ctx.job().0;
    if steps(ctx, job).await? > 0 {
        return Ok(());
    }
    if Part::of(n) == Part::Lasts {
        tokio::time::sleep(work(n, ctx.run())).await;
    }
    let taken = ctx
        .transaction(move |conn| {
            Box::pin(async move {
                let insert = sql_query("INSERT INTO chaos.steps (job) VALUES ($1)");
                insert.bind::<BigInt, _>(job).execute(conn).await?;
                Ok(())
            })
        })
        .await;
    noted(log, ctx, taken)
}

async fn steps(ctx: &Context, job: i64) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        steps: i64,
    }
    let count = sql_query("SELECT count(*) AS steps FROM chaos.steps WHERE job = $1");
    let row: Row = count
        .bind::<BigInt, _>(job)
        .get_result(&mut *ctx.pool().get().await?)
        .await?;
    Ok(row.steps)
}

fn noted<T>(log: &RunLog, ctx: &Context, answer: Result<T>) -> anyhow::Result<T> {
    if let Err(Error::StaleClaim(_)) = answer {
        log.stale(ctx)?;
    }
    Ok(answer?)
}
