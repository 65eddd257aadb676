//! The most frequent values of a column, in fixed memory.
//!
//! The algorithm is that of Misra and Gries ("Finding repeated elements", 1982) with room for
//! twice as many counters, as in Agarwal et al. ("Mergeable summaries", 2012) and Anderson et al.
//! ("A high-performance algorithm for identifying frequent items in data streams", 2017): a full
//! table is cut by the count of its 257th largest counter, which frees at least half of it at
//! once. Each unit cut was cut from at least 257 counters, so that all cuts together come to at
//! most n / 257 after n values. Hence a value's true count is at least its counter and at most
//! its counter and the cuts, and every value that occurs more than n / 257 times has a counter.
//!
//! A value is known by its hash of 64 bits alone. Two values of one column would be taken for one
//! with odds of at most 512 in 2^64 a row.

use super::kept::Kept;
use super::kind::ValueKind;
use super::report::TopValue;

/// Counters that survive a cut; every value with more than rows / (`COUNTERS` + 1) has one.
pub(super) const COUNTERS: usize = 256;
/// Counters that there is room for. Up to so many distinct values, every count is exact.
pub(super) const COUNTERS_MAX: usize = 2 * COUNTERS;
/// Places of the index, a power of two. At least three quarters are vacant: most values of most
/// columns are new, and the first look settles that.
const PLACES: usize = 4 * COUNTERS_MAX;

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    hash: u64,
    count: u64,
}

/// Counters by hash, and the values of those that were met again.
#[derive(Debug)]
pub(super) struct Frequent {
    /// Open addressing with linear probing: a counter's position and 1, or 0 where vacant.
    index: Box<[u16; PLACES]>,
    /// A counter in use counts at least 1.
    counters: Box<[Counter; COUNTERS_MAX]>,
    /// By position, the value of a counter that has ever reached 2. A value met once is not
    /// copied: most columns are full of those, and they are not reported.
    values: Vec<Kept>,
    /// Positions not in use, below `COUNTERS_MAX`.
    free: Vec<u16>,
    /// What all cuts together have taken from any counter.
    cut: u64,
}

impl Frequent {
    pub(super) fn new() -> Self {
        Self {
            index: Box::new([0; PLACES]),
            counters: Box::new([Counter::default(); COUNTERS_MAX]),
            values: vec![Kept::default(); COUNTERS_MAX],
            free: every_position(),
            cut: 0,
        }
    }

    /// Counts one value. Says whether it has been counted since before, without a gap.
    #[inline]
    pub(super) fn observe(&mut self, hash: u64, bytes: &[u8]) -> bool {
        let mut place = home(hash);
        loop {
            match self.index[place] {
                0 => break,
                at => {
                    let position = usize::from(at - 1) % COUNTERS_MAX;
                    let counter = &mut self.counters[position];
                    if counter.hash == hash {
                        counter.count += 1;
                        if counter.count == 2 {
                            self.values[position] = Kept::of(bytes);
                        }
                        return true;
                    }
                }
            }
            place = (place + 1) % PLACES;
        }
        if self.free.is_empty() {
            self.make_room();
            place = self.vacant(hash);
        }
        if let Some(position) = self.free.pop() {
            self.counters[usize::from(position) % COUNTERS_MAX] = Counter { hash, count: 1 };
            self.index[place] = position + 1;
        }
        false
    }

    /// The hashes of all values seen, where there were few enough of them.
    pub(super) fn every_hash(&self) -> Option<Vec<u64>> {
        let used = self.counters.iter().filter(|counter| counter.count > 0);
        (self.cut == 0).then(|| used.map(|counter| counter.hash).collect())
    }

    /// Every value that is known to occur more than once, and how often any other may at most.
    pub(super) fn repeated(&self, kind: ValueKind) -> (Vec<TopValue>, u64) {
        let counters = self.counters.iter().zip(&self.values);
        let repeated = counters.filter(|(counter, _)| counter.count > 1);
        let repeated = repeated.map(|(counter, value)| TopValue {
            value: value.show(kind),
            hash: counter.hash,
            at_least: counter.count,
            at_most: counter.count + self.cut,
        });
        let once = self.counters.iter().any(|counter| counter.count == 1);
        (repeated.collect(), self.cut + u64::from(once))
    }

    /// Cuts all counters by the count of the 257th largest, which frees at least half of them.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let cut = self.count_to_cut();
        self.cut += cut;
        self.index.fill(0);
        for position in every_position() {
            let counter = &mut self.counters[usize::from(position)];
            counter.count = counter.count.saturating_sub(cut);
            let &mut Counter { hash, count } = counter;
            if count == 0 {
                self.free.push(position);
            } else {
                let place = self.vacant(hash);
                self.index[place] = position + 1;
            }
        }
    }

    fn count_to_cut(&self) -> u64 {
        let repeated = self.counters.iter().filter(|counter| counter.count > 1);
        if repeated.count() <= COUNTERS {
            return 1;
        }
        let mut counts = self.counters.each_ref().map(|counter| counter.count);
        *counts.select_nth_unstable_by(COUNTERS, |a, b| b.cmp(a)).1
    }

    /// The first vacant place for a hash that is not in the index.
    fn vacant(&self, hash: u64) -> usize {
        let mut place = home(hash);
        while self.index[place] != 0 {
            place = (place + 1) % PLACES;
        }
        place
    }
}

/// The place to look at first.
#[inline]
fn home(hash: u64) -> usize {
    usize::try_from(hash % PLACES as u64).unwrap_or(0)
}

fn every_position() -> Vec<u16> {
    (0..).take(COUNTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

    use super::*;

    /// Skewed values: those below `frequent` make up half of them.
    fn values(seed: u64, length: u64, distinct: u64, frequent: u64) -> Vec<u64> {
        let value = |row: u64| {
            let random = xxh3_64_with_seed(&row.to_le_bytes(), seed);
            let bound = if random & 1 == 0 { distinct } else { frequent };
            (random >> 1) % bound
        };
        (0..length).map(value).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn counters_are_as_close_as_promised(
            seed: u64,
            length in 0_u64..20_000,
            distinct in 1_u64..5_000,
            frequent in 1_u64..300,
        ) {
            let values = values(seed, length, distinct, frequent);
            let mut seen = Frequent::new();
            let mut truth: HashMap<u64, u64> = HashMap::new();
            for value in &values {
                let bytes = value.to_le_bytes();
                let known = seen.observe(xxh3_64(&bytes), &bytes);
                let count = truth.entry(xxh3_64(&bytes)).or_default();
                prop_assert!(*count > 0 || !known);
                *count += 1;
            }
            prop_assert!(seen.cut <= length / (COUNTERS as u64 + 1));
            prop_assert_eq!(seen.cut == 0, truth.len() <= COUNTERS_MAX);
            let counters: HashMap<u64, u64> = seen
                .counters
                .iter()
                .filter(|counter| counter.count > 0)
                .map(|counter| (counter.hash, counter.count))
                .collect();
            for (hash, &count) in &truth {
                let counter = counters.get(hash).copied().unwrap_or(0);
                prop_assert!((counter..=counter + seen.cut).contains(&count));
                prop_assert!(counter > 0 || count <= length / (COUNTERS as u64 + 1));
            }
            prop_assert!(counters.keys().all(|hash| truth.contains_key(hash)));
            prop_assert_eq!(counters.len() + seen.free.len(), COUNTERS_MAX);
            let every = seen.every_hash().map(|hashes| hashes.len());
            prop_assert_eq!(every, (seen.cut == 0).then_some(truth.len()));
        }
    }

    #[test]
    fn a_counter_that_comes_back_has_its_own_value() {
        let mut seen = Frequent::new();
        for round in 0..20_u64 {
            for value in 0..COUNTERS_MAX as u64 {
                let text = format!("{round}-{value}");
                for _ in 0..2 + value % 3 {
                    seen.observe(xxh3_64(text.as_bytes()), text.as_bytes());
                }
            }
        }
        let (repeated, _) = seen.repeated(ValueKind::Text);
        assert!(!repeated.is_empty());
        for value in repeated {
            assert_eq!(xxh3_64(value.value.as_bytes()), value.hash);
        }
    }

    #[test]
    fn a_full_table_gives_up_half_of_its_counters_at_once() {
        let mut seen = Frequent::new();
        let mut add = |value: u64| seen.observe(xxh3_64(&value.to_le_bytes()), &[]);
        for value in 0..COUNTERS_MAX as u64 {
            for _ in 0..10 + value {
                add(value);
            }
        }
        assert!(!add(u64::MAX));
        // The 257th largest of 10 to 521; the largest 256 survive, and the new one is there.
        assert_eq!(seen.cut, 265);
        assert_eq!(seen.free.len(), COUNTERS - 1);
        assert_eq!(seen.every_hash(), None);
    }
}
