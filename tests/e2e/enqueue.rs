//! Enqueueing: ids, dispatch rows, the caller's transaction, bounds.

use std::time::Duration;

use chrono::Utc;
use diesel_async::AsyncConnection;
use nexus_jobs::kinds::{Noop, ProcessDataset};
use nexus_jobs::{Band, DatasetId, Enqueued, JobId, LoadId, NewJob, QueueName, TenantId};
use nexus_producer::enqueue_in;
use nexus_schema::{Error, jobs};
use nexus_tests::bed::{actor, noop};
use nexus_tests::{TestBed, dispatch_rows, eventually, eventually::SOON, in_bed};
use serde_json::value::RawValue;

fn raw(args: &str) -> NewJob {
    NewJob::raw("noop", RawValue::from_string(args.to_owned()).unwrap()).unwrap()
}

async fn refused(bed: &TestBed, new: &[NewJob]) -> String {
    let error = bed
        .producer()
        .enqueue_many(new, &actor())
        .await
        .unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!(dispatch_rows(&mut *bed.conn().await).await, []);
    error.to_string()
}

#[tokio::test]
async fn ids_come_in_the_order_of_the_jobs() {
    in_bed(async |bed| {
        let jobs: Vec<NewJob> = (0..1000)
            .map(|n| {
                let padding = n.to_string();
                let band = Band::ALL[n % 4];
                NewJob::of(&Noop { padding }).unwrap().band(band)
            })
            .collect();
        let ids = bed.enqueue(&jobs).await;
        assert_eq!(ids.len(), 1000);
        assert!(ids.is_sorted());
        let mut conn = bed.conn().await;
        for n in [0, 1, 499, 999] {
            let found = jobs::find(&mut conn, ids[n]).await.unwrap().unwrap().job;
            assert_eq!(found.args["padding"], n.to_string());
            assert_eq!(usize::try_from(found.band).unwrap(), n % 4);
        }
    })
    .await;
}

#[tokio::test]
async fn light_jobs_share_dispatch_rows_and_heavy_ones_do_not() {
    in_bed(async |bed| {
        let heavy = NewJob::of(&ProcessDataset {
            dataset_id: DatasetId(1),
            load_id: LoadId(1),
        })
        .unwrap();
        let mut jobs = vec![noop(); 250];
        jobs.extend(vec![heavy; 3]);
        let ids: Vec<i64> = bed.enqueue(&jobs).await.iter().map(|id| id.0).collect();
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        let sizes: Vec<usize> = rows.iter().map(|row| row.job_ids.len()).collect();
        assert_eq!(sizes, [100, 100, 50, 1, 1, 1]);
        let carried: Vec<i64> = rows.into_iter().flat_map(|row| row.job_ids).collect();
        assert_eq!(carried, ids);
    })
    .await;
}

#[tokio::test]
async fn a_dispatch_row_holds_one_lane_tenant_and_due_time() {
    in_bed(async |bed| {
        let other = QueueName::new("other").unwrap();
        let variants = [
            noop(),
            noop().band(Band::High),
            noop().queue(other),
            noop().tenant(TenantId::PLATFORM),
            noop().after(Duration::from_mins(1)),
            noop().after(Duration::from_mins(2)),
        ];
        let jobs: Vec<NewJob> = (0..60).map(|n| variants[n % 6].clone()).collect();
        bed.enqueue(&jobs).await;
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        assert_eq!(rows.len(), 6, "{rows:#?}");
        assert!(rows.iter().all(|row| row.job_ids.len() == 10));
        assert!(rows.iter().all(|row| row.epoch.is_none() && !row.suspect));
    })
    .await;
}

#[tokio::test]
async fn jobs_are_there_exactly_if_the_callers_transaction_commits() {
    in_bed(async |bed| {
        let mut conn = bed.conn().await;
        let settings = bed.settings();
        let rolled_back: Result<JobId, Error> = conn
            .transaction(async |conn| {
                let ids = enqueue_in(conn, &[noop()], &actor(), settings).await?;
                assert!(jobs::find(conn, ids[0].id()).await?.is_some());
                Err(Error::Invalid("the caller thinks again".into()))
            })
            .await;
        rolled_back.unwrap_err();
        assert_eq!(dispatch_rows(&mut conn).await, []);
        let none = jobs::list(&mut conn, &jobs::Filter::default(), None, 10).await;
        assert!(none.unwrap().jobs.is_empty());

        let committed: Result<Vec<Enqueued>, Error> = conn
            .transaction(async |conn| enqueue_in(conn, &[noop()], &actor(), settings).await)
            .await;
        let found = jobs::find(&mut conn, committed.unwrap()[0].id())
            .await
            .unwrap();
        assert_eq!(found.unwrap().job.created_by, "test");
    })
    .await;
}

#[tokio::test]
async fn a_batch_over_its_bound_and_arguments_over_theirs_are_refused() {
    in_bed(async |bed| {
        let most = bed.settings().enqueue.batch_max;
        let text = refused(bed, &vec![noop(); most + 1]).await;
        assert!(text.contains("enqueue.batch_max"), "{text}");

        let bytes = bed.settings().enqueue.args_bytes_max.as_usize();
        let sized = |bytes: usize| raw(&format!("\"{}\"", "x".repeat(bytes - 2)));
        let text = refused(bed, &[noop(), sized(bytes + 1)]).await;
        assert!(text.contains("enqueue.args_bytes_max"), "{text}");
        assert!(text.starts_with("job 1 "), "{text}");
        bed.enqueue(&[sized(bytes)]).await;
    })
    .await;
}

#[tokio::test]
async fn a_nul_in_arguments_is_refused_and_what_looks_like_one_is_not() {
    in_bed(async |bed| {
        let text = refused(bed, &[noop(), raw(r#"{"a":"b\u0000"}"#)]).await;
        assert!(text.contains("job 1 (noop) has a NUL"), "{text}");
        let ids = bed.enqueue(&[raw(r#"{"a":"\\u0000"}"#)]).await;
        let mut conn = bed.conn().await;
        let found = jobs::find(&mut conn, ids[0]).await.unwrap().unwrap();
        assert_eq!(found.job.args["a"], r"\u0000");
    })
    .await;
}

/// They would make every page of a list fail that shows them.
#[tokio::test]
async fn json_without_a_value_is_refused() {
    in_bed(async |bed| {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for args in [r#"{"a":"\ud800"}"#, r#"{"a":1e999}"#, &deep] {
            let text = refused(bed, &[noop(), raw(args)]).await;
            assert!(
                text.starts_with("job 1 (noop) has arguments without"),
                "{text}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_tenant_and_no_attempts_are_refused() {
    in_bed(async |bed| {
        let text = refused(bed, &[noop(), noop().tenant(TenantId(77))]).await;
        assert!(
            text.starts_with("no tenant") && text.contains("77"),
            "{text}"
        );
        let text = refused(bed, &[noop().attempts(0)]).await;
        assert!(text.contains("no attempts"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn nothing_to_enqueue_is_no_error() {
    in_bed(async |bed| assert_eq!(bed.enqueue(&[]).await, [])).await;
}

#[tokio::test]
async fn what_a_job_wants_is_kept() {
    in_bed(async |bed| {
        let job = raw(r#"{"z": 1,  "a":[null]}"#)
            .attempts(7)
            .timeout(Duration::from_millis(1500))
            .tags(["a b", "c,\"d\\", "{}", "NULL"]);
        let ids = bed.enqueue(&[job]).await;
        let found = jobs::find(&mut *bed.conn().await, ids[0])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.job.attempts_max, 7);
        assert_eq!(found.job.timeout_ms, Some(1500));
        let tags = found.job.tags.unwrap();
        assert_eq!(tags, ["a b", "c,\"d\\", "{}", "NULL"]);
        assert_eq!(found.job.state, "available");

        let untagged = bed
            .producer()
            .enqueue(&noop().tags(["fine", ""]), &actor())
            .await;
        let refused = untagged.unwrap_err().to_string();
        assert!(refused.contains("tag 1 is not 1 to 100 bytes"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_delayed_job_is_scheduled_and_shown_as_available_once_due() {
    in_bed(async |bed| {
        let long = Duration::from_hours(1);
        let jobs = [
            noop().after(long),
            noop().at(Utc::now() + long),
            noop().after(Duration::from_millis(300)),
            noop().at(Utc::now() - long),
        ];
        let ids = bed.enqueue(&jobs).await;
        let mut conn = bed.conn().await;
        let rows = dispatch_rows(&mut conn).await;
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().filter(|row| row.due_in_s > 3500.0).count() == 2);
        for (id, state) in [
            (ids[0], "scheduled"),
            (ids[1], "scheduled"),
            (ids[3], "available"),
        ] {
            assert_eq!(bed.state(id).await, state);
        }
        eventually("a scheduled job is due", SOON, async || {
            (bed.state(ids[2]).await == "available").then_some(())
        })
        .await;
    })
    .await;
}
