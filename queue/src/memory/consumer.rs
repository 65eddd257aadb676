use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nexus_jobs::{Band, Lane, QueueName};
use uuid::Uuid;

use super::{MemoryTransport, Taken};
use crate::entry::{Delivery, Entry, Receipt};
use crate::transport::{Consumer, Result};

/// Takes a queue's entries in the order that each fetch names.
pub(super) struct MemoryConsumer {
    broker: MemoryTransport,
    queue: QueueName,
    id: Uuid,
}

impl MemoryConsumer {
    pub(super) fn new(broker: &MemoryTransport, queue: &QueueName) -> Self {
        Self {
            broker: broker.clone(),
            queue: queue.clone(),
            id: Uuid::new_v4(),
        }
    }

    fn lane(&self, band: Band) -> Lane {
        Lane {
            queue: self.queue.clone(),
            band,
        }
    }

    fn take(&self, bands: &[Band], entries_max: usize) -> Vec<Delivery> {
        let mut lanes = self.broker.lanes();
        let mut deliveries = Vec::new();
        for &band in bands {
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
    async fn fetch(
        &mut self,
        bands: &[Band],
        entries_max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let shared = Arc::clone(&self.broker.0);
            let mut pushed = std::pin::pin!(shared.pushed.notified());
            // Registered before looking, so that a push in between is not missed.
            pushed.as_mut().enable();
            let deliveries = self.take(bands, entries_max);
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
