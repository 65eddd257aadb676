//! Topics as a bus: what others send here, and what is told to others.
//!
//! | idea | |
//! |---|---|
//! | a topic made where it is missing | [`Topics::ensure`] |
//! | records sent, each known to be acknowledged or not | [`TopicProducer::send`] |
//! | records received in a group, and committed once they are done with | [`TopicConsumer`] |
//! | how a consumer stands, and how far a group is behind | [`Watched`], [`Groups`] |

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use nexus_config::Kafka;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers as _, Message as _};

use super::feed::Feed;
pub use super::groups::Groups;
use super::membership::Starts;
pub use super::producer::{Acknowledged, Record, TopicProducer};
pub use super::standing::{Standing, Watched};
pub use super::topics::{TopicWanted, Topics};
use super::window::Place;
use crate::transport::Result;

/// How long leaving is waited for; then it goes on behind.
const LEAVING: Duration = Duration::from_secs(5);

/// Stands for a header whose name is no UTF-8; its value is not to be had.
const UNREADABLE: &str = "\u{fffd}";

/// The only taker of a consumer's records.
const TAKER: u64 = 0;

/// A record as it was received. Clones share it.
#[derive(Clone, Debug)]
pub struct Received {
    record: Arc<Content>,
    place: Place,
}

#[derive(Debug)]
pub(super) struct Content {
    topic: String,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
    payload: Option<Vec<u8>>,
    timestamp_ms: Option<i64>,
}

impl Received {
    /// Its topic's name.
    pub fn topic(&self) -> &str {
        &self.record.topic
    }

    /// Its partition.
    pub fn partition(&self) -> i32 {
        self.place.key.1
    }

    /// Its place in the partition.
    pub fn offset(&self) -> i64 {
        self.place.offset
    }

    /// Its key.
    pub fn key(&self) -> Option<&[u8]> {
        self.record.key.as_deref()
    }

    /// Names and values beside the payload, in their order; a name may come twice.
    pub fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.record.headers
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.record.headers.iter();
        let (_, value) = headers.find(|(key, _)| key == name)?;
        Some(value)
    }

    /// What it says.
    pub fn payload(&self) -> Option<&[u8]> {
        self.record.payload.as_deref()
    }

    /// When it was sent, by its sender's clock or the broker's, in milliseconds since 1970.
    pub fn timestamp_ms(&self) -> Option<i64> {
        self.record.timestamp_ms
    }
}

/// Receives records in a group.
///
/// A commit passes over no record that is not done with, so each is received at least
/// once: again, by this member or another, where a member ended or lost its partition
/// before it was done. While `kafka.window_records` are not done with, no more come; the
/// group keeps its member however long they take.
pub struct TopicConsumer {
    pub(super) feed: Feed<Arc<Content>>,
}

impl std::fmt::Debug for TopicConsumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopicConsumer").finish_non_exhaustive()
    }
}

impl TopicConsumer {
    /// Joins a group, by its whole name, as a reader of these topics. A topic that is
    /// missing is read from once it is there. New groups begin with the oldest record.
    pub fn join(settings: &Kafka, group: &str, topics: &[String]) -> Result<Self> {
        let feed = Feed::join(
            settings,
            group,
            topics.to_vec(),
            Starts::AtCommitted,
            Box::new(|record| Some(Arc::new(content(record)))),
        )?;
        Ok(Self { feed })
    }

    /// Up to so many records, waiting up to `wait` for the first. Records of one partition
    /// come in their order. Safe to drop while it waits.
    pub async fn receive(&self, records_max: usize, wait: Duration) -> Result<Vec<Received>> {
        let topics: Vec<usize> = (0..self.feed.shared().topics.len()).collect();
        let taken = self
            .feed
            .take(&topics, records_max, TAKER, wait, false)
            .await?;
        let received = taken
            .into_iter()
            .map(|(place, record)| Received { record, place });
        Ok(received.collect())
    }

    /// Records are done with: they do not come again, once it is committed, which it is
    /// within `kafka.commit_every`. Of a partition that was lost meanwhile, nothing happens.
    pub fn done(&self, records: &[Received]) {
        let places: Vec<Place> = records.iter().map(|received| received.place).collect();
        self.feed.done(&places);
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        Standing::of(&self.feed.shared().window())
    }

    /// Records behind those that are done with, in the partitions that this member has:
    /// how far it is behind whoever sends. Asks the brokers.
    pub async fn lag(&self) -> Result<u64> {
        self.feed.lag().await
    }

    /// Whether it was thrown out of its group for good, as another with the same
    /// `kafka.instance` does it: a new one must join.
    pub fn is_dead(&self) -> bool {
        self.feed.ended().is_some()
    }

    /// Commits and leaves, so that others have its partitions at once.
    pub async fn leave(self) {
        self.feed.leave(LEAVING).await;
    }
}

fn content(record: &BorrowedMessage<'_>) -> Content {
    let headers = record.headers().map(|headers| {
        let headers = (0..headers.count()).map(|nth| header(headers, nth));
        headers.collect()
    });
    Content {
        topic: record.topic().to_owned(),
        key: record.key().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        payload: record.payload().map(<[u8]>::to_vec),
        timestamp_ms: record.timestamp().to_millis(),
    }
}

/// One header. At a name that is no UTF-8 the client library panics, and whoever may write to a
/// topic would end all who read it.
fn header(headers: &BorrowedHeaders, nth: usize) -> (String, Vec<u8>) {
    let read = || {
        let header = headers.get(nth);
        let value = header.value.unwrap_or_default().to_vec();
        (header.key.to_owned(), value)
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| (UNREADABLE.to_owned(), Vec::new()))
}
