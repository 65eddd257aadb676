//! The ledger's statements against the states' own rule: every verb on every state.

use std::time::Duration;

use nexus_jobs::{FailureReason, JobId, State, Step, Token};
use nexus_schema::ledger::{self, Settled};
use nexus_tests::bed::noop;
use nexus_tests::{Claimant, TestBed, in_bed};

const STEPS: [Step; 7] = [
    Step::Claim,
    Step::Complete,
    Step::Retry,
    Step::Snooze,
    Step::GiveBack,
    Step::Discard,
    Step::Cancel,
];

/// A new job in a state, due, and the token of its last claim (any, without one).
async fn in_state(bed: &TestBed, claimant: &Claimant, state: State) -> (JobId, Token) {
    let mut conn = bed.conn().await;
    // Stored as scheduled and due by now, as no other way leads there twice.
    let id = bed.enqueue(&[noop()]).await[0];
    let mut token = Token::random();
    if state == State::Scheduled {
        let text = format!("UPDATE nexus.jobs SET state = 'scheduled' WHERE id = {id}");
        bed.execute(&text).await;
    } else if state != State::Available {
        let held = claimant
            .make(&mut conn, claimant.claim_of(vec![id.0]))
            .await;
        token = held.token;
        let step = match state {
            State::Retryable => Some(Step::Snooze),
            State::Completed => Some(Step::Complete),
            State::Discarded => Some(Step::Discard),
            State::Cancelled => Some(Step::Cancel),
            State::Running | State::Scheduled | State::Available => None,
        };
        if let Some(step) = step {
            assert!(take(bed, claimant, (id, token), step).await);
        }
    }
    (id, token)
}

/// Drives a verb; returns whether it found the job in a state that it may leave.
async fn take(bed: &TestBed, by: &Claimant, (job, token): (JobId, Token), step: Step) -> bool {
    fn of<T>(job: JobId, token: Token, with: T) -> [Settled<T>; 1] {
        [Settled { job, token, with }]
    }
    let conn = &mut *bed.conn().await;
    let reason = FailureReason::Error;
    let now = Duration::ZERO;
    let settled = match step {
        Step::Claim => {
            let claimed = by.make(conn, by.claim_of(vec![job.0])).await;
            return !claimed.jobs.is_empty();
        }
        Step::Complete => ledger::complete(conn, &of(job, token, None), &[]).await,
        Step::Retry => {
            let why = (reason, "e".to_owned(), now);
            ledger::retry(conn, &of(job, token, why), by.worker).await
        }
        Step::Snooze => ledger::snooze(conn, &of(job, token, now), by.worker).await,
        Step::GiveBack => ledger::give_back(conn, &[(job, token)]).await,
        Step::Discard => {
            let why = (reason, "e".to_owned());
            ledger::discard(conn, &of(job, token, why), by.worker).await
        }
        Step::Cancel => ledger::cancel(conn, &of(job, token, "e".into()), by.worker).await,
    };
    !settled.unwrap().is_empty()
}

#[tokio::test]
async fn the_ledgers_verbs_take_the_steps_that_the_states_allow() {
    in_bed(async |bed| {
        let claimant = Claimant::new();
        for state in State::ALL {
            for step in STEPS {
                // The ledger's cancel is a running handler's own.
                let allowed = match (state, step) {
                    (state, Step::Cancel) if state.is_waiting() => None,
                    _ => state.after(step),
                };
                let job = in_state(bed, &claimant, state).await;
                let moved = take(bed, &claimant, job, step).await;
                assert_eq!(moved, allowed.is_some(), "{step:?} of {state}");
                let after = allowed.unwrap_or(state);
                let shown = match after {
                    // Due by now, so shown as what it is.
                    State::Scheduled => State::Available,
                    other => other,
                };
                assert_eq!(
                    bed.state(job.0).await,
                    shown.as_str(),
                    "{step:?} of {state}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_verb_moves_a_running_job_by_a_stale_token() {
    in_bed(async |bed| {
        let claimant = Claimant::new();
        for step in STEPS.into_iter().filter(|step| *step != Step::Claim) {
            let (id, _) = in_state(bed, &claimant, State::Running).await;
            assert!(
                !take(bed, &claimant, (id, Token::random()), step).await,
                "{step:?}"
            );
            assert_eq!(bed.state(id).await, "running", "{step:?} by a stale token");
        }
    })
    .await;
}
