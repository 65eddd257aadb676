//! Counting repeats in a sorted stream.

/// What repeats in the hashes given so far, which come in ascending order.
#[derive(Debug, Default)]
pub(super) struct Groups {
    last: Option<u128>,
    last_repeats: bool,
    /// Hashes that were there before.
    pub(super) beyond_first: u64,
    /// Different hashes that came more than once.
    pub(super) repeated: u64,
}

impl Groups {
    /// Goes on with more, none of them smaller than any before.
    pub(super) fn extend(&mut self, sorted: &[u128]) {
        for &hash in sorted {
            let repeats = self.last == Some(hash);
            self.beyond_first += u64::from(repeats);
            self.repeated += u64::from(repeats && !self.last_repeats);
            self.last_repeats = repeats;
            self.last = Some(hash);
        }
    }
}
