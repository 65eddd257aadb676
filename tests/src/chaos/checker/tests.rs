//! A good run, and the same run with one fault planted at a time.

use uuid::Uuid;

use super::super::run_log::Run;
use super::*;

/// The first number whose part it is.
fn number(part: Part) -> u64 {
    (0..1000).find(|&n| Part::of(n) == part).unwrap()
}

fn finished(job: i64, part: Part, run: i32) -> Finished {
    Finished {
        job,
        n: Some(number(part).cast_signed()),
        state: part.ends().to_owned(),
        run,
    }
}

fn run(job: i64, run: u32) -> Note {
    Note::Run(Run {
        job,
        run,
        attempt: 1,
        token: Uuid::from_u128(u128::from(run)),
    })
}

const EFFECT: i64 = 11;
const STEP: i64 = 12;
const SNOOZES: i64 = 13;
const DOOMED: i64 = 14;
/// Its producer was not told that it is there.
const UNTOLD: i64 = 15;

fn good() -> Evidence {
    let lost_lease = |job, run| Failed {
        job,
        run,
        reason: "lost_lease".to_owned(),
    };
    let acknowledged = [
        (EFFECT, Part::Effect),
        (STEP, Part::Step),
        (SNOOZES, Part::Snoozes),
        (DOOMED, Part::Doomed),
    ];
    Evidence {
        produced: Produced {
            submitted: vec![50..1000, 0..50],
            acknowledged: acknowledged.map(|(job, part)| (number(part), job)).to_vec(),
        },
        notes: vec![
            run(EFFECT, 1),
            Note::Stale {
                job: EFFECT,
                run: 1,
            },
            run(EFFECT, 2),
            run(STEP, 1),
            run(SNOOZES, 1),
            Note::Snooze {
                job: SNOOZES,
                run: 1,
            },
            run(SNOOZES, 2),
            run(DOOMED, 1),
            // The claim of its second run was handed back: nobody began it.
            run(UNTOLD, 1),
            run(UNTOLD, 3),
        ],
        tables: Tables {
            finished: vec![
                finished(EFFECT, Part::Effect, 2),
                finished(STEP, Part::Step, 1),
                finished(SNOOZES, Part::Snoozes, 2),
                finished(DOOMED, Part::Doomed, 1),
                finished(UNTOLD, Part::Lasts, 3),
            ],
            failed: vec![lost_lease(EFFECT, 1), lost_lease(UNTOLD, 1)],
            effects: [(EFFECT, 1), (SNOOZES, 1), (UNTOLD, 1)].into(),
            steps: [(STEP, 1), (UNTOLD, 1)].into(),
            left: Left::default(),
            flows: Vec::new(),
            ticked: Vec::new(),
        },
        faults: [(Sort::KillWorker, 3)].into(),
        wanted: vec![Sort::KillWorker],
        empty_after_s: Some(1.5),
        deserted: Vec::new(),
    }
}

fn verdict(evidence: &Evidence) -> Vec<String> {
    wrong(&figures(evidence), &evidence.wanted)
}

/// What is found when `plant` changes a good run.
fn found(plant: impl FnOnce(&mut Evidence)) -> Vec<String> {
    let mut evidence = good();
    plant(&mut evidence);
    verdict(&evidence)
}

#[test]
fn a_good_run_is_good() {
    assert_eq!(verdict(&good()), Vec::<String>::new());
    let figures = figures(&good());
    assert_eq!((figures.acknowledged, figures.finished), (4, 5));
    assert_eq!((figures.recovered, figures.discarded), (1, 1));
    assert_eq!((figures.runs, figures.stale_commits_refused), (8, 1));
}

#[test]
fn a_lost_job_is_found() {
    let wrong = found(|run| run.tables.finished.retain(|job| job.job != DOOMED));
    // Its run has no record any more, either.
    assert_eq!(wrong, ["lost is 1", "unrecorded_runs is 1"]);
}

#[test]
fn a_phantom_is_found() {
    let never = |run: &mut Evidence| {
        let n = number(Part::Lasts);
        run.produced.submitted = vec![n + 1..1000, 0..n];
    };
    assert_eq!(found(never), ["phantom is 1"]);
    let twice = |run: &mut Evidence| {
        let again = finished(UNTOLD, Part::Lasts, 3);
        run.tables.finished.push(again);
    };
    assert_eq!(found(twice), ["phantom is 1"]);
    let under_another_id = |run: &mut Evidence| {
        let n = number(Part::Lasts);
        run.produced.acknowledged.push((n, EFFECT));
    };
    assert_eq!(found(under_another_id), ["phantom is 1"]);
}

#[test]
fn a_job_without_a_number_is_a_phantom() {
    let wrong = found(|run| run.tables.finished[3].n = None);
    assert_eq!(wrong, ["phantom is 1", "wrong_end is 1"]);
}

#[test]
fn a_job_that_was_given_up_is_found() {
    let wrong = found(|run| "discarded".clone_into(&mut run.tables.finished[1].state));
    assert_eq!(wrong, ["wrong_end is 1"]);
}

#[test]
fn an_effect_too_many_or_too_few_is_found() {
    let twice = found(|run| {
        run.tables.effects.insert(EFFECT, 2);
    });
    assert_eq!(twice, ["effects_not_one is 1"]);
    let never = found(|run| {
        run.tables.effects.remove(&EFFECT);
    });
    assert_eq!(never, ["effects_not_one is 1"]);
    let step_twice = found(|run| {
        run.tables.steps.insert(STEP, 2);
    });
    assert_eq!(step_twice, ["effects_not_one is 1"]);
    let of_nobody = found(|run| {
        run.tables.effects.insert(99, 1);
    });
    assert_eq!(of_nobody, ["effects_not_one is 1"]);
    let not_its_own = found(|run| {
        run.tables.effects.insert(DOOMED, 1);
    });
    assert_eq!(not_its_own, ["effects_not_one is 1"]);
}

#[test]
fn a_run_without_a_record_is_found() {
    let no_error = found(|run| {
        run.tables.failed.pop();
    });
    assert_eq!(no_error, ["unrecorded_runs is 1"]);
    let beyond = found(|evidence| evidence.notes.push(run(STEP, 2)));
    assert_eq!(beyond, ["unrecorded_runs is 1"]);
    let of_nobody = found(|evidence| evidence.notes.push(run(99, 1)));
    assert_eq!(of_nobody, ["unrecorded_runs is 1"]);
}

#[test]
fn a_completion_without_a_run_is_found() {
    let wrong = found(|evidence| evidence.notes.retain(|note| *note != run(STEP, 1)));
    assert_eq!(wrong, ["completed_without_run is 1"]);
}

#[test]
fn two_live_runs_of_one_attempt_are_found() {
    let same_claim = found(|evidence| evidence.notes.push(run(STEP, 1)));
    assert_eq!(same_claim, ["twin_runs is 1"]);
    let same_token = found(|evidence| {
        let Note::Run(second) = &mut evidence.notes[2] else {
            unreachable!()
        };
        second.token = Uuid::from_u128(1);
    });
    assert_eq!(same_token, ["twin_runs is 1"]);
}

#[test]
fn a_process_that_ended_by_itself_is_found() {
    let wrong = found(|run| run.deserted.push("worker-1-0: exit status: 1".to_owned()));
    assert_eq!(wrong, ["deserted is 1"]);
}

/// The jobs of a workflow that were submitted beside the others, and what became of it.
fn flow() -> (Range<u64>, Flow) {
    let mut ranges = (2000..).step_by(10).map(|first| first..first + 10);
    let jobs = ranges.find(flows::is_one).unwrap();
    let flow = Flow {
        first: jobs.start.cast_signed(),
        state: flows::end(&jobs).to_owned(),
        called: 1,
        early: 0,
    };
    (jobs, flow)
}

#[test]
fn a_workflow_that_ended_badly_is_found() {
    let (jobs, good) = flow();
    let with = |change: fn(&mut Flow)| {
        let mut flow = good.clone();
        change(&mut flow);
        found(|run| {
            run.produced.submitted.push(jobs.clone());
            run.tables.flows.push(flow);
        })
    };
    assert_eq!(with(|_| {}), Vec::<String>::new());
    let one = ["workflows_wrong is 1"];
    assert_eq!(with(|flow| "running".clone_into(&mut flow.state)), one);
    assert_eq!(with(|flow| flow.called = 0), one);
    assert_eq!(with(|flow| flow.called = 2), one);
    assert_eq!(with(|flow| flow.early = 1), one);
    let twice = found(|run| {
        run.produced.submitted.push(jobs.clone());
        run.tables.flows = vec![good.clone(), good.clone()];
    });
    assert_eq!(twice, one);
    let lost = found(|run| {
        run.produced.submitted.push(jobs.clone());
        run.produced.acknowledged.push((jobs.start, 77));
    });
    assert_eq!(lost, ["lost is 1", "workflows_wrong is 1"]);
}

#[test]
fn a_job_that_its_workflow_was_to_call_off_and_did_not_is_found() {
    let mut ranges = (2000..).step_by(40).map(|first| first..first + 40);
    let called_off =
        |jobs: &Range<u64>| flows::ends(jobs).iter().position(|end| *end == "cancelled");
    let jobs = ranges.find(|jobs| flows::is_one(jobs) && called_off(jobs).is_some());
    let jobs = jobs.unwrap();
    let n = jobs.start + called_off(&jobs).unwrap() as u64;
    let with = |state: &str, run: i32| {
        found(|evidence| {
            evidence.produced.submitted.push(jobs.clone());
            evidence.tables.finished.push(Finished {
                job: 99,
                n: Some(n.cast_signed()),
                state: state.to_owned(),
                run,
            });
        })
    };
    assert_eq!(with("cancelled", 0), Vec::<String>::new());
    assert!(with("completed", 1).contains(&"wrong_end is 1".to_owned()));
    assert_eq!(with("cancelled", 1), ["wrong_end is 1"]);
}

#[test]
fn ticks_that_are_not_one_job_each_are_found() {
    let wrong = found(|run| {
        run.tables.ticked.push(Ticked {
            first: Some(1),
            last: Some(10),
            distinct: 9,
            notes: 10,
            paused: 11,
        });
    });
    assert_eq!(wrong, ["ticks_wrong is 2"]);
}

#[test]
fn what_is_left_is_found() {
    let left = |left| move |run: &mut Evidence| run.tables.left = left;
    let one = Left {
        dispatch: 1,
        ..Left::default()
    };
    assert_eq!(found(left(one)), ["the queue is not empty"]);
    let late = ["the queue was not empty within 60 s"];
    assert_eq!(found(|run| run.empty_after_s = None), late);
    assert_eq!(found(|run| run.empty_after_s = Some(61.0)), late);
}

#[test]
fn a_run_that_proves_nothing_is_no_good_one() {
    let calm = found(|run| run.faults.clear());
    assert_eq!(calm, ["no fault landed", "no kill_worker landed"]);
    let stale = |note: &Note| matches!(note, Note::Stale { .. });
    let unprovoked = found(|run| run.notes.retain(|note| !stale(note)));
    assert_eq!(unprovoked, ["no stale commit was refused"]);
}
