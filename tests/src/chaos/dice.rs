//! Chance that can be repeated: the same seed rolls the same, on any machine and with any
//! version of any crate.

use std::time::Duration;

/// A stream of numbers decided by a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed; each `stream` of it rolls on its own.
    pub const fn new(seed: u64, stream: u64) -> Self {
        Self(mixed(
            seed ^ mixed(stream.wrapping_add(0x9e37_79b9_7f4a_7c15)),
        ))
    }

    /// Any number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number below `end`, which is not 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    /// A time from `least` on and before `end`.
    pub fn between(&mut self, least: Duration, end: Duration) -> Duration {
        let span = end.saturating_sub(least).as_micros();
        let span = u64::try_from(span).unwrap_or(u64::MAX).max(1);
        least + Duration::from_micros(self.below(span))
    }

    /// Any order of `things`.
    pub fn shuffled<T>(&mut self, mut things: Vec<T>) -> Vec<T> {
        for end in (1..things.len()).rev() {
            let other = self.below(end as u64 + 1);
            things.swap(end, usize::try_from(other).unwrap_or(end));
        }
        things
    }
}

/// Mixes 64 bits. G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
pub const fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
