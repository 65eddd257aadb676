//! What may happen to a job, and sequences of it.

use proptest::prelude::*;

/// Jobs that a sequence begins with, at most.
const JOBS_MAX: usize = 3;

/// A sequence: the jobs it begins with, and what happens, a step a round.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The jobs.
    pub starts: Vec<Start>,
    /// The steps, each with the job that it is about: counted round among those there are by then.
    pub steps: Vec<(usize, Step)>,
}

/// A job to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Attempts in all.
    pub attempts: i32,
    /// Whether it is due only after an hour.
    pub later: bool,
}

/// Whose token a verb shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// That of the claim which holds the job.
    Holder,
    /// That of a claim that held it before, or of none.
    Stale,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A worker claims it by its `nth` due dispatch row; where there is none, by an entry that came twice.
    Claim {
        /// Which row, counted round.
        nth: usize,
        /// Whether the worker knows the kind.
        known: bool,
    },
    /// A worker claims it by an entry that came twice, alone or not.
    ClaimAgain {
        /// Whether as a suspect.
        suspect: bool,
    },
    /// Its handler is done.
    Complete(By),
    /// Its attempt failed; the next is due now or later.
    Retry(By, bool),
    /// Its handler asks to be called now or later.
    Snooze(By, bool),
    /// Its handler gives it up.
    Discard(By),
    /// Its handler calls it off.
    CallOff(By),
    /// Its worker hands it back.
    GiveBack(By),
    /// Its worker goes silent, and it is rescued.
    LoseLease,
    /// Somebody cancels it.
    Cancel,
    /// Somebody makes it due now or later.
    Reschedule(bool),
    /// Its deadline passes.
    PassDeadline,
    /// A worker that knows the kind beats its heart.
    Unpark,
    /// Somebody has it run again.
    Replay,
}

/// Any sequence.
pub fn sequences() -> impl Strategy<Value = Sequence> {
    let start =
        (1..4, prop::bool::weighted(0.2)).prop_map(|(attempts, later)| Start { attempts, later });
    let starts = prop::collection::vec(start, 1..=JOBS_MAX);
    let steps = prop::collection::vec((0..JOBS_MAX, step()), 8..=20);
    (starts, steps).prop_map(|(starts, steps)| Sequence { starts, steps })
}

/// Claims are the most, since little else happens to a job that is never claimed.
fn step() -> impl Strategy<Value = Step> {
    let by = || prop_oneof![4 => Just(By::Holder), 1 => Just(By::Stale)];
    let later = || prop::bool::weighted(0.2);
    prop_oneof![
        12 => (0..3_usize, prop::bool::weighted(0.9))
            .prop_map(|(nth, known)| Step::Claim { nth, known }),
        2 => any::<bool>().prop_map(|suspect| Step::ClaimAgain { suspect }),
        2 => by().prop_map(Step::Complete),
        4 => (by(), later()).prop_map(|(by, later)| Step::Retry(by, later)),
        3 => (by(), later()).prop_map(|(by, later)| Step::Snooze(by, later)),
        3 => by().prop_map(Step::Discard),
        1 => by().prop_map(Step::CallOff),
        3 => by().prop_map(Step::GiveBack),
        4 => Just(Step::LoseLease),
        2 => Just(Step::Cancel),
        2 => any::<bool>().prop_map(Step::Reschedule),
        1 => Just(Step::PassDeadline),
        2 => Just(Step::Unpark),
        3 => Just(Step::Replay),
    ]
}
