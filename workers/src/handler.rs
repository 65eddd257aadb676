//! How a kind is done.

use std::future::Future;

use nexus_jobs::{Job, Outcome};

use crate::context::Context;

/// Does jobs of one kind.
///
/// `?` means: failed, try again by the policy. Any other answer is an [`Outcome`].
/// A closure `async |job, ctx| …` is a handler too.
pub trait Handler<J: Job>: Send + Sync + 'static {
    /// One attempt.
    fn run(&self, job: J, ctx: Context) -> impl Future<Output = anyhow::Result<Outcome>> + Send;
}

impl<J, F, Fut> Handler<J> for F
where
    J: Job,
    F: Fn(J, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<Outcome>> + Send,
{
    fn run(&self, job: J, ctx: Context) -> impl Future<Output = anyhow::Result<Outcome>> + Send {
        self(job, ctx)
    }
}

/// Does jobs of one kind by computing or blocking, on a thread of the bounded pool.
///
/// Such a thread cannot be taken away: past its timeout, or once it is called off, the
/// attempt is over, but the thread is free only when this returns. So look at
/// [`Context::is_cancelled`] now and then. A closure `|job, ctx| …` is one too.
pub trait BlockingHandler<J: Job>: Send + Sync + 'static {
    /// One attempt.
    fn run(&self, job: J, ctx: Context) -> anyhow::Result<Outcome>;
}

impl<J, F> BlockingHandler<J> for F
where
    J: Job,
    F: Fn(J, Context) -> anyhow::Result<Outcome> + Send + Sync + 'static,
{
    fn run(&self, job: J, ctx: Context) -> anyhow::Result<Outcome> {
        self(job, ctx)
    }
}

/// Does several jobs of one kind at once, and answers for each.
///
/// Each job has its own context, timeout and cancellation: one that is over before
/// this answers has its end already, and its answer is not used. A panic fails every
/// job of the batch. A closure `async |jobs| …` is one too.
pub trait BatchHandler<J: Job>: Send + Sync + 'static {
    /// One attempt of each, answered in the order of `jobs`. A job without an answer
    /// has failed.
    fn run(
        &self,
        jobs: Vec<(J, Context)>,
    ) -> impl Future<Output = Vec<anyhow::Result<Outcome>>> + Send;
}

impl<J, F, Fut> BatchHandler<J> for F
where
    J: Job,
    F: Fn(Vec<(J, Context)>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Vec<anyhow::Result<Outcome>>> + Send,
{
    fn run(
        &self,
        jobs: Vec<(J, Context)>,
    ) -> impl Future<Output = Vec<anyhow::Result<Outcome>>> + Send {
        self(jobs)
    }
}
