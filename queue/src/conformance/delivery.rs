//! Delivery once, settling, and depth.

use std::collections::BTreeSet;

use nexus_jobs::{Band, Lane, QueueName};

use super::{
    Fixture, LONG, SHORT, assert_nothing_comes, consumer, entries, ids, lane, normal, push,
    receipts, take,
};

/// Without a takeover an entry goes to one consumer.
pub async fn no_two_consumers_get_the_same_entry(fixture: &impl Fixture) {
    const COUNT: usize = 40;
    push(fixture, &normal(), &entries(1..=40)).await;
    let mut a = consumer(fixture, "a").await;
    let mut b = consumer(fixture, "b").await;
    let mut seen = Vec::new();
    while seen.len() < COUNT {
        let (from_a, from_b) =
            tokio::join!(a.fetch(&Band::ALL, 3, SHORT), b.fetch(&Band::ALL, 3, SHORT));
        seen.extend(ids(&from_a.expect("a fetch")));
        seen.extend(ids(&from_b.expect("a fetch")));
    }
    assert_eq!(seen.len(), COUNT);
    let distinct: BTreeSet<i64> = seen.into_iter().collect();
    assert_eq!(distinct, (1..=40).collect());
}

/// What is settled is delivered to nobody again, and counts no more.
pub async fn settled_entries_are_gone(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=2)).await;
    push(fixture, &lane(Band::High), &entries(3..=3)).await;
    let mut a = consumer(fixture, "a").await;
    let taken = take(a.as_mut(), 3).await;
    a.settle(&receipts(&taken)).await.expect("settling");
    for lane in [normal(), lane(Band::High)] {
        assert_eq!(fixture.transport().depth(&lane).await.expect("a depth"), 0);
    }
    let mut b = consumer(fixture, "b").await;
    assert_nothing_comes(a.as_mut()).await;
    assert_nothing_comes(b.as_mut()).await;
}

/// Settling again is no error, and settles nothing else.
pub async fn settling_twice_changes_nothing(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=2)).await;
    let mut consumer = consumer(fixture, "a").await;
    let taken = take(consumer.as_mut(), 2).await;
    for _ in 0..2 {
        consumer
            .settle(&receipts(&taken[..1]))
            .await
            .expect("settling");
    }
    consumer.settle(&[]).await.expect("settling nothing");
    let depth = fixture.transport().depth(&normal()).await.expect("a depth");
    assert_eq!(depth, 1);
}

/// Depth counts a lane's own entries, waiting or taken, until they are settled.
pub async fn depth_counts_what_is_not_settled(fixture: &impl Fixture) {
    let depth = async || fixture.transport().depth(&normal()).await.expect("a depth");
    assert_eq!(depth().await, 0);
    push(fixture, &normal(), &entries(1..=3)).await;
    push(fixture, &lane(Band::Low), &entries(4..=4)).await;
    assert_eq!(depth().await, 3);
    let mut consumer = consumer(fixture, "a").await;
    let taken = take(consumer.as_mut(), 4).await;
    assert_eq!(depth().await, 3);
    consumer
        .settle(&receipts(&taken[..2]))
        .await
        .expect("settling");
    assert_eq!(depth().await, 1);
}

/// A consumer gets entries of its own queue only.
pub async fn queues_are_apart(fixture: &impl Fixture) {
    let other = QueueName::new("conformance-other").expect("a queue's name");
    let others = Lane {
        queue: other.clone(),
        band: Band::Critical,
    };
    push(fixture, &others, &entries(1..=1)).await;
    push(fixture, &normal(), &entries(2..=2)).await;
    let mut consumer = consumer(fixture, "a").await;
    assert_eq!(ids(&take(consumer.as_mut(), 1).await), [2]);
    assert_eq!(
        consumer
            .fetch(&Band::ALL, 10, SHORT)
            .await
            .expect("a fetch"),
        []
    );
    let mut of_other = fixture
        .transport()
        .consumer(&other, "a")
        .await
        .expect("a consumer");
    let fetched = of_other.fetch(&Band::ALL, 10, LONG).await.expect("a fetch");
    assert_eq!(ids(&fetched), [1]);
}
