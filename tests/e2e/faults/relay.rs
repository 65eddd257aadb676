//! A relay that dies between its push and its mark.

use std::sync::Arc;

use async_trait::async_trait;
use nexus_jobs::{Lane, QueueName};
use nexus_producer::relay::Relay;
use nexus_queue::{Consumer, Entry, Epoch, RedisTransport, Result, Transport};
use nexus_tests::effects::{complete_with_effect, effect_tasks};
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, many};
use nexus_tests::{RelayRun, RescuerRun, TestBed, WorkerRun, eventually, in_bed};
use nexus_workers::{Context, Registry};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::trickle::Trickle;
use super::{assert_done_once, goes_on};
use crate::workers::lane;

/// A broker that takes what is pushed, and never says so.
#[derive(Debug)]
struct Unanswering {
    broker: RedisTransport,
    /// Entries pushed.
    pushed: watch::Sender<usize>,
}

#[async_trait]
impl Transport for Unanswering {
    async fn push(&self, lane: &Lane, entries: &[Entry]) -> Result<Epoch> {
        self.broker.push(lane, entries).await?;
        self.pushed.send_modify(|pushed| *pushed += entries.len());
        std::future::pending().await
    }

    async fn epoch(&self, lane: &Lane) -> Result<Epoch> {
        self.broker.epoch(lane).await
    }

    async fn consumer(&self, queue: &QueueName, name: &str) -> Result<Box<dyn Consumer>> {
        self.broker.consumer(queue, name).await
    }

    async fn depth(&self, lane: &Lane) -> Result<usize> {
        self.broker.depth(lane).await
    }

    async fn ping(&self) -> Result<()> {
        self.broker.ping().await
    }
}

/// A relay that stops for good after its first push, its transaction open.
struct Halfway {
    task: JoinHandle<()>,
    pushed: watch::Receiver<usize>,
}

impl Halfway {
    fn start(bed: &TestBed) -> Self {
        let transport = Unanswering {
            broker: bed.transport(),
            pushed: watch::Sender::new(0),
        };
        let pushed = transport.pushed.subscribe();
        let settings = bed.settings().relay.clone();
        let relay = Relay::new(bed.pool().clone(), Arc::new(transport), settings);
        Self {
            task: tokio::spawn(relay.run(CancellationToken::new())),
            pushed,
        }
    }

    /// Waits for its push; returns how many entries it was of.
    async fn pushed(&mut self) -> usize {
        let pushed = tokio::time::timeout(SOON, self.pushed.wait_for(|pushed| *pushed > 0));
        *pushed.await.expect("a push").unwrap()
    }

    /// Kills it, as the end of its process would.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn relay(bed: &TestBed) -> RelayRun {
    RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay)
}

/// A worker has the entries already, and its claim waits for the relay's transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_that_die_between_push_and_mark_cost_nothing() {
    in_bed(async |bed| {
        bed.with_effects().await;
        let rescuer = RescuerRun::start(bed);
        let worker = WorkerRun::with(bed, bed.transport(), effect_tasks());
        let trickle = Trickle::start(bed).await;
        for _ in 0..5 {
            let mut killed = Halfway::start(bed);
            killed.pushed().await;
            killed.kill().await;
            let next = relay(bed);
            goes_on(bed).await;
            next.stop().await;
        }
        let came = trickle.stop().await;
        let last = relay(bed);
        assert_done_once(bed, came.len()).await;
        assert_eq!(bed.count("attempt_errors", "true").await, 0);
        worker.stop().await;
        last.stop().await;
        drop(rescuer);
    })
    .await;
}

/// Both pushes are in the broker before anybody claims: the second claim finds nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_relays_pushed_is_done_once() {
    const JOBS: i64 = 15;
    in_bed(async |bed| {
        bed.with_effects().await;
        bed.enqueue(&many(JOBS, |n| HeavyTask { n })).await;
        let mut killed = Halfway::start(bed);
        let jobs = usize::try_from(JOBS).unwrap();
        assert_eq!(killed.pushed().await, jobs, "heavy jobs travel singly");
        killed.kill().await;
        assert_eq!(bed.count("dispatch", "epoch IS NULL").await, JOBS);

        let next = relay(bed);
        eventually("all are marked", SOON, async || {
            (bed.count("dispatch", "epoch IS NULL").await == 0).then_some(())
        })
        .await;
        let transport = bed.transport();
        let depth = async || transport.depth(&lane("default")).await.unwrap();
        assert_eq!(depth().await, 2 * jobs);

        let registry =
            Registry::new().with::<HeavyTask, _>(|_: HeavyTask, ctx: Context| async move {
                Ok(complete_with_effect(&ctx).await?)
            });
        let worker = WorkerRun::with(bed, bed.transport(), registry);
        assert_done_once(bed, jobs).await;
        assert_eq!(bed.count("job_history", "run <> 1").await, 0);
        eventually("the broker is empty", SOON, async || {
            (depth().await == 0).then_some(())
        })
        .await;
        worker.stop().await;
        next.stop().await;
    })
    .await;
}
