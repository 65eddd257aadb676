//! A round's steps, over several connections.

use std::collections::HashMap;
use std::time::Duration;

use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_config::Settings;
use nexus_jobs::{Due, FailureReason, JobId, Token};
use nexus_schema::dead::{self, DeadFilter, Replay};
use nexus_schema::ledger::{self, CancelAnswer, Settled};

use super::{Did, Turn, somebody};
use crate::bed::TestBed;
use crate::claimant::Claimant;
use crate::model::life::{CANCELLED, GIVEN_UP, NOT_WANTED};
use crate::model::step::{By, Step};

/// Later than any sequence lasts.
pub(super) const LATER: Duration = Duration::from_hours(1);

/// Takes every step of a round.
pub(super) async fn take(bed: &TestBed, turns: Vec<Turn>) -> Vec<(Turn, Did)> {
    let mut lanes: [Vec<Turn>; 4] = Default::default();
    for turn in turns {
        lanes[turn.sequence % 4].push(turn);
    }
    let [a, b, c, d] = lanes;
    let (a, b, c, d) = tokio::join!(lane(bed, a), lane(bed, b), lane(bed, c), lane(bed, d));
    [a, b, c, d].concat()
}

async fn lane(bed: &TestBed, turns: Vec<Turn>) -> Vec<(Turn, Did)> {
    let conn = &mut *bed.conn().await;
    let mut verbs: HashMap<std::mem::Discriminant<Step>, Vec<Turn>> = HashMap::new();
    for turn in turns {
        let verb = std::mem::discriminant(&turn.step);
        verbs.entry(verb).or_default().push(turn);
    }
    let mut done = Vec::new();
    for turns in verbs.into_values() {
        let did = verb(conn, bed.settings(), &turns).await;
        let each = turns.into_iter().map(|turn| {
            let did = did.get(&turn.id).copied().unwrap_or_default();
            (turn, did)
        });
        done.extend(each);
    }
    done
}

/// One verb over all jobs that it is about, and what it did to those that it moved.
async fn verb(
    conn: &mut AsyncPgConnection,
    settings: &Settings,
    turns: &[Turn],
) -> HashMap<i64, Did> {
    let ids: Vec<i64> = turns.iter().map(|turn| turn.id).collect();
    let jobs: Vec<JobId> = ids.iter().map(|id| JobId(*id)).collect();
    let moved = match turns[0].step {
        Step::Claim { .. } | Step::ClaimAgain { .. } => return claim(conn, turns).await,
        Step::Replay => return replay(conn, settings, jobs).await,
        Step::Cancel => ledger::cancel_jobs(conn, &jobs, CANCELLED, &somebody())
            .await
            .expect("a cancellation")
            .into_iter()
            .filter(|(_, answer)| *answer == CancelAnswer::Cancelled)
            .map(|(id, _)| id)
            .collect(),
        Step::Reschedule(_) => reschedule(conn, turns).await,
        Step::LoseLease => {
            let tokens: Vec<_> = turns.iter().map(|turn| turn.token.0).collect();
            sql_query("UPDATE nexus.leases SET expires_at = now() - interval '1 s' WHERE token = ANY ($1)")
                .bind::<Array<Uuid>, _>(tokens)
                .execute(conn)
                .await
                .expect("leases that ran out");
            Vec::new()
        }
        Step::PassDeadline => {
            sql_query("UPDATE nexus.jobs SET expires_at = now() WHERE id = ANY ($1)")
                .bind::<Array<BigInt>, _>(ids)
                .execute(conn)
                .await
                .expect("deadlines that passed");
            Vec::new()
        }
        Step::Unpark => {
            let kinds: Vec<String> = turns.iter().map(|turn| turn.kind.clone()).collect();
            ledger::unpark_kinds(conn, &kinds, 10_000)
                .await
                .expect("a release");
            Vec::new()
        }
        _ => settle(conn, turns).await,
    };
    let did = Did {
        moved: true,
        ..Did::default()
    };
    moved.into_iter().map(|JobId(id)| (id, did)).collect()
}

/// Each claim by itself: claims of one batch would share a lease.
async fn claim(conn: &mut AsyncPgConnection, turns: &[Turn]) -> HashMap<i64, Did> {
    let mut did = HashMap::new();
    for turn in turns {
        let (known, suspect) = match turn.step {
            Step::Claim { known, .. } => (known, turn.row.is_some_and(|(_, suspect)| suspect)),
            Step::ClaimAgain { suspect } => (true, suspect),
            _ => continue,
        };
        let claimant = Claimant {
            kinds: vec![if known {
                turn.kind.clone()
            } else {
                "model.other".to_owned()
            }],
            ..Claimant::default()
        };
        let mut wanted = claimant.claim_of(vec![turn.id]);
        wanted.whole = turn.row.iter().map(|(row, _)| *row).collect();
        wanted.suspect = suspect;
        let claimed = claimant.make(conn, wanted).await;
        if !claimed.jobs.is_empty() {
            let token = Some(claimed.token);
            let moved = true;
            did.insert(
                turn.id,
                Did {
                    moved,
                    token,
                    replayed_as: None,
                },
            );
        }
    }
    did
}

async fn reschedule(conn: &mut AsyncPgConnection, turns: &[Turn]) -> Vec<JobId> {
    let mut moved = Vec::new();
    for (later, due) in [(false, Due::Now), (true, Due::In(LATER))] {
        let of = turns
            .iter()
            .filter(|turn| turn.step == Step::Reschedule(later));
        let ids: Vec<JobId> = of.map(|turn| JobId(turn.id)).collect();
        let answer = ledger::reschedule(conn, &ids, due).await;
        moved.extend(answer.expect("a due time").into_iter().map(|(id, _)| id));
    }
    moved
}

/// Each replay by itself: jobs enqueued together would share a dispatch row.
async fn replay(
    conn: &mut AsyncPgConnection,
    settings: &Settings,
    ids: Vec<JobId>,
) -> HashMap<i64, Did> {
    let rules = ledger::Rules::of(settings);
    let mut did = HashMap::new();
    for id in ids {
        let filter = DeadFilter::of(id);
        let wanted = Replay {
            filter: &filter,
            after: JobId(0),
            limit: 1,
            args: None,
            pace: None,
        };
        let replayed = dead::replay(conn, &wanted, &somebody(), &rules).await;
        for again in replayed.expect("a replay").again {
            let replayed_as = Some(again.job.0);
            let moved = true;
            did.insert(
                again.dead.0,
                Did {
                    moved,
                    token: None,
                    replayed_as,
                },
            );
        }
    }
    did
}

/// A verb of those who hold jobs, or held them. Who settled its own closes its lease, as workers do.
async fn settle(conn: &mut AsyncPgConnection, turns: &[Turn]) -> Vec<JobId> {
    fn of<T>(turns: &[Turn], with: impl Fn(&Turn) -> T) -> Vec<Settled<T>> {
        let each = turns.iter().map(|turn| Settled {
            job: JobId(turn.id),
            token: turn.token,
            with: with(turn),
        });
        each.collect()
    }
    let wait = |turn: &Turn| match turn.step {
        Step::Retry(_, true) | Step::Snooze(_, true) => LATER,
        _ => Duration::ZERO,
    };
    let by = Claimant::new().worker;
    let error = FailureReason::Error;
    let closed: Vec<Token> = turns
        .iter()
        .filter(|turn| !turn.step.is_stale() && turn.expected)
        .map(|turn| turn.token)
        .collect();
    let moved = match turns[0].step {
        Step::Complete(_) => {
            let done = of(turns, |_| Some("{\"n\": 1}".to_owned()));
            return ledger::complete(conn, &done, &closed)
                .await
                .expect("an end");
        }
        Step::Retry(..) => {
            let failed = of(turns, |turn| (error, "e".to_owned(), wait(turn)));
            ledger::retry(conn, &failed, by).await
        }
        Step::Snooze(..) => ledger::snooze(conn, &of(turns, wait), by).await,
        Step::Discard(_) => {
            let dead = of(turns, |_| (error, GIVEN_UP.to_owned()));
            ledger::discard(conn, &dead, by).await
        }
        Step::CallOff(_) => {
            let off = of(turns, |_| NOT_WANTED.to_owned());
            ledger::cancel(conn, &off, by).await
        }
        _ => {
            let back: Vec<_> = turns
                .iter()
                .map(|turn| (JobId(turn.id), turn.token))
                .collect();
            ledger::give_back(conn, &back).await
        }
    };
    ledger::drop_leases(conn, &closed)
        .await
        .expect("closed leases");
    moved.expect("a settlement")
}

impl Step {
    /// Whether it shows a token that holds no longer.
    pub(super) fn is_stale(self) -> bool {
        matches!(
            self,
            Self::Complete(By::Stale)
                | Self::Retry(By::Stale, _)
                | Self::Snooze(By::Stale, _)
                | Self::Discard(By::Stale)
                | Self::CallOff(By::Stale)
                | Self::GiveBack(By::Stale)
        )
    }
}
