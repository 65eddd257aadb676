//! A sleeping relay is woken; a working one asks for no NOTIFY.

use std::time::Duration;

use nexus_config::{Relay, Span};
use nexus_queue::{MemoryTransport, Transport};
use nexus_tests::bed::noop;
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, TestBed, eventually, in_bed};

use super::lane;

/// A relay that, once asleep, polls for nothing for an hour.
fn sleepy(settings: &Relay) -> Relay {
    let hour = Span::new(Duration::from_hours(1));
    Relay {
        idle_after: Span::new(Duration::from_millis(5)),
        poll_idle: hour,
        epoch_check: hour,
        ..settings.clone()
    }
}

async fn asleep(bed: &TestBed) {
    eventually("the relay sleeps", SOON, async || {
        (bed.count("relays", "sleeping").await == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_enqueue_wakes_a_sleeping_relay() {
    in_bed(async |bed| {
        // Well below the ten seconds after which a sleeping relay looks by itself.
        const WOKEN: Duration = Duration::from_secs(5);
        let transport = MemoryTransport::new();
        let relay = sleepy(&bed.settings().relay);
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &relay);
        for depth in 1..=3 {
            asleep(bed).await;
            bed.enqueue_noops(1).await;
            eventually("a new job is pushed", WOKEN, async || {
                (transport.depth(&lane()).await.ok()? == depth).then_some(())
            })
            .await;
        }
        // A job that is due much later must not make it deaf.
        bed.enqueue(&[noop().after(Duration::from_mins(30))]).await;
        eventually("the relay has seen the delayed job", WOKEN, async || {
            (bed.count("relays", "NOT sleeping").await == 0).then_some(())
        })
        .await;
        asleep(bed).await;
        bed.enqueue_noops(1).await;
        eventually("a new job is pushed", WOKEN, async || {
            (transport.depth(&lane()).await.ok()? == 4).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_works_asks_for_no_notify() {
    in_bed(async |bed| {
        let transport = MemoryTransport::new();
        let mut relay = sleepy(&bed.settings().relay);
        relay.idle_after = Span::new(Duration::from_hours(1));
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &relay);
        bed.enqueue_noops(1).await;
        eventually("the job is pushed", SOON, async || {
            (transport.depth(&lane()).await.ok()? == 1).then_some(())
        })
        .await;
        assert_eq!(bed.count("relays", "sleeping").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_wakes_by_itself_says_so() {
    in_bed(async |bed| {
        let transport = MemoryTransport::new();
        let mut relay = sleepy(&bed.settings().relay);
        relay.poll_idle = Span::new(Duration::from_millis(20));
        relay.idle_after = Span::new(Duration::from_millis(100));
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &relay);
        bed.enqueue(&[noop().after(Duration::from_millis(600))])
            .await;
        asleep(bed).await;
        // Nothing but the time wakes it now; while it works it is recorded as awake.
        eventually("it is awake", SOON, async || {
            (bed.count("relays", "NOT sleeping").await == 1).then_some(())
        })
        .await;
        eventually("the job is pushed", SOON, async || {
            (transport.depth(&lane()).await.ok()? == 1).then_some(())
        })
        .await;
    })
    .await;
}
