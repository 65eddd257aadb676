use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::front::Front;

/// A partition of one of the topics that a group member reads: which of them, and its
/// number.
pub(super) type Key = (usize, i32);

/// Names a record to the member that received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) offset: i64,
    /// Which of the partition's assignments to this member: what a rebalance took away
    /// is another member's to finish, also if it comes back.
    pub(super) generation: u64,
}

/// A record in this process.
#[derive(Debug)]
struct Held<T> {
    item: T,
    taken: Option<Taken>,
}

#[derive(Clone, Copy, Debug)]
struct Taken {
    by: u64,
    at: Instant,
}

/// A partition that this member has.
#[derive(Debug)]
struct Partition<T> {
    generation: u64,
    front: Front,
    /// What is not done with, by offset.
    held: BTreeMap<i64, Held<T>>,
    /// The commit that was last asked for.
    stored: Option<i64>,
    /// Where this member began.
    starts_at: i64,
    /// Where the partition ended when it was assigned: once this is received, all that
    /// was there has been.
    ended_at: i64,
}

/// What a group member holds: records that came, were taken, and are not done with.
///
/// Pure: what to commit and which partitions to pause is asked of it, and done by others.
#[derive(Debug)]
pub(super) struct Window<T> {
    records_max: usize,
    partitions: HashMap<Key, Partition<T>>,
    /// Of each topic, what nobody has taken, in the order in which it came.
    waiting: Vec<VecDeque<Place>>,
    held: usize,
    generations: u64,
    /// Whether partitions were ever dealt.
    assigned: bool,
    /// Whether it was full and is not half empty again.
    full: bool,
}

impl<T: Clone> Window<T> {
    pub(super) fn new(topics: usize, records_max: usize) -> Self {
        Self {
            records_max,
            partitions: HashMap::new(),
            waiting: (0..topics).map(|_| VecDeque::new()).collect(),
            held: 0,
            generations: 0,
            assigned: false,
            full: false,
        }
    }

    /// Partitions are this member's from now on, each with the offset at which it starts
    /// and the one at which it ends just now.
    pub(super) fn assign(&mut self, partitions: impl IntoIterator<Item = (Key, i64, i64)>) {
        self.generations += 1;
        self.assigned = true;
        for (key, starts_at, ends_at) in partitions {
            self.forget(key);
            let partition = Partition {
                generation: self.generations,
                front: Front::default(),
                held: BTreeMap::new(),
                stored: None,
                starts_at,
                ended_at: if starts_at < ends_at { ends_at } else { 0 },
            };
            self.partitions.insert(key, partition);
        }
    }

    /// Nothing is this member's any more.
    pub(super) fn revoke_all(&mut self) {
        let keys: Vec<Key> = self.partitions.keys().copied().collect();
        self.revoke(keys);
        self.assigned = false;
    }

    /// Partitions are this member's no more; what it held of them is another's.
    pub(super) fn revoke(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            self.forget(key);
        }
    }

    fn forget(&mut self, key: Key) {
        if let Some(partition) = self.partitions.remove(&key) {
            self.held -= partition.held.len();
            self.waiting[key.0].retain(|place| place.key != key);
        }
    }

    /// A record came; `None` in place of it where it is not of our form, which is done
    /// with at once. `false`: its partition is not this member's.
    pub(super) fn arrived(&mut self, key: Key, offset: i64, item: Option<T>, now: Instant) -> bool {
        let Some(partition) = self.partitions.get_mut(&key) else {
            return false;
        };
        if !partition.front.received(offset, now) {
            return true;
        }
        let Some(item) = item else {
            partition.front.done(offset);
            return true;
        };
        partition.held.insert(offset, Held { item, taken: None });
        self.held += 1;
        self.waiting[key.0].push_back(Place {
            key,
            offset,
            generation: partition.generation,
        });
        true
    }

    /// Takes records of these topics, one topic after the other.
    pub(super) fn take(
        &mut self,
        topics: &[usize],
        records_max: usize,
        by: u64,
        now: Instant,
    ) -> Vec<(Place, T)> {
        let mut taken = Vec::new();
        for &topic in topics {
            while taken.len() < records_max
                && let Some(place) = self.waiting[topic].pop_front()
            {
                if let Some(held) = self.held_at(place) {
                    held.taken = Some(Taken { by, at: now });
                    taken.push((place, held.item.clone()));
                }
            }
        }
        taken
    }

    /// Takes what others took and are not done with for `idle`.
    pub(super) fn take_over(
        &mut self,
        records_max: usize,
        idle: Duration,
        by: u64,
        now: Instant,
    ) -> Vec<(Place, T)> {
        let mut over = Vec::new();
        for (&key, partition) in &mut self.partitions {
            for (&offset, held) in &mut partition.held {
                let Some(taken) = &mut held.taken else {
                    continue;
                };
                if over.len() < records_max && now.saturating_duration_since(taken.at) >= idle {
                    *taken = Taken { by, at: now };
                    let generation = partition.generation;
                    let place = Place {
                        key,
                        offset,
                        generation,
                    };
                    over.push((place, held.item.clone()));
                }
            }
        }
        over.sort_by_key(|(place, _)| *place);
        over
    }

    /// Records are done with. Gives the partitions of which more can be committed now,
    /// and up to where.
    pub(super) fn done(&mut self, places: &[Place]) -> Vec<(Key, i64)> {
        let mut touched = BTreeSet::new();
        for place in places {
            let Some(partition) = self.partitions.get_mut(&place.key) else {
                continue;
            };
            if partition.generation == place.generation && partition.front.done(place.offset) {
                partition.held.remove(&place.offset);
                self.held -= 1;
                touched.insert(place.key);
            }
        }
        let moved = touched.into_iter().filter_map(|key| self.moved(key));
        moved.collect()
    }

    /// The partition and up to where it can be committed, if that is further than before.
    pub(super) fn moved(&mut self, key: Key) -> Option<(Key, i64)> {
        let partition = self.partitions.get_mut(&key)?;
        let front = partition.front.committable()?;
        if partition.stored >= Some(front) {
            return None;
        }
        partition.stored = Some(front);
        Some((key, front))
    }

    /// What this taker holds is there for others again.
    pub(super) fn give_back(&mut self, by: u64) {
        for (&key, partition) in &mut self.partitions {
            for (&offset, held) in partition.held.iter_mut().rev() {
                if held.taken.is_some_and(|taken| taken.by == by) {
                    held.taken = None;
                    let generation = partition.generation;
                    self.waiting[key.0].push_front(Place {
                        key,
                        offset,
                        generation,
                    });
                }
            }
        }
    }

    /// Which partitions are to be paused: all of them while the window is full, else
    /// those that one record holds back too far.
    pub(super) fn paused_wanted(&mut self) -> BTreeSet<Key> {
        self.full = if self.full {
            self.held > self.records_max / 2
        } else {
            self.held >= self.records_max
        };
        let span_max = u64::try_from(self.records_max)
            .unwrap_or(u64::MAX)
            .saturating_mul(4);
        let paused = self
            .partitions
            .iter()
            .filter(|(_, partition)| self.full || partition.front.span() >= span_max);
        paused.map(|(&key, _)| key).collect()
    }

    /// Whether all was received that these topics held when their partitions were dealt,
    /// or more does not fit.
    pub(super) fn caught_up(&self, topics: &[usize]) -> bool {
        self.full
            || self.assigned
                && self.partitions.iter().all(|(key, partition)| {
                    !topics.contains(&key.0)
                        || partition.front.next().unwrap_or(0) >= partition.ended_at
                })
    }

    /// Of a partition that is this member's: the offset behind what it received, and how
    /// many records are not done with.
    pub(super) fn standing_of(&self, key: Key) -> Option<(i64, usize)> {
        let partition = self.partitions.get(&key)?;
        let next = partition.front.next().unwrap_or(partition.starts_at);
        Some((next, partition.front.unfinished()))
    }

    /// The partitions that this member has, with the offset up to which each is done.
    pub(super) fn fronts(&self) -> Vec<(Key, Option<i64>)> {
        let fronts = self.partitions.iter();
        fronts
            .map(|(&key, partition)| (key, partition.front.committable()))
            .collect()
    }

    /// Records that are not done with.
    pub(super) fn len(&self) -> usize {
        self.held
    }

    /// For how long the oldest has not been done.
    pub(super) fn oldest_age(&self, now: Instant) -> Option<Duration> {
        let ages = self.partitions.values();
        ages.filter_map(|partition| partition.front.oldest_age(now))
            .max()
    }

    fn held_at(&mut self, place: Place) -> Option<&mut Held<T>> {
        let partition = self.partitions.get_mut(&place.key)?;
        if partition.generation != place.generation {
            return None;
        }
        partition.held.get_mut(&place.offset)
    }
}

#[cfg(test)]
mod tests;
