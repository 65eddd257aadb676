//! What every transport must hold to, one test a property.
//!
//! A transport passes by making an empty broker for each test, see [`Fixture`],
//! and naming how in [`conformance_suite!`](crate::conformance_suite). Nothing
//! here knows a broker: where brokers may differ (an entry that was given back
//! comes by a fetch or by a takeover; what was settled while the broker was wiped comes
//! once more or not), either is accepted.
//!
//! | properties of | file |
//! |---|---|
//! | order within and between lanes, content | [`order`] |
//! | delivery once, settling, depth | [`delivery`] |
//! | takeover and leaving | [`takeover`] |
//! | waiting for an entry | [`waiting`] |
//! | epochs, and brokers that lose everything | [`epochs`] |
//!
//! Compiled for tests and under the feature `conformance` only.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use nexus_jobs::{Band, Lane, QueueName};

use crate::{Consumer, Delivery, Entry, Receipt, Transport};

pub mod delivery;
pub mod epochs;
pub mod order;
pub mod takeover;
pub mod waiting;

/// A broker under test, with nothing in it and nobody else on it.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The transport over it.
    fn transport(&self) -> &dyn Transport;

    /// Makes the broker lose everything it holds.
    async fn wipe(&self);
}

/// How long a property may take: far more than any needs, so that a broker that
/// hangs fails its test instead of the whole run.
pub const BOUND: Duration = Duration::from_mins(1);

/// A wait that is to end early.
const LONG: Duration = Duration::from_secs(30);

/// A wait that is to end empty.
const SHORT: Duration = Duration::from_millis(30);

/// An idle time that no entry of a test reaches.
const NEVER: Duration = Duration::from_hours(1);

fn queue() -> QueueName {
    QueueName::new("conformance").expect("a queue's name")
}

fn lane(band: Band) -> Lane {
    Lane {
        queue: queue(),
        band,
    }
}

fn normal() -> Lane {
    lane(Band::Normal)
}

fn entry(id: i64) -> Entry {
    Entry {
        dispatch_id: id,
        job_ids: vec![id],
        suspect: false,
    }
}

fn entries(ids: impl IntoIterator<Item = i64>) -> Vec<Entry> {
    ids.into_iter().map(entry).collect()
}

fn ids(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|d| d.entry.dispatch_id).collect()
}

fn receipts(deliveries: &[Delivery]) -> Vec<Receipt> {
    deliveries.iter().map(|d| d.receipt.clone()).collect()
}

async fn consumer(fixture: &impl Fixture, name: &str) -> Box<dyn Consumer> {
    fixture
        .transport()
        .consumer(&queue(), name)
        .await
        .expect("a consumer")
}

async fn push(fixture: &impl Fixture, lane: &Lane, entries: &[Entry]) {
    fixture
        .transport()
        .push(lane, entries)
        .await
        .expect("a push");
}

/// Fetches until `count` entries came, in whatever portions.
async fn take(consumer: &mut dyn Consumer, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.extend(
            consumer
                .fetch(&Band::ALL, count - taken.len(), LONG)
                .await
                .expect("a fetch"),
        );
    }
    taken
}

/// The ids of entries that come by fetch or takeover, until all of `wanted` came.
async fn find_all(consumer: &mut dyn Consumer, wanted: &BTreeSet<i64>, idle: Duration) {
    let mut found = BTreeSet::new();
    while !wanted.is_subset(&found) {
        let mut came = consumer.take_over(100, idle).await.expect("a takeover");
        came.extend(
            consumer
                .fetch(&Band::ALL, 100, SHORT)
                .await
                .expect("a fetch"),
        );
        found.extend(ids(&came));
    }
    assert_eq!(&found, wanted);
}

/// Asserts that neither a fetch nor a takeover at once finds anything.
async fn assert_nothing_comes(consumer: &mut dyn Consumer) {
    let fetched = consumer
        .fetch(&Band::ALL, 100, SHORT)
        .await
        .expect("a fetch");
    assert_eq!(fetched, []);
    let taken_over = consumer
        .take_over(100, Duration::ZERO)
        .await
        .expect("a takeover");
    assert_eq!(taken_over, []);
}

/// Writes one `#[tokio::test]` for each property. `$make` is an async function
/// that makes a [`Fixture`](crate::conformance::Fixture), or says that its broker is not to
/// be had here and gives `None`. The order of properties is for a lane that is one sequence;
/// a broker that deals a lane to several passes `order` with one of them. The calling crate needs
/// `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance_suite {
    ($make:path) => {
        $crate::conformance_suite! { $make:
            order::entries_of_a_lane_come_in_the_order_of_their_push,
            order::lanes_come_in_the_order_of_their_bands,
            order::a_fetch_fills_up_in_the_order_it_names,
            order::what_an_entry_carries_survives,
            delivery::no_two_consumers_get_the_same_entry,
            delivery::settled_entries_are_gone,
            delivery::settling_twice_changes_nothing,
            delivery::depth_counts_what_is_not_settled,
            delivery::queues_are_apart,
            takeover::unsettled_entries_are_taken_over_once_idle,
            takeover::what_was_taken_over_is_settled_by_its_new_owner,
            takeover::leaving_gives_back_at_once,
            takeover::leaving_loses_nothing_that_was_not_named,
            takeover::leaving_leaves_alone_what_others_took_over,
            waiting::a_fetch_waits_for_a_push,
            waiting::a_fetch_ends_empty_when_nothing_comes,
            waiting::a_dropped_fetch_loses_nothing,
            epochs::an_epoch_holds_over_pushes_and_settling,
            epochs::a_wipe_begins_another_epoch,
            epochs::pushes_after_a_wipe_reach_a_consumer_from_before,
            epochs::a_wipe_does_not_end_a_waiting_fetch,
        }
    };
    ($make:path: $($file:ident::$property:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $property() {
                let property = async {
                    let Some(fixture) = $make().await else {
                        return;
                    };
                    $crate::conformance::$file::$property(&fixture).await;
                };
                tokio::time::timeout($crate::conformance::BOUND, property)
                    .await
                    .expect("the property holds within its bound");
            }
        )+
    };
}
