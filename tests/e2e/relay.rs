//! The relay: what is due reaches the broker, within its bound, again where the
//! broker lost it, and at once where the relay sleeps.

mod losses;
mod sleep;

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_jobs::kinds::Noop;
use nexus_jobs::{Band, Job, Lane, QueueName};
use nexus_queue::{Consumer, Delivery, MemoryTransport, Transport};
use nexus_schema::dispatch;
use nexus_tests::bed::{bounded, noop};
use nexus_tests::eventually::SOON;
use nexus_tests::{Claimant, RelayRun, TestBed, dispatch_rows, eventually, in_bed};

fn lane() -> Lane {
    Lane {
        queue: QueueName::new(Noop::QUEUE).unwrap(),
        band: Band::Normal,
    }
}

async fn consumer(transport: &impl Transport) -> Box<dyn Consumer> {
    transport.consumer(&lane().queue, "test").await.unwrap()
}

/// The next entries that come, from a broker that may be away for a while.
async fn fetch(consumer: &mut dyn Consumer) -> Vec<Delivery> {
    eventually("an entry comes", SOON, async || {
        let fetched = consumer
            .fetch(&Band::ALL, 100, Duration::from_millis(100))
            .await;
        fetched.ok().filter(|came| !came.is_empty())
    })
    .await
}

/// Fetches until entries for all of these jobs came.
async fn arrive(consumer: &mut dyn Consumer, jobs: &[nexus_jobs::JobId]) {
    let wanted: BTreeSet<i64> = jobs.iter().map(|id| id.0).collect();
    let mut came = BTreeSet::new();
    while came != wanted {
        let deliveries = fetch(consumer).await;
        came.extend(deliveries.into_iter().flat_map(|d| d.entry.job_ids));
        assert!(came.is_subset(&wanted), "{came:?}");
    }
}

async fn due_and_delayed_jobs_arrive(bed: &TestBed, transport: impl Transport + Clone + 'static) {
    let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
    let mut consumer = consumer(&transport).await;
    let now = bed.enqueue_noops(250).await;
    arrive(consumer.as_mut(), &now).await;
    let delayed = noop().after(Duration::from_millis(300));
    let later = bed.enqueue(&[noop(), delayed]).await;
    arrive(consumer.as_mut(), &later[..1]).await;
    arrive(consumer.as_mut(), &later[1..]).await;
    assert_eq!(
        bed.state(later[1]).await,
        "available",
        "not before it is due"
    );

    let rows = dispatch_rows(&mut *bed.conn().await).await;
    assert_eq!(rows.len(), 5, "a row stays until a claim settles it");
    let epoch = Some(transport.epoch(&lane()).await.unwrap().0);
    eventually("every row is marked with the epoch", SOON, async || {
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        rows.iter().all(|row| row.epoch == epoch).then_some(())
    })
    .await;
    relay.stop().await;
    assert_eq!(bed.count("relays", "true").await, 0, "its row goes with it");
}

#[tokio::test]
async fn due_and_delayed_jobs_arrive_through_memory() {
    in_bed(async |bed| due_and_delayed_jobs_arrive(bed, MemoryTransport::new()).await).await;
}

#[tokio::test]
async fn due_and_delayed_jobs_arrive_through_redis() {
    in_bed(async |bed| due_and_delayed_jobs_arrive(bed, bed.transport()).await).await;
}

#[tokio::test]
async fn the_broker_holds_no_more_than_its_bound_and_is_refilled() {
    const BOUND: u32 = 55;
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.enqueue.entry_ids_max = 10;
            settings.relay.broker_ids_max = BOUND;
        })
        .await;
        bed.enqueue_noops(500).await;
        let transport = bed.transport();
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let mut consumer = consumer(&transport).await;
        let mut conn = bed.conn().await;
        let claimant = Claimant::new();
        let mut claimed = 0;
        while claimed < 500 {
            let deliveries = fetch(consumer.as_mut()).await;
            let pushed = dispatch::pushed_ids(&mut conn, &lane()).await.unwrap();
            assert!(pushed <= BOUND as usize, "{pushed} ids in the broker");
            assert!(transport.depth(&lane()).await.unwrap() <= 6);
            for Delivery { entry, receipt } in deliveries {
                let mut wanted = claimant.claim_of(entry.job_ids);
                wanted.whole = vec![entry.dispatch_id];
                claimed += claimant.make(&mut conn, wanted).await.jobs.len();
                consumer.settle(&[receipt]).await.unwrap();
            }
        }
        assert_eq!(dispatch_rows(&mut conn).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_row_larger_than_a_lowered_bound_is_pushed_alone() {
    bounded(async {
        let bed = TestBed::with(|settings| settings.relay.broker_ids_max = 30).await;
        let jobs = bed.enqueue_noops(200).await;
        let transport = bed.transport();
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let mut consumer = consumer(&transport).await;
        let first = fetch(consumer.as_mut()).await;
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].entry.job_ids.len(), 100);
        let mut conn = bed.conn().await;
        let rows = dispatch_rows(&mut conn).await;
        Claimant::new().claim(&mut conn, &rows[..1]).await;
        arrive(consumer.as_mut(), &jobs[100..]).await;
    })
    .await;
}

#[tokio::test]
async fn two_relays_push_each_row_once() {
    in_bed(async |bed| {
        let transport = MemoryTransport::new();
        let relays =
            [(); 2].map(|()| RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay));
        let jobs: Vec<_> = (0..300).map(|n| noop().band(Band::ALL[n % 4])).collect();
        for chunk in jobs.chunks(10) {
            bed.enqueue(chunk).await;
        }
        eventually("every row is pushed", SOON, async || {
            (bed.count("dispatch", "epoch IS NULL").await == 0).then_some(())
        })
        .await;
        let rows = bed.count("dispatch", "true").await;
        let mut depth = 0;
        for band in Band::ALL {
            let lane = Lane { band, ..lane() };
            depth += transport.depth(&lane).await.unwrap();
        }
        assert_eq!(i64::try_from(depth).unwrap(), rows);
        for relay in relays {
            relay.stop().await;
        }
    })
    .await;
}
