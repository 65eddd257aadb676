use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, Statistics, TopicPartitionList};

use super::errors::{code, is_missing, is_passing};
use super::offsets::{self, Ends, Name};
use super::shared::{Ended, Shared};
use super::window::Key;

/// Pause between questions that have no answer yet.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// What a group has committed, with what the commits carry, and where partitions end.
type Asked = Result<(HashMap<Name, (i64, String)>, HashMap<Name, Ends>), KafkaError>;

/// Where a member begins with partitions that it is dealt.
pub(super) enum Starts {
    /// Where the group left off.
    AtCommitted,
    /// The same, if what is committed was committed in this life of the topic, which a
    /// mark tells; else at the beginning.
    Marked(Vec<String>),
}

impl Starts {
    /// What a commit of this topic is to carry.
    pub(super) fn mark(&self, topic: usize) -> Option<&str> {
        match self {
            Self::AtCommitted => None,
            Self::Marked(marks) => marks.get(topic).map(String::as_str),
        }
    }
}

/// Follows a group's rebalances. Runs inside the polls of the feed's own thread, so that
/// what waits here keeps nobody else waiting.
pub(super) struct Membership<T> {
    shared: Arc<Shared<T>>,
    patience: Duration,
}

impl<T> Membership<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, patience: Duration) -> Self {
        Self { shared, patience }
    }
}

impl<T: Clone + Send + 'static> Membership<T> {
    /// Takes partitions in hand.
    fn assign(
        &self,
        client: &BaseConsumer<Self>,
        dealt: &TopicPartitionList,
    ) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::with_capacity(dealt.count());
        let mut starts = Vec::with_capacity(dealt.count());
        let known = match &self.shared.starts {
            Starts::AtCommitted => None,
            Starts::Marked(_) => Some(self.ask(client, dealt)?),
        };
        for place in dealt.elements() {
            let Some(key) = self.shared.key(place.topic(), place.partition()) else {
                continue;
            };
            let mut chosen = list.add_partition(place.topic(), place.partition());
            let Some((committed, ends)) = &known else {
                starts.push((key, 0, 0));
                continue;
            };
            let name = (place.topic().to_owned(), place.partition());
            let ends = ends.get(&name).copied().unwrap_or_default();
            let mark = self.shared.starts.mark(key.0);
            let at = committed
                .get(&name)
                .filter(|(_, carried)| mark.is_none_or(|mark| mark == carried))
                .map(|&(at, _)| at);
            let at = at.unwrap_or(ends.first).max(ends.first);
            chosen.set_offset(Offset::Offset(at))?;
            starts.push((key, at, ends.last));
        }
        // Before anything of them can come.
        self.shared.window().assign(starts);
        client.assign(&list)
    }

    /// What was committed of these partitions, and where they end. Of a topic that was made a
    /// moment ago not every broker knows as yet, nor who leads it: asked again until they do.
    fn ask(&self, client: &BaseConsumer<Self>, dealt: &TopicPartitionList) -> Asked {
        let until = Instant::now() + self.patience;
        loop {
            let asked = offsets::committed(client, dealt, self.patience).and_then(|committed| {
                Ok((committed, offsets::ends(client, dealt, self.patience)?))
            });
            match asked {
                Err(error)
                    if code(&error).is_some_and(is_passing)
                        && Instant::now() < until
                        && !self.shared.is_over() =>
                {
                    tracing::debug!(%error, "what was dealt is not to be had yet");
                    // The feed's own thread, inside one of its polls: nobody else waits for it.
                    thread::sleep(ASK_AGAIN);
                }
                asked => return asked,
            }
        }
    }

    /// Partitions that this member cannot begin with. Whatever was dealt, the client waits for
    /// an answer to it. Another client takes this one's place: one that leaves its group and
    /// joins it again at once may be dealt nothing ever.
    fn decline(&self, client: &BaseConsumer<Self>, error: &KafkaError) {
        tracing::debug!(%error, "cannot begin with what was dealt");
        self.shared.window().revoke_all();
        if let Err(error) = client.unassign() {
            tracing::debug!(%error, "declining partitions");
        }
        self.shared.end(if code(error).is_some_and(is_missing) {
            Ended::MadeAnew
        } else {
            Ended::Failed(error.to_string())
        });
    }

    fn revoke(&self, client: &BaseConsumer<Self>, taken: &TopicPartitionList) {
        let keys = taken.elements();
        let keys: Vec<Key> = keys
            .iter()
            .filter_map(|place| self.shared.key(place.topic(), place.partition()))
            .collect();
        // What is done was stored when it was, and is committed by what follows. The rest is
        // given back: others will get it.
        self.shared.window().revoke(keys);
        if let Err(error) = client.unassign() {
            tracing::debug!(%error, "giving partitions back");
        }
    }
}

impl<T: Clone + Send + 'static> ConsumerContext for Membership<T> {
    fn rebalance(
        &self,
        client: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            tracing::debug!(
                partitions = partitions.count(),
                topic = self.shared.topics.first(),
                "dealt"
            );
            if let Err(error) = self.assign(client, partitions) {
                self.decline(client, &error);
            } else {
                self.shared.reached();
            }
        } else {
            tracing::debug!(
                partitions = partitions.count(),
                topic = self.shared.topics.first(),
                "taken away"
            );
            self.revoke(client, partitions);
        }
        self.shared.changed.notify_waiters();
    }
}

impl<T: Send + 'static> ClientContext for Membership<T> {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.shared.heard.log(level, facility, text);
    }

    fn stats(&self, _: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.shared.heard.hear(&error, reason);
    }
}
