//! Many at once: no key is taken twice, and nobody waits in a circle.

use std::sync::Arc;
use std::time::Duration;

use nexus_config::Span;

use nexus_jobs::{NewJob, OnConflict, State, Unique};
use nexus_producer::enqueue_in;
use nexus_schema::{Error, ledger};
use nexus_tests::bed::actor;
use nexus_tests::bed::bounded;
use nexus_tests::{Claimant, TestBed, dispatch_rows, in_bed};
use tokio::task::JoinSet;

use super::numbered;

/// An order of `0..count` of its own for each seed: a step that is prime to `count`.
fn shuffled(count: usize, seed: usize) -> impl Iterator<Item = usize> {
    let primes = [7919, 104_729, 1_299_709, 15_485_863, 179_424_673];
    let step = primes[seed % primes.len()];
    (0..count).map(move |n| (n * step + seed * 7907) % count)
}

/// Each of the producers enqueues every key, 1,000 in a call, in an order of its own.
#[tokio::test]
async fn of_a_hundred_producers_of_ten_thousand_keys_each_key_is_enqueued_once() {
    const PRODUCERS: usize = 100;
    const KEYS: usize = 10_000;
    bounded(async {
        // They wait for one another's connections.
        let bed = TestBed::with(|settings| {
            settings.postgres.pool_wait = Span::new(Duration::from_mins(2));
        })
        .await;
        let start = Arc::new(tokio::sync::Barrier::new(PRODUCERS));
        let mut producers = JoinSet::new();
        for seed in 0..PRODUCERS {
            let (pool, settings) = (bed.pool().clone(), bed.settings().clone());
            let start = Arc::clone(&start);
            producers.spawn(async move {
                let jobs: Vec<NewJob> = shuffled(KEYS, seed)
                    .map(|n| numbered(n, Unique::by_args()))
                    .collect();
                start.wait().await;
                let mut new = 0;
                for batch in jobs.chunks(1000) {
                    // No second try: a deadlock fails the test.
                    let mut conn = pool.get().await?;
                    let became = enqueue_in(&mut conn, batch, &actor(), &settings).await?;
                    new += became.iter().filter(|job| job.is_new()).count();
                }
                Ok::<usize, Error>(new)
            });
        }
        let mut new = 0;
        while let Some(ended) = producers.join_next().await {
            new += ended.unwrap().unwrap();
        }
        assert_eq!(new, KEYS);
        let distinct = "(SELECT DISTINCT args ->> 'n' FROM nexus.jobs) AS n";
        assert_eq!(bed.count_in(distinct, "true").await, 10_000);
        assert_eq!(bed.count("jobs", "true").await, 10_000);
        assert_eq!(bed.count("reservations", "true").await, 10_000);
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        let ids = rows.iter().map(|row| row.job_ids.len()).sum::<usize>();
        assert_eq!(ids, KEYS);
    })
    .await;
}

/// Producers that take over keys and replace jobs, beside workers that claim and complete
/// them: every lock is taken in one order, so nobody is the victim of a deadlock.
#[tokio::test]
async fn producers_and_workers_do_not_lock_crosswise() {
    const PRODUCERS: usize = 6;
    const ROUNDS: usize = 25;
    in_bed(async |bed| {
        let mut tasks = JoinSet::new();
        for seed in 0..PRODUCERS {
            let (pool, settings) = (bed.pool().clone(), bed.settings().clone());
            tasks.spawn(async move {
                let unique = match seed % 3 {
                    0 => Unique::by_args(),
                    1 => Unique::by_args().on_conflict(OnConflict::DEBOUNCE),
                    _ => Unique::by_args().states([State::Scheduled, State::Available]),
                };
                for round in 0..ROUNDS {
                    let jobs: Vec<NewJob> = shuffled(200, seed + round)
                        .map(|n| {
                            let job = numbered(n, unique.clone());
                            job.order_key(format!("key {}", n % 20))
                        })
                        .collect();
                    let mut conn = pool.get().await?;
                    enqueue_in(&mut conn, &jobs, &actor(), &settings).await?;
                }
                Ok::<(), Error>(())
            });
        }
        let mut left = PRODUCERS;
        let mut conn = bed.conn().await;
        loop {
            while let Some(producer) = tasks.try_join_next() {
                producer.unwrap().unwrap();
                left -= 1;
            }
            let held = Claimant::new().claim_all(&mut conn).await;
            if held.jobs.is_empty() && left == 0 {
                break;
            }
            // Three settlements beside one another, each in an order of its own.
            let done = held.settled(&None);
            let parts = [0, 1, 2].map(|part| {
                let mine = done
                    .iter()
                    .enumerate()
                    .filter(move |(at, _)| at % 3 == part);
                mine.map(|(_, one)| one.clone()).collect::<Vec<_>>()
            });
            let settle = async |mut part: Vec<_>| {
                part.reverse();
                ledger::complete(&mut *bed.conn().await, &part, &[held.token]).await
            };
            let [first, second, third] = parts;
            let (a, b, c) = tokio::join!(settle(first), settle(second), settle(third));
            let ended = a.unwrap().len() + b.unwrap().len() + c.unwrap().len();
            assert_eq!(ended, done.len());
        }
        for table in ["jobs", "dispatch", "reservations", "order_keys"] {
            assert_eq!(bed.count(table, "true").await, 0, "{table}");
        }
    })
    .await;
}
