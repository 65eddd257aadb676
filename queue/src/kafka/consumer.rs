use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nexus_jobs::{Band, QueueName};

use super::member::Member;
use super::shared::Ended;
use super::transport::KafkaTransport;
use super::window::Place;
use super::wire;
use crate::entry::{Delivery, Entry, Receipt};
use crate::transport::{Consumer, Result};

/// One loop's share in this process's member of a queue's group.
pub(super) struct KafkaConsumer {
    transport: KafkaTransport,
    queue: QueueName,
    /// The member, and this loop's name among those who take from it. `None` once it left.
    share: Option<(Arc<Member>, u64)>,
}

impl KafkaConsumer {
    pub(super) fn new(transport: KafkaTransport, queue: QueueName, member: Arc<Member>) -> Self {
        let taker = member.taker();
        Self {
            transport,
            queue,
            share: Some((member, taker)),
        }
    }

    /// The member: another one where the group threw this one out for good, or it left.
    async fn share(&mut self) -> Result<(Arc<Member>, u64)> {
        if let Some((member, taker)) = &self.share
            && member.feed.lives()?
        {
            return Ok((Arc::clone(member), *taker));
        }
        self.share = None;
        let member = self.transport.member(&self.queue).await?;
        let taker = member.taker();
        self.share = Some((Arc::clone(&member), taker));
        Ok((member, taker))
    }
}

fn deliveries(taken: Vec<(Place, Entry)>) -> Vec<Delivery> {
    let deliveries = taken.into_iter().filter_map(|(place, entry)| {
        let band = *Band::ALL.get(place.key.0)?;
        Some(Delivery {
            entry,
            receipt: wire::receipt(band, place),
        })
    });
    deliveries.collect()
}

#[async_trait]
impl Consumer for KafkaConsumer {
    async fn fetch(
        &mut self,
        bands: &[Band],
        entries_max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>> {
        let topics: Vec<usize> = bands.iter().copied().map(wire::topic_index).collect();
        let deadline = Instant::now() + wait;
        loop {
            let (member, taker) = self.share().await?;
            let left = deadline.saturating_duration_since(Instant::now());
            let taking = member.feed.take(&topics, entries_max, taker, left, true);
            match taking.await {
                Ok(came) => return Ok(deliveries(came)),
                // Not this fetch's concern: the next member has what was pushed since.
                Err(_) if member.feed.ended() == Some(Ended::MadeAnew) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn take_over(&mut self, entries_max: usize, idle: Duration) -> Result<Vec<Delivery>> {
        let (member, taker) = self.share().await?;
        let over = member.take_over(entries_max, idle, taker).await?;
        Ok(deliveries(over))
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<()> {
        if let Some((member, _)) = &self.share {
            let places: Vec<Place> = receipts.iter().filter_map(wire::place).collect();
            member.feed.done(&places);
        }
        Ok(())
    }

    async fn leave(&mut self, _unsettled: &[Receipt]) -> Result<()> {
        // All that was taken, named or not: what a dropped fetch got is among it.
        if let Some((member, taker)) = self.share.take() {
            member.feed.give_back(taker);
            // The last one out leaves the group, whose others get what is not done.
            if let Some(member) = Arc::into_inner(member) {
                member.leave().await;
            }
        }
        Ok(())
    }
}
