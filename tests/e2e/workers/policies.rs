//! Whose word on timeouts and backoffs counts.

use std::time::Duration;

use nexus_config::{Backoff, Kind, Settings, Span};
use nexus_jobs::{Job, JobId, NewJob, RetryPolicy};
use nexus_tests::bed::bounded;
use nexus_tests::ends::errors;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::Task;
use nexus_tests::{TestBed, eventually};
use nexus_workers::{Context, Registry};
use serde::{Deserialize, Serialize};

use super::engine;

/// A kind with words of its own: half an hour between attempts, 80 ms for each.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Particular {}

impl Job for Particular {
    const KIND: &'static str = "test.particular";
    const TIMEOUT: Option<Duration> = Some(Duration::from_millis(80));

    fn retry() -> Option<RetryPolicy> {
        Some(RetryPolicy::fixed(9, Duration::from_mins(30)))
    }
}

fn failing() -> Registry {
    Registry::new()
        .with::<Task, _>(|_: Task, _: Context| async { anyhow::bail!("no") })
        .with::<Particular, _>(|_: Particular, _: Context| async { anyhow::bail!("no") })
}

fn told(settings: &mut Settings, kind: &str, differs: Kind) {
    settings.kinds.0.insert(kind.to_owned(), differs);
}

fn waits(wait: Duration) -> Kind {
    let wait = Span::new(wait);
    Kind {
        backoff: Some(Backoff::Fixed { wait }),
        ..Kind::default()
    }
}

/// Minutes that a job which failed once waits, to the nearest five.
async fn minutes_until_again(bed: &TestBed, id: JobId) -> i64 {
    eventually("it waits for its second attempt", SOON, async || {
        let failed = format!("id = {id} AND state = 'retryable'");
        (bed.count("jobs", &failed).await == 1).then_some(())
    })
    .await;
    let at = |from: i64| {
        format!(
            "id = {id} AND due_at > now() + interval '{} min' AND due_at < now() + interval '{} min'",
            from - 5,
            from + 1
        )
    };
    for minutes in (5..=90).step_by(5) {
        if bed.count("jobs", &at(minutes)).await == 1 {
            return minutes;
        }
    }
    0
}

async fn again_after(change: impl FnOnce(&mut Settings), job: NewJob, own: Option<&str>) -> i64 {
    let bed = TestBed::with(change).await;
    let id = bed.enqueue(&[job.after(Duration::from_hours(1))]).await[0];
    if let Some(own) = own {
        bed.execute(&format!(
            "UPDATE nexus.jobs SET backoff = '{own}' WHERE id = {id}"
        ))
        .await;
    }
    bed.execute(&format!(
        "UPDATE nexus.jobs SET due_at = now() WHERE id = {id}; \
         UPDATE nexus.dispatch SET due_at = now()"
    ))
    .await;
    let (_relay, worker) = engine(&bed, failing());
    let minutes = minutes_until_again(&bed, id).await;
    worker.stop().await;
    minutes
}

#[tokio::test]
async fn the_nearest_word_on_the_wait_counts() {
    bounded(async {
        let own = r#"{"strategy": "list", "waits_ms": [3600000]}"#;
        let set = |settings: &mut Settings| {
            told(settings, "test.particular", waits(Duration::from_mins(45)));
        };
        let particular = || NewJob::of(&Particular {}).unwrap();
        assert_eq!(again_after(set, particular(), Some(own)).await, 60);
        assert_eq!(again_after(set, particular(), None).await, 45);
        assert_eq!(again_after(|_| {}, particular(), None).await, 30);
        let default = |settings: &mut Settings| {
            settings.retry.strategy = nexus_config::Strategy::Linear;
            settings.retry.base = Span::new(Duration::from_mins(15));
            settings.retry.cap = Span::new(Duration::from_mins(20));
        };
        let task = || NewJob::of(&Task { n: 0 }).unwrap();
        assert_eq!(again_after(default, task(), None).await, 15);
        // What cannot be used costs the job nothing.
        let broken = r#"{"strategy": "list", "waits_ms": []}"#;
        assert_eq!(again_after(|_| {}, particular(), Some(broken)).await, 30);
    })
    .await;
}

#[tokio::test]
async fn the_nearest_word_on_the_timeout_counts() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            let timeout = Some(Span::new(Duration::from_millis(60)));
            let kind = Kind {
                timeout,
                ..Kind::default()
            };
            told(settings, "test.particular", kind);
            settings.workers.timeout_default = Span::new(Duration::from_millis(70));
        })
        .await;
        let registry = Registry::new()
            .with::<Task, _>(|_: Task, _: Context| std::future::pending())
            .with::<Particular, _>(|_: Particular, _: Context| std::future::pending());
        let (_relay, worker) = engine(&bed, registry);
        let task = NewJob::of(&Task { n: 0 }).unwrap().attempts(1);
        let particular = NewJob::of(&Particular {}).unwrap().attempts(1);
        let own = particular.clone().timeout(Duration::from_millis(50));
        let ids = bed.enqueue(&[own, particular, task]).await;
        for (id, millis) in ids.into_iter().zip([50, 60, 70]) {
            let text = format!("took longer than its timeout of {millis}ms");
            let end = bed.end_of(id).await;
            assert_eq!(errors(&end), [(1, 1, "timeout", text.as_str())]);
        }
        worker.stop().await;
    })
    .await;
}
