//! Which kinds a process knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use nexus_config::{Kinds, Span};
use nexus_jobs::kinds::KindDefaults;
use nexus_jobs::{Backoff, Execution, Job};

use crate::batching::Batching;
use crate::context::Context;
use crate::handler::{BatchHandler, BlockingHandler, Handler};
use crate::policy::configured;
use crate::run::{Answer, AttemptError};

type RunFn = dyn Fn(&str, Context) -> BoxFuture<'static, Answer> + Send + Sync;

/// A kind and how it is done, its argument type forgotten.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) kind: &'static str,
    pub(crate) run: Arc<RunFn>,
    pub(crate) execution: Execution,
    pub(crate) timeout: Option<Duration>,
    pub(crate) backoff: Option<Backoff>,
    defaults: KindDefaults,
}

/// The kinds that a process knows, each with its handler.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, Known>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds.keys()).finish()
    }
}

impl Registry {
    /// No kinds.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more kind. A kind registered twice keeps the later handler.
    pub fn with<J: Job, H: Handler<J>>(self, handler: H) -> Self {
        let handler = Arc::new(handler);
        self.and::<J>(J::EXECUTION, move |job, ctx| {
            let handler = Arc::clone(&handler);
            Box::pin(async move { handler.run(job, ctx).await.map_err(AttemptError::Handler) })
        })
    }

    /// With one more kind, whose handler computes or blocks: each attempt has a thread
    /// of the bounded pool (`workers.blocking_threads`).
    pub fn with_blocking<J: Job, H: BlockingHandler<J>>(self, handler: H) -> Self {
        let handler = Arc::new(handler);
        self.and::<J>(Execution::Blocking, move |job, ctx| {
            let handler = Arc::clone(&handler);
            Box::pin(async move { handler.run(job, ctx).map_err(AttemptError::Handler) })
        })
    }

    /// With one more kind, whose handler takes up to `max` jobs at once: those that
    /// this process has claimed when the batch is full, or `linger` after the first
    /// of them came, a few milliseconds. Each keeps its slot while it waits, so the
    /// queue's concurrency bounds the batch too.
    pub fn with_batch<J: Job, H: BatchHandler<J>>(
        self,
        handler: H,
        max: usize,
        linger: Duration,
    ) -> Self {
        let batching = Arc::new(Batching::new(handler, max, linger));
        self.and::<J>(Execution::InPlace, move |job, ctx| {
            Box::pin(Arc::clone(&batching).answer(job, ctx))
        })
    }

    fn and<J: Job>(
        mut self,
        execution: Execution,
        run: impl Fn(J, Context) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Self {
        let run = move |args: &str, ctx: Context| -> BoxFuture<'static, Answer> {
            match serde_json::from_str::<J>(args) {
                Ok(job) => run(job, ctx),
                Err(error) => {
                    let error = AttemptError::Undecodable(error.to_string());
                    Box::pin(std::future::ready(Err(error)))
                }
            }
        };
        let known = Known {
            kind: J::KIND,
            run: Arc::new(run),
            execution,
            timeout: J::TIMEOUT,
            backoff: J::retry().map(|policy| policy.backoff),
            defaults: KindDefaults::of::<J>(),
        };
        self.kinds.insert(J::KIND, known);
        self
    }

    /// The same kinds, as the settings would have them.
    pub(crate) fn configured(mut self, kinds: &Kinds) -> Self {
        for known in self.kinds.values_mut() {
            let Some(set) = kinds.get(known.kind) else {
                continue;
            };
            known.timeout = set.timeout.map(Span::get).or(known.timeout);
            if let Some(backoff) = &set.backoff {
                known.backoff = Some(configured(backoff));
            }
        }
        self
    }

    /// The names of the kinds, sorted.
    pub fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.kinds.keys().map(|&kind| kind.to_owned()).collect();
        kinds.sort_unstable();
        kinds
    }

    /// What the jobs of each kind have unless they say otherwise.
    pub fn defaults(&self) -> Vec<KindDefaults> {
        self.kinds.values().map(|known| known.defaults).collect()
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Known> {
        self.kinds.get(kind)
    }
}
