//! What is said of what became of the jobs.

use std::collections::BTreeMap;

use nexus_jobs::{Enqueued, JobId};

use crate::output::number::grouped;

/// How many jobs had which outcome.
pub(super) fn outcomes(enqueued: &[Enqueued]) -> BTreeMap<&'static str, usize> {
    let mut outcomes = BTreeMap::new();
    for job in enqueued {
        *outcomes.entry(job.as_str()).or_default() += 1;
    }
    outcomes
}

/// A sentence about one job, a line about several.
pub(super) fn told(enqueued: &[Enqueued]) -> String {
    match *enqueued {
        [] => String::new(),
        [Enqueued::New(id)] => format!("enqueued job {id}\n"),
        [Enqueued::Existing(id)] => {
            format!("nothing was enqueued: job {id} has the same unique key\n")
        }
        [Enqueued::Replaced(id)] => {
            format!("nothing was enqueued: job {id} has the same unique key, and was replaced\n")
        }
        [Enqueued::Rejected(id)] => format!("rejected: job {id} has the same unique key\n"),
        _ => many(enqueued),
    }
}

fn many(enqueued: &[Enqueued]) -> String {
    let new: Vec<JobId> = enqueued
        .iter()
        .filter(|job| job.is_new())
        .map(|job| job.id())
        .collect();
    let mut text = match new[..] {
        [] => "enqueued no job".to_owned(),
        [id] => format!("enqueued job {id}"),
        [first, .., last] => {
            format!("enqueued {} jobs, {first} to {last}", grouped(new.len()))
        }
    };
    for (outcome, jobs) in outcomes(enqueued) {
        if outcome != "new" {
            text.push_str(&format!("; {} {outcome}", grouped(jobs)));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_told() {
        let id = JobId(7);
        assert_eq!(told(&[Enqueued::New(id)]), "enqueued job 7\n");
        assert!(told(&[Enqueued::Existing(id)]).contains("job 7 has the same unique key"));
        let two = [Enqueued::New(id), Enqueued::New(JobId(8))];
        assert_eq!(told(&two), "enqueued 2 jobs, 7 to 8\n");
        let mixed = [
            Enqueued::New(id),
            Enqueued::Existing(id),
            Enqueued::Existing(id),
        ];
        assert_eq!(told(&mixed), "enqueued job 7; 2 existing\n");
    }
}
