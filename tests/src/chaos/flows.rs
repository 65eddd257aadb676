//! Workflows of a run. Their shape is decided by the number of their first job, so that the producer and
//! the checker agree without a word.

use std::ops::Range;

use nexus_jobs::Workflow;
use nexus_jobs::workflow::{Needs, NodeId};

use super::dice::Dice;
use super::kinds::{self, Part};

/// Most jobs of one, the one that it calls included.
pub const JOBS_MAX: u64 = 60;

/// One batch in so many is a workflow, if it is of such a size.
const EVERY: u64 = 2;

/// Whether these jobs are enqueued as a workflow.
pub const fn is_one(jobs: &Range<u64>) -> bool {
    let count = jobs.end - jobs.start;
    count >= 2 && count <= JOBS_MAX && super::dice::mixed(jobs.start ^ 0xf10e).is_multiple_of(EVERY)
}

/// For whom each of its nodes waits, and what it needs of them. The last number is the job that it calls.
fn shape(jobs: &Range<u64>) -> Vec<(Vec<NodeId>, Needs)> {
    let mut dice = Dice::new(jobs.start, 2);
    let nodes = u32::try_from(jobs.end - jobs.start - 1).unwrap_or(0);
    let any = |dice: &mut Dice, node: u32| {
        let before = (0..node).filter(|_| dice.below(u64::from(node)) < 2);
        let before: Vec<NodeId> = before.map(NodeId).collect();
        match dice.below(3) {
            0 => (before, Needs::Completed),
            _ => (before, Needs::Settled),
        }
    };
    (0..nodes).map(|node| any(&mut dice, node)).collect()
}

/// The workflow that these jobs make, known by its first number.
pub fn workflow(jobs: &Range<u64>) -> anyhow::Result<Workflow> {
    let called = jobs.end - 1;
    let mut flow = Workflow::new("chaos").key(jobs.start.to_string());
    for (n, (before, needs)) in jobs.clone().zip(shape(jobs)) {
        let node = flow.add(n.to_string(), kinds::job(n)?);
        match needs {
            Needs::Completed => flow.after(node, before),
            Needs::Settled => flow.after_settled(node, before),
        };
    }
    Ok(flow
        .on_success(kinds::job(called)?)
        .on_failure(kinds::job(called)?))
}

/// How its nodes are to end, in the order of their numbers.
pub fn ends(jobs: &Range<u64>) -> Vec<&'static str> {
    let mut ends: Vec<&'static str> = Vec::new();
    for (n, (before, needs)) in jobs.clone().zip(shape(jobs)) {
        let mut before = before.iter().map(|node| ends[node.0 as usize]);
        let runs = needs == Needs::Settled || before.all(|end| end == "completed");
        ends.push(if runs {
            Part::of(n).ends()
        } else {
            "cancelled"
        });
    }
    ends
}

/// How it is to end itself.
pub fn end(jobs: &Range<u64>) -> &'static str {
    if ends(jobs).iter().all(|end| *end == "completed") {
        "completed"
    } else {
        "failed"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_of_many_shapes_and_fit_to_be_submitted() {
        let ranges = (0..4000).map(|n| n * 50..n * 50 + 40);
        let flows: Vec<Range<u64>> = ranges.filter(is_one).collect();
        assert!((1800..2200).contains(&flows.len()), "{}", flows.len());
        let mut ended: Vec<&str> = Vec::new();
        for jobs in &flows {
            workflow(jobs).unwrap().check(100, 10_000).unwrap();
            assert_eq!(ends(jobs).len(), 39);
            ended.extend(ends(jobs));
        }
        for end in ["completed", "discarded", "cancelled"] {
            assert!(ended.iter().filter(|e| **e == end).count() > 200, "{end}");
        }
    }
}
