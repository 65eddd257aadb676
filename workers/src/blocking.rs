//! Threads for work that computes or blocks, a bounded number of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A bounded number of blocking threads, shared by all handlers of a process.
/// Clones share the bound.
#[derive(Clone, Debug)]
pub struct BlockingPool {
    permits: Arc<Semaphore>,
    abandoned: Arc<Mutex<Vec<Abandoned>>>,
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

/// Work that nobody waits for any more, and that still has its thread.
#[derive(Debug)]
struct Abandoned {
    since: Instant,
    ended: Arc<AtomicBool>,
}

impl BlockingPool {
    /// At most `threads` at once; at least one.
    pub fn new(threads: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(threads.max(1))),
            abandoned: Arc::default(),
        }
    }

    /// Runs `work` on a thread of its own once one is free. The thread keeps its
    /// place until `work` returns, also when nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        self.thread().await?.run(work).await
    }

    /// Waits for a free thread.
    pub(crate) async fn thread(&self) -> Result<BlockingThread, BlockingError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        Ok(BlockingThread {
            permit: permit.map_err(|_| BlockingError::Closed)?,
            pool: self.clone(),
        })
    }

    /// Threads that are still busy with work that nobody has waited for since at
    /// least `past`.
    pub(crate) fn written_off(&self, past: Duration) -> usize {
        let mut abandoned = self.abandoned();
        abandoned.retain(|work| !work.ended.load(Ordering::Acquire));
        let lost = abandoned.iter().filter(|work| work.since.elapsed() >= past);
        lost.count()
    }

    fn abandoned(&self) -> MutexGuard<'_, Vec<Abandoned>> {
        self.abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A free thread, taken.
#[derive(Debug)]
pub(crate) struct BlockingThread {
    permit: OwnedSemaphorePermit,
    pool: BlockingPool,
}

impl BlockingThread {
    /// Runs `work` on it.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        let ended = Arc::new(AtomicBool::new(false));
        let busy = Busy {
            ended: Arc::clone(&ended),
            _permit: self.permit,
        };
        let _waited_for = WaitedFor {
            pool: self.pool,
            ended,
        };
        let done = tokio::task::spawn_blocking(move || {
            let _busy = busy;
            work()
        });
        done.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => BlockingError::Panicked(panic_text(&*panic)),
            Err(_) => BlockingError::Closed,
        })
    }
}

/// Held by the thread until its work returns or panics.
struct Busy {
    ended: Arc<AtomicBool>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// Held by whoever waits for the work.
struct WaitedFor {
    pool: BlockingPool,
    ended: Arc<AtomicBool>,
}

impl Drop for WaitedFor {
    fn drop(&mut self) {
        if !self.ended.load(Ordering::Acquire) {
            self.pool.abandoned().push(Abandoned {
                since: Instant::now(),
                ended: Arc::clone(&self.ended),
            });
        }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_thread_is_written_off_until_its_abandoned_work_ends() {
        let pool = BlockingPool::new(1);
        let (go_on, wait) = mpsc::channel::<()>();
        let (started, starts) = tokio::sync::oneshot::channel();
        let stuck = tokio::spawn({
            let pool = pool.clone();
            async move {
                let work = move || {
                    started.send(()).unwrap();
                    let _ = wait.recv();
                };
                pool.run(work).await
            }
        });
        starts.await.unwrap();
        assert_eq!(pool.written_off(Duration::ZERO), 0, "somebody waits for it");
        stuck.abort();
        assert!(stuck.await.unwrap_err().is_cancelled());
        assert_eq!(pool.written_off(Duration::ZERO), 1);
        assert_eq!(pool.written_off(Duration::from_hours(1)), 0, "not yet");
        drop(go_on);
        assert_eq!(pool.run(|| 7).await.unwrap(), 7, "its place is free again");
        assert_eq!(pool.written_off(Duration::ZERO), 0);
    }

    #[tokio::test]
    async fn a_panic_frees_its_thread() {
        let pool = BlockingPool::new(1);
        let panicked = pool.run(|| panic!("no")).await;
        assert!(matches!(panicked, Err(BlockingError::Panicked(text)) if text == "no"));
        assert_eq!(pool.run(|| 7).await.unwrap(), 7);
        assert_eq!(pool.written_off(Duration::ZERO), 0);
    }
}
