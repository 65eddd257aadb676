//! Limits: concurrency and rates, over several processes, and what waiting costs a job.

mod claims;
mod front_door;
mod rates;

use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{Job, NewJob, Outcome, TenantId};
use nexus_schema::gates::{LimitChange, remove_limit, set_limit};
use nexus_tests::bed::{actor, bounded};
use nexus_tests::eventually::SOON;
use nexus_tests::releaser_run::ReleaserRun;
use nexus_tests::tasks::{HeavyTask, many};
use nexus_tests::{RelayRun, RescuerRun, TestBed, WorkerRun, eventually};
use nexus_workers::{Context, Registry};

/// Concurrency of a queue, a kind, each tenant or each key.
fn concurrency(queue: Option<&str>, kind: Option<&str>, per: &str, most: i32) -> LimitChange {
    LimitChange {
        queue: queue.map(Into::into),
        kind: kind.map(Into::into),
        per: per.into(),
        concurrency: Some(most),
        ..LimitChange::default()
    }
}

/// Starts of a kind in a time.
fn rate(kind: &str, rate: i32, per_ms: i64, burst: i32) -> LimitChange {
    LimitChange {
        kind: Some(kind.into()),
        per: "all".into(),
        rate: Some(rate),
        rate_per_ms: Some(per_ms),
        burst: Some(burst),
        ..LimitChange::default()
    }
}

async fn set(bed: &TestBed, name: &str, limit: &LimitChange) {
    set_limit(&mut *bed.conn().await, name, limit, &actor())
        .await
        .unwrap();
}

/// A bed with a table of who runs now, and of how many ever did at once.
async fn bed() -> TestBed {
    let bed = TestBed::with(|settings| {
        settings.workers.queues = [("default".to_owned(), 16)].into();
        settings.limits.poll = Span::new(Duration::from_millis(50));
        settings.limits.collect_every = Span::new(Duration::from_millis(200));
    })
    .await;
    bed.execute(
        "CREATE TABLE public.crowd (subject text PRIMARY KEY, now int NOT NULL, most int NOT NULL); \
         GRANT ALL ON public.crowd TO nexus_app; GRANT SELECT ON nexus.dispatch_id_seq TO nexus_app",
    )
    .await;
    bed
}

/// Counts itself in and out, by tenant and key, so that a limit that is passed shows.
async fn crowded(_: HeavyTask, ctx: Context) -> anyhow::Result<Outcome> {
    let job = ctx.job().0;
    let step = |step: i32| {
        let pool = ctx.pool().clone();
        async move {
            let text = format!(
                "INSERT INTO public.crowd AS c SELECT s, greatest({step}, 0), 1 \
                 FROM nexus.jobs AS j, \
                 unnest(ARRAY['all', 'tenant ' || j.tenant_id, 'key ' || j.limit_key]) AS s \
                 WHERE j.id = {job} AND s IS NOT NULL ORDER BY s \
                 ON CONFLICT (subject) DO UPDATE SET now = c.now + {step}, \
                 most = greatest(c.most, c.now + {step})"
            );
            let mut conn = pool.get().await?;
            diesel_async::SimpleAsyncConnection::batch_execute(&mut *conn, &text).await?;
            anyhow::Ok(())
        }
    };
    step(1).await?;
    // Long enough for others to start beside it.
    tokio::time::sleep(Duration::from_millis(3)).await;
    step(-1).await?;
    Ok(Outcome::done())
}

fn registry() -> Registry {
    Registry::new().with::<HeavyTask, _>(crowded)
}

/// What serves a bed: a relay, a rescuer, a releaser.
struct Serving {
    _relay: RelayRun,
    _rescuer: RescuerRun,
    _releaser: ReleaserRun,
}

fn serve(bed: &TestBed) -> Serving {
    Serving {
        _relay: RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay),
        _rescuer: RescuerRun::start(bed),
        _releaser: ReleaserRun::start(bed),
    }
}

fn workers(bed: &TestBed, count: usize) -> Vec<WorkerRun> {
    (0..count)
        .map(|_| WorkerRun::with(bed, bed.transport(), registry()))
        .collect()
}

/// The most that ran at once of a subject.
async fn most_at_once(bed: &TestBed, subject: &str) -> i64 {
    let text =
        format!("generate_series(1, (SELECT most FROM public.crowd WHERE subject = '{subject}'))");
    bed.count_in(&text, "true").await
}

/// Gates count nobody once nobody runs, and those of tenants and keys are forgotten.
async fn nothing_leaks(bed: &TestBed) {
    in_use_is_what_jobs_hold(bed, 0).await;
    eventually("idle gates are forgotten", SOON, async || {
        (bed.count("gates", "gate LIKE 'limit:%:%' OR waiting").await == 0).then_some(())
    })
    .await;
}

/// No attempt was spent by waiting, no claim was made in vain.
async fn each_ran_once(bed: &TestBed, count: i64) {
    bed.all_complete(count).await;
    assert_eq!(
        bed.count("job_history", "run <> 1 OR attempt <> 1").await,
        0
    );
    // One to wait with, one to be let in with.
    let rows = bed
        .count_in(
            "generate_series(1, (SELECT last_value FROM nexus.dispatch_id_seq))",
            "true",
        )
        .await;
    assert!(rows <= 2 * count, "{rows} dispatch rows for {count} jobs");
}

#[tokio::test]
async fn a_queue_runs_no_more_at_once_than_it_may_over_three_processes() {
    bounded(async {
        let bed = bed().await;
        set(&bed, "few", &concurrency(Some("default"), None, "all", 5)).await;
        let _serving = serve(&bed);
        let _workers = workers(&bed, 3);
        bed.enqueue(&many(200, |n| HeavyTask { n })).await;
        each_ran_once(&bed, 200).await;
        assert_eq!(most_at_once(&bed, "all").await, 5);
        nothing_leaks(&bed).await;
    })
    .await;
}

#[tokio::test]
async fn each_tenant_and_each_key_is_counted_by_itself() {
    bounded(async {
        let bed = bed().await;
        bed.execute("INSERT INTO nexus.tenants (id, name, created_by) VALUES (2, 'two', 'test')")
            .await;
        set(&bed, "each-tenant", &concurrency(None, None, "tenant", 4)).await;
        set(
            &bed,
            "each-key",
            &concurrency(None, Some(HeavyTask::KIND), "key", 1),
        )
        .await;
        let jobs: Vec<NewJob> = many(120, |n| HeavyTask { n });
        let jobs: Vec<NewJob> = jobs
            .into_iter()
            .enumerate()
            .map(|(n, job)| job.tenant(TenantId(1 + i64::from(n % 2 == 1))))
            .collect();
        bed.enqueue(&jobs).await;
        // Some without a key, which that limit does not count.
        bed.execute("UPDATE nexus.jobs SET limit_key = 'k' || id % 3 WHERE id % 4 <> 0")
            .await;
        let _serving = serve(&bed);
        let _workers = workers(&bed, 2);
        each_ran_once(&bed, 120).await;
        for key in ["key k0", "key k1", "key k2"] {
            assert_eq!(most_at_once(&bed, key).await, 1, "{key}");
        }
        for tenant in ["tenant 1", "tenant 2"] {
            let most = most_at_once(&bed, tenant).await;
            assert!((2..=4).contains(&most), "{most} of {tenant}");
        }
        nothing_leaks(&bed).await;
    })
    .await;
}

#[tokio::test]
async fn who_waits_holds_up_nobody_behind_and_goes_when_the_limit_does() {
    bounded(async {
        let bed = bed().await;
        set(
            &bed,
            "none",
            &concurrency(None, Some(HeavyTask::KIND), "all", 0),
        )
        .await;
        let _serving = serve(&bed);
        let registry =
            registry().with::<nexus_jobs::kinds::Noop, _>(|_, _| async { Ok(Outcome::done()) });
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        bed.enqueue(&many(300, |n| HeavyTask { n })).await;
        let queue = nexus_jobs::QueueName::new("default").unwrap();
        let behind = vec![nexus_tests::bed::noop().queue(queue); 50];
        bed.enqueue(&behind).await;
        eventually(
            "those behind are done, and the others wait",
            SOON,
            async || {
                let done = bed
                    .count("job_history", "kind = 'noop' AND state = 'completed'")
                    .await;
                let parked = bed
                    .count("jobs", "parked = 'gate' AND parked_on = 'limit:none'")
                    .await;
                (done == 50 && parked == 300).then_some(())
            },
        )
        .await;
        assert_eq!(
            bed.count("jobs", "run > 0 OR attempt > 0 OR slots IS NOT NULL")
                .await,
            0
        );
        assert_eq!(bed.count("dispatch", "true").await, 0);
        remove_limit(&mut *bed.conn().await, "none").await.unwrap();
        bed.all_complete(350).await;
        nothing_leaks(&bed).await;
    })
    .await;
}

/// Slots of a worker that was killed are freed by the rescue, and the limit holds on.
#[tokio::test]
async fn a_killed_worker_leaves_no_slot_behind() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.lease.ttl = Span::new(Duration::from_millis(1500));
            settings.limits.poll = Span::new(Duration::from_millis(50));
        })
        .await;
        bed.with_effects().await;
        set(&bed, "two", &concurrency(Some("default"), None, "all", 2)).await;
        let _serving = serve(&bed);
        let killed = bed.spawn_test_worker(env!("CARGO_BIN_EXE_nexus-test-worker"));
        let job = NewJob::of(&nexus_tests::effects::Gated { fenced: true }).unwrap();
        bed.enqueue(&vec![job; 6]).await;
        bed.effects_reach("started", 2).await;
        in_use_is_what_jobs_hold(&bed, 2).await;
        killed.kill().await;
        eventually("both are rescued", SOON, async || {
            (bed.count("jobs", "lost_leases = 1").await == 2).then_some(())
        })
        .await;
        bed.open_gate(2).await;
        let _next = bed.spawn_test_worker(env!("CARGO_BIN_EXE_nexus-test-worker"));
        bed.all_complete(6).await;
        bed.assert_each_effect_once(6).await;
        in_use_is_what_jobs_hold(&bed, 0).await;
    })
    .await;
}

/// The counter of each gate, less the ends that it has not been told of, is the number of jobs that
/// list it.
async fn in_use_is_what_jobs_hold(bed: &TestBed, held: i64) {
    let differ = "(SELECT g.gate FROM nexus.gates AS g \
                  LEFT JOIN (SELECT unnest(slots) AS gate FROM nexus.jobs) AS s USING (gate) \
                  GROUP BY g.gate, g.in_use \
                  HAVING g.in_use <> count(s.gate) + coalesce( \
                      (SELECT sum(jobs) FROM nexus.gate_ends AS e WHERE e.gate = g.gate), 0)) AS d";
    assert_eq!(bed.count_in(differ, "true").await, 0);
    let slots = "(SELECT unnest(slots) FROM nexus.jobs) AS s";
    assert_eq!(bed.count_in(slots, "true").await, held);
}
