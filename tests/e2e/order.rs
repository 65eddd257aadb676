//! Ordering keys: of the jobs of one key only the oldest unfinished runs, and its end sends the
//! next one on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nexus_jobs::{FailureReason, JobId, NewJob, TenantId};
use nexus_producer::enqueue_in;
use nexus_schema::{Error, ledger};
use nexus_tests::bed::{actor, noop};
use nexus_tests::tasks::Task;
use nexus_tests::{Claimant, TestBed, WorkerRun, dispatch_rows, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use tokio::task::JoinSet;

/// The ids that dispatch rows carry.
async fn dispatched(bed: &TestBed) -> Vec<i64> {
    let rows = dispatch_rows(&mut *bed.conn().await).await;
    rows.into_iter().flat_map(|row| row.job_ids).collect()
}

fn keyed(key: &str) -> NewJob {
    noop().order_key(key)
}

#[tokio::test]
async fn only_the_oldest_of_a_key_is_dispatched() {
    in_bed(async |bed| {
        let jobs = [
            keyed("a"),
            keyed("b"),
            noop(),
            keyed("a"),
            keyed("a").tenant(TenantId::PLATFORM),
        ];
        let ids: Vec<i64> = bed.enqueue(&jobs).await.iter().map(|id| id.0).collect();
        let mut sent = dispatched(bed).await;
        sent.sort_unstable();
        assert_eq!(sent, [ids[0], ids[1], ids[2], ids[4]]);
        let later = bed.enqueue(&[keyed("a")]).await[0];
        assert_eq!(dispatched(bed).await.len(), 4);
        let parked = bed.job(later).await.job;
        assert_eq!(parked.parked.as_deref(), Some("order"));
        assert_eq!(parked.parked_on.as_deref(), Some("1/a"));
        // One that is parked is not claimed, even by whoever has its id.
        let mut conn = bed.conn().await;
        let claimant = Claimant::new();
        let held = claimant
            .make(&mut conn, claimant.claim_of(ids.clone()))
            .await;
        assert_eq!(held.ids(), [ids[0], ids[1], ids[2], ids[4]]);
    })
    .await;
}

/// Whether the second of two jobs of a key is on its way after the first was settled so.
async fn passes(bed: &TestBed, settle: &str) -> bool {
    let ids = bed.enqueue(&[keyed("k"), keyed("k")]).await;
    let mut conn = bed.conn().await;
    let claimant = Claimant::fleeting();
    let held = claimant.claim_all(&mut conn).await;
    assert_eq!(held.ids(), [ids[0].0]);
    let why = (FailureReason::Error, "e".to_owned());
    let later = (why.0, why.1.clone(), Duration::from_mins(1));
    let by = claimant.worker;
    match settle {
        "complete" => ledger::complete(&mut conn, &held.settled(&None), &[]).await,
        "discard" => ledger::discard(&mut conn, &held.settled(&why), by).await,
        "cancel" => ledger::cancel(&mut conn, &held.settled(&why.1), by).await,
        "retry" => ledger::retry(&mut conn, &held.settled(&later), by).await,
        "snooze" => ledger::snooze(&mut conn, &held.settled(&Duration::ZERO), by).await,
        "give_back" => ledger::give_back(&mut conn, &held.held()).await,
        _ => ledger::rescue(&mut conn, 10)
            .await
            .map(|rescued| rescued.again),
    }
    .unwrap();
    let went_on = dispatched(bed).await.contains(&ids[1].0);
    let front = format!("head = {}", ids[usize::from(went_on)]);
    assert_eq!(bed.count("order_keys", &front).await, 1, "{settle}");
    bed.execute("TRUNCATE nexus.jobs, nexus.dispatch, nexus.leases, nexus.order_keys")
        .await;
    went_on
}

#[tokio::test]
async fn every_end_passes_the_turn_and_every_pause_keeps_it() {
    in_bed(async |bed| {
        for end in ["complete", "discard", "cancel"] {
            assert!(passes(bed, end).await, "{end}");
        }
        for pause in ["retry", "snooze", "give_back", "rescue"] {
            assert!(!passes(bed, pause).await, "{pause}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_last_of_a_key_leaves_nothing_behind() {
    in_bed(async |bed| {
        bed.enqueue(&[keyed("k"), keyed("k").after(Duration::from_millis(1))])
            .await;
        let mut conn = bed.conn().await;
        let mut ended = 0;
        while ended < 2 {
            let held = Claimant::new().claim_all(&mut conn).await;
            let done = ledger::complete(&mut conn, &held.settled(&None), &[held.token]).await;
            ended += done.unwrap().len();
        }
        for table in ["order_keys", "jobs", "dispatch"] {
            assert_eq!(bed.count(table, "true").await, 0, "{table}");
        }
    })
    .await;
}

/// Producers add to a few keys while their heads end: whichever comes first, nobody is left
/// parked and nobody is sent on twice.
#[tokio::test]
async fn an_enqueue_that_meets_an_end_is_sent_on_once() {
    const PRODUCERS: usize = 4;
    const ROUNDS: usize = 60;
    in_bed(async |bed| {
        let mut producers = JoinSet::new();
        for seed in 0..PRODUCERS {
            let (pool, settings) = (bed.pool().clone(), bed.settings().clone());
            producers.spawn(async move {
                for round in 0..ROUNDS {
                    let jobs: Vec<NewJob> = (0..5)
                        .map(|n| keyed(&format!("key {}", (n * 3 + seed + round) % 5)))
                        .collect();
                    let mut conn = pool.get().await?;
                    enqueue_in(&mut conn, &jobs, &actor(), &settings).await?;
                }
                Ok::<(), Error>(())
            });
        }
        let mut conn = bed.conn().await;
        let mut ended: Vec<(String, i64)> = Vec::new();
        let mut left = PRODUCERS;
        loop {
            while let Some(producer) = producers.try_join_next() {
                producer.unwrap().unwrap();
                left -= 1;
            }
            let held = Claimant::new().claim_all(&mut conn).await;
            if held.jobs.is_empty() && left == 0 {
                break;
            }
            let keys = keys_of(bed, &held.ids()).await;
            let mut distinct = keys.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(
                distinct.len(),
                keys.len(),
                "two jobs of a key run: {keys:?}"
            );
            ended.extend(keys.into_iter().zip(held.ids()));
            ledger::complete(&mut conn, &held.settled(&None), &[held.token])
                .await
                .unwrap();
        }
        assert_eq!(ended.len(), PRODUCERS * ROUNDS * 5);
        for table in ["jobs", "dispatch", "order_keys"] {
            assert_eq!(bed.count(table, "true").await, 0, "{table}");
        }
    })
    .await;
}

async fn keys_of(bed: &TestBed, ids: &[i64]) -> Vec<String> {
    let mut keys = Vec::new();
    for id in ids {
        keys.extend(bed.job(JobId(*id)).await.job.order_key);
    }
    keys
}

/// Three worker processes share a queue; the jobs of a key run one after another in their
/// order, though some fail at first, and those of other keys go on meanwhile.
#[tokio::test]
async fn a_thousand_jobs_of_a_key_run_in_order_over_three_workers() {
    const KEYED: i64 = 1000;
    in_bed(async |bed| {
        let ran: Arc<Mutex<Vec<i64>>> = Arc::default();
        let others_left = Arc::new(Mutex::new(0));
        let registry = || {
            let (ran, others_left) = (Arc::clone(&ran), Arc::clone(&others_left));
            Registry::new().with::<Task, _>(move |task: Task, ctx: Context| {
                let (ran, others_left) = (Arc::clone(&ran), Arc::clone(&others_left));
                async move {
                    if task.n < 0 {
                        let keyed_left = ran.lock().unwrap().len() < usize::try_from(KEYED)?;
                        *others_left.lock().unwrap() += i64::from(keyed_left);
                    } else if task.n % 100 == 50 && ctx.attempt() == 1 {
                        anyhow::bail!("fails at first, and keeps its turn");
                    } else {
                        ran.lock().unwrap().push(task.n);
                    }
                    Ok(Outcome::done())
                }
            })
        };
        let _relay = bed.relay();
        let workers = [(); 3].map(|()| WorkerRun::with(bed, bed.transport(), registry()));
        let mut jobs: Vec<NewJob> = (0..KEYED)
            .map(|n| NewJob::of(&Task { n }).unwrap().order_key("k"))
            .collect();
        for n in 0..100 {
            let other = NewJob::of(&Task { n: -1 - n }).unwrap();
            jobs.push(other.order_key(format!("other {n}")));
        }
        for batch in jobs.chunks(1000) {
            bed.enqueue(batch).await;
        }
        bed.all_complete(KEYED + 100).await;
        for worker in workers {
            worker.stop().await;
        }
        let ran = ran.lock().unwrap().clone();
        assert_eq!(ran, (0..KEYED).collect::<Vec<_>>());
        assert!(*others_left.lock().unwrap() > 0, "others went on meanwhile");
        assert_eq!(bed.count("order_keys", "true").await, 0);
    })
    .await;
}
