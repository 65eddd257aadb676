//! Which kinds a process knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use nexus_jobs::kinds::KindDefaults;
use nexus_jobs::{Execution, Job, Outcome, RetryPolicy};

use crate::context::Context;
use crate::handler::Handler;
use crate::run::AttemptError;

type Answer = Result<Outcome, AttemptError>;
type RunFn = dyn Fn(&str, Context) -> BoxFuture<'static, Answer> + Send + Sync;

/// A kind and how it is done, its argument type forgotten.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) run: Arc<RunFn>,
    pub(crate) execution: Execution,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
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
    pub fn with<J: Job, H: Handler<J>>(mut self, handler: H) -> Self {
        let handler = Arc::new(handler);
        let run = move |args: &str, ctx: Context| -> BoxFuture<'static, Answer> {
            match serde_json::from_str::<J>(args) {
                Ok(job) => {
                    let handler = Arc::clone(&handler);
                    Box::pin(
                        async move { handler.run(job, ctx).await.map_err(AttemptError::Handler) },
                    )
                }
                Err(error) => {
                    let error = AttemptError::Undecodable(error.to_string());
                    Box::pin(std::future::ready(Err(error)))
                }
            }
        };
        let known = Known {
            run: Arc::new(run),
            execution: J::EXECUTION,
            timeout: J::TIMEOUT,
            retry: J::retry(),
            defaults: KindDefaults::of::<J>(),
        };
        self.kinds.insert(J::KIND, known);
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
