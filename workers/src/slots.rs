//! Places for the jobs of a queue that run at once in this process. How many there are
//! may change at any time: jobs that run keep theirs, and until enough of them have
//! ended, nobody gets a new one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

/// Who has a place. Pure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    /// Places there are to be.
    allowed: usize,
    /// Loops that look for entries, each on behalf of one free place.
    looking: usize,
    /// Places taken for a claim under way.
    claiming: usize,
    /// Places of jobs that run.
    running: usize,
}

impl Count {
    fn free(&self) -> usize {
        self.allowed.saturating_sub(self.claiming + self.running)
    }

    /// Free places on whose behalf nobody looks yet.
    fn unlooked(&self) -> usize {
        self.free().saturating_sub(self.looking)
    }

    /// Takes up to `most` of the free places.
    fn take(&mut self, most: usize) -> usize {
        let taken = self.free().min(most);
        self.claiming += taken;
        taken
    }
}

/// The places of a queue.
#[derive(Debug)]
pub(crate) struct Slots {
    count: Mutex<Count>,
    allowed: watch::Sender<usize>,
    /// Wakes one that waits to take. Whoever leaves something wakes the next.
    takers: Notify,
    /// Wakes one that waits to look.
    lookers: Notify,
}

/// How a queue's places are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    /// Jobs that run.
    pub(crate) running: usize,
    /// Whether no more than allowed run, and no claim is under way that could change that.
    pub(crate) settled: bool,
}

impl Slots {
    /// No places yet: see [`Slots::allow`].
    pub(crate) fn none() -> Arc<Self> {
        Arc::new(Self {
            count: Mutex::default(),
            allowed: watch::Sender::new(0),
            takers: Notify::new(),
            lookers: Notify::new(),
        })
    }

    /// Sets how many places there are to be.
    pub(crate) fn allow(&self, places: usize) {
        self.change(|count| count.allowed = places);
        self.allowed.send_if_modified(|allowed| {
            let changed = *allowed != places;
            *allowed = places;
            changed
        });
    }

    /// How many places there are to be.
    pub(crate) fn allowed(&self) -> usize {
        *self.allowed.borrow()
    }

    pub(crate) fn used(&self) -> Used {
        let count = self.lock();
        Used {
            running: count.running,
            settled: count.claiming + count.running <= count.allowed
                || count.claiming == 0 && count.allowed == 0,
        }
    }

    /// Waits until there are more than `n` places.
    pub(crate) async fn more_than(&self, n: usize) {
        // The sender is this object's own, so it cannot be gone.
        let _ = self.allowed.subscribe().wait_for(|a| *a > n).await;
    }

    /// Waits until there are no more than `n` places.
    pub(crate) async fn at_most(&self, n: usize) {
        let _ = self.allowed.subscribe().wait_for(|a| *a <= n).await;
    }

    /// Waits for a free place on whose behalf nobody looks for entries. The place is not
    /// taken: who has an entry already may start it meanwhile.
    pub(crate) async fn look(self: &Arc<Self>) -> Looking {
        loop {
            let room = self.change(|count| {
                let room = count.unlooked();
                count.looking += usize::from(room > 0);
                room
            });
            if room > 0 {
                let slots = Arc::clone(self);
                return Looking { slots, room };
            }
            self.lookers.notified().await;
        }
    }

    /// Takes up to `most` places, waiting for the first.
    pub(crate) async fn take(self: &Arc<Self>, most: usize) -> Places {
        loop {
            let taken = self.change(|count| count.take(most.max(1)));
            if taken > 0 {
                let slots = Arc::clone(self);
                return Places { slots, taken };
            }
            self.takers.notified().await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Count) -> T) -> T {
        let mut count = self.lock();
        let changed = change(&mut count);
        let after = *count;
        drop(count);
        if after.free() > 0 {
            self.takers.notify_one();
        }
        if after.unlooked() > 0 {
            self.lookers.notify_one();
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Count> {
        // A panic elsewhere cannot leave the numbers half-changed.
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look for entries, on behalf of a free place.
#[derive(Debug)]
pub(crate) struct Looking {
    slots: Arc<Slots>,
    /// Places that were free, on whose behalf nobody else looked.
    pub(crate) room: usize,
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.slots.change(|count| count.looking -= 1);
    }
}

/// Places taken for a claim; free again when dropped.
#[derive(Debug)]
pub(crate) struct Places {
    slots: Arc<Slots>,
    taken: usize,
}

impl Places {
    pub(crate) fn len(&self) -> usize {
        self.taken
    }

    /// Lets go of all but `most`.
    pub(crate) fn keep(&mut self, most: usize) {
        let rest = self.taken.saturating_sub(most);
        self.taken -= rest;
        self.slots.change(|count| count.claiming -= rest);
    }

    /// One for each job that was claimed.
    pub(crate) fn start(mut self) -> Vec<Place> {
        let started = std::mem::take(&mut self.taken);
        self.slots.change(|count| {
            count.claiming -= started;
            count.running += started;
        });
        let place = || Place(Arc::clone(&self.slots));
        std::iter::repeat_with(place).take(started).collect()
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        self.keep(0);
    }
}

/// The place of a job that runs; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Slots>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.change(|count| count.running -= 1);
    }
}

#[cfg(test)]
mod tests;
