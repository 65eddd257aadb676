//! `[workers]` and `[retry]`: running jobs, and running them again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kinds::Backoff;
use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::span::Span;

/// The shortest line of a job's log that still says something, in bytes.
const JOB_LOG_LINE_BYTES_LEAST: u64 = 100;

/// The pool that runs jobs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workers {
    /// The queues to take jobs from, each with its concurrency: jobs running at once in this
    /// process.
    pub queues: BTreeMap<String, usize>,
    /// Worker loops for each queue; 0 means one a core.
    pub loops: usize,
    /// Ids claimed in one round trip.
    pub claim_ids_max: usize,
    /// Completions written in one transaction.
    pub complete_batch_max: usize,
    /// Finished jobs that may wait to be written.
    pub complete_buffer: usize,
    /// Time after which an entry that another worker fetched and never claimed is taken over.
    pub takeover_after: Span,
    /// Longest wait of one fetch for an entry.
    pub fetch_block: Span,
    /// Which of the priority bands goes first, turn by turn.
    pub bands: BandPolicy,
    /// With strict bands, every so many turns a lower one goes first.
    pub bands_lift_every: u32,
    /// With weighted bands, how often each goes first, relative to the others.
    pub bands_weights: BandWeights,
    /// Pause between looks at what operators ask.
    pub control_every: Span,
    /// Time that running jobs get to finish on SIGTERM; zero gives them back at once.
    pub grace: Span,
    /// Threads for handlers that block or compute.
    pub blocking_threads: usize,
    /// Time that one attempt may take unless its kind says otherwise.
    pub timeout_default: Span,
    /// Pause between writes of what handlers say of their jobs: progress and log lines.
    pub tell_every: Span,
    /// Lines that one attempt may log.
    pub job_log_lines_max: u32,
    /// Size of one such line, its fields included.
    pub job_log_line_bytes_max: Bytes,
    /// Size of all such lines that wait to be written.
    pub job_log_buffer: Bytes,
    /// Time beyond its timeout after which a handler that holds its thread is given up, and the
    /// process with it.
    pub timeout_grace: Span,
    /// Blocking threads lost to work that nobody waits for any more, past which the process drains
    /// and restarts.
    pub written_off_max: usize,
    /// Time that an attempt gets to end once it was asked to.
    pub cancel_grace: Span,
    /// Size of one job's result, as bytes of JSON.
    pub result_bytes_max: Bytes,
}

impl Workers {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.require(
            !self.queues.is_empty(),
            &["workers.queues"],
            "it names no queue",
            "at least one queue, such as { default = 64 }",
        );
        for (queue, concurrency) in &self.queues {
            let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
            checks.require(
                !queue.is_empty() && queue.chars().all(fit),
                &["workers.queues"],
                format_args!("{queue:?} is no name of a queue"),
                "names of lower-case letters, digits, - and _",
            );
            checks.require(
                *concurrency >= 1,
                &["workers.queues"],
                format_args!("{queue} = 0 would run nothing"),
                "1 or more for each queue; leave out those to pass over",
            );
        }
        checks.at_least("workers.claim_ids_max", self.claim_ids_max, 1);
        checks.at_least("workers.complete_batch_max", self.complete_batch_max, 1);
        checks.not_above(
            ("workers.complete_batch_max", self.complete_batch_max),
            ("workers.complete_buffer", self.complete_buffer),
        );
        checks.lasting("workers.takeover_after", self.takeover_after);
        // Redis counts it in milliseconds, and takes 0 for ever.
        checks.require(
            self.fetch_block.get().as_millis() >= 1,
            &["workers.fetch_block"],
            format_args!("{} is too short", self.fetch_block),
            "1ms or more",
        );
        // Every turn would be an exception from the rule.
        checks.at_least("workers.bands_lift_every", self.bands_lift_every, 2);
        self.bands_weights.check(checks);
        checks.lasting("workers.control_every", self.control_every);
        checks.at_least("workers.blocking_threads", self.blocking_threads, 1);
        checks.lasting("workers.timeout_default", self.timeout_default);
        checks.lasting("workers.tell_every", self.tell_every);
        checks.at_least("workers.job_log_lines_max", self.job_log_lines_max, 1);
        checks.at_least(
            "workers.job_log_line_bytes_max",
            self.job_log_line_bytes_max.get(),
            JOB_LOG_LINE_BYTES_LEAST,
        );
        checks.not_above(
            (
                "workers.job_log_line_bytes_max",
                self.job_log_line_bytes_max.get(),
            ),
            ("workers.job_log_buffer", self.job_log_buffer.get()),
        );
        checks.lasting("workers.timeout_grace", self.timeout_grace);
        checks.at_least("workers.written_off_max", self.written_off_max, 1);
    }
}

/// How fetching chooses between priority bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BandPolicy {
    /// The most urgent band that has anything.
    Strict,
    /// Each band by its weight.
    Weighted,
}

/// How often each priority band goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BandWeights {
    /// Weight of critical.
    pub critical: u32,
    /// Weight of high.
    pub high: u32,
    /// Weight of normal.
    pub normal: u32,
    /// Weight of low.
    pub low: u32,
}

impl BandWeights {
    /// Largest weight: how many turns a band may have to wait for one of its own follows from it.
    const MOST: u32 = 1000;

    /// The weights, the most urgent band's first.
    pub const fn in_order(self) -> [u32; 4] {
        [self.critical, self.high, self.normal, self.low]
    }

    fn check(self, checks: &mut Checks) {
        checks.require(
            self.in_order().iter().all(|w| (1..=Self::MOST).contains(w)),
            &["workers.bands_weights"],
            format_args!("{:?} has a weight out of range", self.in_order()),
            format_args!("1 to {} for each band", Self::MOST),
        );
    }
}

/// When a failed job runs again, unless its kind says otherwise.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts that a job has, the first included.
    pub attempts: u16,
    /// How the pauses between them are found.
    pub strategy: Strategy,
    /// The first pause; for `exponential`, its upper bound.
    pub base: Span,
    /// Longest pause before any attempt, of `linear` and `exponential`.
    pub cap: Span,
    /// The pauses of `list`; the last one repeats.
    pub waits: Vec<Span>,
}

/// How the pauses between attempts are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Always `base`.
    Fixed,
    /// `base` more for each attempt, up to `cap`.
    Linear,
    /// Drawn evenly from zero up to `base`, doubled for each attempt, at most `cap`.
    Exponential,
    /// Those of `waits`.
    List,
}

impl Retry {
    /// How long a job waits between its attempts.
    pub fn backoff(&self) -> Backoff {
        let (base, cap) = (self.base, self.cap);
        match self.strategy {
            Strategy::Fixed => Backoff::Fixed { wait: base },
            Strategy::Linear => Backoff::Linear { base, cap },
            Strategy::Exponential => Backoff::Exponential { base, cap },
            Strategy::List => Backoff::List {
                waits: self.waits.clone(),
            },
        }
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        attempts_in_range(checks, "retry.attempts", "", self.attempts);
        checks.lasting("retry.base", self.base);
        if matches!(self.strategy, Strategy::Linear | Strategy::Exponential) {
            checks.not_above(("retry.base", self.base), ("retry.cap", self.cap));
        }
        if self.strategy == Strategy::List {
            self.backoff().check(checks, "retry.waits", "");
        }
    }
}

/// Attempts are as many as the ledger can count.
pub(super) fn attempts_in_range(
    checks: &mut Checks,
    key: &'static str,
    whose: &str,
    attempts: u16,
) {
    let most = i16::MAX.unsigned_abs();
    checks.require(
        (1..=most).contains(&attempts),
        &[key],
        format_args!("{whose}{attempts} is out of range"),
        format_args!("1 to {most}"),
    );
}
