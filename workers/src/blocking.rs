//! Threads for work that computes or blocks, a bounded number of them.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// A bounded number of blocking threads, shared by all handlers of a process.
/// Clones share the bound.
#[derive(Clone, Debug)]
pub struct BlockingPool {
    permits: Arc<Semaphore>,
}

/// The work on a blocking thread did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum BlockingError {
    /// It panicked.
    #[error("the work on a blocking thread panicked: {0}")]
    Panicked(String),
    /// The process is going down.
    #[error("the blocking threads are closed")]
    Closed,
}

impl BlockingPool {
    /// At most `threads` at once; at least one.
    pub fn new(threads: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(threads.max(1))),
        }
    }

    /// Runs `work` on a thread of its own once one is free. The thread keeps its
    /// place until `work` returns, also when nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| BlockingError::Closed)?;
        let done = tokio::task::spawn_blocking(move || {
            let value = work();
            drop(permit);
            value
        });
        done.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => BlockingError::Panicked(panic_text(&*panic)),
            Err(_) => BlockingError::Closed,
        })
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
