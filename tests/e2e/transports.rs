//! Queues on Kafka, and queues that are switched while they run: every job's effect once.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{Band, NewJob, QueueName, TransportName};
use nexus_queue::RoutedTransport;
use nexus_schema::queues;
use nexus_tests::bed::{actor, bounded};
use nexus_tests::effects::{Gated, effect_tasks};
use nexus_tests::eventually::SOON;
use nexus_tests::own_servers::Which;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{
    KafkaSpace, OwnServers, RelayRun, RescuerRun, Servers, TestBed, WorkerRun, eventually, template,
};

/// Jobs in one enqueue of a load.
const BATCH: i64 = 25;

/// A bed whose Kafka there is; its topics go with the second.
async fn bed() -> Option<(TestBed, KafkaSpace)> {
    Servers::from_env().kafka_or_skip()?;
    let bed = TestBed::with(|settings| {
        settings.lease.ttl = Span::new(Duration::from_millis(1500));
        settings.lease.heartbeat = Span::new(Duration::from_millis(300));
    })
    .await;
    bed.with_effects().await;
    let space = KafkaSpace::new(&bed.settings().kafka);
    Some((bed, space))
}

fn routed(bed: &TestBed) -> RoutedTransport {
    RoutedTransport::new(&bed.settings().redis, &bed.settings().kafka).unwrap()
}

/// Relay and worker as one process has them: over one transport.
fn engine(bed: &TestBed) -> (RelayRun, WorkerRun) {
    let transport = routed(bed);
    let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
    (relay, WorkerRun::with(bed, transport, effect_tasks()))
}

async fn switch(bed: &TestBed, to: TransportName) {
    let queue = QueueName::new("default").unwrap();
    queues::switch(&mut *bed.conn().await, &queue, to, &actor())
        .await
        .unwrap();
}

/// Waits until a transport carries something, and so many more jobs ended.
async fn carries(bed: &TestBed, name: TransportName, more: i64) {
    let marked = format!("epoch LIKE '{name}:%'");
    eventually(&format!("{name} carries the queue"), SOON, async || {
        (bed.count("dispatch", &marked).await > 0).then_some(())
    })
    .await;
    let before = bed.effects("done").await;
    bed.effects_reach("done", before + more).await;
}

#[tokio::test]
async fn a_queue_is_switched_under_load_and_back_and_nothing_is_lost() {
    bounded(async {
        let Some((bed, _space)) = bed().await else {
            return;
        };
        let (_relay, _worker) = engine(&bed);
        let (enough, enqueued) = (AtomicBool::new(false), AtomicI64::new(0));
        let load = async {
            while !enough.load(Relaxed) {
                bed.enqueue(&many(BATCH, |n| Task { n })).await;
                enqueued.fetch_add(BATCH, Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let switching = async {
            carries(&bed, TransportName::Redis, 100).await;
            for to in [
                TransportName::Kafka,
                TransportName::Redis,
                TransportName::Kafka,
                TransportName::Redis,
            ] {
                switch(&bed, to).await;
                carries(&bed, to, 100).await;
            }
            enough.store(true, Relaxed);
        };
        tokio::join!(load, switching);
        let count = enqueued.load(Relaxed);
        bed.all_complete(count).await;
        bed.assert_each_effect_once(count).await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_in_one_broker_comes_through_the_other_after_a_switch() {
    bounded(async {
        let Some((bed, _space)) = bed().await else {
            return;
        };
        // Nobody takes them.
        let transport = routed(&bed);
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        bed.enqueue(&many(60, |n| Task { n })).await;
        eventually("they are in Redis", SOON, async || {
            (bed.count("dispatch", "epoch LIKE 'redis:%'").await > 0
                && bed.count("dispatch", "epoch IS NULL").await == 0)
                .then_some(())
        })
        .await;
        // As if Redis were gone for good: what it holds is lost to the worker.
        switch(&bed, TransportName::Kafka).await;
        bed.redis().wipe().await;
        let _worker = WorkerRun::with(&bed, transport, effect_tasks());
        bed.all_complete(60).await;
        bed.assert_each_effect_once(60).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_topic_lost_and_lived_on_is_pushed_again() {
    bounded(async {
        let Some((bed, space)) = bed().await else {
            return;
        };
        switch(&bed, TransportName::Kafka).await;
        let transport = routed(&bed);
        let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        bed.enqueue(&many(60, |n| Task { n })).await;
        eventually("they are in Kafka", SOON, async || {
            (bed.count("dispatch", "epoch LIKE 'kafka:%'").await > 0
                && bed.count("dispatch", "epoch IS NULL").await == 0)
                .then_some(())
        })
        .await;
        space
            .lose(&QueueName::new("default").unwrap(), Band::Normal)
            .await;
        eventually("the relay sees it", SOON, async || {
            (relay.stats().repushed_rows.load(Relaxed) > 0).then_some(())
        })
        .await;
        let _worker = WorkerRun::with(&bed, transport, effect_tasks());
        bed.all_complete(60).await;
        bed.assert_each_effect_once(60).await;
    })
    .await;
}

#[tokio::test]
async fn a_kafka_killed_in_the_middle_of_a_drain_loses_nothing() {
    bounded(async {
        let Some(own) = OwnServers::start_with_kafka().await else {
            return;
        };
        let template = template::make(own.servers()).await;
        let bed = TestBed::on(own.servers(), &template, |settings| {
            settings.kafka.delivery_timeout = "1s".parse().unwrap();
            settings.kafka.request_timeout = "1s".parse().unwrap();
        })
        .await;
        bed.with_effects().await;
        switch(&bed, TransportName::Kafka).await;
        bed.enqueue(&many(600, |n| Task { n })).await;
        let (_relay, _worker) = engine(&bed);
        bed.effects_reach("done", 50).await;
        own.kill(Which::Kafka).await;
        // What the worker holds may end; the rest waits.
        bed.enqueue(&many(200, |n| Task { n })).await;
        own.start_again().await;
        bed.all_complete(800).await;
        bed.assert_each_effect_once(800).await;
    })
    .await;
}

#[tokio::test]
async fn workers_come_and_are_killed_under_load_and_each_effect_is_there_once() {
    bounded(async {
        let Some((bed, _space)) = bed().await else {
            return;
        };
        switch(&bed, TransportName::Kafka).await;
        bed.open_gate(100).await;
        let _relay = RelayRun::start(bed.pool(), routed(&bed), &bed.settings().relay);
        let _rescuer = RescuerRun::start(&bed);
        let worker = || bed.spawn_test_worker(env!("CARGO_BIN_EXE_nexus-test-worker"));
        let job = NewJob::of(&Gated { fenced: true }).unwrap();
        let load = async |batches: i64| {
            for _ in 0..batches {
                bed.enqueue(&vec![job.clone(); 25]).await;
            }
        };
        let first = worker();
        load(8).await;
        bed.effects_reach("done", 50).await;
        let _second = worker();
        load(8).await;
        bed.effects_reach("done", 250).await;
        first.kill().await;
        load(8).await;
        let _third = worker();
        bed.all_complete(600).await;
        bed.assert_each_effect_once(600).await;
    })
    .await;
}
