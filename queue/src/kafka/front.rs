use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What was received of one partition and is not done with.
///
/// Kafka remembers one number a partition: everything before it is done. So of what
/// is done only the contiguous part counts, and a record that takes long holds back
/// all that came after it. Offsets may have gaps (a topic that is compacted, records
/// of transactions): contiguous means nothing received is missing.
#[derive(Debug, Default)]
pub(super) struct Front {
    unfinished: BTreeMap<i64, Instant>,
    /// The offset behind the last one received.
    next: Option<i64>,
}

impl Front {
    /// Takes in a record. `false`: it was received before.
    pub(super) fn received(&mut self, offset: i64, now: Instant) -> bool {
        if self.next.is_some_and(|next| offset < next) {
            return false;
        }
        self.unfinished.insert(offset, now);
        self.next = Some(offset + 1);
        true
    }

    /// A record is done with. `false`: it was before, or was never received.
    pub(super) fn done(&mut self, offset: i64) -> bool {
        self.unfinished.remove(&offset).is_some()
    }

    /// The offset before which all is done, which is what a commit says. `None` before
    /// anything was received.
    pub(super) fn committable(&self) -> Option<i64> {
        let oldest = self.unfinished.first_key_value();
        oldest.map(|(&offset, _)| offset).or(self.next)
    }

    /// The offset behind the last one received.
    pub(super) fn next(&self) -> Option<i64> {
        self.next
    }

    /// Offsets from the first that is not done to the last received: what would come
    /// again if this process ended now.
    pub(super) fn span(&self) -> u64 {
        let ends = self.committable().zip(self.next);
        ends.map_or(0, |(front, next)| next.abs_diff(front))
    }

    /// How many are not done.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.len()
    }

    /// For how long the oldest has not been done.
    pub(super) fn oldest_age(&self, now: Instant) -> Option<Duration> {
        let (_, &since) = self.unfinished.first_key_value()?;
        Some(now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_that_takes_long_holds_back_the_rest() {
        let now = Instant::now();
        let mut front = Front::default();
        assert_eq!(front.committable(), None);
        for offset in [10, 11, 13] {
            assert!(front.received(offset, now));
        }
        assert!(!front.received(11, now), "it came before");
        assert_eq!(front.committable(), Some(10));
        assert!(front.done(11) && front.done(13));
        assert_eq!((front.committable(), front.span()), (Some(10), 4));
        assert!(front.done(10));
        assert!(!front.done(10), "it is done");
        assert_eq!((front.committable(), front.span()), (Some(14), 0));
    }

    proptest! {
        /// Whatever the order in which records come and end, a commit passes over none
        /// that is not done, never goes back, and is complete once all are done.
        #[test]
        fn a_commit_passes_over_nothing(
            start in 0_i64..1000,
            gaps in prop::collection::vec(1_i64..4, 1..60),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..120),
        ) {
            let now = Instant::now();
            let mut front = Front::default();
            let mut coming = gaps.iter().scan(start, |at, gap| {
                *at += gap;
                Some(*at)
            });
            let mut unfinished = BTreeSet::new();
            let mut last = None;
            let mut before = None;
            let mut step = |front: &mut Front, ends: Option<prop::sample::Index>, unfinished: &mut BTreeSet<i64>| {
                match ends {
                    Some(which) if !unfinished.is_empty() => {
                        let offset = *unfinished.iter().nth(which.index(unfinished.len())).unwrap();
                        unfinished.remove(&offset);
                        assert!(front.done(offset));
                    }
                    _ => if let Some(offset) = coming.next() {
                        assert!(front.received(offset, now));
                        unfinished.insert(offset);
                        last = Some(offset);
                    }
                }
                last
            };
            for (at, which) in order.into_iter().enumerate() {
                let last = step(&mut front, (at % 2 == 1).then_some(which), &mut unfinished);
                let expected = unfinished.first().copied().or(last.map(|last| last + 1));
                prop_assert_eq!(front.committable(), expected);
                prop_assert!(front.committable() >= before);
                before = front.committable();
                prop_assert_eq!(front.unfinished(), unfinished.len());
            }
        }
    }
}
