//! Which of the ticks that may fire do, by the overlap policy. Pure.

use chrono::{DateTime, Utc};
use nexus_jobs::JobId;
use nexus_jobs::schedule::{Overlap, OverlapChoice};

/// What is done with the ticks of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// They become jobs, the oldest first.
    pub(super) fire: Vec<DateTime<Utc>>,
    /// They do not, and why.
    pub(super) skip: Vec<(DateTime<Utc>, String)>,
    /// These jobs are called off first.
    pub(super) cancel: Vec<JobId>,
}

/// Chooses among ticks, the oldest first, while these jobs of earlier ones are unfinished.
pub(super) fn choose(overlap: Overlap, ticks: &[DateTime<Utc>], open: &[JobId]) -> Choice {
    let mut choice = Choice::default();
    // Each would be called off by the one after it.
    let passed = match overlap {
        Overlap::CancelRunning => ticks.len().saturating_sub(1),
        _ => 0,
    };
    let (passed, ticks) = ticks.split_at(passed);
    for tick in passed {
        let why = "overlap: a later tick fires at the same time";
        choice.skip.push((*tick, why.to_owned()));
    }
    let mut unfinished = open.len();
    for &tick in ticks {
        match overlap.choose(unfinished) {
            OverlapChoice::Fire => choice.fire.push(tick),
            OverlapChoice::CancelThenFire => {
                choice.cancel.extend_from_slice(open);
                choice.fire.push(tick);
                unfinished = 0;
            }
            OverlapChoice::Skip => {
                choice.skip.push((tick, why(overlap, unfinished, open)));
                continue;
            }
        }
        unfinished += 1;
    }
    choice
}

fn why(overlap: Overlap, unfinished: usize, open: &[JobId]) -> String {
    let first = open.first().map(|job| format!(", job {job} among them"));
    format!(
        "overlap {}: {unfinished} unfinished{}",
        overlap.as_str(),
        first.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    /// Which of three ticks fire, and how many jobs are called off, while so many are unfinished.
    fn chosen(overlap: Overlap, open: i64) -> (Vec<i64>, usize) {
        let ticks = [tick(1), tick(2), tick(3)];
        let open: Vec<JobId> = (1..=open).map(JobId).collect();
        let choice = choose(overlap, &ticks, &open);
        assert_eq!(choice.fire.len() + choice.skip.len(), 3);
        let fired = choice.fire.iter().map(DateTime::timestamp).collect();
        (fired, choice.cancel.len())
    }

    #[test]
    fn each_policy_holds_within_a_batch_of_ticks() {
        assert_eq!(chosen(Overlap::Allow, 9), (vec![1, 2, 3], 0));
        assert_eq!(chosen(Overlap::Skip, 0), (vec![1], 0));
        assert_eq!(chosen(Overlap::Skip, 1), (vec![], 0));
        assert_eq!(chosen(Overlap::QueueOne, 0), (vec![1, 2], 0));
        assert_eq!(chosen(Overlap::QueueOne, 1), (vec![1], 0));
        assert_eq!(chosen(Overlap::QueueOne, 2), (vec![], 0));
        assert_eq!(chosen(Overlap::CancelRunning, 0), (vec![3], 0));
        assert_eq!(chosen(Overlap::CancelRunning, 2), (vec![3], 2));
    }
}
