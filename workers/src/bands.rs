//! Which priority band goes first, turn by turn. Pure: no I/O.

use nexus_config::{BandPolicy, Workers};
use nexus_jobs::Band;

/// A loop's turns. In each, one band goes first and the others follow by urgency, so
/// that a turn is never idle while anything waits.
///
/// Strict: critical goes first, but in every `lift_every`th turn low, normal and high do,
/// one after the other; so each is first once in `3 · lift_every` turns. Weighted: a
/// smooth round-robin, in which a band of weight `w` is first `w` times in as many turns
/// as all weights together.
#[derive(Clone, Debug)]
pub(crate) struct BandTurns {
    policy: BandPolicy,
    lift_every: u32,
    weights: [i64; 4],
    /// Turns so far.
    turn: u32,
    /// What each band is owed, in turns times the sum of the weights.
    owed: [i64; 4],
}

/// Who goes first in every so many turns, of those that are not first anyway.
const LIFTED: [Band; 3] = [Band::Low, Band::Normal, Band::High];

impl BandTurns {
    pub(crate) fn new(settings: &Workers) -> Self {
        Self {
            policy: settings.bands,
            lift_every: settings.bands_lift_every,
            weights: settings.bands_weights.in_order().map(i64::from),
            turn: 0,
            owed: [0; 4],
        }
    }

    /// The bands in this turn's order.
    pub(crate) fn order(&self) -> [Band; 4] {
        let first = self.first();
        let mut order = [first; 4];
        let others = Band::ALL.into_iter().filter(|&band| band != first);
        for (place, band) in order[1..].iter_mut().zip(others) {
            *place = band;
        }
        order
    }

    /// On to the next turn.
    pub(crate) fn next(&mut self) {
        let first = self.first();
        for (band, (owed, weight)) in Band::ALL.iter().zip(self.owed.iter_mut().zip(self.weights)) {
            *owed += weight;
            if *band == first {
                *owed -= self.weights.iter().sum::<i64>();
            }
        }
        self.turn = self.turn.wrapping_add(1);
    }

    fn first(&self) -> Band {
        match self.policy {
            BandPolicy::Strict => {
                let turn = self.turn.wrapping_add(1);
                let lifts = turn / self.lift_every.max(1);
                match turn % self.lift_every.max(1) {
                    0 => LIFTED[(lifts.wrapping_sub(1) % 3) as usize],
                    _ => Band::Critical,
                }
            }
            BandPolicy::Weighted => {
                let owed = self.owed.iter().zip(self.weights).map(|(o, w)| o + w);
                let bands = Band::ALL.into_iter().zip(owed);
                // Of equals the most urgent: `max_by_key` would take the last.
                bands
                    .rev()
                    .max_by_key(|&(_, owed)| owed)
                    .map_or(Band::Critical, |(band, _)| band)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nexus_config::{BandWeights, Settings};
    use proptest::prelude::*;

    use super::*;

    fn turns(change: impl FnOnce(&mut Workers)) -> BandTurns {
        let mut settings = Settings::defaults().workers;
        change(&mut settings);
        BandTurns::new(&settings)
    }

    /// The first of each of so many turns.
    fn firsts(mut turns: BandTurns, count: usize) -> Vec<Band> {
        let next = || {
            let order = turns.order();
            turns.next();
            let mut sorted = order;
            sorted.sort();
            assert_eq!(sorted, Band::ALL, "every band, once");
            assert!(order[1..].is_sorted(), "the others by urgency");
            order[0]
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn strict_is_strict_but_for_one_turn_in_so_many() {
        use Band::{Critical as C, High as H, Low as L, Normal as N};
        let strict = turns(|settings| settings.bands_lift_every = 3);
        assert_eq!(firsts(strict, 10), [C, C, L, C, C, N, C, C, H, C]);
    }

    #[test]
    fn weights_are_shares_and_come_evenly() {
        use Band::{Critical as C, High as H, Low as L, Normal as N};
        let weighted = turns(|settings| {
            settings.bands = BandPolicy::Weighted;
            settings.bands_weights = BandWeights {
                critical: 4,
                high: 2,
                normal: 1,
                low: 1,
            };
        });
        assert_eq!(firsts(weighted, 8), [C, H, C, N, L, C, H, C]);
    }

    proptest! {
        /// Whatever waits, and however much of it is in other bands: a band that has
        /// anything is served within so many turns.
        #[test]
        fn no_band_starves_where_bands_are_strict(every in 2_u32..40) {
            let window = 3 * every as usize;
            let strict = turns(|settings| settings.bands_lift_every = every);
            for turns in firsts(strict, 4 * window).windows(window) {
                prop_assert!(Band::ALL.iter().all(|band| turns.contains(band)));
            }
        }

        #[test]
        fn each_band_has_its_share_where_they_are_weighted(
            weights in prop::array::uniform4(1_u32..50),
        ) {
            let weighted = turns(|settings| {
                settings.bands = BandPolicy::Weighted;
                let [critical, high, normal, low] = weights;
                settings.bands_weights = BandWeights { critical, high, normal, low };
            });
            let all = weights.iter().sum::<u32>() as usize;
            for turns in firsts(weighted, 3 * all).chunks(all) {
                for (band, weight) in Band::ALL.into_iter().zip(weights) {
                    let served = turns.iter().filter(|&&first| first == band).count();
                    prop_assert_eq!(served, weight as usize);
                }
            }
        }
    }
}
