//! The inbox: tasks that a service pushes with the real `apalis-redis` are jobs, each once.

mod backlog;
mod crashes;
mod refused;
mod taken;

use apalis_core::backend::TaskSink;
use apalis_core::task::Task;
use apalis_redis::{Config, RedisStorage};
use nexus_jobs::kinds::Noop;
use nexus_jobs::{Job, NewJob};
use nexus_producer::ingest::IngestStats;
use nexus_tests::eventually::SOON;
use nexus_tests::inbox_run::{inbox_name, take_inbox};
use nexus_tests::{TestBed, eventually};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::atomic::Ordering;

/// A bed whose inbox takes one queue of jobs that do nothing.
async fn inbox_bed() -> TestBed {
    TestBed::with(|settings| {
        take_inbox(settings, Noop::KIND);
    })
    .await
}

/// The stock storage of the queue that a bed's inbox takes, as another service has it.
async fn storage<T>(bed: &TestBed) -> RedisStorage<T> {
    let settings = bed.settings();
    let url = settings.inbox.url.as_ref().unwrap_or(&settings.redis.url);
    let connection = apalis_redis::connect(url.expose()).await.unwrap();
    let config = Config::default().queue(inbox_name(settings));
    RedisStorage::new(connection).with_config(config)
}

/// Pushes tasks that do nothing, told apart by their padding: `from` to below `to`.
async fn push(bed: &TestBed, from: usize, to: usize) {
    const AT_ONCE: usize = 1000;
    let mut storage = storage::<Noop>(bed).await;
    let numbers: Vec<usize> = (from..to).collect();
    for part in numbers.chunks(AT_ONCE) {
        let noops = part.iter().map(|n| Noop {
            padding: n.to_string(),
        });
        storage.push_bulk(noops.collect()).await.unwrap();
    }
}

async fn push_task<T>(bed: &TestBed, task: Task<T>)
where
    T: Serialize + DeserializeOwned + Send + Sync + Unpin + 'static,
{
    storage::<T>(bed).await.push_task(task).await.unwrap();
}

/// Waits until so many jobs wait, and checks that each is another.
async fn jobs_are(bed: &TestBed, count: i64) {
    eventually(&format!("{count} jobs are there"), 3 * SOON, async || {
        (bed.count("jobs", "true").await >= count).then_some(())
    })
    .await;
    assert_eq!(bed.count("jobs", "true").await, count);
    let distinct = "(SELECT DISTINCT args ->> 'padding' FROM nexus.jobs) AS d";
    assert_eq!(bed.count_in(distinct, "true").await, count);
}

/// Waits until nothing of any task is left in Redis.
async fn inbox_is_empty(bed: &TestBed) {
    eventually("the inbox is empty", SOON, async || {
        keys(bed).await.is_empty().then_some(())
    })
    .await;
}

/// The inbox's keys, but for who holds it.
async fn keys(bed: &TestBed) -> Vec<String> {
    let pattern = format!("{}:*", inbox_name(bed.settings()));
    let mut keys: Vec<String> = redis::cmd("KEYS")
        .arg(pattern)
        .query_async(&mut bed.redis().connection().await)
        .await
        .unwrap();
    keys.retain(|key| !key.ends_with(":nexus:holder"));
    keys.sort();
    keys
}

/// Jobs, duplicates and dead letters so far.
fn counted(stats: &IngestStats) -> (u64, u64, u64) {
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    (of(&stats.jobs), of(&stats.known), of(&stats.refused))
}

/// A job that does nothing, told apart by its padding.
fn padded(padding: &str) -> NewJob {
    NewJob::of(&Noop {
        padding: padding.to_owned(),
    })
    .unwrap()
}
