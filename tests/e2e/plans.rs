//! Query plans: the engine's statements never read a whole hot table.
//!
//! Judged by what Postgres did, not by what it would do: its own count of
//! sequential scans in the transaction that ran the statement, often enough that
//! generic plans are among the plans.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_jobs::{
    Band, Due, FailureReason, JobId, Lane, NewJob, OnConflict, QueueName, State, TenantId, Unique,
};
use nexus_schema::events::{self, Detail, Listened};
use nexus_schema::ingest::{Arrival, Arrived, ingest_in};
use nexus_schema::jobs::{Filter, find, list};
use nexus_schema::{dispatch, fence, ledger, schedules};
use nexus_tests::bed::noop;
use nexus_tests::{Claimant, in_bed};
use serde_json::value::to_raw_value;

/// Postgres turns to a generic plan after five custom ones.
const RUNS: usize = 8;

#[derive(Debug, PartialEq, QueryableByName)]
struct Scans {
    #[diesel(sql_type = Text)]
    relname: String,
    #[diesel(sql_type = BigInt)]
    seq_scan: i64,
}

async fn scans(conn: &mut AsyncPgConnection) -> Vec<Scans> {
    sql_query(
        "SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables \
         WHERE schemaname = 'nexus' AND relname IN ('jobs', 'dispatch', 'reservations', 'order_keys') ORDER BY relname",
    )
    .load(conn)
    .await
    .unwrap()
}

/// Runs a statement and fails where it scanned a hot table from end to end.
async fn no_scan(
    conn: &mut AsyncPgConnection,
    what: &str,
    mut run: impl AsyncFnMut(&mut AsyncPgConnection, usize),
) {
    for nth in 0..RUNS {
        conn.batch_execute("BEGIN").await.unwrap();
        let before = scans(conn).await;
        run(conn, nth).await;
        assert_eq!(scans(conn).await, before, "{what}, run {nth}");
        conn.batch_execute("COMMIT").await.unwrap();
    }
}

#[tokio::test]
async fn the_count_of_scans_tells() {
    in_bed(async |bed| {
        let mut conn = bed.conn().await;
        conn.batch_execute("BEGIN").await.unwrap();
        let before = scans(&mut conn).await;
        let text = "SELECT FROM nexus.jobs WHERE kind = 'noop'";
        sql_query(text).execute(&mut conn).await.unwrap();
        assert_ne!(scans(&mut conn).await, before);
        conn.batch_execute("COMMIT").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn no_statement_of_the_engine_reads_a_whole_hot_table() {
    over_a_backlog("", "ANALYZE nexus.jobs; ANALYZE nexus.dispatch").await;
}

/// As when a backlog piles up faster than autovacuum looks.
#[tokio::test]
async fn nor_does_it_where_the_statistics_are_of_empty_tables() {
    over_a_backlog("VACUUM ANALYZE nexus.jobs, nexus.dispatch", "").await;
}

async fn over_a_backlog(before: &str, after: &str) {
    in_bed(async |bed| {
        bed.execute(before).await;
        // Light and singly dispatched jobs, fresh and due later, over several lanes.
        bed.execute(
            "WITH job AS (INSERT INTO nexus.jobs (tenant_id, kind, queue, band, state, due_at, \
                 attempts_max, args, created_by) \
             SELECT 1, 'noop', 'q' || n % 5, n % 4, 'available', \
                 now() + make_interval(secs => n % 100 - 50), 5, '{}', 'test' \
             FROM generate_series(1, 50000) AS n RETURNING id, queue, band, due_at) \
             INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, job_ids) \
             SELECT 1, queue, band, due_at, ARRAY[id] FROM job",
        )
        .await;
        bed.execute(
            "INSERT INTO nexus.reservations (key, tenant_id, job_id, until) \
                 SELECT 'key ' || n, 1, n, now() + interval '1 h' FROM generate_series(1, 50000) AS n; \
             INSERT INTO nexus.order_keys (tenant_id, key, head) \
                 SELECT 1, 'key ' || n, n FROM generate_series(1, 50000) AS n",
        )
        .await;
        bed.execute(after).await;
        let conn = &mut *bed.conn().await;
        let lane = Lane {
            queue: QueueName::new("q0").unwrap(),
            band: Band::Critical,
        };
        no_scan(conn, "due_lanes", async |conn, _| {
            let lanes = dispatch::due_lanes(conn).await.unwrap();
            assert_eq!(lanes.len(), 20);
        })
        .await;
        no_scan(conn, "lock_due and mark_pushed", async |conn, _| {
            let due = dispatch::lock_due(conn, &lane, i64::MIN, 10, 100)
                .await
                .unwrap();
            let due = due.iter().flat_map(|tenant| &tenant.rows);
            let rows: Vec<i64> = due.map(|row| row.id).collect();
            assert_eq!(rows.len(), 100);
            dispatch::mark_pushed(conn, &rows, "epoch").await.unwrap();
        })
        .await;
        no_scan(conn, "the pushed side", async |conn, nth| {
            assert_eq!(dispatch::pushed_lanes(conn).await.unwrap().len(), 1);
            let ids = dispatch::pushed_ids(conn, &lane).await.unwrap();
            assert_eq!(ids, RUNS * 100);
            let rows = dispatch::pushed_rows(conn, &lane, 1000).await.unwrap();
            assert_eq!(rows.len(), RUNS * 100);
            assert_eq!(dispatch::forget_rows(conn, &[-1]).await.unwrap(), 0);
            let epoch = if nth < RUNS - 1 { "epoch" } else { "another" };
            dispatch::forget_other_epochs(conn, &lane, epoch)
                .await
                .unwrap();
        })
        .await;
        let everything = Listened {
            event_type: events::ALL_TYPES.to_owned(),
            kinds: None,
        };
        events::listen(conn, "test", &[everything]).await.unwrap();
        claims_and_ends(conn).await;
        looks(conn).await;
        ticks(conn).await;
        no_scan(conn, "events read", async |conn, _| {
            let rows = events::take(conn, "test", 200).await.unwrap();
            let told = events::expand(conn, &rows, "/test", Detail::All).await.unwrap();
            assert!(!told.is_empty());
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            events::settle(conn, "test", &ids).await.unwrap();
        })
        .await;
    })
    .await;
}

/// Claims of ten to a thousand ids, and every end of an attempt.
async fn claims_and_ends(conn: &mut AsyncPgConnection) {
    let claimant = Claimant::fleeting();
    for (size, what) in [(10, "ten"), (100, "a hundred"), (1000, "a thousand")] {
        no_scan(
            conn,
            &format!("claim and ends of {what}"),
            async |conn, nth| {
                let first = i64::try_from(1 + 2 * nth * size).unwrap();
                let ids: Vec<i64> = (0..i64::try_from(size).unwrap())
                    .map(|n| first + 2 * n)
                    .collect();
                let mut wanted = claimant.claim_of(ids.clone());
                wanted.whole = ids;
                wanted.suspect = true;
                let held = claimant.make(conn, wanted).await;
                if held.jobs.is_empty() {
                    return;
                }
                let job = &held.jobs[0];
                fence(conn, job.job_id(), held.token).await.unwrap();
                let why = (FailureReason::Error, "e".to_owned());
                let retry = (why.0, why.1.clone(), Duration::ZERO);
                let by = claimant.worker;
                match nth % 6 {
                    0 => ledger::complete(conn, &held.settled(&None), &[held.token]).await,
                    1 => ledger::retry(conn, &held.settled(&retry), by).await,
                    2 => ledger::snooze(conn, &held.settled(&Duration::ZERO), by).await,
                    3 => ledger::discard(conn, &held.settled(&why), by).await,
                    4 => ledger::give_back(conn, &held.held()).await,
                    _ => ledger::cancel(conn, &held.settled(&why.1), by).await,
                }
                .unwrap();
            },
        )
        .await;
    }
    for verb in ["complete", "retry", "discard", "give_back"] {
        no_scan(conn, verb, async |conn, nth| {
            let first = i64::try_from(20_000 + nth * 40).unwrap();
            let held = claimant
                .make(conn, claimant.claim_of((first..first + 40).collect()))
                .await;
            let why = (FailureReason::Error, "e".to_owned());
            let retry = (why.0, why.1.clone(), Duration::ZERO);
            match verb {
                "complete" => ledger::complete(conn, &held.settled(&None), &[held.token]).await,
                "retry" => ledger::retry(conn, &held.settled(&retry), claimant.worker).await,
                "discard" => ledger::discard(conn, &held.settled(&why), claimant.worker).await,
                _ => ledger::give_back(conn, &held.held()).await,
            }
            .unwrap();
        })
        .await;
    }
    for nth in 0..RUNS {
        let first = i64::try_from(30_000 + nth * 40).unwrap();
        let ids = (first..first + 40).collect();
        claimant.make(conn, claimant.claim_of(ids)).await;
    }
    no_scan(conn, "rescue", async |conn, _| {
        ledger::rescue(conn, 3).await.unwrap();
    })
    .await;
}

/// A round of schedules that ask for jobs of theirs.
async fn ticks(conn: &mut AsyncPgConnection) {
    conn.batch_execute(
        "INSERT INTO nexus.schedules (name, version, definition, origin, next_at, open_jobs, created_by, \
             changed_by) \
         SELECT 'plan ' || n, 1, '{}', 'operator', now(), ARRAY[48000 + n, 90000000], 'test', 'test' \
         FROM generate_series(1, 100) AS n",
    )
    .await
    .unwrap();
    no_scan(conn, "a round of ticks", async |conn, nth| {
        let silence = Duration::from_secs(5);
        let clock = schedules::lead(conn, silence).await.unwrap().unwrap();
        let due = schedules::due(conn, clock, 100, &[]).await.unwrap();
        assert_eq!(due.len(), 100);
        assert!(due.iter().all(|one| one.open_jobs.len() == 1), "{due:?}");
        let keys: Vec<(String, TenantId)> = due
            .iter()
            .map(|one| (format!("{} {nth}", one.name), TenantId::DEFAULT))
            .collect();
        let hour = Duration::from_hours(1);
        let taken = schedules::reserve(conn, &keys, hour).await.unwrap();
        assert_eq!(taken.len(), 100);
        let keys: Vec<String> = taken.into_iter().collect();
        assert_eq!(schedules::reserved(conn, &keys).await.unwrap().len(), 100);
        schedules::release(conn, &keys[..50]).await.unwrap();
        schedules::hold(conn, "plan 1").await.unwrap().unwrap();
    })
    .await;
}

/// A message of another system; each hundredth is not fit to be run.
fn arrival(n: usize) -> Arrival {
    Arrival {
        key: format!("message {n}"),
        source: "test".to_owned(),
        source_id: n.to_string(),
        metadata: None,
        job: noop(),
        spent: 1,
        refused: (n % 100 == 99).then(|| "unfit".to_owned()),
    }
}

/// Takes 200 messages in, of which half are known from the last time and one is unfit.
async fn take_in(conn: &mut AsyncPgConnection, nth: usize) -> Vec<Arrived> {
    let settings = nexus_config::Settings::defaults();
    let rules = ledger::Rules::of(&settings);
    let arrivals: Vec<Arrival> = (0..200).map(|n| arrival(nth * 100 + n)).collect();
    let (actor, long) = (nexus_tests::bed::actor(), Duration::from_hours(1));
    let arrived = ingest_in(conn, &arrivals, &actor, &rules, long)
        .await
        .unwrap();
    assert!(matches!(arrived[199], Arrived::Refused(_)), "{arrived:?}");
    arrived
}

/// A connection keeps its plans, and what is ingested into an empty ledger is soon more than
/// anybody has statistics of.
#[tokio::test]
async fn ingest_reads_no_whole_table_by_the_plans_of_an_empty_one() {
    in_bed(async |bed| {
        let mut conn = bed.conn().await;
        for nth in 0..50 {
            take_in(&mut conn, nth).await;
        }
        no_scan(&mut conn, "ingest", async |conn, nth| {
            take_in(conn, 50 + nth).await;
        })
        .await;
    })
    .await;
}

/// The statements of lists, of one job, and of enqueueing and unparking.
async fn looks(conn: &mut AsyncPgConnection) {
    no_scan(conn, "list", async |conn, nth| {
        let before = Some(JobId(49_000 - i64::try_from(nth).unwrap()));
        let states = vec![State::Available, State::Scheduled];
        let by_state = Filter {
            states,
            ..Filter::default()
        };
        let page = list(conn, &by_state, before, 50).await.unwrap();
        assert_eq!(page.jobs.len(), 50);
        list(conn, &Filter::default(), None, 50).await.unwrap();
    })
    .await;
    no_scan(conn, "find", async |conn, nth| {
        let id = JobId(45_000 + i64::try_from(nth).unwrap());
        find(conn, id).await.unwrap().unwrap();
    })
    .await;
    no_scan(conn, "enqueue", async |conn, _| {
        let settings = nexus_config::Settings::defaults();
        let jobs = vec![noop(); 100];
        nexus_producer::enqueue_in(conn, &jobs, &nexus_tests::bed::actor(), &settings)
            .await
            .unwrap();
    })
    .await;
    no_scan(
        conn,
        "enqueue with options, and its end",
        async |conn, nth| {
            let settings = nexus_config::Settings::defaults();
            let jobs: Vec<NewJob> = (0..100)
                .map(|n| {
                    let args = to_raw_value(&(nth / 2 * 100 + n)).unwrap();
                    let unique = Unique::by_args().on_conflict(OnConflict::DEBOUNCE);
                    let job = NewJob::raw("noop", args).unwrap().unique(unique);
                    job.order_key(format!("key {}", 50_001 + n)).depth(1)
                })
                .collect();
            let actor = nexus_tests::bed::actor();
            let became = nexus_producer::enqueue_in(conn, &jobs, &actor, &settings)
                .await
                .unwrap();
            assert_eq!(became[0].is_new(), nth % 2 == 0);
            if nth == RUNS - 1 {
                let claimant = Claimant::new();
                let ids = became.iter().map(|job| job.id().0).collect();
                let held = claimant.make(conn, claimant.claim_of(ids)).await;
                ledger::complete(conn, &held.settled(&None), &[held.token])
                    .await
                    .unwrap();
            }
            ledger::sweep_reservations(conn, 100).await.unwrap();
        },
    )
    .await;
    no_scan(conn, "ingest", async |conn, nth| {
        let arrived = take_in(conn, nth).await;
        assert_eq!(arrived[0] == Arrived::Known, nth > 0);
    })
    .await;
    no_scan(conn, "cancel, reschedule and sweep", async |conn, nth| {
        let first = i64::try_from(40_000 + nth * 40).unwrap();
        let ids: Vec<JobId> = (first..first + 40).map(JobId).collect();
        let by = nexus_tests::bed::actor();
        let claimant = Claimant::new();
        let held = claimant
            .make(conn, claimant.claim_of((first..first + 10).collect()))
            .await;
        ledger::cancel_jobs(conn, &ids, "r", &by).await.unwrap();
        let later = Due::In(Duration::from_hours(1));
        ledger::reschedule(conn, &ids, later).await.unwrap();
        let range = (JobId(first + 40), JobId(49_000));
        ledger::cancel_matching(conn, &Filter::default(), range, 10, "r", &by)
            .await
            .unwrap();
        ledger::give_back(conn, &held.held()).await.unwrap();
        ledger::sweep(conn, 10).await.unwrap();
    })
    .await;
    no_scan(conn, "unpark", async |conn, _| {
        let kinds = ["noop".to_owned()];
        ledger::unpark_kinds(conn, &kinds, 100).await.unwrap();
    })
    .await;
}
