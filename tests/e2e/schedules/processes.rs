//! Schedulers as processes of their own, killed, frozen, and with clocks set apart, while the clock of
//! schedules runs fast.

mod schedulers;

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use nexus_jobs::schedule::Schedule;
use nexus_producer::schedules;
use nexus_tests::eventually::SOON;
use nexus_tests::own_servers::Which;
use nexus_tests::{OwnServers, TestBed, bounded, eventually, template};
use rustix::process::Signal;
use serde_json::{Value, json};

use schedulers::{Schedulers, say};

use super::{Ticked, definition, know, log, set, ticked, ticking, time};

/// When the clock of schedules begins: the clocks of Berlin change in the night after.
const BEGIN: &str = "2026-03-28T16:00:00Z";
const START: &str = "2026-03-28T16:30:00Z";
const END: &str = "2026-03-29T04:30:00Z";
/// How fast it runs: twelve hours in under half a minute.
const SPEED: u32 = 1800;
/// Between two deaths.
const KILL_EVERY: Duration = Duration::from_millis(300);
/// What the backlog is given once all is over; a debug build beside other tests.
const OVER: Duration = Duration::from_secs(90);

/// Many schedules of every shape, each of which loses nothing: what it misses it catches up on.
fn lasting() -> Vec<(String, Value)> {
    let span = json!({
        "start": START, "end": END, "missed": "catch_up", "catch_up_max": 1_000,
    });
    let mut all = Vec::new();
    for (nth, (cron, zone)) in [
        ("* * * * *", "UTC"),
        ("* * * * *", "Europe/Berlin"),
        ("*/2 * * * *", "America/New_York"),
        ("*/5 * * * *", "Asia/Kolkata"),
        ("30 * * * *", "Europe/Berlin"),
        ("30 2 * * *", "Europe/Berlin"),
        ("0 0 3 * * SUN", "Europe/Berlin"),
        ("@daily", "Europe/Berlin"),
        ("0,30 1-3 * * *", "Europe/Berlin"),
        ("15 */3 * * MON-SAT", "UTC"),
    ]
    .into_iter()
    .enumerate()
    {
        for copy in 0..2 {
            let mut schedule = ticking(cron, span.clone());
            schedule["zone"] = json!(zone);
            all.push((format!("lasting-{nth}-{copy}"), schedule));
        }
    }
    all
}

/// Schedules that pass over what they miss.
fn passing() -> Vec<(String, Value)> {
    let of = |missed: &str| {
        let span = json!({ "start": START, "end": END, "missed": missed });
        (missed.replace('_', "-"), ticking("* * * * *", span))
    };
    vec![of("skip"), of("run_once")]
}

fn expected(name: &str, json: &Value) -> BTreeSet<i64> {
    let schedule = Schedule::new(name, 1, definition(json.clone())).unwrap();
    let ticks = schedule.ticks(time(BEGIN), time(END));
    ticks.map(|tick| tick.timestamp()).collect()
}

async fn under_fire(processes: usize) {
    let own = OwnServers::start().await;
    let template = template::make(own.servers()).await;
    let bed = TestBed::on(own.servers(), &template, |settings| {
        settings.schedules.poll = "20ms".parse().unwrap();
        settings.schedules.misfire_after = "10m".parse().unwrap();
        settings.schedules.silence = "1s".parse().unwrap();
    })
    .await;
    know(&bed).await;
    bed.schedule_time(BEGIN).await;
    let (lasting, passing) = (lasting(), passing());
    for (name, json) in lasting.iter().chain(&passing) {
        set(&bed, name, json.clone()).await;
    }
    let mut schedulers = Schedulers::start(&bed, processes);
    eventually("they run", OVER, async || {
        schedulers
            .running
            .iter()
            .all(|one| one.log().contains("the API"))
            .then_some(())
    })
    .await;
    if schedulers.faketime.is_some() {
        let apart = chrono::Utc::now() - chrono::TimeDelta::days(3);
        let day = apart.format("%Y-%m-%dT").to_string();
        let log = schedulers.running[0].log();
        assert!(log.contains(&day), "its clock is not apart: {log}");
    }
    bed.schedule_time_flies(BEGIN, SPEED).await;
    let fell = fire(&bed, &own, &mut schedulers).await;
    eventually("all is over", OVER, async || {
        let over = is_over(&bed).await;
        over.then_some(())
    })
    .await;
    judge(&bed, &lasting, &passing).await;
    assert!(
        fell.leading > 0,
        "{fell:?}: no leader was killed in its round"
    );
    let fired = ticked(&bed).await.len();
    say(&format!(
        "{processes} schedulers, {fell:?}: {fired} ticks fired, once each"
    ));
}

async fn is_over(bed: &TestBed) -> bool {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        open: i64,
    }
    let query = sql_query("SELECT count(*) AS open FROM nexus.schedules WHERE next_at IS NOT NULL");
    // Postgres may be away.
    let Ok(mut conn) = bed.pool().get().await else {
        return false;
    };
    let row: Result<Row, _> = query.get_result(&mut *conn).await;
    row.is_ok_and(|row| row.open == 0)
}

/// What happened to the schedulers.
#[derive(Debug, Default)]
struct Fell {
    killed: usize,
    /// Of those, in the middle of a round that they led.
    leading: usize,
    frozen: usize,
    postgres: usize,
}

/// Kills whoever leads, freezes some, and kills Postgres twice, until the time of the schedules is over.
async fn fire(bed: &TestBed, own: &OwnServers, schedulers: &mut Schedulers<'_>) -> Fell {
    const MOST: usize = 200;
    let count = schedulers.running.len();
    let mut fell = Fell::default();
    for nth in 0..MOST {
        if is_over(bed).await {
            break;
        }
        // The pause is the test's own rate of deaths; nothing is waited for by it.
        tokio::time::sleep(KILL_EVERY).await;
        let leader = schedulers.leader().await;
        let victim = leader.unwrap_or(nth % count);
        if nth == 15 || nth == 40 {
            own.kill(Which::Postgres).await;
            own.start_again().await;
            fell.postgres += 1;
        } else if nth % 7 == 3 {
            // Frozen for as long as another lives, and then it goes on where it was.
            schedulers.running[victim].signal(Signal::STOP);
            schedulers.replace((victim + 1) % count).await;
            tokio::time::sleep(KILL_EVERY).await;
            schedulers.running[victim].signal(Signal::CONT);
            fell.frozen += 1;
            fell.killed += 1;
        } else {
            schedulers.replace(victim).await;
            fell.killed += 1;
            fell.leading += usize::from(leader.is_some());
        }
    }
    fell
}

async fn judge(bed: &TestBed, lasting: &[(String, Value)], passing: &[(String, Value)]) {
    let all = ticked(bed).await;
    assert!(
        all.windows(2).all(|two| two[0] != two[1]),
        "a tick is two jobs"
    );
    let of = |name: &str| -> BTreeSet<i64> {
        let own = all.iter().filter(|one: &&Ticked| one.schedule == name);
        own.map(|one| one.tick).collect()
    };
    for (name, json) in lasting {
        assert_eq!(of(name), expected(name, json), "{name}");
    }
    // Each tick of the others became a job, or is in the log as missed; none is both.
    let conn = &mut *bed.conn().await;
    for (name, json) in passing {
        let (expected, fired) = (expected(name, json), of(name));
        let mut before = None;
        let mut accounted = fired.clone();
        while let Ok(page) = nexus_schema::schedules::ticks(conn, name, before, 500).await {
            for entry in page
                .entries
                .iter()
                .filter(|entry| entry.outcome == "missed")
            {
                let (first, last) = (entry.tick_at, entry.through_at.unwrap_or(entry.tick_at));
                let range = first.timestamp()..=last.timestamp();
                let passed: Vec<i64> = expected.range(range).copied().collect();
                assert_eq!(i64::try_from(passed.len()).unwrap(), entry.ticks, "{name}");
                for tick in passed {
                    assert!(
                        accounted.insert(tick),
                        "{name}: {tick} is accounted for twice"
                    );
                }
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(accounted, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_schedulers_under_fire_lose_no_tick_and_double_none() {
    Box::pin(tokio::time::timeout(Duration::from_mins(5), under_fire(2)))
        .await
        .expect("the test ends within its bound");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_schedulers_under_fire_lose_no_tick_and_double_none() {
    Box::pin(tokio::time::timeout(Duration::from_mins(5), under_fire(5)))
        .await
        .expect("the test ends within its bound");
}

/// Frozen in the middle of a round, a leader loses the lead after `silence`, and its round with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_frozen_in_its_round_changes_nothing_later() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.schedules.silence = "500ms".parse().unwrap();
            settings.schedules.poll = "20ms".parse().unwrap();
        })
        .await;
        know(&bed).await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(&bed, "a", ticking("@hourly", json!({}))).await;
        // It stops in the middle of its round, at a row that the test holds.
        let frozen = bed.spawn(&["serve", "--listen", "127.0.0.1:0"]);
        frozen.says("the API").await;
        let mut holder = bed.conn_as("nexus_owner").await;
        let hold = "BEGIN; LOCK TABLE nexus.ticks IN ACCESS EXCLUSIVE MODE";
        holder.batch_execute(hold).await.unwrap();
        bed.schedule_time("2026-03-01T11:00:10Z").await;
        let here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let leads =
            format!("locktype = 'advisory' AND classid = 1853387619 AND granted AND {here}");
        let waits = format!("relation = 'nexus.ticks'::regclass AND NOT granted AND {here}");
        eventually("it leads, and waits", SOON, async || {
            let leading = bed.count_in("pg_locks", &leads).await == 1;
            (leading && bed.count_in("pg_locks", &waits).await == 1).then_some(())
        })
        .await;
        frozen.signal(Signal::STOP);
        holder.batch_execute("ROLLBACK").await.unwrap();
        // Another one decides while it is frozen.
        let other = bed.spawn(&["serve", "--listen", "127.0.0.1:0"]);
        super::at(&bed, "a", "2026-03-01T11:00:20Z").await;
        assert_eq!(log(&bed, "a").await, ["11:00 fired"]);
        frozen.signal(Signal::CONT);
        super::at(&bed, "a", "2026-03-01T12:00:00Z").await;
        assert_eq!(log(&bed, "a").await, ["11:00 fired", "12:00 fired"]);
        assert_eq!(ticked(&bed).await.len(), 2);
        let conn = &mut *bed.conn().await;
        assert_eq!(schedules::next(conn, "a", 3).await.unwrap().ticks.len(), 3);
        other.kill().await;
        frozen.kill().await;
    })
    .await;
}
