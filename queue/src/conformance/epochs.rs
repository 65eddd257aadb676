//! Epochs, and brokers that lose everything.

use super::{Fixture, LONG, consumer, entries, ids, normal, push, receipts, take};

/// Pushes, fetches and settling leave the epoch as it is, and a push tells the
/// same as a look.
pub async fn an_epoch_holds_over_pushes_and_settling(fixture: &impl Fixture) {
    let transport = fixture.transport();
    let pushed = transport
        .push(&normal(), &entries(1..=2))
        .await
        .expect("a push");
    let mut consumer = consumer(fixture, "a").await;
    let taken = take(consumer.as_mut(), 2).await;
    consumer.settle(&receipts(&taken)).await.expect("settling");
    assert_eq!(transport.epoch(&normal()).await.expect("an epoch"), pushed);
    let again = transport
        .push(&normal(), &entries(3..=3))
        .await
        .expect("a push");
    assert_eq!(again, pushed);
}

/// A broker that lost its entries shows another epoch, before and after a push.
pub async fn a_wipe_begins_another_epoch(fixture: &impl Fixture) {
    let transport = fixture.transport();
    let before = transport
        .push(&normal(), &entries(1..=2))
        .await
        .expect("a push");
    fixture.wipe().await;
    assert_eq!(transport.depth(&normal()).await.expect("a depth"), 0);
    let after = transport.epoch(&normal()).await.expect("an epoch");
    assert_ne!(after, before);
    let pushed = transport
        .push(&normal(), &entries(3..=3))
        .await
        .expect("a push");
    assert_eq!(pushed, after);

    fixture.wipe().await;
    let pushed = transport
        .push(&normal(), &entries(4..=4))
        .await
        .expect("a push");
    assert_ne!(pushed, after);
    assert_eq!(transport.epoch(&normal()).await.expect("an epoch"), pushed);
}

/// A consumer goes on over a wipe: what is pushed afterwards is delivered.
pub async fn pushes_after_a_wipe_reach_a_consumer_from_before(fixture: &impl Fixture) {
    let mut consumer = consumer(fixture, "a").await;
    push(fixture, &normal(), &entries(1..=2)).await;
    assert_eq!(ids(&take(consumer.as_mut(), 1).await)[0], 1);
    fixture.wipe().await;
    push(fixture, &normal(), &entries(3..=4)).await;
    assert_eq!(ids(&take(consumer.as_mut(), 2).await), [3, 4]);
    fixture.wipe().await;
    assert_eq!(
        consumer
            .take_over(10, std::time::Duration::ZERO)
            .await
            .expect("a takeover"),
        []
    );
}

/// A wipe in the middle of a fetch is no error of that fetch, nor does it keep
/// what is pushed afterwards from coming.
pub async fn a_wipe_does_not_end_a_waiting_fetch(fixture: &impl Fixture) {
    let mut consumer = consumer(fixture, "a").await;
    for round in 1..=5 {
        let (taken, ()) = tokio::join!(
            tokio::time::timeout(LONG, take(consumer.as_mut(), 1)),
            async {
                tokio::task::yield_now().await;
                fixture.wipe().await;
                push(fixture, &normal(), &entries([round])).await;
            }
        );
        let mut taken = taken.expect("what is pushed after a wipe comes");
        // What was delivered and settled while the broker was being wiped may come again.
        while !ids(&taken).contains(&round) {
            taken.extend(take(consumer.as_mut(), 1).await);
        }
        consumer.settle(&receipts(&taken)).await.expect("settling");
    }
}
