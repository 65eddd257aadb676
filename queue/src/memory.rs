//! A broker in this process's memory: for tests, and for `nexus dev` without Redis.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nexus_jobs::{Band, Lane, QueueName};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::entry::{Delivery, Entry, Epoch, Receipt};
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
        Ok(Box::new(MemoryConsumer {
            broker: self.clone(),
            queue: queue.clone(),
            id: Uuid::new_v4(),
        }))
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

struct MemoryConsumer {
    broker: MemoryTransport,
    queue: QueueName,
    id: Uuid,
}

impl MemoryConsumer {
    fn lane(&self, band: Band) -> Lane {
        Lane {
            queue: self.queue.clone(),
            band,
        }
    }

    fn take(&self, entries_max: usize) -> Vec<Delivery> {
        let mut lanes = self.broker.lanes();
        let mut deliveries = Vec::new();
        for band in Band::ALL {
            let Some(state) = lanes.get_mut(&self.lane(band)) else {
                continue;
            };
            while deliveries.len() < entries_max
                && let Some((id, entry)) = state.waiting.pop_front()
            {
                let taken = Taken {
                    entry: entry.clone(),
                    owner: self.id,
                    since: Instant::now(),
                };
                state.taken.insert(id, taken);
                deliveries.push(delivery(band, id, entry));
            }
        }
        deliveries
    }
}

fn delivery(band: Band, id: u64, entry: Entry) -> Delivery {
    Delivery {
        entry,
        receipt: Receipt {
            band,
            id: id.to_string(),
        },
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn fetch(&mut self, entries_max: usize, wait: Duration) -> Result<Vec<Delivery>> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let shared = Arc::clone(&self.broker.0);
            let mut pushed = std::pin::pin!(shared.pushed.notified());
            // Registered before looking, so that a push in between is not missed.
            pushed.as_mut().enable();
            let deliveries = self.take(entries_max);
            if !deliveries.is_empty() || tokio::time::timeout_at(deadline, pushed).await.is_err() {
                return Ok(deliveries);
            }
        }
    }

    async fn take_over(&mut self, entries_max: usize, idle: Duration) -> Result<Vec<Delivery>> {
        let mut lanes = self.broker.lanes();
        let mut deliveries = Vec::new();
        for band in Band::ALL {
            let Some(state) = lanes.get_mut(&self.lane(band)) else {
                continue;
            };
            for (id, taken) in &mut state.taken {
                if deliveries.len() < entries_max && taken.since.elapsed() >= idle {
                    taken.owner = self.id;
                    taken.since = Instant::now();
                    deliveries.push(delivery(band, *id, taken.entry.clone()));
                }
            }
        }
        Ok(deliveries)
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<()> {
        let mut lanes = self.broker.lanes();
        for receipt in receipts {
            if let (Some(state), Ok(id)) =
                (lanes.get_mut(&self.lane(receipt.band)), receipt.id.parse())
            {
                state.taken.remove(&id);
            }
        }
        Ok(())
    }

    async fn leave(&mut self, _: &[Receipt]) -> Result<()> {
        let mut lanes = self.broker.lanes();
        for band in Band::ALL {
            let Some(state) = lanes.get_mut(&self.lane(band)) else {
                continue;
            };
            let taken = std::mem::take(&mut state.taken).into_iter();
            let (own, others): (Vec<_>, Vec<_>) = taken.partition(|(_, t)| t.owner == self.id);
            state.taken = others.into_iter().collect();
            for (id, taken) in own.into_iter().rev() {
                state.waiting.push_front((id, taken.entry));
            }
        }
        drop(lanes);
        self.broker.0.pushed.notify_waiters();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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

    async fn empty() -> MemoryTransport {
        MemoryTransport::new()
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
        let old = consumer.fetch(1, Duration::ZERO).await.unwrap();
        broker.wipe();
        broker.push(&lane, &[entry]).await.unwrap();
        consumer.fetch(1, Duration::ZERO).await.unwrap();
        consumer.settle(&[old[0].receipt.clone()]).await.unwrap();
        assert_eq!(broker.depth(&lane).await.unwrap(), 1);
    }
}
