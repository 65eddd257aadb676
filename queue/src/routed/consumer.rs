use std::time::{Duration, Instant};

use async_trait::async_trait;
use nexus_jobs::{Band, QueueName, TransportName};

use super::RoutedTransport;
use crate::entry::{Delivery, Receipt};
use crate::transport::{Consumer, Result};

/// How long what the former transport still holds is taken. All of it was sent again the new
/// way, so nothing is lost where more is left.
const DRAINED_FOR: Duration = Duration::from_secs(30);

/// Longest wait for an entry of the new transport while the former one is drained.
const DRAINING_WAIT: Duration = Duration::from_millis(20);

/// Between a receipt's transport and its own id.
const MARK: char = '/';

/// A transport's consumer.
struct Open {
    name: TransportName,
    consumer: Box<dyn Consumer>,
}

/// Takes a queue's entries from the transport that carries it, and for a while after a switch
/// from the one that did.
pub(super) struct RoutedConsumer {
    transport: RoutedTransport,
    queue: QueueName,
    name: String,
    now: Open,
    former: Option<(Open, Instant)>,
}

impl RoutedConsumer {
    pub(super) async fn open(
        transport: RoutedTransport,
        queue: QueueName,
        name: String,
    ) -> Result<Self> {
        let route = transport.routed(&queue);
        let now = open(&transport, &queue, &name, route).await?;
        Ok(Self {
            transport,
            queue,
            name,
            now,
            former: None,
        })
    }

    /// Goes over to the transport that carries the queue now.
    async fn follow(&mut self) -> Result<()> {
        let route = self.transport.routed(&self.queue);
        if self.now.name == route {
            return Ok(());
        }
        let next = match self.former.take() {
            // Switched back before it was drained.
            Some((former, _)) if former.name == route => former,
            _ => open(&self.transport, &self.queue, &self.name, route).await?,
        };
        let former = std::mem::replace(&mut self.now, next);
        self.former = Some((former, Instant::now()));
        Ok(())
    }

    /// Takes what the former transport has, until its time is over.
    async fn drain(&mut self, bands: &[Band], entries_max: usize) -> Vec<Delivery> {
        let Some((former, since)) = &mut self.former else {
            return Vec::new();
        };
        let fetched = former.consumer.fetch(bands, entries_max, Duration::ZERO);
        match fetched.await {
            Ok(deliveries) if since.elapsed() < DRAINED_FOR => marked(former.name, deliveries),
            Ok(deliveries) => {
                // These too were sent again: they go with it.
                drop(deliveries);
                let left = former.consumer.leave(&[]).await;
                tracing::debug!(queue = %self.queue, former = %former.name, ?left, "drained");
                self.former = None;
                Vec::new()
            }
            Err(error) => {
                // It may be away for good, which is why the queue was switched.
                tracing::debug!(queue = %self.queue, former = %former.name, %error,
                    "the former broker is not drained");
                self.former = None;
                Vec::new()
            }
        }
    }
}

async fn open(
    transport: &RoutedTransport,
    queue: &QueueName,
    name: &str,
    which: TransportName,
) -> Result<Open> {
    let consumer = transport.of(which)?.consumer(queue, name).await?;
    Ok(Open {
        name: which,
        consumer,
    })
}

fn marked(name: TransportName, deliveries: Vec<Delivery>) -> Vec<Delivery> {
    let marked = deliveries.into_iter().map(|mut delivery| {
        delivery.receipt.id = format!("{name}{MARK}{}", delivery.receipt.id);
        delivery
    });
    marked.collect()
}

/// The receipts of a transport, as it gave them.
fn of(name: TransportName, receipts: &[Receipt]) -> Vec<Receipt> {
    let own = receipts.iter().filter_map(|receipt| {
        let (of, id) = receipt.id.split_once(MARK)?;
        (of == name.as_str()).then(|| Receipt {
            band: receipt.band,
            id: id.to_owned(),
        })
    });
    own.collect()
}

#[async_trait]
impl Consumer for RoutedConsumer {
    async fn fetch(
        &mut self,
        bands: &[Band],
        entries_max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>> {
        let deadline = Instant::now() + wait;
        loop {
            self.follow().await?;
            let drained = self.drain(bands, entries_max).await;
            if !drained.is_empty() {
                return Ok(drained);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = match self.former {
                Some(_) => left.min(DRAINING_WAIT),
                None => left,
            };
            let fetched = self.now.consumer.fetch(bands, entries_max, wait).await?;
            if !fetched.is_empty() || Instant::now() >= deadline {
                return Ok(marked(self.now.name, fetched));
            }
        }
    }

    async fn take_over(&mut self, entries_max: usize, idle: Duration) -> Result<Vec<Delivery>> {
        self.follow().await?;
        let over = self.now.consumer.take_over(entries_max, idle).await?;
        let mut over = marked(self.now.name, over);
        if let Some((former, _)) = &mut self.former
            && let Ok(more) = former.consumer.take_over(entries_max, idle).await
        {
            over.extend(marked(former.name, more));
        }
        Ok(over)
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<()> {
        if let Some((former, _)) = &mut self.former {
            former.consumer.settle(&of(former.name, receipts)).await?;
        }
        self.now.consumer.settle(&of(self.now.name, receipts)).await
    }

    async fn leave(&mut self, unsettled: &[Receipt]) -> Result<()> {
        if let Some((mut former, _)) = self.former.take() {
            let left = former.consumer.leave(&of(former.name, unsettled)).await;
            tracing::debug!(queue = %self.queue, former = %former.name, ?left, "left");
        }
        self.now.consumer.leave(&of(self.now.name, unsettled)).await
    }
}
