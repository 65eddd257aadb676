//! What was said of a task is said of its job.

use apalis_codec::msgpack::MsgPackCodec;
use apalis_core::backend::TaskSink;
use apalis_core::backend::ext::BackendExt;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::metadata::MetadataStore;
use apalis_core::task::task_id::TaskId;
use chrono::{DateTime, TimeDelta, Utc};
use nexus_config::Codec;
use nexus_jobs::kinds::Noop;
use nexus_jobs::{Band, Job, JobId, TenantId};
use nexus_schema::jobs::{Filter, list};
use nexus_tests::eventually::SOON;
use nexus_tests::inbox_run::{inbox_name, take_inbox};
use nexus_tests::{ApiRun, InboxRun, TestBed, WorkerRun, bounded, eventually};
use serde_json::json;

use super::{counted, inbox_bed, inbox_is_empty, jobs_are, padded, push, push_task, storage};

fn noop(padding: &str) -> Noop {
    Noop {
        padding: padding.to_owned(),
    }
}

/// The one job that there is.
async fn only_job(bed: &TestBed) -> JobId {
    let job = eventually("a job is there", SOON, async || {
        let (mut conn, all) = (bed.conn().await, Filter::default());
        let page = list(&mut conn, &all, None, 2).await.unwrap();
        page.jobs.first().map(|job| (job.id, page.jobs.len()))
    });
    let (id, jobs) = job.await;
    assert_eq!(jobs, 1);
    JobId(id)
}

#[tokio::test]
async fn run_at_attempts_and_metadata_are_carried_over() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            let queue = take_inbox(settings, Noop::KIND);
            queue.queue = Some("letters".to_owned());
            queue.band = Some("high".to_owned());
            queue.tenant = TenantId::DEFAULT.0;
        })
        .await;
        let run_at = Utc::now() + TimeDelta::hours(1);
        let mut metadata = MetadataStore::new();
        metadata.insert("traceparent", "00-ab-cd-01").unwrap();
        metadata.insert("user", "ü \"7\"").unwrap();
        let task = TaskBuilder::new(noop("later"))
            .task_id(TaskId::from_string("letter 7"))
            .run_at_timestamp(u64::try_from(run_at.timestamp()).unwrap())
            .max_attempts(9)
            .attempt(2)
            .with_metadata(metadata)
            .build();
        push_task(&bed, task).await;
        let run = InboxRun::start(&bed);
        let id = only_job(&bed).await;
        let detail = bed.job(id).await;
        let job = detail.job;
        assert_eq!(
            job.due_at,
            DateTime::from_timestamp(run_at.timestamp(), 0).unwrap()
        );
        assert_eq!(
            (job.state.as_str(), job.attempt, job.attempts_max),
            ("scheduled", 2, 9)
        );
        assert_eq!(
            (job.queue.as_str(), job.band),
            ("letters", Band::High.number())
        );
        assert_eq!(job.args, json!({"padding": "later"}));
        let name = inbox_name(bed.settings());
        assert_eq!(job.created_by, format!("inbox:{name}"));
        let origin = detail.origin.unwrap();
        assert_eq!(origin.source, format!("inbox:{name}"));
        assert_eq!(origin.source_id, "letter 7");
        let told = json!({"traceparent": "00-ab-cd-01", "user": "ü \"7\""});
        assert_eq!(origin.metadata, Some(told));
        inbox_is_empty(&bed).await;
        assert_eq!(counted(run.stats()), (1, 0, 0));
        let shown = bed.nexus_ok(&["jobs", "show", &id.to_string()]).await;
        assert!(
            shown.contains("letter 7") && shown.contains("traceparent"),
            "{shown}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_task_runs_as_any_job_does() {
    bounded(async {
        let bed = inbox_bed().await;
        let _ingest = InboxRun::start(&bed);
        let _relay = bed.relay();
        let _worker = WorkerRun::start(&bed);
        push(&bed, 0, 50).await;
        bed.all_complete(50).await;
        inbox_is_empty(&bed).await;
    })
    .await;
}

#[tokio::test]
async fn a_task_pushed_again_under_its_id_is_no_job_again() {
    bounded(async {
        let bed = inbox_bed().await;
        let ingest = InboxRun::start(&bed);
        let task = || {
            let id = TaskId::from_string("same");
            TaskBuilder::new(noop("once")).task_id(id).build()
        };
        for known in 0..3 {
            push_task(&bed, task()).await;
            eventually("the task is taken", SOON, async || {
                (counted(ingest.stats()) == (1, known, 0)).then_some(())
            })
            .await;
            inbox_is_empty(&bed).await;
        }
        jobs_are(&bed, 1).await;
        // Once its time has passed, it is another task.
        bed.execute("UPDATE nexus.reservations SET until = now() - interval '1 s'")
            .await;
        push_task(&bed, task()).await;
        eventually("the task is taken anew", SOON, async || {
            (counted(ingest.stats()) == (2, 2, 0)).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_stock_workers_promoted_or_gave_back_is_taken_too() {
    bounded(async {
        let bed = inbox_bed().await;
        push(&bed, 0, 10).await;
        // As fetch_next.lua of the stock crate promotes.
        let name = inbox_name(bed.settings());
        let mut redis = bed.redis().connection().await;
        let ids: Vec<String> = redis::cmd("ZRANGE")
            .arg(format!("{name}:scheduled"))
            .arg(0)
            .arg(3)
            .query_async(&mut redis)
            .await
            .unwrap();
        let _: (u64, u64) = redis::pipe()
            .cmd("RPUSH")
            .arg(format!("{name}:active"))
            .arg(&ids)
            .cmd("ZREM")
            .arg(format!("{name}:scheduled"))
            .arg(&ids)
            .query_async(&mut redis)
            .await
            .unwrap();
        let _ingest = InboxRun::start(&bed);
        jobs_are(&bed, 10).await;
        inbox_is_empty(&bed).await;
    })
    .await;
}

#[tokio::test]
async fn arguments_written_as_msgpack_are_read() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            take_inbox(settings, Noop::KIND).codec = Codec::Msgpack;
        })
        .await;
        let mut storage = storage::<Noop>(&bed).await.with_codec(MsgPackCodec);
        storage.push(noop("packed")).await.unwrap();
        let _ingest = InboxRun::start(&bed);
        let job = bed.job(only_job(&bed).await).await.job;
        // The fields of a struct in their order, as its codec writes them.
        assert_eq!(job.args, json!(["packed"]));
        let read: Noop = serde_json::from_value(job.args).unwrap();
        assert_eq!(read.padding, "packed");
    })
    .await;
}

#[tokio::test]
async fn metrics_count_what_was_taken() {
    bounded(async {
        let bed = inbox_bed().await;
        let ingest = InboxRun::start(&bed);
        push(&bed, 0, 3).await;
        jobs_are(&bed, 3).await;
        let stats = ingest.stats();
        eventually("they are counted", SOON, async || {
            (counted(stats) == (3, 0, 0)).then_some(())
        })
        .await;
        let api = ApiRun::beside_ingests(&bed, vec![("inbox", stats.clone())]).await;
        let metrics = api.get("/metrics").await;
        let text = metrics.text();
        for line in [
            "nexus_ingest_jobs_total{from=\"inbox\"} 3",
            "nexus_ingest_known_total{from=\"inbox\"} 0",
            "nexus_ingest_refused_total{from=\"inbox\"} 0",
            "nexus_ingest_failing{from=\"inbox\"} 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_settings_do_not_name_is_not_touched() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            take_inbox(settings, Noop::KIND);
            let queue = settings.inbox.queues.remove(&inbox_name(settings)).unwrap();
            settings
                .inbox
                .queues
                .insert(format!("{}:other", settings.redis.prefix), queue);
        })
        .await;
        push(&bed, 0, 2).await;
        let before = super::keys(&bed).await;
        let ingest = InboxRun::start(&bed);
        // A job that came the usual way was enqueued after several looks.
        bed.enqueue(&[padded("own")]).await;
        ingest.stop().await;
        jobs_are(&bed, 1).await;
        assert_eq!(super::keys(&bed).await, before);
    })
    .await;
}
