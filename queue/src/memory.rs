//! A broker in this process's memory: for tests, and for programs that are their own worker.

mod consumer;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use nexus_jobs::{Lane, QueueName};
use tokio::sync::Notify;
use uuid::Uuid;

use self::consumer::MemoryConsumer;
use crate::entry::{Entry, Epoch};
use crate::transport::{Consumer, Result, Transport};

#[derive(Debug, Default)]
struct LaneState {
    waiting: VecDeque<(u64, Entry)>,
    /// Delivered and unsettled.
    taken: BTreeMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    entry: Entry,
    owner: Uuid,
    since: Instant,
}

#[derive(Debug)]
struct Shared {
    epoch: Mutex<Epoch>,
    lanes: Mutex<HashMap<Lane, LaneState>>,
    /// Survives a wipe, lest a receipt from before it settle an entry from after.
    next_id: AtomicU64,
    pushed: Notify,
}

/// Clones share one broker.
#[derive(Clone, Debug)]
pub struct MemoryTransport(Arc<Shared>);

impl Default for MemoryTransport {
    fn default() -> Self {
        Self(Arc::new(Shared {
            epoch: Mutex::new(new_epoch()),
            lanes: Mutex::default(),
            next_id: AtomicU64::new(1),
            pushed: Notify::new(),
        }))
    }
}

fn new_epoch() -> Epoch {
    Epoch(format!("memory:{}", Uuid::new_v4().simple()))
}

impl MemoryTransport {
    /// An empty broker.
    pub fn new() -> Self {
        Self::default()
    }

    /// Loses everything, as a wiped broker does.
    pub fn wipe(&self) {
        self.lanes().clear();
        *self.0.epoch.lock().unwrap_or_else(PoisonError::into_inner) = new_epoch();
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, HashMap<Lane, LaneState>> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for MemoryTransport {
    async fn push(&self, lane: &Lane, entries: &[Entry]) -> Result<Epoch> {
        let epoch = {
            let mut lanes = self.lanes();
            let state = lanes.entry(lane.clone()).or_default();
            for entry in entries {
                let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
                state.waiting.push_back((id, entry.clone()));
            }
            self.0
                .epoch
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        };
        self.0.pushed.notify_waiters();
        Ok(epoch)
    }

    async fn epoch(&self, _: &Lane) -> Result<Epoch> {
        Ok(self
            .0
            .epoch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    async fn consumer(&self, queue: &QueueName, _: &str) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(MemoryConsumer::new(self, queue)))
    }

    async fn depth(&self, lane: &Lane) -> Result<usize> {
        Ok(self
            .lanes()
            .get(lane)
            .map_or(0, |state| state.waiting.len() + state.taken.len()))
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nexus_jobs::Band;

    use super::*;
    use crate::conformance::Fixture;

    #[async_trait]
    impl Fixture for MemoryTransport {
        fn transport(&self) -> &dyn Transport {
            self
        }

        async fn wipe(&self) {
            Self::wipe(self);
        }
    }

    async fn empty() -> Option<MemoryTransport> {
        Some(MemoryTransport::new())
    }

    crate::conformance_suite!(empty);

    #[tokio::test]
    async fn a_receipt_from_before_a_wipe_settles_nothing_after_it() {
        let broker = MemoryTransport::new();
        let lane = Lane {
            queue: QueueName::new("q").unwrap(),
            band: Band::Normal,
        };
        let entry = Entry {
            dispatch_id: 1,
            job_ids: vec![1],
            suspect: false,
        };
        let mut consumer = broker.consumer(&lane.queue, "a").await.unwrap();
        broker
            .push(&lane, std::slice::from_ref(&entry))
            .await
            .unwrap();
        let old = consumer.fetch(&Band::ALL, 1, Duration::ZERO).await.unwrap();
        broker.wipe();
        broker.push(&lane, &[entry]).await.unwrap();
        consumer.fetch(&Band::ALL, 1, Duration::ZERO).await.unwrap();
        consumer.settle(&[old[0].receipt.clone()]).await.unwrap();
        assert_eq!(broker.depth(&lane).await.unwrap(), 1);
    }
}
