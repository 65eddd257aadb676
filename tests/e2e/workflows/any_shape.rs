//! Workflows of any shape, whose jobs fail, and which are called off and retried at any moment: all of them
//! end, each job has its effect once, and each end calls once.
//!
//! `NEXUS_WORKFLOWS_SEED=N` makes the workflows of a run again.

use std::collections::HashMap;
use std::time::Duration;

use nexus_jobs::WorkflowId;
use nexus_jobs::workflow::{Needs, Workflow};
use nexus_schema::{Error, ledger, workflows};
use nexus_tests::bed::actor;
use nexus_tests::chaos::dice::Dice;
use nexus_tests::{TestBed, eventually, in_bed};
use uuid::Uuid;

use super::{Engine, Fate, called, found, nodes, part};

/// Workflows of one run.
const WORKFLOWS: usize = 60;
/// Jobs of one workflow, at most.
const JOBS_MAX: u64 = 25;
/// What all of them are given.
const WITHIN: Duration = Duration::from_secs(90);

fn any(dice: &mut Dice, nth: usize) -> Workflow {
    let mut workflow = Workflow::new(format!("any {nth}"));
    let size = 1 + dice.below(JOBS_MAX);
    let density = 1 + dice.below(6);
    for n in 0..size {
        let fate = match dice.below(12) {
            0 => Fate::BadUntil(1),
            1 => Fate::BadUntil(2),
            2 => Fate::BadUntil(100),
            3 | 4 => Fate::Flaky,
            _ => Fate::Good,
        };
        let name = n.to_string();
        let node = workflow.add(&*name, part(&name, fate));
        let mut before = Vec::new();
        for earlier in 0..n {
            if dice.below(size) < density {
                before.push(nexus_jobs::workflow::NodeId(
                    u32::try_from(earlier).unwrap(),
                ));
            }
        }
        match dice.below(3) {
            0 => workflow.after_settled(node, before),
            _ => workflow.after(node, before),
        };
    }
    workflow
        .on_success(called("success"))
        .on_failure(called("failure"))
}

/// How its jobs end in the first round, if nobody interferes: by the definition, not by the ledger.
fn expected(workflow: &Workflow) -> Vec<&'static str> {
    let mut ends: Vec<&'static str> = Vec::new();
    for node in &workflow.nodes {
        let mut before = node.before.iter().map(|before| ends[before.0 as usize]);
        let runs = node.needs == Needs::Settled || before.all(|end| end == "completed");
        let part: super::Part = serde_json::from_str(node.job.args.get()).unwrap();
        ends.push(match part.fate {
            _ if !runs => "cancelled",
            Fate::BadUntil(_) => "discarded",
            Fate::Good | Fate::Flaky | Fate::Endless => "completed",
        });
    }
    ends
}

#[tokio::test]
async fn every_workflow_ends_with_each_effect_once_and_each_call_once() {
    let seed = std::env::var("NEXUS_WORKFLOWS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    println!("NEXUS_WORKFLOWS_SEED={seed}");
    in_bed(async |bed| {
        let _engine = Engine::start(bed, 3).await;
        let dice = &mut Dice::new(seed, 0);
        let mut made = Vec::new();
        for nth in 0..WORKFLOWS {
            let workflow = any(dice, nth);
            let id = super::submit(bed, &workflow).await;
            made.push((id, workflow));
        }
        // A third is left alone; the others are called off and retried while they run.
        let (alone, operated) = made.split_at(WORKFLOWS / 3);
        let mut failures: HashMap<WorkflowId, i64> = HashMap::new();
        for _ in 0..WORKFLOWS * 6 {
            let (id, _) = operated[usize::try_from(dice.below(operated.len() as u64)).unwrap()];
            operate(bed, dice, id, &mut failures).await;
        }
        let ends = settled(bed, &made).await;
        for ((id, workflow), end) in alone.iter().zip(&ends) {
            assert_eq!(
                super::states(bed, *id).await,
                expected(workflow),
                "workflow {id}"
            );
            let all = expected(workflow).iter().all(|end| *end == "completed");
            assert_eq!(end, if all { "completed" } else { "failed" });
        }
        for ((id, _), end) in made.iter().zip(&ends) {
            check(bed, *id, end, failures.get(id).copied().unwrap_or(0)).await;
        }
        assert_eq!(bed.count("workflow_ends", "true").await, 0);
        assert_eq!(bed.count("workflow_nodes", "true").await, 0);
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

/// Calls a workflow off, or retries it, whatever it is at just now. A round that had failed by the retry is
/// noted.
async fn operate(
    bed: &TestBed,
    dice: &mut Dice,
    id: WorkflowId,
    failures: &mut HashMap<WorkflowId, i64>,
) {
    let conn = &mut *bed.conn().await;
    if dice.below(4) == 0 {
        match workflows::call_off(conn, id, "by chance", &actor()).await {
            Ok(_) | Err(Error::Conflict(_)) => return,
            Err(error) => panic!("{error}"),
        }
    }
    let before = found(bed, id).await;
    let rules = ledger::Rules::of(bed.settings());
    match workflows::retry(conn, id, &actor(), &rules).await {
        Ok(again) => {
            // Nobody else retries: it was this round that ended.
            assert_eq!(again.round, before.round + 1);
            if found_state_at_retry(&again, &before) {
                *failures.entry(id).or_default() += 1;
            }
        }
        Err(Error::Conflict(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Whether the round that a retry ended had failed: it has then called, once more than before.
fn found_state_at_retry(again: &workflows::WorkflowView, before: &workflows::WorkflowView) -> bool {
    match before.finished_at {
        Some(_) => before.state == "failed",
        // It ended between the look and the retry.
        None => again.called.len() > before.called.len(),
    }
}

/// How each has ended, once no workflow and no job is left.
async fn settled(bed: &TestBed, made: &[(WorkflowId, Workflow)]) -> Vec<String> {
    eventually(
        "all workflows end, and what they called",
        WITHIN,
        async || {
            let left = bed.count("workflows", "true").await + bed.count("jobs", "true").await;
            (left == 0).then_some(())
        },
    )
    .await;
    let mut ends = Vec::new();
    for (id, _) in made {
        ends.push(found(bed, *id).await.state);
    }
    ends
}

async fn check(bed: &TestBed, id: WorkflowId, end: &str, failed_before: i64) {
    for node in nodes(bed, id).await {
        let effects = bed.effects(&format!("{id} {}", node.name)).await;
        let due = i64::from(node.state == "completed");
        assert_eq!(
            effects, due,
            "workflow {id}, job {:?}: {}",
            node.name, node.state
        );
        assert!(node.finished_at.is_some());
    }
    let of = async |word: &str| bed.effects(&format!("{id} {word}")).await;
    let failures = failed_before + i64::from(end == "failed");
    assert_eq!(
        (of("success").await, of("failure").await),
        (i64::from(end == "completed"), failures)
    );
    let called = found(bed, id).await.called;
    assert_eq!(
        i64::try_from(called.len()).unwrap(),
        failures + i64::from(end == "completed")
    );
}
