//! Drawing one transaction after another.

use crate::process_dataset::text::date::Date;

use super::rng::{Rng, scale};
use super::world::{APPROVAL_LIMITS, APPROVERS, EMPLOYEES, PURPOSES, World};

/// The days that transactions are of, 2024-01-01 to 2025-12-31, and those of their posting.
pub(super) const DAYS: usize = 731;
pub(super) const POSTING_DAYS: usize = DAYS + 3;

/// Transactions back from which one is paid a second time.
const REMEMBERED: usize = 64;

/// Amounts in cents, each 1.45 times the one before: with a number of steps that is binomially
/// distributed the amounts are nearly log-normal, without a float.
const AMOUNT_STEPS: [i64; 34] = amount_steps();
const AMOUNT_MIN_CENTS: i64 = 500;

const fn amount_steps() -> [i64; 34] {
    let mut steps = [AMOUNT_MIN_CENTS; 34];
    let mut index = 1;
    while index < steps.len() {
        steps[index] = steps[index - 1] * 29 / 20;
        index += 1;
    }
    steps
}

/// One transaction, its texts as indices into the world.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Transaction {
    pub(super) party: usize,
    pub(super) currency: usize,
    pub(super) cents: i64,
    /// Days since 2024-01-01.
    pub(super) day: usize,
    pub(super) posted_day: usize,
    pub(super) posted_second: u64,
    pub(super) employee: usize,
    /// `None` where the amount needs no second signature.
    pub(super) approver: Option<usize>,
    pub(super) document: u64,
    pub(super) purpose: usize,
}

/// Draws transactions, roughly in order of their dates.
pub(super) struct Transactions {
    rng: Rng,
    rows: u64,
    recent: [Transaction; REMEMBERED],
}

impl Transactions {
    pub(super) fn new(rng: Rng, rows: u64) -> Self {
        Self {
            rng,
            rows: rows.max(1),
            recent: [Transaction::default(); REMEMBERED],
        }
    }

    #[inline]
    pub(super) fn draw(&mut self, world: &World, index: u64) -> Transaction {
        let kind = self.rng.below(1000);
        let slot = usize::try_from(index % REMEMBERED as u64).unwrap_or(0);
        let transaction = if kind < 3 && index >= REMEMBERED as u64 {
            // The same bill paid again, posted with the current ones.
            let earlier = self.recent[self.rng.below(REMEMBERED)];
            Transaction {
                posted_second: self.posting_second(),
                ..earlier
            }
        } else {
            self.fresh(world, index, kind)
        };
        self.recent[slot] = transaction;
        transaction
    }

    #[inline]
    fn fresh(&mut self, world: &World, index: u64, kind: usize) -> Transaction {
        let bits = self.rng.next();
        let party = scale(bits, world.parties.len());
        let delay = [0, 0, 0, 1, 1, 2, 2, 3][scale(bits >> 32, 8)];
        let bits = self.rng.next();
        let employee = scale(bits, EMPLOYEES);
        let purpose = scale(bits >> 32, PURPOSES.len());
        let cents = self.cents(kind);
        let approver = (cents.abs() >= 50_000).then(|| self.rng.below(APPROVERS));
        let at = u128::from(index) * DAYS as u128 / u128::from(self.rows);
        let at = usize::try_from(at).unwrap_or(0).min(DAYS - 1);
        let day = at.saturating_sub(self.rng.below(4));
        Transaction {
            party,
            currency: world.parties[party].currency,
            cents,
            day,
            posted_day: day + delay,
            posted_second: self.posting_second(),
            employee,
            approver,
            document: index + 1,
            purpose,
        }
    }

    #[inline]
    fn cents(&mut self, kind: usize) -> i64 {
        let usual = self.usual_cents();
        match kind {
            // Round amounts, whole thousands.
            3..=7 => (usual / 100_000 + 1) * 100_000,
            // Just below a limit: at most two in a hundred under it, at least a cent.
            8..=11 => {
                let limit = APPROVAL_LIMITS[self.rng.below(APPROVAL_LIMITS.len())];
                let under = self.rng.below(10_000);
                limit - 1 - i64::try_from(under).unwrap_or(0) * limit / 500_000
            }
            12 => 0,
            // Credit notes.
            13..=32 => -usual,
            _ => usual,
        }
    }

    #[inline]
    fn usual_cents(&mut self) -> i64 {
        let bits = self.rng.next();
        let step = (bits >> 32).count_ones() as usize;
        let gap = AMOUNT_STEPS[step + 1] - AMOUNT_STEPS[step];
        let part = scale(bits, usize::try_from(gap).unwrap_or(0));
        AMOUNT_STEPS[step] + i64::try_from(part).unwrap_or(0)
    }

    /// Between 07:00 and 19:00, but for one in 200: in the night.
    #[inline]
    fn posting_second(&mut self) -> u64 {
        let bits = self.rng.next();
        let second = ((bits & 0xffff_ffff) * 43_200) >> 32;
        let night = (bits >> 32).is_multiple_of(200);
        if night { second / 2 } else { 25_200 + second }
    }
}

/// A day of the table, as text; days since 2024-01-01.
pub(super) fn day_text(day: usize) -> [u8; 10] {
    /// 2024-01-01 in days since 2000-01-01.
    const FIRST_DAY: i32 = 8766;
    let date = i32::try_from(day)
        .ok()
        .and_then(|day| Date::from_days(FIRST_DAY + day));
    let text = date.map(|date| date.to_string()).unwrap_or_default();
    text.as_bytes().try_into().unwrap_or([b'-'; 10])
}
