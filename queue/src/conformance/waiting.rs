//! Waiting for an entry.

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_jobs::Band;

use super::{Fixture, LONG, SHORT, consumer, entries, entry, find_all, ids, normal, push};

/// A fetch that finds nothing waits, and a push ends its wait.
pub async fn a_fetch_waits_for_a_push(fixture: &impl Fixture) {
    let mut consumer = consumer(fixture, "a").await;
    for round in 1..=3 {
        let pushing = async {
            // Lets the fetch begin first; should it not, it finds the entry there.
            tokio::task::yield_now().await;
            push(fixture, &normal(), &[entry(round)]).await;
        };
        let (fetched, ()) = tokio::join!(consumer.fetch(&Band::ALL, 10, LONG), pushing);
        assert_eq!(ids(&fetched.expect("a fetch")), [round]);
    }
}

/// A fetch that nothing comes for is empty, whether it waits or not.
pub async fn a_fetch_ends_empty_when_nothing_comes(fixture: &impl Fixture) {
    let mut consumer = consumer(fixture, "a").await;
    for wait in [Duration::ZERO, SHORT, Duration::ZERO] {
        assert_eq!(
            consumer.fetch(&Band::ALL, 10, wait).await.expect("a fetch"),
            []
        );
    }
}

/// A fetch that is dropped while it waits, even as an entry is on its way to it,
/// leaves every entry to be fetched or taken over.
pub async fn a_dropped_fetch_loses_nothing(fixture: &impl Fixture) {
    const ROUNDS: u32 = 40;
    let lane = normal();
    let mut dropping = consumer(fixture, "a").await;
    let mut wanted: BTreeSet<i64> = (1..=i64::from(ROUNDS)).collect();
    for round in 1..=ROUNDS {
        let patience = Duration::from_micros(50) * round;
        let pushed = entries([i64::from(round)]);
        let (fetched, ()) = tokio::join!(
            tokio::time::timeout(patience, dropping.fetch(&Band::ALL, 1, LONG)),
            push(fixture, &lane, &pushed),
        );
        if let Ok(fetched) = fetched {
            let fetched = fetched.expect("a fetch");
            for id in ids(&fetched) {
                assert!(wanted.remove(&id), "{id} came twice");
            }
            dropping
                .settle(&super::receipts(&fetched))
                .await
                .expect("settling");
        }
    }
    dropping.leave(&[]).await.expect("leaving");
    let mut finding = consumer(fixture, "b").await;
    find_all(finding.as_mut(), &wanted, Duration::ZERO).await;
}
