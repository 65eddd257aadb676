//! Order within and between lanes, and content.

use std::time::Duration;

use nexus_jobs::Band;

use super::{Fixture, LONG, consumer, entries, entry, ids, lane, normal, push, take};
use crate::Entry;

/// Entries of a lane come in the order of their push.
pub async fn entries_of_a_lane_come_in_the_order_of_their_push(fixture: &impl Fixture) {
    push(fixture, &normal(), &entries(1..=5)).await;
    push(fixture, &normal(), &entries(6..=6)).await;
    push(fixture, &normal(), &entries(7..=12)).await;
    let mut consumer = consumer(fixture, "a").await;
    let taken = take(consumer.as_mut(), 12).await;
    assert!(ids(&taken).into_iter().eq(1..=12), "{taken:?}");
}

/// Of what waits, the most urgent band comes first.
pub async fn lanes_come_in_the_order_of_their_bands(fixture: &impl Fixture) {
    for (id, band) in (1..).zip(Band::ALL.into_iter().rev()) {
        push(fixture, &lane(band), &[entry(id)]).await;
    }
    let mut consumer = consumer(fixture, "a").await;
    let taken = take(consumer.as_mut(), 4).await;
    let bands: Vec<Band> = taken.iter().map(|d| d.receipt.band).collect();
    assert_eq!(bands, Band::ALL);
    assert_eq!(ids(&taken), [4, 3, 2, 1]);
}

/// A fetch takes what is there in the order that it names, and no more than it names
/// over all bands; what it does not name stays.
pub async fn a_fetch_fills_up_in_the_order_it_names(fixture: &impl Fixture) {
    for (first, band) in [(10, Band::Critical), (20, Band::High), (30, Band::Low)] {
        push(fixture, &lane(band), &entries(first..first + 3)).await;
    }
    let mut consumer = consumer(fixture, "a").await;
    let upward = [Band::Low, Band::Normal, Band::High, Band::Critical];
    let taken = consumer.fetch(&upward, 5, LONG).await.expect("a fetch");
    assert_eq!(ids(&taken), [30, 31, 32, 20, 21]);
    let unnamed = consumer.fetch(&[Band::Low], 5, Duration::ZERO).await;
    assert_eq!(unnamed.expect("a fetch"), []);
    let some = [Band::Normal, Band::Critical];
    let taken = consumer.fetch(&some, 2, Duration::ZERO).await;
    assert_eq!(ids(&taken.expect("a fetch")), [10, 11]);
    let rest = consumer.fetch(&Band::ALL, 5, LONG).await.expect("a fetch");
    assert_eq!(ids(&rest), [12, 22]);
}

/// The dispatch row's id, the jobs' ids and the mark of a suspect arrive as pushed.
pub async fn what_an_entry_carries_survives(fixture: &impl Fixture) {
    let pushed = [
        Entry {
            dispatch_id: 2,
            job_ids: vec![5],
            suspect: true,
        },
        Entry {
            dispatch_id: 3,
            job_ids: (10_000..11_000).collect(),
            suspect: false,
        },
        Entry {
            dispatch_id: i64::MAX,
            job_ids: vec![1, 2, 3, 7, 1000, i64::MAX],
            suspect: false,
        },
    ];
    push(fixture, &normal(), &pushed).await;
    let mut consumer = consumer(fixture, "a").await;
    let mut taken: Vec<Entry> = take(consumer.as_mut(), 3)
        .await
        .into_iter()
        .map(|delivery| delivery.entry)
        .collect();
    // In which order, other properties say.
    taken.sort_by_key(|entry| entry.dispatch_id);
    assert_eq!(taken, pushed);
}
