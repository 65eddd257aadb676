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
