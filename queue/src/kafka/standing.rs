use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::shared::Shared;
use super::topic::{Content, TopicConsumer};
use super::window::Window;

/// How a member of a group stands in this process, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Partitions that it has.
    pub partitions: usize,
    /// Records in this process that are not done with.
    pub unfinished: usize,
    /// For how long the oldest of them has not been.
    pub oldest_age: Option<Duration>,
}

impl Standing {
    pub(super) fn of<T: Clone>(window: &Window<T>) -> Self {
        Self {
            partitions: window.fronts().len(),
            unfinished: window.len(),
            oldest_age: window.oldest_age(Instant::now()),
        }
    }
}

/// Looks at how a reader of topics stands, from elsewhere in the process, whichever consumer
/// it has just now. Clones look at the same one.
#[derive(Clone, Default)]
pub struct Watched(Arc<Mutex<Weak<Shared<Arc<Content>>>>>);

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watched").field(&self.standing()).finish()
    }
}

impl Watched {
    /// This consumer is the reader's from now on, until it is dropped.
    pub fn watch(&self, consumer: &TopicConsumer) {
        let shared = Arc::downgrade(consumer.feed.shared());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = shared;
    }

    /// How it stands; `None` while it has no consumer.
    pub fn standing(&self) -> Option<Standing> {
        Some(Standing::of(&self.shared()?.window()))
    }

    /// The topics that it reads, while it has a consumer.
    pub fn topics(&self) -> Vec<String> {
        self.shared()
            .map_or_else(Vec::new, |shared| shared.topics.clone())
    }

    fn shared(&self) -> Option<Arc<Shared<Arc<Content>>>> {
        let shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade()
    }
}
