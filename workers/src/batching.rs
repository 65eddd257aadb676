//! Attempts of one kind that are made together.
//!
//! Each attempt brings its job here and waits for its answer: it keeps its slot, its
//! timeout and its cancellation, and is settled by itself. The first of a batch waits
//! for others, for as long as the batch lingers; the one that fills it starts it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, join_all, select};
use nexus_jobs::Job;
use tokio::sync::oneshot;

use crate::context::Context;
use crate::handler::BatchHandler;
use crate::run::{Answer, AttemptError, Polled};

/// Where attempts of one kind gather.
pub(crate) struct Batching<J, H> {
    handler: H,
    max: usize,
    linger: Duration,
    gathered: Mutex<Vec<Member<J>>>,
}

/// A job that waits for its batch, and then for its answer.
struct Member<J> {
    job: J,
    ctx: Context,
    answer: oneshot::Sender<Answer>,
}

impl<J: Job, H: BatchHandler<J>> Batching<J, H> {
    pub(crate) fn new(handler: H, max: usize, linger: Duration) -> Self {
        Self {
            handler,
            max: max.max(1),
            linger,
            gathered: Mutex::default(),
        }
    }

    /// One job's answer, by a batch that it is in.
    pub(crate) async fn answer(self: Arc<Self>, job: J, ctx: Context) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.gather(Member { job, ctx, answer });
        let none = || AttemptError::Panic("the batch ended without an answer".to_owned());
        answered.await.unwrap_or_else(|_| Err(none()))
    }

    fn gather(self: &Arc<Self>, member: Member<J>) {
        let mut gathered = self.gathered();
        gathered.push(member);
        let (first, full) = (gathered.len() == 1, gathered.len() >= self.max);
        if full {
            let batch = std::mem::take(&mut *gathered);
            tokio::spawn(Arc::clone(self).run(batch));
        } else if first {
            let all = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(all.linger).await;
                // If that one was filled meanwhile, the next one lingers less.
                let batch = std::mem::take(&mut *all.gathered());
                all.run(batch).await;
            });
        }
    }

    async fn run(self: Arc<Self>, mut batch: Vec<Member<J>>) {
        // Some may have timed out, or been called off, before it began.
        batch.retain(|member| !member.answer.is_closed());
        let Some(longest) = batch.iter().map(|member| member.ctx.timeout()).max() else {
            return;
        };
        let first = batch[0].ctx.clone();
        let mut answers = Vec::with_capacity(batch.len());
        let mut jobs = Vec::with_capacity(batch.len());
        for Member { job, ctx, answer } in batch {
            jobs.push((job, ctx));
            answers.push(answer);
        }
        let until = Instant::now() + longest;
        let work = Box::pin(async move { Ok(self.handler.run(jobs).await) });
        let work = Polled::new(&first, until, work);
        let all_gone = Box::pin(join_all(answers.iter_mut().map(oneshot::Sender::closed)));
        let ended = match select(work, all_gone).await {
            Either::Left((ended, _)) => ended,
            Either::Right(_) => return,
        };
        tell(answers, ended);
    }

    fn gathered(&self) -> MutexGuard<'_, Vec<Member<J>>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives each job its answer; whose is missing has failed.
fn tell(
    answers: Vec<oneshot::Sender<Answer>>,
    ended: Result<Vec<anyhow::Result<nexus_jobs::Outcome>>, AttemptError>,
) {
    let jobs = answers.len();
    let (given, panic) = match ended {
        Ok(given) => (given, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let missing = format!(
        "the batch handler gave {} answers for {jobs} jobs",
        given.len()
    );
    let mut given = given.into_iter();
    for answer in answers {
        let its = match (given.next(), &panic) {
            (Some(given), _) => given.map_err(AttemptError::Handler),
            (None, Some(panic)) => Err(AttemptError::Panic(panic.clone())),
            (None, None) => Err(AttemptError::Handler(anyhow::Error::msg(missing.clone()))),
        };
        // Whoever is gone has its end already.
        let _ = answer.send(its);
    }
}
