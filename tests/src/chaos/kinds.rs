//! The jobs of a run. Which part a job plays is decided by its number, so that the handler
//! and the checker agree without a word.

use std::time::Duration;

use nexus_jobs::{Execution, Job, NewJob};
use serde::{Deserialize, Serialize};

use super::dice::{Dice, mixed};

/// Attempts of a job that is meant to complete: more than outages can burn.
const ATTEMPTS: u32 = 200;

/// Attempts of a job that is meant to fail.
const ATTEMPTS_OF_DOOMED: u32 = 3;

/// A job of a few milliseconds, in a queue of many.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Quick {
    /// Which of them.
    pub n: u64,
}

impl Job for Quick {
    const KIND: &'static str = "chaos.quick";
    const QUEUE: &'static str = "quick";
}

/// A job that is at work for a while, so that kills and freezes meet it there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Lasting {
    /// Which of them.
    pub n: u64,
}

impl Job for Lasting {
    const KIND: &'static str = "chaos.lasting";
    const QUEUE: &'static str = "lasting";
    const EXECUTION: Execution = Execution::Spawned;
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Answers that it is done; the worker completes it in a batch.
    Answers,
    /// Leaves its effect in the transaction that completes it.
    Effect,
    /// Takes its step in a fenced transaction, and then answers.
    Step,
    /// Sleeps, takes its step, and leaves its effect as it completes.
    Lasts,
    /// Fails at its first attempt, and then leaves its effect.
    Fails,
    /// Panics at its first attempt, and then leaves its effect.
    Panics,
    /// Snoozes at its first run, and then leaves its effect.
    Snoozes,
    /// Fails whenever it runs, until it is discarded.
    Doomed,
    /// Is discarded by its handler.
    Refused,
}

impl Part {
    /// That of a job.
    pub const fn of(n: u64) -> Self {
        match mixed(n) % 100 {
            0..=36 => Self::Answers,
            37..=71 => Self::Effect,
            72..=81 => Self::Step,
            82..=84 => Self::Lasts,
            85..=89 => Self::Fails,
            90..=92 => Self::Panics,
            93..=96 => Self::Snoozes,
            97 => Self::Doomed,
            _ => Self::Refused,
        }
    }

    /// The state in which it is to end.
    pub const fn ends(self) -> &'static str {
        match self {
            Self::Doomed | Self::Refused => "discarded",
            _ => "completed",
        }
    }

    /// Whether it leaves an effect.
    pub const fn has_effect(self) -> bool {
        matches!(
            self,
            Self::Effect | Self::Lasts | Self::Fails | Self::Panics | Self::Snoozes
        )
    }

    /// Whether it takes a step.
    pub const fn has_step(self) -> bool {
        matches!(self, Self::Step | Self::Lasts)
    }
}

/// For how long a lasting job is at work. What was killed once is shorter the next time,
/// since suspects run one at a time.
pub fn work(n: u64, run: u32) -> Duration {
    const SHORT: Duration = Duration::from_millis(10);
    if run > 1 {
        return SHORT;
    }
    Dice::new(n, 0).between(Duration::from_millis(300), Duration::from_millis(1500))
}

/// The job of a number. A few are due later.
pub fn job(n: u64) -> anyhow::Result<NewJob> {
    const LATER_IN: u64 = 20;
    let part = Part::of(n);
    let job = match part {
        Part::Lasts => NewJob::of(&Lasting { n })?,
        _ => NewJob::of(&Quick { n })?,
    };
    let job = job.attempts(match part {
        Part::Doomed => ATTEMPTS_OF_DOOMED,
        _ => ATTEMPTS,
    });
    let mut dice = Dice::new(n, 1);
    if dice.below(LATER_IN) == 0 {
        return Ok(job.after(dice.between(Duration::ZERO, Duration::from_secs(3))));
    }
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_played() {
        let of = |part| (0..10_000).filter(|&n| Part::of(n) == part).count();
        assert!((3400..4000).contains(&of(Part::Answers)));
        assert!((200..400).contains(&of(Part::Lasts)));
        for part in [Part::Doomed, Part::Refused, Part::Snoozes, Part::Panics] {
            assert!(of(part) > 50, "{part:?}");
        }
    }
}
