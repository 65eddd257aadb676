//! The checker: what was promised, what was noted and what stands in the tables, held
//! against one another. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use serde::Serialize;

use super::fault::Sort;
use super::flows;
use super::kinds::Part;
use super::producers::Produced;
use super::run_log::Note;
use super::tables::{Failed, Finished, Flow, Left, Tables};
use super::ticking::Ticked;

/// All that is known of a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The producers' logs.
    pub produced: Produced,
    /// The handlers' notes.
    pub notes: Vec<Note>,
    /// The tables at the end.
    pub tables: Tables,
    /// Faults that landed, by sort.
    pub faults: BTreeMap<Sort, u64>,
    /// Sorts that were to land.
    pub wanted: Vec<Sort>,
    /// From the end of the last fault and of the last enqueue, whichever is later, until the
    /// queue was empty, in seconds; `None` where it never was.
    pub empty_after_s: Option<f64>,
    /// Processes that ended though nobody told them to.
    pub deserted: Vec<String>,
}

/// The figures of a run. From `lost` on, each is 0 in a good one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Jobs that producers were told are there.
    pub acknowledged: usize,
    /// Jobs in history.
    pub finished: usize,
    /// Of these, jobs whose enqueue came through though its producer was not told.
    pub recovered: usize,
    /// Of these, jobs that were discarded as they should.
    pub discarded: usize,
    /// Runs that handlers noted.
    pub runs: usize,
    /// Attempts that failed, by the ledger's reason.
    pub failed_attempts: BTreeMap<String, usize>,
    /// Commits of zombies that the fence refused.
    pub stale_commits_refused: usize,
    /// Faults that landed.
    pub faults_landed: u64,
    /// The same by sort.
    pub faults: BTreeMap<Sort, u64>,
    /// From the end of the last fault and of the last enqueue, whichever is later, until the
    /// queue was empty, in seconds.
    pub empty_after_s: Option<f64>,
    /// Workflows in history.
    pub workflows: usize,
    /// Ticks of schedules that were noted.
    pub ticks: i64,
    /// Acknowledged and not finished.
    pub lost: usize,
    /// Finished and not submitted, or more often than submitted.
    pub phantom: usize,
    /// Finished in another state than its part calls for.
    pub wrong_end: usize,
    /// Jobs whose effect or step is not there exactly as often as it should: once.
    pub effects_not_one: usize,
    /// Runs that the ledger has no record of.
    pub unrecorded_runs: usize,
    /// Jobs that completed in a run that no handler began.
    pub completed_without_run: usize,
    /// Runs that two handlers began.
    pub twin_runs: usize,
    /// Processes that ended though nobody told them to.
    pub deserted: usize,
    /// Jobs left in the ledger.
    pub left_jobs: i64,
    /// Dispatch rows left in the ledger.
    pub left_dispatch: i64,
    /// Leases left in the ledger.
    pub left_leases: i64,
    /// Workflows left in the ledger.
    pub left_workflows: i64,
    /// Workflows that were acknowledged and are not there, ended otherwise than their jobs call for, called
    /// nobody or somebody twice, or began a job too early.
    pub workflows_wrong: usize,
    /// Ticks that are not one job each.
    pub ticks_wrong: i64,
}

/// Longest such time that is well.
pub const EMPTY_WITHIN_S: f64 = 60.0;

/// Counts what is to be counted.
pub fn figures(evidence: &Evidence) -> Figures {
    let Evidence {
        produced, tables, ..
    } = evidence;
    let ends = ends(&tables.finished);
    let Left {
        jobs,
        dispatch,
        leases,
        workflows,
    } = tables.left;
    let mut failed_attempts = BTreeMap::new();
    for failed in &tables.failed {
        *failed_attempts.entry(failed.reason.clone()).or_insert(0) += 1;
    }
    let promised: HashSet<i64> = produced.acknowledged.iter().map(|(_, id)| *id).collect();
    let finished = tables.finished.iter();
    let cancelled = cancelled(produced);
    Figures {
        acknowledged: produced.acknowledged.len(),
        finished: tables.finished.len(),
        recovered: finished.filter(|job| !promised.contains(&job.job)).count(),
        discarded: ends.values().filter(|job| job.state == "discarded").count(),
        runs: begun(&evidence.notes).count(),
        failed_attempts,
        stale_commits_refused: stale(&evidence.notes),
        faults_landed: evidence.faults.values().sum(),
        faults: evidence.faults.clone(),
        empty_after_s: evidence.empty_after_s,
        workflows: tables.flows.len(),
        ticks: tables.ticked.iter().map(|ticked| ticked.notes).sum(),
        lost: promised.iter().filter(|id| !ends.contains_key(id)).count(),
        phantom: phantom(produced, &tables.finished),
        wrong_end: wrong_end(&tables.finished, &cancelled),
        effects_not_one: effects_not_one(tables, &ends, &cancelled),
        unrecorded_runs: unrecorded(&evidence.notes, &ends, &tables.failed),
        completed_without_run: completed_without_run(&evidence.notes, &tables.finished),
        twin_runs: twins(&evidence.notes),
        deserted: evidence.deserted.len(),
        left_jobs: jobs,
        left_dispatch: dispatch,
        left_leases: leases,
        left_workflows: workflows,
        workflows_wrong: workflows_wrong(produced, &tables.flows),
        ticks_wrong: tables.ticked.iter().map(Ticked::wrong).sum(),
    }
}

/// What is wrong with a run, in words; nothing where it is a good one.
pub fn wrong(figures: &Figures, wanted: &[Sort]) -> Vec<String> {
    let zero = [
        ("lost", figures.lost),
        ("phantom", figures.phantom),
        ("wrong_end", figures.wrong_end),
        ("effects_not_one", figures.effects_not_one),
        ("unrecorded_runs", figures.unrecorded_runs),
        ("completed_without_run", figures.completed_without_run),
        ("twin_runs", figures.twin_runs),
        ("deserted", figures.deserted),
        ("workflows_wrong", figures.workflows_wrong),
        (
            "ticks_wrong",
            usize::try_from(figures.ticks_wrong).unwrap_or(usize::MAX),
        ),
    ];
    let mut wrong: Vec<String> = zero
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name} is {count}"))
        .collect();
    if (
        figures.left_jobs,
        figures.left_dispatch,
        figures.left_leases,
        figures.left_workflows,
    ) != (0, 0, 0, 0)
    {
        wrong.push("the queue is not empty".to_owned());
    }
    if figures.empty_after_s.is_none_or(|s| s > EMPTY_WITHIN_S) {
        wrong.push(format!("the queue was not empty within {EMPTY_WITHIN_S} s"));
    }
    if figures.faults_landed == 0 {
        wrong.push("no fault landed".to_owned());
    }
    for sort in wanted {
        if !figures.faults.contains_key(sort) {
            wrong.push(format!("no {sort} landed"));
        }
    }
    if figures.stale_commits_refused == 0 {
        wrong.push("no stale commit was refused".to_owned());
    }
    wrong
}

/// Finished jobs by id.
fn ends(finished: &[Finished]) -> HashMap<i64, &Finished> {
    finished.iter().map(|job| (job.job, job)).collect()
}

fn part(job: &Finished) -> Option<Part> {
    job.n.and_then(|n| u64::try_from(n).ok()).map(Part::of)
}

/// Numbers of jobs that their workflow calls off, since one before them does not complete.
fn cancelled(produced: &Produced) -> HashSet<u64> {
    let flows = produced.submitted.iter().filter(|jobs| flows::is_one(jobs));
    flows
        .flat_map(|jobs| jobs.clone().zip(flows::ends(jobs)))
        .filter_map(|(n, end)| (end == "cancelled").then_some(n))
        .collect()
}

/// What a job does, but for one that is called off before it does anything.
fn played(job: &Finished, cancelled: &HashSet<u64>) -> Option<Part> {
    let n = job.n.and_then(|n| u64::try_from(n).ok())?;
    (!cancelled.contains(&n)).then(|| Part::of(n))
}

fn wrong_end(finished: &[Finished], cancelled: &HashSet<u64>) -> usize {
    let ends_well = |job: &&Finished| match (part(job), played(job, cancelled)) {
        (None, _) => false,
        (Some(_), Some(part)) => part.ends() == job.state,
        (Some(_), None) => job.state == "cancelled" && job.run == 0,
    };
    finished.len() - finished.iter().filter(ends_well).count()
}

fn workflows_wrong(produced: &Produced, flows: &[Flow]) -> usize {
    let is_well = |flow: &Flow, jobs: &Range<u64>| {
        flow.state == flows::end(jobs) && flow.called == 1 && flow.early == 0
    };
    let there: HashMap<u64, &Flow> = flows
        .iter()
        .filter_map(|flow| Some((u64::try_from(flow.first).ok()?, flow)))
        .collect();
    let promised: HashSet<u64> = produced.acknowledged.iter().map(|(n, _)| *n).collect();
    let submitted = produced.submitted.iter().filter(|jobs| flows::is_one(jobs));
    let wrong = submitted.filter(|jobs| match there.get(&jobs.start) {
        Some(flow) => !is_well(flow, jobs),
        None => promised.contains(&jobs.start),
    });
    let twice = flows.len() - there.len();
    wrong.count() + twice
}

fn begun(notes: &[Note]) -> impl Iterator<Item = &super::run_log::Run> {
    notes.iter().filter_map(|note| match note {
        Note::Run(run) => Some(run),
        Note::Snooze { .. } | Note::Stale { .. } => None,
    })
}

fn stale(notes: &[Note]) -> usize {
    let stale = |note: &&Note| matches!(note, Note::Stale { .. });
    notes.iter().filter(stale).count()
}

/// Rows of history that nobody asked for: of a number that was not submitted, of one that is
/// there already, or of one that was acknowledged under another id.
fn phantom(produced: &Produced, finished: &[Finished]) -> usize {
    let mut submitted = produced.submitted.clone();
    submitted.sort_unstable_by_key(|range| range.start);
    let was_submitted = |n: u64| {
        let after = submitted.partition_point(|range| range.start <= n);
        after > 0 && submitted[after - 1].contains(&n)
    };
    let promised: HashMap<u64, i64> = produced.acknowledged.iter().copied().collect();
    let mut seen = HashSet::new();
    finished
        .iter()
        .filter(|job| {
            let Some(n) = job.n.and_then(|n| u64::try_from(n).ok()) else {
                return true;
            };
            let other = promised.get(&n).is_some_and(|id| *id != job.job);
            !was_submitted(n) || other || !seen.insert(n)
        })
        .count()
}

/// Jobs with an effect or a step too many or too few, those that never finished included.
fn effects_not_one(
    tables: &Tables,
    ends: &HashMap<i64, &Finished>,
    cancelled: &HashSet<u64>,
) -> usize {
    let mut wrong = HashSet::new();
    let mut compare = |times: &HashMap<i64, i64>, has: fn(Part) -> bool| {
        for (&id, job) in ends {
            let meant = i64::from(played(job, cancelled).is_some_and(has));
            if times.get(&id).copied().unwrap_or(0) != meant {
                wrong.insert(id);
            }
        }
        let unfinished = |id: &&i64| !ends.contains_key(id);
        wrong.extend(times.keys().filter(unfinished));
    };
    compare(&tables.effects, Part::has_effect);
    compare(&tables.steps, Part::has_step);
    wrong.len()
}

/// Runs that handlers noted and the ledger does not account for: beyond its last run, or an
/// earlier one that neither failed, nor lost its lease, nor snoozed.
fn unrecorded(notes: &[Note], ends: &HashMap<i64, &Finished>, failed: &[Failed]) -> usize {
    let mut recorded: HashSet<(i64, i64)> = failed
        .iter()
        .map(|failed| (failed.job, failed.run.into()))
        .collect();
    for note in notes {
        if let Note::Snooze { job, run } = note {
            recorded.insert((*job, (*run).into()));
        }
    }
    begun(notes)
        .filter(|begun| {
            let run = i64::from(begun.run);
            let last = ends.get(&begun.job).map_or(0, |job| i64::from(job.run));
            run > last || (run < last && !recorded.contains(&(begun.job, run)))
        })
        .count()
}

/// Jobs whose completing run no handler noted. (The rescuer discards without one.)
fn completed_without_run(notes: &[Note], finished: &[Finished]) -> usize {
    let begun: HashSet<(i64, i64)> = begun(notes)
        .map(|run| (run.job, i64::from(run.run)))
        .collect();
    finished
        .iter()
        .filter(|job| job.state == "completed")
        .filter(|job| !begun.contains(&(job.job, i64::from(job.run))))
        .count()
}

/// Runs that were begun twice: the same claim, or one token for two claims of a job.
fn twins(notes: &[Note]) -> usize {
    let mut claims = HashSet::new();
    let mut tokens = HashSet::new();
    begun(notes)
        .filter(|run| {
            let claim = claims.insert((run.job, run.run));
            let token = tokens.insert((run.job, run.token));
            !(claim && token)
        })
        .count()
}

#[cfg(test)]
mod tests;
