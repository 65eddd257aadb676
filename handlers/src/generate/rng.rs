//! Random numbers that are the same for ever: xoshiro256**, seeded by splitmix64.
//!
//! Both are published by Blackman and Vigna in the public domain. A crate's generator may change
//! with its version; the bytes that a seed gives here must not.

/// A stream of pseudo-random numbers.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    state: [u64; 4],
}

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        Self {
            state: [next(), next(), next(), next()],
        }
    }

    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        result
    }

    /// A number below `bound`, which is not 0 and below 2^32.
    #[inline]
    pub(super) fn below(&mut self, bound: usize) -> usize {
        scale(self.next() >> 32, bound)
    }
}

/// 32 random bits to a number below `bound`.
#[inline]
pub(super) fn scale(bits: u64, bound: usize) -> usize {
    usize::try_from(((bits & 0xffff_ffff) * bound as u64) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs from the state that splitmix64 makes of 0.
    #[test]
    fn stream_is_the_published_one() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.state[0], 0xe220_a839_7b1d_cdaf);
        assert_eq!(rng.state[1], 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(rng.next(), 0x99ec_5f36_cb75_f2b4);
        assert_eq!(rng.next(), 0xbf6e_1f78_4956_452a);
        let mut rng = Rng::new(7);
        assert!((0..10_000).all(|_| rng.below(3) < 3));
        assert_eq!(scale(u64::MAX, 10), 9);
    }
}
