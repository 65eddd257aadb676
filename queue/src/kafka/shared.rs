use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nexus_config::Kafka;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use tokio::sync::Notify;

use super::cause::Heard;
use super::errors::{is_missing, is_of_line};
use super::membership::Starts;
use super::window::{Key, Window};

/// What a record becomes; `None` where it is not of the form that is read.
pub(super) type Read<T> = Box<dyn Fn(&BorrowedMessage<'_>) -> Option<T> + Send + Sync>;

/// What a feed's thread, its rebalances and its users share.
pub(super) struct Shared<T> {
    pub(super) topics: Vec<String>,
    pub(super) starts: Starts,
    pub(super) read: Read<T>,
    window: Mutex<Window<T>>,
    /// Records came, or partitions were dealt.
    pub(super) changed: Notify,
    /// Topics are missing, or are not what they were.
    pub(super) missing: Notify,
    pub(super) stop: AtomicBool,
    /// What its client says of its lines.
    pub(super) heard: Heard,
    /// What another member of this one's name makes of it.
    replaced: Replaced,
    /// What keeps the brokers from being reached, as far as is known.
    pub(super) away: Mutex<Option<String>>,
    /// What ended this member for good.
    pub(super) ended: Mutex<Option<Ended>>,
}

/// Why a member is of no use any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// What it reads was made anew. Another client begins with it: one that knew it before
    /// goes on where it was, and may take news of it for old.
    MadeAnew,
    /// Another member came into the group under this one's name.
    Replaced {
        /// What to say.
        why: String,
        /// Not before this does it join again, throwing out the other in its turn.
        until: Instant,
    },
    /// The group threw it out, or its client gave up.
    Failed(String),
}

/// What a member does that another one of its name replaced.
struct Replaced {
    why: String,
    rest: Duration,
}

impl Replaced {
    fn new(settings: &Kafka, group: &str) -> Self {
        let name = &settings.instance;
        Self {
            why: format!(
                "another process came into the group {group} under this one's name, \
                 kafka.instance = {name:?}; each process needs a name of its own"
            ),
            rest: settings.session_timeout.get(),
        }
    }

    fn end(&self) -> Ended {
        Ended::Replaced {
            why: self.why.clone(),
            until: Instant::now() + self.rest,
        }
    }
}

impl<T: Clone> Shared<T> {
    pub(super) fn new(
        settings: &Kafka,
        group: &str,
        topics: Vec<String>,
        starts: Starts,
        read: Read<T>,
    ) -> Self {
        let window_max = usize::try_from(settings.window_records).unwrap_or(usize::MAX);
        Self {
            window: Mutex::new(Window::new(topics.len(), window_max)),
            topics,
            starts,
            read,
            changed: Notify::new(),
            missing: Notify::new(),
            stop: AtomicBool::new(false),
            heard: Heard::default(),
            replaced: Replaced::new(settings, group),
            away: Mutex::default(),
            ended: Mutex::default(),
        }
    }
}

impl<T> Shared<T> {
    pub(super) fn window(&self) -> MutexGuard<'_, Window<T>> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which of the topics a partition is of.
    pub(super) fn key(&self, topic: &str, partition: i32) -> Option<Key> {
        let topic = self.topics.iter().position(|name| name == topic)?;
        Some((topic, partition))
    }

    /// Whether it is to stop, or is of no use any more.
    pub(super) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || slot(&self.ended).is_some()
    }

    /// This member is of no use any more.
    pub(super) fn end(&self, why: Ended) {
        slot(&self.ended).get_or_insert(why);
        self.changed.notify_waiters();
    }

    pub(super) fn reached(&self) {
        *slot(&self.away) = None;
    }

    /// Takes in an error of a poll, and what ended the client, if anything did.
    pub(super) fn went_wrong(&self, error: &KafkaError, fatal: Option<(RDKafkaErrorCode, String)>) {
        let code = error.rdkafka_error_code();
        if let Some((code, text)) = fatal {
            self.end(match code {
                RDKafkaErrorCode::FencedInstanceId => self.replaced.end(),
                _ => Ended::Failed(text),
            });
        } else if code.is_some_and(is_missing) {
            self.missing.notify_one();
        } else if code.is_some_and(is_of_line) {
            let said = self.heard.lately();
            *slot(&self.away) = Some(said.unwrap_or_else(|| error.to_string()));
        }
        tracing::debug!(%error, "reading from Kafka");
        self.changed.notify_waiters();
    }
}

/// What is known, or not.
pub(super) fn slot<V>(slot: &Mutex<Option<V>>) -> MutexGuard<'_, Option<V>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
