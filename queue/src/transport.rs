//! The one seam between the engine and a broker.

use std::time::Duration;

use async_trait::async_trait;
use nexus_jobs::{Band, Lane, QueueName, TransportName};

use crate::entry::{Delivery, Entry, Epoch, Receipt};
use crate::kafka::Standing;

/// What can go wrong with a broker.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The broker cannot be reached, or is not ready: worth trying again.
    #[error("the broker cannot be reached: {0}")]
    Unavailable(String),
    /// The broker has no room (Redis: `maxmemory` with `noeviction`): worth trying again.
    #[error("the broker is full: {0}")]
    Full(String),
    /// Anything else that the broker said.
    #[error("the broker: {0}")]
    Broker(String),
}

/// A broker's answer.
pub type Result<T> = std::result::Result<T, QueueError>;

/// A broker.
///
/// Invariants that the suite in `conformance` holds every implementation to:
/// an entry pushed in an epoch that still holds is delivered at least once;
/// one that is settled is not delivered again; one that was delivered and not
/// settled can be taken over; entries of a lane come in the order of their push,
/// lanes in the order that the fetch names; a broker that lost its entries shows
/// another epoch.
#[async_trait]
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Appends entries to a lane and tells the epoch they were pushed in.
    async fn push(&self, lane: &Lane, entries: &[Entry]) -> Result<Epoch>;

    /// The lane's present epoch.
    async fn epoch(&self, lane: &Lane) -> Result<Epoch>;

    /// The same as it was a few seconds ago or later, for whoever looks every few seconds
    /// and must not be held up.
    async fn recent_epoch(&self, lane: &Lane) -> Result<Epoch> {
        self.epoch(lane).await
    }

    /// A new consumer of a queue, all bands, under a name of its own.
    async fn consumer(&self, queue: &QueueName, name: &str) -> Result<Box<dyn Consumer>>;

    /// Entries in a lane that are not settled.
    async fn depth(&self, lane: &Lane) -> Result<usize>;

    /// Whether the broker answers.
    async fn ping(&self) -> Result<()>;

    /// How this process's part in each queue stands, where an entry that is not settled holds
    /// back the commit of those behind it. Elsewhere there is nothing to tell.
    fn standings(&self) -> Vec<(QueueName, Standing)> {
        Vec::new()
    }

    /// The transport of this name, where this one is several. `None`: it is a single one,
    /// whatever its name.
    fn carrier(&self, _: TransportName) -> Result<Option<&dyn Transport>> {
        Ok(None)
    }

    /// Has consumers of a queue, those that are there too, take from this transport from now
    /// on, where this one is several.
    fn route(&self, _: &QueueName, _: TransportName) {}
}

/// Takes entries of one queue.
#[async_trait]
pub trait Consumer: Send {
    /// New entries of these bands: up to `entries_max` of what is there, a band after
    /// the other in this order. Where nothing is, waits up to `wait` for an entry of
    /// any of them, and then may return a few more. Empty when none came. Safe to
    /// drop while it waits.
    async fn fetch(
        &mut self,
        bands: &[Band],
        entries_max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>>;

    /// Entries that another consumer got and did not settle for `idle`.
    async fn take_over(&mut self, entries_max: usize, idle: Duration) -> Result<Vec<Delivery>>;

    /// Settles entries: they are not delivered again.
    async fn settle(&mut self, receipts: &[Receipt]) -> Result<()>;

    /// Gives `unsettled` entries, and any that a dropped fetch may have been
    /// answered with, back for others to take over at once, and leaves.
    async fn leave(&mut self, unsettled: &[Receipt]) -> Result<()>;
}
