//! Dead letters: found, run again, thrown away.

mod front_door;

use std::collections::BTreeSet;

use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use nexus_jobs::{Backoff, Band, FailureReason, JobId, NewJob, QueueName, TenantId};
use nexus_schema::dead::{self, Again, DeadFilter, Pace, Replay, Replayed};
use nexus_schema::ledger;
use nexus_tests::bed::{actor, noop};
use nexus_tests::tasks::Task;
use nexus_tests::{Claimant, TestBed, dispatch_rows, in_bed};

/// Enqueues jobs and has each given up, for the reason of its number.
async fn discarded(bed: &TestBed, jobs: &[NewJob]) -> Vec<JobId> {
    let ids = bed.enqueue(jobs).await;
    let conn = &mut *bed.conn().await;
    let claimant = Claimant {
        kinds: jobs.iter().map(|job| job.kind.clone()).collect(),
        ..Claimant::default()
    };
    let held = claimant.claim_all(conn).await;
    let mut dead = held.settled(&(FailureReason::Error, String::new()));
    for (n, letter) in dead.iter_mut().enumerate() {
        letter.with.1 = format!("Disk {n} is full");
    }
    ledger::discard(conn, &dead, claimant.worker).await.unwrap();
    ledger::drop_leases(conn, &[held.token]).await.unwrap();
    ids
}

fn replay_of(filter: &DeadFilter) -> Replay<'_> {
    Replay {
        filter,
        after: JobId(0),
        limit: 100,
        args: None,
        pace: None,
    }
}

async fn replay(bed: &TestBed, wanted: &Replay<'_>) -> Replayed {
    let conn = &mut *bed.conn().await;
    let settings = bed.settings();
    let rules = ledger::Rules::of(settings);
    dead::replay(conn, wanted, &actor(), &rules).await.unwrap()
}

fn kind(name: &str) -> NewJob {
    NewJob::raw(name, noop().args).unwrap()
}

#[tokio::test]
async fn they_are_found_by_what_they_have_in_common_a_page_at_a_time() {
    in_bed(async |bed| {
        let queue = QueueName::new("other").unwrap();
        let jobs = [
            kind("a"),
            kind("b"),
            kind("a").queue(queue),
            kind("a").tenant(TenantId::PLATFORM),
        ];
        let ids = discarded(bed, &jobs).await;
        bed.execute(
            "UPDATE nexus.job_history SET finished_at = finished_at - interval '5 s' WHERE id = 1",
        )
        .await;
        bed.enqueue_noops(1).await;
        let conn = &mut *bed.conn().await;
        let since = bed.job(ids[1]).await.job.finished_at;
        let of = |change: &dyn Fn(&mut DeadFilter)| {
            let mut filter = DeadFilter::default();
            change(&mut filter);
            filter
        };
        for (filter, expected) in [
            (of(&|_| {}), &[4, 3, 2, 1][..]),
            (of(&|f| f.kind = Some("a".into())), &[4, 3, 1]),
            (of(&|f| f.error = Some("dISK 2".into())), &[3]),
            (of(&|f| f.error = Some("%".into())), &[]),
            (of(&|f| f.queue = Some("other".into())), &[3]),
            (of(&|f| f.tenant = Some(TenantId::PLATFORM)), &[4]),
            (of(&|f| f.since = since), &[4, 3, 2]),
            (of(&|f| f.until = since), &[1]),
            (of(&|f| f.ids = Some(vec![ids[0], ids[3]])), &[4, 1]),
        ] {
            let page = dead::list(conn, &filter, None, 10).await.unwrap();
            let found: Vec<i64> = page.dead.iter().map(|letter| letter.id).collect();
            assert_eq!(found, expected, "{filter:?}");
            assert_eq!(page.next, None);
            let count = dead::count(conn, &filter).await.unwrap();
            assert_eq!(count, i64::try_from(expected.len()).unwrap());
        }
        let first = dead::list(conn, &DeadFilter::default(), None, 3)
            .await
            .unwrap();
        assert_eq!(first.next, Some(ids[1]));
        let rest = dead::list(conn, &DeadFilter::default(), first.next, 3)
            .await
            .unwrap();
        assert_eq!((rest.dead.len(), rest.next), (1, None));
    })
    .await;
}

#[tokio::test]
async fn a_replay_is_a_new_job_that_was_told_what_the_old_one_was() {
    in_bed(async |bed| {
        let told = Task { n: 7 };
        let told = NewJob::of(&told)
            .unwrap()
            .band(Band::Low)
            .queue(QueueName::new("other").unwrap())
            .attempts(3)
            .timeout(std::time::Duration::from_secs(9))
            .tags(["red"])
            .limit_key("l")
            .order_key("o")
            .backoff(Backoff::Fixed {
                wait: std::time::Duration::from_millis(7),
            });
        let id = discarded(bed, &[told]).await[0];
        let one = DeadFilter::of(id);
        let again = replay(bed, &replay_of(&one)).await.again;
        let [Again { dead, job }] = again[..] else {
            panic!("{again:?}")
        };
        assert_eq!(dead, id);
        let (old, new) = (bed.job(id).await.job, bed.job(job).await.job);
        assert_eq!((old.replayed_as, new.replay_of), (Some(job.0), Some(id.0)));
        assert_eq!(new.state, "available");
        let told = |j: nexus_schema::jobs::JobView| {
            (
                j.kind,
                j.args,
                j.queue,
                j.band,
                j.tenant_id,
                j.attempts_max,
                j.timeout_ms,
                j.tags,
            )
        };
        assert_eq!(told(new), told(old));
        let kept = "replay_of IS NOT NULL AND limit_key = 'l' AND order_key = 'o' \
             AND (backoff ->> 'wait_ms')::int = 7";
        assert_eq!(bed.count("jobs", kept).await, 1);
        assert_eq!(replay(bed, &replay_of(&one)).await.again, [], "once");
        assert_eq!(dispatch_rows(&mut *bed.conn().await).await.len(), 1);
        let conn = &mut *bed.conn().await;
        assert_eq!(dead::count(conn, &DeadFilter::default()).await.unwrap(), 0);
        assert_eq!(dead::count(conn, &one).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn each_runs_again_once_whoever_else_replays_them() {
    in_bed(async |bed| {
        let ids = discarded(bed, &vec![kind("a"); 200]).await;
        let all = DeadFilter::default();
        let run = async || {
            let mut done: Vec<Again> = Vec::new();
            loop {
                let after = done.last().map_or(JobId(0), |again| again.dead);
                let step = Replay {
                    after,
                    limit: 7,
                    ..replay_of(&all)
                };
                let again = replay(bed, &step).await.again;
                if again.is_empty() {
                    return done;
                }
                done.extend(again);
            }
        };
        let (a, b, c) = tokio::join!(run(), run(), run());
        let dead: BTreeSet<JobId> = [&a, &b, &c]
            .into_iter()
            .flatten()
            .map(|again| again.dead)
            .collect();
        assert_eq!(a.len() + b.len() + c.len(), 200);
        assert!(dead.into_iter().eq(ids));
        assert_eq!(bed.count("jobs", "replay_of IS NOT NULL").await, 200);
    })
    .await;
}

#[tokio::test]
async fn a_rate_stands_in_the_due_times_and_holds_from_batch_to_batch() {
    in_bed(async |bed| {
        discarded(bed, &vec![kind("a"); 30]).await;
        let all = DeadFilter::default();
        let mut pace = Some(Pace::of(1));
        for _ in 0..3 {
            let step = Replay {
                limit: 10,
                pace,
                ..replay_of(&all)
            };
            pace = replay(bed, &step).await.pace;
        }
        let gaps = "(SELECT due_at - lag(due_at) OVER (ORDER BY id) AS gap FROM nexus.jobs) AS g";
        assert_eq!(bed.count_in(gaps, "gap = interval '1 s'").await, 29);
        let waiting = bed.count("dispatch", "due_at > now()").await;
        assert!(waiting > 0, "nothing must stay up for it");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_one_leaves_nothing_and_others_stay() {
    in_bed(async |bed| {
        let ids = discarded(bed, &[kind("a"), kind("a"), kind("b")]).await;
        bed.execute(
            "INSERT INTO nexus.job_logs (tenant_id, job_id, run, line, level, message) \
             SELECT 1, id, 1, 1, 'info', 'm' FROM nexus.job_history",
        )
        .await;
        let conn = &mut *bed.conn().await;
        let of_a = DeadFilter {
            kind: Some("a".into()),
            ..DeadFilter::default()
        };
        assert_eq!(
            dead::delete(conn, &of_a, 1).await.unwrap(),
            1,
            "a bounded step"
        );
        assert_eq!(dead::delete(conn, &of_a, 10).await.unwrap(), 1);
        for table in ["job_history", "attempt_errors", "job_logs"] {
            assert_eq!(bed.count(table, "true").await, 1, "{table}");
        }
        assert_eq!(bed.state(ids[2]).await, "discarded");
    })
    .await;
}

#[tokio::test]
async fn a_search_reads_no_job_that_completed() {
    in_bed(async |bed| {
        // Few dead letters among many jobs that completed, most of them run again already.
        bed.execute(
            "INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, attempt, \
                 attempts_max, lost_leases, args, created_at, created_by, finished_at, reason, replayed_as) \
             SELECT n, 1, 'k' || n % 7, 'default', 2, \
                 CASE WHEN n % 50 = 0 THEN 'discarded' ELSE 'completed' END, now(), 1, 1, 5, 0, '{}', \
                 now(), 'test', now(), 'e', CASE WHEN n % 500 <> 0 THEN n END \
             FROM generate_series(1, 100000) AS n; ANALYZE nexus.job_history",
        )
        .await;
        let conn = &mut *bed.conn().await;
        for filter in [
            DeadFilter::default(),
            DeadFilter { kind: Some("k3".into()), replayed_too: true, ..DeadFilter::default() },
            DeadFilter { error: Some("nothing".into()), ..DeadFilter::default() },
        ] {
            conn.batch_execute("BEGIN").await.unwrap();
            let before = read_rows(conn).await;
            dead::list(conn, &filter, None, 50).await.unwrap();
            let read = read_rows(conn).await - before;
            conn.batch_execute("COMMIT").await.unwrap();
            assert!(read > 0);
            assert!(read <= 2000, "{filter:?} read {read} rows");
        }
    })
    .await;
}

/// How many rows of history this transaction has read by now, whichever way.
async fn read_rows(conn: &mut nexus_schema::AsyncPgConnection) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        rows: i64,
    }
    let text = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS rows \
                FROM pg_stat_xact_user_tables WHERE relname LIKE 'job_history_y%'";
    let row: Row = diesel::sql_query(text).get_result(conn).await.unwrap();
    row.rows
}
