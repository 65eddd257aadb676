//! Takeover and leaving.

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_jobs::Band;

use super::{
    Fixture, NEVER, assert_nothing_comes, consumer, entries, find_all, ids, normal, push, receipts,
    take,
};

/// What was delivered and not settled can be taken over once it is idle for long
/// enough, and not before.
pub async fn unsettled_entries_are_taken_over_once_idle(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=3)).await;
    let mut a = consumer(fixture, "a").await;
    let mut taken = take(a.as_mut(), 3).await;
    taken.sort_by_key(|delivery| delivery.entry.dispatch_id);
    let mut b = consumer(fixture, "b").await;
    assert_eq!(b.take_over(10, NEVER).await.expect("a takeover"), []);
    let mut over = b.take_over(10, Duration::ZERO).await.expect("a takeover");
    over.sort_by_key(|delivery| delivery.entry.dispatch_id);
    assert!(
        over.iter()
            .map(|d| &d.entry)
            .eq(taken.iter().map(|d| &d.entry))
    );
}

/// The new owner's settling counts.
pub async fn what_was_taken_over_is_settled_by_its_new_owner(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=2)).await;
    let mut a = consumer(fixture, "a").await;
    take(a.as_mut(), 2).await;
    let mut b = consumer(fixture, "b").await;
    let over = b.take_over(10, Duration::ZERO).await.expect("a takeover");
    b.settle(&receipts(&over)).await.expect("settling");
    assert_nothing_comes(a.as_mut()).await;
    let depth = fixture.transport().depth(&normal()).await.expect("a depth");
    assert_eq!(depth, 0);
}

/// What a leaving consumer names is there for others at once, by fetch or takeover.
pub async fn leaving_gives_back_at_once(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=3)).await;
    let mut a = consumer(fixture, "a").await;
    let taken = take(a.as_mut(), 3).await;
    let (settled, unsettled) = taken.split_at(1);
    a.settle(&receipts(settled)).await.expect("settling");
    a.leave(&receipts(unsettled)).await.expect("leaving");
    drop(a);
    let mut b = consumer(fixture, "b").await;
    find_all(b.as_mut(), &BTreeSet::from([2, 3]), NEVER).await;
}

/// An entry that a leaving consumer got without knowing (the broker's answer was
/// lost) is given back with the rest.
pub async fn leaving_loses_nothing_that_was_not_named(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=2)).await;
    let mut a = consumer(fixture, "a").await;
    take(a.as_mut(), 2).await;
    a.leave(&[]).await.expect("leaving");
    drop(a);
    let mut b = consumer(fixture, "b").await;
    find_all(b.as_mut(), &BTreeSet::from([1, 2]), NEVER).await;
}

/// A slow consumer that leaves late does not take away from whoever took over.
pub async fn leaving_leaves_alone_what_others_took_over(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=1)).await;
    let mut slow = consumer(fixture, "slow").await;
    let taken = take(slow.as_mut(), 1).await;
    let mut owner = consumer(fixture, "owner").await;
    let over = owner
        .take_over(1, Duration::ZERO)
        .await
        .expect("a takeover");
    assert_eq!(ids(&over), [1]);
    slow.leave(&receipts(&taken)).await.expect("leaving");
    let mut third = consumer(fixture, "third").await;
    assert_eq!(third.take_over(1, NEVER).await.expect("a takeover"), []);
    assert_eq!(
        third
            .fetch(&Band::ALL, 1, super::SHORT)
            .await
            .expect("a fetch"),
        []
    );
}
