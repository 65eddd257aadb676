use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use nexus_config::Kafka;
use nexus_jobs::{Band, QueueName};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use tokio::task::JoinHandle;

use super::feed::Feed;
use super::lanes::Lanes;
use super::membership::Starts;
use super::shared::{Ended, Shared};
use super::topics::Topics;
use super::window::{Key, Place};
use super::wire;
use crate::entry::Entry;
use crate::transport::Result;

/// Pause between looks whether the topics are what they were.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// Least pause between two of them, whatever goes wrong meanwhile.
const KEEP_PAUSE: Duration = Duration::from_millis(50);

/// Pause between deletions of what is done.
const TRIM_EVERY: Duration = Duration::from_mins(1);

/// How long leaving is waited for; then it goes on behind.
const LEAVING: Duration = Duration::from_secs(5);

/// This process's part in a queue: one member of its group, whatever number of loops take
/// entries from it. So a rebalance concerns processes, not loops; entries go to whichever
/// loop has room; and what a loop gave up another of the process takes over at once.
pub(super) struct Member {
    pub(super) feed: Feed<Entry>,
    lanes: Arc<Lanes>,
    takers: AtomicU64,
    _keeper: Keeper,
}

/// Ends its task when dropped.
struct Keeper(JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Member {
    /// Joins a queue's group. To be called on a runtime.
    pub(super) async fn join(
        settings: &Kafka,
        topics: &Topics,
        lanes: &Arc<Lanes>,
        queue: &QueueName,
    ) -> Result<Self> {
        let names = Band::ALL.map(|band| wire::topic_of(&settings.prefix, queue, band));
        let looks = names.iter().map(|name| lanes.look(name));
        let known = try_join_all(looks).await?;
        let marks = known.into_iter().map(|known| known.epoch.0).collect();
        let feed = Feed::join(
            settings,
            &wire::group(&settings.prefix, queue),
            names.to_vec(),
            Starts::Marked(marks),
            Box::new(|record| wire::read(record.payload()?)),
        )?;
        let keeper = tokio::spawn(keep(
            Arc::clone(feed.shared()),
            topics.clone(),
            Arc::clone(lanes),
        ));
        Ok(Self {
            feed,
            lanes: Arc::clone(lanes),
            takers: AtomicU64::new(1),
            _keeper: Keeper(keeper),
        })
    }

    /// A name for one more taker.
    pub(super) fn taker(&self) -> u64 {
        self.takers.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes what other loops of this process took and are not done with for `idle`. What
    /// another process took comes by itself, once the group has given that one up.
    pub(super) async fn take_over(
        &self,
        entries_max: usize,
        idle: Duration,
        by: u64,
    ) -> Result<Vec<(Place, Entry)>> {
        let shared = self.feed.shared();
        let over = shared
            .window()
            .take_over(entries_max, idle, by, Instant::now());
        // Not from a topic that is gone, which the keeper might not have noticed.
        if !over.is_empty() && !check(shared, &self.lanes).await? {
            return Ok(Vec::new());
        }
        Ok(over)
    }

    /// Leaves the group, having committed what is done.
    pub(super) async fn leave(self) {
        self.feed.leave(LEAVING).await;
    }
}

/// Compares each topic with what it was, making those that are missing. `false`: one began
/// another life, and another member must begin with it.
async fn check(shared: &Arc<Shared<Entry>>, lanes: &Lanes) -> Result<bool> {
    let looks = shared.topics.iter().map(|topic| lanes.look(topic));
    let known = try_join_all(looks).await?;
    let same = known
        .iter()
        .enumerate()
        .all(|(topic, known)| shared.starts.mark(topic) == Some(known.epoch.0.as_str()));
    if !same {
        tracing::info!(
            topic = shared.topics.first(),
            "a topic of a queue was made anew; joining its group again"
        );
        shared.end(Ended::MadeAnew);
    }
    Ok(same)
}

/// Keeps a member's topics: made where they are missing, known by their lives, trimmed.
async fn keep(shared: Arc<Shared<Entry>>, topics: Topics, lanes: Arc<Lanes>) {
    let mut trimmed = Instant::now();
    let mut last: Vec<(Key, i64)> = Vec::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(KEEP_EVERY) => {}
            () = shared.missing.notified() => tokio::time::sleep(KEEP_PAUSE).await,
        }
        match check(&shared, &lanes).await {
            Ok(true) if trimmed.elapsed() >= TRIM_EVERY => {
                trimmed = Instant::now();
                trim(&shared, &topics, &mut last).await;
            }
            Ok(true) => {}
            Ok(false) => return,
            // Whoever fetches hears of it as well.
            Err(error) => tracing::debug!(%error, "looking at a queue's topics"),
        }
    }
}

/// Deletes what is done from the partitions that this member has: nobody will read it, and
/// the topics keep entries for ever.
async fn trim(shared: &Shared<Entry>, topics: &Topics, last: &mut Vec<(Key, i64)>) {
    let fronts = shared.window().fronts().into_iter();
    let fronts: Vec<(Key, i64)> = fronts
        .filter_map(|(key, front)| Some((key, front?)))
        .collect();
    let mut places = TopicPartitionList::new();
    for (key, front) in fronts.iter().filter(|moved| !last.contains(moved)) {
        let mut one = places.add_partition(&shared.topics[key.0], key.1);
        if one.set_offset(Offset::Offset(*front)).is_err() {
            return;
        }
    }
    if places.count() > 0
        && let Err(error) = topics.trim(&places).await
    {
        tracing::debug!(%error, "trimming a queue's topics");
        return;
    }
    *last = fronts;
}
