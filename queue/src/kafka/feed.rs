use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nexus_config::Kafka;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::client;
use super::membership::{Membership, Starts};
use super::offsets;
use super::shared::{Ended, Read, Shared, slot};
use super::window::{Key, Place};
use crate::transport::{QueueError, Result};

/// Longest wait in one poll: how late a stop is seen.
const POLL: Duration = Duration::from_millis(100);

/// The same while a partition is paused: how late it goes on.
const POLL_PAUSED: Duration = Duration::from_millis(5);

/// Longest wait for a broker to say that it is back.
const PROBE: Duration = Duration::from_secs(2);

/// A membership in a group, polled by a thread of its own: however long whoever takes
/// records is busy, the member stays in its group, since nobody waits inside a poll.
pub(super) struct Feed<T: Clone + Send + 'static> {
    shared: Arc<Shared<T>>,
    client: Option<Client<T>>,
    thread: Option<JoinHandle<()>>,
}

type Client<T> = Arc<BaseConsumer<Membership<T>>>;

impl<T: Clone + Send + 'static> Feed<T> {
    /// Joins a group as a reader of these topics, which may be missing as yet.
    pub(super) fn join(
        settings: &Kafka,
        group: &str,
        topics: Vec<String>,
        starts: Starts,
        read: Read<T>,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::new(settings, group, topics, starts, read));
        let membership = Membership::new(Arc::clone(&shared), settings.request_timeout.get());
        let client: Client<T> =
            Arc::new(client::member(settings, group).create_with_context(membership)?);
        let thread = thread::Builder::new()
            .name(format!("kafka {group}"))
            .spawn({
                let (client, shared) = (Arc::clone(&client), Arc::clone(&shared));
                move || poll(&client, &shared)
            })
            .map_err(|error| QueueError::Broker(format!("a thread to poll with: {error}")))?;
        Ok(Self {
            shared,
            client: Some(client),
            thread: Some(thread),
        })
    }

    pub(super) fn shared(&self) -> &Arc<Shared<T>> {
        &self.shared
    }

    /// Takes records of these topics, one topic after the other; where there are none,
    /// waits up to `wait`.
    ///
    /// With `patient`, waits too, and no longer, until what was there when the partitions
    /// were dealt has come, so that the order of topics holds for all of it.
    pub(super) async fn take(
        &self,
        topics: &[usize],
        records_max: usize,
        by: u64,
        wait: Duration,
        patient: bool,
    ) -> Result<Vec<(Place, T)>> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            // Registered before looking, so that nothing that comes in between is missed.
            changed.as_mut().enable();
            let late = tokio::time::Instant::now() >= deadline;
            {
                let mut window = self.shared.window();
                if late || !patient || window.caught_up(topics) {
                    let taken = window.take(topics, records_max, by, Instant::now());
                    if !taken.is_empty() {
                        return Ok(taken);
                    }
                }
            }
            self.fail_if_away().await?;
            if late || tokio::time::timeout_at(deadline, changed).await.is_err() {
                let taken = self
                    .shared
                    .window()
                    .take(topics, records_max, by, Instant::now());
                return Ok(taken);
            }
        }
    }

    /// Fails while no broker can be reached. Whether one is back is asked of it: nothing
    /// is told by itself while no record comes.
    async fn fail_if_away(&self) -> Result<()> {
        match slot(&self.shared.ended).clone() {
            None => {}
            Some(Ended::MadeAnew) => {
                return Err(QueueError::Unavailable("a topic was made anew".to_owned()));
            }
            Some(Ended::Replaced { why, .. } | Ended::Failed(why)) => {
                return Err(QueueError::Unavailable(why));
            }
        }
        let Some(error) = slot(&self.shared.away).clone() else {
            return Ok(());
        };
        let Some(client) = self.client.clone() else {
            return Ok(());
        };
        let topic = self.shared.topics.first().cloned();
        let answer = tokio::task::spawn_blocking(move || {
            let answer = client.fetch_metadata(topic.as_deref(), PROBE);
            answer.map(drop)
        });
        match answer.await {
            Ok(Ok(())) => {
                self.shared.reached();
                Ok(())
            }
            _ => Err(QueueError::Unavailable(error)),
        }
    }

    /// Records behind those that are done with, over the partitions that this member has.
    pub(super) async fn lag(&self) -> Result<u64> {
        let Some(client) = self.client.clone() else {
            return Ok(0);
        };
        let fronts = self.shared.window().fronts();
        let mut list = TopicPartitionList::with_capacity(fronts.len());
        for &((topic, partition), _) in &fronts {
            list.add_partition(&self.shared.topics[topic], partition);
        }
        let asked = tokio::task::spawn_blocking(move || {
            Ok::<_, KafkaError>((
                offsets::committed(&*client, &list, PROBE)?,
                offsets::ends(&*client, &list, PROBE)?,
            ))
        });
        let (committed, ends) = asked
            .await
            .map_err(|error| QueueError::Broker(error.to_string()))??;
        let behind = fronts.into_iter().map(|((topic, partition), front)| {
            let name = (self.shared.topics[topic].clone(), partition);
            let ends = ends.get(&name).copied().unwrap_or_default();
            let front = front.or(committed.get(&name).map(|&(at, _)| at));
            let front = front.unwrap_or(ends.first).max(ends.first);
            u64::try_from(ends.last - front).unwrap_or(0)
        });
        Ok(behind.sum())
    }

    /// Why this member is of no use any more.
    pub(super) fn ended(&self) -> Option<Ended> {
        slot(&self.shared.ended).clone()
    }

    /// Whether it is of use. Fails while another one of its name is to have its place.
    pub(super) fn lives(&self) -> Result<bool> {
        match self.ended() {
            None => Ok(true),
            Some(Ended::Replaced { why, until }) if Instant::now() < until => {
                Err(QueueError::Unavailable(why))
            }
            Some(_) => Ok(false),
        }
    }

    /// Records are done with: what is contiguous of them is committed within `commit_every`.
    pub(super) fn done(&self, places: &[Place]) {
        // Stored under the lock: in between, the partition cannot be taken away and come back.
        let mut window = self.shared.window();
        let moved = window.done(places);
        if let Some(client) = &self.client {
            store(client, &self.shared, &moved);
        }
    }

    /// What this taker holds is there for others of this process again.
    pub(super) fn give_back(&self, by: u64) {
        self.shared.window().give_back(by);
        self.shared.changed.notify_waiters();
    }

    /// Leaves the group; what was stored is committed before.
    pub(super) async fn leave(mut self, patience: Duration) {
        let Some(closing) = self.closing() else {
            return;
        };
        let closing = tokio::task::spawn_blocking(closing);
        if tokio::time::timeout(patience, closing).await.is_err() {
            tracing::debug!("leaving a Kafka group takes long; it goes on behind");
        }
    }

    /// What ends the thread and closes the client, which blocks.
    fn closing(&mut self) -> Option<impl FnOnce() + Send + 'static> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let (client, thread) = (self.client.take()?, self.thread.take());
        Some(move || {
            if let Some(thread) = thread {
                let _ = thread.join();
            }
            drop(client);
        })
    }
}

impl<T: Clone + Send + 'static> Drop for Feed<T> {
    fn drop(&mut self) {
        if let Some(closing) = self.closing() {
            let closing = thread::Builder::new()
                .name("kafka leave".to_owned())
                .spawn(closing);
            if let Err(error) = closing {
                tracing::debug!(%error, "a thread to leave a Kafka group with");
            }
        }
    }
}

/// Polls until told to stop.
fn poll<T: Clone + Send + 'static>(client: &Client<T>, shared: &Shared<T>) {
    let topics: Vec<&str> = shared.topics.iter().map(String::as_str).collect();
    if let Err(error) = client.subscribe(&topics) {
        shared.end(Ended::Failed(error.to_string()));
    }
    let mut paused = BTreeSet::new();
    let mut left = false;
    while !shared.stop.load(Ordering::Relaxed) {
        if !left && slot(&shared.ended).is_some() {
            // Some of its users may be busy for long before they see that it has ended; until
            // then it must not keep partitions. Polling goes on, since leaving needs it.
            client.unsubscribe();
            left = true;
        }
        let wait = if paused.is_empty() { POLL } else { POLL_PAUSED };
        match client.poll(wait) {
            None => {}
            Some(Ok(record)) => arrive(client, shared, &record),
            Some(Err(error)) => shared.went_wrong(&error, client.client().fatal_error()),
        }
        pause(client, shared, &mut paused);
    }
}

fn arrive<T: Clone + Send + 'static>(
    client: &Client<T>,
    shared: &Shared<T>,
    record: &BorrowedMessage<'_>,
) {
    let Some(key) = shared.key(record.topic(), record.partition()) else {
        return;
    };
    let item = (shared.read)(record);
    if item.is_none() {
        tracing::warn!(
            topic = record.topic(),
            partition = record.partition(),
            offset = record.offset(),
            "dropped a record that is not of our form"
        );
    }
    let unreadable = item.is_none();
    {
        let mut window = shared.window();
        window.arrived(key, record.offset(), item, Instant::now());
        if unreadable {
            let moved: Vec<_> = window.moved(key).into_iter().collect();
            store(client, shared, &moved);
        }
    }
    shared.reached();
    shared.changed.notify_waiters();
}

/// Pauses and resumes what the window says. Polling goes on all the same, or the group
/// would take this member for dead.
fn pause<T: Clone + Send + 'static>(
    client: &Client<T>,
    shared: &Shared<T>,
    paused: &mut BTreeSet<Key>,
) {
    let wanted = shared.window().paused_wanted();
    if wanted == *paused {
        return;
    }
    let list = |keys: &mut dyn Iterator<Item = &Key>| {
        let mut list = TopicPartitionList::new();
        for &(topic, partition) in keys {
            list.add_partition(&shared.topics[topic], partition);
        }
        list
    };
    // What was taken away meanwhile cannot be paused or resumed, and need not be. What was
    // dealt anew begins unpaused, whatever it was before, so all that is wanted is said.
    for wrong in [
        client.resume(&list(&mut paused.difference(&wanted))).err(),
        client.pause(&list(&mut wanted.iter())).err(),
    ]
    .into_iter()
    .flatten()
    {
        tracing::debug!(error = %wrong, "pausing partitions");
    }
    *paused = wanted;
}

/// Stores offsets to be committed.
pub(super) fn store<T: Clone + Send + 'static>(
    client: &BaseConsumer<Membership<T>>,
    shared: &Shared<T>,
    moved: &[(Key, i64)],
) {
    if moved.is_empty() {
        return;
    }
    let mut list = TopicPartitionList::with_capacity(moved.len());
    for &((topic, partition), next) in moved {
        let mut place = list.add_partition(&shared.topics[topic], partition);
        // The offset of the next record to read: unlike `store_offset`, this adds no one.
        if place.set_offset(Offset::Offset(next)).is_ok()
            && let Some(mark) = shared.starts.mark(topic)
        {
            place.set_metadata(mark);
        }
    }
    // The call succeeds if one element does; the others say themselves what is wrong. All
    // that can be is that a partition was taken away: then it is another member's to finish.
    let stored = client.store_offsets(&list);
    for place in list.elements() {
        if let Err(error) = place.error() {
            tracing::debug!(partition = place.partition(), %error, "storing an offset");
        }
    }
    if let Err(error) = stored {
        tracing::debug!(%error, "storing offsets");
    }
}
